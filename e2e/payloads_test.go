package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// payloads are what people with bad intent type. Each bears a mark at its end, by which it is found again.
func payloads(t testing.TB) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/payloads.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		s, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("line %d of the payloads: %v", i+1, err)
		}
		n := len(out)
		out = append(out, s+fmt.Sprintf(" zq%c%c%cz", 'a'+n/676%26, 'a'+n/26%26, 'a'+n%26))
	}
	if len(out) < 200 {
		t.Fatalf("only %d payloads", len(out))
	}
	return out
}

// siege is somebody who types payloads wherever a page takes a text, and looks what becomes of them.
type siege struct {
	*office
	payloads []string
	room     int                     // how many signs of payloads go into one box; one payload always does
	from     int                     // the payload that a field begins with which nobody typed into before
	next     map[string]int          // and the one that is typed next into the others
	typed    map[string]map[int]bool // the payloads that were typed into a field, by its name
	kept     map[string]bool         // fields whose form was taken
	sent     map[string]bool         // forms that were sent and looked at with what they were to be sent with, by address without ids
	answered map[string]bool         // pages whose forms were sent so
	files    map[string]bool         // fields that are files: their names are not typed, and each sending has one
	pages    int                     // that were looked at
	today    string                  // as people write it here
}

// turn says who types what next.
type turn struct {
	Payloads []string       `json:"payloads"`
	Room     int            `json:"room"`
	From     int            `json:"from"`
	Next     map[string]int `json:"next"`
}

func (s *siege) turn() string { return js(turn{s.payloads, s.room, s.from, s.next}) }

// box is what was typed into a box: so many payloads from one on.
type box struct {
	Name  string `json:"name"`
	First int    `json:"first"`
	N     int    `json:"n"`
	File  bool   `json:"file"` // its name
}

// enter keeps what was typed.
func (s *siege) enter(boxes []box) {
	for _, b := range boxes {
		name := field(b.Name)
		if s.typed[name] == nil {
			s.typed[name] = map[int]bool{}
			s.from = b.First + b.N
		}
		if b.File {
			s.files[name] = true
		}
		for i := range b.N {
			s.typed[name][(b.First+i)%len(s.payloads)] = true
		}
		s.next[name] = b.First + b.N
	}
}

// short says whether a field was typed into with fewer payloads than are asked for.
func (s *siege) short(name string, least int) bool {
	return len(s.typed[name]) < min(least, len(s.payloads))
}

// typing gives a box what is typed into it: the payloads that come next there, as many as it has room for.
const typing = `const typing = t => {
  const boxes = [], field = name => name.replace(/\.\d+\./g, ".");
  const type = name => {
    const known = field(name) in t.next, first = known ? t.next[field(name)] : t.from, n = t.payloads.length;
    const said = [t.payloads[first %% n]];
    while (said.length < n && said.join(" | ").length + 3 + t.payloads[(first + said.length) %% n].length <= t.room) said.push(t.payloads[(first + said.length) %% n]);
    t.next[field(name)] = first + said.length;
    if (!known) t.from = first + said.length;
    boxes.push({name, first, n: said.length});
    return said.join(" | ");
  };
  return {boxes, type};
};`

// form is what was done with a form of a page.
type form struct {
	Action string `json:"action"`
	Boxes  []box  `json:"boxes"`
	Status int    `json:"status"`
	Took   bool   `json:"took"`
}

// fill opens addresses, types payloads into every box for free text of their forms, and chooses for all other questions what
// a person might. It sends the forms as the page would and tells what they were. Names of files bear another mark: they are
// made fit for the folders of all systems.
const fill = "(async (t, pages, file, today) => {" + typing + `
  const out = [];
  for (const page of pages) {
    const got = await fetch(page);
    if (!got.ok) continue;
    const doc = new DOMParser().parseFromString(await got.text(), "text/html");
    for (const form of doc.querySelectorAll("main form[method=post]")) {
      const data = new FormData(form), {boxes, type} = typing(t);
      for (const e of form.elements) {
        if (!e.name) continue;
        const number = ["numeric", "decimal"].includes(e.inputMode), strict = number || e.classList.contains("ltr");
        const box = e.tagName === "TEXTAREA" || e.tagName === "INPUT" && ["text", "search", "tel"].includes(e.type);
        if (box && !strict) {
          data.set(e.name, type(e.name));
        } else if (box && !e.value) {
          data.set(e.name, e.placeholder ? today : e.inputMode === "decimal" ? "30" : number ? "1000000000" : "7");
        } else if (["radio", "checkbox"].includes(e.type) && !data.has(e.name)) {
          data.set(e.name, e.value);
        } else if (e.tagName === "SELECT" && !data.get(e.name)) {
          const some = [...e.options].find(o => o.value);
          if (some) data.set(e.name, some.value);
        } else if (e.type === "file") {
          data.set(e.name, new File([file], type(e.name).replace(/zq(...z)/g, "fq$1") + ".pdf", {type: "application/pdf"}));
          boxes[boxes.length - 1].file = true;
        }
      }
      if (!boxes.length) continue;
      const button = form.querySelector("button.main-act[name]");
      if (button) data.set(button.name, button.value);
      const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams([...data].map(([k, v]) => [k, typeof v === "string" ? v : v.name]));
      const res = await fetch(form.getAttribute("action") || page, {method: "POST", body});
      const next = new URL(res.url).pathname; // of a request, page by page
      if (/\/apply\//.test(next) && !pages.includes(next)) pages.push(next);
      out.push({action: form.getAttribute("action"), boxes, status: res.status, took: res.ok && res.redirected});
    }
  }
  return out;
})(%s, %s, %s, %q)`

// typeInto types into the forms of pages.
func (s *siege) typeInto(p *harness.Page, pages []string) {
	s.t.Helper()
	for _, f := range harness.Eval[[]form](p, fmt.Sprintf(fill, s.turn(), js(pages), js(onePage), s.today)) {
		s.enter(f.Boxes)
		for _, b := range f.Boxes {
			s.kept[field(b.Name)] = s.kept[field(b.Name)] || f.Took
		}
		if f.Status >= http.StatusInternalServerError {
			s.t.Errorf("%s answers %d to %v", f.Action, f.Status, f.Boxes)
		}
	}
}

// js is a value as JavaScript has it.
func js(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

var rowOf = regexp.MustCompile(`\.\d+\.`)

// field is a field's name without the number of its row.
func field(name string) string { return rowOf.ReplaceAllString(name, ".") }

var ids = regexp.MustCompile(`/[0-9A-Z]{26}|/[0-9a-f]{64}|/sample-[^/]+|/[A-Za-z0-9_-]{20,}`)

// prepare opens an address, and puts the first of its forms that takes texts and is of no sort that was sent before into the
// page that is open, with payloads in every box, boxes for numbers too. Where it is to stay, an act says that it saw the case as it
// was first: the answer says what changed since, gives what was typed back, and the case does not go on without the form.
const prepare = "(async (t, at, sent, ids, stays) => {" + typing + `
  const got = await fetch(at);
  if (!got.ok) return {};
  const doc = new DOMParser().parseFromString(await got.text(), "text/html");
  for (const form of doc.querySelectorAll("main form[method=post]")) {
    const boxes = [...form.elements].filter(e => e.name && ["text", "search", "tel", "textarea"].includes(e.type));
    const action = form.getAttribute("action") || at, kind = action.replace(new RegExp(ids, "g"), "/·");
    if (!boxes.length || sent[kind]) continue;
    const typed = typing(t);
    boxes.forEach(e => e.value = typed.type(e.name));
    if (stays && form.elements.version) form.elements.version.value = "1";
    form.setAttribute("id", "prepared");
    form.setAttribute("action", action);
    document.body.append(document.adoptNode(form));
    return {action, kind, boxes: typed.boxes};
  }
  return {};
})(%s, %q, %s, %s, %t)`

// prepared is the form that prepare put into the page.
type prepared struct {
	Action string `json:"action"`
	Kind   string `json:"kind"`
	Boxes  []box  `json:"boxes"`
}

// reflect sends each sort of form of an address with payloads in every box, until each box had so many of them, and looks at the pages
// that answer.
func (s *siege) reflect(p *harness.Page, who, at string, least int) {
	s.t.Helper()
	for {
		f := harness.Eval[prepared](p, fmt.Sprintf(prepare, s.turn(), at, js(s.sent), js(ids.String()), least > 1))
		if len(f.Boxes) == 0 {
			return
		}
		s.enter(f.Boxes)
		s.sent[f.Kind] = !slices.ContainsFunc(f.Boxes, func(b box) bool { return s.short(field(b.Name), least) })
		if status := p.Submit(`document.getElementById("prepared")`); status >= http.StatusInternalServerError {
			s.t.Errorf("%s answers %d to %s", f.Action, status, who)
		}
		s.look(p, who+" at the answer of "+f.Action)
	}
}

// looked finds texts that are not what was typed, marks of direction outside the boxes in which somebody goes on typing, and
// typed texts on an English page that could turn the words beside them.
const looked = `((payloads) => {
  const drop = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;
  // Letters write figures in Persian.
  const norm = s => s.normalize("NFC").replace(drop, "").replaceAll("\u060c", ",").replace(/[\u06f0-\u06f9]/g, d => d.charCodeAt(0) - 0x6f0);
  const said = [];
  const texts = [document.body.textContent, document.title, ...[...document.querySelectorAll("input, textarea")].map(e => e.value),
    ...[...document.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap(e => [e.ariaLabel, e.title, e.placeholder])];
  const walkAll = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let n; n = walkAll.nextNode();) {
    const text = n.data, turn = text.match(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/);
    if (turn && n.parentElement.tagName !== "TEXTAREA") said.push("a mark of direction U+" + turn[0].codePointAt(0).toString(16) + " in " + JSON.stringify(text.slice(Math.max(0, turn.index - 40), turn.index + 20)));
  }
  for (const text of texts) {
    if (!text) continue;
    const n = norm(text);
    for (const m of n.matchAll(/zq([a-z])([a-z])([a-z])z/g)) {
      const [a, b, c] = [m[1], m[2], m[3]].map(x => x.charCodeAt(0) - 97), p = payloads[676 * a + 26 * b + c];
      if (!p) continue;
      seen.add(676 * a + 26 * b + c);
      const typed = norm(p).slice(0, -6);
      if (/^[\x20-\x7e]*$/.test(p) && !n.slice(0, m.index).endsWith(typed)) said.push("not what was typed: " + JSON.stringify(p) + " is " + JSON.stringify(n.slice(Math.max(0, m.index - typed.length), m.index)));
    }
  }
  if (document.documentElement.dir === "ltr") {
    const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    for (let n; n = walk.nextNode();) {
      if (!/zq[a-z]{3}z/.test(n.data) || !/[\u0590-\u08ff]/.test(n.data)) continue;
      let e = n.parentElement;
      const apart = e => ["isolate", "isolate-override", "plaintext"].includes(getComputedStyle(e).unicodeBidi);
      while (!apart(e) && getComputedStyle(e).display === "inline") e = e.parentElement;
      if (!apart(e) && e.tagName !== "TEXTAREA" && norm(e.textContent) !== norm(n.data)) said.push("not apart from its neighbours: " + JSON.stringify(n.data) + " in " + e.tagName + "." + e.className);
    }
  }
  return {said: [...new Set(said)], seen: [...seen]};
})`

// sight is what was found on a page.
type sight struct {
	Said []string `json:"said"`
	Seen []int    `json:"seen"`
}

// look is the law of a page that shows what people typed.
func (s *siege) look(p *harness.Page, where string) []int {
	s.t.Helper()
	got := harness.Eval[sight](p, "(() => { const seen = new Set(); return "+looked+"("+js(s.payloads)+"); })()")
	s.pages++
	for _, said := range got.Said {
		s.t.Errorf("%s: %s", where, said)
	}
	return got.Seen
}

// besiegers are who types, and from which pages on: those that list what the rest of the pages hang on.
var besiegers = map[string][]string{
	"unit.ceo":     {"/unit", "/claims", "/views?ask=v%3Dopen", "/search", "/account"},
	firm:           {"/claims"},
	"dir.expert":   {"/units/import", "/referrals/import", "/units", "/views?ask=v%3Dopen", "/claims/waiting"},
	"dir.head":     {"/leave", "/assign", "/views?ask=v%3Dopen"},
	"dir.deputy":   {"/admin/delegation", "/admin/calendar"},
	"dir.dg":       {"/picture", "/audit", "/admin/personal"},
	"dir.registry": {"/claims/waiting"},
	"bank.branch":  {"/desk"},
	"bank.head":    {"/obligations"},
	"bank.council": {"/sessions"},
	"council.sec":  {"/desk"},
	"assoc.chair":  {"/obligations"},
	"admin":        {"/admin/users", "/admin/users/new"},
}

// reachable opens a request of each sort that a person may open. It gives the cases that they see on the first pages of lists, or those
// that are known, the first few of each sort of forms of acts and requests, and of letters, notices and printed files, and near, the
// cases of these forms and of one more of each sort.
const reachable = `(async (most, known) => {
  const links = async (page, start, pages = 1) => {
    const got = await fetch(page);
    if (!got.ok) return [];
    const doc = new DOMParser().parseFromString(await got.text(), "text/html"), next = doc.querySelector("main a[rel=next]");
    const found = [...doc.querySelectorAll("main a")].map(a => a.getAttribute("href") || "").filter(h => h.startsWith(start) && !/[?#.]/.test(h));
    return [...new Set(next && pages > 1 ? found.concat(await links(next.getAttribute("href"), start, pages - 1)) : found)];
  };
  const start = new DOMParser().parseFromString(await (await fetch("/apply")).text(), "text/html");
  const cases = new Set(), near = new Set(), kinds = {}, forms = [], papers = [];
  const few = (kind, most) => (kinds[kind] = (kinds[kind] || 0) + 1) <= most;
  for (const form of start.querySelectorAll('main form[action^="/apply/"]')) {
    const opened = await fetch(form.getAttribute("action"), {method: "POST", body: new URLSearchParams([...new FormData(form)])});
    if (opened.redirected) cases.add(new URL(opened.url).pathname.split("/").slice(0, 3).join("/"));
  }
  for (const c of known) cases.add(c);
  if (!known.length)
    for (const list of ["/desk", "/cases?v=all", "/obligations", "/sessions"])
      for (const c of await links(list, "/cases/", 4)) cases.add(c.split("/").slice(0, 3).join("/"));
  for (const c of cases) {
    const here = await links(c, "/");
    if (here.includes(c + "/apply")) here.push(...await links(c + "/apply", c + "/apply/"));
    for (const f of here) {
      const kind = f.split("/").slice(3).join("/");
      if (/^\/cases\/[^/]+\/(act|apply)\//.test(f)) {
        if (!few(kind, most + 1)) continue;
        near.add(c);
        if (kinds[kind] <= most) forms.push(f);
      } else if (f.startsWith("/letters/")) few("letter", most) && papers.push(f);
      else if (f.includes("/notices/")) few("notice", most) && papers.push(f);
      else if (f.endsWith("/file")) few("file", most) && papers.push(f);
    }
  }
  return {cases: [...cases], near: [...near], forms, papers};
})(%d, %s)`

// reached is what reachable found.
type reached struct {
	Cases  []string `json:"cases"`
	Near   []string `json:"near"`
	Forms  []string `json:"forms"`
	Papers []string `json:"papers"`
}

// attack types as one person, wherever a form takes a text, and gives the pages that show it.
func (s *siege) attack(p *harness.Page, login string, most, least int) []string {
	s.t.Helper()
	p.Open("/desk")
	to := harness.Eval[reached](p, fmt.Sprintf(reachable, most, "[]"))
	var cases []string
	for _, f := range to.Forms {
		if c := strings.Join(strings.Split(f, "/")[:3], "/"); !slices.Contains(cases, c) {
			cases = append(cases, c)
		}
	}
	for _, c := range to.Cases {
		if len(cases) < most && !slices.Contains(cases, c) {
			cases = append(cases, c)
		}
	}
	open := append(slices.Clone(besiegers[login]), cases...)
	for _, at := range slices.Concat(to.Forms, open) {
		if kind := ids.ReplaceAllString(at, "/·"); !s.answered[kind] {
			s.answered[kind] = least <= 1
			s.reflect(p, login, at, least)
		}
	}
	p.Open("/desk")
	more := harness.Eval[reached](p, fmt.Sprintf(reachable, most+1, js(to.Near))).Forms // some of what was answered has moved its case
	more = slices.DeleteFunc(more, func(f string) bool { return slices.Contains(to.Forms, f) })
	slices.Reverse(more) // of two forms of a case the first may take the second away, of another case the other way round
	if least > 1 {
		for _, at := range more {
			s.reflect(p, login, at, least)
		}
	}
	to.Forms = append(to.Forms, more...)
	s.typeInto(p, slices.Concat(to.Forms, open))
	return slices.Concat(open[:min(len(open), len(besiegers[login])+2*most)], to.Papers, []string{"/desk", "/cases?v=all"})
}

// quiet wants nothing of the browser but the refusals that were asked for.
func (s *siege) quiet(p *harness.Page, who string) {
	s.t.Helper()
	for _, problem := range p.Problems() {
		if !strings.Contains(problem, "the server responded with a status of 4") {
			s.t.Errorf("%s: %s", who, problem)
		}
	}
}

// What people type into any field stays text on every page that shows it: nothing runs, nothing is asked of another host,
// the browser refuses nothing, it reads as it was typed, and it turns no word beside it.
func TestWhatPeopleTypeStaysText(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, demoArgs(sample(t))...)
	s := &siege{office: officeAt(t, server.URL), payloads: payloads(t), next: map[string]int{}, typed: map[string]map[int]bool{}, kept: map[string]bool{}, files: map[string]bool{}, sent: map[string]bool{}, answered: map[string]bool{}, today: daysAgo(t, 0)}
	soak := os.Getenv("RAHGOSHA_SOAK") != ""
	rounds, most, least := 1, 1, 1
	if soak {
		rounds, most, least = 4, 6, 200
		s.room = 180 // what the shortest texts of a sentence take
	}
	shown, used := map[int]bool{}, map[int]bool{}
	for round := range rounds {
		for _, login := range slices.Sorted(maps.Keys(besiegers)) {
			p := s.as(login)
			p.Canary()
			for i, at := range s.attack(p, login, most, least) {
				langs := []string{"fa", "en"}
				if !soak {
					langs = langs[i%2:][:1]
				}
				for _, seen := range s.show(p, login, at, langs) {
					shown[seen] = true
				}
			}
			s.quiet(p, login)
			if soak { // it takes long
				t.Logf("round %d of %d, %s: %d pages, %d sorts of forms answered, %d fields typed into", round+1, rounds, login, s.pages, len(s.sent), len(s.typed))
			}
		}
		s.asked(round)
	}
	var few []string
	for name, typed := range s.typed {
		maps.Copy(used, typed)
		if s.short(name, least) && !s.files[name] {
			few = append(few, fmt.Sprintf("%s (%d)", name, len(typed)))
		}
	}
	maps.DeleteFunc(s.kept, func(_ string, kept bool) bool { return !kept })
	t.Logf("%d payloads typed into %d fields, %d of them names of files, of which %d were taken; %d payloads met again on %d pages; %d sorts of forms answered", len(used), len(s.typed), len(s.files), len(s.kept), len(shown), s.pages, len(s.sent))
	if len(few) > 0 {
		slices.Sort(few)
		t.Errorf("fewer than %d payloads were typed into %s", least, strings.Join(few, ", "))
	}
	for _, name := range questions(t) {
		if len(s.typed[name]) == 0 && !unasked[name] {
			t.Errorf("%s is a text that people type, and nobody typed into it: let a besieger reach its form", name)
		}
	}
	if len(used) < 200 || len(shown) < 50 {
		t.Errorf("only %d payloads were typed, and %d met again", len(used), len(shown))
	}
}

// unasked are texts whose forms stand behind states that nothing in the sample province is in; their boxes are made and shown
// as those of the others are.
var unasked = map[string]bool{
	"answers": true, "final_text": true, // of a consultation that associations have answered
	"bank_defects": true, "bank_said": true, "behinyab_code": true, "defects": true, "inquiry_answer": true, "referral_no": true, "settled_why": true, "visit_report": true,
	"minutes":       true,                                          // of a session under way
	"second_choice": true,                                          // on the second page of a request, which opens once the first is in order
	"verdict":       true,                                          // of the disciplinary body
	"contract_no":   true, "customs": true, "declaration_no": true, // of an accelerator's contract and shipment
	"rule_title": true, "settle_way": true, // of the one case in settlement, which another form of its page moves on first
	"inquiry_text": true, "inquiry_to": true, "opinion": true, "minutes_no": true, "resolution_no": true, "finding": true, // of forms that stand beside others, of which the first that is taken moves the case
	"appeal_text": true, "repeat_declaration": true, "plan": true, // of units that none of those who attack speaks for
}

// questions are the texts that procedures ask people for.
func questions(t testing.TB) (out []string) {
	t.Helper()
	asked := regexp.MustCompile(`(?m)^  ([a-z_]+): \{type: text, .*source: (?:asked|body)`)
	files, err := filepath.Glob("../procedures/*/procedure.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no procedures: %v", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(raw), -1) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// show opens a page in languages and looks at it.
func (s *siege) show(p *harness.Page, login, at string, langs []string) (seen []int) {
	s.t.Helper()
	for _, lang := range langs {
		p.SetCookies(map[string]string{"lang": lang})
		if p.Open(at) != http.StatusOK {
			continue
		}
		seen = append(seen, s.look(p, login+" at "+at+" in "+lang)...)
	}
	p.SetCookies(map[string]string{"lang": "fa"})
	return seen
}

// asked puts payloads into the parameters of addresses.
func (s *siege) asked(round int) {
	s.t.Helper()
	p := s.as("dir.expert")
	p.Canary()
	for i, at := range []string{"/search", "/cases", "/verify", "/units", "/views", "/desk", "/sign-in", "/report", "/obligations", "/step-up", "/no-such-page"} {
		q := url.Values{}
		for j, name := range []string{"q", "next", "back", "ask", "said", "v", "county", "stage", "sort", "of", "n", "day", "after", "from", "kind", "procedure", "year", "unit", "lang", "theme", "x"} {
			q.Set(name, s.payloads[(round*31+i*21+j)%len(s.payloads)])
		}
		if status := p.Open(at + "?" + q.Encode()); status >= http.StatusInternalServerError {
			s.t.Errorf("%s answers %d", at, status)
		}
		s.look(p, "asking "+at)
	}
	s.quiet(p, "asking")
}

// A page that writes what was typed as it was typed is found out: with the policy the browser refuses it, and without the
// policy it runs.
func TestASiegeFindsAPageThatDoesNotEscape(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, policy := range []bool{true, false} {
		front := httptest.NewServer(unescaping(t, o.url, policy))
		t.Cleanup(front.Close)
		p := o.browser.Page(t, front.URL)
		p.Canary()
		found := ""
		for _, payload := range payloads(t) {
			if strings.HasPrefix(payload, `">`) {
				p.Open("/verify?lang=en&q=" + url.QueryEscape(payload))
				found = strings.Join(p.Problems(), "\n")
			}
		}
		want := map[bool]string{true: "the policy refused script-src", false: "xss() was called"}[policy]
		if !strings.Contains(found, want) {
			t.Errorf("with the policy %t nothing said %q: %s", policy, want, found)
		}
		if !policy && !strings.Contains(found, "a request went outside") {
			t.Errorf("a request to another host was not seen: %s", found)
		}
	}
}

// unescaping stands before the product and takes its escaping away, and its policy too if asked.
func unescaping(t *testing.T, to string, policy bool) http.Handler {
	t.Helper()
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(at)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(res *http.Response) error {
			if !policy {
				res.Header.Del("Content-Security-Policy")
			}
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				return nil
			}
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			raw = []byte(html.UnescapeString(string(raw)))
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			res.Header.Set("Content-Length", strconv.Itoa(len(raw)))
			return nil
		},
	}
}
