package app_test

import (
	"slices"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// as signs a person in and gives the caller.
func (w *world) as(t testing.TB, login string) casework.Caller {
	t.Helper()
	_, p, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
	must(t, err)
	return casework.CallerOf(p)
}

func (w *world) request() map[string]any {
	return map[string]any{
		"package": "P1", "purpose": "WC", "amount_rial": "۲۰٬۰۰۰٬۰۰۰٬۰۰۰", "own_share_pct": "25%",
		"use_plan":    []map[string]any{{"item": "نخ پنبه", "amount": "20000000000"}},
		"bank_branch": "branch-1", "cheque_colour": "W", "cheque_read_on": "1405/02/01", "overdue_debt_rial": "0", "tax_debt_rial": "0",
		"insurance_debt_rial": "0", "consent_share_with_bank": "true",
	}
}

type act struct {
	who, action string
	facts       map[string]any
	cites       []string
	reason      string
	note        string
}

func (w *world) carry(t testing.TB, id string, acts ...act) casework.Answer {
	t.Helper()
	var ans casework.Answer
	for _, a := range acts {
		who := w.as(t, a.who)
		v, err := w.Engine.Look(t.Context(), who, id)
		must(t, err)
		ans, err = w.Engine.Act(t.Context(), who, casework.Command{
			Key: a.action + "-" + app.NewID(), Case: id, Action: a.action, Version: v.Version, Facts: a.facts, Cites: a.cites,
			Reason: a.reason, Note: a.note,
		})
		if err != nil {
			t.Fatalf("%s by %s: %v", a.action, a.who, err)
		}
		w.clock.Advance(time.Hour)
	}
	return ans
}

func (w *world) open(t testing.TB) string {
	t.Helper()
	ans, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), casework.Command{Key: "open-" + app.NewID(), Procedure: "referral", Unit: w.unit})
	must(t, err)
	return ans.Case
}

func TestARequestIsCarriedToAPaidFacilityByFourPeople(t *testing.T) {
	onBoth(t, toPayment)
}

func toPayment(t testing.TB, w *world) {
	id := w.open(t)
	ans := w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request()},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است", "minutes_no": "12", "minutes_date": "1405/02/07"}},
		act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"},
		act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}},
		act{who: "bank.branch", action: "start_assessment"},
		act{who: "bank.branch", action: "approve_facility", facts: map[string]any{"approved_rial": "18000000000"}},
		act{who: "bank.branch", action: "record_contract", facts: map[string]any{"contracted_rial": "18000000000"}},
		act{who: "bank.branch", action: "pay", facts: map[string]any{"paid_rial": "18000000000", "paid_on": "1405/02/07"}},
		act{who: "unit.ceo", action: "confirm_payment"},
	)
	if ans.Stage != "paid" {
		t.Fatalf("stage %q, want paid", ans.Stage)
	}
	v, err := w.Engine.Look(t.Context(), w.as(t, "unit.ceo"), id)
	must(t, err)
	var letters []string
	for _, l := range v.Letters {
		letters = append(letters, l.Code)
	}
	if !slices.Equal(letters, []string{"L01", "L06", "L05", "L12"}) {
		t.Errorf("letters %v, want receipt, approval, referral and certificate", letters)
	}
	var elapsed int64
	for _, us := range v.Spent {
		elapsed += us
	}
	if want := v.Changed - v.Opened; elapsed != want {
		t.Errorf("times by holder sum to %d µs, want %d", elapsed, want)
	}
	w.untouched(t)
}

func TestTheOtherBranchSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request()},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}},
		act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"},
	)
	if _, err := w.Engine.Look(t.Context(), w.as(t, "bank.branch.2"), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other branch got %v, want not found", err)
	}
	if _, err := w.Engine.Look(t.Context(), w.as(t, "bank.head"), id); err != nil {
		t.Errorf("the bank's head got %v", err)
	}
}

// untouched folds every case and verifies the journal: nothing may differ.
func (w *world) untouched(t testing.TB) {
	t.Helper()
	w.settle(t.Context(), t)
	if _, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { t.Errorf("replay: %+v", d) }); err != nil {
		t.Error(err)
	}
	report, err := w.VerifyJournal(t.Context())
	must(t, err)
	if !report.OK() {
		t.Errorf("journal: %+v", report.Findings)
	}
}
