package registry

import (
	"context"
	"slices"

	"rahgosha/internal/base/money"
)

// Tight is a text's key for comparing what sheets write: letters, digits and blanks written in any of their ways.
func Tight(s string) string { return tight(s) }

// MoneyHeader takes the unit of money off a header: the rest, the unit, and what a number is divided by in it (thousands
// of toman are read as million toman and divided); ok is false where the header names none.
func MoneyHeader(header string) (rest string, unit money.Unit, divide int64, ok bool) {
	key := wordKey(header)
	for _, m := range moneyWords() {
		if rest, ok := withoutWord(key, m.Word); ok {
			return rest, m.Unit, max(1, m.Divide), true
		}
	}
	return header, "", 1, false
}

// Probe is what a sheet says of a unit; all may be blank but the name.
type Probe struct{ Name, County, LegalID, OwnerCode string }

// Resolved is the unit that a probe surely is, or those that a person must choose from. Neither: the register has none.
type Resolved struct {
	Unit       string
	Candidates []string
}

// Resolve finds units: by identifier, then by name within the county. The same name but for the words of a company's form
// is one; a name within two edits is for a person, and so is a unit of that name with another identifier.
func (s *Service) Resolve(ctx context.Context, province string, probes []Probe) (out []Resolved, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		r, err := s.newResolver(ctx, tx, province, probes)
		if err != nil {
			return err
		}
		out = make([]Resolved, len(probes))
		for i, p := range probes {
			out[i] = r.resolve(p)
		}
		return nil
	})
	return out, err
}

type resolver struct {
	s      *Service
	owners map[Key][]string
	near   *lookalikes         // by county, and without one
	core   map[string][]string // county and core of a name: units
	names  map[string]string   // unit: county and tight name
}

func (s *Service) newResolver(ctx context.Context, tx Tx, province string, probes []Probe) (*resolver, error) {
	r := &resolver{s: s, owners: map[Key][]string{}, near: newLookalikes(), core: map[string][]string{}, names: map[string]string{}}
	var keys []Key
	for _, p := range probes {
		keys = append(keys, r.keys(p)...)
	}
	found, err := tx.UnitsByKeys(ctx, province, keys)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if !slices.Contains(r.owners[f.Key], f.Unit) {
			r.owners[f.Key] = append(r.owners[f.Key], f.Unit)
		}
	}
	err = tx.UnitNames(ctx, province, func(n NameOf) {
		folded := foldedOf(foldedKeys(n.Name))
		r.names[n.Unit] = folded.tight
		for _, county := range []string{n.County, ""} {
			r.near.add(county, folded, n.Unit)
			for _, c := range []string{folded.tight, folded.core} {
				if k := county + "\n" + c; c != "" && !slices.Contains(r.core[k], n.Unit) {
					r.core[k] = append(r.core[k], n.Unit)
				}
			}
		}
	})
	return r, err
}

func (r *resolver) keys(p Probe) (out []Key) {
	if p.LegalID != "" {
		out = append(out, r.s.key(FieldLegalID, p.LegalID))
	}
	if p.OwnerCode != "" {
		out = append(out, r.s.key(FieldOwnerCode, p.OwnerCode))
	}
	return out
}

func (r *resolver) resolve(p Probe) Resolved {
	for _, k := range r.keys(p) {
		list := r.owners[k]
		if len(list) > 1 { // one person owns several units: the name tells them apart
			list = slices.DeleteFunc(slices.Clone(list), func(u string) bool { return r.names[u] != tight(p.Name) })
		}
		if len(list) == 1 && (k.Kind != FieldOwnerCode || p.LegalID == "") {
			return Resolved{Unit: list[0]} // a company that the register does not have is not another one of its owner's
		}
		if len(r.owners[k]) > 0 {
			return Resolved{Candidates: r.owners[k]}
		}
	}
	return r.byName(p)
}

func (r *resolver) byName(p Probe) Resolved {
	n := foldName(p.Name)
	same := slices.Clone(r.core[p.County+"\n"+n.tight])
	if n.core != "" {
		for _, u := range r.core[p.County+"\n"+n.core] {
			if !slices.Contains(same, u) {
				same = append(same, u)
			}
		}
	}
	switch {
	case len(same) == 1 && len(r.keys(p)) == 0:
		return Resolved{Unit: same[0]}
	case len(same) > 0:
		return Resolved{Candidates: same}
	}
	return Resolved{Candidates: unitsOf(r.near.near(p.County, n))}
}

// FieldOf gives a field of the company file.
func FieldOf(id string) (Field, bool) {
	f, ok := words().byID[id]
	if !ok {
		return Field{}, false
	}
	return *f, true
}

// Read reads a cell as the field's type; an amount that names no unit is in unit. nil is a blank.
func (f Field) Read(cell, today string, unit money.Unit) (any, error) {
	return f.coerce(cell, today, unit)
}

// Pad proposes an identifier with the leading zeros that a spreadsheet dropped.
func (f Field) Pad(cell string) (any, bool) { return f.padded(cell) }

// IdentityOf tells which of the two identifiers a value of a common column is.
func IdentityOf(cell string) Field { return *identityOf(cell) }

// Blank reports whether a cell says nothing.
func Blank(cell string) bool { return blank(cell) || words().blank[tight(cell)] }

// Total reports whether a cell names a line of sums.
func Total(cell string) bool { return words().total[tight(cell)] }
