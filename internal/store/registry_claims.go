package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/registry"
)

const claimColumns = "province, id, unit, person, post, evidence, state, reason, created, decided_by, decided_at, valid_to"

func scanClaim(scan func(...any) error) (c registry.Claim, err error) {
	err = scan(&c.Province, &c.ID, &c.Unit, &c.Person, &c.Post, &c.Evidence, &c.State, &c.Reason, &c.Created, &c.DecidedBy,
		&c.DecidedAt, &c.ValidTo)
	return c, err
}

// LoadClaim gives a claim; not_found registry.no_claim. A command that loads one has the claims on its unit to itself until it
// ends: what it decides by stays as it read it.
func (t *Tx) LoadClaim(ctx context.Context, province, id string) (registry.Claim, error) {
	const where = "province = $1 AND id = $2"
	found, err := t.selectClaims(ctx, where, province, id)
	if err == nil && len(found) > 0 && t.writing && !t.s.cfg.crowded {
		if err = t.deciding(ctx, "claims", province, found[0].Unit); err == nil { // and who erases its person ends it without asking
			_, err = t.row(ctx, "SELECT 1 FROM unit_claim WHERE "+where+t.s.eng.forUpdate(), []any{province, id}, new(int64))
		}
		if err == nil {
			found, err = t.selectClaims(ctx, where, province, id)
		}
	}
	if err == nil && len(found) == 0 {
		return registry.Claim{}, fault.New(fault.NotFound, "registry.no_claim", "claim", id)
	}
	if err != nil {
		return registry.Claim{}, err
	}
	return found[0], nil
}

// ClaimsOf lists the claims on a unit, of a person, or of both, the oldest first. A command that asks has those on the unit, or
// those of the person, to itself.
func (t *Tx) ClaimsOf(ctx context.Context, province, unit, person string) ([]registry.Claim, error) {
	of, whose := "claims", unit
	if unit == "" {
		of, whose = "claims of", person
	}
	if err := t.deciding(ctx, of, province, whose); err != nil {
		return nil, err
	}
	c := &condition{}
	c.equal("province", province)
	c.equal("unit", unit)
	c.equal("person", person)
	return t.selectClaims(ctx, c.String(), c.args...)
}

// ClaimsIn lists a province's claims in some states, the oldest first.
func (t *Tx) ClaimsIn(ctx context.Context, province string, states ...string) ([]registry.Claim, error) {
	c := &condition{}
	c.equal("province", province)
	c.and("state IN (" + c.list(states) + ")")
	return t.selectClaims(ctx, c.String(), c.args...)
}

// claimChain gives the entries that tell what became of a claim. They are read in the whole of the province: what one may know of is the
// claim, and its chain is of the unit.
func (t *Tx) claimChain(ctx context.Context, c registry.Claim) (out []journal.Leaf, err error) {
	err = t.as(access.Within(ctx, access.ScopeOf(ctx).InWhole()), func() error {
		entries, err := t.CaseEntries(ctx, c.Province, c.ChainOf())
		for _, e := range entries {
			out = append(out, e.Leaf)
		}
		return err
	})
	return out, err
}

// ClaimStood says whether a claim gives or once gave its person the word for its unit, and whether they entered the unit.
func (t *Tx) ClaimStood(ctx context.Context, c registry.Claim) (stood, entered bool, err error) {
	chain, err := t.claimChain(ctx, c)
	return c.Stood(chain), c.Entered(chain), err
}

func (t *Tx) selectClaims(ctx context.Context, where string, args ...any) (out []registry.Claim, err error) {
	err = t.each(ctx, "SELECT "+claimColumns+" FROM unit_claim WHERE "+where+" ORDER BY created, id", args,
		func(scan func(...any) error) error {
			c, err := scanClaim(scan)
			out = append(out, c)
			return err
		})
	return out, err
}

// SaveClaim writes a claim whole.
func (t *Tx) SaveClaim(ctx context.Context, c registry.Claim) error {
	_, err := t.exec(ctx, "INSERT INTO unit_claim ("+claimColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (province, id) DO UPDATE SET
		state = excluded.state, reason = excluded.reason, decided_by = excluded.decided_by,
		decided_at = excluded.decided_at, valid_to = excluded.valid_to`,
		c.Province, c.ID, c.Unit, c.Person, c.Post, c.Evidence, c.State, c.Reason, c.Created, c.DecidedBy, c.DecidedAt, c.ValidTo)
	return err
}

// LoadItems gives the items of a register by id, or one item, or those in force on a civil date.
func (t *Tx) LoadItems(ctx context.Context, province, register, item, on string) (out []registry.Item, err error) {
	c := &condition{}
	c.equal("province", province)
	c.equal("register", register)
	c.equal("item", item)
	if on != "" {
		day := c.arg(on)
		c.and("valid_from <= " + day + " AND (valid_to = '' OR valid_to >= " + day + ")")
	}
	err = t.each(ctx, `SELECT province, register, item, fields, balance, valid_from, valid_to, source, as_of
		FROM register_item WHERE `+c.String()+" ORDER BY item", c.args, func(scan func(...any) error) error {
		i, err := scanItem(scan)
		out = append(out, i)
		return err
	})
	return out, err
}

func scanItem(scan func(...any) error) (i registry.Item, err error) {
	var fields string
	var balance sql.NullInt64
	if err = scan(&i.Province, &i.Register, &i.ID, &fields, &balance, &i.ValidFrom, &i.ValidTo, &i.Source, &i.AsOf); err != nil {
		return i, err
	}
	if balance.Valid {
		i.Balance = &balance.Int64
	}
	v, err := decodeValue(fields)
	i.Fields, _ = v.(map[string]any)
	return i, err
}

// SaveItem writes an item; the balance of one that exists stays.
func (t *Tx) SaveItem(ctx context.Context, i registry.Item) error {
	fields := []byte("{}")
	if i.Fields != nil {
		var err error
		if fields, err = json.Marshal(i.Fields); err != nil {
			return fault.Wrap(err, fault.Invalid, "registry.item_shape", "item", i.ID)
		}
	}
	var balance sql.NullInt64
	if i.Balance != nil {
		balance = sql.NullInt64{Int64: *i.Balance, Valid: true}
	}
	_, err := t.exec(ctx, `INSERT INTO register_item
		(province, register, item, fields, balance, valid_from, valid_to, source, as_of)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (province, register, item) DO UPDATE SET
		fields = excluded.fields, balance = COALESCE(register_item.balance, excluded.balance),
		valid_from = excluded.valid_from, valid_to = excluded.valid_to, source = excluded.source, as_of = excluded.as_of`,
		i.Province, i.Register, i.ID, string(fields), balance, i.ValidFrom, i.ValidTo, i.Source, i.AsOf)
	return err
}

// SaveBranch keeps the body of a bank's branch: its id is the item's, its parent the bank.
func (t *Tx) SaveBranch(ctx context.Context, i registry.Item) error {
	at := func(field string) string { s, _ := i.Fields[field].(string); return s }
	_, err := t.exec(ctx, `INSERT INTO body
		(id, province, kind, name_fa, name_en, parent, county, state, fields, version)
		VALUES ($1, $2, 'bank.branch', $3, $4, $5, $6, 'active', '{}', 1) ON CONFLICT (id) DO UPDATE SET
		name_fa = excluded.name_fa, name_en = excluded.name_en, parent = excluded.parent, county = excluded.county,
		version = body.version + 1`,
		i.ID, i.Province, at("name_fa"), at("name_en"), at("bank"), at("county"))
	return err
}

// Speaks tells whether a person speaks for any unit, of whichever province, by a claim that is verified and holds on a civil day.
// It begins at the person's terms, each of which bears the id of its claim.
func (t *Tx) Speaks(ctx context.Context, person, day string) (bool, error) {
	var one int64
	return t.row(ctx, `SELECT 1 FROM membership m JOIN unit_claim c ON c.province = m.province AND c.id = m.id
		WHERE m.person = $1 AND c.person = $1 AND c.state = 'verified' AND (c.valid_to = '' OR c.valid_to >= $2) LIMIT 1`,
		[]any{person, day}, &one)
}

// MaySpeak says whether a person's claim to speak for a unit in a post, "" for any, is verified and holds on a civil day.
func (t *Tx) MaySpeak(ctx context.Context, province, unit, person, post, day string) (bool, error) {
	c := &condition{}
	c.equal("province", province)
	c.equal("unit", unit)
	c.equal("person", person)
	c.equal("post", post)
	c.and("state = 'verified' AND (valid_to = '' OR valid_to >= " + c.arg(day) + ")")
	var one int64
	return t.row(ctx, "SELECT 1 FROM unit_claim WHERE "+c.String()+" LIMIT 1", c.args, &one)
}

// PartOf says whether a person has a part in a unit at an instant: a verified claim to speak for it, or a running term.
func (t *Tx) PartOf(ctx context.Context, province, unit, person string, now int64) (bool, error) {
	var one int64
	return t.row(ctx, `SELECT 1 FROM membership WHERE person = $3 AND province = $1 AND unit = $2 AND (ended = 0 OR ended > $5)
		AND valid_from <= $4 AND (valid_to = '' OR valid_to >= $4)
		UNION ALL SELECT 1 FROM unit_claim WHERE province = $1 AND unit = $2 AND person = $3 AND state = 'verified'
		AND (valid_to = '' OR valid_to >= $4) LIMIT 1`,
		[]any{province, unit, person, jalali.FromTime(time.UnixMicro(now)).Civil(), now}, &one)
}
