package registry

import (
	"slices"
	"strings"
	"sync"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
)

// scale is the unit that a header names for its column: an amount is read in Unit and divided, so that thousands of toman
// and millions of rial, which package money has no unit for, keep their decimals.
type scale struct {
	Word   string     `json:"word"`
	Unit   money.Unit `json:"unit"`
	Divide int64      `json:"divide"`
}

// Columns that are no field of the company file.
const (
	columnSerial   = "#serial"
	columnIdentity = "#identity" // a legal person's id or an owner's national code
)

// column is what a header means: a field, or one of the columns above; scale is empty where the header names no unit; kind is the licence kind that a licence number's
// header gives away.
type column struct {
	field string
	known *Field // the field of the company file; nil for other columns
	scale scale
	kind  string
}

// table is a sheet whose header was found.
type table struct {
	header  []string
	columns map[int]column // by position; the rest are kept for the rejects only
	at      map[string]int // position of a field
	first   int            // index of the first row below the header
	rows    [][]string
}

const (
	headerWithin = 40 // rows in which the header is looked for
	headerLeast  = 2  // known headers that make a row the header
)

// headerNames maps folded headers to fields.
var headerNames = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	put := func(field string, names ...string) {
		for _, n := range names {
			if _, taken := m[tight(n)]; !taken {
				m[tight(n)] = field
			}
		}
	}
	for _, f := range Fields() {
		put(f.ID, append([]string{f.Title.FA, f.Title.EN, f.ID}, f.Headers...)...)
	}
	put(columnIdentity, words().IdentityHeaders...)
	put(columnSerial, words().SerialHeaders...)
	m["#"] = columnSerial
	return m
})

// moneyWords are the units of money with their folded words, the longest first.
var moneyWords = sync.OnceValue(func() []scale {
	list := slices.Clone(words().MoneyWords)
	for i := range list {
		list[i].Word = wordKey(list[i].Word)
	}
	slices.SortFunc(list, func(a, b scale) int { return len(b.Word) - len(a.Word) })
	return list
})

// wordKey is a text's search key with single blanks between words.
func wordKey(s string) string {
	keys := text.Keys(s)
	if len(keys) == 0 {
		return ""
	}
	return keys[len(keys)-1]
}

// findHeader takes the row with the most known headers, the first of equals; a title above it and blank lines do no harm.
func findHeader(rows [][]string) (table, error) {
	best, most := -1, headerLeast-1
	for i := range min(len(rows), headerWithin) {
		if n := len(columnsOf(rows[i]).at); n > most {
			best, most = i, n
		}
	}
	if best < 0 {
		return table{}, fault.New(fault.Invalid, "registry.no_header")
	}
	t := columnsOf(rows[best])
	t.header, t.first, t.rows = trimmed(rows[best]), best+1, rows
	if _, ok := t.at[FieldName]; !ok {
		return table{}, fault.New(fault.Invalid, "registry.no_header_for", "field", words().byID[FieldName].Title)
	}
	for _, id := range []string{FieldLegalID, FieldOwnerCode, columnIdentity} {
		if _, ok := t.at[id]; ok {
			return t, nil
		}
	}
	return table{}, fault.New(fault.Invalid, "registry.no_header_for", "field", words().byID[FieldLegalID].Title)
}

// unknown are the headers that no field was found for.
func (t table) unknown() (out []string) {
	for i, h := range t.header {
		if _, ok := t.columns[i]; !ok && !blank(h) {
			out = append(out, h)
		}
	}
	return out
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(c)
	}
	return out
}

func columnsOf(cells []string) table {
	t := table{columns: map[int]column{}, at: map[string]int{}}
	for i, cell := range cells {
		c, ok := columnOf(cell)
		if _, twice := t.at[c.field]; !ok || twice {
			continue
		}
		c.known = words().byID[c.field]
		t.columns[i], t.at[c.field] = c, i
	}
	return t
}

// columnOf reads one header: as it stands, then without its unit of money, then without what stands in brackets.
func columnOf(header string) (column, bool) {
	if strings.TrimSpace(header) == "#" {
		return column{field: columnSerial}, true
	}
	names := headerNames()
	if f, ok := names[tight(header)]; ok {
		return column{field: f, kind: licenceKind(header)}, true
	}
	key := wordKey(header)
	for _, m := range moneyWords() {
		rest, ok := withoutWord(key, m.Word)
		if !ok {
			continue
		}
		if f := words().byID[names[tight(rest)]]; f != nil && f.Type == "money" {
			return column{field: f.ID, scale: m}, true
		}
	}
	f, ok := names[tight(outsideBrackets(header))]
	return column{field: f, kind: licenceKind(header)}, ok
}

// withoutWord drops a unit at the end of a header, and the particle before it.
func withoutWord(key, word string) (string, bool) {
	rest, ok := strings.CutSuffix(key, word)
	if !ok || rest == "" || !strings.HasSuffix(rest, " ") {
		return "", false
	}
	return strings.TrimSuffix(rest, " \u0628\u0647 "), true
}

func outsideBrackets(s string) string {
	if open := strings.IndexAny(s, "([{"); open >= 0 {
		if end := strings.IndexAny(s[open:], ")]}"); end > 0 {
			return s[:open] + " " + s[open+end+1:]
		}
	}
	return s
}

func licenceKind(header string) string {
	for _, l := range words().LicenceWords {
		if strings.Contains(tight(header), tight(l.Word)) {
			return l.Kind
		}
	}
	return ""
}

// headerFor is what the sheet itself calls a field: its own header, else the field's Persian title.
func (t table) headerFor(field string) string {
	ids := []string{field}
	if field == FieldLegalID || field == FieldOwnerCode {
		ids = []string{field, columnIdentity, FieldLegalID, FieldOwnerCode}
	}
	for _, id := range ids {
		if i, ok := t.at[id]; ok {
			return t.header[i]
		}
	}
	if f := words().byID[field]; f != nil {
		return f.Title.FA
	}
	return field
}
