package procedure

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/kernel/procedure/rule"
)

// facts proves that every fact that is used comes from somewhere: asked by a form, read from a register, computed, set.
func (c *checker) facts() {
	asked := c.asked()
	set := c.setFacts()
	for _, f := range c.d.Facts {
		switch f.Source {
		case SourceAsked, SourceBody:
			if !asked[f.ID] && !set[f.ID] {
				c.err(f.Pos, "fact_not_asked", "fact", textOf(f.Title, f.ID))
			}
		case SourceSystem:
			if !set[f.ID] {
				c.err(f.Pos, "fact_not_set", "fact", textOf(f.Title, f.ID))
			}
		}
	}
}

// asked gives the facts that a form of some action asks.
func (c *checker) asked() map[string]bool {
	out := map[string]bool{}
	for _, a := range c.d.Actions {
		if f := c.d.Form(a.Form); f != nil {
			for _, id := range f.Facts() {
				out[id] = true
			}
		}
	}
	for _, o := range c.d.Obligation {
		for _, id := range o.Evidence {
			out[id] = true
		}
	}
	return out
}

func (c *checker) setFacts() map[string]bool {
	out := map[string]bool{}
	for _, a := range c.d.Actions {
		for _, e := range a.Effects {
			if e.Kind == "set" || e.Kind == EffectTake {
				out[e.Name] = true
			}
		}
		if s := c.d.Score(a.Score); s != nil {
			out[s.Fact()] = true
		}
	}
	for _, o := range c.d.Obligation {
		out[o.Fact()] = true
	}
	for _, x := range c.d.Consult {
		out[x.Fact()], out[x.Count()] = true, true
	}
	return out
}

// Facts lists what a form asks, in order.
func (f *Form) Facts() []string {
	var out []string
	for _, p := range f.Pages {
		for _, q := range p.Fields {
			out = append(out, q.Fact)
		}
	}
	return out
}

// personalTypes are the types that say something of a person by themselves.
var personalTypes = []string{"id:national_code", "id:mobile", "id:iban", "id:bank_card", "email", "person", TypeGeo}

// Sensitive reports whether a fact of this type is personal whatever it is called.
func Sensitive(typ string) bool {
	return slices.Contains(personalTypes, strings.TrimSuffix(typ, "_raw"))
}

// personal proves that personal facts declare purpose and retention (kernel.md 16).
func (c *checker) personal() {
	for _, f := range c.d.Facts {
		if f.Personal != nil {
			continue
		}
		if Sensitive(f.Type) {
			c.err(c.at("facts/"+f.ID+"/type", f.Pos), "personal_undeclared", "fact", textOf(f.Title, f.ID), "type", f.Type)
		}
		for _, col := range f.Columns {
			if Sensitive(col.Type) && col.Personal == nil {
				c.err(c.at("facts/"+f.ID+"/columns/"+col.ID+"/type", col.Pos), "personal_undeclared", "fact", textOf(col.Title, f.ID+"."+col.ID), "type", col.Type)
			}
		}
	}
}

// computed proves that no computed fact needs itself.
func (c *checker) computed() {
	uses := map[string][]string{}
	env, err := rule.NewEnv(c.d.Schema())
	if err != nil {
		return
	}
	for _, f := range c.d.Facts {
		switch t := c.d.DatedTable(f.Table); {
		case f.Source != SourceComputed:
		case t != nil:
			uses[f.ID] = append(slices.Clone(t.Inputs), t.DatedBy)
		case f.Rule != "":
			if r, _ := env.Compile(f.Rule, KindOf(f.Type)); r != nil {
				uses[f.ID] = r.Uses()
			}
		}
	}
	for _, f := range c.d.Facts {
		var from []string
		from = append(from, uses[f.ID]...)
		if reach(from, func(id string) []string { return uses[id] })[f.ID] {
			c.err(c.at("facts/"+f.ID+"/rule", f.Pos), "rule_cycle", "fact", textOf(f.Title, f.ID))
		}
	}
}

// conditions warns where the machine cannot work out a remedy, and wants the ids to be numbers people can cite.
func (c *checker) conditions() {
	for _, x := range c.d.Conditions {
		if !conditionID(x.ID) {
			c.err(x.Pos, "condition_id", "id", x.ID)
		}
		if c.d.compiled == nil {
			continue
		}
		if r := c.d.Rule(x.Rule, rule.Bool); r != nil && !r.Decomposable() {
			c.warn(c.at("conditions/"+x.ID+"/rule", x.Pos), "remedy_by_text", "condition", x.ID)
		}
	}
}

func conditionID(id string) bool {
	return len(id) > 1 && id[0] == 'C' && strings.Trim(id[1:], "0123456789") == ""
}

// unused warns of facts, forms and letters that nothing needs: asking what nobody uses is asking too much.
func (c *checker) unused() {
	used := c.usedFacts()
	for _, f := range c.d.Facts {
		if !used[f.ID] && f.Source != SourceSystem && f.Source != SourceParent {
			c.warn(f.Pos, "unused", "kind", localeText("procedure.kind.fact", nil), "name", f.ID)
		}
	}
	forms, letters := map[string]bool{}, map[string]bool{}
	for _, a := range c.d.Actions {
		forms[a.Form] = true
		for _, e := range a.Effects {
			if e.Kind == "letter" {
				letters[e.Name] = true
			}
		}
	}
	for _, f := range c.d.Forms {
		if !forms[f.ID] {
			c.warn(f.Pos, "unused", "kind", localeText("procedure.kind.form", nil), "name", f.ID)
		}
	}
	for _, l := range c.d.Letters {
		if !letters[l.ID] {
			c.warn(l.Pos, "unused", "kind", localeText("procedure.kind.letter", nil), "name", l.ID)
		}
	}
}

// usedFacts gives the facts that rules, letters, effects, tables, budgets, dedup keys and indicators use, and the
// papers and texts that people read when they decide.
func (c *checker) usedFacts() map[string]bool {
	used := map[string]bool{}
	mark := func(ids ...string) {
		for _, id := range ids {
			used[id] = true
		}
	}
	for _, u := range c.d.ruleUses() {
		if c.d.compiled != nil {
			if r := c.d.compiled.rules[ruleKey(u.src, u.want)]; r != nil {
				mark(r.Uses()...)
			}
		}
	}
	for _, f := range c.d.Facts {
		mark(f.DatedBy)
		if f.Document != "" || f.Personal != nil || f.Source == SourceBody || f.Type == "table" || KindOf(f.Type) == rule.Text {
			mark(f.ID)
		}
		for _, l := range c.d.Letters {
			if strings.Contains(l.Source, f.ID) {
				mark(f.ID)
			}
		}
	}
	for _, t := range c.d.Decisions {
		mark(t.Inputs...)
	}
	for _, t := range c.d.Dated {
		mark(t.Inputs...)
		mark(t.DatedBy)
	}
	for _, b := range c.d.Budgets {
		mark(b.Amount)
	}
	for _, x := range c.d.Dedup {
		mark(x.Exact...)
		mark(x.Fuzzy...)
	}
	c.usedByActions(mark)
	for _, r := range c.d.Rounds {
		mark(r.Budget)
		mark(slices.Collect(maps.Values(r.Same))...)
	}
	return used
}

func (c *checker) usedByActions(mark func(...string)) {
	for _, a := range c.d.Actions {
		mark(a.Ceiling)
		for _, e := range a.Effects {
			mark(strings.TrimPrefix(e.From, "fact:"))
		}
	}
	for _, a := range c.d.Approvals {
		mark(a.Facts...)
	}
	if c.d.Publish != nil {
		mark(c.d.Publish.Facts...)
	}
	if c.d.Funnel != nil {
		for _, x := range c.d.Funnel.Steps {
			mark(x.Amount)
		}
	}
	for _, x := range c.d.Indicators {
		for _, expr := range []string{x.Numerator, x.Denominator} {
			if m := eventShape.FindStringSubmatch(expr); m != nil {
				mark(m[2])
			}
		}
	}
}
