package registry

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
)

// BadCell is a value that kept a row out: the sheet's own row number, counted from 1, its own header, and why.
type BadCell struct {
	Row    int
	Column string
	Value  string
	Reason locale.Text
}

// line is one row of a sheet as it was read.
type line struct {
	row      int // the sheet's number
	values   cells
	proposed map[string]any    // values that lost zeros made valid; a person confirms them
	unitless map[string]string // cells of amounts whose unit neither the sheet nor a person named
	inferred string            // the field that the sheet does not say
	bad      []BadCell
	folded   foldedName // of its name, once rows are compared
	keys     []Key      // of its identifiers, then too
}

// cells are the values of a row by field: a row has few, and a map of them takes twice the room.
type cells []cell

type cell struct {
	field string
	value any
}

// cellsOf puts values in order of field.
func cellsOf(values map[string]any) cells {
	out := make(cells, 0, len(values))
	for _, f := range slices.Sorted(maps.Keys(values)) {
		out = append(out, cell{f, values[f]})
	}
	return out
}

// of gives a field's value, nil where there is none.
func (c cells) of(field string) any {
	for i := range c {
		if c[i].field == field {
			return c[i].value
		}
	}
	return nil
}

func (c *cells) put(field string, value any) {
	for i := range *c {
		if (*c)[i].field == field {
			(*c)[i].value = value
			return
		}
	}
	*c = append(*c, cell{field, value})
}

func (c cells) byField() map[string]any {
	out := make(map[string]any, len(c))
	for _, x := range c {
		out[x.field] = x.value
	}
	return out
}

// read reads all rows below the header that say something.
func (t table) read(today string) []line {
	titles, keys := tights(t.header, nil), []string(nil)
	out := make([]line, 0, len(t.rows)-t.first)
	for i := t.first; i < len(t.rows); i++ {
		if keys = tights(t.rows[i], keys); t.says(keys, titles) {
			out = append(out, t.line(i, keys, today))
		}
	}
	return out
}

// tights are the search keys of cells without blanks, in the place of others.
func tights(cells, into []string) []string {
	into = into[:0]
	for _, c := range cells {
		into = append(into, tight(c))
	}
	return into
}

// says tells a row of data from a blank one, a bare row number, a header printed again, and a line of totals, by the keys
// of its cells.
func (t table) says(keys, titles []string) bool {
	filled, same, known, total := 0, 0, 0, words().total
	for i, key := range keys {
		if t.columns[i].field == columnSerial || key == "" {
			if total[key] {
				return false
			}
			continue
		}
		filled++
		if i < len(titles) && key == titles[i] {
			same++
		}
		if f := t.columns[i].field; f == FieldName && total[key] {
			known = -len(keys)
		} else if f != "" {
			known++
		}
	}
	return filled > 0 && same < filled && known > -1
}

func blank(cell string) bool { return tight(cell) == "" }

func (t table) line(i int, keys []string, today string) line {
	l := line{row: i + 1, values: make(cells, 0, len(t.at)+1)} // with what is inferred
	for at, cell := range t.rows[i] {
		c, ok := t.columns[at]
		if !ok || c.field == columnSerial || keys[at] == "" {
			continue
		}
		if err := l.take(c, text.Display(cell), keys[at], today); err != nil {
			l.refuse(t.header[at], cell, err)
		}
	}
	l.infer(t)
	if len(l.bad) == 0 {
		l.finish(t)
	}
	return l
}

// take reads one cell into the row.
func (l *line) take(c column, cell, key, today string) error {
	f := c.known
	if c.field == columnIdentity {
		f = identityOf(cell)
	}
	if f.Type != "choice" && words().blank[key] {
		return nil
	}
	unit, known := c.scale.Unit, c.scale.Unit != "" || f.Type != "money" || named(cell)
	if !known {
		unit = money.UnitRial // the shape is checked all the same
	}
	v, err := f.coerce(cell, today, unit)
	if err == nil && !known {
		put(&l.unitless, f.ID, cell)
		return nil
	}
	if err != nil {
		if p, ok := f.padded(cell); ok {
			put(&l.proposed, f.ID, p)
			return nil
		}
		return err
	}
	if n, ok := v.(int64); ok && f.Type == "money" && c.scale.Divide > 1 && !named(cell) {
		if n%c.scale.Divide != 0 {
			return fault.New(fault.Invalid, "registry.shape", "field", f.Title)
		}
		v = n / c.scale.Divide
	}
	if v != nil {
		l.values.put(f.ID, v)
	}
	return nil
}

// put writes into a map that most rows do not have.
func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

// named reports whether the cell itself names a unit of money, which then stands over the header's.
func named(cell string) bool {
	_, ok := money.UnitIn(text.Digits(cell))
	return ok
}

// identityOf tells which of the two identifiers a value of a common column is: that whose check digit holds, or else
// that whose length is nearer.
func identityOf(cell string) *Field {
	legal, owner := words().byID[FieldLegalID], words().byID[FieldOwnerCode]
	s := trimFraction(cell)
	switch {
	case ident.Check(legal.Ident+"_raw", s).Valid:
		return legal
	case ident.Check(owner.Ident+"_raw", s).Valid:
		return owner
	}
	if _, ok := owner.padded(cell); ok {
		return owner
	}
	if _, ok := legal.padded(cell); ok || len(text.Digits(s)) > 10 {
		return legal
	}
	return owner
}

// padded proposes an identifier with the leading zeros that a spreadsheet dropped.
func (f *Field) padded(cell string) (any, bool) {
	if f.Ident == "" {
		return nil, false
	}
	if f.Type != "list" {
		p, ok := ident.ProposePadding(f.Ident+"_raw", plainNumber(cell))
		return p, ok
	}
	var out []string
	for _, part := range strings.FieldsFunc(cell, separator) {
		p := plainNumber(part)
		if r := ident.Check(f.Ident+"_raw", p); r.Valid {
			out = append(out, r.Canonical)
		} else if p, ok := ident.ProposePadding(f.Ident+"_raw", p); ok {
			out = append(out, p)
		} else {
			return nil, false
		}
	}
	return out, len(out) > 0
}

func plainNumber(cell string) string {
	s := trimFraction(cell)
	if full, err := unscientific(s); err == nil {
		return full
	}
	return s
}

// infer gives the licence kind where the sheet has no column for it: from the header of the licence number, else from
// who the unit is. It stays unverified, as all that a sheet says.
func (l *line) infer(t table) {
	if _, ok := t.at[FieldKind]; ok {
		return
	}
	kind := "none"
	if l.values.of(FieldLegalID) != nil || l.proposed[FieldLegalID] != nil {
		kind = "industrial"
	}
	if at, ok := t.at[FieldLicence]; ok && l.values.of(FieldLicence) != nil && t.columns[at].kind != "" {
		kind = t.columns[at].kind
	}
	l.values.put(FieldKind, kind)
	l.inferred = FieldKind
}

// finish holds the row to what no unit can do without.
func (l *line) finish(t table) {
	if l.whole() {
		return
	}
	x, ok := fault.As(complete(File{Values: l.asValues()}))
	if !ok {
		return
	}
	for _, d := range x.Details {
		cell := ""
		if i, ok := t.at[d.Field]; ok && i < len(t.rows[l.row-1]) {
			cell = t.rows[l.row-1][i]
		}
		l.refuse(t.headerFor(d.Field), cell, d)
	}
}

// whole tells, without looking closer, that a row has all that no unit can do without and nothing that must fit together.
func (l *line) whole() bool {
	for _, f := range words().within {
		if l.values.of(f.ID) != nil {
			return false
		}
	}
	return l.text(FieldName) != "" && l.text(FieldKind) != "" && (l.text(FieldLegalID) != "" || l.text(FieldOwnerCode) != "")
}

func (l *line) asValues() map[string]Value {
	out := map[string]Value{}
	for f, v := range l.all() {
		out[f] = Value{Field: f, Any: v}
	}
	return out
}

// all is the row with its proposals.
func (l *line) all() map[string]any {
	out := l.values.byField()
	for f, v := range l.proposed {
		out[f] = v
	}
	return out
}

func (l *line) refuse(header, cell string, err error) {
	reason := locale.Of("registry.shape", map[string]any{"field": header})
	if x, ok := fault.As(err); ok {
		reason = locale.Of(x.Key, x.Args)
	}
	l.bad = append(l.bad, BadCell{Row: l.row, Column: header, Value: cell, Reason: reason})
}

func (l *line) text(field string) string {
	if s, ok := l.values.of(field).(string); ok {
		return s
	}
	s, _ := l.proposed[field].(string)
	return s
}
