package casework

import (
	"fmt"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// carry does what an act does once it is allowed and complete: guards, decision, way, effects, clocks, holder. An act that
// needs several persons only records their decisions until the last of them; then it happens, once.
func (t *step) carry(a *procedure.Action) error {
	if t.approvedBy(a, t.env.Actor.Person) {
		return fault.New(fault.Refused, "casework.approved_already", "action", a.Title)
	}
	if err := t.guards(a); err != nil {
		return err
	}
	if t.unscored(a) {
		return t.move("") // others have still to score
	}
	last := t.last(a)
	if err := t.decide(a, last); err != nil {
		return err
	}
	if !last {
		return nil
	}
	to, err := t.way(a)
	if err != nil {
		return err
	}
	t.events = append(t.events, procedure.Event{Kind: "action", Name: a.ID})
	for _, v := range a.Voids {
		t.add(Change{Void: &VoidChange{Action: v, Cause: a.ID}})
	}
	for _, ef := range a.Effects {
		if err := t.effect(a, ef); err != nil {
			return err
		}
	}
	t.compute()
	return t.move(to)
}

// guards are met, or the act is refused with what to do; an unknown guard names the facts it misses.
func (t *step) guards(a *procedure.Action) error {
	in := t.input()
	var failed []*fault.Fault
	for _, g := range a.Guards {
		out := t.d.Rule(g.Rule, rule.Bool).Eval(in)
		if out.Is == rule.Met {
			continue
		}
		if len(out.Missing) > 0 {
			failed = append(failed, fault.New(fault.Refused, "casework.guard_unknown", "text", g.Text, "missing", t.titles(out.Missing)))
			continue
		}
		failed = append(failed, fault.New(fault.Refused, "casework.guard", "text", g.Text))
	}
	if len(failed) > 0 {
		return fault.New(fault.Refused, "casework.guards", "count", len(failed)).With(failed...)
	}
	return nil
}

// decide records a decision with every condition explained. Only a condition that is not met can carry a refusal:
// unknown never refuses (kernel.md 8, 9). A grant stands on conditions that are met, or that a person looked at.
func (t *step) decide(a *procedure.Action, last bool) error {
	plain := a.Kind == "" || a.Kind == "return" || a.Kind == "withdraw" || a.Kind == "correct"
	if plain && !several(t.d, a) {
		return nil
	}
	d := Decision{
		Action: a.ID, Kind: a.Kind, Cites: t.cmd.Cites, Reason: t.cmd.Reason, By: t.env.Actor, At: t.e.At, Seq: t.e.Seq,
		Last: several(t.d, a) && last,
	}
	d.By.Name = ""
	if a.Cites || a.Kind == "grant" {
		d.Conditions = t.assess()
	}
	if err := t.cites(a, d.Conditions); err != nil {
		return err
	}
	if err := t.grants(a, d.Conditions); err != nil {
		return err
	}
	t.add(Change{Decision: &d})
	return nil
}

func (t *step) cites(a *procedure.Action, conds []Assessed) error {
	if !a.Cites {
		return nil
	}
	if len(t.cmd.Cites) == 0 {
		return fault.New(fault.Invalid, "casework.cite_needed").At("cites")
	}
	for _, id := range t.cmd.Cites {
		i := slices.IndexFunc(conds, func(c Assessed) bool { return c.ID == id })
		if i < 0 {
			return fault.New(fault.Invalid, "casework.no_condition", "condition", id).At("cites")
		}
		if conds[i].Is != rule.NotMet.String() {
			return fault.New(fault.Refused, "casework.cite_not_failing", "condition", id).At("cites")
		}
	}
	return nil
}

func (t *step) grants(a *procedure.Action, conds []Assessed) error {
	if a.Kind != "grant" {
		return nil
	}
	for _, c := range conds {
		switch {
		case c.Is == rule.NotMet.String():
			return fault.New(fault.Refused, "casework.grant_not_met", "condition", c.ID)
		case c.Is == rule.Unknown.String() && !t.human(c.ID):
			return fault.New(fault.Refused, "casework.grant_unknown", "condition", c.ID, "missing", t.titles(c.Missing))
		case c.Is == rule.Unknown.String() && t.e.Note == nil:
			return fault.New(fault.Invalid, "casework.grant_note", "condition", c.ID).At("note")
		}
	}
	return nil
}

func (t *step) human(condition string) bool {
	i := slices.IndexFunc(t.d.Conditions, func(c *procedure.Condition) bool { return c.ID == condition })
	return i >= 0 && t.d.Conditions[i].Unknown == "human"
}

// assess explains every condition, and records the rows of dated tables that they rest on.
func (t *step) assess() []Assessed {
	in := t.input()
	for _, f := range t.d.Facts {
		if f.Table != "" {
			t.usedRow(f.ID, t.d.RowOf(f.ID, in))
		}
	}
	return assessed(t.d, in)
}

func assessed(d *procedure.Definition, in rule.Input) []Assessed {
	results := d.Assess(in)
	out := make([]Assessed, 0, len(results))
	for _, r := range results {
		a := Assessed{ID: r.ID, Is: r.Is.String(), Person: r.Person, Because: r.Because, Missing: r.Missing, Remedy: remedyOf(d, r)}
		if r.Failing != nil {
			a.Failing = fmt.Sprintf("%s[%d]", r.Failing.Fact, r.Failing.Index+1)
		}
		out = append(out, a)
	}
	return out
}

// way finds where the act leads and checks the exit and entry criteria.
func (t *step) way(a *procedure.Action) (string, error) {
	to, err := t.next(a)
	if err != nil || to == "" || to == t.s.Stage {
		return "", err
	}
	from, dest := t.d.Stage(t.s.Stage), t.d.Stage(to)
	in := t.input()
	if from.Exit != "" && a.Kind != "withdraw" && t.env.Actor.Role != systemRole && t.d.Rule(from.Exit, rule.Bool).Eval(in).Is != rule.Met {
		return "", fault.New(fault.Refused, "casework.exit", "stage", from.Title)
	}
	if dest.Enter != "" && t.d.Rule(dest.Enter, rule.Bool).Eval(in).Is != rule.Met {
		return "", fault.New(fault.Refused, "casework.enter", "stage", dest.Title)
	}
	return to, nil
}

func (t *step) next(a *procedure.Action) (string, error) {
	if len(a.Next) == 0 {
		return "", nil
	}
	in := t.input()
	for _, n := range a.Next {
		if n.If == "" || t.d.Rule(n.If, rule.Bool).Eval(in).Is == rule.Met {
			return n.To, nil
		}
	}
	return "", fault.New(fault.Refused, "casework.no_way", "action", a.Title)
}

// move enters a stage, lets the clocks hear of everything that happened, and hands the case to its holder.
func (t *step) move(to string) error {
	if to != "" {
		t.lapse(t.e.Action)
		from := t.s.Stage
		st := t.d.Stage(to)
		t.add(Change{Stage: &StageChange{From: from, To: to, Outcome: st.Outcome}})
		t.voidPartial(to)
		if st.Final {
			t.dropRounds()
		}
		t.events = append(t.events, procedure.Event{Kind: "leave", Name: from}, procedure.Event{Kind: "enter", Name: to})
	}
	if err := t.clocks(); err != nil {
		return err
	}
	t.handOver()
	return nil
}

// handOver names the one accountable holder of the stage.
func (t *step) handOver() {
	st := t.d.Stage(t.s.Stage)
	h := Holder{Since: t.e.At}
	if st != nil && !st.Final {
		h.Role = st.Holder
		if r := t.d.Role(st.Holder); r != nil {
			h.Side = r.Side
			if r.Relation != "" {
				h.Subject = t.s.Parties[r.Relation]
			} else if officer := t.s.Assigned[st.Holder]; !slices.Contains(t.env.Gone, officer) {
				h.Subject = officer
			}
		}
	}
	now := t.s.Holder
	if now.Role == h.Role && now.Subject == h.Subject && now.Side == h.Side && now.Since > 0 {
		return
	}
	t.add(Change{Holder: &h})
}

func (t *step) titles(facts []string) locale.Text {
	return factTitles(t.d, facts)
}
