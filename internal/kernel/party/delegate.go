package party

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
)

const delegationsResource = "delegations"

// The kinds of entries that delegations leave in the chain of the person empowered.
const (
	entryDelegated = "people.delegated"
	entryRevoked   = "people.delegation_ended"
)

// Empowered is a delegation with who holds it: Person acts as Role in the body of that name, Name is the person's.
type Empowered struct {
	Delegation
	Person, Name, Role string
	BodyName           locale.Text
	Stands             bool // in force now, with the giver's own power
}

// Delegations is the province's table of delegations, past ones too, the latest first.
func (s *Service) Delegations(ctx context.Context, by access.Principal) ([]Empowered, error) {
	if err := access.Authorize(by, delegationsResource, "read"); err != nil {
		return nil, err
	}
	var out []Empowered
	var ids []string
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		all, err := t.DelegationsIn(ctx, by.Province)
		if err != nil {
			return err
		}
		terms, err := t.StaffTerms(ctx, by.Province)
		if err != nil {
			return err
		}
		out, ids = joined(all, terms)
		chains := NewChains(t, s.now())
		for i := range out {
			if _, out[i].Stands, err = chains.Standing(ctx, out[i].Delegation); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	names, err := s.Names(ctx, ids)
	for i := range out {
		out[i].Name = names[out[i].Person]
	}
	return out, err
}

func joined(all []Delegation, terms []HeldMembership) (out []Empowered, persons []string) {
	by := map[string]HeldMembership{}
	for _, m := range terms {
		by[m.ID] = m
	}
	for _, d := range all {
		m := by[d.Taker]
		out = append(out, Empowered{Delegation: d, Person: m.Person, Role: m.Role, BodyName: m.BodyName})
		persons = append(persons, m.Person)
	}
	return out, persons
}

// Takers lists who the principal may empower: the colleagues with a running term in the same body.
func (s *Service) Takers(ctx context.Context, by access.Principal) ([]Empowered, error) {
	if err := access.Authorize(by, delegationsResource, "give"); err != nil {
		return nil, err
	}
	var out []Empowered
	var ids []string
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		terms, err := t.StaffTerms(ctx, by.Province)
		for _, m := range terms {
			if s.mayTake(by, m) {
				out, ids = append(out, Empowered{Delegation: Delegation{Taker: m.ID}, Person: m.Person, Role: m.Role}), append(ids, m.Person)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	names, err := s.Names(ctx, ids)
	for i := range out {
		out[i].Name = names[out[i].Person]
	}
	return out, err
}

func (s *Service) mayTake(by access.Principal, m HeldMembership) bool {
	return m.Body == by.Body && m.Person != by.Person && m.Current(s.now())
}

// Delegate gives a colleague of the same body a power that the principal holds: a scope of the delegation table within
// its ceiling and term, or the signature of the principal's own role. It is journalled. Faults: invalid with the field,
// refused party.delegation_over for a power not held.
func (s *Service) Delegate(ctx context.Context, by access.Principal, d Delegation) error {
	if err := access.Authorize(by, delegationsResource, "give"); err != nil {
		return err
	}
	d.Province, d.Giver = by.Province, by.Membership
	r := Roster{Delegations: []Delegation{d}}
	if err := checkDelegations(&r); err != nil {
		return err
	}
	d = r.Delegations[0]
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		taker, err := s.taker(ctx, t, by, d.Taker)
		if err != nil {
			return err
		}
		if d.Scope == by.Role {
			err = t.InsertDelegation(ctx, d)
		} else {
			err = s.storeDelegation(ctx, t, d)
		}
		if err != nil {
			return err
		}
		return s.record(ctx, t, by, entryDelegated, taker, d.ID)
	})
}

// taker gives the person whose membership is to be empowered; invalid party.taker for nobody of the same body.
func (s *Service) taker(ctx context.Context, t Tx, by access.Principal, membership string) (string, error) {
	terms, err := t.StaffTerms(ctx, by.Province)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(terms, func(m HeldMembership) bool { return m.ID == membership && s.mayTake(by, m) })
	if i < 0 {
		return "", fault.New(fault.Invalid, "party.taker").At("taker")
	}
	return terms[i].Person, nil
}

// EndDelegation ends a delegation now and journals it. Who gave it may, and the Director-General any; forbidden
// party.not_given for others.
func (s *Service) EndDelegation(ctx context.Context, by access.Principal, id string) error {
	if err := access.Authorize(by, delegationsResource, "give"); err != nil {
		return err
	}
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		all, err := t.DelegationsIn(ctx, by.Province)
		if err != nil {
			return err
		}
		mine := func(d Delegation) bool { return d.ID == id && (d.Giver == by.Membership || by.Is("dir.dg")) }
		if !slices.ContainsFunc(all, mine) {
			return fault.New(fault.Forbidden, "party.not_given")
		}
		person, err := t.RevokeDelegation(ctx, by.Province, id, s.now().UnixMicro())
		if err != nil {
			return err
		}
		return s.record(ctx, t, by, entryRevoked, person, id)
	})
}
