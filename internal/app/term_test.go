package app_test

import (
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// A package whose time is over, or has not begun, is nobody's to ask for, though the programme sends its code; and one whose time ended
// since it was asked for is not drawn on.
func TestAPackageIsAskedForAndDrawnOnWithinItsTerm(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { withinTheTerm(t, w, "2026-03-20") })
}

func TestAPackageOutOfItsTermIsFound(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is asked for", func(t testing.TB) { withinTheTerm(t, newWorld(t), "") }) // one whose time is open
}

func withinTheTerm(t testing.TB, w *world, past string) {
	t.Helper()
	money := int64(100_000_000_000)
	item := func(id, to string) {
		t.Helper()
		must(t, w.Registry.Upsert(t.Context(), registry.Item{Province: w.Province, Register: "package", ID: id, Source: "test", Balance: &money, ValidTo: to, Fields: map[string]any{
			"title": "بستهٔ دیگر", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": false, "exempts_debt": false, "open": true,
		}}))
	}
	item("P9", past)
	asked := w.request()
	asked["package"] = "P9"
	if got := w.try(t, "unit.ceo", casework.Command{Case: w.open(t), Action: "submit", Facts: asked}); got == "" {
		t.Errorf("a package whose time was over is asked for")
	}
	item("P8", "")
	asked["package"] = "P8"
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: asked},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است", "minutes_no": "12", "minutes_date": "1405/02/07"}},
	)
	item("P8", "2026-03-20")
	if got := w.try(t, "dir.deputy", casework.Command{Case: id, Action: "approve", Note: typedNote}); got == "" {
		t.Error("a package whose time ended is drawn on")
	}
}
