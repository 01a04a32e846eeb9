package app_test

import (
	"net/http"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// The working group's resolution on a unit's case is owed by its bank's head office: it stands in that bank's list and on the
// case for everybody in it, and the payment that it asks for, recorded in the case, ends it.
func TestAWorkingGroupsResolutionIsOwedUntilTheBankPays(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.secondBank(t)
		id := w.toNotice(t)
		owed := w.owes(t, w.as(t, "bank.head"))
		if len(owed) != 1 || owed[0].Key != "resolution:1" || owed[0].Case.ID != id || owed[0].Due == 0 {
			t.Fatalf("the bank's head office is asked for %+v", owed)
		}
		if art62 := clockOf(t, w.look(t, "dir.expert", id), "art62"); art62.Due != owed[0].Due {
			t.Errorf("the resolution is due on %d, the bank's month ends on %d", owed[0].Due, art62.Due)
		}
		if got := w.owes(t, w.as(t, "bank.head.2")); len(got) != 0 {
			t.Errorf("another bank is asked for %+v", got)
		}
		if v := w.look(t, "unit.ceo", id); len(v.Obligations) != 1 || v.Obligations[0].State != casework.ObligationOpen {
			t.Errorf("the unit reads %+v", v.Obligations)
		}
		w.carry(t, id,
			act{who: "bank.branch", action: "approve_facility", facts: map[string]any{"approved_rial": "18000000000"}},
			act{who: "bank.branch", action: "record_contract", facts: map[string]any{"contracted_rial": "18000000000"}},
			act{who: "bank.branch", action: "pay", facts: map[string]any{"paid_rial": "18000000000", "paid_on": "1405/02/07"}},
		)
		if v := w.look(t, "unit.ceo", id); v.Obligations[0].State != casework.ObligationDone || len(w.owes(t, w.as(t, "bank.head"))) != 0 {
			t.Errorf("after the payment: %+v", v.Obligations)
		}
		w.untouched(t)
	})
}

// A bank's word that it has done what it owes came on paper: the expert enters it with the letter, it shows as entered for the
// bank, and another person confirms. Nobody else may enter it, nobody enters the confirmation, and no word goes without what
// shows it.
func TestABodysWordOnAnObligationIsEnteredFromPaper(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toNotice(t)
		letter := w.upload(t, "dir.expert", 9)
		try := func(login, action string, b casework.OnBehalf) string {
			return w.try(t, login, casework.Command{Case: id, Action: action, Note: "بانک نوشت که پرداخت شده است", OnBehalf: &b})
		}
		enters := func(login, want string) func(testing.TB) {
			return func(t testing.TB) {
				if got := try(login, "fulfil:resolution:1", casework.OnBehalf{Role: "bank.head", Source: "letter", Evidence: letter}); got != want {
					t.Errorf("%s enters the bank's word: %q, want %q", login, got, want)
				}
			}
		}
		for _, login := range []string{"dir.registry", "bank.branch", "unit.ceo", "auditor"} {
			enters(login, "casework.not_your_action")(t)
		}
		for name, c := range map[string]struct {
			action string
			b      casework.OnBehalf
			want   string
		}{
			"no evidence":      {"fulfil:resolution:1", casework.OnBehalf{Role: "bank.head", Source: "letter"}, "casework.behalf_evidence"},
			"no source":        {"fulfil:resolution:1", casework.OnBehalf{Role: "bank.head", Evidence: letter}, "casework.behalf_source"},
			"invented paper":   {"fulfil:resolution:1", casework.OnBehalf{Role: "bank.head", Source: "letter", Evidence: strings.Repeat("0", 64)}, "casework.behalf_document"},
			"another bank":     {"fulfil:resolution:1", casework.OnBehalf{Role: "bank.head", Subject: "bank-2", Source: "letter", Evidence: letter}, "casework.behalf_subject"},
			"another role":     {"fulfil:resolution:1", casework.OnBehalf{Role: "unit.ceo", Source: "letter", Evidence: letter}, "casework.not_your_action"},
			"the confirmation": {"accept:resolution:1", casework.OnBehalf{Role: "unit.ceo", Source: "letter", Evidence: letter}, "casework.not_your_action"},
		} {
			if got := try("dir.expert", c.action, c.b); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		control.Finds(t, "enters the bank's word", enters("dir.expert", "casework.not_your_action")) // the one who may
		v := w.look(t, "unit.ceo", id)
		if o := v.Obligations[0]; o.State != casework.ObligationClaimed || o.Entered != "letter" || o.By != "p-dir.expert" {
			t.Fatalf("the case shows %+v", o)
		}
		if b := v.Timeline[len(v.Timeline)-1].OnBehalf; b == nil || b.Role != "bank.head" || b.Subject != "bank-1" || b.Evidence != letter {
			t.Errorf("the journal tells of %+v", b)
		}
		w.carry(t, id, act{who: "unit.ceo", action: "accept:resolution:1"})
		if o := w.look(t, "unit.ceo", id).Obligations[0]; o.State != casework.ObligationDone || o.Seen != "p-unit.ceo" || o.Entered != "letter" {
			t.Errorf("after the unit's confirmation: %+v", o)
		}
		w.untouched(t)
	})
}

// An association's opinion that came as a letter is entered on the page of the case, and is shown as entered for it; an
// officer whom the procedure does not name finds no way to.
func TestAnOpinionOnPaperIsEnteredForItsAssociation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.associations(t)
	id := w.opened(t, "dir.expert", "consultation", "")
	w.carry(t, id, act{who: "dir.expert", action: "ask", facts: map[string]any{
		"subject": "مهلت رسید", "draft": "متن", "why": "دلیل", "bodies": []map[string]any{{"role": "assoc.chair", "body": "textile"}},
	}})
	const opine = "opine:associations:1"
	page := "/cases/" + id + "/act/" + opine
	offered := func(login string) func(testing.TB) {
		return func(t testing.TB) {
			if strings.Contains(enter(t, w.App, login, password).send(http.MethodGet, "/cases/"+id, nil).Body.String(), page) {
				t.Errorf("%s is offered to enter an association's opinion", login)
			}
			if got := w.try(t, login, casework.Command{Case: id, Action: opine, Note: "نظر", OnBehalf: &casework.OnBehalf{Role: "assoc.chair", Source: "call"}}); got != "casework.not_your_action" {
				t.Errorf("%s enters an association's opinion: %q", login, got)
			}
		}
	}
	offered("dir.deputy")(t)
	expert := enter(t, w.App, "dir.expert", password)
	form := formOf(expert.send(http.MethodGet, page, nil).Body.String())
	form.Add("behalf", "letter")
	form.Set("evidence", w.upload(t, "dir.expert", 3))
	form.Set("note", "انجمن نوشت که پنج روز کم است")
	if got := expert.send(http.MethodPost, page, form); got.Code != http.StatusSeeOther {
		t.Fatalf("entering the opinion: %d %s", got.Code, got.Body)
	}
	v := w.look(t, "dir.deputy", id)
	if o := v.Opinions[0]; o.State != casework.OpinionAnswered || o.Entered != "letter" || o.By != "p-dir.expert" || o.Text == "" {
		t.Errorf("the case shows %+v", o)
	}
	if got := enter(t, w.App, "dir.deputy", password).send(http.MethodGet, "/cases/"+id, nil).Body.String(); !strings.Contains(got, "entered it for them on") {
		t.Error("the page does not tell that the opinion was entered for the association")
	}
	w.untouched(t)
}
