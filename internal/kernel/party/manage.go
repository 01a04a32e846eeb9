package party

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// usersResource is the policy resource of people and their credentials.
const usersResource = "users"

// Reissue gives a person a new temporary password on paper, without any message: sessions are over, and the first sign-in must
// change it. A forgotten password takes no second factor away: it stays, or where lost says that it is gone too, printed codes
// come in its place. What a provider says of the person opens the account no more, since whoever had the password may have
// connected themself; the person connects it anew, and who showed two factors there alone gets printed codes. Only who manages
// users may; it is journalled.
func (s *Service) Reissue(ctx context.Context, by access.Principal, person string, lost bool) (Printed, error) {
	if err := access.Authorize(by, usersResource, "manage"); err != nil {
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
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		if err := inTheProvince(ctx, t, by.Province, person); err != nil {
			return err
		}
		kind := entryReissued
		had, err := t.HasSecond(ctx, person)
		if err != nil {
			return err
		}
		if err := replacePassword(ctx, t, person, secret); err != nil {
			return err
		}
		if out.Unlinked, err = unlink(ctx, t, person); err != nil {
			return err
		}
		if lost {
			kind, err = entryReissuedAll, forgetFactors(ctx, t, person)
		} else {
			err = t.DeleteSessionsOf(ctx, person)
		}
		left := false
		if err == nil {
			left, err = t.HasSecond(ctx, person)
		}
		out.Codes = nil
		if err == nil && had && !left {
			out.Codes = printed
			err = t.ReplaceCodes(ctx, person, rows)
		}
		if err != nil {
			return err
		}
		return s.record(ctx, t, by, kind, person, "")
	})
	if err != nil {
		return Printed{}, err
	}
	return out, nil
}

// replaceCredentials sets a password that must be changed, and ends sessions, factors and codes.
func (s *Service) replaceCredentials(ctx context.Context, t Tx, person, secret string) error {
	if err := replacePassword(ctx, t, person, secret); err != nil {
		return err
	}
	return forgetFactors(ctx, t, person)
}

// replacePassword sets a password that must be changed.
func replacePassword(ctx context.Context, t Tx, person, secret string) error {
	c, err := credential(ctx, t, person, KindPassword)
	if err != nil {
		return err
	}
	if c == nil {
		return fault.New(fault.NotFound, "party.no_account")
	}
	c.Secret, c.MustChange, c.State = secret, true, Active
	return t.SaveCredential(ctx, *c)
}

// inTheProvince wants a person with a term in the province, past ones too; not_found party.no_person.
func inTheProvince(ctx context.Context, t Tx, province, person string) error {
	terms, err := t.MembershipsOf(ctx, person)
	if err == nil && !slices.ContainsFunc(terms, func(m HeldMembership) bool { return m.Province == province }) {
		err = fault.New(fault.NotFound, "party.no_person", "person", person)
	}
	return err
}

// unlink ends what opens an account at providers, and tells whether anything did.
func unlink(ctx context.Context, t Tx, person string) (had bool, err error) {
	all, err := t.CredentialsOf(ctx, person)
	if err != nil {
		return false, err
	}
	for _, c := range all {
		if c.Kind != KindProvider || c.State != Active {
			continue
		}
		had, c.State, c.Secret, c.LoginKey = true, Disabled, "", ""
		if err := t.SaveCredential(ctx, c); err != nil {
			return false, err
		}
	}
	return had, nil
}

// temporary is a password to print: two codes, 100 bits.
func temporary() (string, error) {
	a, err := newCode()
	if err != nil {
		return "", err
	}
	b, err := newCode()
	return a + "-" + b, err
}

// forgetFactors takes away what a person signs in with beside the password, but for the kinds to keep, and ends their sessions.
func forgetFactors(ctx context.Context, t Tx, person string, keep ...string) error {
	all, err := t.CredentialsOf(ctx, person)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Kind == KindPassword || slices.Contains(keep, c.Kind) {
			continue
		}
		c.State, c.Secret, c.LoginKey = Disabled, "", ""
		if err := t.SaveCredential(ctx, c); err != nil {
			return err
		}
	}
	if err := t.ReplaceCodes(ctx, person, nil); err != nil {
		return err
	}
	return t.DeleteSessionsOf(ctx, person)
}

// Erase destroys a person's key: name, codes and every value sealed with it read as erased from then on, wherever they
// lie. The person cannot sign in any more, and is not found by an identifier.
func (s *Service) Erase(ctx context.Context, person string) error {
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		if err := t.ErasePerson(ctx, person, s.now().UnixMicro()); err != nil {
			return err
		}
		if err := forgetFactors(ctx, t, person); err != nil {
			return err
		}
		return t.Erase(ctx, journal.PersonKey(person))
	})
}

// InClear gives a person with their name and identifiers, which are empty once they were erased; not_found party.no_person.
func (s *Service) InClear(ctx context.Context, person string) (p Person, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		rows, err := t.PersonRows(ctx, []string{person})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fault.New(fault.NotFound, "party.no_person", "person", person)
		}
		r := rows[0]
		p = Person{ID: r.ID, Sample: r.Sample}
		if r.State == Erased {
			return nil
		}
		for _, f := range []struct {
			to           *string
			name, stored string
		}{{&p.Name, fieldName, r.Name}, {&p.NationalCode, fieldNational, r.National}, {&p.Mobile, fieldMobile, r.Mobile}} {
			if *f.to, err = unseal(ctx, t.Keys(), r.ID, f.name, f.stored); err != nil {
				return err
			}
		}
		return nil
	})
	return p, err
}

// FindPerson gives the id of who has a national code as typed, "" when nobody is known by it.
func (s *Service) FindPerson(ctx context.Context, nationalCode string) (id string, err error) {
	canonical, err := identifier(fieldNational, nationalCode)
	if err != nil || canonical == "" {
		return "", err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		id, err = t.PersonByNational(ctx, s.hashOf(fieldNational, canonical))
		return err
	})
	return id, err
}

// BodiesOfKind lists the bodies of a kind in a province, national ones included.
func (s *Service) BodiesOfKind(ctx context.Context, province, kind string) (out []Body, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		out, err = t.BodiesOfKind(ctx, province, kind)
		return err
	})
	return out, err
}

// Sweep forgets sessions that are over and counts of guesses that no longer matter; to be called now and then.
func (s *Service) Sweep(ctx context.Context) error {
	ctx = access.AsServer(ctx)
	now := s.now()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		return t.SweepSessions(ctx, now.UnixMicro(), (2 * guessWindow).Microseconds())
	})
}
