package procedure

import (
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// coerceList takes a list, or one text with a comma or line break between elements.
func coerceList(f *Fact, raw any) (any, error) {
	var items []string
	switch x := raw.(type) {
	case []string:
		items = x
	case string:
		items = strings.FieldsFunc(x, func(r rune) bool { return r == ',' || r == '\u060C' || r == '\n' })
	case []any:
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				return nil, shapeFault(f)
			}
			items = append(items, s)
		}
	default:
		return nil, shapeFault(f)
	}
	out := []string{}
	for _, s := range items {
		if s = text.Display(s); s == "" {
			continue
		}
		v, err := coerceChoice(&Fact{Type: "choice", Title: f.Title, Options: f.Options}, s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, v.(string)) {
			out = append(out, v.(string))
		}
	}
	return emptyIsNil(out), countBounds(f, len(out))
}

func emptyIsNil(s []string) any {
	if len(s) == 0 {
		return nil
	}
	return s
}

func countBounds(f *Fact, n int) error {
	most := int64(maxList)
	if f.Max != nil {
		most = min(most, *f.Max)
	}
	if int64(n) > most {
		return fault.New(fault.Invalid, "procedure.field.many", "field", f.Title, "max", most)
	}
	if f.Min != nil && n > 0 && int64(n) < *f.Min {
		return fault.New(fault.Invalid, "procedure.field.few", "field", f.Title, "min", *f.Min)
	}
	return nil
}

// coerceTable takes rows; a row with no answer at all is dropped.
func coerceTable(f *Fact, raw any) (any, error) {
	rows, ok := tableRows(raw)
	if !ok {
		return nil, shapeFault(f)
	}
	var bad []*fault.Fault
	out := []map[string]any{}
	for i, row := range rows {
		r := map[string]any{}
		for _, name := range sortedKeys(row) {
			col := find(f.Columns, func(c *Fact) bool { return c.ID == name })
			if col == nil {
				bad = append(bad, fault.New(fault.Invalid, "procedure.field.unknown", "name", short(name)).At(fmt.Sprintf("%s.%d", f.ID, i)))
				continue
			}
			v, err := Coerce(col, row[name])
			if err != nil {
				bad = append(bad, err.At(fmt.Sprintf("%s.%d.%s", f.ID, i, name)))
			} else if v != nil {
				r[name] = v
			}
		}
		if len(r) > 0 {
			out = append(out, r)
		}
	}
	if len(bad) > 0 {
		return nil, fault.New(fault.Invalid, "procedure.field.rows", "field", f.Title).With(bad...)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, countBounds(f, len(out))
}

func tableRows(raw any) ([]map[string]any, bool) {
	switch x := raw.(type) {
	case []map[string]any:
		return x, true
	case []any:
		var out []map[string]any
		for _, e := range x {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, false
			}
			out = append(out, m)
		}
		return out, true
	}
	return nil, false
}
