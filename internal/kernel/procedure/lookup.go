package procedure

import "slices"

func find[T any](list []*T, ok func(*T) bool) *T {
	if i := slices.IndexFunc(list, ok); i >= 0 {
		return list[i]
	}
	return nil
}

// Stage gives a stage by id, nil when there is none.
func (d *Definition) Stage(id string) *Stage {
	return find(d.Stages, func(s *Stage) bool { return s.ID == id })
}

// StartStage gives the stage a case opens in.
func (d *Definition) StartStage() *Stage {
	return find(d.Stages, func(s *Stage) bool { return s.Start })
}

// HistoryStage gives the stage in which cases of the past open, nil where the procedure takes none.
func (d *Definition) HistoryStage() *Stage {
	return find(d.Stages, func(s *Stage) bool { return s.History })
}

// Action gives an action by id, nil when there is none.
func (d *Definition) Action(id string) *Action {
	return find(d.Actions, func(a *Action) bool { return a.ID == id })
}

// Fact gives a fact by id, nil when there is none.
func (d *Definition) Fact(id string) *Fact {
	return find(d.Facts, func(f *Fact) bool { return f.ID == id })
}

// Form gives a form by id, nil when there is none.
func (d *Definition) Form(id string) *Form {
	return find(d.Forms, func(f *Form) bool { return f.ID == id })
}

// Letter gives a letter by id, nil when there is none.
func (d *Definition) Letter(id string) *Letter {
	return find(d.Letters, func(l *Letter) bool { return l.ID == id })
}

// Clock gives a clock by id, or that of one obligation by the obligation's key; nil when there is none.
func (d *Definition) Clock(id string) *Clock {
	if c := d.clockOf(id); c != nil {
		return c
	}
	return find(d.Clocks, func(c *Clock) bool { return c.ID == id })
}

// Role gives a role by id, nil when there is none.
func (d *Definition) Role(id string) *Role {
	return find(d.Roles, func(r *Role) bool { return r.ID == id })
}

// Condition gives a condition by id, nil when there is none.
func (d *Definition) Condition(id string) *Condition {
	return find(d.Conditions, func(c *Condition) bool { return c.ID == id })
}

// Law gives a legal basis by id, nil when there is none.
func (d *Definition) Law(id string) *Law {
	return find(d.Laws, func(l *Law) bool { return l.ID == id })
}

// Decision gives a decision table by id, nil when there is none.
func (d *Definition) Decision(id string) *Decision {
	return find(d.Decisions, func(t *Decision) bool { return t.ID == id })
}

// Budget gives a line of money by id, nil when there is none.
func (d *Definition) Budget(id string) *Budget {
	return find(d.Budgets, func(b *Budget) bool { return b.ID == id })
}

// Relation gives a relation by id, nil when there is none.
func (d *Definition) Relation(id string) *Relation {
	return find(d.Relations, func(r *Relation) bool { return r.ID == id })
}
