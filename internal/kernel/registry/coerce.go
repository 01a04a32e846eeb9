package registry

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/refdata"
	"rahgosha/internal/base/text"
)

const (
	maxText = 500
	maxList = 100
)

// Coerce turns what was typed, or a typed value, into what the company file keeps: string, int64 or []string; nil for
// blank. today is the civil date that past dates are held to. Money without a unit word is rial. Faults are invalid and
// name the field.
func Coerce(field string, raw any, today string) (any, error) {
	f, ok := words().byID[field]
	if !ok {
		return nil, fault.New(fault.Invalid, "registry.no_field", "field", field).At(field)
	}
	v, err := f.coerce(raw, today, money.UnitRial)
	if err == nil {
		return v, nil
	}
	if x, ok := fault.As(err); ok {
		return nil, x.At(field)
	}
	return nil, fault.Wrap(err, fault.Invalid, "registry.shape", "field", f.Title).At(field)
}

func (f *Field) coerce(raw any, today string, unit money.Unit) (any, error) {
	switch x := raw.(type) {
	case nil:
		return nil, nil
	case string:
		s := text.Display(x)
		if s == "" {
			return nil, nil
		}
		return f.fromText(s, today, unit)
	case int:
		return f.fromNumber(int64(x))
	case int64:
		return f.fromNumber(x)
	case []string:
		return f.fromList(x)
	}
	return nil, fault.New(fault.Invalid, "registry.shape", "field", f.Title)
}

func (f *Field) fromText(s, today string, unit money.Unit) (any, error) {
	switch f.Type {
	case "text":
		return f.plain(s)
	case "code":
		return f.plain(text.Digits(trimFraction(s)))
	case "id":
		return f.identifier(s)
	case "date":
		return f.date(s, today)
	case "int":
		return f.whole(s)
	case "money":
		return f.amount(s, unit)
	case "percent":
		return f.percent(s)
	case "choice":
		return f.choice(s)
	case "county":
		return county(s)
	}
	return f.fromList(strings.FieldsFunc(s, separator))
}

func separator(r rune) bool {
	return r == '\u060C' || r == ',' || r == ';' || r == '\u061B' || r == '\n' || r == '|'
}

func (f *Field) fromNumber(n int64) (any, error) {
	switch f.Type {
	case "int", "money", "percent":
		return f.bounded(n)
	case "id", "code":
		return f.fromText(strconv.FormatInt(n, 10), "", money.UnitRial)
	}
	return nil, fault.New(fault.Invalid, "registry.shape", "field", f.Title)
}

func (f *Field) bounded(n int64) (any, error) {
	if n < f.Min || f.Max > 0 && n > f.Max {
		return nil, fault.New(fault.Invalid, "registry.range", "field", f.Title, "min", f.Min, "max", f.Max)
	}
	return n, nil
}

func (f *Field) plain(s string) (any, error) {
	n, limit := int64(utf8.RuneCountInString(s)), f.Max
	if limit == 0 {
		limit = maxText
	}
	switch {
	case n < f.Min:
		return nil, fault.New(fault.Invalid, "registry.short", "field", f.Title, "min", f.Min)
	case n > limit:
		return nil, fault.New(fault.Invalid, "registry.long", "field", f.Title, "max", limit)
	}
	if f.ID == FieldName {
		return text.Name(s)
	}
	return s, nil
}

// identifier checks by the kind's rule. What a spreadsheet made of it is undone only where nothing is lost.
func (f *Field) identifier(s string) (any, error) {
	s, err := unscientific(trimFraction(s))
	if err != nil {
		return nil, err
	}
	r := ident.Check(f.Ident+"_raw", s)
	if !r.Valid {
		return nil, r.Err()
	}
	return r.Canonical, nil
}

var (
	fraction   = regexp.MustCompile(`^([0-9]+)[.\x{066B}]0+$`)
	scientific = regexp.MustCompile(`^([0-9])(?:[.\x{066B}/]([0-9]+))?[eE]\+?([0-9]{1,2})$`)
	countForm  = regexp.MustCompile(`^([0-9]+)(?:\.0+)?\s*(.*)$`)
	percentOf  = regexp.MustCompile(`^([0-9]{1,3})(?:[.\x{066B}/]([0-9]{1,2})0*)?\s*[%\x{066A}]?$`)
	grouping   = strings.NewReplacer(",", "", "\u066C", "", "\u060C", "", "'", "")
)

// trimFraction drops the ".0" that some programs write behind whole numbers.
func trimFraction(s string) string {
	s = text.Digits(strings.TrimSpace(s))
	if !strings.ContainsAny(s, ".\u066B") {
		return s
	}
	return fraction.ReplaceAllString(s, "$1")
}

// leastDigits is how many digits a number in scientific notation must show before it is taken as whole: sheets print six.
const leastDigits = 9

// unscientific writes 1.038028479E+10 in full. With fewer digits the rest was lost when the sheet was saved.
func unscientific(s string) (string, error) {
	if !strings.ContainsAny(s, "eE") {
		return s, nil
	}
	m := scientific.FindStringSubmatch(s)
	if m == nil {
		return s, nil
	}
	exp, err := strconv.Atoi(m[3])
	if err != nil || len(m[2])+1 < leastDigits || exp < len(m[2]) || exp > 18 {
		return "", fault.New(fault.Invalid, "registry.scientific", "text", s)
	}
	return m[1] + m[2] + strings.Repeat("0", exp-len(m[2])), nil
}

// date reads a Jalali date, or the stored Gregorian form.
func (f *Field) date(s, today string) (any, error) {
	d, err := jalali.Parse(s)
	if err != nil {
		g, gerr := jalali.FromCivil(strings.ReplaceAll(text.Digits(s), "/", "-"))
		if gerr != nil {
			return nil, err
		}
		d = g
	}
	civil := d.Civil()
	if f.Past && today != "" && civil > today {
		return nil, fault.New(fault.Invalid, "registry.future", "field", f.Title)
	}
	return civil, nil
}

// whole reads a count with its word: 12, 1,200 or 12 with the word for people.
func (f *Field) whole(s string) (any, error) {
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		return f.bounded(int64(n))
	}
	m := countForm.FindStringSubmatch(grouping.Replace(text.Digits(s)))
	if m == nil || m[2] != "" && !words().count[tight(m[2])] {
		return nil, fault.New(fault.Invalid, "registry.whole", "field", f.Title, "text", s)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return nil, fault.New(fault.Invalid, "registry.whole", "field", f.Title, "text", s)
	}
	return f.bounded(n)
}

// amount reads money: the unit word in the text, else unit.
func (f *Field) amount(s string, unit money.Unit) (any, error) {
	s = text.Digits(s)
	if full, err := unscientific(trimFraction(s)); err == nil {
		s = full
	}
	if u, ok := money.UnitIn(s); ok {
		unit = u
	}
	r, err := money.Parse(s, unit)
	if err != nil {
		return nil, err
	}
	return f.bounded(int64(r))
}

// percent gives basis points: 75.5 is 7550.
func (f *Field) percent(s string) (any, error) {
	m := percentOf.FindStringSubmatch(text.Digits(s))
	if m == nil {
		return nil, fault.New(fault.Invalid, "registry.percent", "field", f.Title, "text", s)
	}
	n, err := strconv.ParseInt(m[1]+(m[2] + "00")[:2], 10, 64)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "registry.percent", "field", f.Title, "text", s)
	}
	return f.bounded(n)
}

func (f *Field) choice(s string) (any, error) {
	if code, ok := words().choices[f.ID][tight(s)]; ok {
		return code, nil
	}
	return nil, fault.New(fault.Invalid, "registry.choice", "field", f.Title, "text", s)
}

// county finds a county by its name or by that of a city in it, and gives its official Persian name.
func county(s string) (any, error) {
	if name, ok := countyOf()[tight(s)]; ok {
		return name, nil
	}
	var kept []string
	for _, w := range strings.Fields(s) {
		if !words().county[tight(w)] {
			kept = append(kept, w)
		}
	}
	if name, ok := countyOf()[tight(strings.Join(kept, " "))]; ok {
		return name, nil
	}
	return nil, fault.New(fault.Invalid, "registry.county", "text", s)
}

// countyOf maps the folded names of counties, and of cities that are not themselves counties, to counties.
var countyOf = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, p := range refdata.Places() {
		if p.Kind == "city" {
			m[tight(p.Name.FA)], m[tight(p.Name.EN)] = p.Parent, p.Parent
		}
	}
	for _, p := range refdata.Counties() {
		m[tight(p.Name.FA)], m[tight(p.Name.EN)] = p.Name.FA, p.Name.FA
	}
	return m
})

func (f *Field) fromList(list []string) (any, error) {
	if f.Type != "list" {
		return nil, fault.New(fault.Invalid, "registry.shape", "field", f.Title)
	}
	var out []string
	for _, s := range list {
		v, err := f.element(text.Display(s))
		if err != nil {
			return nil, err
		}
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if len(out) > maxList {
		return nil, fault.New(fault.Invalid, "registry.long", "field", f.Title, "max", maxList)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (f *Field) element(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	read := f.plain
	if f.Ident != "" {
		read = f.identifier
	}
	v, err := read(s)
	if err != nil {
		return "", err
	}
	return v.(string), nil
}
