package app_test

import (
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// proposesAmount publishes a referral where the expert's opinion, which may change the amount, is confirmed by another officer within a power.
func proposesAmount(t testing.TB, w *world) {
	t.Helper()
	w.publishEdited(t, "    form: opinion\n    effects:\n", "    form: opinion\n    confirm: [dir.deputy, dir.dg]\n    delegate: referral\n    ceiling: amount_rial\n    effects:\n",
		"          - {fact: opinion, required: hard}\n", "          - {fact: opinion, required: hard}\n          - {fact: amount_rial, required: no}\n",
		"by: [dir.expert]\n    main: true\n    form: opinion", "by: [dir.expert, dir.dg]\n    main: true\n    form: opinion")
}

func (w *world) offers(t testing.TB, login, id, action string) bool {
	t.Helper()
	return slices.ContainsFunc(w.look(t, login, id).Actions, func(a casework.ActionView) bool { return a.ID == action })
}

// Who may confirm is told, is shown what would change, and is offered it by the amount that the act brings; until then the case stands
// as it was, and declined too. Who proposed is told what became of it.
func TestAnActThatIsConfirmedBySomebodyElse(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { confirmedByAnother(t, w, "60000000000") })
	t.Run("control", func(t *testing.T) {
		control.Finds(t, "is offered what is over their ceiling", func(t testing.TB) { confirmedByAnother(t, newWorld(t), "40000000000") })
	})
}

func confirmedByAnother(t testing.TB, w *world, amount string) {
	proposesAmount(t, w)
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()}, act{who: "dir.expert", action: "accept_documents"})
	propose := act{who: "dir.dg", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است", "amount_rial": amount}, note: "سهم آورده بیشتر است"}
	w.carry(t, id, propose)
	if w.offers(t, "dir.deputy", id, casework.ConfirmAction) || !w.offers(t, "dir.deputy", id, casework.DeclineAction) {
		t.Error("the deputy is offered what is over their ceiling, or may not decline it")
	}
	if v := w.look(t, "dir.deputy", id); v.Awaiting == nil || v.Awaiting.Reason != propose.note || len(v.Awaiting.Changes) != 2 || factOf(v, "amount_rial") != int64(20_000_000_000) {
		t.Errorf("awaiting %+v, the amount %v", v.Awaiting, factOf(v, "amount_rial"))
	}
	if !w.hears(t, "dir.deputy", "awaits your confirmation") || w.hears(t, "unit.ceo", "awaits your confirmation") {
		t.Error("who may confirm is not told, or who may not is")
	}
	w.carry(t, id, act{who: "dir.deputy", action: casework.DeclineAction, note: "بی سند"})
	v := w.look(t, "unit.ceo", id)
	if v.Awaiting != nil || factOf(v, "amount_rial") != int64(20_000_000_000) || factOf(w.look(t, "dir.deputy", id), "opinion") != nil {
		t.Errorf("declined, it left %v", factOf(v, "amount_rial"))
	}
	if !w.hears(t, "dir.dg", "was not confirmed") || w.hears(t, "dir.expert", "was not confirmed") {
		t.Error("who proposed is not told that it was declined, or somebody else is")
	}
	propose.facts["amount_rial"] = "40000000000"
	w.carry(t, id, propose, act{who: "dir.deputy", action: casework.ConfirmAction})
	if v := w.look(t, "dir.dg", id); factOf(v, "amount_rial") != int64(40_000_000_000) || v.Stage.ID != "decision" {
		t.Errorf("confirmed, the amount is %v in %s", factOf(v, "amount_rial"), v.Stage.ID)
	}
	if !w.hears(t, "dir.dg", "proposed was confirmed") {
		t.Error("who proposed is not told that it was confirmed")
	}
	w.untouched(t)
}

// hears says whether an account was told something in such words.
func (w *world) hears(t testing.TB, login, words string) bool {
	t.Helper()
	rows, err := w.Engine.Inbox(t.Context(), w.as(t, login), 0, 50)
	must(t, err)
	return slices.ContainsFunc(rows, func(r casework.InboxRow) bool { return strings.Contains(r.Said.EN, words) })
}
