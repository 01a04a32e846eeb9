package app_test

import (
	"slices"
	"testing"
	"time"

	"rahgosha/internal/kernel/procedure"
)

func TestSimulationNamesTheCasesThatANewVersionWouldChangeAndWritesNothing(t *testing.T) {
	onBoth(t, simulated)
}

func simulated(t testing.TB, w *world) {
	t.Helper()
	draft, waiting := w.open(t), w.toDecision(t)
	before := w.look(t, "dir.deputy", waiting)
	folder := second(t, "{draft: pin, decision: forward}")
	sim, _, err := w.dryRun(t.Context(), folder, nil)
	must(t, err)
	if sim.Looked != 2 || sim.Modes["pin"] != 1 || sim.Modes["forward"] != 1 || sim.Changed["clocks"] != 1 || len(sim.Cases) != 1 {
		t.Fatalf("%+v", sim)
	}
	c := sim.Cases[0]
	if !slices.ContainsFunc(sim.Words, func(c procedure.Change) bool {
		return c.Text.FA == "مهلت «مهلت تصمیم» از ۵ روز کاری به ۷ روز کاری تغییر کرد."
	}) {
		t.Errorf("the longer deadline is not said: %+v", sim.Words)
	}
	if c.Case != waiting || len(c.Clocks) != 1 || c.Clocks[0].ID != "decision_due" || c.Clocks[0].Old == c.Clocks[0].New {
		t.Errorf("%+v", c)
	}
	after := w.look(t, "dir.deputy", waiting)
	if after.Procedure.Version != "1.0" || len(after.Timeline) != len(before.Timeline) || after.Version != before.Version {
		t.Error("a dry run changed a case")
	}
	if one, _, err := w.dryRun(t.Context(), folder, []string{draft}); err != nil || one.Looked != 1 || len(one.Cases) != 0 {
		t.Errorf("%+v %v", one, err)
	}
	// What the dry run said is what comes.
	w.publish(t, folder)
	must(t, w.MigrateRunning(t.Context()))
	if now := due(t, w.look(t, "dir.deputy", waiting), "decision_due"); instant(now) != c.Clocks[0].New {
		t.Errorf("the dry run said %s and %s came", c.Clocks[0].New, instant(now))
	}
}

func instant(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05Z") }
