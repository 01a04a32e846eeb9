package services

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/registry"
)

// Sheet is a sheet to take in. Rows are its text cells from the first row on. Firms finds units of the register by name or legal
// id. Scale is what amounts are multiplied by whose heading and cells say none: 1, 1000 or 1000000.
type Sheet struct {
	Province, File, By string
	Kind               Kind
	Rows               [][]string
	Dry                bool
	Scale              int64
	Countries          map[string]string
	Firms              func(ctx context.Context, probes []registry.Probe) ([]registry.Resolved, error)
}

// Outcome is what became of a sheet: Rows = Landed + Same + distinct rows of Bad. Same stood already as the row says it. Read
// says how the first amount of each column was read.
type Outcome struct {
	Rows, Landed, Same int
	Bad                []registry.BadCell
	Unknown            []string // headings that no field was found for
	Read               []ReadAs

	header []string
	rows   [][]string
}

// ReadAs is how an amount was read.
type ReadAs struct {
	Row          int
	Column, Cell string
	Amount       int64 // in the smallest part of the currency
	Currency     string
}

// within is in how many rows the heading is looked for.
const within = 40

// sheetTable is a sheet whose heading was found.
type sheetTable struct {
	header []string
	fields map[int]string   // by column
	scale  map[string]int64 // by field
	money  string           // currency that a heading names
	first  int
}

// headed takes the row with the most headings of the kind; titles and blank lines above it do no harm.
func headed(k Kind, rows [][]string) (best sheetTable, err error) {
	known := []string{"contract", "legal_id", "firm"}
	for _, s := range specs[k] {
		known = append(known, s.Name)
	}
	for i := range min(len(rows), within) {
		t := sheetTable{fields: map[int]string{}, scale: map[string]int64{}, first: i + 1}
		seen := map[string]bool{}
		for at, cell := range rows[i] {
			t.header = append(t.header, strings.TrimSpace(cell))
			if field, scale, money := headingOf(cell); slices.Contains(known, field) && !seen[field] {
				t.fields[at], seen[field] = field, true
				if scale > 0 {
					t.scale[field] = scale
				}
				if money != "" {
					t.money = money
				}
			}
		}
		if len(t.fields) > max(1, len(best.fields)) {
			best = t
		}
	}
	if len(best.fields) < 2 {
		return best, fault.New(fault.Invalid, "services.no_header", "kind", string(k))
	}
	return best, nil
}

// headingOf reads a heading as it stands, then without words of scale and currency.
func headingOf(cell string) (field string, scale int64, money string) {
	if f := headings()[registry.Tight(cell)]; f != "" {
		return f, 0, ""
	}
	var rest []string
	for _, w := range strings.FieldsFunc(text.Display(cell), func(r rune) bool { return strings.ContainsRune(" ()[]:-/\u060c", r) }) {
		if n, ok := scales()[text.Fold(w)]; ok {
			scale = n
		} else if c, ok := currencyOf(w); ok && money == "" {
			money = c.Code
		} else {
			rest = append(rest, w)
		}
	}
	return headings()[registry.Tight(strings.Join(rest, " "))], scale, money
}

// Import takes a sheet in, row by row in one transaction: good rows are submitted, bad ones come back with column and reason, and
// what stands already as the row says it is left. A row that says something else of what stands is bad: it is corrected on its
// page, with a reason.
func (s *Service) Import(ctx context.Context, in Sheet) (out Outcome, err error) {
	if len(specs[in.Kind]) == 0 {
		return out, fault.New(fault.Invalid, "services.kind", "kind", string(in.Kind)).At("kind")
	}
	t, err := headed(in.Kind, in.Rows)
	if err != nil {
		return out, err
	}
	firms, err := firmsOf(ctx, in, t)
	if err != nil {
		return out, err
	}
	var q Sought
	if err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) (err error) {
		out, q, err = s.rehearse(ctx, tx, in, t, firms)
		return err
	}); err != nil || in.Dry {
		return out, err
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.ServiceRecordsOf(ctx, in.Province, q)
		if err == nil {
			out, err = s.land(ctx, tx, in, t, firms, fold(all))
		}
		return err
	})
	return out, err
}

// rehearse lands the rows on a register that is only read, and seeks what they met in it, with whatever is entered after it was read:
// the write need read no more, and nobody waits for it.
func (s *Service) rehearse(ctx context.Context, tx Tx, in Sheet, t sheetTable, firms map[int]registry.Resolved) (out Outcome, q Sought, err error) {
	all, err := tx.ServiceRecords(ctx, in.Province, "")
	if err != nil {
		return out, q, err
	}
	g := fold(all)
	g.met = map[*Thing]bool{}
	in.Dry = true
	out, err = s.land(ctx, tx, in, t, firms, g)
	q.From = 1
	for _, r := range all {
		q.From = max(q.From, r.Seq+1)
	}
	for _, t := range g.order {
		if g.met[t] && t.last().Seq > 0 { // not a row of the sheet
			q.Things = append(q.Things, t.ID)
			if t.Kind == Contract && in.Kind.ofContract() {
				q.On = append(q.On, t.ID)
			}
		}
	}
	return out, q, err
}

// land takes the rows in among what the register holds.
func (s *Service) land(ctx context.Context, tx Tx, in Sheet, t sheetTable, firms map[int]registry.Resolved, g *Register) (Outcome, error) {
	l := lander{s: s, in: in, t: t, g: g, out: Outcome{header: t.header, rows: in.Rows, Unknown: t.unknown()}}
	for i := t.first; i < len(in.Rows); i++ {
		if t.says(in.Rows[i]) {
			if err := l.row(ctx, tx, i, firms[i]); err != nil {
				return Outcome{}, err
			}
		}
	}
	return l.out, nil
}

func (t sheetTable) unknown() (out []string) {
	for i, h := range t.header {
		if t.fields[i] == "" && !registry.Blank(h) {
			out = append(out, h)
		}
	}
	return out
}

// says tells a row of data from a blank one and a line of totals.
func (t sheetTable) says(cells []string) bool {
	filled := 0
	for i, c := range cells {
		if registry.Total(c) {
			return false
		}
		if t.fields[i] != "" && !registry.Blank(c) {
			filled++
		}
	}
	return filled > 0
}

// cells gives a row by field.
func (t sheetTable) cells(row []string) map[string]string {
	out := map[string]string{}
	for at, field := range t.fields {
		if at < len(row) && !registry.Blank(row[at]) {
			out[field] = row[at]
		}
	}
	if out["currency"] == "" && t.money != "" {
		out["currency"] = t.money
	}
	return out
}

// firmsOf finds the units of the rows that name a firm, by row.
func firmsOf(ctx context.Context, in Sheet, t sheetTable) (map[int]registry.Resolved, error) {
	var at []int
	var probes []registry.Probe
	for i := t.first; i < len(in.Rows); i++ {
		if c := t.cells(in.Rows[i]); c["firm"] != "" || c["legal_id"] != "" {
			at, probes = append(at, i), append(probes, registry.Probe{Name: text.Display(c["firm"]), LegalID: text.Digits(strings.TrimSpace(c["legal_id"]))})
		}
	}
	out := map[int]registry.Resolved{}
	if len(probes) == 0 || in.Firms == nil {
		return out, nil
	}
	found, err := in.Firms(ctx, probes)
	for i, f := range found {
		out[at[i]] = f
	}
	return out, err
}

// lander takes rows in.
type lander struct {
	s   *Service
	in  Sheet
	t   sheetTable
	g   *Register
	out Outcome
}

func (l *lander) row(ctx context.Context, tx Tx, i int, firm registry.Resolved) error {
	l.out.Rows++
	cells := l.t.cells(l.in.Rows[i])
	e := Entry{Province: l.in.Province, By: l.in.By, Kind: l.in.Kind, Typed: cells, Countries: l.in.Countries}
	if e.Kind == Contract {
		e.Unit = firm.Unit
		if e.Unit == "" && len(firm.Candidates) > 0 {
			l.refuse(i, "firm", fault.New(fault.Invalid, "services.firm_unsure", "firm", cells["firm"]))
			return nil
		}
	}
	if e.Kind.ofContract() {
		of, err := l.contract(cells, firm)
		if err != nil {
			l.refuse(i, "contract", err)
			return nil
		}
		e.Of = of
	}
	r := reading(l.g, e)
	r.scale = map[string]int64{"amount": max(1, l.in.Scale), "goods": max(1, l.in.Scale)}
	for field, n := range l.t.scale {
		r.scale[field] = n
	}
	f, bad := r.all()
	for _, b := range bad {
		l.refuse(i, b.Field, b)
	}
	if len(bad) > 0 {
		return nil
	}
	rec, err := l.g.make(e, f)
	if twin := l.g.twin(rec); twin != nil && rec.Fields == twin.Shown().Fields {
		l.out.Same++
		return nil
	}
	if x, ok := fault.As(err); ok && x.Kind != fault.Internal {
		l.refuse(i, x.Field, x)
		return nil
	}
	if err != nil {
		return err
	}
	l.echo(i, rec)
	rec.File, rec.Row = l.in.File, i+1
	if l.in.Dry {
		rec.ID = "row " + strconv.Itoa(i)
		rec.Thing = rec.ID
	} else if err := l.s.put(ctx, tx, &rec); err != nil {
		return err
	}
	l.out.Landed++
	l.g.add(&rec) // later rows are compared with it
	return nil
}

// contract finds the contract that a row hangs on: by its number, among the firm's where the row names one.
func (l *lander) contract(cells map[string]string, firm registry.Resolved) (string, error) {
	var found []string
	for _, t := range l.g.numbered(Contract, cells["contract"]) {
		c := t.Shown()
		legal := text.Digits(strings.TrimSpace(cells["legal_id"]))
		switch {
		case c.State == Refused || registry.Tight(c.Contract) != registry.Tight(cells["contract"]):
		case firm.Unit != "" && c.Unit != firm.Unit, firm.Unit == "" && legal != "" && c.LegalID != legal:
		default:
			found = append(found, t.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New(fault.Invalid, "services.no_contract", "contract", cells["contract"])
	case 1:
		return found[0], nil
	}
	return "", fault.New(fault.Invalid, "services.which_contract", "contract", cells["contract"])
}

// refuse gives a cell back, under the sheet's own heading.
func (l *lander) refuse(i int, field string, err error) {
	b := registry.BadCell{Row: i + 1, Column: locale.T(locale.FA, "tes.f."+field, nil)}
	for at, f := range l.t.fields {
		if f == field {
			b.Column = l.t.header[at]
			if at < len(l.in.Rows[i]) {
				b.Value = l.in.Rows[i][at]
			}
		}
	}
	if x, ok := fault.As(err); ok {
		b.Reason = locale.Of(x.Key, x.Args)
	}
	l.out.Bad = append(l.out.Bad, b)
}

// echo remembers how the first amount of the sheet was read.
func (l *lander) echo(i int, r Record) {
	if len(l.out.Read) > 0 || r.Kind.published() {
		return
	}
	for at, f := range l.t.fields {
		if f == "amount" && at < len(l.in.Rows[i]) {
			l.out.Read = append(l.out.Read, ReadAs{Row: i + 1, Column: l.t.header[at], Cell: l.in.Rows[i][at], Amount: r.Amount, Currency: r.Currency})
		}
	}
}

// BadRows is how many rows are bad.
func (o Outcome) BadRows() int {
	seen := map[int]bool{}
	for _, b := range o.Bad {
		seen[b.Row] = true
	}
	return len(seen)
}

// Rejects are the bad rows as they were given, with their number, the columns that are wrong and the reasons before them.
func (o Outcome) Rejects(l locale.Lang) (header []string, rows [][]string) {
	for _, key := range []string{"registry.rejects.row", "registry.rejects.column", "registry.rejects.reason"} {
		header = append(header, locale.T(l, key, nil))
	}
	header = append(header, o.header...)
	last := 0
	for _, b := range o.Bad {
		if b.Row != last {
			rows = append(rows, append([]string{locale.Digits(l, strconv.Itoa(b.Row)), "", ""}, o.rows[b.Row-1]...))
			last = b.Row
		}
		r := rows[len(rows)-1]
		r[1], r[2] = strings.TrimPrefix(r[1]+"\n"+b.Column, "\n"), strings.TrimPrefix(r[2]+"\n"+b.Reason.In(l), "\n")
	}
	return header, rows
}
