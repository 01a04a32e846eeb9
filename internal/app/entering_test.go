package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// door sends requests of one address to a program's ways in.
type door struct {
	t    testing.TB
	h    http.Handler
	from string
}

func (d door) send(method, path, kind, body, lang string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	r.RemoteAddr = d.from
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	return w
}

func (d door) page(login, secret, lang string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.send(http.MethodPost, "/sign-in", "application/x-www-form-urlencoded", url.Values{"login": {login}, "password": {secret}}.Encode(), lang)
}

func (d door) program(login, secret string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.send(http.MethodPost, "/api/v1/sessions", "application/json", fmt.Sprintf(`{"login":%q,"password":%q}`, login, secret), "en")
}

// Who tries one login after another is stopped, on pages and over the API, whatever address of their network they write from,
// and told in both languages when to come again. Who has signed in from there before gets in meanwhile, as a page and as a
// program, and so does everybody who comes from elsewhere; the form stays open.
func TestWhoTriesAllLoginsIsStoppedAndNobodyElse(t *testing.T) {
	t.Parallel()
	law := func(limits string) func(testing.TB) {
		return func(t testing.TB) {
			w := newWorldWith(t, app.Config{Limits: limits})
			h, _, err := w.Handler()
			must(t, err)
			inside := func(n int) door { return door{t, h, fmt.Sprintf("[2001:db8:7:7::%x]:40000", n+1)} }
			want(t, http.StatusSeeOther, inside(0).page("dir.expert", password, "en").Code, "the person, before")
			compared := 0
			for i := range 500 {
				got := 0
				if login := fmt.Sprintf("guess.%d", i); i%2 == 0 {
					got = inside(i).page(login, "wrong password", "en").Code
				} else {
					got = inside(i).program(login, "wrong password").Code
				}
				if got == http.StatusUnauthorized {
					compared++
				}
			}
			if compared > 400 {
				t.Errorf("a stranger tried %d logins, more than 400", compared)
			}
			for lang, words := range map[string]string{"en": "Too many attempts", "fa": "ثانیهٔ دیگر"} {
				page := inside(0).page("dir.head", password, lang)
				if page.Code != http.StatusTooManyRequests || page.Header().Get("Retry-After") == "" || !strings.Contains(page.Body.String(), words) {
					t.Errorf("%s: %d, Retry-After %q", lang, page.Code, page.Header().Get("Retry-After"))
				}
			}
			want(t, http.StatusTooManyRequests, inside(0).program("dir.head", password).Code, "a program of somebody new there")
			want(t, http.StatusOK, inside(0).send(http.MethodGet, "/sign-in", "", "", "en").Code, "the form")
			want(t, http.StatusSeeOther, inside(99).page("dir.expert", password, "en").Code, "the person, where they have been before")
			want(t, http.StatusCreated, inside(98).program(" DIR.expert", password).Code, "their program there")
			want(t, http.StatusSeeOther, door{t, h, "192.0.2.9:1"}.page("dir.head", password, "en").Code, "a colleague from elsewhere")
		}
	}
	law("default")(t)
	control.Finds(t, "a stranger tried 500 logins", law("off"))
}

// An IPv6 address counts as its network where guesses and registrations are counted: whoever is given a whole range of them
// has no more of either than others, and somebody in another range has their own.
func TestANetworkGuessesAndRegistersAsOne(t *testing.T) {
	t.Parallel()
	law := func(range6 string) func(testing.TB) {
		return func(t testing.TB) {
			h, _, err := newWorld(t).Handler()
			must(t, err)
			compared, taken := 0, 0
			for i := range 15 {
				d := door{t, h, fmt.Sprintf(range6, i+1)}
				if d.program("dir.expert", "wrong password").Code == http.StatusUnauthorized {
					compared++
				}
				form := newcomer(validCode(i))
				if d.send(http.MethodPost, "/register", "application/x-www-form-urlencoded", form.Encode(), "fa").Code == http.StatusOK {
					taken++
				}
			}
			if compared != 10 || taken != 10 {
				t.Errorf("one house has %d guesses and %d registrations, want 10 and 10", compared, taken)
			}
			want(t, http.StatusUnauthorized, door{t, h, "[2001:db8:9:9::1]:1"}.program("dir.expert", "wrong password").Code, "another house")
		}
	}
	law("[2001:db8:7:7::%x]:40000")(t)
	control.Finds(t, "one house has 15 guesses and 15 registrations", law("[2001:db8:7:%x::1]:40000")) // fifteen houses
}

// validCode makes a national code of a number.
func validCode(n int) string {
	s, sum := fmt.Sprintf("%09d", 970543100+n), 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	if sum %= 11; sum >= 2 {
		sum = 11 - sum
	}
	return s + fmt.Sprint(sum)
}
