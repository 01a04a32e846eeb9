package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// given uploads a sheet on a page, lands it, and gives the figures that the page then shows.
func (o *office) given(p *harness.Page, page, sheet string) string {
	o.t.Helper()
	o.tried(p, page, sheet)
	if s := p.Follow(`main form[action^="` + page + `/"] .main-act`); s != 200 {
		o.t.Fatalf("%s: landing answers %d", page, s)
	}
	if at := p.Path(); !strings.HasPrefix(at, page+"/") {
		o.t.Fatalf("%s: landed at %s", page, at)
	}
	return p.Text("#result")
}

// tried reads a sheet as a trial.
func (o *office) tried(p *harness.Page, page, sheet string) {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), "sheet.csv")
	if err := os.WriteFile(file, []byte(sheet), 0o600); err != nil {
		o.t.Fatal(err)
	}
	p.Open(page)
	p.Attach("#sheet", file)
	if s := p.Follow(`main form[action="` + page + `"] .main-act`); s != 200 {
		o.t.Fatalf("%s: the trial answers %d", page, s)
	}
}

// TestDoubtfulRowsAreDecidedInABrowser: a sheet of units and one of referrals, each with a row that is the same as the row
// before it; the officer says so with a reason, with scripts off, and the rows leave the list. How the pages look is held by TestEveryPage.
func TestDoubtfulRowsAreDecidedInABrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.as("dir.expert")
	o.given(p, "/units/import", "نام واحد,شناسه ملی,شهرستان,تعداد کارکنان,یادداشت\nبافندگی آزمون مرورگر,10380284790,کرج,5,x\nبافندگی آزمون مرورگر,10380284790,کرج,9,y\n")
	o.given(p, "/referrals/import", "نام واحد,شناسه ملی,شماره نامه,مبلغ (میلیون تومان),وضعیت\nبافندگی آزمون مرورگر,10380284790,77/م,500,معرفی شده\nبافندگی آزمون مرورگر,10380284790,77/م,500,پرداخت شد\n")
	plain := o.signIn("dir.expert", false)
	for list, answer := range map[string]string{"/units/reviews": `input[value^="same:"]`, "/referrals/reviews": `input[value^="case:"]`} {
		plain.Open(list)
		waiting := plain.Count("main tbody tr")
		plain.Follow("main tbody a")
		plain.Click(answer)
		plain.Fill("#why", "با واحد تلفنی گفته شد")
		if s := plain.Follow("main form .main-act"); s != 200 || !strings.HasPrefix(plain.Path(), list+"?") || plain.Count("main tbody tr") != waiting-1 {
			t.Errorf("%s: %d at %s, %d rows of %d", list, s, plain.Path(), plain.Count("main tbody tr"), waiting)
		}
	}
	o.calm(p, plain)
}
