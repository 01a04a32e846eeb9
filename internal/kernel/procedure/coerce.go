package procedure

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/text"
)

// Limits of what one fact may hold.
const (
	maxText = 4000 // characters, unless the fact says less
	maxList = 200  // elements and rows
)

// Coerce turns what a person typed, or a typed value of the API, into the value a case stores: text, choice, id, body,
// file, geo and date (Gregorian YYYY-MM-DD) as string; int, money (rial), percent (basis points) and decimal (hundredths)
// as int64; bool; list as []string; table as []map[string]any. Blank is nil: not answered. The fault says how to mend.
func Coerce(f *Fact, raw any) (any, *fault.Fault) {
	v, err := coerce(f, raw)
	if err == nil {
		return v, nil
	}
	if x, ok := fault.As(err); ok {
		return nil, x.At(f.ID)
	}
	return nil, fault.Wrap(err, fault.Invalid, "procedure.field.shape", "field", f.Title).At(f.ID)
}

func coerce(f *Fact, raw any) (any, error) {
	switch x := raw.(type) {
	case nil:
		return nil, nil
	case string:
		if strings.TrimSpace(text.Display(x)) == "" {
			return nil, nil
		}
	}
	switch KindOf(f.Type) {
	case "int", "money", "percent":
		return coerceNumber(f, raw)
	case "bool":
		return coerceBool(f, raw)
	case "list":
		return coerceList(f, raw)
	case "table":
		return coerceTable(f, raw)
	}
	s, ok := raw.(string)
	if !ok {
		return nil, shapeFault(f)
	}
	return coerceText(f, s)
}

func shapeFault(f *Fact) *fault.Fault {
	return fault.New(fault.Invalid, "procedure.field.shape", "field", f.Title)
}

func coerceNumber(f *Fact, raw any) (any, error) {
	var n int64
	switch x := raw.(type) {
	case int64:
		n = x
	case int:
		n = int64(x)
	case float64: // JSON numbers; whole ones only
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return nil, fault.New(fault.Invalid, "procedure.number", "text", fmt.Sprint(x))
		}
		n = int64(x)
	case fmt.Stringer: // json.Number: already in the units of storage
		i, err := parseInt(x.String())
		if err != nil {
			return nil, err
		}
		n = i
	case string:
		i, err := parseTyped(f.Type, text.Display(x)) // what is said of it must not turn the words beside it
		if err != nil {
			return nil, err
		}
		n = i
	default:
		return nil, shapeFault(f)
	}
	return n, numberBounds(f, n)
}

// parseTyped reads a number as people type it; a decimal has the shape of a percentage without its sign.
func parseTyped(typ, s string) (int64, error) {
	if typ == "decimal" {
		return parsePercent(s)
	}
	return parseNumber(typ, s)
}

func numberBounds(f *Fact, n int64) error {
	if f.Min != nil && n < *f.Min {
		return fault.New(fault.Invalid, "procedure.field.min", "field", f.Title, "min", showNumber(f.Type, *f.Min))
	}
	if f.Max != nil && n > *f.Max {
		return fault.New(fault.Invalid, "procedure.field.max", "field", f.Title, "max", showNumber(f.Type, *f.Max))
	}
	return nil
}

func coerceBool(f *Fact, raw any) (any, error) {
	switch x := raw.(type) {
	case bool:
		return x, nil
	case string:
		return parseBool(text.Display(x))
	}
	return nil, shapeFault(f)
}

var civilDate = regexp.MustCompile(`^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$`)

func coerceText(f *Fact, s string) (any, error) {
	switch {
	case f.Type == "date":
		return coerceDate(s)
	case f.Type == "choice":
		return coerceChoice(f, s)
	case strings.HasPrefix(f.Type, "id:"):
		return coerceID(f, s)
	case f.Type == "person":
		n, err := text.Name(s)
		if err != nil {
			return nil, err
		}
		return n, textLength(f, n)
	case f.Type == TypeGeo:
		return coerceGeo(f, s)
	case f.Type == "email":
		s = strings.ToLower(text.Display(s))
		if !emailShape.MatchString(s) || len(s) > 254 {
			return nil, fault.New(fault.Invalid, "procedure.field.email", "field", f.Title)
		}
		return s, nil
	}
	s = text.Display(s)
	return s, textLength(f, s)
}

var emailShape = regexp.MustCompile(`^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func textLength(f *Fact, s string) error {
	n, most := int64(utf8.RuneCountInString(s)), int64(maxText)
	if f.Max != nil {
		most = *f.Max
	}
	if n > most {
		return fault.New(fault.Invalid, "procedure.field.long", "field", f.Title, "max", most, "n", n)
	}
	if f.Min != nil && n < *f.Min {
		return fault.New(fault.Invalid, "procedure.field.short", "field", f.Title, "min", *f.Min, "n", n)
	}
	return nil
}

func coerceDate(s string) (any, error) {
	s = text.Display(s)
	if civilDate.MatchString(s) {
		d, err := jalali.FromCivil(s)
		if err != nil {
			return nil, err
		}
		return d.Civil(), nil
	}
	d, err := jalali.Parse(s)
	if err != nil {
		return nil, err
	}
	return d.Civil(), nil
}

// coerceChoice takes a code, or an option's title in either language. A choice from a register or a table of reasons
// takes any code: the engine, which reads the register, checks that it exists.
func coerceChoice(f *Fact, s string) (any, error) {
	s = text.Display(s)
	if len(f.Options) == 0 {
		return s, textLength(f, s)
	}
	for _, o := range f.Options {
		if s == o.Code {
			return o.Code, nil
		}
	}
	for _, o := range f.Options {
		if text.Match(s, o.Title.FA) || strings.EqualFold(s, o.Title.EN) {
			return o.Code, nil
		}
	}
	return nil, fault.New(fault.Invalid, "procedure.field.option", "field", f.Title, "value", short(s))
}

func coerceID(f *Fact, s string) (any, error) {
	kind := strings.TrimPrefix(f.Type, "id:")
	if ident.Known(kind + "_raw") {
		kind += "_raw"
	}
	r := ident.Check(kind, s)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return r.Canonical, nil
}

var geoShape = regexp.MustCompile(`^([0-9]{1,2}(?:\.[0-9]{1,7})?)[ ,;/]+([0-9]{1,3}(?:\.[0-9]{1,7})?)$`)

// coerceGeo reads a point as latitude and longitude in degrees, within Iran's box, and writes them with a comma.
func coerceGeo(f *Fact, s string) (any, error) {
	m := geoShape.FindStringSubmatch(strings.ReplaceAll(text.Digits(strings.TrimSpace(s)), "\u060C", ","))
	if m == nil || !between(m[1], 24, 41) || !between(m[2], 43, 64) {
		return nil, fault.New(fault.Invalid, "procedure.field.geo", "field", f.Title)
	}
	return m[1] + "," + m[2], nil
}

// between compares the whole degrees, which is all the box needs.
func between(deg string, lo, hi int64) bool {
	whole, _, _ := strings.Cut(deg, ".")
	n, err := parseInt(whole)
	return err == nil && n >= lo && n < hi
}

// ToRule gives a stored value the form rules work with: dates become jalali.Date. nil is unknown.
func ToRule(f *Fact, stored any) any {
	switch x := stored.(type) {
	case string:
		if KindOf(f.Type) != "date" {
			return stored
		}
		d, err := jalali.FromCivil(x)
		if err != nil {
			return nil
		}
		return d
	case float64:
		return int64(x)
	case []any:
		if f.Type == "list" || f.Type == "table" {
			v, err := coerce(f, x)
			if err != nil {
				return nil
			}
			return ToRule(f, v)
		}
	case []map[string]any:
		return mapRows(f, x, ToRule)
	}
	return stored
}

// FromRule is ToRule's inverse.
func FromRule(f *Fact, v any) any {
	switch x := v.(type) {
	case jalali.Date:
		return x.Civil()
	case []map[string]any:
		return mapRows(f, x, FromRule)
	}
	return v
}

func mapRows(f *Fact, rows []map[string]any, to func(*Fact, any) any) []map[string]any {
	out := make([]map[string]any, len(rows))
	for i, row := range rows {
		out[i] = map[string]any{}
		for _, c := range f.Columns {
			if v, ok := row[c.ID]; ok {
				out[i][c.ID] = to(c, v)
			}
		}
	}
	return out
}

// showNumber writes a number of a fact type for a message, with separators.
func showNumber(typ string, n int64) string {
	s := boundText(typ, n)
	if typ == "decimal" {
		s = boundText("percent", n)
	}
	whole, frac, _ := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && whole[i-1] != '-' {
			b.WriteRune('\u066C')
		}
		b.WriteRune(r)
	}
	if frac = strings.TrimRight(frac, "0"); frac != "" {
		b.WriteString("." + frac)
	}
	return b.String()
}
