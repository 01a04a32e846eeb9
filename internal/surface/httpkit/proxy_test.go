package httpkit_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/surface/httpkit"
)

// callerOf gives the address that a handler sees of a request.
func callerOf(t testing.TB, trusted []string, from string, forwarded ...string) string {
	t.Helper()
	p, err := httpkit.ParseProxies(trusted)
	if err != nil {
		t.Fatal(err)
	}
	var seen string
	h := serve(t, io.Discard, &httpkit.Kit{Proxies: p}, route(func(_ http.ResponseWriter, r *http.Request) error {
		seen = httpkit.ClientHost(r)
		return nil
	}))
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.RemoteAddr = from
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	h.ServeHTTP(httptest.NewRecorder(), r)
	return seen
}

var proxies = []string{"127.0.0.1", "10.0.0.0/28", "fd00::/64"}

// nobodyNamesThemselves is the law of addresses behind a proxy: a caller is known by the address that the proxy heard them
// from, whatever they write before it, and whoever does not come through the proxy by their own.
func nobodyNamesThemselves(t testing.TB, trusted []string) {
	t.Helper()
	for what, c := range map[string]struct {
		from  string
		lines []string
		want  string
	}{
		"straight":                       {"203.0.113.9:4000", nil, "203.0.113.9"},
		"straight, naming another":       {"203.0.113.9:4000", []string{"198.51.100.1"}, "203.0.113.9"},
		"by the proxy":                   {"127.0.0.1:4000", []string{"203.0.113.9"}, "203.0.113.9"},
		"by the proxy, naming another":   {"127.0.0.1:4000", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"naming another on its own line": {"127.0.0.1:4000", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"naming a proxy":                 {"127.0.0.1:4000", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		"by two proxies":                 {"127.0.0.1:4000", []string{"198.51.100.1, 203.0.113.9, 10.0.0.7"}, "203.0.113.9"},
		"with a port":                    {"127.0.0.1:4000", []string{"203.0.113.9:5000"}, "203.0.113.9"},
		"IPv6 with a port":               {"[fd00::1]:4000", []string{"[2001:db8::1]:5000"}, "2001:db8::1"},
		"IPv6 in brackets":               {"[fd00::1]:4000", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"one address in two spellings":   {"[::ffff:127.0.0.1]:4000", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"what is no address":             {"127.0.0.1:4000", []string{"203.0.113.9, unknown"}, "127.0.0.1"},
		"behind what is no address":      {"127.0.0.1:4000", []string{"unknown, 203.0.113.9"}, "203.0.113.9"},
		"the proxy itself":               {"127.0.0.1:4000", nil, "127.0.0.1"},
		"proxies alone":                  {"127.0.0.1:4000", []string{"10.0.0.3, 10.0.0.7"}, "10.0.0.3"},
		"beside the proxies' prefix":     {"10.0.0.16:4000", []string{"198.51.100.1"}, "10.0.0.16"},
	} {
		if got := callerOf(t, trusted, c.from, c.lines...); got != c.want {
			t.Errorf("%s: taken for %s, not %s", what, got, c.want)
		}
	}
}

func TestACallerBehindAProxyIsKnownByWhatTheProxyHeard(t *testing.T) {
	t.Parallel()
	nobodyNamesThemselves(t, proxies)
}

// Two planted faults: trusting whoever writes the header, which makes a caller's own word stand, and trusting nobody.
func TestTheLawOfProxiesFindsWhoIsBelievedWrongly(t *testing.T) {
	t.Parallel()
	control.Finds(t, "naming another: taken for 198.51.100.1", func(t testing.TB) {
		nobodyNamesThemselves(t, []string{"0.0.0.0/1", "128.0.0.0/1", "::/1"})
	})
	control.Finds(t, "by the proxy: taken for 127.0.0.1", func(t testing.TB) { nobodyNamesThemselves(t, nil) })
}

func TestWhatIsNoProxyIsNamed(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80"} {
		if _, err := httpkit.ParseProxies([]string{"127.0.0.1", bad}); err == nil {
			t.Errorf("%q is taken for a proxy", bad)
		}
	}
}
