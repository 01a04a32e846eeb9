package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// unitLabel is the place of a unit's sealed values in their additional data.
const unitLabel = "unit:"

// UnitFactAD is the additional data with which a unit's personal value is sealed.
func UnitFactAD(province, unit, field string) []byte {
	return journal.AD(province, unitLabel+unit, field)
}

// UnitFacts gives the values of a unit by "unit.<field>": id, kind, name, county and status from the register itself,
// the rest with the source and date each was entered with; only those named, where some are. What a person's erasure
// destroyed is left out: it is unknown. not_found store.no_unit.
func (t *Tx) UnitFacts(ctx context.Context, province, unit string, named ...string) (map[string]casework.RegistryFact, error) {
	out := map[string]casework.RegistryFact{}
	var kind, name, county, status, file string
	var changed int64
	found, err := t.row(ctx, "SELECT kind, name, county, status, changed, file FROM unit WHERE province = $1 AND id = $2",
		[]any{province, unit}, &kind, &name, &county, &status, &changed, &file)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "store.no_unit", "unit", unit)
	}
	for field, v := range map[string]string{"id": unit, "kind": kind, "name": name, "county": county, "status": status} {
		if v != "" && asked("unit."+field, named) {
			out["unit."+field] = casework.RegistryFact{Value: v, Source: "registry", AsOf: changed}
		}
	}
	stored, err := decodeFile(file)
	if err != nil {
		return nil, err
	}
	for _, f := range stored {
		if !asked("unit."+f.Field, named) {
			continue
		}
		v, err := t.open(ctx, UnitFactAD(province, unit, f.Field), f.Value, f.Sealed)
		if fault.Is(err, fault.NotFound) { // journal.ErrErased, journal.ErrNoKey
			continue
		}
		if err != nil {
			return nil, err
		}
		out["unit."+f.Field] = casework.RegistryFact{Value: v, Source: f.Source, AsOf: f.AsOf}
	}
	return out, nil
}

func asked(name string, named []string) bool { return len(named) == 0 || slices.Contains(named, name) }

// open gives a stored value, unsealed where it is sealed.
func (t *Tx) open(ctx context.Context, ad []byte, value, sealed string) (any, error) {
	if sealed != "" {
		var s journal.Sealed
		if err := json.Unmarshal([]byte(sealed), &s); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "store.failed")
		}
		plain, err := journal.OpenWith(ctx, t.Keys(), s, ad)
		if err != nil {
			return nil, err
		}
		value = string(plain)
	}
	return decodeValue(value)
}

// decodeValue reads a stored fact.
func decodeValue(raw string) (any, error) {
	v, err := casework.Decode([]byte(raw))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.failed")
	}
	return v, nil
}

// ItemFacts gives the fields of one item of a live register by "<register>.<field>", and its balance in rial where it
// has one. not_found store.no_item.
func (t *Tx) ItemFacts(ctx context.Context, province, register, item string) (map[string]casework.RegistryFact, error) {
	var fields, from, to, source string
	var balance sql.NullInt64
	var asOf int64
	found, err := t.row(ctx, `SELECT fields, balance, valid_from, valid_to, source, as_of FROM register_item
		WHERE province = $1 AND register = $2 AND item = $3`, []any{province, register, item},
		&fields, &balance, &from, &to, &source, &asOf)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "store.no_item", "register", register, "item", item)
	}
	v, err := decodeValue(fields)
	if err != nil {
		return nil, err
	}
	values, _ := v.(map[string]any)
	if values == nil {
		values = map[string]any{}
	}
	values["id"] = item
	if balance.Valid {
		values["balance"] = balance.Int64
	}
	for field, date := range map[string]string{"valid_from": from, "valid_to": to} {
		if date != "" {
			values[field] = date
		}
	}
	out := make(map[string]casework.RegistryFact, len(values))
	for field, v := range values {
		out[register+"."+field] = casework.RegistryFact{Value: v, Source: source, AsOf: asOf}
	}
	return out, nil
}

// Reserve takes amount rial from an item's balance, or gives it back when negative, by one conditional update: of those
// who race only as many win as there is money. Faults: conflict store.balance_short with what is left, not_found
// store.no_item.
func (t *Tx) Reserve(ctx context.Context, province, register, item string, amount int64) error {
	n, err := t.exec(ctx, `UPDATE register_item SET balance = balance - $4
		WHERE province = $1 AND register = $2 AND item = $3 AND balance >= $4`, province, register, item, amount)
	if err != nil || n == 1 {
		return err
	}
	var left sql.NullInt64
	found, err := t.row(ctx, "SELECT balance FROM register_item WHERE province = $1 AND register = $2 AND item = $3",
		[]any{province, register, item}, &left)
	if err != nil {
		return err
	}
	if !found || !left.Valid {
		return fault.New(fault.NotFound, "store.no_item", "register", register, "item", item)
	}
	return fault.New(fault.Conflict, "store.balance_short", "item", item, "left", left.Int64, "asked", amount)
}

// ParentBody gives a body's parent, "" when it has none or is not known.
func (t *Tx) ParentBody(ctx context.Context, body string) (parent string, err error) {
	_, err = t.row(ctx, "SELECT parent FROM body WHERE id = $1", []any{body}, &parent)
	return parent, err
}

// Body is an office, a bank or branch, an association; Province is "" for a national one.
type Body struct {
	ID, Province, Kind, NameFA, NameEN, Parent, County string
}

// PutBody writes a body.
func (t *Tx) PutBody(ctx context.Context, b Body) error {
	_, err := t.exec(ctx, `INSERT INTO body
		(id, province, kind, name_fa, name_en, parent, county, state, fields, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', '{}', 1) ON CONFLICT (id) DO UPDATE SET
		province = excluded.province, kind = excluded.kind, name_fa = excluded.name_fa, name_en = excluded.name_en,
		parent = excluded.parent, county = excluded.county, version = body.version + 1`,
		b.ID, b.Province, b.Kind, b.NameFA, b.NameEN, b.Parent, b.County)
	return err
}
