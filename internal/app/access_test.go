package app_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

var update = flag.Bool("update", false, "write who gets to what anew")

// marked are the words, mobile numbers and national codes that the provinces are marked with, by how they begin: to look for a
// beginning is twenty times as fast as to look for the whole of one or the other, and many gigabytes are looked through.
var marked = map[string]*regexp.Regexp{"zq": regexp.MustCompile(`^zq[a-z]{3}z`), "09": regexp.MustCompile(`^09\d{9}`), "97": regexp.MustCompile(`^97\d{8}`)}

// marksIn gives all marks of a text, one that begins within another too.
func marksIn(said string) (out []string) {
	said = text.Digits(said)
	for start, whole := range marked {
		for rest := said; ; rest = rest[len(start):] {
			i := strings.Index(rest, start)
			if i < 0 {
				break
			}
			rest = rest[i:]
			if w := whole.FindString(rest[:min(len(rest), 11)]); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

type answer struct {
	status int
	text   string
	header http.Header
}

// send asks in somebody's name, as a browser or a program of theirs does: nothing is refused for its form.
func (p *provinces) send(t testing.TB, v *visitor, method, path, body string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if method != http.MethodGet {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", sent(body))
		r.Header.Set(httpkit.KeyHeader, httpkit.NewKey())
	}
	r.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	rec := httptest.NewRecorder()
	p.h.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Body.String(), rec.Header()}
}

// address puts a thing into a route's pattern.
func address(pattern string, x *thing) string {
	out := strings.ReplaceAll(pattern, "{$}", "")
	for k, v := range x.params {
		out = strings.ReplaceAll(out, "{"+k+"}", v)
	}
	return out
}

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

// faceless is an answer without what names the thing asked for, so that it can be held to the answer about nothing.
func faceless(a answer, x *thing) string {
	out := requestID.ReplaceAllString(a.text, "")
	longest := slices.SortedFunc(maps.Values(x.params), func(a, b string) int { return len(b) - len(a) })
	for _, v := range longest {
		if len(v) > 6 {
			out = strings.ReplaceAll(out, v, "·")
		}
	}
	return fmt.Sprint(a.status, a.header.Get("Location"), a.header.Get("Content-Disposition"), " ", out)
}

// apart shows where two answers begin to differ.
func apart(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(0, i-60):min(len(s), i+60)] }
	return fmt.Sprintf("%q, not %q", around(a), around(b))
}

var statusOf = map[verdict]int{asksSignIn: http.StatusUnauthorized, denied: http.StatusForbidden, hidden: http.StatusNotFound, withheld: http.StatusNotFound, refused: http.StatusUnprocessableEntity, open: http.StatusOK}

// meets says whether an answer is what a verdict asks for.
func (a answer) meets(want verdict) bool {
	if want == reached {
		return a.status != http.StatusUnauthorized && a.status < http.StatusInternalServerError
	}
	return a.status == statusOf[want]
}

// tally counts what was asked: cells of the matrix, those that were let through, and words that were met.
type tally struct{ cells, lets, words atomic.Int64 }

// asked are the things that a route is asked for; a route without a parameter is asked once.
func (p *provinces) asked(x probe) []*thing {
	if x.kind == "" {
		return []*thing{{}}
	}
	return p.things[x.kind]
}

// matrix is the law: every route × every visitor × every thing of the route's kind is answered as declared, whoever may
// not have a thing is answered as if it did not exist, and no answer holds a word that its reader may not read.
func (p *provinces) matrix(only func(pattern string) bool, count *tally) func(testing.TB) {
	return func(t testing.TB) {
		for _, rt := range p.routes {
			if !only(rt.Pattern) {
				continue
			}
			x, ok := probeOf(rt)
			if !ok {
				t.Errorf("%s %s is not in the matrix: say in probes what it is asked for and who may have it", rt.Method, rt.Pattern)
				continue
			}
			var asking sync.WaitGroup
			room := make(chan struct{}, runtime.GOMAXPROCS(0))
			for _, v := range p.people {
				if !p.takes(nameOf(rt), v) {
					continue
				}
				room <- struct{}{}
				asking.Go(func() {
					defer func() { <-room }()
					p.row(t, rt, x, v, count)
				})
			}
			asking.Wait()
			p.quiet(t, rt.Method+" "+rt.Pattern)
		}
	}
}

// spared are the cells that are asked under make soak alone: of the second province's people and of who was erased, those
// for more than one thing of a sort in the first.
func spared(v *visitor, x *thing) bool {
	return os.Getenv("RAHGOSHA_SOAK") == "" && (v.province == far || strings.HasPrefix(v.name, gone)) && x.kind != "" && x.relation != none && x.province != far &&
		x.kind != "log" && !slices.Contains([]string{"own", "own L05", "of own.unit.ceo", "home"}, x.relation)
}

// row asks one route in one name for everything of its kind, nothing first.
func (p *provinces) row(t testing.TB, rt httpkit.Route, x probe, v *visitor, count *tally) {
	t.Helper()
	nothing, things := "", slices.Clone(p.asked(x))
	slices.Reverse(things) // what does not exist is the last that was made
	for _, th := range things {
		want := p.declared.guardSays(rt.Policy, v)
		if want.lets() {
			want = x.judge(p, v, th)
		}
		if spared(v, th) {
			continue
		}
		count.cells.Add(1)
		if want.lets() {
			count.lets.Add(1)
			if rt.Method != http.MethodGet {
				continue // what is let through would change the province
			}
		}
		body := ""
		if rt.Method != http.MethodGet {
			body = form()
			if x.form != nil {
				body = x.form(p, th)
			}
		}
		a := p.send(t, v, rt.Method, address(rt.Pattern, th)+x.query, body)
		cell := fmt.Sprintf("%s %s of %s by %s", rt.Method, rt.Pattern, th.relation, v.name)
		if !a.meets(want) {
			t.Errorf("%s: %d, declared %q", cell, a.status, want)
			continue
		}
		if th.relation == none {
			nothing = faceless(a, th)
		}
		if !want.lets() && want != withheld && nothing != "" && x.kind != "procedure" && x.kind != "service kind" && // which there are, everybody knows
			faceless(a, th) != nothing {
			t.Errorf("%s: the answer differs from that about nothing: %s", cell, apart(faceless(a, th), nothing))
		}
		p.sweep(t, cell, v, a, count)
	}
}

// sweep looks for words in an answer that its reader may not read, in workbooks and printed files too.
func (p *provinces) sweep(t testing.TB, cell string, v *visitor, a answer, count *tally) {
	t.Helper()
	said := readOf(t, a) + fmt.Sprint(a.header)
	for _, w := range marksIn(said) {
		if b, ok := p.birds[w]; ok {
			if count.words.Add(1); !b.may(v) {
				t.Errorf("%s: %s reads the %s", cell, v.name, b.where)
			}
		}
	}
}

// readOf is what a person gets to read of an answer.
func readOf(t testing.TB, a answer) string {
	t.Helper()
	switch kind := a.header.Get("Content-Type"); {
	case strings.Contains(kind, "spreadsheet"):
		z, err := zip.NewReader(strings.NewReader(a.text), int64(len(a.text)))
		must(t, err)
		var out bytes.Buffer
		for _, f := range z.File {
			r, err := f.Open()
			must(t, err)
			_, err = io.Copy(&out, r)
			must(t, err)
			must(t, r.Close())
		}
		return out.String()
	case kind == "application/pdf" && pdfTool():
		return pdfText(t, a.text)
	}
	return a.text
}

func pdfTool() bool {
	_, err := exec.LookPath("pdftotext")
	return err == nil || os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != ""
}

func every(string) bool { return true }

func on(patterns ...string) func(string) bool {
	return func(p string) bool { return slices.Contains(patterns, p) }
}

// acts is the law of what may be done in a case: every act of the definition × every visitor × every case. Who sees the
// case and may not do the act is told so; who does not see it finds none. Nothing changes.
func (p *provinces) acts(count *tally) func(testing.TB) {
	return func(t testing.TB) {
		for _, c := range p.things["case"] {
			if os.Getenv("RAHGOSHA_SOAK") == "" && !slices.Contains([]string{"own", "rival", "outlived", far, none}, c.relation) {
				continue
			}
			for _, v := range p.people {
				for _, a := range p.def.Actions {
					if !p.takes("act "+a.ID, v) {
						continue
					}
					want := when(p.seesCase(v, c), when(c.relation == "outlived", refused, denied), hidden)
					if !v.signedIn() {
						want = asksSignIn
					}
					count.cells.Add(1)
					if want == denied && (slices.Contains(a.By, v.role) || slices.Contains(a.OnBehalf, v.role)) {
						count.lets.Add(1)
						continue
					}
					got := p.send(t, v, http.MethodPost, "/api/v1/cases/"+c.params["id"]+"/actions/"+a.ID, `{"version":`+p.version(c)+`}`)
					cell := "act " + a.ID + " in " + c.relation + " by " + v.name
					if !got.meets(want) {
						t.Errorf("%s: %d, declared %q", cell, got.status, want)
					}
					p.sweep(t, cell, v, got, count)
				}
			}
		}
		p.quiet(t, "acts")
		for _, c := range p.things["case"] {
			if c.relation != none && fmt.Sprint(p.look(t, p.login(c.province, "dir.dg"), c.params["id"]).Version) != c.params["version"] {
				t.Errorf("the case %s was changed by who may not", c.relation)
			}
		}
	}
}

// silent is the law of the log: it holds no word of the provinces, no national code, phone, password or session.
func (p *provinces) silent(log string) func(testing.TB) {
	return func(t testing.TB) {
		if !strings.Contains(log, "pattern=") {
			t.Error("the log has no requests")
		}
		for _, w := range marksIn(log) {
			if b, ok := p.birds[w]; ok {
				t.Errorf("the log holds the %s", b.where)
			}
		}
		for _, s := range p.secrets {
			if strings.Contains(log, s) {
				t.Errorf("the log holds the secret %.4s…", s)
			}
		}
	}
}

// TestTheAccessMatrix asks everything of everybody, in two provinces of one database; on PostgreSQL all of it under make
// soak, and else a part.
func TestTheAccessMatrix(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); asksAll(t, "") })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		if os.Getenv("RAHGOSHA_SOAK") == "" {
			asksSome(t, filledDatabase(t))
			return
		}
		asksAll(t, filledDatabase(t))
	})
}

// asksSome asks one in fifteen of the people on each route, and each route and role once at least. Who they are hangs on
// the route alone, so that a run finds what the run before found.
func asksSome(t *testing.T, database string) {
	t.Helper()
	p := newProvinces(t, database)
	p.watcher, p.standing, p.part = p.watches(t), p.people, 15
	t.Run("something of everybody", func(t *testing.T) {
		p.asksAll(t)
		for _, v := range p.people {
			if !slices.ContainsFunc(p.routes, func(rt httpkit.Route) bool { return p.takes(nameOf(rt), v) }) {
				t.Errorf("%s is asked nothing", v.name)
			}
		}
	})
	t.Run("what is let through is carried out", p.carriesOut)
}

// takes says whether somebody is among those who are asked on a route.
func (p *provinces) takes(route string, v *visitor) bool {
	if p.part == 0 {
		return true
	}
	draw := func(s string) int { sum := sha256.Sum256([]byte(s)); return int(binary.BigEndian.Uint32(sum[:]) >> 1) }
	return draw(route+v.name)%p.part == 0 || p.standing[draw(route)%len(p.standing)] == v
}

// asksAll runs the laws, and their controls, on one pair of provinces: none of them changes it.
func asksAll(t *testing.T, database string) {
	t.Helper()
	p := newProvinces(t, database)
	p.watcher, p.standing = p.watches(t), p.people
	t.Run("everything of everybody", p.asksAll)
	t.Run("who gets to what is reviewed", p.isReviewed)
	t.Run("planted faults are found", p.findsFaults)
	t.Run("another province tries nothing on our cases", p.keepsToItsOwn)
	t.Run("what is let through is carried out", p.carriesOut)
}

func (p *provinces) asksAll(t *testing.T) {
	count := &tally{}
	p.matrix(every, count)(t)
	p.acts(count)(t)
	p.silent(p.log.text())(t)
	cells, lets, words := count.cells.Load(), count.lets.Load(), count.words.Load()
	t.Logf("%d routes, %d visitors, %d cells, %d of them let through; %d marks were met in answers, of %d", len(p.routes), len(p.people), cells, lets, words, len(p.birds))
	if least := int64(1000 / max(p.part, 1)); words < least || lets < least {
		t.Errorf("only %d words were met and %d cells let through: the matrix looks at too little", words, lets)
	}
}

// reach is who gets to what as declared, for a person to review: by route, by relation, the people who are let through.
func (p *provinces) reach() string {
	var out strings.Builder
	for _, rt := range p.routes {
		x, _ := probeOf(rt)
		fmt.Fprintf(&out, "%s %s\n", rt.Method, rt.Pattern)
		for _, th := range p.asked(x) {
			var who []string
			for _, v := range p.people {
				if want := p.declared.guardSays(rt.Policy, v); want.lets() && x.judge(p, v, th).lets() {
					who = append(who, v.name)
				}
			}
			if th.relation != none {
				fmt.Fprintf(&out, "\t%s: %s\n", strings.TrimSpace(th.relation), p.shortly(who))
			}
		}
	}
	out.WriteString("\ngroups of facts, notes\n")
	for _, r := range p.def.Roles {
		fmt.Fprintf(&out, "\t%s: %s; %s\n", r.ID, strings.Join(r.Sees, " "), r.Notes)
	}
	return out.String()
}

// shortly says everybody, nobody, or who.
func (p *provinces) shortly(who []string) string {
	switch len(who) {
	case 0:
		return "nobody"
	case len(p.people):
		return "everybody"
	case len(slices.DeleteFunc(slices.Clone(p.people), func(v *visitor) bool { return !v.signedIn() })):
		if !slices.ContainsFunc(p.people, func(v *visitor) bool { return !v.signedIn() && slices.Contains(who, v.name) }) {
			return "everybody signed in"
		}
	}
	return strings.Join(who, " ")
}

// reviewed is the law of what is declared: it is what a person has read and put into testdata/access.txt.
func (p *provinces) reviewed(t testing.TB) {
	raw, err := os.ReadFile(accessFile)
	must(t, err)
	have, want := strings.Split(p.reach(), "\n"), strings.Split(string(raw), "\n")
	for i := range max(len(have), len(want)) {
		if i >= len(have) || i >= len(want) || have[i] != want[i] {
			t.Errorf("%s no longer says who gets to what; review what has changed from line %d on and write it anew with -update: %s", accessFile, i+1, strings.Join(have[i:min(i+1, len(have))], ""))
			return
		}
	}
}

var accessFile = filepath.Join("testdata", "access.txt")

func (p *provinces) isReviewed(t *testing.T) {
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(accessFile, []byte(p.reach()), 0o600))
	}
	p.reviewed(t)
	control.Finds(t, "no longer says who gets to what", func(t testing.TB) {
		wide := *p
		wide.declared = p.declared.with("claims", "read", "bank.branch") // a policy line that lets one role more through
		wide.reviewed(t)
	})
	control.Finds(t, "no longer says who gets to what", func(t testing.TB) {
		wide, def := *p, *p.def
		def.Roles = slices.Clone(def.Roles)
		i := slices.Index(def.Roles, def.Role("bank.head"))
		head := *def.Roles[i]
		head.Sees = append(slices.Clone(head.Sees), "finance")
		def.Roles[i], wide.def = &head, &def
		wide.reviewed(t)
	})
}

// with is the table with one role more on a line.
func (d *declared) with(resource, verb, role string) *declared {
	out := &declared{policies: access.Policies()}
	for i, p := range out.policies {
		if p.Resource == resource && p.Verb == verb {
			out.policies[i].Roles = append(slices.Clone(p.Roles), role)
		}
	}
	return out
}

// without is the table without a line.
func (d *declared) without(resource, verb string) *declared {
	return &declared{policies: slices.DeleteFunc(access.Policies(), func(p access.Policy) bool { return p.Resource == resource && p.Verb == verb })}
}

// asAnother stands before the product and answers one address as if somebody else had asked: a handler that skips its scope.
func (p *provinces) asAnother(pattern *regexp.Regexp, login string) *provinces {
	i := slices.IndexFunc(p.people, func(v *visitor) bool { return v.name == login })
	out := *p
	out.h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pattern.MatchString(r.Method + " " + r.URL.Path) {
			r.Header.Set("Authorization", "Bearer "+p.people[i].token)
		}
		p.h.ServeHTTP(w, r)
	})
	return &out
}

// findsFaults plants each fault where the matrix must find it.
func (p *provinces) findsFaults(t *testing.T) {
	p = p.few("anonymous", "own.unit.ceo", "bank.branch", "bank.branch.2", "admin", "dir.expert", "dir.dg", "far.dir.dg")
	for name, c := range map[string]struct {
		in    *provinces
		on    func(string) bool
		words string
	}{
		"a line that is gone":                    {p.declaring(p.declared.without("users", "read")), on("/admin/users"), "GET /admin/users of  by dir.dg: 200, declared \"denied\""},
		"a line that lets less through":          {p.declaring(p.declared.without("claims", "read")), on("/claims/{id}/evidence"), "declared \"hidden\""},
		"a case shown to who asks":               {p.asAnother(regexp.MustCompile(`^GET /cases/[^/]+$`), "dir.dg"), on("/cases/{id}"), "GET /cases/{id} of rival by bank.branch: 200"},
		"a case file made for somebody else":     {p.asAnother(regexp.MustCompile(`^GET /cases/[^/]+/file$`), "dir.dg"), on("/cases/{id}/file"), "of own by bank.branch: bank.branch reads the case own, finance"},
		"a search without a scope":               {p.asAnother(regexp.MustCompile(`^GET /api/v1/cases$`), "dir.dg"), on("/api/v1/cases"), "by bank.branch: bank.branch reads the name of unit rival"},
		"a workbook of another province":         {p.asAnother(regexp.MustCompile(`^GET /cases.xlsx$`), "far.dir.dg"), on("/cases.xlsx"), "reads the name of unit far"},
		"a register export for who may not":      {p.asAnother(regexp.MustCompile(`^GET /api/v1/units.csv$`), "dir.dg"), on("/api/v1/units.csv"), "by admin: 200, declared \"denied\""},
		"a letter opened by its code":            {p.asAnother(regexp.MustCompile(`^GET /letters/`), "dir.dg"), on("/letters/{token}"), "by bank.branch.2: 200"},
		"a write that asks nobody":               {p.asAnother(regexp.MustCompile(`^POST /claims/`), "dir.expert"), on("/claims/{id}"), "POST /claims/{id}"},
		"a denial that tells what is there":      {p.telling(), on("/units/{id}"), "differs from that about nothing"},
		"a route that nobody put in the matrix":  {p.routed(httpkit.Route{Method: http.MethodGet, Pattern: "/cases/{id}/secrets", Policy: "signed-in"}), on("/cases/{id}/secrets"), "is not in the matrix"},
		"a new list behind a line for everybody": {p.routed(httpkit.Route{Method: http.MethodGet, Pattern: "/admin/users", Policy: httpkit.Public}), on("/admin/users"), "declared \"open\""},
	} {
		t.Run(name, func(t *testing.T) {
			control.Finds(t, c.words, c.in.matrix(c.on, &tally{}))
		})
	}
	control.Finds(t, "the log holds the owner's code of unit own", p.silent(p.log.text()+" path=/units?q="+p.wordOf("owner's code of unit own")))
	control.Finds(t, "the log has no requests", p.silent(""))
}

// few is the same with some of the people.
func (p *provinces) few(names ...string) *provinces {
	out := *p
	out.part, out.people = 0, slices.DeleteFunc(slices.Clone(p.people), func(v *visitor) bool { return !slices.Contains(names, v.name) })
	return &out
}

func (p *provinces) wordOf(where string) string {
	for w, b := range p.birds {
		if b.where == where {
			return w
		}
	}
	return ""
}

func (p *provinces) declaring(d *declared) *provinces {
	out := *p
	out.declared = d
	return &out
}

func (p *provinces) routed(rt httpkit.Route) *provinces {
	out := *p
	out.routes = []httpkit.Route{rt}
	return &out
}

// telling says of a thing that is there that it is there.
func (p *provinces) telling() *provinces {
	out := *p
	out.h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.h.ServeHTTP(w, r)
		if !strings.Contains(r.URL.Path, strings.Repeat("7", 13)) {
			_, _ = w.Write([]byte("it is not yours"))
		}
	})
	return &out
}

// A role that the definition lets see one group more than was declared is found by the words.
func TestTheAccessMatrixFindsAWidenedField(t *testing.T) {
	t.Parallel()
	p := newProvinces(t, "", "sees: [identity, request, bank, letters_out]", "sees: [identity, request, bank, letters_out, finance]")
	control.Finds(t, "bank.head reads the case own, finance", p.matrix(on("/api/v1/cases/{id}"), &tally{}))
}

// keepsToItsOwn: what reaches all running cases of the province that is served is not for people of another.
func (p *provinces) keepsToItsOwn(t *testing.T) {
	law := func(login string) func(testing.TB) {
		return func(t testing.TB) {
			b := &browser{t: t, h: p.h}
			want(t, http.StatusSeeOther, b.send(http.MethodPost, "/sign-in", url.Values{"login": {login}, "password": {password}}).Code, "sign in")
			folder := edition(t, `version: "1.0"`, `version: "9.2"`, "\nletters:\n", "\nmigration: {from: [\"9.0\"], groups: {other: pin}}\n\nletters:\n")
			want(t, http.StatusForbidden, b.upload("/admin/procedures", "folder", "referral.zip", zipOf(t, folder)).Code, login+" tries a version")
			day := url.Values{"calendar": {"ir-alborz"}, "date": {"1405/03/05"}, "reason": {"x"}, "source": {"x"}}
			want(t, http.StatusForbidden, b.send(http.MethodPost, "/admin/calendar", day).Code, login+" forecasts a closing")
			day.Set("_do", "confirm")
			want(t, http.StatusForbidden, b.send(http.MethodPost, "/admin/calendar", day).Code, login+" closes a day")
		}
	}
	law("far.dir.deputy")(t)
	control.Finds(t, "dir.deputy tries a version", law("dir.deputy")) // who may is not refused, and closes the day: the last to run
}
