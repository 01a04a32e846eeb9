package app

import (
	"testing"
	"time"

	"rahgosha/internal/base/clock"
)

// After a start the books of every procedure are there before a manager asks.
func TestThePacesAreReadAhead(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Clock: now, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if err := a.PublishBuiltin(t.Context(), "consultation", [2]string{"first", "second"}); err != nil {
		t.Fatal(err)
	}
	a.work(a.pace.ahead)
	a.working.Wait()
	defs, err := a.Defs.All(t.Context())
	if err != nil || len(defs) == 0 {
		t.Fatalf("%d definitions: %v", len(defs), err)
	}
	for _, d := range defs {
		if a.pace.by[d.ID] == nil {
			t.Errorf("%s is not read ahead", d.ID)
		}
	}
}
