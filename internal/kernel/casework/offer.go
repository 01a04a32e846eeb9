package casework

import (
	"slices"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// actions lists the acts open to the caller now, each with its form and what still blocks it.
func (l *looker) actions() []ActionView {
	out := []ActionView{}
	if l.env.Part {
		return out
	}
	if !l.mute() {
		out = append(append(out, l.answers()...), append(l.onObligations(), l.onConsult()...)...)
	}
	if l.s.Awaiting != nil {
		return l.confirmation(out)
	}
	env := l.env
	env.Grants.Speaks = true // an act that only waits for the caller's voice is shown with what gives it
	for _, a := range l.d.Actions {
		if !slices.Contains(a.In, l.s.Stage) {
			continue
		}
		role, ok := l.speaksFor(a)
		if !ok {
			continue
		}
		if role != l.who.Actor.Role {
			env.Actor.OnBehalf = &OnBehalf{Role: role, Source: "paper"}
		} else {
			env.Actor.OnBehalf = nil
		}
		if authorize(l.d, l.s, a, env) != nil || !bringsAmount(l.d, a) && withinCeiling(l.s, a, env) != nil || begin(l.d, l.s, Command{}, env).approvedBy(a, env.Actor.Person) {
			continue
		}
		if sc := l.d.Score(a.Score); sc != nil && mayScore(l.s, sc, l.who.Actor.Person) != nil {
			continue
		}
		v := l.offer(a)
		if l.mute() {
			v.Blocked = append(v.Blocked, locale.Of("casework.claim_needed", nil))
		}
		v.Behalf, v.For = role != l.who.Actor.Role, role
		out = append(out, v)
	}
	if v, ok := l.correction(); ok && !l.mute() {
		out = append(out, v)
	}
	if !l.mute() {
		out = append(out, l.undone()...)
	}
	return out
}

func (l *looker) confirmation(out []ActionView) []ActionView {
	w := l.s.Awaiting
	if l.mute() || !slices.Contains(w.Roles, l.who.Actor.Role) || w.By == l.who.Actor.Person {
		return out
	}
	note := "optional"
	if w.Action == CorrectAction {
		note = "required"
	}
	confirm := ActionView{ID: ConfirmAction, Title: locale.Of("casework.confirm", nil), Kind: ConfirmAction, Main: true, Note: note}
	a := l.d.Action(w.Action)
	if a != nil {
		confirm.Prove = proved(a, l.env) != nil
	}
	if a == nil || answersFor(l.d, onceConfirmed(l.d, l.s, l.env), a, l.env) == nil {
		out = append(out, confirm)
	}
	return append(out, ActionView{ID: DeclineAction, Title: locale.Of("casework.decline", nil), Kind: DeclineAction, Note: "required"})
}

// speaksFor says as which role the caller could do the action: its own, or one it may enter the word of.
func (l *looker) speaksFor(a *procedure.Action) (string, bool) {
	if slices.Contains(a.By, l.who.Actor.Role) {
		return l.who.Actor.Role, true
	}
	if slices.Contains(a.OnBehalf, l.who.Actor.Role) {
		for _, r := range a.By {
			if r != systemRole && r != procedure.RoundRole {
				return r, true
			}
		}
	}
	return "", false
}

func (l *looker) offer(a *procedure.Action) ActionView {
	v := ActionView{ID: a.ID, Title: a.Title, Kind: a.Kind, Main: a.Main, Citing: a.Cites, Note: a.Note, Prove: proved(a, l.env) != nil}
	if v.Note == "" {
		v.Note = "optional"
	}
	for _, g := range a.Guards {
		r := l.d.Rule(g.Rule, rule.Bool)
		if is := r.Eval(l.input).Is; is == rule.NotMet || is == rule.Unknown && !l.asks(a, r) {
			v.Blocked = append(v.Blocked, g.Text)
		}
	}
	if a.Cites {
		v.Cites = l.citable()
	}
	if a.Reasons != "" {
		v.Reasons = l.reasons(a.Reasons)
	}
	v.Form = l.formOf(a)
	for _, ef := range a.Effects {
		if ef.Kind == procedure.EffectTake {
			v.Takes = append(v.Takes, ef.From)
		}
	}
	return v
}

// asks says whether the action's own form asks for a fact that a guard reads: nobody is told that it is not met before
// they have answered.
func (l *looker) asks(a *procedure.Action, guard *rule.Rule) bool {
	f := l.d.Form(a.Form)
	return f != nil && slices.ContainsFunc(guard.Uses(), func(fact string) bool { return f.Field(fact) != nil })
}

// citable are the conditions that are not met now: the only lawful reasons to refuse.
func (l *looker) citable() []ConditionRef {
	if l.conds == nil {
		l.conds = l.d.Assess(l.input)
	}
	out := []ConditionRef{}
	for i, r := range l.conds {
		if r.Is == rule.NotMet {
			out = append(out, ConditionRef{ID: r.ID, Text: l.d.Conditions[i].Text})
		}
	}
	return out
}

func (l *looker) reasons(table string) []procedure.ReasonRow {
	var out []procedure.ReasonRow
	for _, r := range l.d.Reasons {
		if r.ID != table {
			continue
		}
		for i := range r.Rows {
			if inForce(&r.Rows[i], day(l.env.Now)) && !r.Rows[i].Barred {
				out = append(out, r.Rows[i])
			}
		}
	}
	return out
}

// formOf is the page of an act: its form, the questions of its round, or the points of its score.
func (l *looker) formOf(a *procedure.Action) *FormView {
	if sc := l.d.Score(a.Score); sc != nil {
		return l.scoreForm(sc)
	}
	var v *FormView
	if f := l.d.Form(a.Form); f != nil {
		v = l.form(f)
	}
	if r := l.d.Decides(a); r != nil {
		if v == nil {
			v = &FormView{ID: r.ID, Title: r.Title}
		}
		v.Pages = append(v.Pages, l.decidePages(r)...)
	}
	return v
}

func (l *looker) form(f *procedure.Form) *FormView {
	v := &FormView{ID: f.ID, Title: f.Title}
	for _, p := range f.Pages {
		pv := PageView{ID: p.ID, Title: p.Title, Text: p.Text}
		for _, q := range p.Fields {
			if def := l.d.Fact(q.Fact); def != nil {
				pv.Fields = append(pv.Fields, l.field(q, def))
			}
		}
		v.Pages = append(v.Pages, pv)
	}
	return v
}

func (l *looker) field(q *procedure.Field, def *procedure.Fact) FieldView {
	v := FieldView{
		Fact: l.fact(def, l.shown(def)), Required: q.Required, Hint: q.Hint, Min: def.Min, Max: def.Max,
		Register: def.Register, Document: def.Document, Visible: true, Needed: l.neededBy(def.ID),
	}
	for _, c := range def.Columns {
		v.Columns = append(v.Columns, l.column(c))
	}
	if v.Hint.IsZero() {
		v.Hint = def.Hint
	}
	if q.Visible != "" {
		v.Visible = l.d.Rule(q.Visible, rule.Bool).Eval(l.input).Is == rule.Met
	}
	v.Options = l.options(def)
	return v
}

// options are the answers of a choice: its own, or the coded reasons in force.
func (l *looker) options(def *procedure.Fact) []procedure.Option {
	out := def.Options
	if def.Reasons != "" {
		for _, r := range l.reasons(def.Reasons) {
			out = append(out, procedure.Option{Code: r.Code, Title: r.Title})
		}
	}
	return out
}

func (l *looker) column(c *procedure.Fact) ColumnView {
	return ColumnView{
		Name: c.ID, Title: c.Title, Type: c.Type, Hint: c.Hint, Options: l.options(c), Min: c.Min, Max: c.Max, Register: c.Register,
		Personal: c.Personal != nil,
	}
}

// shown is the present value of a question, empty where the role enters a fact that it may not read.
func (l *looker) shown(def *procedure.Fact) Value {
	if !l.sees(def.ID) {
		return Value{}
	}
	return l.s.Facts[def.ID]
}

// neededBy names the conditions whose rule uses a fact, so that a form says why it asks.
func (l *looker) neededBy(fact string) []string {
	out := []string{}
	for _, c := range l.d.Conditions {
		if r := l.d.Rule(c.Rule, rule.Bool); r != nil && slices.Contains(r.Uses(), fact) {
			out = append(out, c.ID)
		}
	}
	return out
}
