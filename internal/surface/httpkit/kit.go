// Package httpkit is what every HTTP surface of Rahgosha stands on: handlers that return errors and the one place that
// turns a fault into a status and a page or problem+json; security headers, language and theme, size limits, gzip,
// recovery and the request log; route tables that refuse a route without a policy; session cookies, throttling and
// idempotency keys. It knows no domain: surfaces hand it their routes, a guard and an error page.
package httpkit

import (
	"log/slog"
	"net/http"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

// Handler answers a request or returns why it could not. An error after the first written byte is only logged.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ErrorPage renders the HTML page of a failure; the bytes are sent with the given status.
type ErrorPage func(r *http.Request, status int, f *fault.Fault) ([]byte, error)

// Guard decides whether the caller may use a route of that policy. It may put what it learned (the signed-in person)
// into the request it returns. Its error is answered like a handler's.
type Guard func(r *http.Request, policy string) (*http.Request, error)

// DefaultMaxBody is the request body limit in bytes of routes that set none.
const DefaultMaxBody = 1 << 20

// Kit holds what all routes share.
type Kit struct {
	Log   *slog.Logger
	Clock clock.Clock
	// HTTPS says that browsers reach us over TLS, directly or through a proxy: cookies become Secure, HSTS is sent.
	HTTPS bool
	// Proxies are believed when they say whom they speak for.
	Proxies Proxies
	// Page renders HTML errors; without it errors are plain text.
	Page ErrorPage
	// Guard is asked before every route whose policy is not Public.
	Guard Guard
	// Enrich, if set, runs before every route (also public ones) and may attach who is signed in; it never refuses.
	Enrich func(r *http.Request) *http.Request
	// StepUp, if set, takes the second factor that a parsed form shows, and gives the request of the stepped-up session.
	StepUp func(w http.ResponseWriter, r *http.Request) (*http.Request, error)
	// Limits, if set, bounds how much one caller reads, searches and does.
	Limits *Limits
	// Observe, if set, is told of every answered request: the route's pattern ("none" without one), status and time.
	Observe func(pattern string, status int, took time.Duration)
}

// Public is the policy of routes that anybody may use.
const Public = "public"

// handle makes an http.Handler of a route: size, who asks, how much they asked, guard, handler, error.
func (k *Kit) handle(rt Route) http.Handler {
	limit := rt.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		r, err := k.admit(r, rt)
		if err == nil {
			r, err = k.prove(w, r, rt.Fresh)
		}
		if err == nil {
			err = rt.Handler(w, r)
		}
		if err != nil {
			k.Fail(w, r, err)
		}
	})
}

func (k *Kit) admit(r *http.Request, rt Route) (*http.Request, error) {
	if k.Enrich != nil {
		r = k.Enrich(r)
	}
	if k.Limits != nil {
		if err := k.Limits.Take(r, rt); err != nil {
			return r, err
		}
	}
	if rt.Policy == Public {
		return r, nil
	}
	next, err := k.Guard(r, rt.Policy)
	if next == nil {
		next = r
	}
	return next, err
}
