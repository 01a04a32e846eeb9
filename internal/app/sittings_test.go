package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// foretold is the law of the next agenda: what the desk says comes before the session is what closing its agenda lists, in
// the same order.
func foretold(said, listed []casework.MemberView) func(testing.TB) {
	return func(t testing.TB) {
		names := func(ms []casework.MemberView) (out []string) {
			for _, m := range ms {
				out = append(out, m.Number+" "+m.Proposal)
			}
			return out
		}
		if a, b := names(said), names(listed); !slices.Equal(a, b) || len(a) == 0 {
			t.Errorf("the desk says %v, the agenda lists %v", a, b)
		}
	}
}

// overdue carries requests to the branch and lets the branch's time pass, so that they are the council's.
func (w *world) overdue(t *testing.T, n int) (ids []string) {
	t.Helper()
	for range n {
		id := w.toBranch(t)
		w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}})
		ids = append(ids, id)
	}
	w.clock.Set(w.clock.Now().AddDate(0, 0, 14))
	for {
		if n, err := w.Engine.Wake(t.Context(), 100); n == 0 || err != nil {
			must(t, err)
			return ids
		}
	}
}

func TestTheCouncilsDeskForetellsTheNextAgenda(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ids := w.overdue(t, 2)
		d, err := w.Defs.Current(t.Context(), "bank-council")
		must(t, err)
		next := func(login string) (*casework.RoundView, error) {
			return w.Engine.Upcoming(t.Context(), w.as(t, login), d, "session")
		}
		said, err := next("bank.council")
		must(t, err)
		session := w.opened(t, "bank.council", "bank-council", "")
		w.carry(t, session, act{who: "bank.council", action: "convene", facts: map[string]any{"held_on": "1405/03/01"}})
		listed := w.look(t, "bank.council", session).Rounds[0].Members
		foretold(said.Members, listed)(t)
		if len(listed) != len(ids) {
			t.Errorf("%d cases are late, the agenda lists %d", len(ids), len(listed))
		}
		control.Finds(t, "the desk says", foretold(said.Members[:1], listed))
		if after, err := next("bank.council"); err != nil || len(after.Members) != 0 {
			t.Errorf("what stands on an agenda comes before the next session too: %v %v", after, err)
		}
		for _, login := range []string{"bank.branch", "bank.head", "unit.ceo"} {
			if _, err := next(login); err == nil {
				t.Errorf("%s reads the council's next agenda", login)
			}
		}
	})
}

// The secretary sees what is late by bank and branch, opens a session from the desk, and follows what was decided; a
// branch has no such desk.
func TestTheSecretaryWorksFromTheCouncilsDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.overdue(t, 1)[0]
	secretary := newReader(t, w, "bank.council")
	number := w.look(t, "dir.dg", id).Number
	_, page := secretary.get("/sessions")
	for _, words := range []string{"سرپرستی بانک الف", "۱ پرونده در ۱ شعبه از مهلت گذشته است", number, "/apply/bank-council"} {
		if !strings.Contains(page, words) {
			t.Errorf("the desk does not say %q", words)
		}
	}
	status, _ := secretary.post("/apply/bank-council", formOf(page))
	want(t, http.StatusSeeOther, status, "open a session")
	list, err := w.Engine.List(t.Context(), w.as(t, "bank.council"), casework.Query{Procedure: "bank-council", Open: true})
	must(t, err)
	if len(list.Rows) != 1 {
		t.Fatalf("%d sessions", len(list.Rows))
	}
	session := list.Rows[0].ID
	w.carry(t, session, act{who: "bank.council", action: "convene", facts: map[string]any{"held_on": "1405/03/01"}},
		act{who: "bank.council", action: "decide", facts: map[string]any{"session.1": "urge", "session.1.note": "پاسخ دهید"}},
		act{who: "council.sec", action: "sign"}, act{who: "dir.deputy", action: "sign"})
	w.drain(t)
	_, page = newReader(t, w, "bank.council").get("/sessions") // signed in anew: hours have passed
	for _, words := range []string{"تصمیم‌های نشست", "تذکر به سرپرستی بانک", "/cases/" + session + "/file"} {
		if !strings.Contains(page, words) {
			t.Errorf("the decision is not followed: no %q", words)
		}
	}
	if status, _ := newReader(t, w, "bank.branch").get("/sessions"); status != http.StatusForbidden {
		t.Errorf("a branch opens the council's desk: %d", status)
	}
}
