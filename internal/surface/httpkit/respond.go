package httpkit

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one huge page from pinning its memory in the pool.
const maxPooled = 256 << 10

// HTML renders into a buffer first, so that a template that fails half-way becomes an error page and not half a page.
func HTML(w http.ResponseWriter, r *http.Request, status int, render func(io.Writer) error) error {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxPooled {
			buffers.Put(buf)
		}
	}()
	if err := render(buf); err != nil {
		return err
	}
	send(w, r, status, buf.Bytes())
	return nil
}

func send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/html; charset=utf-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // #nosec G705 -- html/template or JSON made it; where the reader went away nobody is left to tell
	}
}

// SeeOther answers a form post with where to look next (303), the only answer after which reload is safe.
func SeeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
