package procedure

import (
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// DatedTable gives a dated table by id, nil when there is none.
func (d *Definition) DatedTable(id string) *Dated {
	return find(d.Dated, func(t *Dated) bool { return t.ID == id })
}

// gives are the computed facts that take their value from a dated table.
func (d *Definition) gives(table string) []string {
	var out []string
	for _, f := range d.Facts {
		if f.Table == table {
			out = append(out, f.ID)
		}
	}
	return out
}

// compileDated reads the dated tables against the facts.
func (d *Definition) compileDated(r *report, env *rule.Env) map[string]*rule.Dated {
	out := map[string]*rule.Dated{}
	for _, t := range d.Dated {
		if t.CSV == "" {
			continue
		}
		table, issues := rule.ParseDated([]byte(t.CSV), env, d.typesOf(t.Inputs), d.typesOf(d.gives(t.ID)), rule.Hit(t.Hit))
		for _, i := range issues {
			r.err(tablePos(t.File, t.CSV, i.Offset), "rule", "cause", localeText(i.Key, i.Args))
		}
		if table != nil {
			out[t.ID] = table
		}
	}
	return out
}

// dated proves that each fact that names a dated table is one of its outputs, and each of its outputs such a fact.
func (c *checker) dated() {
	if c.d.compiled == nil {
		return
	}
	for _, t := range c.d.Dated {
		gives := c.d.gives(t.ID)
		if len(gives) == 0 {
			c.warn(t.Pos, "unused", "kind", localeText("procedure.kind.dated", nil), "name", t.ID)
		}
		if f := c.d.Fact(t.DatedBy); f != nil && f.Type != "date" {
			c.err(c.at("dated/"+t.ID+"/dated_by", t.Pos), "dated_by", "fact", textOf(f.Title, f.ID))
		}
		table := c.d.compiled.dated[t.ID]
		if table == nil {
			continue
		}
		var outs []string
		for _, o := range table.Outputs {
			outs = append(outs, o.Name)
			if !slices.Contains(gives, o.Name) {
				c.err(tablePos(t.File, t.CSV, 0), "dated_output", "fact", o.Name, "table", t.ID)
			}
		}
		for _, id := range gives {
			if !slices.Contains(outs, id) {
				c.err(c.at("facts/"+id+"/table", c.d.Fact(id).Pos), "dated_column", "fact", id, "file", inFolder(t.File, "tables"))
			}
		}
	}
}

// fromTable decides a computed fact by its dated table.
func (d *Definition) fromTable(f *Fact, in rule.Input) (rule.Decision, *rule.Table) {
	t, table := d.DatedTable(f.Table), d.compiled.dated[f.Table]
	if t == nil || table == nil {
		return rule.Decision{Person: true, Err: f.Table}, nil
	}
	day := in.Today
	if t.DatedBy != "" {
		read, ok := in.Facts[t.DatedBy].(jalali.Date)
		if !ok {
			return rule.Decision{Missing: []string{t.DatedBy}}, nil
		}
		day = read
	}
	return table.Eval(in, day)
}

// RowOf words the rows of a dated table that gave a computed fact, for the journal: "" where no row decides it now.
func (d *Definition) RowOf(fact string, in rule.Input) string {
	f := d.Fact(fact)
	if f == nil || f.Table == "" || d.Compile() != nil {
		return ""
	}
	in.Facts = d.withComputed(in)
	got, table := d.fromTable(f, in)
	if got.Is != rule.Met || table == nil {
		return ""
	}
	out := ""
	for _, i := range got.Rows {
		if out != "" {
			out += " | "
		}
		out += table.Said(i)
	}
	return out
}

// uses are the facts a computed fact rests on.
func (d *Definition) uses(f *Fact) []string {
	if t := d.DatedTable(f.Table); t != nil {
		if t.DatedBy == "" {
			return t.Inputs
		}
		return append(slices.Clone(t.Inputs), t.DatedBy)
	}
	if r := d.Rule(f.Rule, KindOf(f.Type)); r != nil {
		return r.Uses()
	}
	return nil
}

// asked replaces computed facts among missing ones by those that somebody can give.
func (d *Definition) asked(missing []string, in rule.Input) []string {
	seen := map[string]bool{}
	var out []string
	var visit func(string)
	visit = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		f := d.Fact(id)
		if f == nil || f.Source != SourceComputed {
			out = append(out, id)
			return
		}
		from := d.missingOf(f, in)
		if len(from) == 0 {
			out = append(out, id)
		}
		for _, m := range from {
			visit(m)
		}
	}
	for _, id := range missing {
		visit(id)
	}
	slices.Sort(out)
	return out
}

func (d *Definition) missingOf(f *Fact, in rule.Input) []string {
	if f.Table != "" {
		got, _ := d.fromTable(f, in)
		return got.Missing
	}
	if r := d.Rule(f.Rule, KindOf(f.Type)); r != nil {
		return r.Eval(in).Missing
	}
	return nil
}

// otherRows says which rows of dated tables came and went: they are outside the hash, and are published all the same.
func otherRows(old, next *Definition) []Change {
	var out []Change
	for _, t := range next.Dated {
		was := old.DatedTable(t.ID)
		if was == nil || was.CSV == "" || t.CSV == "" || was.CSV == t.CSV {
			continue
		}
		before, after := strings.Split(strings.TrimSpace(was.CSV), "\n"), strings.Split(strings.TrimSpace(t.CSV), "\n")
		out = append(out, Change{Section: "dated", Text: locale.Of("procedure.diff.rows", map[string]any{
			"table": t.Title, "added": rowsNotIn(after, before), "gone": rowsNotIn(before, after),
		})})
	}
	return out
}

// rowsNotIn are the rows of one table that another lacks, as they are written.
func rowsNotIn(rows, other []string) string {
	var out []string
	for _, r := range rows {
		if !slices.Contains(other, r) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return "\u2013"
	}
	return strings.Join(out, " | ")
}
