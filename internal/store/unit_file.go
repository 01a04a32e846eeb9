package store

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

// A company file is one text: the values of a unit are read together, and a row for each costs many times as much. Its
// lines are cells parted by tabs; what could hold a tab or a line's end is JSON, which holds neither.
//
//	@ source origin as_of entered_by entered_at verified_by verified_at    where the values below come from
//	field value sealed                                                     value is JSON, or sealed JSON stands beside it
const provenanceMark = "@"

// usualFile is the size of a usual company file, in bytes.
const usualFile = 1 << 10

// encodeFile writes a company file, its values in order of field within what they have in common. Values that are known
// no more are left out.
func encodeFile(vs []registry.Stored) (string, error) {
	vs = known(vs)
	if !slices.IsSortedFunc(vs, byField) {
		vs = slices.SortedStableFunc(slices.Values(vs), byField)
	}
	b, err := make([]byte, 0, usualFile), error(nil)
	for len(vs) > 0 {
		p := &vs[0]
		if b, err = appendProvenance(b, p); err != nil {
			return "", err
		}
		var rest []registry.Stored
		for i := range vs {
			if v := &vs[i]; !together(v, p) {
				rest = append(rest, *v)
			} else if b, err = appendValue(b, v); err != nil {
				return "", err
			}
		}
		vs = rest
	}
	return string(b), nil
}

// known leaves out the values that are known no more; the others are given in a slice of their own where some are.
func known(vs []registry.Stored) []registry.Stored {
	if !slices.ContainsFunc(vs, unknown) {
		return vs
	}
	return slices.DeleteFunc(slices.Clone(vs), unknown)
}

func unknown(v registry.Stored) bool { return v.Value == nothing }

// together tells whether two values of a file have the same provenance.
func together(a, b *registry.Stored) bool {
	return a.Source == b.Source && a.Origin == b.Origin && a.AsOf == b.AsOf && a.EnteredBy == b.EnteredBy &&
		a.EnteredAt == b.EnteredAt && a.VerifiedBy == b.VerifiedBy && a.VerifiedAt == b.VerifiedAt
}

// appendValue writes a value's line.
func appendValue(b []byte, v *registry.Stored) ([]byte, error) {
	for i, cell := range [...]string{v.Field, v.Value, v.Sealed} {
		if strings.ContainsAny(cell, "\t\n") {
			return nil, fault.Wrap(errors.New("a value with a tab or a line's end"), fault.Internal, "store.failed")
		}
		b = append(append(b, cell...), "\t\t\n"[i])
	}
	return b, nil
}

func appendProvenance(b []byte, p *registry.Stored) (_ []byte, err error) {
	b = append(b, provenanceMark...)
	for _, cell := range [...]struct {
		text   *string
		number int64
	}{{&p.Source, 0}, {&p.Origin, 0}, {nil, p.AsOf}, {&p.EnteredBy, 0}, {nil, p.EnteredAt}, {&p.VerifiedBy, 0}, {nil, p.VerifiedAt}} {
		b = append(b, '\t')
		if cell.text == nil {
			b = strconv.AppendInt(b, cell.number, 10)
		} else if b, err = appendText(b, *cell.text); err != nil {
			return nil, err
		}
	}
	return append(b, '\n'), nil
}

// appendText writes a JSON string. An id or a code stands as it is.
func appendText(b []byte, s string) ([]byte, error) {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }) < 0 {
		return append(append(append(b, '"'), s...), '"'), nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.failed")
	}
	return append(b, raw...), nil
}

// decodeFile reads a company file, its values in order of field.
func decodeFile(text string) (out []registry.Stored, err error) {
	out = make([]registry.Stored, 0, strings.Count(text, "\n"))
	var p registry.Stored
	for line := range fileLines(text) {
		if line[0] == provenanceMark[0] {
			if p, err = decodeProvenance(line); err != nil {
				return nil, err
			}
			continue
		}
		v := p
		v.Field, v.Value, v.Sealed = cells(line)
		out = append(out, v)
	}
	if !slices.IsSortedFunc(out, byField) {
		slices.SortStableFunc(out, byField)
	}
	return out, nil
}

func byField(a, b registry.Stored) int { return strings.Compare(a.Field, b.Field) }

// fileLines gives the lines of a file without their ends.
func fileLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := text; rest != ""; {
			var line string
			if line, rest, _ = strings.Cut(rest, "\n"); line != "" && !yield(line) {
				return
			}
		}
	}
}

// cells are the parts of a value's line.
func cells(line string) (field, value, sealed string) {
	field, rest, _ := strings.Cut(line, "\t")
	value, sealed, _ = strings.Cut(rest, "\t")
	return field, value, sealed
}

// provenanceCells is how many cells a provenance has, with its mark.
const provenanceCells = 8

func decodeProvenance(line string) (p registry.Stored, err error) {
	cells := strings.SplitN(line, "\t", provenanceCells)
	if len(cells) < provenanceCells {
		return p, fault.Wrap(errors.New("a company file is cut short"), fault.Internal, "store.failed")
	}
	for i, to := range []*string{1: &p.Source, 2: &p.Origin, 4: &p.EnteredBy, 6: &p.VerifiedBy} {
		if to != nil {
			*to, err = jsonText(cells[i], err)
		}
	}
	for i, to := range []*int64{3: &p.AsOf, 5: &p.EnteredAt, 7: &p.VerifiedAt} {
		if to != nil && err == nil {
			*to, err = strconv.ParseInt(cells[i], 10, 64)
		}
	}
	if err != nil {
		return p, fault.Wrap(err, fault.Internal, "store.failed")
	}
	return p, nil
}

// jsonText reads a JSON string, unless there was an error before.
func jsonText(raw string, before error) (s string, err error) {
	if n := len(raw); n > 1 && raw[0] == '"' && raw[n-1] == '"' && !strings.ContainsRune(raw, '\\') {
		return raw[1 : n-1], before
	}
	if before != nil {
		return "", before
	}
	return s, json.Unmarshal([]byte(raw), &s)
}

// UnitFiles gives units after an id, at most limit, in order of id, each with its values that are not sealed by field.
func (t *Tx) UnitFiles(ctx context.Context, province, after string, limit int, f func(h registry.Head, plain iter.Seq2[string, string])) error {
	return t.few(ctx, "SELECT id, name, kind, county, status, file FROM unit WHERE province = $1 AND id > $2 ORDER BY id LIMIT $3",
		[]any{province, after, limit}, func(scan func(...any) error) error {
			h, file := registry.Head{Province: province}, ""
			err := scan(&h.ID, &h.Name, &h.Kind, &h.County, &h.Status, &file)
			if err == nil {
				f(h, plainValues(file))
			}
			return err
		})
}

// plainValues are the values of a company file that are not sealed.
func plainValues(file string) iter.Seq2[string, string] {
	return func(yield func(field, value string) bool) {
		for line := range fileLines(file) {
			if line[0] == provenanceMark[0] {
				continue
			}
			if field, value, sealed := cells(line); sealed == "" && !yield(field, value) {
				return
			}
		}
	}
}
