package app_test

import (
	"slices"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// Nobody decides their own request: a deputy with the power to decide, who speaks for the unit too, may read its case and
// leave a note in the office's post, and nothing else; nothing is offered to them either. A colleague decides it.
func TestNobodyDecidesForTheirOwnUnit(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { decidesOwn(t, w, true) })
}

func TestWhoHasNoPartInTheUnitIsFoundDeciding(t *testing.T) {
	t.Parallel()
	control.Finds(t, "approve is offered", func(t testing.TB) { decidesOwn(t, newWorld(t), false) })
}

func decidesOwn(t testing.TB, w *world, speaks bool) {
	t.Helper()
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()}, act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}})
	var c registry.Claim
	if speaks {
		c = verified(t, w, "p-dir.deputy", w.unit, registry.PostRep)
	}
	who := casework.CallerOf(w.inPost(t, "dir.deputy", "m-dir.deputy"))
	v, err := w.Engine.Look(t.Context(), who, id)
	must(t, err)
	for _, a := range v.Actions {
		t.Errorf("%s is offered to who speaks for the unit", a.ID)
	}
	for _, name := range []string{"approve", "refuse", casework.CorrectAction, casework.ConfirmAction, casework.DeclineAction} {
		_, err := w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: name, Version: v.Version, Note: "x",
			Facts: map[string]any{}, Cites: []string{"C7"}})
		if keyOf(err) != "casework.own_unit" {
			t.Errorf("%s by who speaks for the unit: %v", name, err)
		}
	}
	_, err = w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: casework.NoteAction, Note: "کار را همکار می‌کند"})
	must(t, err)
	if !speaks {
		return
	}
	chief := w.as(t, "dir.dg")
	v, err = w.Engine.Look(t.Context(), chief, id)
	must(t, err)
	if !slices.ContainsFunc(v.Actions, func(a casework.ActionView) bool { return a.ID == "approve" }) {
		t.Error("a colleague may not decide either")
	}
	w.decides(t, c.ID, registry.ClaimEnded, "وکالت پایان یافت")
	must(t, w.approve(t, id)) // who has no part in the unit any more
}
