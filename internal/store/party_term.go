package store

import (
	"context"
	"database/sql"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// SaveBody stores a body, or changes it.
func (t *Tx) SaveBody(ctx context.Context, b party.Body) error {
	return t.PutBody(ctx, Body{ID: b.ID, Province: b.Province, Kind: b.Kind, NameFA: b.Name.FA, NameEN: b.Name.EN,
		Parent: b.Parent, County: b.County})
}

const bodyColumns = "SELECT id, province, kind, name_fa, name_en, parent, county FROM body "

// BodiesByID gives the bodies of some ids; unknown ones are left out.
func (t *Tx) BodiesByID(ctx context.Context, ids []string) (out []party.Body, err error) {
	err = t.inChunks(ctx, bodyColumns+"WHERE id IN ", " ORDER BY id", ids, bodies(&out))
	return out, err
}

// BodiesOfKind gives the bodies of a kind in a province, and the national ones, in order of name.
func (t *Tx) BodiesOfKind(ctx context.Context, province, kind string) (out []party.Body, err error) {
	err = t.each(ctx, bodyColumns+"WHERE province IN ($1, '') AND kind = $2 ORDER BY name_fa, id", []any{province, kind}, bodies(&out))
	return out, err
}

func bodies(out *[]party.Body) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var b party.Body
		err := scan(&b.ID, &b.Province, &b.Kind, &b.Name.FA, &b.Name.EN, &b.Parent, &b.County)
		*out = append(*out, b)
		return err
	}
}

// InsertMembership stores a membership.
func (t *Tx) InsertMembership(ctx context.Context, m party.Membership) error {
	_, err := t.exec(ctx, `INSERT INTO membership (province, id, person, role, body, unit, county, post_fa, post_en, scope,
		document, valid_from, valid_to, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		m.Province, m.ID, m.Person, m.Role, m.Body, m.Unit, m.County, m.Post.FA, m.Post.EN, m.Scope,
		m.Document, m.From, m.To, m.Ended)
	return err
}

// MembershipsOf gives a person's memberships, past ones too, the oldest first, with the names of body or unit.
func (t *Tx) MembershipsOf(ctx context.Context, person string) (out []party.HeldMembership, err error) {
	err = t.each(ctx, heldColumns+"WHERE m.person = $1 ORDER BY m.valid_from, m.id", []any{person}, held(&out))
	return out, err
}

// MembershipByID gives one term; not_found party.no_membership.
func (t *Tx) MembershipByID(ctx context.Context, province, id string) (party.Membership, error) {
	var out []party.HeldMembership
	err := t.each(ctx, heldColumns+"WHERE m.province = $1 AND m.id = $2", []any{province, id}, held(&out))
	if err == nil && len(out) == 0 {
		err = fault.New(fault.NotFound, "party.no_membership", "membership", id)
	}
	if err != nil {
		return party.Membership{}, err
	}
	return out[0].Membership, nil
}

// EndMembership ends a membership at an instant and gives whose it was; not_found party.no_membership.
func (t *Tx) EndMembership(ctx context.Context, province, id string, now int64) (person string, err error) {
	found, err := t.row(ctx, `UPDATE membership SET ended = $3 WHERE province = $1 AND id = $2 AND ended = 0
		RETURNING person`, []any{province, id, now}, &person)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "party.no_membership", "membership", id)
	}
	return person, err
}

// InsertDelegation stores a delegation.
func (t *Tx) InsertDelegation(ctx context.Context, d party.Delegation) error {
	_, err := t.exec(ctx, `INSERT INTO delegation
		(province, id, scope, giver, taker, ceiling, document, valid_from, valid_to, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.Province, d.ID, d.Scope, d.Giver, d.Taker, d.Ceiling, d.Document, d.From, d.To, d.Revoked)
	return err
}

const delegationColumns = `SELECT province, id, scope, giver, taker, ceiling, document, valid_from, valid_to, revoked
	FROM delegation `

// DelegationsTo gives what a membership was empowered to, past too.
func (t *Tx) DelegationsTo(ctx context.Context, province, membership string) (out []party.Delegation, err error) {
	err = t.each(ctx, delegationColumns+"WHERE province = $1 AND taker = $2 ORDER BY valid_from, id",
		[]any{province, membership}, delegations(&out))
	return out, err
}

// DelegationsIn gives a province's delegations, past too, the latest first.
func (t *Tx) DelegationsIn(ctx context.Context, province string) (out []party.Delegation, err error) {
	err = t.each(ctx, delegationColumns+"WHERE province = $1 ORDER BY valid_from DESC, id", []any{province}, delegations(&out))
	return out, err
}

func delegations(out *[]party.Delegation) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var d party.Delegation
		var ceiling sql.NullInt64
		err := scan(&d.Province, &d.ID, &d.Scope, &d.Giver, &d.Taker, &ceiling, &d.Document, &d.From, &d.To, &d.Revoked)
		if ceiling.Valid {
			d.Ceiling = &ceiling.Int64
		}
		*out = append(*out, d)
		return err
	}
}

// RevokeDelegation ends a delegation at an instant and gives the person it empowered; not_found party.no_delegation.
func (t *Tx) RevokeDelegation(ctx context.Context, province, id string, now int64) (person string, err error) {
	var taker string
	found, err := t.row(ctx, `UPDATE delegation SET revoked = $3 WHERE province = $1 AND id = $2 AND revoked = 0
		RETURNING taker`, []any{province, id, now}, &taker)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "party.no_delegation", "delegation", id)
	}
	if err == nil {
		_, err = t.row(ctx, "SELECT person FROM membership WHERE province = $1 AND id = $2", []any{province, taker}, &person)
	}
	return person, err
}

const heldColumns = `SELECT m.province, m.id, m.person, m.role, m.body, m.unit, m.county, m.post_fa, m.post_en, m.scope,
	m.document, m.valid_from, m.valid_to, m.ended, coalesce(b.name_fa, u.name, ''), coalesce(b.name_en, u.name, '')
	FROM membership m LEFT JOIN body b ON b.id = m.body AND m.body <> ''
	LEFT JOIN unit u ON u.province = m.province AND u.id = m.unit AND m.unit <> '' `

func held(out *[]party.HeldMembership) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var m party.HeldMembership
		err := scan(&m.Province, &m.ID, &m.Person, &m.Role, &m.Body, &m.Unit, &m.County, &m.Post.FA, &m.Post.EN, &m.Scope,
			&m.Document, &m.From, &m.To, &m.Ended, &m.BodyName.FA, &m.BodyName.EN)
		*out = append(*out, m)
		return err
	}
}

// StaffTerms gives the memberships in bodies of a province, past ones too, in order of body, role and person.
func (t *Tx) StaffTerms(ctx context.Context, province string) (out []party.HeldMembership, err error) {
	err = t.each(ctx, heldColumns+"WHERE m.province = $1 AND m.unit = '' ORDER BY b.name_fa, m.role, m.person, m.valid_from, m.id",
		[]any{province}, held(&out))
	return out, err
}

// UnitTerms gives the memberships for a unit, past ones too, in order of role and person.
func (t *Tx) UnitTerms(ctx context.Context, province, unit string) (out []party.HeldMembership, err error) {
	err = t.each(ctx, heldColumns+"WHERE m.province = $1 AND m.unit = $2 AND m.unit <> '' ORDER BY m.role, m.person, m.id",
		[]any{province, unit}, held(&out))
	return out, err
}

// BodiesIn gives the bodies of a province and the national ones, in order of name.
func (t *Tx) BodiesIn(ctx context.Context, province string) (out []party.Body, err error) {
	err = t.each(ctx, bodyColumns+"WHERE province IN ($1, '') ORDER BY name_fa, id", []any{province}, bodies(&out))
	return out, err
}
