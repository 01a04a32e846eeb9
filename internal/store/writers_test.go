package store

import (
	"context"
	"encoding/json"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/registry"
)

// The writers below put rows of units and persons without the services above the store.

// Unit is an economic unit of any licence kind. Search is its folded name.
type Unit struct {
	Province, ID, Kind, Name, Search, County, Status string
	Sample                                           bool
	At                                               int64 // µs
}

// PutUnit writes a unit.
func (t *Tx) PutUnit(ctx context.Context, u Unit) error {
	_, err := t.exec(ctx, `INSERT INTO unit
		(province, id, kind, name, search, county, status, merged_into, sample, version, created, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, 1, $9, $9) ON CONFLICT (province, id) DO UPDATE SET
		kind = excluded.kind, name = excluded.name, search = excluded.search, county = excluded.county,
		status = excluded.status, version = unit.version + 1, changed = excluded.changed`,
		u.Province, u.ID, u.Kind, u.Name, u.Search, u.County, u.Status, flag(u.Sample), u.At)
	return err
}

// UnitFact is one value of a unit with where it comes from. Key, where set, is the data key that seals it: values that
// name or reach a person have one.
type UnitFact struct {
	Province, Unit, Field          string
	Value                          any
	Key                            string
	Source, Origin, By, VerifiedBy string
	AsOf                           int64
}

// PutUnitFact writes a value, sealed where it has a key.
func (t *Tx) PutUnitFact(ctx context.Context, f UnitFact) error {
	var value, sealed string
	if f.Key != "" {
		var err error
		if sealed, err = t.seal(ctx, f.Key, UnitFactAD(f.Province, f.Unit, f.Field), f.Value); err != nil {
			return err
		}
	} else {
		raw, err := json.Marshal(f.Value)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "store.failed")
		}
		value = string(raw)
	}
	return t.SaveValues(ctx, f.Province, f.Unit, []registry.Stored{{Field: f.Field, Value: value, Sealed: sealed, Source: f.Source,
		Origin: f.Origin, AsOf: f.AsOf, EnteredBy: f.By, VerifiedBy: f.VerifiedBy}}, f.AsOf)
}

// seal gives a value's JSON sealed with a key, as columns hold it.
func (t *Tx) seal(ctx context.Context, key string, ad []byte, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "store.failed")
	}
	s, err := journal.SealWith(ctx, t.Keys(), key, ad, plain)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "store.failed")
	}
	return string(raw), nil
}

// Person is somebody with a key of their own. National and Mobile are canonical identifiers, "" unknown.
type Person struct {
	ID, Name, National, Mobile string
	Sample                     bool
}

// AddPerson stores a person, sealed; conflict store.conflict when the national code is somebody's already.
func (t *Tx) AddPerson(ctx context.Context, p Person) error {
	sealed, hashes := map[string]string{}, map[string]string{}
	for field, v := range map[string]string{"name": p.Name, "national_code": p.National, "mobile": p.Mobile} {
		if v == "" {
			continue
		}
		var err error
		if sealed[field], err = t.seal(ctx, journal.PersonKey(p.ID), PersonAD(p.ID, field), v); err != nil {
			return err
		}
		hashes[field] = t.s.cfg.Root.SearchHash(field, v)
	}
	_, err := t.exec(ctx, `INSERT INTO person
		(id, name, national_code, national_key, mobile, mobile_key, state, sample, version, created, erased)
		VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, 1, $8, 0)`, p.ID, sealed["name"], sealed["national_code"],
		hashes["national_code"], sealed["mobile"], hashes["mobile"], flag(p.Sample), t.s.now())
	return err
}
