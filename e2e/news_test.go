package e2e

import (
	"net/http"
	"os"
	"path/filepath"
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
			for range 100 {
				if shown(unit) {
					break
				}
				time.Sleep(200 * time.Millisecond)
			}
			if !shown(unit) {
				t.Fatal("the page says nothing of a case that has changed")
			}
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
