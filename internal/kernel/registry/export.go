package registry

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"strings"

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

// Export gives every unit of a province in order of id, without personal values; one is good until each returns. That it
// was asked for is journalled before the first unit is given.
func (s *Service) Export(ctx context.Context, province, by string, each func(Exported) error) error {
	if err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error { return s.recordExport(ctx, tx, province, by) }); err != nil {
		return err
	}
	p := newPage()
	for after := ""; ; {
		if err := s.exportPage(ctx, province, after, p); err != nil || len(p.units) == 0 {
			return err
		}
		for _, u := range p.units {
			if err := each(u); err != nil {
				return err
			}
		}
		after = p.units[len(p.units)-1].ID
	}
}

// page holds the units that are read at once; the next ones take its place.
type page struct {
	places map[string]int
	units  []Exported
	cells  []string
}

func newPage() *page {
	p := &page{places: map[string]int{}}
	for i, f := range ExportFields() {
		p.places[f.ID] = i
	}
	p.units, p.cells = make([]Exported, 0, exportPage), make([]string, exportPage*len(p.places))
	return p
}

// add puts a unit on the page.
func (p *page) add(h Head, plain iter.Seq2[string, string]) {
	from, n := len(p.units)*len(p.places), len(p.places)
	row := p.cells[from : from+n : from+n]
	clear(row)
	for field, value := range plain {
		if place, ok := p.places[field]; ok {
			row[place] = plainText(value)
		}
	}
	p.units = append(p.units, Exported{h, row})
}

func (s *Service) exportPage(ctx context.Context, province, after string, p *page) error {
	return s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		p.units = p.units[:0]
		return tx.UnitFiles(ctx, province, after, exportPage, p.add)
	})
}

// plainText is a value at rest as a cell: a text without quotes, a list with its parts apart.
func plainText(raw string) string {
	if s, ok := simpleText(raw); ok {
		return s
	}
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

// simpleText reads a text, a list of texts and a number without decoding, where nothing is escaped: nearly every value.
func simpleText(raw string) (string, bool) {
	n := len(raw)
	switch {
	case n > 0 && raw[0] >= '0' && raw[0] <= '9':
		return raw, true
	case n < 2 || strings.IndexByte(raw, '\\') >= 0:
	case raw[0] == '"' && raw[n-1] == '"':
		return raw[1 : n-1], true
	case n > 4 && strings.HasPrefix(raw, `["`) && strings.HasSuffix(raw, `"]`):
		return strings.ReplaceAll(raw[2:n-2], `","`, "\n"), true
	}
	return "", false
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
