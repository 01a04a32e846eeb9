package e2e

import (
	"net/http"
	"testing"

	"rahgosha/e2e/harness"
)

// TestConditionsAndMismatch carries a request over an approval on conditions and a payment that the unit saw otherwise, once
// on a phone in Persian and once on a desk in English; no page on the road scrolls sideways or breaks a rule of access.
func TestConditionsAndMismatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		width int64
		lang  string
	}{"phone, fa": {harness.Phone, "fa"}, "desk, en": {harness.Desk, "en"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			person := func(login string) *harness.Page {
				p := o.as(login)
				p.View(c.width, "light")
				p.SetCookies(map[string]string{"lang": c.lang})
				return p
			}
			unit, expert, deputy, bank := person(firm), person("dir.expert"), person("dir.deputy"), person("bank.branch")
			fits := func(p *harness.Page, at string) {
				t.Helper()
				p.Open(at)
				if n := p.SidewaysScroll(); n != 0 {
					t.Errorf("%s scrolls %d px sideways", at, n)
				}
				if v := p.Axe(); len(v) > 0 {
					t.Errorf("%s: %v", at, v)
				}
			}
			base := o.draft(unit, request{amount: amount, uses: amount, cheque: "Y"})
			if s := unit.Follow("main form .main-act"); s != http.StatusOK {
				t.Fatalf("submit: %d", s)
			}
			o.opine(expert, base)
			o.act(deputy, base, "approve_conditional", func() { deputy.Click(`input[name="cites"][value="C7"]`) })
			fits(unit, base+"/act/meet")
			o.act(unit, base, "meet", func() {
				unit.Click(radio("cheque_colour", "W"))
				unit.Fill("#f-cheque_read_on", daysAgo(t, 1))
			})
			o.act(expert, base, "recommend", func() {
				expert.Fill("#f-opinion", "شرط رفع شد.")
				expert.Fill("#f-minutes_no", "۱۲/۴")
				expert.Fill("#f-minutes_date", daysAgo(t, 1))
			})
			o.act(deputy, base, "approve", nil)
			o.act(deputy, base, "sign", nil)
			o.pay(bank, base)

			fits(unit, base+"/act/differ_payment")
			o.act(unit, base, "differ_payment", func() {
				unit.Fill("#f-unit_paid_rial", "۱٬۸۰۰٬۰۰۰٬۰۰۰")
				unit.Fill("#f-unit_paid_on", daysAgo(t, 0))
				unit.Attach("#f-doc_statement", o.paper("گردش حساب.pdf"))
			})
			fits(expert, base)
			o.act(expert, base, "settle_payment", func() {
				expert.Fill("#f-settled_rial", "۱٬۸۰۰٬۰۰۰٬۰۰۰")
				expert.Fill("#f-settled_on", daysAgo(t, 0))
				expert.Fill("#f-settled_why", "گردش حساب")
			})
			o.act(unit, base, "confirm_payment", nil)
			fits(unit, base)
			if n := unit.Count(`main a[href^="/letters/"]`); n == 0 {
				t.Error("the unit finds no letter on the paid case")
			}
			o.calm(unit, expert, deputy, bank)
		})
	}
}
