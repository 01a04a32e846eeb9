package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/surface/httpkit"
)

var drawnSecret = regexp.MustCompile(`name="secret" value="([A-Z2-7]{32})"`)

// authenticator shows the code of a secret at an instant (RFC 6238), written anew.
func authenticator(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	seed, err := base32.StdEncoding.DecodeString(secret)
	must(t, err)
	m := hmac.New(sha1.New, seed)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := m.Sum(nil)
	o := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[o:o+4])&0x7fffffff%1_000_000)
}

// enrols gives the browser's person an authenticator on the page of their account.
func (b *browser) enrols(w *world) (code func() string) {
	b.t.Helper()
	page := b.send(http.MethodPost, "/account/totp", url.Values{"password": {password}}).Body.String()
	found := drawnSecret.FindStringSubmatch(page)
	if found == nil || !strings.Contains(page, `<svg class="qr"`) {
		b.t.Fatalf("no secret with its picture: %s", page)
	}
	code = func() string { return authenticator(b.t, found[1], w.clock.Now()) }
	if got := b.send(http.MethodPost, "/account/totp", url.Values{"secret": {found[1]}, "code": {code()}}); got.Code != http.StatusSeeOther {
		b.t.Fatalf("confirm: %d", got.Code)
	}
	w.clock.Advance(time.Minute)
	return code
}

// parts sends a form as a browser sends one with files.
func (b *browser) parts(path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range form {
		must(b.t, m.WriteField(name, values[0]))
	}
	must(b.t, m.Close())
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://localhost"+path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	r.AddCookie(b.c)
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "session") {
			b.c = c
		}
	}
	return w
}

const typedNote = "as the committee said"

// decisionsAskAgain is the law of stepping up on the page of an act: who has a second factor decides only with one shown
// lately, and loses nothing typed.
func decisionsAskAgain(t testing.TB, w *world) {
	t.Helper()
	id := w.toDecision(t)
	deputy := enter(t, w.App, "dir.deputy", password)
	code := deputy.enrols(w)
	w.clock.Advance(16 * time.Minute)
	page := "/cases/" + id + "/act/approve"
	if got := deputy.send(http.MethodGet, page, nil).Body.String(); !strings.Contains(got, `name="_code"`) {
		t.Error("the page of a decision does not ask for the second factor")
	}
	form := url.Values{"_key": {"key-of-the-form-1"}, "version": {fmt.Sprint(w.look(t, "dir.head", id).Version)}, "note": {typedNote}, "_do": {"submit"}}
	for what, send := range map[string]func(string, url.Values) *httptest.ResponseRecorder{
		"plain": func(path string, f url.Values) *httptest.ResponseRecorder {
			return deputy.send(http.MethodPost, path, f)
		}, "with files": deputy.parts,
	} {
		for _, shown := range []string{"", "000000"} {
			form.Set("_code", shown)
			got := send(page, form)
			if got.Code < 400 || got.Code >= 500 || !strings.Contains(got.Body.String(), typedNote) || !strings.Contains(got.Body.String(), `name="_code"`) {
				t.Errorf("%s, with %q: %d, and what was typed is kept: %v", what, shown, got.Code, strings.Contains(got.Body.String(), typedNote))
			}
			if stage := w.look(t, "dir.head", id).Stage; stage.ID != "decision" {
				t.Fatalf("%s, with %q: decided without the second factor, now at %s", what, shown, stage.ID)
			}
		}
	}
	form.Set("_code", code())
	if got := deputy.parts(page, form); got.Code != http.StatusSeeOther || w.look(t, "dir.head", id).Stage.ID == "decision" {
		t.Errorf("with the code: %d %s", got.Code, got.Body)
	}
}

func TestDecisionsAskForTheSecondFactorAgain(t *testing.T) {
	t.Parallel()
	decisionsAskAgain(t, newWorld(t))
}

// A clock that stands still for the factor is the planted fault: it counts for ever.
func TestTheLawOfSteppingUpFindsAFactorThatNeverAges(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, app.Config{StepUp: 1000 * time.Hour})
	control.Finds(t, "does not ask for the second factor", func(tb testing.TB) {
		decisionsAskAgain(tb, w)
	})
}

// Exports and powers given wait for the second factor, and go on from where they were; who has none is not asked.
func TestExportsAskForTheSecondFactorAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := enter(t, w.App, "dir.head", password)
	const sheet = "/cases.xlsx?v=all"
	want(t, http.StatusOK, head.send(http.MethodGet, sheet, nil).Code, "without a second factor")
	code := head.enrols(w)
	want(t, http.StatusOK, head.send(http.MethodGet, sheet, nil).Code, "just enrolled")
	w.clock.Advance(16 * time.Minute)
	stale := head.send(http.MethodGet, sheet, nil)
	if stale.Code != http.StatusUnauthorized || !strings.Contains(stale.Body.String(), `name="next" value="`+sheet+`"`) {
		t.Fatalf("stale: %d %s", stale.Code, stale.Body)
	}
	before := head.c.Value
	if got := head.send(http.MethodPost, "/step-up", url.Values{"next": {sheet}, "_code": {"123456"}}); got.Code != http.StatusUnauthorized || !strings.Contains(got.Body.String(), `id="step-code-error"`) {
		t.Errorf("a wrong code: %d", got.Code)
	}
	if got := head.send(http.MethodPost, "/step-up", url.Values{"next": {"//elsewhere"}}); got.Code != http.StatusUnauthorized {
		t.Errorf("no code: %d", got.Code)
	}
	got := head.send(http.MethodPost, "/step-up", url.Values{"next": {sheet}, "_code": {code()}})
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != sheet || head.c.Value == before {
		t.Fatalf("the code: %d to %s, the session's token changed: %v", got.Code, got.Header().Get("Location"), head.c.Value != before)
	}
	want(t, http.StatusOK, head.send(http.MethodGet, sheet, nil).Code, "stepped up")
}

// A program is told what is missing and how to mend it, shows the factor, and goes on with the token it gets.
func TestProgramsStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toDecision(t)
	deputy := enter(t, w.App, "dir.deputy", password)
	code := deputy.enrols(w)
	w.clock.Advance(16 * time.Minute)
	act := fmt.Sprintf(`{"version":%d}`, w.look(t, "dir.head", id).Version)
	got := deputy.api(http.MethodPost, "/api/v1/cases/"+id+"/actions/approve", "key-of-program-1", act)
	var p httpkit.Problem
	must(t, json.Unmarshal(got.Body.Bytes(), &p))
	if got.Code != http.StatusUnauthorized || p.Key != "sign_in.step_up" || !strings.Contains(p.Detail, "/api/v1/sessions/current/step-up") {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	want(t, http.StatusUnauthorized, deputy.api(http.MethodPost, "/api/v1/sessions/current/step-up", "k", `{"code":"000000"}`).Code, "a wrong code")
	up := deputy.api(http.MethodPost, "/api/v1/sessions/current/step-up", "k", fmt.Sprintf(`{"code":%q}`, code()))
	want(t, http.StatusOK, up.Code, up.Body.String())
	deputy.c = up.Result().Cookies()[0]
	// the same key: a step-up that was asked for is no answer to remember
	want(t, http.StatusOK, deputy.api(http.MethodPost, "/api/v1/cases/"+id+"/actions/approve", "key-of-program-1", act).Code, "with the new token")
}

// tokensForPrograms is the law of who is given a token to read: a program, and no page of a browser, whose cookie serves.
func tokensForPrograms(t testing.TB, h http.Handler) {
	t.Helper()
	for who, c := range map[string]struct {
		head map[string]string
		want bool
	}{
		"a program":             {nil, true},
		"a program on Node":     {map[string]string{"Sec-Fetch-Mode": "cors", "User-Agent": "node"}, true},
		"a page over TLS":       {map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Origin": "http://localhost"}, false},
		"a page in the clear":   {map[string]string{"Origin": "http://localhost"}, false},
		"an address typed":      {map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, false},
		"a page with no origin": {map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v1/sessions", strings.NewReader(fmt.Sprintf(`{"login":"dir.expert","password":%q}`, password)))
		r.Header.Set("Content-Type", "application/json")
		for name, v := range c.head {
			r.Header.Set(name, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var got struct{ Token string }
		must(t, json.Unmarshal(w.Body.Bytes(), &got))
		if (got.Token != "") != c.want || w.Code != http.StatusCreated || len(w.Result().Cookies()) == 0 {
			t.Errorf("%s: %d, given a token to read: %v", who, w.Code, got.Token != "")
		}
	}
}

func TestNoPageOfABrowserReadsAToken(t *testing.T) {
	t.Parallel()
	h, _, err := newWorld(t).Handler()
	must(t, err)
	tokensForPrograms(t, h)
	control.Finds(t, "a page over TLS: 201, given a token to read: true", func(t testing.TB) {
		tokensForPrograms(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Del("Origin")
			h.ServeHTTP(w, r)
		}))
	})
}

// Another browser is listed and ended; the factor is turned off by password and code.
func TestSessionsAndFactorsEndOnTheAccountPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := enter(t, w.App, "dir.expert", password), enter(t, w.App, "dir.expert", password)
	id := regexp.MustCompile(`name="session" value="([0-9a-f]{64})"`).FindStringSubmatch(here.send(http.MethodGet, "/account", nil).Body.String())
	if id == nil {
		t.Fatal("the other session is not listed")
	}
	want(t, http.StatusUnprocessableEntity, here.send(http.MethodPost, "/account/sessions", url.Values{}).Code, "an empty form")
	stranger := enter(t, w.App, "dir.head", password)
	stranger.send(http.MethodPost, "/account/sessions", url.Values{"session": {id[1]}})
	want(t, http.StatusOK, there.send(http.MethodGet, "/account", nil).Code, "after a stranger's try")
	want(t, http.StatusSeeOther, here.send(http.MethodPost, "/account/sessions", url.Values{"session": {id[1]}}).Code, "end")
	want(t, http.StatusUnauthorized, there.send(http.MethodGet, "/account", nil).Code, "ended")
	want(t, http.StatusOK, here.send(http.MethodGet, "/account", nil).Code, "here")
	code := here.enrols(w)
	off := url.Values{"password": {password}, "code": {"000000"}}
	if got := here.send(http.MethodPost, "/account/factors", off); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="remove-code-error"`) {
		t.Errorf("a wrong code: %d", got.Code)
	}
	off.Set("code", code())
	want(t, http.StatusSeeOther, here.send(http.MethodPost, "/account/factors", off).Code, "off")
	enter(t, w.App, "dir.expert", password)
}
