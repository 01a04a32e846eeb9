package referral

import (
	"regexp"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/registry"
)

// column is what a header means. An amount is read in unit, "" where the header names none, and divided.
type column struct {
	field  string
	unit   money.Unit
	divide int64
}

// table is a sheet whose header was found.
type table struct {
	header  []string
	columns map[int]column
	has     map[string]bool
	first   int
	rows    [][]string
}

const (
	headerWithin = 40 // rows in which the header is looked for
	headerLeast  = 2  // known headers that make a row the header
)

// findHeader takes the row with the most known headers; titles and blank lines above it do no harm.
func findHeader(rows [][]string) (table, error) {
	best, most := table{}, headerLeast-1
	for i := range min(len(rows), headerWithin) {
		if t := columnsOf(rows[i]); len(t.columns) > most {
			best, most = t, len(t.columns)
			best.first, best.rows = i+1, rows
		}
	}
	if most < headerLeast {
		return table{}, fault.New(fault.Invalid, "referral.no_header")
	}
	if !best.has[fieldName] && !best.has[fieldLegal] && !best.has[fieldOwner] && !best.has[columnIdentity] {
		return table{}, fault.New(fault.Invalid, "referral.no_unit_column")
	}
	return best, nil
}

func columnsOf(cells []string) table {
	t := table{columns: map[int]column{}, has: map[string]bool{}}
	for i, cell := range cells {
		t.header = append(t.header, strings.TrimSpace(cell))
		if c, ok := columnOf(cell); ok && !t.has[c.field] {
			t.columns[i], t.has[c.field] = c, true
		}
	}
	return t
}

// columnOf reads a header as it stands, then without its unit of money, then without what stands in brackets.
func columnOf(header string) (column, bool) {
	if strings.TrimSpace(header) == "#" {
		return column{field: columnSerial, divide: 1}, true
	}
	names := words().headers
	if f, ok := names[registry.Tight(header)]; ok {
		return column{field: f, divide: 1}, true
	}
	if rest, unit, divide, ok := registry.MoneyHeader(header); ok {
		if f := names[registry.Tight(rest)]; words().byID[f].Type == "money" {
			return column{field: f, unit: unit, divide: divide}, true
		}
	}
	f, ok := names[registry.Tight(brackets.ReplaceAllString(header, " "))]
	return column{field: f, divide: 1}, ok
}

var brackets = regexp.MustCompile(`[(\[{][^)\]}]*[)\]}]`)

// unknown are the headers that no field was found for.
func (t table) unknown() (out []string) {
	for i, h := range t.header {
		if _, ok := t.columns[i]; !ok && !registry.Blank(h) {
			out = append(out, h)
		}
	}
	return out
}

// assume gives the columns of money that name no unit the one a person said.
func (t table) assume(unit money.Unit) error {
	if unit == "" {
		return nil
	}
	if !slices.Contains(registry.AmountUnits(), unit) {
		return fault.New(fault.Invalid, "registry.amount_unit", "unit", string(unit))
	}
	for i, c := range t.columns {
		if c.unit == "" {
			c.unit = unit
			t.columns[i] = c
		}
	}
	return nil
}

// line is one row as it was read. Values are by field: text, int64 rial, civil dates.
type line struct {
	row      int // the sheet's number
	values   map[string]any
	proposed map[string]any // identifiers with the zeros put back that a spreadsheet drops
	unitless bool           // an amount stands without a unit that anybody named
	bad      []registry.BadCell
}

func (l *line) text(field string) string {
	if s, ok := l.values[field].(string); ok {
		return s
	}
	s, _ := l.proposed[field].(string)
	return s
}

func (l *line) amount(field string) int64 {
	n, _ := l.values[field].(int64)
	return n
}

// read reads the rows below the header that say something.
func (t table) read(today string) (out []line) {
	for i := t.first; i < len(t.rows); i++ {
		if t.says(t.rows[i]) {
			out = append(out, t.line(i, today))
		}
	}
	return out
}

// says tells a row of data from a blank one, a bare row number, a header printed again and a line of totals.
func (t table) says(cells []string) bool {
	filled, same := 0, 0
	for i, c := range cells {
		if t.columns[i].field == columnSerial || registry.Blank(c) {
			if registry.Total(c) {
				return false
			}
			continue
		}
		if f := t.columns[i].field; registry.Total(c) && (f == fieldName || f == "") {
			return false
		}
		filled++
		if i < len(t.header) && registry.Tight(c) == registry.Tight(t.header[i]) {
			same++
		}
	}
	return filled > 0 && same < filled
}

func (t table) line(i int, today string) line {
	l := line{row: i + 1, values: map[string]any{}, proposed: map[string]any{}}
	for at, cell := range t.rows[i] {
		c, ok := t.columns[at]
		if !ok || c.field == columnSerial || registry.Blank(cell) {
			continue
		}
		if err := l.take(c, text.Display(cell), today); err != nil {
			l.refuse(t.header[at], cell, err)
		}
	}
	if len(l.bad) == 0 && l.text(fieldName) == "" && l.text(fieldLegal) == "" && l.text(fieldOwner) == "" {
		l.refuse(t.headerFor(fieldName), "", fault.New(fault.Invalid, "referral.no_unit"))
	}
	return l
}

func (t table) headerFor(field string) string {
	for i, c := range t.columns {
		if c.field == field {
			return t.header[i]
		}
	}
	return words().byID[field].Title.FA
}

// take reads one cell into the row.
func (l *line) take(c column, cell, today string) error {
	f := words().byID[c.field]
	if c.field == columnIdentity {
		f = registry.IdentityOf(cell)
	}
	unit := c.unit
	_, named := money.UnitIn(text.Digits(cell))
	if f.Type == "money" && unit == "" {
		unit = money.UnitRial // the shape is checked all the same, but not how much it is
		if !named {
			l.unitless, f.Min, f.Max = true, 0, 0
		}
	}
	if c.divide > 1 && !named {
		f.Min, f.Max = f.Min*c.divide, f.Max*c.divide
	}
	v, err := f.Read(cell, today, unit)
	if err != nil {
		if p, ok := f.Pad(cell); ok {
			l.proposed[f.ID] = p
			return nil
		}
		return err
	}
	if n, ok := v.(int64); ok && c.divide > 1 && !named {
		if n%c.divide != 0 {
			return fault.New(fault.Invalid, "registry.shape", "field", f.Title)
		}
		v = n / c.divide
	}
	if f.ID == fieldStage {
		if v, err = stageOf(cell); err != nil {
			return err
		}
	}
	if v != nil {
		l.values[f.ID] = v
	}
	return nil
}

var (
	separators = regexp.MustCompile(`[-\x{2013}:;,\x{060C}\x{061B}/]`)
	figures    = regexp.MustCompile(`[0-9./]+`)
)

// stageOf understands whole phrases only, with dates and remarks taken off: a word such as "paid" may stand in "not paid".
func stageOf(cell string) (any, error) {
	plain := brackets.ReplaceAllString(text.Digits(cell), " ")
	for _, s := range []string{cell, plain, separators.Split(plain, 2)[0], figures.ReplaceAllString(plain, " ")} {
		if step, ok := words().stages[registry.Tight(s)]; ok {
			return step, nil
		}
	}
	return nil, fault.New(fault.Invalid, "referral.stage", "text", cell)
}

func (l *line) refuse(header, cell string, err error) {
	reason := locale.Of("registry.shape", map[string]any{"field": header})
	if x, ok := fault.As(err); ok {
		reason = locale.Of(x.Key, x.Args)
	}
	l.bad = append(l.bad, registry.BadCell{Row: l.row, Column: header, Value: cell, Reason: reason})
}

// reached is the furthest step that the row says the case has reached. Figures and numbers say it as words do: a paid
// amount is a payment, a letter's number a referral; being on the sheet is being registered.
func (l *line) reached() string {
	far := 0
	raise := func(step string) {
		far = max(far, slices.Index(steps, step))
	}
	raise(l.text(fieldStage))
	if l.text(fieldLetter) != "" || l.text(fieldLetterOn) != "" || l.text(fieldStage) == saysRefused {
		raise(stepReferred)
	}
	for _, s := range steps[slices.Index(steps, "approved"):] {
		if l.amount(s) > 0 {
			raise(s)
		}
	}
	if l.text(fieldPaidOn) != "" {
		raise(stepPaid)
	}
	return steps[far]
}

// amounts gives the first amount taken in each column of money, in the order of the columns.
func (t table) amounts(lines []line) (out []registry.Amount) {
	for at := range t.header {
		f := words().byID[t.columns[at].field]
		if f.Type != "money" {
			continue
		}
		for i := range lines {
			if n := lines[i].amount(f.ID); n > 0 {
				row := lines[i].row
				out = append(out, registry.Amount{Row: row, Column: t.header[at], Cell: t.rows[row-1][at], Rial: money.Rial(n)})
				break
			}
		}
	}
	return out
}
