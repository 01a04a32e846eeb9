package app_test

import (
	"bufio"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/app/provider"
	"rahgosha/internal/base/control"
)

// federated is a province whose staff may also sign in at a provider: a real one, oidc-provider, a process of its own.
type federated struct {
	*world
	home string // address of the product
	at   string // of the provider
	log  *heard
	stop func()
}

// withProvider starts both on loopback. Both clocks show the machine's time; what is done before may move ours.
func withProvider(t testing.TB, before ...func(*world)) *federated {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	e := &federated{home: "http://" + l.Addr().String(), log: &heard{}}
	e.at, e.stop = startProvider(t, e.home)
	data := t.TempDir()
	setUp(t, data, map[string]any{
		"id": "body", "name": map[string]string{"fa": "سازمان", "en": "the Organisation"}, "issuer": e.at, "client": "rahgosha", "secret_file": "body.secret",
		"second": []string{"urn:test:two"}, "private": []string{"127.0.0.1/32"},
	})
	e.world = newWorldWith(t, app.Config{Data: data, BaseURL: e.home, Log: slog.New(slog.NewTextHandler(e.log, nil))})
	for _, do := range before {
		do(e.world)
	}
	e.clock.Advance(time.Since(e.clock.Now()))
	h, _, err := e.Handler()
	must(t, err)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return e
}

const secretOfBody = "a secret of forty characters, or nearly so"

func setUp(t testing.TB, data string, settings map[string]any) {
	t.Helper()
	raw, err := json.Marshal([]any{settings})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(data, provider.File), raw, 0o600))
	must(t, os.WriteFile(filepath.Join(data, "body.secret"), []byte(secretOfBody), 0o600))
}

func startProvider(t testing.TB, home string) (address string, stop func()) {
	t.Helper()
	root := filepath.Join("..", "..")
	_, err := os.Stat(filepath.Join(root, "node_modules", "oidc-provider"))
	node, missing := exec.LookPath("node")
	if (err != nil || missing != nil) && os.Getenv("RAHGOSHA_REQUIRE_TOOLS") == "" {
		t.Skip("skipped: no node, or no oidc-provider: run npm ci --ignore-scripts")
	}
	must(t, err)
	must(t, missing)
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "provider.mjs"), "rahgosha", secretOfBody, home+provider.Back+"body", home+"/")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return lines.Text(), stop
		}
	}
	t.Fatal("the provider did not start")
	return "", nil
}

// tab is a browser that follows redirects and keeps cookies.
type tab struct {
	t    testing.TB
	c    *http.Client
	at   *url.URL
	code int
	page string
}

func newTab(t testing.TB) *tab {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &tab{t: t, c: &http.Client{Jar: jar}}
}

func (b *tab) do(r *http.Request) *tab {
	b.t.Helper()
	resp, err := b.c.Do(r)
	must(b.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(b.t, err)
	b.at, b.code, b.page = resp.Request.URL, resp.StatusCode, string(raw)
	return b
}

func (b *tab) open(address string) *tab {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	must(b.t, err)
	return b.do(r)
}

func (b *tab) post(address string, kv ...string) *tab {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	must(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// shows wants the page to be at a path and to hold words.
func (b *tab) shows(what, path string, words ...string) {
	b.t.Helper()
	if b.at.Path != path {
		b.t.Fatalf("%s: at %s, not at %s: %d %.1500s", what, b.at, path, b.code, b.page)
	}
	for _, w := range words {
		if !strings.Contains(b.page, w) {
			b.t.Fatalf("%s: the page does not hold %q: %.3000s", what, w, b.page)
		}
	}
}

// signsIn by login and password.
func (e *federated) signsIn(b *tab, login string) {
	b.t.Helper()
	b.post(e.home+"/sign-in?lang=en", "login", login, "password", password)
	b.shows("signing in", "/desk")
}

// asks fills the provider's form.
func (e *federated) asks(b *tab, who string) {
	b.t.Helper()
	if !strings.HasPrefix(b.at.String(), e.at+"/interaction/") {
		b.t.Fatalf("not at the provider's form but at %s: %d %.2000s", b.at, b.code, b.page)
	}
	b.post(b.at.String(), "who", who, "do", "in")
	if strings.Contains(b.page, "/session/end/confirm") { // another person there: it ends the old session, by a script
		xsrf := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(b.page)
		b.post(e.at+"/session/end/confirm", "xsrf", xsrf[1], "logout", "yes")
	}
}

var goThere = regexp.MustCompile(`<a class="btn main-act" href="([^"]+)"`)

// connects the account of who is signed in.
func (e *federated) connects(b *tab, who string) {
	b.t.Helper()
	b.post(e.home+"/account/providers", "password", password, "provider", "body")
	b.shows("connecting", "/account/providers", "the Organisation")
	b.open(html.UnescapeString(goThere.FindStringSubmatch(b.page)[1]))
	e.asks(b, who)
	b.shows("connected", "/account", "Your account is connected")
}

// A person of the staff connects their account once, and from then on comes in by their body's provider, where they wanted to
// go; it gives nobody an account or a right, and where it is down passwords still serve.
func TestStaffSignInAtARealProvider(t *testing.T) {
	t.Parallel()
	e := withProvider(t)

	stranger := newTab(t).open(e.home + "/sign-in?lang=en&next=/account")
	stranger.shows("the page of signing in", "/sign-in", "Sign in with the Organisation", `href="/sign-in/with/body?next=%2Faccount"`)
	stranger.open(e.home + "/sign-in/with/body?next=/account")
	e.asks(stranger, "nobody-here")
	stranger.shows("somebody without an account", "/sign-in/back/body", "No account here is connected")
	want(t, http.StatusUnauthorized, stranger.code, "somebody without an account")
	stranger.open(e.home + "/desk")
	want(t, http.StatusUnauthorized, stranger.code, "the desk, without an account")

	head := newTab(t)
	e.signsIn(head, "dir.head")
	head.post(e.home+"/account/providers", "password", "not the password", "provider", "body")
	head.shows("a wrong password", "/account/providers", `id="provider-password-error"`)
	e.connects(head, "head-two")

	again := newTab(t).open(e.home + "/?lang=en")
	again.open(e.home + "/sign-in/with/body?next=/obligations")
	e.asks(again, "head-two")
	again.shows("where they wanted to go", "/obligations")

	rep := newTab(t)
	e.signsIn(rep, "unit.ceo")
	rep.open(e.home + "/account")
	if strings.Contains(rep.page, "/account/providers") {
		t.Error("who speaks for a unit is offered the staff's way in")
	}

	again.post(e.home + "/sign-out")
	again.shows("signed out here", "/sign-out", "You are still signed in at the Organisation", e.at+"/session/end?client_id=rahgosha")
	again.open(e.home + "/desk")
	want(t, http.StatusUnauthorized, again.code, "after signing out")

	e.stop()
	e.clock.Advance(2 * time.Hour) // so that what is known of it is asked anew
	for lang, words := range map[string]string{"en": "the Organisation cannot be reached now", "fa": "سازمان اکنون در دسترس نیست"} {
		down := newTab(t).open(e.home + "/sign-in/with/body?lang=" + lang)
		down.shows("a provider that is away", "/sign-in/with/body", words, `name="password"`)
		want(t, http.StatusServiceUnavailable, down.code, "a provider that is away")
	}
	e.signsIn(newTab(t), "dir.head")

	for what, words := range map[string][]string{
		"who came in":       {`"signing in"`, "way=provider", "outcome=granted", "person=p-dir.head"},
		"who was not known": {`"signing in"`, "way=provider", "outcome=refused", "why=sign_in.provider_unknown"},
		"that it was away":  {`"identity provider"`, "provider=body"},
	} {
		if e.log.lines(words...) == 0 {
			t.Errorf("the log does not tell %s", what)
		}
	}
	if e.log.lines("head-two")+e.log.lines(secretOfBody) > 0 {
		t.Error("the log holds who somebody is at the provider, or the client's secret")
	}
}

// Decisions ask again: two factors are shown at the provider anew, whatever session it has.
func TestDecisionsAskTheProviderAgain(t *testing.T) {
	t.Parallel()
	id := ""
	e := withProvider(t, func(w *world) { id = w.toDecision(t) })
	deputy := newTab(t)
	e.signsIn(deputy, "dir.deputy")
	e.connects(deputy, "deputy-two")
	page := e.home + "/cases/" + id + "/act/approve"
	deputy.open(page)
	deputy.shows("a decision", "/cases/"+id+"/act/approve", `name="_code"`, `href="/sign-in/with/body?use=again" target="_blank"`)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(deputy.page)[1]
	act := []string{"_key", "key-of-the-form-9", "version", version, "note", typedNote, "_do", "submit"}
	deputy.post(page, act...)
	want(t, http.StatusUnauthorized, deputy.code, "a decision without the second factor")
	deputy.open(e.home + "/sign-in/with/body?use=again")
	e.asks(deputy, "deputy-one") // another person there, who has shown one factor
	deputy.shows("one factor", "/sign-in/back/body", "did not ask you for two factors")
	deputy.open(e.home + "/sign-in/with/body?use=again")
	e.asks(deputy, "somebody-two")
	deputy.shows("somebody else", "/sign-in/back/body", "No account here is connected")
	deputy.post(page, act...)
	want(t, http.StatusUnauthorized, deputy.code, "a decision after somebody else's factors")
	deputy.open(e.home + "/sign-in/with/body?use=again")
	e.asks(deputy, "deputy-two")
	deputy.shows("two factors", "/account", "Confirmed")
	deputy.post(page, act...) // by now the inquiry behind the decision is months old, which is another matter
	if deputy.code == http.StatusUnauthorized || strings.Contains(deputy.page, `name="_code"`) {
		t.Errorf("a decision after both factors asks for them again: %d", deputy.code)
	}
}

// What has a second factor here is not entered by a provider's one.
func TestAProvidersWordDoesNotReplaceTheSecondFactor(t *testing.T) {
	t.Parallel()
	e := withProvider(t)
	code := enter(t, e.App, "dir.expert", password).enrols(e.world)
	expert := newTab(t)
	expert.post(e.home+"/sign-in?lang=en", "login", "dir.expert", "password", password, "code", code())
	expert.shows("signing in", "/desk")
	e.connects(expert, "expert")
	e.clock.Advance(time.Minute) // a code serves once
	b := newTab(t).open(e.home + "/?lang=en")
	b.open(e.home + "/sign-in/with/body?next=/obligations")
	e.asks(b, "expert")
	b.shows("a second factor", "/sign-in/back/body", "Your account asks for a second factor as well")
	b.post(e.home+"/sign-in/code", "code", "000000")
	b.shows("a wrong code", "/sign-in/code", `id="code-error"`)
	b.open(e.home + "/obligations")
	want(t, http.StatusUnauthorized, b.code, "before the code")
	b.post(e.home+"/sign-in/code", "code", code())
	b.shows("the code", "/obligations")
}

// comesBack is a browser that comes back from the provider with a code; the request is not sent yet.
func (e *federated) comesBack(b *tab, who, next string) string {
	b.t.Helper()
	b.c.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), e.home+provider.Back) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { b.c.CheckRedirect = nil }()
	b.open(e.home + "/sign-in/with/body?next=" + url.QueryEscape(next))
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.at.String(), strings.NewReader(url.Values{"who": {who}, "do": {"in"}}.Encode()))
	must(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.c.Do(r)
	must(b.t, err)
	must(b.t, resp.Body.Close())
	return resp.Header.Get("Location")
}

// oneWayBack is the law of the way back: only the browser that went, once, with what it was given, and to a page here.
// carry is what a browser brings of another's cookies.
func oneWayBack(t testing.TB, e *federated, carry func(from, to *tab)) {
	t.Helper()
	in := func(b *tab) bool { return b.open(e.home+"/desk").code == http.StatusOK }
	victim, thief := newTab(t), newTab(t)
	back := e.comesBack(thief, "head-two", "/obligations")
	carry(thief, victim)
	if victim.open(back); in(victim) {
		t.Error("somebody else's answer lets in: another signs them in as themselves")
	}
	if thief.open(back); !in(thief) {
		t.Error("the browser that went does not come in")
	}
	thief.post(e.home + "/sign-out")
	if thief.open(back); in(thief) {
		t.Error("an answer serves twice")
	}
}

func TestAnAnswerServesOnceInTheBrowserThatWent(t *testing.T) {
	t.Parallel()
	e := withProvider(t)
	head := newTab(t)
	e.signsIn(head, "dir.head")
	e.connects(head, "head-two")
	oneWayBack(t, e, func(*tab, *tab) {})
	control.Finds(t, "another signs them in", func(t testing.TB) {
		oneWayBack(t, e, func(from, to *tab) { // a state that is bound to no browser
			home, err := url.Parse(e.home)
			must(t, err)
			to.c.Jar.SetCookies(home, from.c.Jar.Cookies(home))
		})
	})
	for _, next := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "javascript:alert(1)", "/%0d%0aLocation:%20//evil.example"} {
		b := newTab(t)
		b.open(e.comesBack(b, "head-two", next))
		if b.at.Host != strings.TrimPrefix(e.home, "http://") || strings.Contains(b.at.Path, "evil") && !strings.HasPrefix(next, "/%0d") {
			t.Errorf("%q leads to %s", next, b.at)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.home+"/sign-in/with/body", nil)
	must(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if b := newTab(t).do(r); b.code != http.StatusForbidden || b.at.Host != strings.TrimPrefix(e.home, "http://") {
		t.Errorf("another site signs somebody in unasked: %d at %s", b.code, b.at)
	}
	refused := newTab(t).open(e.home + "/sign-in/with/body?lang=en")
	refused.post(refused.at.String(), "who", "", "do", "no")
	refused.shows("who is not let in there", "/sign-in/back/body", "did not let you in")
}
