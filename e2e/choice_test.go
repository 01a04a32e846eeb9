package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// TestAUnitChoosesProductAndMarket follows an owner from signing in, over the products that they confirm, the compass and the markets, to
// two pairs of product and market: the figures that they saw stand in the case, the deputy reads and signs them, and the Director-General finds the case behind a
// figure of the accelerator. The pages are held to axe at both widths.
func TestAUnitChoosesProductAndMarket(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as("unit.ceo")
	unit.Open("/unit")
	goods := `main a[href^="/trade/units/"]`
	o.next2(unit, goods)
	said := unit.Count("main a.row-link")
	o.next2(unit, "main button[value=confirmed]") // the first product that its activity leads to
	unit.Open("/unit")
	o.next2(unit, goods)
	if n := unit.Count("main a.row-link"); n != said+1 {
		t.Errorf("%d products are the unit's own, and one more was confirmed than %d", n, said)
	}
	o.next2(unit, `main a[href$="/compass"]`)
	o.neat(unit, "unit.ceo", "gates")
	unit.Open("/trade")
	o.next2(unit, `main a[href^="/trade/markets?product="]`)
	o.neat(unit, "unit.ceo", "markets")
	unit.Open("/trade")
	o.next2(unit, `main a[href="/trade/choose"]`)
	base := strings.TrimSuffix(unit.Path(), "/choose")
	if !strings.HasPrefix(base, "/cases/") {
		t.Fatalf("the choice leads to %s", base)
	}
	for i, market := range []string{"IRQ", "TUR"} {
		unit.Choose(fmt.Sprint("#f-p", i+1), harness.Eval[string](unit, fmt.Sprintf(`document.querySelectorAll("#f-p1 option")[%d].value`, i+1)))
		unit.Choose(fmt.Sprint("#f-m", i+1), market)
	}
	unit.Follow("#pick button")
	if n := unit.Count("#act-form table"); n != 2 {
		t.Fatalf("%d tables of figures: %s", n, errorsOn(unit))
	}
	o.neat(unit, "unit.ceo", "choice")
	seen := harness.Eval[[]string](unit, valuesJS)
	for i, why := range []string{"ماشین‌ها آماده است و خریدار داریم.", "قیمت ما در این بازار رقابتی است."} {
		unit.Fill(fmt.Sprintf("#f-why%d", i+1), why)
	}
	unit.Fill("#f-plan", "نمونه تا دو ماه، نخستین محموله تا شش ماه.")
	o.next(unit)
	unit.Open(base)
	if kept := harness.Eval[[]string](unit, valuesJS); len(kept) == 0 || strings.Join(kept, "|") != strings.Join(seen, "|") {
		t.Errorf("the case holds %q, the page showed %q", kept, seen)
	}
	o.neat(unit, "unit.ceo", "chosen")

	deputy := o.as("dir.deputy")
	deputy.Open(base)
	if said := deputy.Text("main"); !strings.Contains(said, "قیمت ما در این بازار رقابتی است") {
		t.Errorf("the deputy does not read the reasons: %s", said)
	}
	o.neat(deputy, "dir.deputy", "signed")
	o.act(deputy, base, "sign_choice", nil)

	dg := o.as("dir.dg")
	dg.Open("/trade/portfolio?figure=chosen")
	o.neat(dg, "dir.dg", "portfolio")
	if dg.Count(fmt.Sprintf("main a[href=%q]", base)) != 1 {
		t.Errorf("behind the choices that were signed %s is not found", base)
	}
	o.calm(unit, deputy, dg)
}

// valuesJS reads the figures of pairs, each with its name.
const valuesJS = `[...document.querySelectorAll("[id^=pair-] tbody tr")].map(r => r.innerText.replace(/\s+/g, " "))`

// neat holds the page in front of a person to axe at both widths, each in another scheme (TestEveryPage holds such pages to all), and takes
// its pictures where they are wanted.
func (o *office) neat(p *harness.Page, login, name string) {
	o.t.Helper()
	at := p.Path()
	for _, v := range p.AxeBothWidths() {
		o.t.Errorf("%s at %s, %s", login, at, v)
	}
	o.fits(p, login, at, "fa")
	if dir := os.Getenv("RAHGOSHA_SHOTS"); dir != "" {
		for _, width := range []int64{harness.Desk, harness.Phone} {
			p.View(width, "light")
			p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%d.webp", name, width)))
		}
	}
	p.View(harness.Desk, "light")
}
