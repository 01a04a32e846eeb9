package casework_test

import (
	"testing"

	"rahgosha/internal/kernel/casework"
)

// An act that needs two persons happens once, with the second of them; before, only the decision is recorded.
func TestAnActOfSeveralPersonsHappensOnceWithTheLast(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	first := k.do("a", "dir.expert", "approve", nil)
	for _, c := range first.Changes {
		if c.Decision == nil {
			t.Errorf("the first of two approvals changed %+v", c)
		}
	}
	if k.s.Number != "" || k.s.Stage != "review" || len(k.s.Published) != 0 || k.clock("office").State != casework.ClockRunning {
		t.Fatalf("after one of two approvals: %s", canonical(t, k.s))
	}
	_, err := k.try("a", "dir.expert", "approve", nil)
	refused(t, err, "casework.approved_already")
	_, err = k.try("a", "dir.deputy", "approve", nil)
	refused(t, err, "casework.approved_already")
	k.do("b", "dir.deputy", "approve", nil)
	if k.s.Number != "SM-1" || k.s.Stage != "done" || len(k.s.Published) != 1 || k.clock("office").State != casework.ClockStopped {
		t.Errorf("after both approvals: %s", canonical(t, k.s))
	}
	if len(k.s.Decisions) != 2 || k.s.Decisions[0].Last || !k.s.Decisions[1].Last {
		t.Errorf("decisions %+v, want two, the second the last", k.s.Decisions)
	}
}

// What one person approved is void once the amount is another; that person may then approve anew, and both are needed.
func TestAChangedFactVoidsTheApprovalsGivenOnIt(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	k.do("a", "dir.expert", "approve", nil)
	k.do("b", "dir.deputy", "amend", map[string]any{"amount": int64(9)})
	if !k.s.Decisions[0].Void {
		t.Fatal("the approval of another amount stands")
	}
	k.do("b", "dir.deputy", "approve", nil)
	if k.s.Stage != "review" {
		t.Fatal("one approval of the new amount was enough")
	}
	k.do("a", "dir.expert", "approve", nil)
	if k.s.Stage != "done" || k.s.Facts["decided"].V != int64(9) {
		t.Errorf("stage %s, decided %v", k.s.Stage, k.s.Facts["decided"].V)
	}
}

// What one of two approved before the case went away and came back is void: the second person's approval alone does not
// let the act happen, and what both approved before stays approved.
func TestAnApprovalThatWaitsEndsWhenTheCaseGoesAway(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	k.do("a", "dir.expert", "approve", nil)
	k.do("a", "dir.expert", "ask", nil)
	if !k.s.Decisions[0].Void {
		t.Fatal("an approval that waited for another stands although the case went back to the unit")
	}
	k.do("m", "unit.ceo", "answer", nil)
	k.do("b", "dir.deputy", "approve", nil)
	if k.s.Stage != "review" {
		t.Fatal("the approval given before the return counted after it")
	}
	k.do("a", "dir.expert", "approve", nil)
	if k.s.Stage != "done" || k.s.Decisions[1].Void || k.s.Decisions[2].Void {
		t.Errorf("stage %s, decisions %+v", k.s.Stage, k.s.Decisions)
	}
}

// Only what waited is voided: a decision that several persons completed is not taken back by a later one that waits.
func TestAPartialVoidLeavesWhatWasCompleted(t *testing.T) {
	t.Parallel()
	s := casework.Apply(nil, &casework.Entry{Province: "p", Case: "c", Seq: 1, Changes: []casework.Change{
		{Decision: &casework.Decision{Action: "approve"}}, {Decision: &casework.Decision{Action: "approve", Last: true}},
		{Decision: &casework.Decision{Action: "approve"}}, {Void: &casework.VoidChange{Action: "approve", Partial: true}},
	}}, "")
	if d := s.Decisions; d[0].Void || d[1].Void || !d[2].Void {
		t.Errorf("decisions %+v, want the third alone void", d)
	}
}
