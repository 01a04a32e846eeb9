package store

import (
	"context"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
)

// PersonAD is the additional data with which a person's value is sealed: name, national_code, mobile.
func PersonAD(person, field string) []byte { return journal.AD("", "person:"+person, field) }

// SubjectOf gives the person whose verified claim to speak for the unit is the oldest, or the unit itself: never one who was erased,
// under whose key nothing is written any more, whoever verified their claim since. The plus keeps SQLite from walking all
// claims of the province in their order instead of sorting the unit's few.
func (t *Tx) SubjectOf(ctx context.Context, province, unit string) (subject string, err error) {
	found, err := t.row(ctx, `SELECT person FROM unit_claim c WHERE province = $1 AND unit = $2 AND state = 'verified'
		AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = c.person AND p.erased <> 0) ORDER BY +created, id LIMIT 1`, []any{province, unit}, &subject)
	if err == nil && !found {
		subject = unit
	}
	return subject, err
}

// SignerOf gives who signs as a role at an instant: whom the delegation table names for it, the latest first, or else
// who alone holds the role; nil when nobody does. Where several hold it and the table names none of them, the office
// signs without a person, so that the letter of one officer never bears the name of another. A delegation counts as long
// as its giver's own power stands.
func (t *Tx) SignerOf(ctx context.Context, province, role string, now int64) (*casework.Signer, error) {
	m, err := t.empowered(ctx, province, role, time.UnixMicro(now))
	if err != nil {
		return nil, err
	}
	if m == nil {
		holders, err := t.holders(ctx, province, role, time.UnixMicro(now))
		switch {
		case err != nil || len(holders) == 0:
			return nil, err
		case len(holders) > 1:
			return &casework.Signer{Role: role, Post: access.RoleTitle(role)}, nil
		}
		m = &holders[0]
	}
	name, err := t.personName(ctx, m.Person)
	return &casework.Signer{Person: m.Person, Name: name, Role: m.Role, Post: m.Post}, err
}

// empowered gives the running term whom the latest standing delegation of a role's signature names, nil for none.
func (t *Tx) empowered(ctx context.Context, province, role string, now time.Time) (*party.Membership, error) {
	var all []party.Delegation
	if err := t.each(ctx, delegationColumns+"WHERE province = $1 AND scope = $2 ORDER BY valid_from DESC, id",
		[]any{province, role}, delegations(&all)); err != nil {
		return nil, err
	}
	chains := party.NewChains(t, now)
	for _, d := range all {
		_, stands, err := chains.Standing(ctx, d)
		if err != nil {
			return nil, err
		}
		if !stands {
			continue
		}
		taker, err := t.MembershipByID(ctx, province, d.Taker)
		if err == nil && taker.Current(now) {
			return &taker, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// HoldsRole says whether a person holds a role at an instant, in that body where one is named.
func (t *Tx) HoldsRole(ctx context.Context, province, person, role, body string, now int64) (bool, error) {
	all, err := t.holders(ctx, province, role, time.UnixMicro(now))
	return slices.ContainsFunc(all, func(m party.Membership) bool { return m.Person == person && (body == "" || m.Body == body) }), err
}

// holders gives the running terms in a role.
func (t *Tx) holders(ctx context.Context, province, role string, now time.Time) (out []party.Membership, err error) {
	var all []party.HeldMembership
	err = t.each(ctx, heldColumns+"WHERE m.province = $1 AND m.role = $2 ORDER BY m.valid_from DESC, m.id",
		[]any{province, role}, held(&all))
	for _, m := range all {
		if m.Current(now) {
			out = append(out, m.Membership)
		}
	}
	return out, err
}

// personName opens a person's name: journal.Erased when the key is gone, "" when the person is not known.
func (t *Tx) personName(ctx context.Context, person string) (string, error) {
	var sealed, state string
	found, err := t.row(ctx, "SELECT name, state FROM person WHERE id = $1", []any{person}, &sealed, &state)
	if err == nil && state == party.Erased {
		return journal.Erased, nil
	}
	if err != nil || !found || sealed == "" {
		return "", err
	}
	v, err := t.open(ctx, PersonAD(person, "name"), "", sealed)
	if fault.Is(err, fault.NotFound) {
		return journal.Erased, nil
	}
	name, _ := v.(string)
	return name, err
}
