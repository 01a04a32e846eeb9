package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

// absent are pages that answer 404 and are pages all the same.
const (
	missingPage   = "/no-such-page"
	missingLetter = "/verify?q=nothing"
)

// everyPage are the pages by who opens them: each template in a state that people really meet. A path that begins with =
// is a selector on the page before it, whose first link is followed.
var everyPage = map[string][]string{
	"": {"/", "/report", "/procedures", "/procedures/referral", "/verify", missingLetter, "/about", "/help", "/help/unit", "/sign-in", "/register", missingPage},
	"unit.ceo": {
		"/desk", "/search", "/inbox", "/views", "/apply", "/unit", "/account", "/step-up", "/switch", "/cases", "/claims", `/claims =main a[href^="/claims/"]`,
		`/unit =main a[href^="/trade/units/"]`, `/unit =main a[href^="/trade/units/"] =main a.row-link[href*="/HS"]`, `/unit =main a[href^="/trade/units/"] =main a[href$="/compass"]`,
		`/cases =main a[href^="/cases/"]`, "/trade/choose",
	},
	"dir.expert":   {"/desk", "/inbox", "/search?q=%D8%B1%D9%88", "/search?q=%D9%87%DB%8C%DA%86", "/cases", "/units", "/units/import", "/units/reviews", "/referrals/import", "/referrals/reviews", "/claims/waiting", `/claims/waiting =main a[href^="/claims/"]`, `/units =main a.row-link[href^="/units/"]`, `/desk =main a[href^="/cases/"]`, `/desk =main a[href^="/cases/"] =main a[href*="/act/"]`, `/desk =main a[href^="/cases/"] =main a[href$="/file"]`},
	"dir.deputy":   {"/admin/delegation", "/admin/calendar", "/admin/procedures", `/desk =main a[href^="/cases/"]`, `/desk =main a[href^="/cases/"] =main a[href*="/act/"]`},
	"bank.council": {"/sessions"},
	"bank.branch":  {"/desk", `/desk =main a[href^="/cases/"]`},
	"assoc.chair":  {`/obligations =main a.row-link`, `/obligations =main a.row-link =main a[href*="/act/opine"]`},
	"bank.head":    {"/obligations", `/obligations =main a.row-link`, `/obligations =main a.row-link =main a[href*="/act/fulfil"]`},
	"dir.dg":       {"/trade/portfolio?figure=shipped", "/picture", "/picture?print=1", "/admin/personal", "/admin/personal?person=sample-unit.ceo", `/obligations =main a.row-link =main a[href*="/act/reject"]`},
	"dir.head":     {"/trade/choose", "/views?ask=v%3Dopen", "/assign", "/leave", "/trade", "/trade?who=province&whole=1&reading=strength", "/trade/sources", "/trade/markets", "/trade/markets?product=5702&market=TUR&sort=imports&only=unblocked", "/trade/flags?product=5702", "/trade/landed?product=5702&market=TUR&unit=kg&ex_works=3000000&packing=200000&inland=300000&rate=700000&rate_day=1404/01/05&freight=0.8&insurance=0.2&costs=0.4&margin=20&least=10", "/trade/space", "/trade/services?year=1404", "/trade/services/work", "/trade/services/figures", "/trade/services/register", `/trade/services/register =main a.row-link[href^="/trade/services/contracts/"]`, "/trade/services/enter/contract"},
	"auditor":      {"/audit", "/desk"},
	"admin":        {"/desk", "/admin/users", "/admin/users/new", `/admin/users =main a[href^="/admin/users/sample-"]`},
}

// TestEveryPage holds each page of the route table to axe at both widths, in Persian light and dark, and in English,
// without a sideways scroll at 320 px and without a complaint of the browser: nothing inline, nothing from outside. It has
// a province of its own, so that nobody else moves the cases it looks at.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	url, seen := harness.Start(t, append(demoArgs(sample(t)), "--long-export", "1")...).URL, &visits{}
	at := func(t *testing.T) *office {
		o := officeAt(t, url)
		o.visited = seen
		return o
	}
	t.Run("listed", func(t *testing.T) {
		for login, paths := range everyPage {
			t.Run(cmp.Or(login, "nobody"), func(t *testing.T) {
				t.Parallel()
				o := at(t)
				p := o.guest()
				if login != "" {
					p = o.as(login)
				}
				for _, path := range paths {
					o.clean(p, login, path)
				}
			})
		}
	})
	t.Run("planted", func(t *testing.T) {
		p := at(t).guest()
		p.Open("/")
		const said = "leaves: \u0645\u062f\u06cc\u0631\u06cc\u062a" // a word of a table's that nobody translated
		harness.Eval[bool](p, fmt.Sprintf(`(() => { document.querySelector("main").append(%q); return true; })()`, said))
		if got := harness.Eval[string](p, latinWords); got != said {
			t.Errorf("English wording on a Persian page is not found: %q", got)
		}
		if got := misfits(p, "fa"); len(got) > 0 {
			t.Errorf("the home page %v", got)
		}
		p.View(harness.Desk, "light")
		harness.Eval[bool](p, `(() => { const wide = document.createElement("div"); wide.style.width = "400px"; wide.textContent = "."; document.querySelector("main").append(wide); return true; })()`)
		if got := misfits(p, "en"); !slices.Equal(got, []string{"is measured in fa", "scrolls sideways by 26 px at 390 px", "scrolls sideways by 96 px at 320 px"}) {
			t.Errorf("of a Persian page with something 400 px wide, taken for English, is said: %q", got)
		}
	})
	at(t).gather()
	at(t).enact()
	for _, route := range seen.without(routeTable(t)) {
		t.Errorf("%s is in the route table, and no test looks at its page", route)
	}
}

// gather holds the page of a long list for Excel to the same, in each language of a run of its own: what was gathered is
// given once, and the page ends with it. The link is followed as a person follows it, to the page and not to a file of it.
func (o *office) gather() {
	const login = "dir.expert"
	for _, lang := range []string{"fa", "en"} {
		p := o.as(login)
		p.SetCookies(map[string]string{"lang": lang})
		at, refresh := "", "404"
		for try := 0; refresh == "404" && try < 5; try++ { // a slow page had asked again by itself, and got the sheet
			if !o.reach(p, `/cases =main a[href^="/cases.xlsx"]`) {
				o.t.Fatalf("%s finds no way to a long list for Excel", login)
			}
			at, refresh = p.Path(), "2"
			p.Open("/desk") // a page that asks again by itself would go from under axe
			for refresh == "2" {
				time.Sleep(100 * time.Millisecond)
				refresh = harness.Eval[string](p, fmt.Sprintf(`fetch(%q).then(r => r.headers.get("Refresh") || String(r.status))`, at))
			}
		}
		if !strings.HasPrefix(refresh, "0;") {
			o.t.Fatalf("%s is answered %s before the sheet was gathered", at, refresh)
		}
		p.Open(at)
		o.visited.add(at)
		for _, v := range p.AxeEveryView() {
			o.t.Errorf("%s at %s in %s, %s", login, at, lang, v)
		}
		o.fits(p, login, at, lang)
	}
}

func (o *office) clean(p *harness.Page, login, path string) {
	o.t.Helper()
	if !o.reach(p, path) {
		o.t.Errorf("%s finds no way to %s", login, path)
		return
	}
	at := p.Path()
	o.visited.add(at)
	for _, v := range p.AxeEveryView() {
		o.t.Errorf("%s at %s, %s", login, at, v)
	}
	o.fits(p, login, at, "fa") // before English, from the phone on, where axe ends: each view costs a layout
	if latin := harness.Eval[string](p, latinWords); latin != "" {
		o.t.Errorf("%s at %s in Persian keeps English wording: %s", login, at, latin)
	}
	o.english(p, login, at)
	for _, problem := range p.Problems() {
		if !strings.Contains(problem, "status of 404") { // asked for: no such page, no such letter
			o.t.Errorf("%s at %s: %s", login, at, problem)
		}
	}
}

// latinWords are words in Latin letters that a Persian page says as if they were its own: in no code, name or quotation.
const latinWords = `(() => {
	const out = [], texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const n = texts.currentNode;
		if (/[A-Za-z]{3}/.test(n.data) && !n.parentElement.closest("bdi, code, pre, kbd, svg, script, textarea, .code, [dir=ltr], [lang=en]")) out.push(n.data.trim());
	}
	return out.join(" / ");
})()`

// fits finds nothing on a phone that is wider than the page in a language, and no stage of a case printed over who has its turn,
// however long both are.
func (o *office) fits(p *harness.Page, login, at, lang string) {
	o.t.Helper()
	for _, is := range misfits(p, lang) {
		o.t.Errorf("%s at %s in %s %s", login, at, lang, is)
	}
}

func misfits(p *harness.Page, lang string) (out []string) {
	if got := harness.Eval[string](p, "document.documentElement.lang"); got != lang {
		out = append(out, "is measured in "+got)
	}
	for _, width := range []int64{harness.Phone, 320} {
		p.View(width, "light")
		if n := p.SidewaysScroll(); n > 0 {
			out = append(out, fmt.Sprintf("scrolls sideways by %d px at %d px", n, width))
		}
		if over := stageOverHolder(p); over != "" {
			out = append(out, fmt.Sprintf("prints the stage over the holder at %d px: %s", width, over))
		}
	}
	return out
}

func stageOverHolder(p *harness.Page) string {
	return harness.Eval[string](p, `[...document.querySelectorAll(".as-cards tr")].filter(r => {
		const [a, b] = [".c-stage .pill", ".c-who .who"].map(css => r.querySelector(css)?.getBoundingClientRect());
		return a && b && Math.min(a.right, b.right) > Math.max(a.left, b.left) && Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top);
	}).map(r => r.innerText).join(" / ")`)
}

// english holds the same page to axe in English, left to right, and finds no key of the interface left bare on it.
func (o *office) english(p *harness.Page, login, at string) {
	o.t.Helper()
	p.SetCookies(map[string]string{"lang": "en"})
	defer p.SetCookies(map[string]string{"lang": "fa"})
	p.Open(at)
	o.fits(p, login, at, "en")
	for _, v := range p.AxeOtherLanguage() {
		o.t.Errorf("%s at %s in English, %s", login, at, v)
	}
	p.View(harness.Desk, "light")
	if got := harness.Eval[string](p, "document.documentElement.lang + ' ' + document.documentElement.dir"); got != "en ltr" {
		o.t.Errorf("%s at %s in English is %q, not left to right", login, at, got)
	}
	if bare := harness.Eval[string](p, `(document.body.innerText.match(/\b(web|desk|fault|casework)\.[a-z_]+(\.[a-z_]+)*\b/g) || []).join(" ")`); bare != "" {
		o.t.Errorf("%s at %s in English shows bare keys: %s", login, at, bare)
	}
	if fa := harness.Eval[string](p, `[...document.querySelectorAll("main button, main legend, main thead th")].map(e => [...e.querySelectorAll("bdi")].reduce((s, b) => s.replace(b.innerText, ""), e.innerText)).filter(s => /[\u0600-\u06ff]{3}/.test(s)).join(" / ")`); fa != "" {
		o.t.Errorf("%s at %s in English keeps Persian wording: %s", login, at, fa)
	}
}

// reach opens a path and follows its links.
func (o *office) reach(p *harness.Page, path string) bool {
	o.t.Helper()
	steps := splitSteps(path)
	if s := p.Open(steps[0]); s != http.StatusOK && steps[0] != missingPage && steps[0] != missingLetter {
		return false
	}
	for _, css := range steps[1:] {
		if p.Count(css) == 0 {
			return false
		}
		if p.Follow(css) != http.StatusOK {
			return false
		}
	}
	return true
}

func splitSteps(path string) []string {
	var out []string
	start := 0
	for i := 1; i < len(path); i++ {
		if path[i] == '=' && path[i-1] == ' ' {
			out = append(out, path[start:i-1])
			start = i + 1
		}
	}
	return append(out, path[start:])
}
