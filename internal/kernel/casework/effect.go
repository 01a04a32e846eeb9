package casework

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// effect does one consequence of an act.
func (t *step) effect(a *procedure.Action, ef *procedure.Effect) error {
	switch ef.Kind {
	case "number":
		return t.number(ef)
	case "letter":
		return t.letter(ef)
	case "bind":
		return t.bindTo(ef)
	case "unbind":
		t.add(Change{Bind: &BindChange{Relation: ef.Name}})
		return nil
	case "set":
		return t.set(ef)
	case procedure.EffectTake:
		return t.taken(ef)
	case "open":
		return t.open(ef)
	case "notify":
		t.add(Change{Notify: &NotifyChange{Role: ef.Name, How: ToldNotify, Text: ef.Text}})
		return nil
	case "publish":
		t.add(Change{Publish: ef.Name})
		return nil
	case "notice":
		t.add(Change{Notice: ef.Name})
		t.events = append(t.events, procedure.Event{Kind: "noticed", Name: ef.Name})
		return nil
	case "evaluate":
		t.add(Change{Assessed: t.assess()})
		return nil
	case procedure.EffectFreeze:
		return t.freeze(t.d.Round(ef.Name))
	case procedure.EffectDecide:
		return t.resolve(t.d.Round(ef.Name), a)
	case procedure.EffectIssue:
		return t.issue(t.d.Round(ef.Name), a)
	case "reserve", "release":
		return t.reserve(a, ef)
	default:
		return fault.New(fault.Internal, "casework.effect", "kind", ef.Kind)
	}
}

// number gives the case its number, once.
func (t *step) number(ef *procedure.Effect) error {
	if t.s.Number != "" {
		return nil
	}
	n := t.draw(CaseSeries(t.d, ef.Name))
	if n == "" {
		return fault.New(fault.Internal, "casework.no_number", "series", ef.Name)
	}
	t.add(Change{Number: n})
	return nil
}

// draw takes the next number of a series; no number is given twice.
func (t *step) draw(series string) string {
	i := t.drawn[series]
	if i >= len(t.env.Numbers[series]) {
		return ""
	}
	if t.drawn == nil {
		t.drawn = map[string]int{}
	}
	t.drawn[series]++
	return t.env.Numbers[series][i]
}

// CaseSeries names the series a case number of the procedure is drawn from.
func CaseSeries(d *procedure.Definition, name string) string {
	if name == "" {
		return d.Prefix
	}
	return name
}

func (t *step) letter(ef *procedure.Effect) error {
	l := t.d.Letter(ef.Name)
	if l == nil || t.letters >= min(len(t.env.Tokens), len(t.env.Salts)) {
		return fault.New(fault.Internal, "casework.no_letter", "letter", ef.Name)
	}
	number := t.draw(l.Series)
	if number == "" {
		return fault.New(fault.Internal, "casework.no_number", "series", l.Series)
	}
	ref := LetterRef{
		Code: l.ID, Number: number, At: t.e.At, Token: t.env.Tokens[t.letters], Seq: t.e.Seq,
		Signer: t.signer(l).Person,
	}
	text, bound, err := t.render(l, ref, t.env.Salts[t.letters])
	if err != nil {
		return err
	}
	t.letters++
	ref.Bound = bound
	ref.Text = Value{V: text, Source: procedure.SourceSystem, AsOf: t.e.At}
	t.add(Change{Letter: &ref})
	t.events = append(t.events, procedure.Event{Kind: "sent", Name: l.ID})
	return nil
}

// signer is the actor when it is one of the letter's signers, else who holds the scope by the delegation table.
func (t *step) signer(l *procedure.Letter) Signer {
	if slices.Contains(l.Signers, t.env.Actor.Role) {
		s := t.env.Signers[t.env.Actor.Role]
		if s.Person == t.env.Actor.Person || s.Person == "" {
			return Signer{Person: t.env.Actor.Person, Name: t.env.Actor.Name, Role: t.env.Actor.Role, Post: roleTitle(t.d, t.env.Actor.Role)}
		}
	}
	for _, role := range l.Signers {
		if s, ok := t.env.Signers[role]; ok {
			return s
		}
	}
	return Signer{}
}

func (t *step) bindTo(ef *procedure.Effect) error {
	subject := ""
	kind, name, _ := strings.Cut(ef.From, ":")
	switch kind {
	case "actor":
		subject = t.actorAs(ef.Name)
	case "unit":
		subject = t.s.Unit
	case "fact":
		subject, _ = t.s.Facts[name].V.(string)
	case "parent":
		subject = t.env.Parents[t.s.Parties[name]]
	}
	if subject == "" {
		return fault.New(fault.Refused, "casework.nobody_to_bind", "relation", ef.Name)
	}
	t.add(Change{Bind: &BindChange{Relation: ef.Name, Subject: subject}})
	return nil
}

func (t *step) actorAs(relation string) string {
	i := slices.IndexFunc(t.d.Relations, func(r *procedure.Relation) bool { return r.ID == relation })
	if i < 0 {
		return ""
	}
	switch t.d.Relations[i].As {
	case "body":
		return t.env.Actor.Body
	case "unit":
		return t.env.Actor.Unit
	default:
		return t.env.Actor.Person
	}
}

// set gives a fact the value of a rule. An unknown value sets nothing: unknown never overwrites what is known.
func (t *step) set(ef *procedure.Effect) error {
	f := t.d.Fact(ef.Name)
	v, is, err := t.d.Rule(ef.Rule, procedure.KindOf(f.Type)).Value(t.input())
	if err != nil {
		return fault.Wrap(err, fault.Refused, "casework.set", "fact", f.Title)
	}
	if is == rule.Unknown || v == nil {
		return nil
	}
	stored := procedure.FromRule(f, v)
	if same(t.s.Facts[f.ID].V, stored) {
		return nil
	}
	t.setFact(f.ID, Value{V: stored, Source: procedure.SourceSystem, AsOf: t.e.At})
	return nil
}

// taken gives a fact what a register said when the act was made.
func (t *step) taken(ef *procedure.Effect) error {
	f, got := t.d.Fact(ef.Name), t.env.Taken[ef.Name]
	if got.Err != nil {
		return got.Err
	}
	v, flt := procedure.Coerce(f, got.Value)
	if flt != nil {
		return flt.At(f.ID)
	}
	t.setFact(f.ID, Value{V: v, Source: procedure.SourceSystem, From: ef.From, AsOf: t.e.At})
	return nil
}

func (t *step) open(ef *procedure.Effect) error {
	if t.kids >= len(t.env.ChildIDs) {
		return fault.New(fault.Internal, "casework.no_child", "procedure", ef.Name)
	}
	give := map[string]any{}
	in := t.input()
	for _, name := range slices.Sorted(maps.Keys(ef.Give)) {
		r := t.d.Rule(ef.Give[name], "")
		if slices.ContainsFunc(r.Uses(), t.personal) {
			continue // read again from the registers, sealed (Child.Give)
		}
		v, is, err := r.Value(in)
		if err == nil && is != rule.Unknown && v != nil {
			give[name] = plain(v)
		}
	}
	t.add(Change{Child: &Child{Case: t.env.ChildIDs[t.kids], Procedure: ef.Name, At: t.e.At, Give: give}})
	t.kids++
	return nil
}

func (t *step) personal(fact string) bool {
	f := t.d.Fact(fact)
	return f != nil && f.Personal != nil
}

// plain turns a rule's value into what is stored and given on.
func plain(v any) any {
	if d, ok := v.(jalali.Date); ok {
		return d.Civil()
	}
	return v
}
