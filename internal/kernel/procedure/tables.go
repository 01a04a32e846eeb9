package procedure

import (
	"path"
	"strings"

	"rahgosha/internal/kernel/procedure/rule"
)

// compileTables reads the decision tables against the facts.
func (d *Definition) compileTables(r *report, c *compiled) {
	for _, t := range d.Decisions {
		if t.CSV == "" {
			continue
		}
		inputs, outputs := d.typesOf(t.Inputs), map[string]rule.Type{}
		for _, o := range t.Outputs {
			outputs[o.ID] = ruleType(o)
		}
		table, issues := rule.ParseTable([]byte(t.CSV), c.env, inputs, outputs, rule.Hit(t.Hit))
		for _, i := range issues {
			r.err(tablePos(t.File, t.CSV, i.Offset), "rule", "cause", localeText(i.Key, i.Args))
		}
		if table != nil {
			c.tables[t.ID] = table
		}
	}
}

func (d *Definition) typesOf(facts []string) map[string]rule.Type {
	out := map[string]rule.Type{}
	for _, id := range facts {
		if f := d.Fact(id); f != nil {
			out[id] = ruleType(f)
		}
	}
	return out
}

// tablePos is the line and column of a byte offset in a table's file.
func tablePos(file, csv string, offset int) Pos {
	before := csv[:min(offset, len(csv))]
	line := before[strings.LastIndex(before, "\n")+1:]
	return Pos{inFolder(file, "tables"), 1 + strings.Count(before, "\n"), 1 + len([]rune(line))}
}

// decisions proves the tables complete and without overlap, as their hit policy asks.
func (c *checker) decisions() {
	if c.d.compiled == nil {
		return
	}
	for _, t := range c.d.Decisions {
		if table := c.d.compiled.tables[t.ID]; table != nil {
			for _, i := range table.Check() {
				c.err(tablePos(t.File, t.CSV, i.Offset), "rule", "cause", localeText(i.Key, i.Args))
			}
		}
	}
}

// Evaluate decides by a decision table over rule values, computed facts included. A table that does not exist needs a
// person to look.
func (d *Definition) Evaluate(table string, in rule.Input) rule.Decision {
	if d.Compile() != nil || d.compiled.tables[table] == nil {
		return rule.Decision{Person: true, Err: path.Join("tables", table)}
	}
	in.Facts = d.withComputed(in)
	return d.compiled.tables[table].Eval(in)
}
