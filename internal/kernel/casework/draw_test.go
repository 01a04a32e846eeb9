package casework_test

import (
	"maps"
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// granting is the small procedure where two who approve draw the amount on a line of a register, and what is finished gives it back.
// A changed amount or line voids the approval.
func granting(t testing.TB) *procedure.Definition {
	t.Helper()
	d := small(t)
	d.Facts = append(d.Facts, &procedure.Fact{ID: "line", Type: "choice", Source: procedure.SourceAsked, Register: "line", Group: "request"})
	d.Budgets = []*procedure.Budget{{ID: "grants", Register: "line", Amount: "amount"}}
	d.Form("amount").Pages[0].Fields = append(d.Form("amount").Pages[0].Fields, &procedure.Field{Fact: "line", Required: "no"})
	d.Approvals[0].Facts = []string{"amount", "line"}
	approve, finish := d.Action("approve"), d.Action("finish")
	approve.Next, approve.Effects = nil, []*procedure.Effect{{Kind: "reserve", Name: "grants"}}
	d.Action("reopen").Effects = approve.Effects
	finish.Effects = []*procedure.Effect{{Kind: "release", Name: "grants"}}
	return d
}

func (k *desk) act(person, role, action string, facts map[string]any) *casework.Entry {
	k.t.Helper()
	env := k.env(person, role)
	env.Registry = map[string]casework.RegistryFact{"line.title": {Value: "a line"}}
	e, err := casework.Step(k.d, k.s, casework.Command{
		Key: "k", Case: "c1", Action: action, Version: k.s.Version, Facts: facts, Note: "because",
	}, env)
	k.must(err)
	k.apply(e)
	return e
}

// balances are what the entries of a case drew on each item.
func balances(log []*casework.Entry) map[string]int64 {
	out := map[string]int64{}
	for _, e := range log {
		for _, c := range e.Changes {
			if c.Reserve != nil {
				out[c.Reserve.Item] += c.Reserve.Amount
			}
		}
	}
	maps.DeleteFunc(out, func(_ string, rial int64) bool { return rial == 0 })
	return out
}

// What an approval drew stays drawn when a correction voids it, until the next one: that gives it back and draws anew, on the line
// and of the amount that then stand. No more is given back than was drawn.
func drawnAnew(t testing.TB, fold folder) {
	t.Helper()
	k := openDesk(t, granting(t), alborz(t), fold, 2, 7)
	k.act("b", "dir.deputy", "amend", map[string]any{"line": "A"})
	approve := func() *casework.Entry {
		k.act("a", "dir.expert", "approve", nil)
		return k.act("b", "dir.deputy", "approve", nil)
	}
	correct := func(facts map[string]any) {
		k.act("a", "dir.expert", "correct", facts)
		k.act("b", "dir.deputy", "confirm", nil)
	}
	want := func(when string, drawn map[string]int64) {
		t.Helper()
		if got := balances(k.log); !maps.Equal(got, drawn) {
			t.Fatalf("%s %v is drawn, want %v", when, got, drawn)
		}
	}
	approve()
	want("once approved", map[string]int64{"A": 5})
	correct(map[string]any{"amount": int64(9)})
	want("once the approval is void", map[string]int64{"A": 5})
	var said []int64
	for _, c := range approve().Changes {
		if c.Reserve != nil {
			said = append(said, c.Reserve.Amount)
		}
	}
	want("once approved anew", map[string]int64{"A": 9})
	if !slices.Equal(said, []int64{-5, 9}) {
		t.Errorf("the journal says %v", said)
	}
	correct(map[string]any{"line": "B"})
	approve()
	want("once approved on another line", map[string]int64{"B": 9})
	correct(map[string]any{"line": "A"})
	k.act("b", "dir.deputy", "finish", nil)
	want("once finished without an approval", nil)
	k.act("b", "dir.deputy", "finish", nil)
	want("finished again", nil)
	approve()
	want("once approved after all", map[string]int64{"A": 9})
	correct(map[string]any{"amount": int64(7)})
	k.act("b", "dir.deputy", "reopen", nil)
	want("once another act decided", map[string]int64{"A": 7})
	journalFolds(t, k, casework.Apply, k.log)
}

func TestWhatAVoidedApprovalDrewIsDrawnAnew(t *testing.T) {
	t.Parallel()
	drawnAnew(t, casework.Apply)
	forgets := func(forget func(s *casework.State)) folder {
		return func(s *casework.State, e *casework.Entry, hash string) *casework.State {
			s = casework.Apply(s, e, hash)
			forget(s)
			return s
		}
	}
	control.Finds(t, "once approved anew map[A:14] is drawn", func(t testing.TB) {
		drawnAnew(t, forgets(func(s *casework.State) { s.Draws = nil })) // a case that does not know what it drew
	})
	control.Finds(t, "once approved anew map[A:14] is drawn", func(t testing.TB) {
		drawnAnew(t, forgets(func(s *casework.State) {
			for i := range s.Draws {
				s.Draws[i].Void = false
			}
		}))
	})
}

// What was drawn before entries said by which act folds as it did, and is given back as it was.
func TestAnEarlierDrawFoldsAsItDid(t *testing.T) {
	t.Parallel()
	k := openDesk(t, granting(t), alborz(t), casework.Apply, 2, 7)
	k.act("b", "dir.deputy", "amend", map[string]any{"line": "A"})
	k.act("a", "dir.expert", "approve", nil)
	env := k.env("b", "dir.deputy")
	env.Registry = map[string]casework.RegistryFact{}
	e, err := casework.Step(k.d, k.s, casework.Command{Key: "k", Case: "c1", Action: "approve", Version: k.s.Version}, env)
	k.must(err)
	for _, c := range e.Changes {
		if c.Reserve != nil {
			c.Reserve.Action = ""
		}
	}
	k.apply(e)
	if k.s.Draws != nil {
		t.Errorf("folds to %+v", k.s.Draws)
	}
	k.act("b", "dir.deputy", "finish", nil)
	if got := balances(k.log); len(got) != 0 || k.s.Draws != nil {
		t.Errorf("%v is drawn after it was given back, %+v", got, k.s.Draws)
	}
}
