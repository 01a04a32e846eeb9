package httpkit

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Pages go over slow lines to people, so bytes count; answers to programs are packed quickly, for their number counts.
var (
	small = pool(5)
	quick = pool(gzip.BestSpeed)
)

func pool(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, level) // a valid level: no error
		return w
	}}
}

// smallest is the size in bytes under which gzip costs more than it saves.
const smallest = 600

// Compress gzips texts for clients that accept it. Answers that are already encoded, small, partial or streamed as
// events pass as they are.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !AcceptsGzip(r) || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		zw := &gzipWriter{ResponseWriter: w}
		defer zw.close()
		next.ServeHTTP(zw, r)
	})
}

// AcceptsGzip reports whether Accept-Encoding offers gzip with a weight above zero.
func AcceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" {
			weight, ok := strings.CutPrefix(strings.ReplaceAll(q, " ", ""), "q=")
			f, err := strconv.ParseFloat(weight, 64)
			return !ok || (err == nil && f > 0)
		}
	}
	return false
}

type gzipWriter struct {
	http.ResponseWriter
	gz      *gzip.Writer
	pool    *sync.Pool // gz goes back to
	decided bool
}

func (z *gzipWriter) WriteHeader(status int) {
	if !z.decided && status >= 200 {
		z.decided = true
		if z.worth(status) {
			z.start()
		}
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *gzipWriter) worth(status int) bool {
	h := z.Header()
	if status == http.StatusNoContent || status == http.StatusNotModified || status == http.StatusPartialContent || h.Get("Content-Encoding") != "" {
		return false
	}
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil && n < smallest {
		return false
	}
	return textual(h.Get("Content-Type"))
}

func textual(ct string) bool {
	ct, _, _ = strings.Cut(ct, ";")
	switch ct {
	case "text/event-stream", "":
		return false
	case "application/json", "application/problem+json", "application/manifest+json", "image/svg+xml", "application/xml", "application/javascript", "text/javascript":
		return true
	}
	return strings.HasPrefix(ct, "text/")
}

func (z *gzipWriter) start() {
	h := z.Header()
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	z.pool = small
	if strings.HasSuffix(strings.Split(h.Get("Content-Type"), ";")[0], "json") {
		z.pool = quick
	}
	z.gz = z.pool.Get().(*gzip.Writer)
	z.gz.Reset(z.ResponseWriter)
}

func (z *gzipWriter) Write(b []byte) (int, error) {
	if !z.decided {
		if z.Header().Get("Content-Type") == "" {
			z.Header().Set("Content-Type", http.DetectContentType(b))
		}
		z.WriteHeader(http.StatusOK)
	}
	if z.gz == nil {
		return z.ResponseWriter.Write(b)
	}
	return z.gz.Write(b)
}

// FlushError sends what is buffered, for streamed tables.
func (z *gzipWriter) FlushError() error {
	if z.gz != nil {
		if err := z.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach deadlines.
func (z *gzipWriter) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z *gzipWriter) close() {
	if z.gz == nil {
		return
	}
	_ = z.gz.Close() // the reader went away: nothing left to tell it
	z.pool.Put(z.gz)
	z.gz = nil
}
