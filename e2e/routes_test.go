package e2e

import (
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"rahgosha/e2e/harness"
)

// notPages are what can be opened and is no page: nobody looks at them in a browser's window.
var notPages = []string{
	"/cases.xlsx", "/exports/{run}/sheet", "/cases/{id}/container.zip", "/cases/{id}/file.pdf", "/cases/{id}/files/{hash}", "/claims/{id}/evidence", "/referrals/import/{run}/rejects", "/units/import/{run}/rejects", // files
	"/echo/amount",                                         // a part of a page
	"/sign-in/back/{provider}", "/sign-in/with/{provider}", // where there is a provider: TestStaffSignInAtTheirBodyInABrowser
	"/cases/news", "/cases/{id}/news", "/inbox/news", "/obligations/news", "/manifest.webmanifest", "/robots.txt", "/static/", // read by programs
}

// routeTable is the product's own, as its tests hold it.
func routeTable(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../internal/surface/web/testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))
}

// visits are the addresses of pages that were held to axe.
type visits struct {
	mu    sync.Mutex
	paths []string
}

func (v *visits) add(address string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.paths = append(v.paths, address)
}

// without gives the routes of a table whose page nobody visited. The standard router says which route an address is of.
func (v *visits) without(table []string) []string {
	mux, seen := http.NewServeMux(), map[string]bool{}
	for _, pattern := range table {
		mux.Handle("GET "+pattern, http.NotFoundHandler())
	}
	for _, address := range v.paths {
		at, err := url.Parse(address)
		if err != nil {
			continue
		}
		_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: at})
		seen[strings.TrimPrefix(pattern, "GET ")] = true
	}
	return slices.DeleteFunc(slices.Clone(table), func(p string) bool { return seen[p] || slices.Contains(notPages, p) })
}

// A page that nobody visits is found, whether its route is of its own or hides behind a parameter of another.
func TestAPageThatNobodyVisitsIsFound(t *testing.T) {
	t.Parallel()
	v := visits{paths: []string{"/", "/units/u1?saved=1"}}
	table := []string{"/{$}", "/units/{id}", "/units/new", "/units/{id}/history", "/static/"}
	if got := v.without(table); !slices.Equal(got, []string{"/units/new", "/units/{id}/history"}) {
		t.Errorf("found unvisited: %v", got)
	}
	v.paths = append(v.paths, "/units/new", "/units/u1/history")
	if got := v.without(table); len(got) > 0 {
		t.Errorf("visited, and yet found: %v", got)
	}
}

// enact visits the pages that a list of addresses cannot reach: those of something under way.
func (o *office) enact() {
	o.t.Helper()
	unit := o.as(firm)
	base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
	for _, page := range []string{"/check", "/apply", "/apply/request", "/apply/documents"} {
		o.clean(unit, firm, base+page)
	}
	unit.Open(base + "/check")
	o.submit(unit)
	o.clean(unit, firm, base+"/receipt")

	expert := o.as("dir.expert")
	o.given(expert, "/units/import", "نام واحد,شناسه ملی,شهرستان,تعداد کارکنان,یادداشت\nریسندگی آزمون صفحه,99238044819,کرج,5,x\nریسندگی آزمون صفحه,99238044819,کرج,9,y\n")
	o.clean(expert, "dir.expert", expert.Path())
	o.given(expert, "/referrals/import", "نام واحد,شناسه ملی,شماره نامه,مبلغ (میلیون تومان),وضعیت\nریسندگی آزمون صفحه,99238044819,78/م,500,معرفی شده\nریسندگی آزمون صفحه,99238044819,78/م,500,پرداخت شد\n")
	o.clean(expert, "dir.expert", expert.Path())
	for _, list := range []string{"/units/reviews", "/referrals/reviews"} {
		o.clean(expert, "dir.expert", list+" =main tbody a")
	}
	expert.Open("/units")
	first := harness.Eval[string](expert, `document.querySelector('main a.row-link[href^="/units/"]').getAttribute("href")`)
	o.clean(o.as("dir.registry"), "dir.registry", "/counter/"+strings.TrimPrefix(first, "/units/"))
	o.letterPages()
	o.noticePage()

	deputy := o.as("dir.deputy")
	if s := sent(deputy, editionZip(o.t, `version: "1.0"`, `version: "1.9"`, "\nstages:\n", "\nmigration: {from: [\"1.0\"], groups: {other: pin}}\n\nstages:\n")); s != http.StatusOK {
		o.t.Fatalf("a proved version: status %d: %s", s, deputy.Text("main"))
	}
	o.clean(deputy, "dir.deputy", deputy.Path())
}

// noticePage visits the notice of a decision that no letter tells of.
func (o *office) noticePage() {
	o.t.Helper()
	p := o.as("dir.deputy")
	for _, c := range links(p, "/cases?v=closed", "/cases/") {
		if p.Open(c); p.Count(`main a[href*="/notices/"]`) > 0 {
			p.Follow(`main a[href*="/notices/"]`)
			o.clean(p, "dir.deputy", p.Path())
			return
		}
	}
	o.t.Error("no closed case has a notice")
}

// links are the addresses on a page that begin with a path, each once.
func links(p *harness.Page, page, path string) []string {
	p.Open(page)
	return harness.Eval[[]string](p, `[...new Set([...document.querySelectorAll('main a[href^="`+path+`"]')].map(a => a.getAttribute("href")))]`)
}

// letterPages visits a letter as its branch reads it, and as the public verifies it.
func (o *office) letterPages() {
	o.t.Helper()
	bank := o.as("bank.branch")
	cases := links(bank, "/cases", "/cases/")
	for _, c := range cases {
		bank.Open(c)
		if bank.Count(`main a[href^="/letters/"]`) == 0 {
			continue
		}
		bank.Follow(`main a[href^="/letters/"]`)
		number := bank.Text("article.letter header .code")
		o.clean(bank, "bank.branch", bank.Path())
		o.clean(o.guest(), "nobody", "/verify?q="+url.QueryEscape(number))
		return
	}
	o.t.Errorf("of %d cases none shows its branch a letter", len(cases))
}
