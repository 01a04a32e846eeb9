package rule

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Columns of a decision table that carry no test.
const (
	noteColumn     = "note"
	lawColumn      = "law"
	priorityColumn = "priority"
	fromColumn     = "from" // of dated tables
	toColumn       = "to"
)

// ParseTable reads a decision table from CSV. The header names input facts declared in e (or among inputs, which may be
// nil), outputs written "=> name" whose types stand in outputs, and optionally note, law and priority. A cell is "-" for
// any value, a value, a comparison (<= 5), a range ([1..5), brackets inclusive, parentheses exclusive), or several of
// these separated by "|". All issues come at once; their Offset is a byte offset in the CSV, and their arguments name row
// (as a line of the file) and column. A table that reads well is then proved by Check.
func ParseTable(src []byte, e *Env, inputs, outputs map[string]Type, hit Hit) (*Table, []Issue) {
	p, issues := parseTable(src, &tableParser{env: e, inputs: inputs, outputs: outputs, table: &Table{Hit: hit}})
	if len(issues) > 0 {
		return nil, issues
	}
	if issues := p.placed(p.table.Check()); len(issues) > 0 {
		return nil, issues
	}
	return p.table, nil
}

func parseTable(src []byte, p *tableParser) (*tableParser, []Issue) {
	if hit := p.table.Hit; !slices.Contains([]Hit{Unique, First, Priority, Collect}, hit) {
		return nil, []Issue{{Key: "rule.table_hit", Args: map[string]any{"text": string(hit)}}}
	}
	p.read(src)
	return p, p.issues
}

// placed points issues at the rows they name.
func (p *tableParser) placed(issues []Issue) []Issue {
	for i := range issues {
		issues[i].Offset = p.offset(issues[i].Args["row"])
	}
	return issues
}

type tableParser struct {
	env     *Env
	inputs  map[string]Type
	outputs map[string]Type
	dated   bool
	table   *Table
	roles   []columnRole
	lines   map[int]int // byte offset of each row by line
	issues  []Issue
}

// columnRole says what a CSV column is: an input or output by index, or a note.
type columnRole struct {
	kind  string // "in", "out", or the name of a note column; "" for a wrong column
	index int
	name  string
}

func (p *tableParser) offset(line any) int {
	n, _ := line.(int)
	return p.lines[n]
}

func (p *tableParser) add(offset int, key string, kv map[string]any) {
	p.issues = append(p.issues, Issue{Offset: offset, Key: key, Args: kv})
}

func (p *tableParser) read(src []byte) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord, r.Comment, r.TrimLeadingSpace = -1, '#', true
	p.lines = map[int]int{}
	header, err := r.Read()
	if err != nil {
		p.add(0, "rule.table_empty", nil)
		return
	}
	p.header(header)
	for p.row(r) {
	}
	if len(p.table.Rows) == 0 && len(p.issues) == 0 {
		p.add(0, "rule.table_empty", nil)
	}
}

func (p *tableParser) header(names []string) {
	seen := map[string]bool{}
	for _, raw := range names {
		name := strings.TrimSpace(raw)
		if seen[name] {
			p.add(0, "rule.table_twice", map[string]any{"column": name})
		}
		seen[name] = true
		p.roles = append(p.roles, p.role(name))
	}
	if len(p.table.Outputs) == 0 {
		p.add(0, "rule.table_no_output", nil)
	}
}

func (p *tableParser) role(name string) columnRole {
	if out, ok := strings.CutPrefix(name, "=>"); ok {
		return p.outRole(strings.TrimSpace(out))
	}
	if t, ok := p.input(name); ok {
		p.table.Inputs = append(p.table.Inputs, Column{name, t})
		return columnRole{"in", len(p.table.Inputs) - 1, name}
	}
	if name == noteColumn || name == lawColumn || name == priorityColumn || p.dated && (name == fromColumn || name == toColumn) {
		return columnRole{kind: name, name: name}
	}
	p.add(0, "rule.table_column", map[string]any{"column": name})
	return columnRole{name: name}
}

func (p *tableParser) outRole(name string) columnRole {
	t, ok := p.outputs[name]
	if !ok {
		t, ok = p.input(name)
	}
	if !ok || t.Kind == Tabular {
		p.add(0, "rule.table_column", map[string]any{"column": "=> " + name})
		return columnRole{name: name}
	}
	p.table.Outputs = append(p.table.Outputs, Column{name, t})
	return columnRole{"out", len(p.table.Outputs) - 1, name}
}

func (p *tableParser) input(name string) (Type, bool) {
	t, ok := p.inputs[name]
	if !ok && p.env != nil {
		t, ok = p.env.Type(name)
	}
	return t, ok && t.Kind != Tabular && t.Kind != List
}

func (p *tableParser) row(r *csv.Reader) bool {
	rec, err := r.Read()
	if err == io.EOF {
		return false
	}
	if err != nil {
		p.add(int(r.InputOffset()), "rule.table_csv", map[string]any{"detail": err.Error()})
		return false
	}
	line, _ := r.FieldPos(0)
	p.lines[line] = int(r.InputOffset()) - rowBytes(rec)
	row := Row{Line: line, Cells: make([]Cell, len(p.table.Inputs)), Out: make([]any, len(p.table.Outputs))}
	if len(rec) != len(p.roles) {
		p.add(p.lines[line], "rule.table_width", map[string]any{"row": line, "got": len(rec), "want": len(p.roles)})
		return true
	}
	for i, text := range rec {
		p.cell(&row, p.roles[i], strings.TrimSpace(text))
	}
	p.table.Rows = append(p.table.Rows, row)
	return true
}

// rowBytes is about how long a record is in the file, enough to point at its line.
func rowBytes(rec []string) int {
	n := len(rec)
	for _, f := range rec {
		n += len(f)
	}
	return n
}

func (p *tableParser) cell(row *Row, role columnRole, text string) {
	ok := true
	var kind Kind
	key := "rule.table_cell"
	switch role.kind {
	case "in":
		t := p.table.Inputs[role.index].Type
		kind = t.Kind
		row.Cells[role.index], ok = parseCell(t, text)
	case "out":
		t := p.table.Outputs[role.index].Type
		kind, key = t.Kind, "rule.table_output"
		row.Out[role.index], ok = parseValue(t, text)
	case priorityColumn:
		kind = Int
		row.Priority, ok = integer(text)
	case noteColumn:
		row.Note = text
	case lawColumn:
		row.Law = text
	case fromColumn:
		kind = Date
		row.From, ok = dayOf(text)
	case toColumn:
		kind = Date
		row.To, ok = dayOf(text)
	}
	if !ok {
		p.add(p.lines[row.Line], key, map[string]any{"row": row.Line, "column": role.name, "text": text, "kind": string(kind)})
	}
}

func integer(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	return n, err == nil
}
