package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// told gives what cases told a person.
func (w *world) told(t testing.TB, who casework.Caller) (out []string) {
	rows, err := w.Engine.Inbox(t.Context(), who, 0, 20)
	must(t, err)
	for _, x := range rows {
		if x.How != "" {
			out = append(out, fmt.Sprint(x.How, " ", x.Said.EN, " ", x.Case.ID))
		}
	}
	return out
}

// What a case tells reaches whom it concerns and nobody else: the branch it was sent to, its bank's head, and no other
// bank; the office reads in the timeline who was told.
func TestWhatACaseTellsReachesItsReceiverAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toBranch(t)
		w.clock.Advance(20 * 24 * time.Hour)
		w.wake(t)
		w.wake(t) // a second look tells nothing twice
		law := func(other casework.Caller) func(testing.TB) {
			return func(t testing.TB) {
				if got := w.told(t, w.as(t, "bank.branch")); len(got) != 2 || !slices.Contains(got, "remind the branch's receipt "+id) {
					t.Errorf("the branch was told %q, want of two deadlines once", got)
				}
				if got := w.told(t, w.as(t, "bank.head")); len(got) == 0 {
					t.Error("the bank's head was told nothing")
				}
				if got := w.told(t, other); len(got) > 0 {
					t.Errorf("another branch reads %q", got)
				}
			}
		}
		law(w.as(t, "bank.branch.2"))(t)
		control.Finds(t, "another branch reads", law(w.as(t, "bank.branch")))
		told := map[string]string{}
		for _, e := range w.look(t, "dir.expert", id).Timeline {
			for _, x := range e.Told {
				told[x.Role] = x.How
			}
		}
		if told["bank.branch"] != casework.ToldRemind || told["bank.head"] != casework.ToldEscalate {
			t.Errorf("the timeline tells of %v", told)
		}
		for _, e := range w.look(t, "unit.ceo", id).Timeline {
			for _, x := range e.Told {
				t.Errorf("the unit reads what was told to %s", x.Role)
			}
		}
	})
}
