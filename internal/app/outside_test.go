package app_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

// gate is the product's whole table of routes and what answers it, for laws that hold of every route.
type gate struct {
	*world
	h      http.Handler
	routes []httpkit.Route
	cookie *http.Cookie // of an officer who has signed in, nil for nobody
}

func newGate(t testing.TB) *gate {
	t.Helper()
	w := newWorld(t)
	h, routes, err := w.Handler()
	must(t, err)
	return &gate{w, h, routes, enter(t, w.App, "dir.expert", password).c}
}

// behind is the same gate with something planted before it.
func (g *gate) behind(plant func(http.Handler) http.Handler) *gate {
	out := *g
	out.h = plant(g.h)
	return &out
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// at is an address of a route that names nothing.
func at(rt httpkit.Route) string {
	return parameter.ReplaceAllString(strings.ReplaceAll(rt.Pattern, "{$}", ""), strings.Repeat("7", 26))
}

// ask sends a request in the officer's name, as the browser of somebody who has signed in would.
func (g *gate) ask(t testing.TB, method, address string, form url.Values, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+address, strings.NewReader(form.Encode()))
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, vs := range header {
		r.Header[name] = vs
	}
	if g.cookie != nil {
		r.AddCookie(g.cookie)
	}
	r.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	rec := httptest.NewRecorder()
	g.h.ServeHTTP(rec, r)
	return rec.Result()
}

var here = http.Header{"Sec-Fetch-Site": {"same-origin"}}

// strangers are what browsers send with a request that another site made.
var strangers = []http.Header{
	{"Sec-Fetch-Site": {"cross-site"}},
	{"Sec-Fetch-Site": {"same-site"}}, // another host of the same owner is another site too
	{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://localhost"}},
	{"Origin": {"https://evil.example"}},
	{"Origin": {"null"}}, // a sandboxed frame, a file
	{"Origin": {"http://localhost.evil.example"}},
	{"Origin": {"http://localhost:8443"}},
	{"Origin": {"http://127.0.0.1"}},
}

// keepsOut is the law of forged requests: every route that changes something refuses what another site sends, before it is
// known who asks, and takes the same from its own page.
func keepsOut(g *gate) func(testing.TB) {
	return func(t testing.TB) {
		refused := 0
		for _, rt := range g.routes {
			if rt.Method == http.MethodGet {
				continue
			}
			for _, from := range strangers {
				if res := g.ask(t, rt.Method, at(rt), nil, from); res.StatusCode != http.StatusForbidden || !saysCrossOrigin(t, res) {
					t.Errorf("%s %s takes a request with %v: %d", rt.Method, rt.Pattern, from, res.StatusCode)
				}
				refused++
			}
			if res := g.ask(t, rt.Method, at(rt), nil, here); saysCrossOrigin(t, res) {
				t.Errorf("%s %s refuses its own page", rt.Method, rt.Pattern)
			}
		}
		t.Logf("%d forged requests", refused)
	}
}

func saysCrossOrigin(t testing.TB, res *http.Response) bool {
	t.Helper()
	return strings.Contains(bodyOf(t, res), locale.T(locale.EN, "httpkit.cross_origin", nil))
}

func bodyOf(t testing.TB, res *http.Response) string {
	t.Helper()
	var b strings.Builder
	must(t, res.Write(&b))
	return strings.NewReplacer("&#39;", "'", "&quot;", `"`).Replace(b.String())
}

func TestEveryWriteRefusesOtherSites(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	keepsOut(g)(t)
	control.Finds(t, "takes a request with", keepsOut(g.behind(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a proxy that takes away what browsers say
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			h.ServeHTTP(w, r)
		})
	})))
}

// guarded is the law of headers: whatever answers, page, file, error or program's answer, forbids everything that it does
// not name, frames and guessing of types.
func guarded(g *gate) func(testing.TB) {
	return func(t testing.TB) {
		for _, rt := range append(slices.Clone(g.routes), httpkit.Route{Method: http.MethodGet, Pattern: "/no-such-page"}) {
			for _, header := range []http.Header{here, {"Accept": {"application/json"}, "Sec-Fetch-Site": {"same-origin"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
				res := g.ask(t, rt.Method, at(rt), nil, header)
				policy := res.Header.Get("Content-Security-Policy")
				if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") ||
					!strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "base-uri 'none'") || len(res.Header.Values("Content-Security-Policy")) != 1 {
					t.Errorf("%s %s answers %d under the policy %q", rt.Method, rt.Pattern, res.StatusCode, policy)
				}
				for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Access-Control-Allow-Origin": ""} {
					if got := res.Header.Get(name); got != want {
						t.Errorf("%s %s answers with %s %q", rt.Method, rt.Pattern, name, got)
					}
				}
			}
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	guarded(g)(t)
	control.Finds(t, "POST /cases/{id}/notes answers", guarded(g.behind(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a handler that speaks for itself
			if strings.HasSuffix(r.URL.Path, "/notes") {
				w.Header().Set("Content-Security-Policy", "default-src *")
				return
			}
			h.ServeHTTP(w, r)
		})
	})))
}

// elsewhere are addresses that lead to another host, or into a script, in browsers that read them in their own ways.
var elsewhere = []string{
	"https://evil.example", "http://evil.example/", "HTTPS://evil.example", "//evil.example", "///evil.example", "////evil.example",
	"/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example",
	" //evil.example", "\x00//evil.example", "/\x00/evil.example", "https:evil.example", "https:/evil.example", "http:\\\\evil.example", "//evil.example\\@localhost",
	"//localhost@evil.example", "https://localhost@evil.example", "https://localhost.evil.example", "//0x7f000001", "//2130706433", "//[::ffff:127.0.0.1]",
	"javascript:xss()", "JaVaScRiPt:xss()", "java\nscript:xss()", "\x01javascript:xss()", "data:text/html,<script>xss()</script>", "vbscript:xss()",
	"file:///etc/passwd", "ftp://evil.example", "blob:https://evil.example/1", "mailto:x@evil.example", "evil.example", "./evil.example", "../evil.example", "?next=//evil.example",
	"/\u2028/evil.example", "//evil\u3002example", "\u2044\u2044evil.example", "\uFF0F\uFF0Fevil.example", "/\\/\\evil.example", "/;@evil.example", "/.//evil.example", "/..//evil.example", "/%5Cevil.example", "/%2F/evil.example", "/%09/evil.example",
	"/desk\r\nLocation: https://evil.example", "/desk\r\n\r\n<script>xss()</script>", "%2F%2Fevil.example", "https%3A%2F%2Fevil.example",
}

// named are the parameters that the pages read, by their source: a new one that leads somewhere is tried without anybody
// thinking of it.
func named(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../surface/web/*.go")
	must(t, err)
	reads, out := regexp.MustCompile(`(?:FormValue|\b[a-zA-Z]*\.?Get)\("([a-z_]+)"\)`), []string{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must(t, err)
		for _, m := range reads.FindAllStringSubmatch(string(raw), -1) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); !slices.Contains(out, "next") || !slices.Contains(out, "back") {
		t.Fatalf("the parameters of the pages are not found: %v", out)
	}
	return slices.DeleteFunc(out, func(name string) bool { return name == "lang" || name == "theme" })
}

// stays is the law of redirects: whatever a parameter says, the browser is sent to a path of this host.
func stays(g *gate, names []string) func(testing.TB) {
	return func(t testing.TB) {
		redirects := 0
		look := func(what string, res *http.Response) {
			to := res.Header.Get("Location")
			if to == "" {
				return
			}
			redirects++
			u, err := url.Parse(to)
			if err != nil || u.Host != "" || u.Scheme != "" || u.Opaque != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
				strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == '\\' }) {
				t.Errorf("%s leads to %q", what, to)
			}
		}
		for i, rt := range g.routes {
			for round := range 4 {
				form := url.Values{}
				for j, name := range names {
					form.Set(name, elsewhere[(i+j+round*14)%len(elsewhere)])
				}
				address := at(rt) + "?" + form.Encode()
				if rt.Method != http.MethodGet {
					address = at(rt)
				}
				look(rt.Method+" "+rt.Pattern, g.ask(t, rt.Method, address, form, here))
			}
		}
		for _, next := range elsewhere {
			g.clock.Advance(time.Minute) // signing in is throttled
			signedIn := g.ask(t, http.MethodPost, "/sign-in", url.Values{"login": {"dir.head"}, "password": {password}, "next": {next}}, here)
			if signedIn.StatusCode != http.StatusSeeOther {
				t.Fatalf("signing in with next=%q: %d", next, signedIn.StatusCode)
			}
			look(fmt.Sprintf("signing in with next=%q", next), signedIn)
		}
		if redirects < len(elsewhere) {
			t.Errorf("only %d answers lead on", redirects)
		}
		t.Logf("%d parameters, %d addresses, %d answers that lead on", len(names), len(elsewhere), redirects)
	}
}

func TestNoParameterLeadsElsewhere(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	names := named(t)
	stays(g, names)(t)
	control.Finds(t, "leads to", stays(g.behind(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a handler that looks at the first sign only
			if next := r.FormValue("next"); strings.HasPrefix(next, "/") && r.URL.Path == "/sign-in" {
				w.Header().Set("Location", next)
				w.WriteHeader(http.StatusSeeOther)
				return
			}
			h.ServeHTTP(w, r)
		})
	}), names))
}

// fetchesNothing is the law of requests that a person could make the server send: an address of a machine within, in every
// parameter of every route, is asked by nobody.
func fetchesNothing(g *gate, names []string) func(testing.TB) {
	return func(t testing.TB) {
		var asked atomic.Int64
		within := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer within.Close()
		_, port, err := net.SplitHostPort(within.Listener.Addr().String())
		must(t, err)
		hosts := []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "0.0.0.0"}
		for i, rt := range g.routes {
			form := url.Values{"url": {within.URL}, "callback": {within.URL}, "webhook": {within.URL}}
			for j, name := range names {
				form.Set(name, "http://"+hosts[(i+j)%len(hosts)]+":"+port+"/"+name)
			}
			address := at(rt)
			if rt.Method == http.MethodGet {
				address += "?" + form.Encode()
			}
			header := here.Clone()
			for _, name := range []string{"Referer", "X-Forwarded-Host", "X-Original-Url", "Forwarded"} {
				header.Set(name, within.URL)
			}
			g.ask(t, rt.Method, address, form, header)
		}
		if n := asked.Load(); n > 0 {
			t.Errorf("the server asked a machine within %d times", n)
		}
	}
}

func TestNoParameterMakesTheServerFetch(t *testing.T) {
	t.Parallel()
	g, names := newGate(t), named(t)
	fetchesNothing(g, names)(t)
	control.Finds(t, "asked a machine within", fetchesNothing(g.behind(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a preview of a link
			if preview, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.FormValue("q"), nil); err == nil {
				if res, err := http.DefaultClient.Do(preview); err == nil {
					must(t, res.Body.Close())
				}
			}
			h.ServeHTTP(w, r)
		})
	}), names))
}

var otherLanguage = regexp.MustCompile(`href="([^"]+)" lang="fa" dir="rtl" hreflang="fa"`)

// turns is the law of the switch of language: of whatever page a form is answered with, it leads to a page. of gives where
// the link leads, for the control.
func turns(g *gate, of func(address, link string) string) func(testing.TB) {
	return func(t testing.TB) {
		pages := 0
		for _, rt := range g.routes {
			if rt.Method == http.MethodGet || strings.HasPrefix(rt.Pattern, "/api/") || rt.Pattern == "/sign-out" {
				continue
			}
			for _, cookie := range []*http.Cookie{g.cookie, nil} {
				asker := *g
				asker.cookie = cookie
				link := otherLanguage.FindStringSubmatch(bodyOf(t, asker.ask(t, rt.Method, at(rt), nil, here)))
				if link == nil {
					continue
				}
				pages++
				to := of(at(rt), link[1])
				if res := asker.ask(t, http.MethodGet, to, nil, here); res.StatusCode == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: its switch of language leads to %s, which is no page", rt.Method, rt.Pattern, to)
				}
			}
		}
		if pages < 60 {
			t.Errorf("only %d pages answer forms", pages)
		}
	}
}

func TestTheSwitchOfLanguageLeadsToAPage(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	turns(g, func(_, link string) string { return link })(t)
	control.Finds(t, "POST /account/password: its switch of language leads to", turns(g, func(address, _ string) string { return address + "?lang=fa" }))
}
