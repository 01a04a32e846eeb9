package app_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
)

// browser keeps its cookies between the pages it opens.
type browser struct {
	t    testing.TB
	h    http.Handler
	c    *http.Cookie
	lang string // "" is English
}

func (b *browser) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://localhost"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.AddCookie(&http.Cookie{Name: "lang", Value: cmp.Or(b.lang, "en")})
	if b.c != nil {
		r.AddCookie(b.c)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "session") {
			b.c = c
		}
	}
	return w
}

func enter(t testing.TB, a *app.App, login, password string) *browser {
	t.Helper()
	h, _, err := a.Handler()
	must(t, err)
	b := &browser{t: t, h: h}
	if w := b.send(http.MethodPost, "/sign-in", url.Values{"login": {login}, "password": {password}}); w.Code != http.StatusSeeOther {
		t.Fatalf("sign in: %d", w.Code)
	}
	return b
}

// A person changes the password on the page, goes on under a new session, and another browser of theirs is signed out.
func TestAPasswordIsChangedOnThePage(t *testing.T) {
	t.Parallel()
	aPasswordEndsSessions(t, newWorld(t))
}

func aPasswordEndsSessions(t testing.TB, w *world) {
	t.Helper()
	here, there := enter(t, w.App, "dir.expert", password), enter(t, w.App, "dir.expert", password)
	const fresh = "three lime umbrellas 7"
	wrong := here.send(http.MethodPost, "/account/password", url.Values{"old": {"not this one"}, "new": {fresh}, "again": {fresh}})
	if wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body.String(), `id="old-error"`) {
		t.Errorf("a wrong password: %d", wrong.Code)
	}
	before := here.c.Value
	if got := here.send(http.MethodPost, "/account/password", url.Values{"old": {password}, "new": {fresh}, "again": {fresh}}); got.Code != http.StatusSeeOther {
		t.Fatalf("change: %d %s", got.Code, got.Body)
	}
	if here.c.Value == before {
		t.Error("the session kept its token")
	}
	if got := here.send(http.MethodGet, "/account", nil); got.Code != http.StatusOK {
		t.Errorf("here, afterwards: %d", got.Code)
	}
	if got := there.send(http.MethodGet, "/account", nil); got.Code == http.StatusOK {
		t.Error("the other browser is still signed in")
	}
	enter(t, w.App, "dir.expert", fresh)
}

// Signing in anew ends the session that the browser had, and no other of the person.
func TestSigningInEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := enter(t, w.App, "dir.expert", password), enter(t, w.App, "dir.expert", password)
	before := *here
	want(t, http.StatusSeeOther, here.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.expert"}, "password": {password}}).Code, "signing in anew")
	want(t, http.StatusOK, here.send(http.MethodGet, "/account", nil).Code, "under the new session")
	ended := func(t testing.TB, b *browser) {
		t.Helper()
		if got := b.send(http.MethodGet, "/account", nil); got.Code == http.StatusOK {
			t.Error("a session outlived signing in anew")
		}
	}
	ended(t, &before)
	control.Finds(t, "outlived", func(t testing.TB) { ended(t, there) }) // it lives, and is another browser's
}

func TestFactorsAskForThePasswordAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, field := range map[string]string{"/account/totp": "totp-password", "/account/codes": "codes-password"} {
		b := enter(t, w.App, map[string]string{"/account/totp": "bank.head", "/account/codes": "dir.head"}[path], password)
		if got := b.send(http.MethodPost, path, url.Values{"password": {"guess"}}); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), field+"-error") {
			t.Errorf("%s with a wrong password: %d", path, got.Code)
		}
		if got := b.send(http.MethodPost, path, url.Values{"password": {password}}); got.Code != http.StatusOK {
			t.Errorf("%s with the password: %d", path, got.Code)
		}
	}
	page := enter(t, w.App, "bank.head", password).send(http.MethodPost, "/account/totp", url.Values{"secret": {"AAAA"}, "code": {"000000"}})
	if page.Code != http.StatusUnprocessableEntity || !strings.Contains(page.Body.String(), "code-error") {
		t.Errorf("a wrong first code: %d", page.Code)
	}
	factorsAskForTheOther(t, w)
}

// factorsAskForTheOther is the law of a factor beside another on the page of the account: who has one shows it lately before
// they are given a secret or codes, and loses nothing typed.
func factorsAskForTheOther(t testing.TB, w *world) {
	t.Helper()
	b := enter(t, w.App, "dir.expert", password)
	code := b.enrols(w)
	drawn := drawnSecret.FindStringSubmatch(b.send(http.MethodPost, "/account/totp", url.Values{"password": {password}}).Body.String())
	if drawn == nil {
		t.Fatal("no secret while the factor is fresh")
	}
	w.clock.Advance(16 * time.Minute)
	forms := map[string]url.Values{
		"/account/totp":         {"password": {password}},
		"/account/codes":        {"password": {password}},
		"/account/totp confirm": {"secret": {drawn[1]}, "address": {"otpauth://x"}, "code": {authenticator(t, drawn[1], w.clock.Now())}},
	}
	for what, form := range forms {
		path, _, _ := strings.Cut(what, " ")
		for _, shown := range []string{"", "000000"} {
			form.Set("_code", shown)
			got := b.send(http.MethodPost, path, form)
			body := got.Body.String()
			if got.Code != http.StatusUnauthorized || !strings.Contains(body, `name="_code"`) || !strings.Contains(body, `action="`+path+`"`) || strings.Contains(body, `class="codes"`) {
				t.Errorf("%s with %q gives a factor for the password alone: %d", what, shown, got.Code)
			}
		}
	}
	form := forms["/account/codes"]
	form.Set("_code", code())
	if got := b.send(http.MethodPost, "/account/codes", form); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `class="codes"`) {
		t.Errorf("codes, with the factor: %d", got.Code)
	}
}

func TestTheLawOfFactorsFindsOneThatNeverAges(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, app.Config{StepUp: 1000 * time.Hour})
	control.Finds(t, "gives a factor for the password alone", func(tb testing.TB) { factorsAskForTheOther(tb, w) })
}

// api sends JSON as a program does, with the browser's session.
func (b *browser) api(method, path, key, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(b.c)
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

// Who has somebody's session does not keep it once that person sets up, prints or takes away a second factor: every session
// but the one that did it is over.
func TestAChangedFactorEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	othersEnd(t, newWorld(t))
	control.Finds(t, "printed codes: 200", func(t testing.TB) {
		w := newWorld(t)
		forgets("DELETE", "session", "1")(t, w)
		othersEnd(t, w)
	})
}

func othersEnd(t testing.TB, w *world) {
	t.Helper()
	var code func() string
	here := enter(t, w.App, "dir.expert", password)
	in := func() (there *browser) {
		b := &browser{t: t, h: here.h}
		form := url.Values{"login": {"dir.expert"}, "password": {password}}
		if code != nil {
			form.Set("code", code())
		}
		want(t, http.StatusSeeOther, b.send(http.MethodPost, "/sign-in", form).Code, "signing in elsewhere")
		return b
	}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"a new authenticator", func() { code = here.enrols(w) }},
		{"printed codes", func() {
			want(t, http.StatusOK, here.send(http.MethodPost, "/account/codes", url.Values{"password": {password}}).Code, "codes")
		}},
		{"factors taken away", func() {
			off := url.Values{"password": {password}, "code": {code()}}
			want(t, http.StatusSeeOther, here.send(http.MethodPost, "/account/factors", off).Code, "off")
		}},
	} {
		there := in()
		w.clock.Advance(time.Minute)
		want(t, http.StatusOK, there.send(http.MethodGet, "/account", nil).Code, "elsewhere before")
		step.do()
		if got := there.send(http.MethodGet, "/account", nil).Code; got != http.StatusUnauthorized {
			t.Errorf("the other session after %s: %d", step.what, got)
		}
		want(t, http.StatusOK, here.send(http.MethodGet, "/account", nil).Code, "here, after "+step.what)
	}
}
