package rule

import (
	"errors"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// bindings are the facts of one evaluation as CEL sees them: known values, and patterns for what is unknown.
type bindings struct {
	vals    map[string]any
	unknown []*interpreter.AttributePattern
}

// ResolveName gives a known value.
func (b *bindings) ResolveName(name string) (any, bool) { v, ok := b.vals[name]; return v, ok }

// Parent is none.
func (b *bindings) Parent() cel.Activation { return nil }

// UnknownAttributePatterns gives the unknown facts.
func (b *bindings) UnknownAttributePatterns() []*interpreter.AttributePattern { return b.unknown }

// AsPartialActivation lets CEL see the unknowns.
func (b *bindings) AsPartialActivation() (interpreter.PartialActivation, bool) { return b, true }

// with binds a loop variable above the facts.
func (b *bindings) with(name string, v ref.Val) *bindings {
	vals := maps.Clone(b.vals)
	vals[name] = v
	return &bindings{vals: vals, unknown: b.unknown}
}

func (b *bindings) hide(name string) {
	b.unknown = append(b.unknown, cel.AttributePattern(name))
}

// bind turns the named facts of an input into CEL. A fact of the wrong kind becomes an error value.
func (e *Env) bind(in Input, names []string) *bindings {
	b := &bindings{vals: make(map[string]any, len(names)+2)}
	for _, n := range names {
		e.set(b, n, in.Facts[n])
	}
	b.vals[calendarVar] = calendarVal{in.Calendar}
	if in.Now.IsZero() {
		b.hide(nowVar)
	} else {
		b.vals[nowVar] = in.Now.UnixMicro()
	}
	if in.Today.IsZero() {
		b.hide(todayVar)
	} else {
		b.vals[todayVar] = dateVal(in.Today)
	}
	return b
}

func (e *Env) set(b *bindings, name string, v any) {
	if v == nil {
		b.hide(shield(name))
		return
	}
	val, err := e.value(name, v)
	if err != nil {
		val = types.WrapErr(err)
	}
	b.vals[shield(name)] = val
}

// leaf is what an atom came to.
type leaf struct {
	is      Truth
	err     error
	missing []string
}

func (e *Env) leaf(p cel.Program, b *bindings) leaf {
	v, _, err := p.Eval(b)
	if err != nil {
		return leaf{err: err}
	}
	switch x := v.(type) {
	case types.Bool:
		if x {
			return leaf{is: Met}
		}
		return leaf{is: NotMet}
	case *types.Unknown:
		return leaf{missing: e.trails(x)}
	}
	return leaf{err: errNotTruth}
}

var errNotTruth = errors.New("the value is not a truth value")

// trails names the facts behind an unknown.
func (e *Env) trails(u *types.Unknown) []string {
	set := map[string]bool{}
	for _, id := range u.IDs() {
		ts, _ := u.GetAttributeTrails(id)
		for _, t := range ts {
			if name, ok := e.fact(t.Variable()); ok {
				set[name] = true
			} else {
				set[t.Variable()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// Eval evaluates the rule with its trace. For a rule that is not a truth value, Is is met when the value is known.
func (r *Rule) Eval(in Input) Outcome {
	b := r.env.bind(in, r.uses)
	if r.root == nil {
		return r.evalValue(b)
	}
	leaves := make([]leaf, len(r.atoms))
	for i, a := range r.atoms {
		leaves[i] = r.env.leaf(a.prog, b)
	}
	at := func(a *atom) Truth { return leaves[a.index].is }
	out := Outcome{Is: r.root.fold(at), Trace: r.trace(in, leaves)}
	switch out.Is {
	case Unknown:
		out.blame(r.root, leaves)
	default:
		out.Value = out.Is == Met
		out.Failing = r.failing(r.root, out.Is, b, leaves)
	}
	return out
}

func (r *Rule) evalValue(b *bindings) Outcome {
	v, _, err := r.whole.Eval(b)
	if err != nil {
		return Outcome{Person: true, Err: err.Error()}
	}
	if u, ok := v.(*types.Unknown); ok {
		return Outcome{Missing: r.env.trails(u)}
	}
	got, err := fromCEL(v)
	if err != nil {
		return Outcome{Person: true, Err: err.Error()}
	}
	return Outcome{Is: Met, Value: got}
}

// Value gives the rule's value for computed facts: Met with the value when it is known, Unknown without when a fact is
// missing, and an error when a person must look.
func (r *Rule) Value(in Input) (any, Truth, error) {
	out := r.Eval(in)
	switch {
	case out.Person:
		return nil, Unknown, errors.New(out.Err)
	case out.Is == Unknown:
		return nil, Unknown, nil
	}
	return out.Value, Met, nil
}

func (r *Rule) trace(in Input, leaves []leaf) []Atom {
	out := make([]Atom, len(r.atoms))
	for i, a := range r.atoms {
		t := Atom{Text: a.text, Is: leaves[i].is, Facts: make(map[string]any, len(a.uses))}
		for _, n := range a.uses {
			t.Facts[n] = in.Facts[n]
		}
		if leaves[i].err != nil {
			t.Err = leaves[i].err.Error()
		}
		out[i] = t
	}
	return out
}

// blame gathers what keeps the rule undecided: only undecided parts of undecided parts matter.
func (o *Outcome) blame(root *node, leaves []leaf) {
	set := map[string]bool{}
	at := func(a *atom) Truth { return leaves[a.index].is }
	var walk func(*node)
	walk = func(n *node) {
		if n.fold(at) != Unknown {
			return
		}
		for _, k := range n.kids {
			walk(k)
		}
		if n.op == opAtom {
			o.charge(leaves[n.atom.index], set)
		}
	}
	walk(root)
	o.Missing = slices.Sorted(maps.Keys(set))
}

func (o *Outcome) charge(l leaf, set map[string]bool) {
	for _, m := range l.missing {
		set[m] = true
	}
	if l.err != nil && !o.Person {
		o.Person, o.Err = true, l.err.Error()
	}
}

// failing finds the element that decided: of an all() that failed, or of an exists() that was found where none should
// be. Only parts that decided the rule against the applicant are searched.
func (r *Rule) failing(n *node, is Truth, b *bindings, leaves []leaf) *Element {
	if is == Unknown || r.root.fold(func(a *atom) Truth { return leaves[a.index].is }) != NotMet {
		return nil
	}
	if n.op == opAtom {
		return r.decider(n.atom, is, b)
	}
	at := func(a *atom) Truth { return leaves[a.index].is }
	want := is
	if n.op == opNot {
		want = -is
	}
	for _, k := range n.kids {
		if k.fold(at) != want {
			continue
		}
		if el := r.failing(k, want, b, leaves); el != nil {
			return el
		}
	}
	return nil
}

func (r *Rule) decider(a *atom, is Truth, b *bindings) *Element {
	if a.each == nil || (a.each.all && is != NotMet) || (!a.each.all && is != Met) {
		return nil
	}
	list, _, err := a.each.over.Eval(b)
	if err != nil {
		return nil
	}
	for i, el := range elements(list) {
		if r.env.leaf(a.each.test, b.with(a.each.local, el)).is == is {
			v, _ := fromCEL(el)
			return &Element{Fact: a.each.fact, Index: place(el, i), Value: v}
		}
	}
	return nil
}

// place is a row's index in its table, which a filter may have moved.
func place(el ref.Val, i int) int {
	if r, ok := el.(*row); ok {
		return r.index
	}
	return i
}
