package party

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

const credentialsResource = "credentials"

// Printed is what an office hands over on paper: a password for the first sign-in, "" where the person keeps theirs, and
// one-time codes for each after it. Known says that an account was there before, which nobody had looked at; Unlinked that the
// person signed in at a provider too, which no longer opens.
type Printed struct {
	Person, Password string
	Codes            []string
	Known, Unlinked  bool
}

// Speakers lists the persons with a running term for a unit. Only who reissues credentials at the counter may.
func (s *Service) Speakers(ctx context.Context, by access.Principal, unit string) ([]Colleague, error) {
	if err := access.Authorize(by, credentialsResource, "reissue"); err != nil {
		return nil, err
	}
	var terms []HeldMembership
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) (err error) {
		terms, err = s.speakers(ctx, t, by.Province, unit)
		return err
	})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(terms))
	for i, m := range terms {
		ids[i] = m.Person
	}
	names, err := s.Names(ctx, ids)
	out := make([]Colleague, len(terms))
	for i, m := range terms {
		out[i] = Colleague{Membership: m.ID, Person: m.Person, Name: names[m.Person], Role: m.Role}
	}
	return out, err
}

func (s *Service) speakers(ctx context.Context, t Tx, province, unit string) ([]HeldMembership, error) {
	terms, err := t.UnitTerms(ctx, province, unit)
	now := s.now()
	return slices.DeleteFunc(terms, func(m HeldMembership) bool { return !m.Current(now) }), err
}

// ReissueAtCounter gives a person who speaks for a unit, and stands at the counter, new credentials on paper: what they
// had before is dead, and the first sign-in sets their own password. Never for who also holds a role in a body: that is
// for who manages users. It is journalled.
func (s *Service) ReissueAtCounter(ctx context.Context, by access.Principal, unit, person string) (Printed, error) {
	if err := access.Authorize(by, credentialsResource, "reissue"); err != nil {
		return Printed{}, err
	}
	out := Printed{Person: person}
	var err error
	if out.Password, err = temporary(); err != nil {
		return Printed{}, err
	}
	secret, err := s.hasher.hash(ctx, askKnown, out.Password)
	if err != nil {
		return Printed{}, err
	}
	printed, rows, err := s.drawCodes(ctx, person, by.Person)
	if err != nil {
		return Printed{}, err
	}
	out.Codes = printed
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		if err := s.onlySpeaks(ctx, t, by.Province, unit, person); err != nil {
			return err
		}
		if err := s.replaceCredentials(ctx, t, person, secret); err != nil {
			return err
		}
		if err := t.ReplaceCodes(ctx, person, rows); err != nil {
			return err
		}
		return s.record(ctx, t, by, entryReissued, person, "unit:"+unit)
	})
	if err != nil {
		return Printed{}, err
	}
	return out, nil
}

// onlySpeaks wants a person who speaks for the unit now and holds no running term in any body.
func (s *Service) onlySpeaks(ctx context.Context, t Tx, province, unit, person string) error {
	terms, err := s.speakers(ctx, t, province, unit)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(terms, func(m HeldMembership) bool { return m.Person == person }) {
		return fault.New(fault.NotFound, "party.no_person", "person", person)
	}
	held, err := current(ctx, t, person, s.now())
	if err == nil && slices.ContainsFunc(held, func(m HeldMembership) bool { return m.Unit == "" }) {
		err = fault.New(fault.Forbidden, "party.staff_reissue")
	}
	return err
}
