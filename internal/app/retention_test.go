package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
)

// A closed case is erased by itself when the time is over that its procedure declares for its outcome (withdrawn: two solar
// years), not a day before, and not while an officer holds it. Open cases stay.
func TestACaseIsErasedWhenItsTimeIsOver(t *testing.T) {
	onBoth(t, erasedInTime)
	control.Finds(t, "after its time", func(t testing.TB) {
		w := newWorld(t)
		forgets("UPDATE", "datakey", "NEW.destroyed <> 0")(t, w)
		erasedInTime(t, w)
	})
}

func erasedInTime(t testing.TB, w *world) {
	t.Helper()
	ctx, open := t.Context(), w.open(t)
	s := leaver(t, w)
	closed, dg := jalali.FromTime(w.clock.Now()), officer(w, "p-dir.dg", "dir.dg")
	sweep := func(when string, want int) {
		t.Helper()
		n, err := w.Privacy.Sweep(ctx, w.Province)
		if err != nil || n != want {
			t.Errorf("%s: %d cases erased, want %d: %v", when, n, want, err)
		}
	}
	w.clock.Set(closed.AddMonths(24).Start().Add(12 * time.Hour))
	sweep("on the last day", 0)
	due, err := w.Privacy.Coming(ctx, dg, w.clock.Now().AddDate(0, 0, 30))
	if err != nil || len(due) != 1 || due[0].ID != s.cases[0] {
		t.Errorf("coming due: %+v, %v", due, err)
	}
	_, err = w.Privacy.Hold(ctx, dg, s.cases[0], "دستور ۷")
	must(t, err)
	w.clock.Set(closed.AddMonths(24).AddDays(1).Start())
	sweep("held", 0)
	if _, err := w.Privacy.Hold(ctx, w.expert(), open, "x"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an expert holds a case: %v", err)
	}
	must(t, w.Privacy.Lift(ctx, dg, s.cases[0]))
	sweep("after its time", 1)
	sweep("again", 0)
	w.settle(ctx, t)
	found := s.finds(t, w.App)
	for _, where := range []string{"note", "note of the office", "draft", "fact in words", "row of a table", "content of a file", "name of a file"} {
		if i := slices.IndexFunc(found, func(f string) bool { return strings.HasPrefix(f, where+" in ") }); i >= 0 {
			t.Errorf("after its time: %s", found[i])
		}
	}
	w.untouched(t)
	if v := w.look(t, "unit.ceo", open); v.Outcome != "" {
		t.Errorf("the open case has the outcome %q", v.Outcome)
	}
}
