package store

import (
	"context"
	"encoding/json"

	"rahgosha/internal/base/fault"
)

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
	_, err := t.exec(ctx, `INSERT INTO unit_fact
		(province, unit, field, value, sealed, source, origin, as_of, entered_by, verified_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (province, unit, field) DO UPDATE SET
		value = excluded.value, sealed = excluded.sealed, source = excluded.source, origin = excluded.origin,
		as_of = excluded.as_of, entered_by = excluded.entered_by, verified_by = excluded.verified_by`,
		f.Province, f.Unit, f.Field, value, sealed, f.Source, f.Origin, f.AsOf, f.By, f.VerifiedBy)
	return err
}

// Claim says that a person may speak for a unit. State: claimed, verified, contested, refused, ended.
type Claim struct {
	Province, ID, Unit, Person, Post, State string
	At                                      int64
}

// PutClaim writes a claim, or what became of it.
func (t *Tx) PutClaim(ctx context.Context, c Claim, by, reason string) error {
	_, err := t.exec(ctx, `INSERT INTO unit_claim
		(province, id, unit, person, post, evidence, state, reason, created, decided_by, decided_at, valid_to)
		VALUES ($1, $2, $3, $4, $5, '{}', $6, $7, $8, $9, $8, '') ON CONFLICT (province, id) DO UPDATE SET
		state = excluded.state, reason = excluded.reason, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at`,
		c.Province, c.ID, c.Unit, c.Person, c.Post, c.State, reason, c.At, by)
	return err
}
