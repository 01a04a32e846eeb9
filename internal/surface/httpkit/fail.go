package httpkit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Refused:         http.StatusUnprocessableEntity,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Full:            http.StatusInsufficientStorage,
	fault.Internal:        http.StatusInternalServerError,
}

// Status gives the HTTP status of a fault kind; an unknown kind is our bug, 500.
func Status(k fault.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Fail answers a request with an error: its fault as a page or as problem+json, by Accept. What is not a fault is logged
// with its cause and shown as an internal fault without it.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if wrote(w) || errors.Is(err, context.Canceled) {
		k.Log.WarnContext(r.Context(), "request broke off", "pattern", r.Pattern, "error", err)
		return
	}
	f := asFault(err)
	status := Status(f.Kind)
	if status >= http.StatusInternalServerError {
		k.Log.ErrorContext(r.Context(), "request failed", "pattern", r.Pattern, "id", RequestID(r.Context()), "error", err)
	}
	k.fail(w, r, status, f)
}

func asFault(err error) *fault.Fault {
	if f, ok := fault.As(err); ok {
		return f
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.Wrap(err, fault.TooLarge, "httpkit.too_large", "limit", big.Limit>>10)
	}
	return fault.Wrap(err, fault.Internal, "fault.internal")
}

// watched are the faults that tell of somebody who tries what is not theirs, or sends what no page of ours sends.
var watched = []fault.Kind{fault.Unauthenticated, fault.Forbidden, fault.TooMany, fault.TooLarge, fault.Invalid, fault.Refused, fault.Conflict}

// told writes who was refused what, and why: by the opaque id of who is signed in, the route's pattern and the key of the
// fault, never what was asked for. What is hidden from somebody signed in is answered as if it were not there, and told too.
func (k *Kit) told(r *http.Request, status int, f *fault.Fault) {
	who := PrincipalOf(r)
	if !slices.Contains(watched, f.Kind) && (f.Kind != fault.NotFound || !who.SignedIn()) {
		return
	}
	k.Log.LogAttrs(r.Context(), slog.LevelInfo, "refused", slog.String("method", r.Method), slog.String("pattern", patternOf(r)), slog.Int("status", status),
		slog.String("why", f.Key), slog.String("person", who.Person), slog.String("role", who.Role), slog.String("from", ClientIn(r.Context())), slog.String("id", RequestID(r.Context())))
}

func (k *Kit) fail(w http.ResponseWriter, r *http.Request, status int, f *fault.Fault) {
	k.told(r, status, f)
	retryAfter(w, f)
	if WantsJSON(r) {
		WriteProblem(w, r, status, f)
		return
	}
	body, err := k.errorPage(r, status, f)
	if err != nil {
		k.Log.ErrorContext(r.Context(), "error page failed", "error", err)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		body = []byte(locale.T(LangOf(r), f.Key, f.Args) + "\n")
	}
	send(w, r, status, body)
}

func (k *Kit) errorPage(r *http.Request, status int, f *fault.Fault) ([]byte, error) {
	if k.Page == nil {
		return nil, errors.New("no error page")
	}
	return k.Page(r, status, f)
}

// soon is when to ask again for what is not there just now, in seconds.
const soon = "2"

func retryAfter(w http.ResponseWriter, f *fault.Fault) {
	if f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", soon)
	}
	if s, ok := f.Args["seconds"].(int); ok && f.Kind == fault.TooMany {
		w.Header().Set("Retry-After", strconv.Itoa(s))
	}
}

// Mux serves mux, with our own pages where it knows no route (404) or not with this method (405).
func (k *Kit) Mux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		k.unrouted(w, r, h)
	})
}

// unrouted asks the mux's own answer only for its status and Allow header.
func (k *Kit) unrouted(w http.ResponseWriter, r *http.Request, h http.Handler) {
	if k.Enrich != nil {
		r = k.Enrich(r)
	}
	probe := &headOnly{header: http.Header{}}
	h.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		allow := probe.header.Get("Allow")
		w.Header().Set("Allow", allow)
		k.fail(w, r, probe.status, wrongMethod(r, allow))
	case probe.status >= 300 && probe.status < 400:
		http.Redirect(w, r, probe.header.Get("Location"), probe.status)
	default:
		k.fail(w, r, http.StatusNotFound, fault.New(fault.NotFound, "httpkit.no_page"))
	}
}

// wrongMethod tells a program which methods the address takes, and a person where the page is.
func wrongMethod(r *http.Request, allow string) *fault.Fault {
	if WantsJSON(r) {
		return fault.New(fault.Invalid, "httpkit.method_api", "method", r.Method, "methods", allow)
	}
	return fault.New(fault.Invalid, "httpkit.method")
}

type headOnly struct {
	header http.Header
	status int
}

func (h *headOnly) Header() http.Header         { return h.header }
func (h *headOnly) WriteHeader(s int)           { h.status = s }
func (h *headOnly) Write(b []byte) (int, error) { return len(b), nil }

func patternOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

func logAttrs(r *http.Request, rec *recorder) []slog.Attr {
	return []slog.Attr{slog.String("method", r.Method), slog.String("pattern", patternOf(r)), slog.Int("status", rec.code()),
		slog.Int64("bytes", rec.bytes), slog.String("id", RequestID(r.Context()))}
}
