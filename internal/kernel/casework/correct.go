package casework

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// correctable says whether a correction may name a fact: what a person or a body has said, of the groups the role sees.
// What a register or a rule says is corrected there.
func correctable(d *procedure.Definition, role string, f *procedure.Fact) bool {
	return f != nil && (f.Source == procedure.SourceAsked || f.Source == procedure.SourceBody) && SeesFact(d, role, f)
}

// mayCorrect says whether the definition lets a role propose corrections.
func mayCorrect(d *procedure.Definition, a Actor) bool {
	return d.Correct != nil && a.OnBehalf == nil && slices.Contains(d.Correct.By, a.Role)
}

// correct proposes a compensating entry with its reason; it takes effect when a second person confirms (kernel.md 13).
func (t *step) correct() (*Entry, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	if err := impartial(t.env); err != nil {
		return nil, err
	}
	if !mayCorrect(t.d, t.env.Actor) {
		return nil, fault.New(fault.Forbidden, "casework.correct_not_yours")
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if t.s.Awaiting != nil {
		return nil, fault.New(fault.Refused, "casework.awaiting")
	}
	if err := t.saysWhy(); err != nil {
		return nil, err
	}
	facts, err := t.corrected()
	if err != nil {
		return nil, err
	}
	roles := t.confirmers(facts)
	if len(roles) == 0 {
		return nil, fault.New(fault.Refused, "casework.nobody_confirms")
	}
	t.e.Kind = KindCorrect
	t.add(Change{Awaiting: &Awaiting{
		Action: CorrectAction, Roles: roles, Since: t.e.At, By: t.env.Actor.Person, Role: t.env.Actor.Role, Seq: t.e.Seq, Facts: facts,
	}})
	t.wanted(locale.Of("casework.confirm_wanted_correction", nil))
	return t.e, nil
}

// wanted tells those who may confirm what awaits that it does.
func (t *step) wanted(text locale.Text) {
	for _, role := range t.s.Awaiting.Roles {
		t.add(Change{Notify: &NotifyChange{Role: role, How: ToldNotify, Text: text}})
	}
}

// answered tells whoever began an act what became of it. Of what earlier versions wrote it is not known in which role they did.
func (t *step) answered(w *Awaiting, key string) {
	if w.Role != "" {
		t.add(Change{Notify: &NotifyChange{Role: w.Role, Person: w.By, How: ToldNotify, Text: locale.Of(key, nil)}})
	}
}

// saysWhy takes the reason down as the entry's note.
func (t *step) saysWhy() error {
	text := strings.TrimSpace(t.cmd.Note)
	if text == "" {
		return fault.New(fault.Invalid, "casework.note_needed").At("note")
	}
	t.setNote(text)
	return nil
}

// decidedOn says whether a decision that stands rests on a fact, or a session is about to decide by it: whom it binds, what money it drew,
// up to what amount somebody may decide. Such a fact is not corrected behind it: ceilings were asked of the amount of then, and the budget
// gave that. Where the procedure says that correcting the fact voids the approval, people decide anew.
func decidedOn(d *procedure.Definition, s *State, f *procedure.Fact) bool {
	if s.Agenda != nil && restsOn(d, f) {
		return true
	}
	return slices.ContainsFunc(s.Decisions, func(x Decision) bool {
		a := d.Action(x.Action)
		return !x.Void && a != nil && actRestsOn(d, a, f) && !slices.ContainsFunc(d.Approvals, func(ap *procedure.Approval) bool {
			return ap.Action == a.ID && slices.Contains(ap.Facts, f.ID)
		})
	})
}

// confirmers are the roles that may confirm and see every fact in question: nobody confirms what they cannot read.
func (t *step) confirmers(facts []FactChange) []string {
	return slices.DeleteFunc(slices.Clone(t.d.Correct.Confirm), func(role string) bool {
		return slices.ContainsFunc(facts, func(c FactChange) bool { return !SeesFact(t.d, role, t.d.Fact(c.Name)) })
	})
}

// corrected gives the facts that a correction changes; what it repeats as it stands is left out.
func (t *step) corrected() ([]FactChange, error) {
	var out []FactChange
	var faults []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(t.cmd.Facts)) {
		f := t.d.Fact(name)
		if !correctable(t.d, t.env.Actor.Role, f) {
			faults = append(faults, fault.New(fault.Invalid, "casework.not_correctable", "fact", name).At(name))
			continue
		}
		v, flt := t.typed(f, t.cmd.Facts[name])
		if flt != nil {
			faults = append(faults, flt.At(name))
			continue
		}
		if !same(t.s.Facts[name].V, v) {
			if decidedOn(t.d, t.s, f) {
				faults = append(faults, fault.New(fault.Refused, "casework.correct_decided", "fact", f.Title).At(name))
				continue
			}
			out = append(out, FactChange{Name: name, Value: Value{V: v, Source: "correction", AsOf: t.e.At, By: t.env.Actor.Person}})
		}
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	if err := t.owns(valuesIn(out)); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "casework.nothing_to_correct").At("facts")
	}
	return out, nil
}

func valuesIn(changes []FactChange) map[string]any {
	out := map[string]any{}
	for _, c := range changes {
		out[c.Name] = c.Value.V
	}
	return out
}

// second lets only another person of the roles named answer what awaits.
func (t *step) second() (*Awaiting, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	if err := impartial(t.env); err != nil {
		return nil, err
	}
	w := t.s.Awaiting
	if w == nil {
		return nil, fault.New(fault.Refused, "casework.nothing_awaits")
	}
	if t.env.Actor.OnBehalf != nil || !slices.Contains(w.Roles, t.env.Actor.Role) {
		return nil, fault.New(fault.Forbidden, "casework.not_your_action", "action", t.cmd.Action)
	}
	if w.By == t.env.Actor.Person {
		return nil, fault.New(fault.Forbidden, "casework.second_person")
	}
	return w, t.version()
}

// decline turns down an act that awaited another person, with a reason; nothing of it takes effect.
func (t *step) decline() (*Entry, error) {
	w, err := t.second()
	if err != nil {
		return nil, err
	}
	if err := t.saysWhy(); err != nil {
		return nil, err
	}
	if w.Action == CorrectAction {
		t.e.Kind = KindCorrect
	}
	t.add(Change{Declined: true})
	t.answered(w, "casework.was_declined")
	return t.e, nil
}

// confirm carries out an act that awaited another person.
func (t *step) confirm() (*Entry, error) {
	w, err := t.second()
	if err != nil {
		return nil, err
	}
	if w.Action == CorrectAction {
		return t.e, t.confirmCorrection(w)
	}
	if text := strings.TrimSpace(t.cmd.Note); text != "" {
		t.setNote(text)
	}
	t.add(Change{Confirmed: true})
	t.answered(w, "casework.was_confirmed")
	a := t.d.Action(w.Action)
	if a == nil {
		return nil, fault.New(fault.NotFound, "casework.no_action", "action", w.Action)
	}
	t.refresh()
	for _, f := range w.Facts {
		t.setFact(f.Name, f.Value)
	}
	t.compute()
	if err := answersFor(t.d, t.s, a, t.env); err != nil {
		return nil, err
	}
	t.add(Change{Did: a.ID})
	if err := proved(a, t.env); err != nil {
		return nil, err
	}
	if !slices.Contains(a.In, t.s.Stage) {
		return nil, fault.New(fault.Refused, "casework.not_open_here", "action", a.Title, "stage", t.stageTitle(t.s.Stage))
	}
	t.cmd.Cites, t.cmd.Reason = w.Cites, w.Reason
	return t.e, t.carry(a)
}

// onceConfirmed gives a case as it is once what awaits is confirmed, but for what registers may say otherwise by then.
func onceConfirmed(d *procedure.Definition, s *State, env Env) *State {
	out := *s
	out.Facts = maps.Clone(s.Facts)
	for _, f := range s.Awaiting.Facts {
		out.Facts[f.Name] = f.Value
	}
	for name, v := range d.Computed(InputOf(d, &out, valuesOf(&out), env)) {
		out.Facts[name] = Value{V: procedure.FromRule(d.Fact(name), v), Source: procedure.SourceComputed}
	}
	return &out
}

// confirmCorrection sets what was proposed, voids the approvals that rest on it, and lets registers and rules follow.
func (t *step) confirmCorrection(w *Awaiting) error {
	if err := t.saysWhy(); err != nil {
		return err
	}
	t.e.Kind = KindCorrect
	t.add(Change{Confirmed: true})
	t.answered(w, "casework.was_confirmed")
	for _, f := range w.Facts {
		if fact := t.d.Fact(f.Name); fact != nil && decidedOn(t.d, t.s, fact) {
			return fault.New(fault.Refused, "casework.correct_decided", "fact", fact.Title)
		}
		f.Value.Verified = t.env.Actor.Person
		t.setFact(f.Name, f.Value)
	}
	t.refresh()
	t.compute()
	return t.move("")
}

// awaiting shows what waits for a second person: the values as they stand and as they would be, of the facts that the caller
// sees.
func (l *looker) awaiting() (*AwaitingView, error) {
	w := l.s.Awaiting
	if w == nil {
		return nil, nil
	}
	v := &AwaitingView{Action: w.Action, Roles: w.Roles, Since: w.Since, By: w.By, Cites: w.Cites, Changes: []Correction{}}
	if a := l.action(w.Action); a != nil {
		v.Title = a.Title
	}
	for _, c := range w.Facts {
		if f := l.d.Fact(c.Name); l.sees(c.Name) {
			v.Changes = append(v.Changes, Correction{Now: l.fact(f, l.s.Facts[c.Name]), To: l.fact(f, c.Value)})
		}
	}
	for _, le := range l.log {
		if le.Leaf.Seq != w.Seq {
			continue
		}
		e, err := l.z.read(le)
		if err != nil || e.Note == nil || !l.readsNote(e) && !slices.Contains(w.Roles, l.who.Actor.Role) {
			return v, err
		}
		err = l.z.open(e.Note, noteLabel(e.Seq))
		v.Reason, _ = e.Note.V.(string)
		return v, err
	}
	return v, nil
}

// correction offers the form that corrects a fact: the facts that are known and that the caller may name.
func (l *looker) correction() (ActionView, bool) {
	if !mayCorrect(l.d, l.who.Actor) {
		return ActionView{}, false
	}
	page := PageView{ID: CorrectAction, Title: locale.Of("casework.correct_facts", nil)}
	for _, f := range l.d.Facts {
		if f.Type == procedure.TypeFile || !correctable(l.d, l.role.ID, f) || l.s.Facts[f.ID].V == nil || decidedOn(l.d, l.s, f) {
			continue
		}
		page.Fields = append(page.Fields, l.field(&procedure.Field{Fact: f.ID, Required: "no"}, f))
	}
	v := ActionView{ID: CorrectAction, Title: locale.Of("casework.correct", nil), Kind: CorrectAction, Note: "required"}
	v.Form = &FormView{ID: CorrectAction, Title: v.Title, Pages: []PageView{page}}
	return v, len(page.Fields) > 0
}
