package casework

import (
	"math"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// draw folds what an act drew or gave back. Entries of the first versions do not say which act it was, and fold as they did.
func (s *State) draw(r Reserve) {
	if r.Action == "" {
		return
	}
	now := Draw{Action: r.Action, Budget: r.Budget, Register: r.Register, Item: r.Item}
	i := slices.IndexFunc(s.Draws, func(d Draw) bool {
		d.Amount, d.Void = 0, false
		return d == now
	})
	if i < 0 {
		i, s.Draws = len(s.Draws), append(s.Draws, now)
	}
	d := &s.Draws[i]
	d.Amount += r.Amount
	d.Void = d.Void && r.Amount < 0
}

// voidDraws marks what an act drew on decisions that are void now.
func (s *State) voidDraws(action string) {
	for i := range s.Draws {
		s.Draws[i].Void = s.Draws[i].Void || s.Draws[i].Action == action
	}
}

// giveBack gives back, of some draws, the last first, as much as stands of an amount.
func (t *step) giveBack(most int64, of func(Draw) bool) {
	for _, d := range slices.Backward(slices.Clone(t.s.Draws)) {
		if x := min(most, d.Amount); x > 0 && of(d) {
			t.add(Change{Reserve: &Reserve{Budget: d.Budget, Register: d.Register, Item: d.Item, Amount: -x, Action: d.Action}})
			most -= x
		}
	}
}

// reserve asks for an amount on a budget line; the store draws it by one conditional update in the same transaction. What was drawn on
// the line for a decision that is void is given back first, whichever act decides anew, so that the same is not drawn twice. What the
// case is known to have drawn is given back to where it came from, and never more.
func (t *step) reserve(a *procedure.Action, ef *procedure.Effect) error {
	i := slices.IndexFunc(t.d.Budgets, func(b *procedure.Budget) bool { return b.ID == ef.Name })
	if i < 0 {
		return fault.New(fault.Internal, "casework.no_budget", "budget", ef.Name)
	}
	b := t.d.Budgets[i]
	expr := ef.Rule
	if expr == "" {
		expr = b.Amount
	}
	v, is, err := t.d.Rule(expr, rule.Money).Value(t.input())
	amount, ok := v.(int64)
	of := func(d Draw) bool { return d.Budget == b.ID }
	item, back := t.item(b.Register), ef.Kind == "release"
	switch {
	case back && (err == nil && is == rule.Unknown || ok && amount == 0):
		return nil // nothing was ever drawn: a request withdrawn before its approval
	case back && ok && slices.ContainsFunc(t.s.Draws, of):
		t.giveBack(amount, of)
		return nil
	case err != nil || is == rule.Unknown || !ok || item == "":
		return fault.New(fault.Refused, "casework.reserve_unknown", "budget", b.Title)
	case back: // drawn before entries said by which act
		t.add(Change{Reserve: &Reserve{Budget: b.ID, Register: b.Register, Item: item, Amount: -amount}})
		return nil
	case !inTerm(t.env.Registry, b.Register, t.env.Now): // what is given back goes to where it came from, whenever that ended
		return fault.New(fault.Refused, "casework.reserve_term", "budget", b.Title)
	}
	t.giveBack(math.MaxInt64, func(d Draw) bool { return d.Void && of(d) })
	t.add(Change{Reserve: &Reserve{Budget: b.ID, Register: b.Register, Item: item, Amount: amount, Action: a.ID}})
	return nil
}

// item is the register's item the case chose.
func (t *step) item(register string) string {
	for _, f := range t.d.Facts {
		if f.Register == register {
			if s, ok := t.s.Facts[f.ID].V.(string); ok {
				return s
			}
		}
	}
	return ""
}
