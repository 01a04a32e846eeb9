package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

const (
	firm   = "unit.ceo.2"    // a small unit whose sales carry the amount below
	branch = "branch-1-1"    // the branch of the account bank.branch
	amount = "۲٬۰۰۰٬۰۰۰٬۰۰۰" // typed with Persian digits, as people do
)

// request is what a unit asks for.
type request struct {
	amount, uses string // rial
	cheque       string // colour code
}

// page fills one page of the form; the name says which.
func (o *office) page(p *harness.Page, name string) {
	o.t.Helper()
	if !strings.HasSuffix(strings.SplitN(p.Path(), "?", 2)[0], "/apply/"+name) {
		o.t.Fatalf("at %s, not on the page %s of the form: %s", p.Path(), name, errorsOn(p))
	}
}

// errorsOn reads the error summary of a page, for messages.
func errorsOn(p *harness.Page) string {
	return harness.Eval[string](p, `[...document.querySelectorAll("main .errors, main .flash")].map(e => e.innerText).join(" / ")`)
}

// next sends the form in front of the person.
func (o *office) next(p *harness.Page) {
	o.t.Helper()
	if s := p.Follow("#act-form .main-act"); s != http.StatusOK {
		o.t.Fatalf("status %d at %s: %s", s, p.Path(), errorsOn(p))
	}
}

func radio(name, value string) string {
	return fmt.Sprintf("input[name=%q][value=%q]", name, value)
}

// draft opens a request and fills its pages up to the answers; it gives the address of the case.
func (o *office) draft(p *harness.Page, r request) string {
	o.t.Helper()
	base := o.begin(p)
	o.asked(p, r)
	o.next(p)
	o.page(p, "use")
	p.Fill("#f-use_plan-0-item", "نخ پنبه")
	p.Fill("#f-use_plan-0-amount", r.uses)
	p.Choose("#f-bank_branch", branch)
	p.Fill("#f-jobs_now", "۳۳")
	p.Fill("#f-jobs_new", "۴")
	o.next(p)
	o.standing(p, r)
	o.page(p, "finance")
	o.next(p)
	o.documents(p)
	if p.Path() != base+"/check" {
		o.t.Fatalf("the filled form leads to %s, not to the answers: %s", p.Path(), errorsOn(p))
	}
	return base
}

// begin opens a request at its first page and gives the address of the case.
func (o *office) begin(p *harness.Page) string {
	o.t.Helper()
	p.Open("/apply")
	p.Follow(`form[action="/apply/referral"] button`)
	base := strings.SplitN(p.Path(), "/apply", 2)[0]
	p.Follow(`main a[href$="/apply/request"]`)
	o.page(p, "request")
	return base
}

// asked fills the first page.
func (o *office) asked(p *harness.Page, r request) {
	o.t.Helper()
	p.Choose("#f-package", "P1")
	p.Click(radio("purpose", "WC"))
	p.Fill("#f-amount_rial", r.amount)
	p.Fill("#f-own_share_pct", "۳۰")
}

func (o *office) standing(p *harness.Page, r request) {
	o.t.Helper()
	o.page(p, "standing")
	p.Click(radio("cheque_colour", r.cheque))
	p.Fill("#f-cheque_read_on", daysAgo(o.t, 3))
	for _, name := range []string{"overdue_debt_rial", "tax_debt_rial", "insurance_debt_rial"} {
		p.Fill("#f-"+name, "۰")
	}
	o.next(p)
}

func (o *office) documents(p *harness.Page) {
	o.t.Helper()
	o.page(p, "documents")
	file := o.paper("پروانه.pdf")
	for _, name := range []string{"doc_licence", "doc_insurance_list", "doc_cheque_inquiry"} {
		p.Attach("#f-"+name, file)
	}
	p.Click(radio("consent_share_with_bank", "true"))
	o.next(p)
}

// paper makes a document of one page and gives its path.
func (o *office) paper(name string) string {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), name)
	if err := os.WriteFile(file, []byte(onePage), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return file
}

// onePage is the smallest document a scanner could have made.
const onePage = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// submit files the answers and gives the number on the receipt.
func (o *office) submit(p *harness.Page) string {
	o.t.Helper()
	if s := p.Follow("main form .main-act"); s != http.StatusOK || !strings.HasSuffix(p.Path(), "/receipt") {
		o.t.Fatalf("status %d at %s: %s", s, p.Path(), errorsOn(p))
	}
	number := p.Text(".receipt bdi.code")
	if !strings.HasPrefix(number, "RG-") {
		o.t.Fatalf("the receipt bears no number: %q", number)
	}
	return number
}

// act takes one action of a case: from the case's page, through the action's form, filled by fill, back to the case.
func (o *office) act(p *harness.Page, base, action string, fill func()) {
	o.t.Helper()
	p.Open(base)
	link := fmt.Sprintf("main a[href=%q]", base+"/act/"+action)
	if p.Count(link) == 0 {
		o.t.Fatalf("%s is not offered at %s: %s", action, base, p.Text("main"))
	}
	p.Follow(link)
	if fill != nil {
		fill()
	}
	o.next(p)
	if at := strings.SplitN(p.Path(), "?", 2)[0]; at != base {
		o.t.Fatalf("%s led to %s: %s", action, at, errorsOn(p))
	}
}

// opine carries a filed case to the decision: the expert takes the documents and writes an opinion.
func (o *office) opine(expert *harness.Page, base string) {
	o.t.Helper()
	o.act(expert, base, "accept_documents", nil)
	o.act(expert, base, "recommend", func() {
		expert.Fill("#f-opinion", "شرط‌ها سنجیده شد.")
		expert.Fill("#f-minutes_no", "۱۲/۳")
		expert.Fill("#f-minutes_date", daysAgo(o.t, 1))
	})
}

func (o *office) pay(bank *harness.Page, base string) {
	o.t.Helper()
	o.act(bank, base, "receive", func() { bank.Fill("#f-bank_file_no", "۸۸۴۲") })
	o.act(bank, base, "start_assessment", nil)
	o.act(bank, base, "approve_facility", func() { bank.Fill("#f-approved_rial", amount) })
	o.act(bank, base, "record_contract", func() { bank.Fill("#f-contracted_rial", amount) })
	o.act(bank, base, "pay", func() {
		bank.Fill("#f-paid_rial", amount)
		bank.Fill("#f-paid_on", daysAgo(o.t, 0))
		bank.Fill("#f-deposit_kept_rial", "۰")
	})
}

func (o *office) calm(pages ...*harness.Page) {
	o.t.Helper()
	for _, p := range pages {
		if got := p.Problems(); len(got) > 0 {
			o.t.Errorf("the browser complains: %v", got)
		}
	}
}

func TestRequestToPayment(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"scripts on": true, "scripts off": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			unit := o.signIn(firm, scripts)
			base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
			if said := unit.Text("#answers"); !strings.Contains(said, "دو میلیارد ریال") || !strings.Contains(said, "تومان") {
				t.Errorf("the answers do not say the amount in words and toman: %s", said)
			}
			number := o.submit(unit)

			expert := o.signIn("dir.expert", scripts)
			o.opine(expert, base)
			deputy := o.signIn("dir.deputy", scripts)
			o.act(deputy, base, "approve", nil)
			o.act(deputy, base, "sign", nil)
			bank := o.signIn("bank.branch", scripts)
			o.pay(bank, base)

			o.act(unit, base, "confirm_payment", nil)
			unit.Open(base)
			if said := unit.Text("main"); !strings.Contains(said, "پرداخت شد") || !strings.Contains(said, number) {
				t.Errorf("the unit does not see that %s is paid: %s", number, said)
			}
			o.calm(unit, expert, deputy, bank)
		})
	}
}

// slowSave lets the answer of a draft's save come only after the form was handed in.
const slowSave = `(() => {
  const ask = fetch, handed = new Promise(ok => addEventListener("submit", () => setTimeout(ok, 100), {once: true, capture: true}));
  window.fetch = async (...a) => {
    const answer = await ask(...a);
    if (a[1]?.method === "POST") { window.saved = true; await handed }
    return answer;
  };
  return true;
})()`

// On a slow line a person hands in before the answer of the page's own save has come. Their form is not refused as one
// that somebody else has changed meanwhile.
func TestHandingInWaitsForASaveUnderWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as(firm)
	o.begin(unit)
	harness.Eval[bool](unit, slowSave)
	o.asked(unit, request{amount: amount})
	harness.Eval[bool](unit, `new Promise(ok => { const look = () => window.saved ? ok(true) : setTimeout(look, 50); look() })`)
	o.next(unit)
	o.page(unit, "use")
	o.calm(unit)
}
