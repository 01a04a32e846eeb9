package registry

import (
	"context"
	"maps"
	"reflect"
	"slices"
)

// Why a row waits for a person.
const (
	ReviewPadding = "padding" // an identifier is valid with the zeros a spreadsheet drops
	ReviewUnit    = "unit"    // a unit of the register has its identifier, with other values
	ReviewName    = "name"    // a unit of the register in the same county has its name
	ReviewSheet   = "sheet"   // an earlier row of the sheet has its identifier, or its name in the same county
	ReviewNear    = "near"    // a name of the same county is nearly the same
	ReviewAmount  = "amount"  // neither the sheet nor who gave it says what unit an amount is in
)

// verdict is what becomes of a row that is not bad: landed when reason is "", new when it is to be written.
type verdict struct {
	reason     string
	candidates []string
	new        bool
}

// matcher compares rows with the register and with the rows before them.
type matcher struct {
	s      *Service
	p      string
	owners map[Key][]string // key → units
	files  map[string]File
	units  *lookalikes
	rows   *lookalikes
	seen   map[identity]bool // of earlier rows
}

func (s *Service) newMatcher(ctx context.Context, tx Tx, province string, lines []line) (*matcher, error) {
	m := &matcher{s: s, p: province, owners: map[Key][]string{}, files: map[string]File{}, units: newLookalikes(),
		rows: newLookalikes(), seen: map[identity]bool{}}
	var keys []Key
	for i := range lines {
		lines[i].keys = m.keys(&lines[i])
		keys = append(keys, lines[i].keys...)
	}
	found, err := tx.UnitsByKeys(ctx, province, keys)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if !slices.Contains(m.owners[f.Key], f.Unit) {
			m.owners[f.Key] = append(m.owners[f.Key], f.Unit)
		}
	}
	return m, m.loadNames(ctx, tx, lines)
}

// loadNames keeps the names of those units that a row can be like: of its county and with its digits. Alike names have
// the same digits, whichever way they are alike.
func (m *matcher) loadNames(ctx context.Context, tx Tx, lines []line) error {
	wanted := map[inCounty]bool{}
	for i := range lines {
		l := &lines[i]
		l.folded = foldName(l.text(FieldName))
		wanted[inCounty{l.text(FieldCounty), digits(l.folded.tight)}] = true
	}
	return tx.UnitNames(ctx, m.p, func(n NameOf) {
		if tight, words := foldedKeys(n.Name); wanted[inCounty{n.County, digits(tight)}] {
			m.units.add(n.County, foldedOf(tight, words), n.Unit)
		}
	})
}

func (m *matcher) keys(l *line) (out []Key) {
	for _, f := range []string{FieldLegalID, FieldOwnerCode} {
		if v := l.text(f); v != "" {
			out = append(out, m.s.key(f, v))
		}
	}
	return out
}

// judge says what becomes of a good row. An amount without a unit keeps the row waiting whatever else is sure.
func (m *matcher) judge(ctx context.Context, tx Tx, l *line) (verdict, error) {
	v, err := m.compare(ctx, tx, l)
	if err == nil && v.reason == "" && len(l.unitless) > 0 {
		v = verdict{reason: ReviewAmount}
	}
	return v, err
}

// compare says what becomes of a row by its identity.
func (m *matcher) compare(ctx context.Context, tx Tx, l *line) (verdict, error) {
	name, county := l.folded, l.text(FieldCounty)
	same, near := m.rows.same(county, name), m.rows.near(county, name)
	repeated := m.repeated(l)
	m.remember(l, county, name)
	if len(l.proposed) > 0 {
		v, err := m.known(ctx, tx, l)
		if err != nil || v.reason == "" && !v.new {
			return v, err
		}
		return verdict{reason: ReviewPadding, candidates: v.candidates}, nil
	}
	if repeated || len(same) > 0 {
		return verdict{reason: ReviewSheet}, nil
	}
	v, err := m.known(ctx, tx, l)
	if err != nil || v.reason != "" || !v.new {
		return v, err
	}
	if list := m.units.same(county, name); len(list) > 0 {
		return verdict{reason: ReviewName, candidates: unitsOf(list)}, nil
	}
	near = append(near, m.units.near(county, name)...)
	if len(near) > 0 {
		return verdict{reason: ReviewNear, candidates: unitsOf(near)}, nil
	}
	return v, nil
}

func unitsOf(list []likeness) (out []string) {
	for _, l := range list {
		if l.unit != "" && !slices.Contains(out, l.unit) {
			out = append(out, l.unit)
		}
	}
	return out
}

// repeated reports whether an earlier row has the identifier: the legal person's, or the owner's where one of the two
// rows has no legal person, since one person may own two companies.
func (m *matcher) repeated(l *line) bool {
	legal, owner := l.text(FieldLegalID), l.text(FieldOwnerCode)
	if legal != "" {
		return m.seen[identity{'l', legal}] || owner != "" && m.seen[identity{'o', owner}]
	}
	return m.seen[identity{'o', owner}] || m.seen[identity{'c', owner}]
}

// identity is an identifier of a row: l of a legal person, o of an owner without one, c of the owner of a company.
type identity struct {
	of   byte
	code string
}

func (m *matcher) remember(l *line, county string, name foldedName) {
	legal, owner := l.text(FieldLegalID), l.text(FieldOwnerCode)
	switch {
	case legal != "" && owner != "":
		m.seen[identity{'l', legal}], m.seen[identity{'c', owner}] = true, true
	case legal != "":
		m.seen[identity{'l', legal}] = true
	default:
		m.seen[identity{'o', owner}] = true
	}
	m.rows.add(county, name, "")
}

// known compares a row with the units that have its identifier. A unit that has all its values makes it landed already.
func (m *matcher) known(ctx context.Context, tx Tx, l *line) (verdict, error) {
	var candidates []string
	for _, k := range l.keys {
		for _, id := range m.owners[k] {
			u, err := m.file(ctx, tx, id)
			if err != nil {
				return verdict{}, err
			}
			if l.isIn(u) {
				return verdict{}, nil
			}
			twoCompanies := k.Kind == FieldOwnerCode && l.text(FieldLegalID) != "" && u.text(FieldLegalID) != ""
			if !twoCompanies && !slices.Contains(candidates, id) {
				candidates = append(candidates, id)
			}
		}
	}
	if len(candidates) > 0 {
		return verdict{reason: ReviewUnit, candidates: candidates}, nil
	}
	return verdict{new: true}, nil
}

func (m *matcher) file(ctx context.Context, tx Tx, id string) (File, error) {
	if u, ok := m.files[id]; ok {
		return u, nil
	}
	u, err := m.s.load(ctx, tx, m.p, id)
	if err == nil {
		m.files[id] = u
	}
	return u, err
}

// isIn reports whether a unit has all that the row says; what was inferred does not count.
func (l *line) isIn(u File) bool {
	all := l.all()
	for _, f := range slices.Sorted(maps.Keys(all)) {
		if f != l.inferred && !reflect.DeepEqual(u.Values[f].Any, all[f]) {
			return false
		}
	}
	return true
}
