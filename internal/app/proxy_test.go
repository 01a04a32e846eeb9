package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/surface/httpkit"
)

// guess tries to sign in through the proxy on 127.0.0.1, which heard it from an address and was told of another one.
func guess(t testing.TB, h http.Handler, login, password, from, told string) int {
	t.Helper()
	form := url.Values{"login": {login}, "password": {password}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/sign-in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("X-Forwarded-For", strings.TrimPrefix(told+", "+from, ", "))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// strangersAreCountedAlone is the law of guessing behind a proxy: a stranger has ten guesses at most, whatever address they write, and
// the person gets in meanwhile.
func strangersAreCountedAlone(t testing.TB, w *world) {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	want(t, http.StatusSeeOther, guess(t, h, "dir.expert", password, "198.51.100.7", ""), "the person, before")
	compared := 0
	for i := range 15 {
		if guess(t, h, "dir.expert", "wrong password", "203.0.113.9", fmt.Sprintf("192.0.2.%d", i)) == http.StatusUnauthorized {
			compared++
		}
	}
	if compared > 10 {
		t.Errorf("a stranger had %d guesses under addresses of their own making, more than 10", compared)
	}
	if got := guess(t, h, "dir.expert", password, "198.51.100.7", ""); got != http.StatusSeeOther {
		t.Errorf("the person is locked out by a stranger: %d", got)
	}
}

func TestStrangersBehindAProxyAreCountedAlone(t *testing.T) {
	t.Parallel()
	strangersAreCountedAlone(t, newWorldWith(t, app.Config{Proxies: httpkit.Proxies{netip.MustParsePrefix("127.0.0.1/32")}}))
}

// Two planted faults: a proxy that is not known, behind which all callers are one, and callers who are taken at their word.
func TestTheLawOfStrangersFindsWhoeverIsCountedWrongly(t *testing.T) {
	t.Parallel()
	control.Finds(t, "locked out by a stranger", func(t testing.TB) { strangersAreCountedAlone(t, newWorld(t)) })
	everybody := httpkit.Proxies{netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1")}
	control.Finds(t, "guesses under addresses of their own making", func(t testing.TB) {
		strangersAreCountedAlone(t, newWorldWith(t, app.Config{Proxies: everybody}))
	})
}
