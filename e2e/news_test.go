package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

// shown says whether a page tells its reader that the case has changed.
func shown(p *harness.Page) bool {
	return harness.Eval[bool](p, `[...document.querySelectorAll("[data-news] > :not([hidden])")].length > 0`)
}

// TestReadersHearOfAChange has a unit read its case while the expert takes its documents, on a phone and on a desk: the page says so
// by itself, moves nothing, and shows the case as it stands once its reader asks for it. Before, it says nothing.
func TestReadersHearOfAChange(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int64{"phone": harness.Phone, "desk": harness.Desk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			unit, expert := o.as(firm), o.as("dir.expert")
			unit.View(width, "light")
			base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
			if s := unit.Follow("main form .main-act"); s != http.StatusOK {
				t.Fatalf("submit: %d", s)
			}
			unit.Open(base)
			time.Sleep(3 * time.Second) // longer than a node takes to ask
			if shown(unit) {
				t.Error("a case that nobody changed is said to have changed")
			}
			o.act(expert, base, "accept_documents", nil)
			awaitNews(t, unit)
			if n := unit.SidewaysScroll(); n != 0 {
				t.Errorf("the page scrolls %d px sideways", n)
			}
			if v := unit.Axe(); len(v) > 0 {
				t.Error(v)
			}
			if dir := os.Getenv("RAHGOSHA_NEWS_SHOTS"); dir != "" {
				unit.Shot(filepath.Join(dir, name+".png"))
			}
			if s := unit.Follow("[data-news] a"); s != http.StatusOK || shown(unit) {
				t.Errorf("the case as it stands now is answered %d", s)
			}
			o.calm(unit, expert)
		})
	}
}

// awaitNews waits until a page says by itself that what it shows has changed.
func awaitNews(t *testing.T, p *harness.Page) {
	t.Helper()
	for range 150 {
		if shown(p) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the page says nothing of what has changed")
}

// TestReadersOfListsHearOfChanges has a unit read its list of cases, and its inbox, while the expert takes its documents: the pages say
// how much has changed, in Persian and in English, move nothing, and show it once their reader asks for it.
func TestReadersOfListsHearOfChanges(t *testing.T) {
	t.Parallel()
	for lang, c := range map[string]struct {
		width int64
		says  string
	}{"fa": {harness.Phone, "۰۱۲۳۴۵۶۷۸۹"}, "en": {harness.Desk, "0123456789"}} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			unit, inbox, expert := o.as(firm), o.as(firm), o.as("dir.expert")
			base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
			if s := unit.Follow("main form .main-act"); s != http.StatusOK {
				t.Fatalf("submit: %d", s)
			}
			for page, path := range map[*harness.Page]string{unit: "/cases?v=open", inbox: "/inbox"} {
				page.SetCookies(map[string]string{"lang": lang})
				page.View(c.width, "light")
				page.Open(path)
			}
			const list = `document.querySelector("main > .stack").innerText`
			before := harness.Eval[string](unit, list)
			o.act(expert, base, "accept_documents", nil)
			for _, page := range []*harness.Page{unit, inbox} {
				awaitNews(t, page)
				if said := page.Text("[data-news]"); !strings.ContainsAny(said, c.says) {
					t.Errorf("it says %q, and not how much", said)
				}
				if n := page.SidewaysScroll(); n != 0 {
					t.Errorf("the page scrolls %d px sideways", n)
				}
				if v := page.Axe(); len(v) > 0 {
					t.Error(v)
				}
				if dir := os.Getenv("RAHGOSHA_NEWS_SHOTS"); dir != "" {
					page.Shot(filepath.Join(dir, lang+strings.Trim(page.Path()[:5], "/")+".png"))
				}
			}
			if now := harness.Eval[string](unit, list); now != before {
				t.Errorf("the list moved by itself:\n%s\n%s", before, now)
			}
			for _, page := range []*harness.Page{unit, inbox} {
				if s := page.Follow("[data-news] a"); s != http.StatusOK {
					t.Errorf("%s as it stands now is answered %d", page.Path(), s)
				}
			}
			o.calm(unit, inbox, expert)
		})
	}
}
