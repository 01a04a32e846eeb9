package procedure

import (
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// reasonColumns are the columns of a table of coded reasons; the first three must be there.
var reasonColumns = []string{"code", "fa", "en", "side", "remedy_fa", "remedy_en", "remedy", "min_text", "accepted", "from", "to"}

// parseReasons reads a dated table of coded reasons. Columns it does not know are left alone.
func parseReasons(r *report, file, src string) []ReasonRow {
	cr := csv.NewReader(strings.NewReader(src))
	cr.FieldsPerRecord = -1
	head, err := cr.Read()
	if err != nil {
		r.err(Pos{file, 1, 1}, "table_empty", "file", file)
		return nil
	}
	cols := map[string]int{}
	for i, h := range head {
		cols[strings.TrimSpace(h)] = i
	}
	for _, want := range reasonColumns[:3] {
		if _, ok := cols[want]; !ok {
			r.err(Pos{file, 1, 1}, "table_column", "column", want, "columns", strings.Join(reasonColumns, ", "))
			return nil
		}
	}
	return reasonRows(r, file, cr, cols)
}

func reasonRows(r *report, file string, cr *csv.Reader, cols map[string]int) []ReasonRow {
	var out []ReasonRow
	for {
		rec, err := cr.Read()
		if err == io.EOF {
			return out
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			r.err(Pos{file, bad.Line, max(bad.Column, 1)}, "csv", "message", bad.Err.Error())
			return out
		}
		line, _ := cr.FieldPos(0)
		row := reasonRow(r, Pos{file, line, 1}, rec, cols)
		if slices.ContainsFunc(out, func(o ReasonRow) bool { return o.Code == row.Code && overlaps(o, row) }) {
			r.err(Pos{file, line, 1}, "reason_twice", "code", row.Code)
		}
		out = append(out, row)
	}
}

// overlaps reports rows in force on a common day; a zero end is open.
func overlaps(a, b ReasonRow) bool {
	before := func(x, y jalali.Date) bool { return !x.IsZero() && !y.IsZero() && x.Compare(y) < 0 }
	return !before(a.To, b.From) && !before(b.To, a.From)
}

func reasonRow(r *report, pos Pos, rec []string, cols map[string]int) ReasonRow {
	get := func(name string) string {
		if i, ok := cols[name]; ok && i < len(rec) {
			return strings.TrimSpace(rec[i])
		}
		return ""
	}
	date := func(name string) (d jalali.Date) {
		if s := get(name); s != "" {
			var err error
			if d, err = jalali.Parse(s); err != nil {
				r.fault(pos, err, s, "date")
			}
		}
		return d
	}
	row := ReasonRow{Code: get("code"), Side: get("side"), Remedy: remedyOf(get),
		Title: locale.Text{FA: get("fa"), EN: get("en")}, From: date("from"), To: date("to")}
	if s := get("min_text"); s != "" {
		n, err := parseInt(s)
		if err != nil {
			r.fault(pos, err, s, "int")
		}
		row.MinText = int(n)
	}
	row.Barred = notAccepted(r, pos, get("accepted"))
	switch {
	case row.Code == "":
		r.err(pos, "reason_code")
	case row.Title.FA == "":
		r.err(pos, "missing_fa", "what", row.Code)
	case row.Title.EN == "":
		r.err(pos, "missing_en", "what", row.Code)
	}
	return row
}

// remedyOf reads the remedy in two languages, or in one column for both where it is a name or a number.
func remedyOf(get func(string) string) locale.Text {
	both := get("remedy")
	return locale.Text{FA: cmp.Or(get("remedy_fa"), both), EN: cmp.Or(get("remedy_en"), both)}
}

// notAccepted reads the column accepted: a code that is known, counted in claims, but refuses nobody.
func notAccepted(r *report, pos Pos, s string) bool {
	if s == "" {
		return false
	}
	yes, err := parseBool(s)
	if err != nil {
		r.fault(pos, err, s, "bool")
	}
	return err == nil && !yes
}

// ReasonsOn gives the rows of a table of coded reasons that are in force on a day.
func (d *Definition) ReasonsOn(table string, day jalali.Date) []ReasonRow {
	i := slices.IndexFunc(d.Reasons, func(r *Reasons) bool { return r.ID == table })
	if i < 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Reasons[i].Rows), func(row ReasonRow) bool {
		return !row.From.IsZero() && day.Compare(row.From) < 0 || !row.To.IsZero() && day.Compare(row.To) > 0
	})
}

// WithDated gives the definition with other rows in its dated tables, read from CSV text by file name. Dated tables are
// not in the hash (kernel.md 14).
func (d *Definition) WithDated(files map[string]string) (*Definition, []Problem) {
	r := &report{src: sources{}, fallback: mainFile}
	c := *d
	c.Reasons = make([]*Reasons, len(d.Reasons))
	for i, t := range d.Reasons {
		n := *t
		c.Reasons[i] = &n
		if csv, ok := files[t.File]; ok {
			name := path.Join("tables", strings.TrimPrefix(t.File, "tables/"))
			r.src.add(name, csv)
			n.Rows = parseReasons(r, name, csv)
		}
	}
	c.Dated = make([]*Dated, len(d.Dated))
	for i, t := range d.Dated {
		n := *t
		c.Dated[i] = &n
		if csv, ok := files[t.File]; ok {
			n.CSV = csv
			r.src.add(inFolder(t.File, "tables"), csv)
		}
	}
	if d.compiled != nil && len(c.Dated) > 0 {
		own := *d.compiled
		own.dated = c.compileDated(r, own.env)
		c.compiled = &own
	}
	return &c, r.sorted()
}

// DatedFiles names the files of a definition's dated tables, as it names them.
func (d *Definition) DatedFiles() []string {
	var out []string
	for _, t := range d.Reasons {
		out = append(out, t.File)
	}
	for _, t := range d.Dated {
		out = append(out, t.File)
	}
	return out
}
