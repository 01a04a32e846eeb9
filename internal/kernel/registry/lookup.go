package registry

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/text"
)

const (
	searchLimit = 200
	listLimit   = 1000
)

// keys are what a unit is found by besides its name.
func (s *Service) keys(u File) []Key { return s.keysOf(u.text) }

func (s *Service) keysOf(text func(field string) string) (out []Key) {
	for _, f := range words().byKey {
		if v := text(f.ID); v != "" {
			out = append(out, s.key(f.ID, v))
		}
	}
	return out
}

// lostKeys stand for the keys of a unit whose values were erased, and which so cannot be made again.
func lostKeys(u File) (out []Key) {
	for _, f := range words().byKey {
		if u.Values[f.ID].Erased {
			out = append(out, Key{Kind: f.ID})
		}
	}
	return out
}

// key hashes a canonical value; a licence number is folded first, for it has no one form.
func (s *Service) key(field, value string) Key {
	if field == FieldLicence {
		value = tight(value)
	}
	sum := s.cfg.Root.SearchSum("unit."+field, value)
	return Key{field, string(sum[:])}
}

// Unit gives a unit's company file; not_found registry.no_unit.
func (s *Service) Unit(ctx context.Context, province, id string) (u File, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		u, err = s.load(ctx, tx, province, id)
		return err
	})
	return u, err
}

// History gives all values a field of a unit ever had, the present one last; of all its fields where field is "".
func (s *Service) History(ctx context.Context, province, id, field string) (out []Value, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		stored, err := tx.LoadValues(ctx, province, id, true)
		if err != nil {
			return err
		}
		out = nil
		for _, st := range stored {
			if field != "" && st.Field != field {
				continue
			}
			v, err := open(ctx, tx, province, id, st)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// Search finds units by what a person types: an identifier, a licence number, or a name as people spell it. Digits,
// Arabic letters, half-spaces and blanks do not matter. A blank text finds nothing.
func (s *Service) Search(ctx context.Context, province, typed string, limit int) (out []Head, err error) {
	if limit <= 0 || limit > searchLimit {
		limit = searchLimit
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = s.search(ctx, tx, province, typed, limit)
		return err
	})
	return out, err
}

func (s *Service) search(ctx context.Context, tx Tx, province, typed string, limit int) ([]Head, error) {
	if len(text.Keys(typed)) == 0 {
		return nil, nil
	}
	found, err := tx.UnitsByKeys(ctx, province, s.typedKeys(typed))
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return tx.FindUnits(ctx, Query{Province: province, IDs: units(found), Limit: limit})
	}
	return s.named(ctx, tx, province, typed, limit)
}

// OwnedBy gives the ids of the units whose owner has a national code, in canonical form.
func (s *Service) OwnedBy(ctx context.Context, province, code string) (ids []string, err error) {
	if code == "" {
		return nil, nil
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		found, err := tx.UnitsByKeys(ctx, province, []Key{s.key(FieldOwnerCode, code)})
		ids = units(found)
		return err
	})
	return ids, err
}

// typedKeys are the keys that a typed text may be: an identifier by its check digit, a licence number in any case.
func (s *Service) typedKeys(typed string) []Key {
	var out []Key
	for _, f := range Fields() {
		switch {
		case !f.Key:
		case f.Ident == "":
			out = append(out, s.key(f.ID, typed))
		default:
			if r := ident.Check(f.Ident+"_raw", typed); r.Valid {
				out = append(out, s.key(f.ID, r.Canonical))
			}
		}
	}
	return out
}

func units(found []KeyOf) []string {
	var ids []string
	for _, f := range found {
		if !slices.Contains(ids, f.Unit) {
			ids = append(ids, f.Unit)
		}
	}
	return ids
}

// List gives a page of units by id, at most 1000.
func (s *Service) List(ctx context.Context, q Query) (out []Head, err error) {
	if q.Limit <= 0 || q.Limit > listLimit {
		q.Limit = listLimit
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.FindUnits(ctx, q)
		return err
	})
	return out, err
}

// refuseTwin finds another unit with the same legal person's id, or with the same owner and name.
func (s *Service) refuseTwin(ctx context.Context, tx Tx, u File) error {
	found, err := tx.UnitsByKeys(ctx, u.Province, telling(s.keys(u)))
	if err != nil {
		return err
	}
	id, err := twin(ctx, tx, u.Head, found)
	if err == nil && id != "" {
		err = fault.New(fault.Conflict, "registry.duplicate", "unit", id)
	}
	return err
}

// telling are those of a unit's keys that can make it another's twin.
func telling(keys []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Kind != FieldLegalID && k.Kind != FieldOwnerCode })
}

// twin is another unit, of those found by a unit's keys, that shares the legal person's id, or the owner's code and the
// name.
func twin(ctx context.Context, tx Tx, u Head, found []KeyOf) (string, error) {
	owned := Query{Province: u.Province, Limit: listLimit}
	for _, f := range found {
		switch {
		case f.Unit == u.ID:
		case f.Kind == FieldLegalID:
			return f.Unit, nil
		case f.Kind == FieldOwnerCode:
			owned.IDs = append(owned.IDs, f.Unit)
		}
	}
	if len(owned.IDs) == 0 {
		return "", nil
	}
	return sameName(ctx, tx, owned, tight(u.Name))
}

// sameName gives the first unit of a query that has a name, by its tight key.
func sameName(ctx context.Context, tx Tx, q Query, name string) (string, error) {
	heads, err := tx.FindUnits(ctx, q)
	for _, h := range heads {
		if key, _ := foldedKeys(h.Search); key == name {
			return h.ID, err
		}
	}
	return "", err
}

// namedAs gives the units that have a name, however it is spelled.
func namedAs(ctx context.Context, tx Tx, province, name string) (out []string, err error) {
	key := tight(name)
	if key == "" {
		return nil, nil
	}
	heads, err := tx.UnitsByWords(ctx, province, [][]string{{key}}, searchLimit)
	for _, h := range heads {
		if k, _ := foldedKeys(h.Search); k == key {
			out = append(out, h.ID)
		}
	}
	return out, err
}
