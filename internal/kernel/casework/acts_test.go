package casework_test

import (
	"testing"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// No procedure may name an act like one that every case knows by itself, and of all other names it may take any.
func TestTheKernelsOwnActsAreNoNamesOfAProcedure(t *testing.T) {
	t.Parallel()
	for _, act := range []string{casework.OpenAction, casework.DraftAction, casework.NoteAction, casework.CorrectAction, casework.ConfirmAction,
		casework.DeclineAction, casework.ScanAction, casework.AssignAction, casework.MigrateAction, casework.StayAction} {
		if !procedure.KernelAct(act) {
			t.Errorf("a procedure may name an act %q, which would never be done", act)
		}
	}
	if procedure.KernelAct("submit") {
		t.Error("a procedure may not name an act submit")
	}
}
