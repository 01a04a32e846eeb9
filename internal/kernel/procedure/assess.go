package procedure

import (
	"slices"

	"rahgosha/internal/kernel/procedure/rule"
)

// ConditionResult is the explained result of one condition. Because is the smallest set of facts that makes it fail;
// Missing are the facts whose absence keeps it unknown; Person means that a person must look. Remedy is the smallest
// change of facts the applicant controls after which all conditions pass, as stored values, limited here to the facts
// this condition uses; RemedyOK is false when there is none or only the text can say it.
type ConditionResult struct {
	ID       string
	Is       rule.Truth
	Person   bool
	Because  []string
	Missing  []string
	Remedy   map[string]any
	RemedyOK bool
	Failing  *rule.Element
	Trace    []rule.Atom
	Law      string
}

// Assess evaluates the conditions over the facts of a case, computed facts included.
func (d *Definition) Assess(in rule.Input) []ConditionResult {
	if d.Compile() != nil {
		return nil
	}
	in.Facts = d.withComputed(in)
	whole, ok := d.remedy(in)
	out := make([]ConditionResult, 0, len(d.Conditions))
	for i, c := range d.Conditions {
		out = append(out, d.assessOne(c, d.compiled.conditions[i], in, whole, ok))
	}
	return out
}

func (d *Definition) assessOne(c *Condition, r *rule.Rule, in rule.Input, whole map[string]any, ok bool) ConditionResult {
	res := ConditionResult{ID: c.ID, Law: c.Law}
	if r == nil {
		res.Person = true
		return res
	}
	o := r.Eval(in)
	res.Is, res.Missing, res.Failing, res.Trace = o.Is, d.asked(o.Missing, in), o.Failing, o.Trace
	res.Person = o.Person || o.Is == rule.Unknown && c.Unknown == "human"
	if o.Is != rule.NotMet {
		return res
	}
	res.Because = rule.Reason(r, in)
	if !ok {
		return res
	}
	uses := d.baseFacts(r.Uses())
	for _, name := range sortedKeys(whole) {
		if slices.Contains(uses, name) {
			if res.Remedy == nil {
				res.Remedy = map[string]any{}
			}
			res.Remedy[name] = FromRule(d.Fact(name), whole[name])
		}
	}
	res.RemedyOK = len(res.Remedy) > 0
	return res
}

// Remedy is the smallest change, as stored values, after which all conditions pass; false when there is none.
func (d *Definition) Remedy(in rule.Input) (map[string]any, bool) {
	if d.Compile() != nil {
		return nil, false
	}
	in.Facts = d.withComputed(in)
	m, ok := d.remedy(in)
	for name, v := range m {
		m[name] = FromRule(d.Fact(name), v)
	}
	return m, ok
}

func (d *Definition) remedy(in rule.Input) (map[string]any, bool) {
	rules := slices.DeleteFunc(slices.Clone(d.compiled.plain), func(r *rule.Rule) bool { return r == nil })
	if len(rules) != len(d.Conditions) {
		return nil, false
	}
	m, ok := rule.Remedy(rules, in, d.controls())
	if !ok || d.passes(in, m) {
		return m, ok
	}
	return nil, false
}

// passes checks a remedy with the computed facts worked out anew: what it changes may feed them.
func (d *Definition) passes(in rule.Input, change map[string]any) bool {
	next := in
	next.Facts = map[string]any{}
	for k, v := range in.Facts {
		if f := d.Fact(k); f == nil || f.Source != SourceComputed {
			next.Facts[k] = v
		}
	}
	for k, v := range change {
		next.Facts[k] = v
	}
	next.Facts = d.withComputed(next)
	for _, r := range d.compiled.conditions {
		if r.Eval(next).Is != rule.Met {
			return false
		}
	}
	return true
}

// Controlled reports whether the applicant can change a fact: its own side holds it, whether it is asked of it or read
// from a register, as a licence's expiry is.
func (d *Definition) Controlled(f *Fact) bool {
	if f.Source != SourceAsked && f.Source != SourceRegistry {
		return false
	}
	if r := d.Role(f.By); r != nil {
		return r.Side == SideUnit
	}
	return f.By == SideUnit
}

// SideUnit is the applicant's side.
const SideUnit = "unit"

func (d *Definition) controls() []rule.Control {
	var out []rule.Control
	for _, f := range d.Facts {
		if d.Controlled(f) {
			out = append(out, rule.Control{Name: f.ID, Type: ruleType(f), Weight: max(1, f.Weight)})
		}
	}
	return out
}

// baseFacts replaces computed facts by the facts they are computed from.
func (d *Definition) baseFacts(names []string) []string {
	seen := map[string]bool{}
	var out []string
	var visit func(string)
	visit = func(n string) {
		if seen[n] {
			return
		}
		seen[n] = true
		out = append(out, n)
		if f := d.Fact(n); f != nil && f.Source == SourceComputed {
			for _, u := range d.uses(f) {
				visit(u)
			}
		}
	}
	for _, n := range names {
		visit(n)
	}
	return out
}

// Computed gives the computed facts that the known facts decide, as rule values.
func (d *Definition) Computed(in rule.Input) map[string]any {
	out := map[string]any{}
	if d.Compile() != nil {
		return out
	}
	if !slices.ContainsFunc(d.Facts, func(f *Fact) bool { return f.Source == SourceComputed }) {
		return out
	}
	for n, v := range d.withComputed(in) {
		if f := d.Fact(n); f != nil && f.Source == SourceComputed && v != nil {
			out[n] = v
		}
	}
	return out
}

// withComputed adds computed facts round by round: there are at most as many rounds as facts, and a fact that a cycle
// keeps from being known stays unknown.
func (d *Definition) withComputed(in rule.Input) map[string]any {
	var todo []*Fact
	for _, f := range d.Facts {
		if f.Source == SourceComputed {
			todo = append(todo, f)
		}
	}
	facts := make(map[string]any, len(in.Facts)+len(todo))
	for n, v := range in.Facts {
		if f := d.Fact(n); f != nil && f.Source != SourceComputed {
			facts[n] = v
		}
	}
	in.Facts = facts
	for progress := true; progress; {
		progress = false
		todo = slices.DeleteFunc(todo, func(f *Fact) bool {
			v, ok := d.computedValue(f, in)
			if ok {
				facts[f.ID], progress = v, true
			}
			return ok
		})
	}
	return facts
}

// computedValue is what a computed fact's table or rule gives, where that is known.
func (d *Definition) computedValue(f *Fact, in rule.Input) (any, bool) {
	if f.Table != "" {
		got, _ := d.fromTable(f, in)
		return got.Out[f.ID], got.Is == rule.Met
	}
	r := d.Rule(f.Rule, KindOf(f.Type))
	if r == nil {
		return nil, false
	}
	v, is, err := r.Value(in)
	return v, err == nil && is == rule.Met
}

// Input gives stored facts the values rules work with. Unknown names are left out; nil is unknown.
func (d *Definition) Input(stored map[string]any) map[string]any {
	out := make(map[string]any, len(stored))
	for n, v := range stored {
		if f := d.Fact(n); f != nil {
			if x := ToRule(f, v); x != nil {
				out[n] = x
			}
		}
	}
	return out
}
