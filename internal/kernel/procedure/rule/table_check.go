package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
)

// maxBoxes bounds the combinations a check walks through.
const maxBoxes = 200_000

// Check proves the table over the cross product of the inputs' partitions: with unique, no two rows overlap; with
// priority, no two overlapping rows have the same number; with every policy but collect, no combination is left out. It
// reports one example for each pair of rows, and one for the first gap. Money and percentages begin at 0; texts have one
// further value that no cell names. A row that can never be reached under first is reported too.
func (t *Table) Check() []Issue {
	parts := make([][]Span, len(t.Inputs))
	count := 1
	for i := range t.Inputs {
		parts[i] = t.partition(i)
		if count *= len(parts[i]); count > maxBoxes {
			return []Issue{{Key: "rule.table_large", Args: map[string]any{"count": count, "max": maxBoxes}}}
		}
	}
	c := &tableCheck{table: t, parts: parts, box: make([]Span, len(parts)), pairs: map[[2]int]bool{}, used: make([]bool, len(t.Rows))}
	c.walk(0, allRows(t))
	c.dead()
	return c.issues
}

func allRows(t *Table) []int {
	out := make([]int, len(t.Rows))
	for i := range out {
		out[i] = i
	}
	return out
}

type tableCheck struct {
	table  *Table
	parts  [][]Span
	box    []Span
	pairs  map[[2]int]bool
	used   []bool
	gap    bool
	issues []Issue
}

// walk goes through the boxes with the rows that still match.
func (c *tableCheck) walk(col int, rows []int) {
	if col == len(c.parts) {
		c.judge(rows)
		return
	}
	for _, s := range c.parts[col] {
		c.box[col] = s
		var still []int
		for _, r := range rows {
			if c.table.Rows[r].Cells[col].covers(s) {
				still = append(still, r)
			}
		}
		c.walk(col+1, still)
	}
}

// covers tells whether a cell takes a part of the partition: parts lie wholly inside or outside each cell.
func (c Cell) covers(s Span) bool {
	if c.Any {
		return true
	}
	return slices.ContainsFunc(c.Spans, func(p Span) bool {
		if !s.Ordered {
			return p.Text == s.Text
		}
		if s.Lo != nil {
			return p.has(*s.Lo)
		}
		return p.Lo == nil
	})
}

func (c *tableCheck) judge(rows []int) {
	if len(rows) == 0 {
		if !c.gap && c.table.Hit != Collect {
			c.gap = true
			c.report("rule.table_gap", nil)
		}
		return
	}
	c.used[rows[0]] = true
	if c.table.Hit == Unique || c.table.Hit == Priority {
		c.clashes(rows)
	}
}

func (c *tableCheck) clashes(rows []int) {
	for i, a := range rows {
		for _, b := range rows[i+1:] {
			ra, rb := c.table.Rows[a], c.table.Rows[b]
			if c.pairs[[2]int{a, b}] || c.table.Hit == Priority && ra.Priority != rb.Priority {
				continue
			}
			c.pairs[[2]int{a, b}] = true
			key := "rule.table_overlap"
			if c.table.Hit == Priority {
				key = "rule.table_priority"
			}
			c.report(key, map[string]any{"row": rb.Line, "other": ra.Line})
		}
	}
}

func (c *tableCheck) report(key string, args map[string]any) {
	if args == nil {
		args = map[string]any{}
	}
	args["example"] = c.example()
	c.issues = append(c.issues, Issue{Key: key, Args: args})
}

// dead reports rows that an earlier row always hides.
func (c *tableCheck) dead() {
	if c.table.Hit != First {
		return
	}
	for i, used := range c.used {
		if !used {
			c.issues = append(c.issues, Issue{Key: "rule.table_dead", Args: map[string]any{"row": c.table.Rows[i].Line}})
		}
	}
}

// example words one combination of the current box.
func (c *tableCheck) example() string {
	var out []string
	for i, s := range c.box {
		out = append(out, c.table.Inputs[i].Name+" = "+s.sample(c.table.Inputs[i].Type.Kind))
	}
	return strings.Join(out, ", ")
}

// sample is one value of a part.
func (s Span) sample(k Kind) string {
	if !s.Ordered {
		if s.Text == otherText {
			return "…"
		}
		return s.Text
	}
	n := int64(0)
	switch {
	case s.Lo != nil:
		n = *s.Lo
	case s.Hi != nil:
		n = *s.Hi
	}
	if k == Date {
		return jalali.AtIndex(int(n)).String()
	}
	return fmt.Sprint(n)
}

// otherText stands for every text that no cell names; no cell can hold it.
const otherText = "\x00"

// partition cuts an input's domain so that each part lies wholly inside or outside every cell of its column.
func (t *Table) partition(col int) []Span {
	typ := t.Inputs[col].Type
	switch {
	case number(typ.Kind) || typ.Kind == Date:
		return t.cuts(col, typ)
	case typ.Kind == Bool || typ.Kind == File:
		return []Span{{Text: "true"}, {Text: "false"}}
	case typ.Kind == Choice && len(typ.Options) > 0:
		return textParts(typ.Options)
	}
	texts := []string{otherText}
	for _, r := range t.Rows {
		for _, s := range r.Cells[col].Spans {
			texts = append(texts, s.Text)
		}
	}
	slices.Sort(texts)
	return textParts(slices.Compact(texts))
}

func textParts(texts []string) []Span {
	out := make([]Span, len(texts))
	for i, s := range texts {
		out[i] = Span{Text: s}
	}
	return out
}

// cuts splits the line at the ends of all cells of a column.
func (t *Table) cuts(col int, typ Type) []Span {
	lo, hi := lineBounds(typ)
	starts := []int64{lo}
	for _, r := range t.Rows {
		for _, s := range r.Cells[col].Spans {
			if s.Lo != nil {
				starts = append(starts, *s.Lo)
			}
			if s.Hi != nil && *s.Hi < math.MaxInt64 {
				starts = append(starts, *s.Hi+1)
			}
		}
	}
	slices.Sort(starts)
	starts = slices.DeleteFunc(slices.Compact(starts), func(n int64) bool { return n < lo || n > hi })
	out := make([]Span, len(starts))
	for i := range starts {
		end := hi
		if i+1 < len(starts) {
			end = starts[i+1] - 1
		}
		out[i] = Span{Lo: &starts[i], Hi: &end, Ordered: true}
	}
	return out
}

func lineBounds(typ Type) (lo, hi int64) {
	if typ.Kind == Date {
		return 0, int64(jalali.Last.Index())
	}
	return bounds(typ)
}
