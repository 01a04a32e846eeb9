package e2e

import (
	"strings"
	"testing"
)

// TestASecondPersonAnswersACorrection has an expert propose another amount, and the deputy decline it and then confirm it: each sees the
// amount as it stands and as it would be, and the request says what holds.
func TestASecondPersonAnswersACorrection(t *testing.T) {
	t.Parallel()
	const proposed = "۱٬۹۰۰٬۰۰۰٬۰۰۰"
	o := newOffice(t)
	unit := o.as(firm)
	base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
	o.submit(unit)
	expert, deputy := o.as("dir.expert"), o.as("dir.deputy")

	propose := func() {
		o.act(expert, base, "correct", func() {
			expert.Fill("#f-amount_rial", proposed)
			expert.Fill("#note", "در رونوشت نامه صفری افتاده است.")
		})
	}
	told := func(where string) {
		t.Helper()
		if got := deputy.Text("section[aria-labelledby=pending-h]"); !strings.Contains(got, amount) || !strings.Contains(got, proposed) || !strings.Contains(got, "صفری افتاده") {
			t.Errorf("%s the second person is not told what would change and why: %s", where, got)
		}
	}
	answer := func(action string) {
		o.act(deputy, base, action, func() {
			told("where they " + action)
			o.neat(deputy, "dir.deputy", "correction-"+action)
			deputy.Fill("#note", "با اصل نامه سنجیده شد.")
		})
	}
	amounts := func(want string) {
		t.Helper()
		unit.Open(base)
		if got := unit.Text("main"); !strings.Contains(got, want) {
			t.Errorf("the request does not say %s: %s", want, got)
		}
	}

	propose()
	o.neat(expert, "dir.expert", "correction-proposed")
	if expert.Count(`main a[href$="/act/confirm"]`) != 0 {
		t.Error("who proposed it may confirm it")
	}
	amounts(amount)
	deputy.Open("/inbox")
	if deputy.Count(`main a[href^="`+base+`"]`) == 0 {
		t.Errorf("who may confirm it is not told: %s", deputy.Text("main"))
	}
	o.neat(deputy, "dir.deputy", "correction-inbox")
	deputy.Open(base)
	o.neat(deputy, "dir.deputy", "correction-awaits")
	told("on the case")
	answer("decline")
	o.neat(deputy, "dir.deputy", "correction-declined")
	amounts(amount)
	propose()
	answer("confirm")
	amounts(proposed)
	o.neat(unit, firm, "correction-confirmed")
	o.calm(unit, expert, deputy)
}
