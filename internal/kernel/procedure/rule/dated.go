package rule

import (
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
)

// Dated is a decision table whose rows are in force from a day to a day: thresholds that a circular changes without a new
// version of the procedure. It is immutable once parsed.
type Dated struct {
	Inputs  []Column
	Outputs []Column
	Rows    []Row // as written
	spans   []stretch
}

// stretch is a run of days with the rows in force on all of them; To is zero where it stays open.
type stretch struct {
	from, to jalali.Date
	table    *Table
}

// ParseDated reads a decision table with the columns from and to (Jalali days, both inclusive; blank is open). On each
// stretch of days its rows are proved like those of any decision table, and no day between the first and the last is
// without rows.
func ParseDated(src []byte, e *Env, inputs, outputs map[string]Type, hit Hit) (*Dated, []Issue) {
	p, issues := parseTable(src, &tableParser{env: e, inputs: inputs, outputs: outputs, dated: true, table: &Table{Hit: hit}})
	if len(issues) > 0 {
		return nil, issues
	}
	for _, r := range p.table.Rows {
		if !r.From.IsZero() && !r.To.IsZero() && r.To.Compare(r.From) < 0 {
			issues = append(issues, Issue{Key: "rule.table_backwards", Args: map[string]any{"row": r.Line, "from": r.From.String(), "to": r.To.String()}})
		}
	}
	if len(issues) > 0 {
		return nil, p.placed(issues)
	}
	d := &Dated{Inputs: p.table.Inputs, Outputs: p.table.Outputs, Rows: p.table.Rows}
	for _, s := range stretches(p.table) {
		d.spans = append(d.spans, s)
		issues = append(issues, s.check()...)
	}
	if len(issues) > 0 {
		return nil, p.placed(issues)
	}
	return d, nil
}

func dayOf(s string) (d jalali.Date, ok bool) {
	if s == "" {
		return d, true
	}
	d, err := jalali.Parse(s)
	return d, err == nil
}

// stretches cuts time at the days on which rows begin or end; stretches before the first row and after the last are left
// out.
func stretches(t *Table) []stretch {
	starts := []int{0}
	for _, r := range t.Rows {
		if !r.From.IsZero() {
			starts = append(starts, r.From.Index())
		}
		if !r.To.IsZero() && r.To.Index() < jalali.Last.Index() {
			starts = append(starts, r.To.Index()+1)
		}
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	var out []stretch
	for i, n := range starts {
		s := stretch{from: jalali.AtIndex(n), table: &Table{Inputs: t.Inputs, Outputs: t.Outputs, Hit: t.Hit}}
		if i+1 < len(starts) {
			s.to = jalali.AtIndex(starts[i+1] - 1)
		}
		for _, r := range t.Rows {
			if r.holdsOn(s.from) {
				s.table.Rows = append(s.table.Rows, r)
			}
		}
		out = append(out, s)
	}
	for len(out) > 0 && len(out[0].table.Rows) == 0 {
		out = out[1:]
	}
	for len(out) > 0 && len(out[len(out)-1].table.Rows) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

func (r Row) holdsOn(day jalali.Date) bool {
	return (r.From.IsZero() || day.Compare(r.From) >= 0) && (r.To.IsZero() || day.Compare(r.To) <= 0)
}

func (s stretch) check() []Issue {
	if len(s.table.Rows) == 0 {
		return []Issue{{Key: "rule.table_days", Args: map[string]any{"from": s.from.String(), "to": s.to.String()}}}
	}
	issues := s.table.Check()
	for i := range issues {
		if example, ok := issues[i].Args["example"]; ok {
			issues[i].Args["example"] = fmt.Sprintf("%s (%s…)", example, s.from)
		}
	}
	return issues
}

// On gives the rows in force on a day as a decision table, nil where none is.
func (d *Dated) On(day jalali.Date) *Table {
	for _, s := range d.spans {
		if day.Compare(s.from) >= 0 && (s.to.IsZero() || day.Compare(s.to) <= 0) {
			return s.table
		}
	}
	return nil
}

// Next gives the first day after a day on which other rows come into force, zero for none.
func (d *Dated) Next(day jalali.Date) jalali.Date {
	for _, s := range d.spans {
		if s.from.Compare(day) > 0 && len(s.table.Rows) > 0 {
			return s.from
		}
	}
	return jalali.Date{}
}

// Eval decides by the rows in force on a day. Where none is, a person must look.
func (d *Dated) Eval(in Input, day jalali.Date) (Decision, *Table) {
	t := d.On(day)
	if t == nil {
		return Decision{Person: true, Err: "no row is in force on " + day.String()}, nil
	}
	return t.Eval(in), t
}

// Said words one row for a journal: the days it is in force, its tests and what it gives.
func (t *Table) Said(i int) string {
	r := t.Rows[i]
	var out []string
	if !r.From.IsZero() || !r.To.IsZero() {
		out = append(out, r.From.String()+".."+r.To.String())
	}
	for c, cell := range r.Cells {
		out = append(out, t.Inputs[c].Name+" "+cell.Text)
	}
	for c, v := range r.Out {
		out = append(out, fmt.Sprintf("=> %s %v", t.Outputs[c].Name, v))
	}
	return strings.Join(out, "; ")
}
