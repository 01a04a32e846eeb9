package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// unwritable makes the system's act at a branch's late receipt send a letter of which nobody knows a datum.
func unwritable(t testing.TB, w *world) {
	t.Helper()
	w.publishEdited(t, "      - set: {fact: bank_late, rule: \"true\"}\n", "      - set: {fact: bank_late, rule: \"true\"}\n      - letter: L11\n")
}

// A deadline whose act of the system cannot be carried out passes all the same, is told with what failed, and refuses
// nobody's act: whether a person acts first or the waker comes first.
func TestAFailedActOfTheSystemNeitherKeepsADeadlineNorLocksACase(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"a person", "the waker"} {
		w := newWorld(t)
		unwritable(t, w)
		id := w.toBranch(t)
		w.clock.Advance(8 * 24 * time.Hour)
		if first == "the waker" {
			w.wake(t)
		}
		if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "x", NoteFor: "staff"}); got != "" {
			t.Errorf("%s first: a note after the deadline: %s", first, got)
		}
		v := w.look(t, "dir.expert", id)
		if c := clockOf(t, v, "branch_receipt_late"); c.State != casework.ClockBreach {
			t.Errorf("%s first: the deadline is %s, want it passed", first, c.State)
		}
		told := func(role string) func(testing.TB) {
			return func(t testing.TB) {
				n := 0
				for _, e := range v.Timeline {
					for _, x := range e.Told {
						if x.Role == role && x.How == casework.ToldNotify && strings.Contains(x.Text.EN, "could not be carried out") && strings.Contains(x.Text.FA, "علت") {
							n++
						}
					}
				}
				if n != 1 {
					t.Errorf("%s first: %s was told %d times what failed, want once", first, role, n)
				}
			}
		}
		told("dir.expert")(t)
		told(v.Holder.Role)(t)
		control.Finds(t, "want once", told("auditor"))
		w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}})
		w.wake(t)
		w.untouched(t)
	}
}

// without lacks a procedure until it is there.
type without struct {
	casework.Definitions
	procedure string
}

func (d *without) At(ctx context.Context, id string, at int64) (*procedure.Definition, error) {
	if id == d.procedure {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return d.Definitions.At(ctx, id, at)
}

// A deadline that cannot end at all, since the case that it opens has no procedure yet, hinders neither people nor the
// deadlines of other cases, and ends once it can.
func TestADeadlineThatCannotEndHindersNobodyAndEndsLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishEdited(t, "[{remind: bank.branch}, {escalate: bank.head}, {act: mark_late}]}\n  branch_silent", "[{open: experts-board-62}]}\n  branch_silent")
	lacking := &without{w.Engine.Defs, "experts-board-62"}
	w.Engine.Defs = lacking
	stands := w.toBranch(t)
	w.clock.Advance(8 * 24 * time.Hour)
	if got := w.try(t, "dir.expert", casework.Command{Case: stands, Action: casework.NoteAction, Note: "x", NoteFor: "staff"}); got != "" {
		t.Errorf("a note after the deadline: %s", got)
	}
	if c := clockOf(t, w.look(t, "dir.expert", stands), "branch_receipt_late"); c.State != casework.ClockRunning {
		t.Errorf("the deadline is %s, want it to run on", c.State)
	}
	w.clock.Advance(24 * time.Hour)
	other, fresh := w.open(t), w.request()
	fresh["cheque_read_on"] = jalali.FromTime(w.clock.Now()).Slash("en")
	w.carry(t, other, act{who: "unit.ceo", action: "submit", facts: fresh})
	w.clock.Advance(8 * 24 * time.Hour)
	if _, err := w.Engine.Wake(t.Context(), 1); err == nil {
		t.Error("the waker does not say that a deadline cannot end")
	}
	if c := clockOf(t, w.look(t, "dir.expert", other), "completeness_check"); c.State != casework.ClockBreach {
		t.Errorf("the deadline of another case is %s behind it, want it passed", c.State)
	}
	lacking.procedure = ""
	w.wake(t)
	v := w.look(t, "dir.expert", stands)
	if c := clockOf(t, v, "branch_receipt_late"); c.State != casework.ClockBreach || len(v.Children) != 1 {
		t.Errorf("once it could, the deadline is %s with %d cases opened", c.State, len(v.Children))
	}
	w.untouched(t)
}
