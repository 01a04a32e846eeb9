package e2e

import (
	"net/http"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// fetched is what the browser's person gets from an address that is no page.
type fetched struct {
	Status int
	Type   string
	Size   int
}

func fetch(p *harness.Page, path string) fetched {
	return harness.Eval[fetched](p, `fetch(`+"`"+path+"`"+`).then(async r => ({Status: r.status, Type: r.headers.get("Content-Type") || "", Size: (await r.arrayBuffer()).byteLength}))`)
}

func TestRedCheque(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as(firm)
	base := o.draft(unit, request{amount: amount, uses: amount, cheque: "R"})
	o.submit(unit)
	o.opine(o.as("dir.expert"), base)

	deputy := o.as("dir.deputy")
	o.act(deputy, base, "refuse", func() {
		if n := deputy.Count(`input[name="cites"]`); n != 1 {
			t.Errorf("%d conditions may be cited; only the cheque's is not met", n)
		}
		deputy.Click(`input[name="cites"][value="C7"]`)
	})

	unit.Open(base)
	said := unit.Text("main")
	for _, want := range []string{"رد", "چک برگشتی رفع‌سوءاثرنشده نیست", "سفید", "رفع سوء اثر", "شورای تأمین استان", "اعتراض"} {
		if !strings.Contains(said, want) {
			t.Errorf("the unit is not told %q: %s", want, said)
		}
	}
	letter := harness.Eval[string](unit, `[...document.querySelectorAll('main a[href^="/letters/"]')].map(a => a.pathname).pop() || ""`)
	if got := fetch(unit, strings.TrimSuffix(letter, ".pdf")+".pdf"); letter == "" || got.Status != http.StatusOK || got.Type != "application/pdf" || got.Size < 1000 {
		t.Errorf("the letter of refusal at %q: %+v", letter, got)
	}

	o.act(unit, base, "appeal", func() {
		unit.Fill("#f-appeal_text", "چک پیش از درخواست رفع سوء اثر شده است.")
	})
	chief := o.as("dir.dg")
	chief.Open(base)
	if chief.Count(`main a[href$="/act/overturn"]`) != 1 {
		t.Errorf("the appeal has not reached the director-general: %s", chief.Text("main"))
	}
	deputy.Open(base)
	if deputy.Count(`main a[href$="/act/overturn"], main a[href$="/act/uphold"]`) != 0 {
		t.Error("who refused may answer the appeal against it")
	}
	o.calm(unit, deputy, chief)
}

// TestTomanSlip types the amount in toman where rial is asked: ten times too small beside the uses.
func TestTomanSlip(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as(firm)
	for name, r := range map[string]request{
		"toman for rial": {amount: "۲۰۰٬۰۰۰٬۰۰۰", uses: amount, cheque: "W"},
		"a zero gained":  {amount: "۲۰٬۰۰۰٬۰۰۰٬۰۰۰", uses: amount, cheque: "W"},
	} {
		base := o.draft(unit, r)
		said := unit.Text("main")
		if unit.Count("#sure input") != 1 || !strings.Contains(said, "میلیارد ریال") || !strings.Contains(said, "تومان") {
			t.Errorf("%s: nothing is asked before filing, in words and toman: %s", name, said)
		}
		if s := unit.Follow("main form .main-act"); s != http.StatusUnprocessableEntity || unit.Path() != base+"/check" {
			t.Errorf("%s: filed without an answer: status %d at %s", name, s, unit.Path())
		}
	}
}
