package app_test

import (
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// older makes the rows what an older program would have written: it counted under other names, knew no search and no
// obligations, and kept a party and a deadline more. Counters are the sum of what its cases add, as they were.
var older = []string{
	"UPDATE case_tally SET key = 'old_' || key WHERE what = 'step'", "UPDATE tally SET key = 'old_' || key WHERE what = 'step'",
	"DELETE FROM case_tally WHERE what = 'since'", "DELETE FROM tally WHERE what = 'since'",
	"UPDATE cases SET search = '', county = '', due = 1", "DELETE FROM obligation",
	"INSERT INTO case_party SELECT province, id, 'old', unit FROM cases",
	"INSERT INTO deadline SELECT province, id, 'old', 'running', 9, 0, 0, 9, '' FROM cases",
}

// Rows that an older program wrote are written anew before anybody acts, and only then: acts go on, and all folds. A command
// that changes nothing refuses them.
func TestRowsOfAnOlderProgramAreWrittenAnew(t *testing.T) {
	t.Parallel()
	control.Finds(t, "replay: ", func(t testing.TB) { rowsRenewed(t, older) })
	rowsRenewed(t, append([]string{"UPDATE projection SET version = version - 1"}, older...))
}

func rowsRenewed(t testing.TB, plant []string) {
	t.Helper()
	w := newWorld(t)
	w.resolves(t)
	id, draft := w.toBranch(t), w.open(t)
	must(t, w.Close())
	triggers(plant...)(t, w)
	asIs := w.Config
	asIs.AsIs = true
	if a, err := app.Open(t.Context(), asIs); len(plant) > len(older) {
		if f, ok := fault.As(err); !ok || f.Key != "app.schema_old" {
			t.Errorf("a command that changes nothing: %v, want app.schema_old", err)
		}
	} else if err == nil {
		must(t, a.Close())
	}
	again, err := app.Open(t.Context(), w.Config)
	must(t, err)
	w.App = again
	replays := func(when string) {
		t.Helper()
		if _, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { t.Errorf("%s, replay: %v", when, d) }); err != nil {
			t.Error(err)
		}
	}
	replays("opened again")
	w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "12"}})
	w.carry(t, draft, act{who: "unit.ceo", action: "submit", facts: w.request()})
	replays("after acts")
}
