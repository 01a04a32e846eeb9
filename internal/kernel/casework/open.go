package casework

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Open decides the opening of a case: it stands in the start stage with the registry's facts and what the opener gave.
func Open(d *procedure.Definition, c Command, env Env) (*Entry, error) {
	st, err := openingStage(d, c)
	if err != nil {
		return nil, err
	}
	if err := mayOpen(d, st, c, env); err != nil {
		return nil, err
	}
	c.Action = OpenAction
	t := begin(d, &State{Province: env.Grants.Province, ID: env.CaseID, Definition: d.Hash}, c, env)
	t.s = clone(nil, t.e)
	t.e.Seq, t.e.Kind = 1, KindOpened
	t.add(Change{Opened: &OpenChange{
		Procedure: d.ID, Unit: c.Unit, Subject: env.Subject, Parent: c.Parent, Sample: c.Sample, Imported: c.History != nil,
	}})
	for _, r := range d.Relations {
		if r.As == "unit" && c.Unit != "" {
			t.add(Change{Bind: &BindChange{Relation: r.ID, Subject: c.Unit}})
		}
	}
	t.add(Change{Stage: &StageChange{To: st.ID, Outcome: st.Outcome}})
	t.refresh()
	if err := t.given(c.Facts); err != nil {
		return nil, err
	}
	if c.History != nil {
		if err := t.past(c.History); err != nil {
			return nil, err
		}
	}
	t.compute()
	t.events = append(t.events, procedure.Event{Kind: "opened"}, procedure.Event{Kind: "enter", Name: st.ID})
	if err := t.clocks(); err != nil {
		return nil, err
	}
	t.handOver()
	return t.e, nil
}

func startStage(d *procedure.Definition) *procedure.Stage {
	i := slices.IndexFunc(d.Stages, func(s *procedure.Stage) bool { return s.Start })
	if i < 0 {
		return nil
	}
	return d.Stages[i]
}

// mayOpen lets open who may act in the start stage, for a unit that is the actor's own or that an officer may speak for
// on paper; the system opens children.
func mayOpen(d *procedure.Definition, st *procedure.Stage, c Command, env Env) error {
	a := env.Actor
	if a.Role == systemRole {
		return nil
	}
	if c.History != nil {
		return fault.New(fault.Forbidden, "casework.may_not_open", "procedure", d.Title)
	}
	role := d.Role(a.Role)
	for _, act := range d.Actions {
		if !slices.Contains(act.In, st.ID) || !mayDo(act, a) {
			continue
		}
		if a.OnBehalf != nil {
			return behalf(a.OnBehalf)
		}
		if role != nil && role.Relation != "" && relationAs(d, role.Relation) == "unit" {
			if c.Unit == "" || c.Unit != env.Grants.Unit {
				return fault.New(fault.Forbidden, "casework.not_your_unit")
			}
		}
		return nil
	}
	return fault.New(fault.Forbidden, "casework.may_not_open", "procedure", d.Title)
}

func relationAs(d *procedure.Definition, relation string) string {
	i := slices.IndexFunc(d.Relations, func(r *procedure.Relation) bool { return r.ID == relation })
	if i < 0 {
		return ""
	}
	return d.Relations[i].As
}

// given stores what an opener or a draft brings: typed, but not yet complete.
func (t *step) given(raw map[string]any) error {
	typed := map[string]any{}
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		f := t.d.Fact(name)
		if f == nil || (f.Source != procedure.SourceAsked && t.env.Actor.Role != systemRole) {
			faults = append(faults, fault.New(fault.Invalid, "casework.not_asked", "fact", name).At(name))
			continue
		}
		v, flt := t.typed(f, raw[name])
		if flt != nil {
			faults = append(faults, flt.At(name))
			continue
		}
		typed[name] = v
	}
	if len(faults) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	if err := t.owns(typed); err != nil {
		return err
	}
	t.store(typed)
	return nil
}

// draft saves what a holder has filled so far: nothing need be complete.
func (t *step) draft() (*Entry, error) {
	if err := t.insider(); err != nil {
		return nil, err
	}
	st := t.d.Stage(t.s.Stage)
	if st == nil || st.Final || !t.fills() {
		return nil, fault.New(fault.Refused, "casework.draft_not_here")
	}
	if err := behalf(t.env.Actor.OnBehalf); err != nil {
		return nil, err
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if t.awaited(t.cmd.Facts) {
		return nil, fault.New(fault.Refused, "casework.awaiting")
	}
	t.e.Kind = KindDraft
	for _, name := range slices.Sorted(maps.Keys(t.cmd.Facts)) {
		if !t.mayFill(name) {
			return nil, fault.New(fault.Invalid, "casework.not_asked", "fact", name).At(name)
		}
	}
	if err := t.leaves(t.cmd.Facts); err != nil {
		return nil, err
	}
	t.refresh()
	if err := t.given(t.cmd.Facts); err != nil {
		return nil, err
	}
	t.compute()
	return t.e, nil
}

// awaited says whether a draft would change what waits for a second person: of a correction the facts that it names, of an act any,
// for its rules may read them all. What is confirmed is what was begun.
func (t *step) awaited(raw map[string]any) bool {
	w := t.s.Awaiting
	if w == nil || w.Action != CorrectAction {
		return w != nil
	}
	return slices.ContainsFunc(w.Facts, func(c FactChange) bool {
		said, has := raw[c.Name]
		if f := t.d.Fact(c.Name); has && f != nil {
			v, flt := t.typed(f, said)
			return flt == nil && !same(t.s.Facts[c.Name].V, v)
		}
		return false
	})
}

// leaves refuses a draft that would change what the case already rests on: whom it is bound to, what it draws and up to
// what amount it was decided. Only the form that asks for such a change runs what has to follow from it.
func (t *step) leaves(raw map[string]any) error {
	if st := t.d.Stage(t.s.Stage); st.Start {
		return nil
	}
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		f := t.d.Fact(name)
		if f == nil || t.asksAnew(name) || !restsOn(t.d, f) {
			continue
		}
		if v, flt := t.typed(f, raw[name]); flt == nil && !same(t.s.Facts[name].V, v) {
			faults = append(faults, fault.New(fault.Invalid, "casework.draft_send", "fact", f.Title).At(name))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
}

// asksAnew says whether the form with which the case began asks a fact in this stage again: the request was returned to be
// completed, and all that rests on it is decided after it is filed again.
func (t *step) asksAnew(fact string) bool {
	st := startStage(t.d)
	return st != nil && slices.ContainsFunc(t.d.Actions, func(a *procedure.Action) bool {
		form := t.d.Form(a.Form)
		return form != nil && asks(form, fact) && slices.Contains(a.In, t.s.Stage) && mayDo(a, t.env.Actor) &&
			slices.ContainsFunc(t.d.Actions, func(first *procedure.Action) bool {
				return first.Form == a.Form && slices.Contains(first.In, st.ID)
			})
	})
}

// restsOn says whether a procedure binds somebody by a fact, here or in a case that it opens, draws money by it, or
// measures a delegation by it.
func restsOn(d *procedure.Definition, f *procedure.Fact) bool {
	return slices.ContainsFunc(d.Actions, func(a *procedure.Action) bool { return actRestsOn(d, a, f) }) || slices.ContainsFunc(d.Clocks, func(c *procedure.Clock) bool {
		return slices.ContainsFunc(c.Breach, func(b *procedure.Breach) bool { return b.Kind == "open" && givesBody(d, b.Give, f) })
	})
}

// actRestsOn says the same of one act.
func actRestsOn(d *procedure.Definition, a *procedure.Action, f *procedure.Fact) bool {
	return reads(d, a.Ceiling, f.ID) || slices.ContainsFunc(a.Effects, func(ef *procedure.Effect) bool { return effectRestsOn(d, ef, f) })
}

func effectRestsOn(d *procedure.Definition, ef *procedure.Effect, f *procedure.Fact) bool {
	switch ef.Kind {
	case "bind":
		return ef.From == "fact:"+f.ID
	case "open":
		return givesBody(d, ef.Give, f)
	case "reserve", "release":
		i := slices.IndexFunc(d.Budgets, func(b *procedure.Budget) bool { return b.ID == ef.Name })
		if i < 0 {
			return false
		}
		b := d.Budgets[i]
		return b.Register == f.Register && f.Register != "" || reads(d, cmp.Or(ef.Rule, b.Amount), f.ID)
	default:
		return false
	}
}

// givesBody says whether a case that is opened is given a body by a fact: it binds whom it is given.
func givesBody(d *procedure.Definition, give map[string]string, f *procedure.Fact) bool {
	if !strings.HasPrefix(f.Type, "body:") {
		return false
	}
	for _, expr := range give {
		if reads(d, expr, f.ID) {
			return true
		}
	}
	return false
}

// reads says whether an expression uses a fact, by itself or by one that is computed of it.
func reads(d *procedure.Definition, expr, fact string) bool {
	if expr == "" {
		return false
	}
	r := d.Rule(expr, "")
	return r != nil && slices.ContainsFunc(r.Uses(), func(used string) bool {
		if used == fact {
			return true
		}
		f := d.Fact(used)
		return f != nil && f.Rule != "" && reads(d, f.Rule, fact)
	})
}

// fills says whether the actor has a form to fill in this stage.
func (t *step) fills() bool {
	return slices.ContainsFunc(t.d.Actions, func(a *procedure.Action) bool {
		return slices.Contains(a.In, t.s.Stage) && a.Form != "" && mayDo(a, t.env.Actor)
	})
}

// mayFill says whether a form that the actor may fill in this stage asks a fact: a draft of one stage must not change
// what another stage was decided on.
func (t *step) mayFill(fact string) bool {
	return slices.ContainsFunc(t.d.Actions, func(a *procedure.Action) bool {
		form := t.d.Form(a.Form)
		return form != nil && slices.Contains(a.In, t.s.Stage) && mayDo(a, t.env.Actor) && asks(form, fact)
	})
}

func (t *step) insider() error {
	if !Sees(t.d, t.s, t.env.Actor.Role, t.env.Grants) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return nil
}

// speaker is an insider who may do more than draft.
func (t *step) speaker() error {
	if err := t.insider(); err != nil {
		return err
	}
	return t.voiced()
}

// note leaves a message without an act. It raises no version.
func (t *step) note() (*Entry, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(t.cmd.Note)
	if text == "" {
		return nil, fault.New(fault.Invalid, "casework.note_needed").At("note")
	}
	t.e.Kind = KindNoted
	t.setNote(text)
	return t.e, nil
}
