package referral

import (
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

var sheetHeader = []string{"نام واحد", "شماره معرفی‌نامه", "مبلغ مصوب (میلیون ریال)", "تاریخ پرداخت", "وضعیت", "توضیح"}

// rowReader reads the rows below a sheet's header.
type rowReader func(rows [][]string) ([]line, error)

func readRows(rows [][]string) ([]line, error) {
	table, err := findHeader(rows)
	if err != nil {
		return nil, err
	}
	return table.read("2026-11-24"), nil
}

// rowKept is the law of a row: it gives one line or, being blank, none; each of its cells is either understood or comes
// back as it was typed, under the sheet's own header with a reason in both languages; no amount is below nought; and what
// it says was reached is a step of the referral.
func rowKept(t testing.TB, read rowReader, cells []string) {
	t.Helper()
	lines, err := read([][]string{sheetHeader, cells})
	if err != nil {
		t.Fatalf("the header was not found: %v", err)
	}
	if len(lines) > 1 {
		t.Fatalf("%d lines of one row", len(lines))
	}
	for i := range lines {
		l := &lines[i]
		if !slices.Contains(steps, l.reached()) {
			t.Fatalf("reached %q", l.reached())
		}
		for f, v := range l.values {
			if n, ok := v.(int64); ok && n < 0 {
				t.Fatalf("%s is %d", f, n)
			}
		}
		for _, b := range l.bad {
			at := slices.Index(sheetHeader, b.Column)
			if b.Row != 2 || at < 0 || b.Reason.FA == "" || b.Reason.EN == "" || b.Reason.FA == b.Reason.EN {
				t.Fatalf("nobody finds %+v", b)
			}
			if b.Value != cells[at] {
				t.Fatalf("%q came back as %q", cells[at], b.Value)
			}
		}
	}
}

var sheetSeeds = [][]string{
	{"نساجی سپیدتار", "12/۳۴", "۵۰۰", "1404/05/01", "پرداخت شد", "x"}, {"الف", "", "-5", "1404/13/40", "نمی‌دانم", ""},
	{"ب", "\x00", "1e309", "\u202e", "پرداخت نشده", "="}, {"", "", "", "", "", ""}, {"", "", "9223372036854775807", "", "", ""},
}

func FuzzRow(f *testing.F) {
	for _, c := range sheetSeeds {
		f.Add(c[0], c[1], c[2], c[3], c[4], c[5])
	}
	f.Fuzz(func(t *testing.T, name, letter, amount, date, state, remark string) {
		rowKept(t, readRows, []string{name, letter, amount, date, state, remark})
	})
}

// A reader that keeps a bad cell as it understood it, and one that drops the reason, lose what the office typed.
func TestFuzzRowFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, spoil := range map[string]func(*line){
		"came back as": func(l *line) { l.bad[0].Value = "" },
		"nobody finds": func(l *line) { l.bad[0].Reason = locale.Text{} },
		"lines of one": nil,
	} {
		control.Finds(t, words, func(t testing.TB) {
			for _, cells := range sheetSeeds {
				rowKept(t, func(rows [][]string) ([]line, error) {
					lines, err := readRows(rows)
					if spoil == nil {
						return append(lines, lines...), err
					}
					if len(lines) > 0 && len(lines[0].bad) > 0 {
						spoil(&lines[0])
					}
					return lines, err
				}, cells)
			}
		})
	}
}

// A sheet of one column or of none is refused as one without a header, whatever stands in it.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"نام واحد", "مبلغ مصوب (میلیون ریال)", "#", "((", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) { headerOrFault(t, findHeader, a, b) })
}

// headerOrFault is the law of headers: two cells give a table in which each column means one thing and names a known
// unit's column, or a fault that says what is missing.
func headerOrFault(t testing.TB, find func([][]string) (table, error), a, b string) {
	t.Helper()
	found, err := find([][]string{{a, b}})
	if err != nil {
		if f, ok := fault.As(err); !ok || !locale.Has(locale.FA, f.Key) || !locale.Has(locale.EN, f.Key) {
			t.Fatalf("not told: %v", err)
		}
		return
	}
	seen := map[string]bool{}
	for _, c := range found.columns {
		if seen[c.field] {
			t.Fatalf("two columns of %q and %q are %s", a, b, c.field)
		}
		seen[c.field] = true
		if c.divide < 1 {
			t.Fatalf("%q or %q is divided by %d", a, b, c.divide)
		}
	}
}

// A finder that takes the same header twice would let the second column of a sheet stand over the first.
func TestFuzzHeaderFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "two columns of", func(t testing.TB) {
		headerOrFault(t, func(rows [][]string) (table, error) {
			out := table{columns: map[int]column{}}
			for i, cell := range rows[0] {
				if c, ok := columnOf(cell); ok {
					out.columns[i] = c
				}
			}
			return out, nil
		}, sheetHeader[0], sheetHeader[0])
	})
}
