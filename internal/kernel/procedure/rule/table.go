package rule

import (
	"rahgosha/internal/base/jalali"
)

// Hit is a decision table's policy for rows that match together.
type Hit string

// The policies of DMN that a lawyer can follow: unique (rows may not overlap), first (the first row from the top),
// priority (the highest number in the priority column), collect (all rows).
const (
	Unique   Hit = "unique"
	First    Hit = "first"
	Priority Hit = "priority"
	Collect  Hit = "collect"
)

// Column is an input fact or an output with its type.
type Column struct {
	Name string
	Type Type
}

// Row is one row: a cell for each input, a value for each output, its priority, and the author's note and law. Line is
// its line in the file.
type Row struct {
	Cells    []Cell
	Out      []any
	Priority int64
	Note     string
	Law      string
	Line     int
	From, To jalali.Date // of a dated table: in force between them, both inclusive; zero is open
}

// Table is a decision table. It is immutable once parsed.
type Table struct {
	Inputs  []Column
	Outputs []Column
	Hit     Hit
	Rows    []Row
}

// Decision is a table's answer: Met with the outputs (for collect, one map per row), NotMet when known facts match no
// row, Unknown with the facts that are missing.
type Decision struct {
	Is      Truth
	Out     map[string]any
	All     []map[string]any
	Rows    []int // indexes of the rows that gave the answer
	Missing []string
	Person  bool
	Err     string
}

// Cell is one test of an input: any value (Any), or one of several spans.
type Cell struct {
	Any   bool
	Spans []Span
	Text  string
}

// Span is a stretch of values between two ends, or one value. Numbers and dates have order; texts only equality.
type Span struct {
	Lo, Hi  *int64 // inclusive; nil is unbounded. Dates by jalali index.
	Text    string // for texts, choices and truth values ("true", "false")
	Ordered bool
}

// holds tells whether a cell takes a value; a value of the wrong kind is not ok.
func (c Cell) holds(k Kind, v any) (holds, ok bool) {
	n, s, ordered, ok := plainValue(k, v)
	if !ok || c.Any {
		return c.Any, ok
	}
	for _, p := range c.Spans {
		if ordered && p.has(n) || !ordered && p.Text == s {
			return true, true
		}
	}
	return false, true
}

func (p Span) has(n int64) bool {
	return p.Ordered && (p.Lo == nil || *p.Lo <= n) && (p.Hi == nil || n <= *p.Hi)
}

// plainValue reads a fact as a number on the line or as a text.
func plainValue(k Kind, v any) (n int64, s string, ordered, ok bool) {
	switch x := v.(type) {
	case int64:
		return x, "", true, number(k)
	case int:
		return int64(x), "", true, number(k)
	case jalali.Date:
		return int64(x.Index()), "", true, k == Date && !x.IsZero()
	case string:
		return 0, x, false, k == Text || k == Choice
	case bool:
		if x {
			return 0, "true", false, k == Bool || k == File
		}
		return 0, "false", false, k == Bool || k == File
	}
	return 0, "", false, false
}
