package web

import (
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// Question is a field of a case's form. Grid is set for a table, Held for a file, Checks for a list.
type Question struct {
	Field
	Grid   *Grid
	Held   *Held
	Checks []Option
	Soft   bool   // may be left open: asked once more, then taken as unknown
	Echo   string // the amount in words
}

// Grid is a table to fill; it grows and shrinks by posting the page.
type Grid struct {
	Name    string
	Columns []Column
	Rows    []GridRow
	Sum     string // of its amounts, in words
}

// GridRow is one row of a grid. Remove is the value of its button.
type GridRow struct {
	No     int
	Cells  []Cell
	Remove string
}

// Cell is one box of a grid.
type Cell struct {
	ID, Name, Label, Kind, Value, Error string
	Options                             []Option // of a choice
}

// Held is the file that answers a question already: its content hash, name and address.
type Held struct{ Hash, Name, Href string }

// radioLimit is how many choices are shown as radio buttons; more make a list.
const radioLimit = 7

// maxUpload is the largest file in bytes.
const maxUpload = 10 << 20

// asker builds the questions of a form from its view, with what was typed and what was wrong with it.
type asker struct {
	t       teller
	v       *visit
	caseID  string
	conds   map[string]string // condition → text
	typed   *typed            // nil: show what the case holds
	errs    map[string]string // by name, cells included
	options map[string][]Option
}

func (v *visit) asker(c *casework.View, t teller, in *typed, errs map[string]string) *asker {
	a := &asker{t: t, v: v, caseID: c.ID, conds: map[string]string{}, typed: in, errs: errs, options: map[string][]Option{}}
	for _, k := range c.Conditions {
		a.conds[k.ID] = k.Text.In(v.l)
	}
	return a
}

// fieldID is the id of a question's element: fact names hold dots, which ids in addresses need not.
func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

func (a *asker) question(f casework.FieldView) (Question, error) {
	name := f.Fact.Name
	q := Question{Soft: f.Required == "soft", Field: Field{ID: fieldID(name), Name: name, Label: f.Fact.Title.In(a.t.l), Hint: f.Hint.In(a.t.l),
		Kind: kindOf(f), Error: a.errs[name], Required: f.Required == "hard", Value: a.valueOf(f), Rule: a.needed(f), Autocomplete: "off"}}
	switch f.Required {
	case "no":
		q.Optional = a.t.T("desk.optional")
	case "soft":
		q.Optional = a.t.T("desk.soft")
	}
	if f.Fact.Value != nil && f.Fact.Source != procedure.SourceAsked && f.Fact.Source != procedure.SourceBody {
		q.Source = a.t.source(f.Fact)
	}
	return q, a.fill(&q, f)
}

// kindOf is the component that asks a fact.
func kindOf(f casework.FieldView) string {
	switch typ := f.Fact.Type; {
	case typ == "money" || typ == "percent" || typ == "int" || typ == "date" || typ == "file":
		return typ
	case typ == "bool":
		return "choice"
	case typ == "table":
		return "rows"
	case typ == "list":
		return "checks"
	case typ == "choice" && len(f.Options) > 0 && len(f.Options) <= radioLimit:
		return "choice"
	case typ == "choice" || f.Register != "" || strings.HasPrefix(typ, "body:"):
		return "select"
	case strings.HasPrefix(typ, "id:") || typ == "geo" || typ == "email" || typ == "decimal":
		return "code"
	case typ == "text" && (f.Max == nil || *f.Max > 200):
		return "area"
	}
	return "text"
}

// needed says which conditions rest on the answer.
func (a *asker) needed(f casework.FieldView) string {
	var parts []string
	for _, id := range f.Needed {
		if text := a.conds[id]; text != "" {
			parts = append(parts, a.t.T("desk.needed.one", "no", a.t.no(id), "text", text))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return a.t.T("desk.needed", "list", strings.Join(parts, a.t.T("desk.semicolon")))
}

// valueOf is what the box holds: what was typed, else the case's value in the form people type it.
func (a *asker) valueOf(f casework.FieldView) string {
	if a.typed != nil && a.typed.shown[f.Fact.Name] {
		return a.typed.text[f.Fact.Name]
	}
	return a.t.typing(f.Fact.Type, f.Fact.Value)
}

// typing writes a stored value the way a person would type it.
func (t teller) typing(typ string, v any) string {
	switch x := v.(type) {
	case string:
		if typ == "date" {
			if d, err := jalali.FromCivil(x); err == nil {
				return d.Slash(t.l)
			}
		}
		return x
	case bool:
		return fmt.Sprint(x)
	case int64:
		return t.typingNumber(typ, x)
	case float64:
		return t.typingNumber(typ, int64(x))
	}
	return ""
}

func (t teller) typingNumber(typ string, n int64) string {
	switch typ {
	case "money", "int":
		return Num(t.l, n)
	case "percent", "decimal":
		s := strings.TrimSuffix(fmt.Sprintf("%d.%02d", n/100, n%100), ".00")
		if t.l == locale.FA {
			s = strings.Replace(s, ".", decimal, 1)
		}
		return locale.Digits(t.l, s)
	}
	return locale.Digits(t.l, fmt.Sprint(n))
}

// fill adds what only some kinds have: choices, rows, the file, the echo.
func (a *asker) fill(q *Question, f casework.FieldView) error {
	var err error
	switch q.Kind {
	case "choice", "select":
		q.Options, err = a.choices(f, q.Value)
	case "checks":
		q.Checks, err = a.choices(f, "")
		a.tick(q, f)
	case "rows":
		q.Grid, err = a.grid(f)
	case "file":
		q.Held, q.MaxBytes, q.Accept = a.held(f), maxUpload, ".pdf,.jpg,.jpeg,.png"
	case "money":
		if n, perr := money.Parse(q.Value, "rial"); q.Value != "" && perr == nil {
			q.Echo = money.Echo(n, a.t.l)
		}
	}
	return err
}

func (a *asker) choices(f casework.FieldView, value string) ([]Option, error) {
	if f.Fact.Type == "bool" {
		return a.yesNo(f, value), nil
	}
	var out []Option
	for _, o := range f.Options {
		out = append(out, Option{Value: o.Code, Label: o.Title.In(a.t.l), Chosen: o.Code == value})
	}
	if register := f.List(); register != "" {
		items, err := a.v.items(register)
		if err != nil {
			return nil, err
		}
		for _, o := range items {
			o.Chosen = o.Value == value
			out = append(out, o)
		}
	}
	if kindOf(f) == "select" {
		out = append([]Option{{Label: a.t.T("desk.choose"), Chosen: value == ""}}, out...)
	} else if f.Required != "hard" && kindOf(f) == "choice" {
		out = append(out, Option{Label: a.t.T("desk.dont_know"), Chosen: value == "" && a.answered(f)})
	}
	return out, nil
}

// yesNo are the answers of a yes-or-no question; one that need not be answered has a third.
func (a *asker) yesNo(f casework.FieldView, value string) []Option {
	out := []Option{{Value: "true", Label: a.t.T("web.yes"), Chosen: value == "true"}, {Value: "false", Label: a.t.T("web.no"), Chosen: value == "false"}}
	if f.Required != "hard" {
		out = append(out, Option{Label: a.t.T("desk.dont_know"), Chosen: value == "" && a.answered(f)})
	}
	return out
}

// answered reports that the person left the question open knowingly.
func (a *asker) answered(f casework.FieldView) bool {
	return a.typed != nil && a.typed.asked[f.Fact.Name]
}

func (a *asker) tick(q *Question, f casework.FieldView) {
	on := map[string]bool{}
	if a.typed != nil && a.typed.shown[f.Fact.Name] {
		for _, s := range a.typed.lists[f.Fact.Name] {
			on[s] = true
		}
	} else if items, ok := f.Fact.Value.([]string); ok {
		for _, s := range items {
			on[s] = true
		}
	}
	for i := range q.Checks {
		q.Checks[i].Chosen = on[q.Checks[i].Value]
	}
}

func (a *asker) held(f casework.FieldView) *Held {
	hash, name := a.valueOf(f), a.t.T("desk.file.attached")
	if hash == "" {
		return nil
	}
	if a.typed != nil && a.typed.names[f.Fact.Name] != "" {
		name = a.typed.names[f.Fact.Name]
	}
	return &Held{Hash: hash, Name: name, Href: "/cases/" + a.caseID + "/files/" + hash}
}

// grid builds the rows of a table: those typed, else those of the case, and at least one to write in.
func (a *asker) grid(f casework.FieldView) (*Grid, error) {
	name := f.Fact.Name
	g := &Grid{Name: name}
	for _, c := range f.Fact.Columns {
		col := Column{Name: c.ID, Label: c.Title.In(a.t.l), Kind: kindOf(casework.FieldView{Fact: casework.FactView{Type: c.Type}, Max: c.Max})}
		if col.Kind == "area" && c.Max == nil {
			col.Kind = "text" // a cell is long only where its column says so
		}
		g.Columns = append(g.Columns, col)
	}
	options, err := a.columnChoices(f)
	if err != nil {
		return nil, err
	}
	rows := a.rows(f)
	if len(rows) == 0 {
		rows = []map[string]string{{}}
	}
	for i, row := range rows {
		r := GridRow{No: i + 1, Remove: name + "." + fmt.Sprint(i)}
		for _, c := range g.Columns {
			cell := fmt.Sprintf("%s.%d.%s", name, i, c.Name)
			r.Cells = append(r.Cells, Cell{ID: fieldID(cell), Name: cell, Kind: c.Kind, Value: row[c.Name], Error: a.errs[cell],
				Label: a.t.T("desk.cell", "column", c.Label, "n", i+1), Options: choosing(options[c.Name], row[c.Name])})
		}
		g.Rows = append(g.Rows, r)
	}
	g.Sum = a.sum(f, rows)
	return g, nil
}

// columnChoices are the answers that columns of a table offer.
func (a *asker) columnChoices(f casework.FieldView) (map[string][]Option, error) {
	out := map[string][]Option{}
	for _, c := range f.Fact.Columns {
		if c.Type != "choice" && !strings.HasPrefix(c.Type, "body:") {
			continue
		}
		list, err := a.choices(casework.FieldView{Fact: casework.FactView{Type: c.Type}, Options: c.Options, Register: c.Register, Required: "hard"}, "")
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && list[0].Value != "" {
			list = append([]Option{{Label: a.t.T("desk.choose")}}, list...)
		}
		out[c.ID] = list
	}
	return out, nil
}

// choosing marks the answer that a cell holds.
func choosing(options []Option, value string) []Option {
	out := slices.Clone(options)
	for i := range out {
		out[i].Chosen = out[i].Value == value
	}
	return out
}

func (a *asker) rows(f casework.FieldView) []map[string]string {
	if a.typed != nil && a.typed.shown[f.Fact.Name] {
		return a.typed.rows[f.Fact.Name]
	}
	var out []map[string]string
	for _, row := range tableOf(f.Fact.Value) {
		m := map[string]string{}
		for _, c := range f.Fact.Columns {
			m[c.ID] = a.t.typing(c.Type, row[c.ID])
		}
		out = append(out, m)
	}
	return out
}

// sum adds the amounts of a table that can be read, in words.
func (a *asker) sum(f casework.FieldView, rows []map[string]string) string {
	var total money.Rial
	for _, c := range f.Fact.Columns {
		if c.Type != "money" {
			continue
		}
		for _, row := range rows {
			if n, err := money.Parse(row[c.ID], "rial"); err == nil {
				total += n
			}
		}
	}
	if total == 0 {
		return ""
	}
	return a.t.T("desk.sum", "amount", money.Echo(total, a.t.l))
}
