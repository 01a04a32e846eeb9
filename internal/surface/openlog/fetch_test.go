package openlog_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/surface/openlog"
)

// fetch is one of the places where the product asks another machine for something.
type fetch func(ctx context.Context, address string) error

var fetches = map[string]fetch{
	"a log that is verified": func(ctx context.Context, address string) error {
		_, err := openlog.Open(ctx, address).Fetch("checkpoint")
		return err
	},
	"a witness that is asked": func(ctx context.Context, address string) error {
		_, err := openlog.Ask(ctx, address, witness.Request{Checkpoint: []byte("x")})
		return err
	},
}

// straight is the law of what we fetch: an address leads to the machine that it names and nowhere else, and what comes
// back is bounded.
func straight(name string, ask fetch) func(testing.TB) {
	return func(t testing.TB) {
		var inner atomic.Int64
		internal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
		defer internal.Close()
		for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
			for _, to := range []string{internal.URL, strings.Replace(internal.URL, "http:", "", 1), strings.Replace(internal.URL, "127.0.0.1", "localhost", 1),
				strings.Replace(internal.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1), "file:///etc/passwd", "gopher://127.0.0.1:70/"} {
				outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", to)
					w.WriteHeader(status)
				}))
				if err := ask(t.Context(), outer.URL); err == nil {
					t.Errorf("%s: %d to %s is taken for an answer", name, status, to)
				}
				outer.Close()
			}
		}
		if n := inner.Load(); n > 0 {
			t.Errorf("%s: %d detours were followed to a machine within", name, n)
		}
		endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 10 {
				if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<20)); err != nil {
					return
				}
			}
		}))
		defer endless.Close()
		if f, ok := fault.As(ask(t.Context(), endless.URL)); !ok || f.Kind != fault.Unavailable {
			t.Errorf("%s: an answer of a gigabyte: %v", name, f)
		}
		for _, address := range []string{"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:///run/x", "http://", "https://:0/", "http://[::1", "http://127.0.0.1:99999/", "http://a b/", "http://\x00/", "javascript:1"} {
			if err := ask(t.Context(), address); err == nil {
				t.Errorf("%s: %q is taken for an address", name, address)
			}
		}
	}
}

func TestWhatIsFetchedComesFromWhereItsAddressSays(t *testing.T) {
	t.Parallel()
	for name, ask := range fetches {
		straight(name, ask)(t)
	}
	control.Finds(t, "detours were followed", straight("a client that follows", func(ctx context.Context, address string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}))
}
