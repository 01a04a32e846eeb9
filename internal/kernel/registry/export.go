package registry

import (
	"context"
	"encoding/json"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// entryExported is the kind of the journal's entry on who took the whole register; such entries chain under exportChain.
const (
	entryExported = "units.exported"
	exportChain   = "units-export"
)

// exportPage is how many units are read at once: a slow reader of the export holds no transaction.
const exportPage = 1000

// Exported is a unit of an export: Values are texts in the order of ExportFields, "" where unknown.
type Exported struct {
	Head
	Values []string
}

// ExportFields are the fields of an export besides the head: all that are not personal.
func ExportFields() (out []Field) {
	for _, f := range Fields() {
		switch {
		case f.Personal, f.ID == FieldName, f.ID == FieldKind, f.ID == FieldCounty, f.ID == FieldStatus:
		default:
			out = append(out, f)
		}
	}
	return out
}

// Export gives every unit of a province in order of id, without personal values. That it was asked for is journalled
// before the first unit is given.
func (s *Service) Export(ctx context.Context, province, by string, each func(Exported) error) error {
	if err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error { return s.recordExport(ctx, tx, province, by) }); err != nil {
		return err
	}
	places := map[string]int{}
	for i, f := range ExportFields() {
		places[f.ID] = i
	}
	for after := ""; ; {
		page, err := s.exportPage(ctx, province, after, places)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, u := range page {
			if err := each(u); err != nil {
				return err
			}
		}
		after = page[len(page)-1].ID
	}
}

func (s *Service) exportPage(ctx context.Context, province, after string, places map[string]int) (page []Exported, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		heads, err := tx.FindUnits(ctx, Query{Province: province, After: after, Limit: exportPage})
		if err != nil || len(heads) == 0 {
			return err
		}
		page = make([]Exported, len(heads))
		for i, h := range heads {
			page[i] = Exported{h, make([]string, len(places))}
		}
		at := 0
		return tx.ValuesBetween(ctx, province, heads[0].ID, heads[len(heads)-1].ID, func(unit, field, value string) {
			for at < len(page) && page[at].ID < unit {
				at++
			}
			if place, ok := places[field]; ok && at < len(page) && page[at].ID == unit {
				page[at].Values[place] = plainText(value)
			}
		})
	})
	return page, err
}

// plainText is a value at rest as a cell: a text without quotes, a list with its parts apart.
func plainText(raw string) string {
	v, err := decode([]byte(raw))
	if err != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case []string:
		out := ""
		for _, part := range v {
			out = joined(out, part)
		}
		return out
	}
	return ""
}

func (s *Service) recordExport(ctx context.Context, tx Tx, province, by string) error {
	raw, err := json.Marshal(map[string]any{"personal": false})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "registry.value", "field", "")
	}
	body, err := sealed(ctx, tx, exportChain, journal.AD(province, exportChain, entryExported), raw)
	if err != nil {
		return err
	}
	return tx.Record(ctx, journal.Leaf{
		Province: province, Case: exportChain, Kind: entryExported, At: s.now(), Actor: by, Body: []byte(body),
	})
}
