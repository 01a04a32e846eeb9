package procedure

import (
	"regexp"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure/rule"
)

// compiled holds the programs made once per definition.
type compiled struct {
	env        *rule.Env
	rules      map[string]*rule.Rule  // by kind and source text
	tables     map[string]*rule.Table // by decision
	dated      map[string]*rule.Dated // by dated table
	conditions []*rule.Rule           // in the order of Conditions; nil where one does not compile
	plain      []*rule.Rule           // the same with computed facts written out, for the search of a remedy
}

// ruleUse is one rule of the definition: its text, what it must give, where it stands and what it belongs to.
type ruleUse struct {
	src   string
	want  rule.Kind
	pos   Pos
	owner string // the fact a rule computes or sets; "" for others
}

// KindOf gives the rule kind of a fact's declared type. Ids, bodies, places and names are texts; decimals are whole
// hundredths.
func KindOf(typ string) rule.Kind {
	switch typ {
	case "int", "percent", "money", "date", "bool", "choice", "list", "table", "file":
		return rule.Kind(typ)
	case "decimal":
		return rule.Int
	}
	return rule.Text
}

func ruleType(f *Fact) rule.Type {
	t := rule.Type{Kind: KindOf(f.Type), Min: f.Min, Max: f.Max}
	if t.Kind == rule.Text || t.Kind == rule.List || t.Kind == rule.Tabular {
		t.Min, t.Max = nil, nil
	}
	for _, o := range f.Options {
		t.Options = append(t.Options, o.Code)
	}
	if len(f.Columns) > 0 {
		t.Columns = map[string]rule.Type{}
		for _, c := range f.Columns {
			t.Columns[c.ID] = ruleType(c)
		}
	}
	return t
}

// Schema gives the facts as the rule language sees them.
func (d *Definition) Schema() rule.Schema {
	s := rule.Schema{}
	for _, f := range d.Facts {
		s[f.ID] = ruleType(f)
	}
	return s
}

// Compile makes the programs of all rules; it does nothing when they are made. The fault's details name every rule that
// does not compile, by its place.
func (d *Definition) Compile() error {
	if d.compiled != nil {
		return nil
	}
	r := &report{src: sources{}, fallback: mainFile}
	d.compileInto(r)
	if bad := Errors(r.sorted()); len(bad) > 0 {
		f := fault.New(fault.Invalid, "procedure.rules")
		for _, p := range bad {
			f = f.With(p.Fault())
		}
		return f
	}
	return nil
}

func (d *Definition) compileInto(r *report) {
	env, err := rule.NewEnv(d.Schema())
	if err != nil {
		d.schemaFault(r, err)
		return
	}
	c := &compiled{env: env, rules: map[string]*rule.Rule{}, tables: map[string]*rule.Table{}}
	for _, u := range d.ruleUses() {
		got, issues := env.Compile(u.src, u.want)
		for _, i := range issues {
			r.err(d.rulePos(u, i.Offset), "rule", "cause", localeText(i.Key, i.Args))
		}
		if got != nil {
			c.rules[ruleKey(u.src, u.want)] = got
		}
	}
	for _, cond := range d.Conditions {
		whole := c.rules[ruleKey(cond.Rule, rule.Bool)]
		plain, _ := env.Compile(d.writtenOut(cond.Rule, 0), rule.Bool)
		if plain == nil {
			plain = whole
		}
		c.conditions, c.plain = append(c.conditions, whole), append(c.plain, plain)
	}
	d.compileTables(r, c)
	c.dated = d.compileDated(r, env)
	d.compiled = c
}

var ruleWord = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`)

// writtenOut puts the rules of computed facts in their place, so that a remedy can change what they are computed from.
func (d *Definition) writtenOut(src string, depth int) string {
	if depth > 4 || len(src) > 2000 {
		return src
	}
	return ruleWord.ReplaceAllStringFunc(src, func(w string) string {
		if f := d.Fact(w); f != nil && f.Source == SourceComputed && f.Rule != "" {
			return "(" + d.writtenOut(f.Rule, depth+1) + ")"
		}
		return w
	})
}

func (d *Definition) schemaFault(r *report, err error) {
	f, _ := fault.As(err)
	if f == nil || len(f.Details) == 0 {
		r.err(Pos{}, "rule", "cause", localeText("rule.schema", nil))
		return
	}
	for _, detail := range f.Details {
		pos := Pos{}
		if fact := d.Fact(detail.Field); fact != nil {
			pos = fact.Pos
		}
		r.err(pos, "rule", "cause", localeText(detail.Key, detail.Args))
	}
}

func ruleKey(src string, want rule.Kind) string { return string(want) + "\x00" + src }

// rulePos finds the place of a byte offset of a rule's text in its file.
func (d *Definition) rulePos(u ruleUse, offset int) Pos {
	p := u.pos
	if d.origin == nil || p.Line < 1 || p.Line > len(d.origin.src[p.File]) {
		return p
	}
	lines := d.origin.src[p.File]
	rest := []rune(lines[p.Line-1])
	rest = rest[min(p.Col-1, len(rest)):]
	before := u.src[:min(offset, len(u.src))]
	if len(rest) > 0 && (rest[0] == '|' || rest[0] == '>') {
		return blockPos(p, lines, before)
	}
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
		p.Col++
	}
	p.Col += len([]rune(before))
	return p
}

func blockPos(p Pos, lines []string, before string) Pos {
	n := strings.Count(before, "\n")
	last := before[strings.LastIndex(before, "\n")+1:]
	p.Line = min(p.Line+1+n, len(lines))
	line := lines[p.Line-1]
	p.Col = len(line) - len(strings.TrimLeft(line, " ")) + 1 + len([]rune(last))
	return p
}

// place gives where a path of the definition stands, or the fallback.
func (d *Definition) place(path string, fallback Pos) Pos {
	if d.origin != nil {
		if p, ok := d.origin.at[path]; ok {
			return p
		}
	}
	return fallback
}

// ruleUses lists every rule of the definition in the order of its parts.
func (d *Definition) ruleUses() []ruleUse {
	var out []ruleUse
	add := func(src string, want rule.Kind, pos Pos, owner string) {
		if strings.TrimSpace(src) != "" {
			out = append(out, ruleUse{src: src, want: want, pos: pos, owner: owner})
		}
	}
	for _, f := range d.Facts {
		add(f.Rule, KindOf(f.Type), d.place("facts/"+f.ID+"/rule", f.Pos), f.ID)
	}
	for _, f := range d.Forms {
		for _, p := range f.Pages {
			for _, q := range p.Fields {
				add(q.Visible, rule.Bool, q.Pos, "")
			}
		}
	}
	for _, c := range d.Conditions {
		add(c.Rule, rule.Bool, d.place("conditions/"+c.ID+"/rule", c.Pos), "")
	}
	for _, s := range d.Scores {
		for _, c := range s.Criteria {
			add(c.Rule, rule.Int, c.Pos, "")
		}
	}
	for _, s := range d.Stages {
		add(s.Enter, rule.Bool, d.place("stages/"+s.ID+"/enter", s.Pos), "")
		add(s.Exit, rule.Bool, d.place("stages/"+s.ID+"/exit", s.Pos), "")
	}
	for _, a := range d.Actions {
		d.actionRules(a, add)
	}
	for _, k := range d.Clocks {
		for _, b := range k.Breach {
			for _, name := range sortedKeys(b.Give) {
				add(b.Give[name], "", b.Pos, "")
			}
		}
	}
	return out
}

func (d *Definition) actionRules(a *Action, add func(string, rule.Kind, Pos, string)) {
	for _, g := range a.Guards {
		add(g.Rule, rule.Bool, g.Pos, "")
	}
	for _, n := range a.Next {
		add(n.If, rule.Bool, d.place(ruleAt(n.Pos), n.Pos), "")
	}
	for _, e := range a.Effects {
		switch e.Kind {
		case "set":
			if f := d.Fact(e.Name); f != nil {
				add(e.Rule, KindOf(f.Type), e.Pos, f.ID)
			}
		case "reserve", "release":
			add(e.Rule, rule.Money, e.Pos, "")
		case "open":
			for _, name := range sortedKeys(e.Give) {
				add(e.Give[name], "", e.Pos, "")
			}
		}
	}
}

// Rule gives a compiled rule of the definition, or compiles one in its schema (an indicator, a query); nil when the text
// does not compile.
func (d *Definition) Rule(src string, want rule.Kind) *rule.Rule {
	if d.Compile() != nil {
		return nil
	}
	if r, ok := d.compiled.rules[ruleKey(src, want)]; ok {
		return r
	}
	r, _ := d.compiled.env.Compile(src, want)
	return r
}
