package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
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
	for _, first := range []string{"a person", "the waker"} {
		t.Run(first, func(t *testing.T) { onBoth(t, func(t testing.TB, w *world) { passesWithoutTheAct(t, w, first) }) })
	}
}

func passesWithoutTheAct(t testing.TB, w *world, first string) {
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
func TestADeadlineThatCannotEndHindersNobodyAndEndsLater(t *testing.T) { onBoth(t, cannotEndYet) }

func cannotEndYet(t testing.TB, w *world) {
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

const againLate = casework.AgainVerb + ":branch_receipt_late"

// holds sets what the package of the requests has left.
func (w *world) holds(t testing.TB, rial int64) {
	t.Helper()
	must(t, w.Registry.Adjust(t.Context(), w.Province, "package", "P1", rial-w.left(t)))
}

func (w *world) left(t testing.TB) int64 {
	t.Helper()
	p, err := w.Registry.Item(t.Context(), w.Province, "package", "P1")
	must(t, err)
	return *p.Balance
}

// What the system could not do at a deadline, since the budget was short, it does once the budget is filled and an officer says so:
// nobody else, not before, and once.
func TestAnOfficerHasTheSystemTryAgain(t *testing.T) { onBoth(t, triesAgain) }

func triesAgain(t testing.TB, w *world) {
	w.publishEdited(t, "      - set: {fact: bank_late, rule: \"true\"}\n", "      - set: {fact: bank_late, rule: \"true\"}\n      - reserve: {money: package, rule: amount_rial}\n")
	id := w.toBranch(t)
	again := casework.Command{Case: id, Action: againLate}
	if got := w.try(t, "dir.expert", again); got != "casework.nothing_undone" {
		t.Errorf("before the deadline: %q", got)
	}
	w.holds(t, 5)
	w.clock.Advance(8 * 24 * time.Hour)
	w.wake(t)
	offered := func(login string) bool {
		return slices.ContainsFunc(w.look(t, login, id).Actions, func(a casework.ActionView) bool { return a.ID == againLate })
	}
	for login, may := range map[string]bool{"dir.expert": true, "dir.dg": true, "unit.ceo": false, "bank.branch": false, "council.sec": false, "auditor": false} {
		if offered(login) != may {
			t.Errorf("%s is offered to have the system try again: %v, want %v", login, !may, may)
		}
		if got := w.try(t, login, again); may && got != "casework.again_failed" || !may && got != "casework.again_not_yours" {
			t.Errorf("%s, with the budget still short: %q", login, got)
		}
	}
	if v := w.look(t, "dir.expert", id); factOf(v, "bank_late") != nil || w.left(t) != 5 {
		t.Errorf("an act that failed again left %v and %d rial", factOf(v, "bank_late"), w.left(t))
	}
	const amount = 20_000_000_000
	w.holds(t, amount+7)
	c := again
	c.Key, c.Version = app.NewID(), w.look(t, "dir.dg", id).Version
	doneOnce := func(tries int) func(testing.TB) {
		return func(t testing.TB) {
			for range tries {
				_, err := w.Engine.Act(t.Context(), w.as(t, "dir.expert"), c)
				must(t, err)
			}
			v, n := w.look(t, "dir.expert", id), 0
			for _, e := range v.Timeline {
				if e.What == "done" && e.Action == "mark_late" && e.By == "" || e.Action == againLate && e.Kind == casework.KindActed && e.By == "p-dir.expert" {
					n++
				}
			}
			if factOf(v, "bank_late") != true || w.left(t) != 7 || n != 2 {
				t.Errorf("the act left %v and %d rial, and %d entries of it", factOf(v, "bank_late"), w.left(t), n)
			}
		}
	}
	control.Finds(t, "entries of it", doneOnce(0))
	doneOnce(2)(t) // the second is an echo of the first
	if got := w.try(t, "dir.expert", again); got != "casework.nothing_undone" || offered("dir.expert") {
		t.Errorf("what was done is to be done again: %q, offered %v", got, offered("dir.expert"))
	}
	if c := clockOf(t, w.look(t, "dir.expert", id), "branch_receipt_late"); c.State != casework.ClockBreach {
		t.Errorf("the deadline is %s, though it has passed", c.State)
	}
	w.untouched(t)
}

// What a deadline was for is done meanwhile: nothing is left for the system.
func TestNothingIsTriedAgainOnceTheCaseWentOn(t *testing.T) { onBoth(t, wentOn) }

func wentOn(t testing.TB, w *world) {
	unwritable(t, w)
	id := w.toBranch(t)
	w.clock.Advance(8 * 24 * time.Hour)
	w.wake(t)
	w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}})
	if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: againLate}); got != "casework.nothing_undone" {
		t.Errorf("after the branch has received the file: %q", got)
	}
	w.untouched(t)
}

// The page offers it as a button with a form, in both languages, and says what still keeps the act.
func TestThePageHasTheSystemTryAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unwritable(t, w)
	id := w.toBranch(t)
	w.clock.Advance(8 * 24 * time.Hour)
	w.wake(t)
	at := "/cases/" + id
	expert, branch := newReader(t, w, "dir.expert"), newReader(t, w, "bank.branch")
	if _, page := branch.get(at); strings.Contains(page, at+"/act/again") {
		t.Error("the branch is offered to have the system try again")
	}
	for query, words := range map[string]string{"?lang=en": "Let the system try again", "?lang=fa": "تلاش دوبارهٔ سامانه"} {
		if _, page := expert.get(at + query); !strings.Contains(page, words) || !strings.Contains(page, at+"/act/"+againLate) {
			t.Errorf("the page %s does not offer it", query)
		}
	}
	_, page := expert.get(at + "/act/" + againLate)
	if status, page := expert.post(at+"/act/"+againLate, formOf(page)); status == http.StatusSeeOther || !strings.Contains(page, "سامانه هنوز نمی") && !strings.Contains(page, "still cannot carry out") {
		t.Errorf("an act that fails again: %d %s", status, page)
	}
}
