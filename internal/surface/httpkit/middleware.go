package httpkit

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"rahgosha/internal/base/fault"
)

// Wrap puts the shared layers around a surface, outermost first: who calls, request id and log, recovery, security headers,
// language and theme, gzip, and refusal of cross-origin writes.
func (k *Kit) Wrap(next http.Handler) http.Handler {
	cop := http.NewCrossOriginProtection()
	cop.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.fail(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "httpkit.cross_origin"))
	}))
	h := k.recovered(cop.Handler(next))
	h = Compress(h)
	h = k.prefs(h)
	h = k.headers(h)
	return k.called(k.logged(h))
}

type requestKey struct{}

// RequestID gives the random id under which the request is logged, "" outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// logged writes one line per request. It names the pattern, never the path, the query or the person, because search
// words and numbers in addresses are personal.
func (k *Kit) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := k.Clock.Now()
		ctx := context.WithValue(r.Context(), requestKey{}, rand.Text()[:12])
		r = r.WithContext(context.WithValue(ctx, clientKey{}, ClientHost(r)))
		rec := &recorder{ResponseWriter: w, request: r}
		next.ServeHTTP(rec, r)
		r.Pattern = rec.pattern(r.Pattern)
		took := k.Clock.Now().Sub(start)
		k.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", append(logAttrs(r, rec), slog.Duration("took", took))...)
		if k.Observe != nil {
			k.Observe(patternOf(r), rec.code(), took)
		}
	})
}

func (k *Kit) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			k.Log.ErrorContext(r.Context(), "panic", "pattern", r.Pattern, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			k.Fail(w, r, fault.Wrap(fmt.Errorf("panic: %v", p), fault.Internal, "fault.internal"))
		}()
		note(w, r)
		next.ServeHTTP(w, r)
	})
}

// recorder remembers what was answered, for the log and for Fail.
type recorder struct {
	http.ResponseWriter
	request *http.Request
	status  int
	bytes   int64
}

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= 200 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach Flush and deadlines.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

func (rec *recorder) code() int {
	if rec.status == 0 {
		return http.StatusOK
	}
	return rec.status
}

// pattern prefers what the router wrote on the innermost request.
func (rec *recorder) pattern(outer string) string {
	if rec.request != nil && rec.request.Pattern != "" {
		return rec.request.Pattern
	}
	return outer
}

// note points the recorder at the request that the router will mark with its pattern.
func note(w http.ResponseWriter, r *http.Request) {
	if rec := find(w); rec != nil {
		rec.request = r
	}
}

func wrote(w http.ResponseWriter) bool {
	rec := find(w)
	return rec != nil && rec.status != 0
}

func find(w http.ResponseWriter) *recorder {
	for {
		switch x := w.(type) {
		case *recorder:
			return x
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return nil
		}
	}
}
