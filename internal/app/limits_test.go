package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// Who searches without end is told so on the page, in both languages, with the time to wait; a colleague goes on, and signing
// in stays open at that address. serve has these limits unless its operator takes them off.
func TestWhoSearchesWithoutEndIsBounded(t *testing.T) {
	t.Parallel()
	law := func(limits string) func(testing.TB) {
		return func(t testing.TB) {
			w := newWorldWith(t, app.Config{Limits: limits})
			expert := enter(t, w.App, "dir.expert", password)
			stranger := &browser{t: t, h: expert.h}
			last := func(b *browser) (code int) {
				for range 130 {
					code = b.send(http.MethodGet, "/search?q=7", nil).Code
				}
				return code
			}
			if got := last(expert); got != http.StatusTooManyRequests {
				t.Errorf("the last of 130 searches: %d", got)
			}
			for lang, words := range map[string]string{"en": "Too many attempts", "fa": "ثانیهٔ دیگر"} {
				expert.lang = lang
				page := expert.send(http.MethodGet, "/search?q=7", nil)
				if page.Code != http.StatusTooManyRequests || page.Header().Get("Retry-After") == "" || !strings.Contains(page.Body.String(), words) {
					t.Errorf("%s: %d, Retry-After %q", lang, page.Code, page.Header().Get("Retry-After"))
				}
			}
			last(stranger)
			last(stranger)
			same := &browser{t: t, h: expert.h}
			want(t, http.StatusSeeOther, same.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.head"}, "password": {password}}).Code, "signing in at that address")
			want(t, http.StatusOK, same.send(http.MethodGet, "/search?q=7", nil).Code, "a colleague")
		}
	}
	law("default")(t)
	control.Finds(t, "the last of 130 searches: 200", law("off"))
}
