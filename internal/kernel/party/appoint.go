package party

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// Appointment gives a person a role in a body for a term. A person whose national code is known and whose papers somebody
// looked at already keeps their account: Login is then left empty.
type Appointment struct {
	Person     Person
	Login      string
	Membership Membership
}

// Appoint stores an appointment whole, journals it, and gives what is to print: nothing where the person keeps their account.
// Only who manages users may, never for themself: forbidden party.own_term.
//
// Anybody may register any national code unseen. So a code that is known makes nobody an officer by itself: who holds no post
// and speaks for no unit by a verified claim begins anew, with the name of the appointment and a printed password, and whatever
// opened the account before is void. Who was looked at is refused under another name: invalid party.name_differs.
func (s *Service) Appoint(ctx context.Context, by access.Principal, a Appointment) (Printed, error) {
	if err := access.Authorize(by, usersResource, "manage"); err != nil {
		return Printed{}, err
	}
	if err := checkAppointment(by, &a); err != nil {
		return Printed{}, err
	}
	once, err := temporary()
	if err != nil {
		return Printed{}, err
	}
	secret, err := s.hasher.hash(ctx, askKnown, once)
	if err != nil {
		return Printed{}, err
	}
	var out Printed
	// As the server: a post or a claim in another province makes the account an officer's too, and the database hides it
	// from who manages users here. What is written is of their province all the same.
	err = s.cfg.Write(access.AsServer(ctx), func(ctx context.Context, t Tx) (err error) {
		t.OnCommit(s.cache.clear)
		if err := inProvince(ctx, t, by.Province, a.Membership.Body); err != nil {
			return err
		}
		out, err = s.appoint(ctx, t, by, a, Account{Login: a.Login, Password: once, MustChange: true}, secret)
		return err
	})
	if err != nil {
		return Printed{}, err
	}
	return out, nil
}

// checkAppointment checks what needs no look-up, and brings it to its stored form.
func checkAppointment(by access.Principal, a *Appointment) (err error) {
	m := &a.Membership
	m.Province = by.Province
	switch {
	case access.UnitRole(m.Role):
		return fault.New(fault.Invalid, "party.unit_by_claim").At("role")
	case m.Document == "":
		return fault.New(fault.Invalid, "party.document").At("document")
	case a.Person.ID == "" && a.Person.NationalCode == "":
		return fault.New(fault.Invalid, "party.national_needed").At(fieldNational)
	}
	if a.Person.ID == "" {
		if a.Person.Name, err = named(a.Person.Name); err != nil {
			return err
		}
	}
	if a.Person.NationalCode, err = identifier(fieldNational, a.Person.NationalCode); err != nil {
		return err
	}
	if a.Person.Mobile, err = identifier(fieldMobile, a.Person.Mobile); err != nil {
		return err
	}
	r := Roster{Memberships: []Membership{*m}}
	err = checkMemberships(&r)
	*m = r.Memberships[0]
	return err
}

// appoint finds whom an appointment is about, and gives them the term and, where it is to print, the account.
func (s *Service) appoint(ctx context.Context, t Tx, by access.Principal, a Appointment, once Account, secret string) (out Printed, err error) {
	who, m, byCode := a.Person, a.Membership, a.Person.ID == ""
	if byCode {
		if who.ID, err = t.PersonByNational(ctx, s.hashOf(fieldNational, who.NationalCode)); err != nil {
			return out, err
		}
	}
	switch {
	case who.ID == "":
		out, err = s.enterPerson(ctx, t, who, once, secret)
	case who.ID == by.Person:
		err = fault.New(fault.Forbidden, "party.own_term")
	case byCode:
		out, err = s.meetPerson(ctx, t, by, who, m.ID, once, secret)
	default: // chosen on the page of who serves or served
		out.Person = who.ID
		_, err = staffTerms(ctx, t, by.Province, who.ID)
	}
	if err != nil {
		return out, err
	}
	m.Person = out.Person
	if err := t.InsertMembership(ctx, m); err != nil {
		return out, err
	}
	return out, s.record(ctx, t, by, entryAppointed, m.Person, m.ID)
}

// enterPerson stores somebody whom nobody knew, with an account.
func (s *Service) enterPerson(ctx context.Context, t Tx, who Person, once Account, secret string) (Printed, error) {
	draw(&who.ID)
	once.Person = who.ID
	r := Roster{Persons: []Person{who}, Accounts: []Account{once}}
	if err := checkAccounts(&r); err != nil {
		return Printed{}, err
	}
	return Printed{Person: who.ID, Password: once.Password}, s.store(ctx, t, r, []string{secret})
}

// meetPerson decides about somebody whose code is known: who was looked at keeps the account, under the same name alone.
// Anybody else's account begins anew. cause is the term that it is for.
func (s *Service) meetPerson(ctx context.Context, t Tx, by access.Principal, who Person, cause string, once Account, secret string) (Printed, error) {
	served, stands, err := s.lookedAt(ctx, t, who.ID)
	if err != nil {
		return Printed{}, err
	}
	if served || stands {
		name, err := s.nameOf(ctx, t, who.ID)
		if err == nil && !text.Match(name, who.Name) {
			err = fault.New(fault.Invalid, "party.name_differs").At(fieldName)
		}
		if err != nil || stands {
			return Printed{Person: who.ID}, err
		}
	}
	out := Printed{Person: who.ID, Password: once.Password, Known: true}
	if err := s.beginAnew(ctx, t, who, once.Login, secret); err != nil {
		return out, err
	}
	return out, s.record(ctx, t, by, entryReissuedAll, who.ID, cause)
}

// nameOf gives the name of a person who was not erased.
func (s *Service) nameOf(ctx context.Context, t Tx, person string) (string, error) {
	rows, err := t.PersonRows(ctx, []string{person})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return unseal(ctx, t.Keys(), person, fieldName, rows[0].Name)
}

// lookedAt tells whether an office looked at somebody's papers: served says that they hold or held a post in a body, stands
// that such a post is not over or that they speak for a unit by a claim that an officer verified.
func (s *Service) lookedAt(ctx context.Context, t Tx, person string) (served, stands bool, err error) {
	now := s.now()
	if stands, err = t.Speaks(ctx, person, today(now)); err != nil {
		return false, false, err
	}
	terms, err := t.MembershipsOf(ctx, person)
	for _, m := range terms {
		if m.Unit == "" {
			served, stands = true, stands || !m.over(now)
		}
	}
	return served, stands, err
}

// beginAnew gives a known person the name and mobile of an appointment and a password that must be changed; nothing that opened
// the account before opens it any more. The login stays where none was typed.
func (s *Service) beginAnew(ctx context.Context, t Tx, who Person, login, secret string) error {
	c, err := credential(ctx, t, who.ID, KindPassword)
	if err != nil {
		return err
	}
	if c == nil {
		c = &Credential{ID: newID(), Person: who.ID, Kind: KindPassword, Created: s.now().UnixMicro()}
	}
	if key := s.hashOf(loginKind, typedLogin(login)); key != "" && key != c.LoginKey {
		if _, err := t.CredentialByLogin(ctx, key); !fault.Is(err, fault.NotFound) {
			return taken(err, "party.login_taken", "login")
		}
		c.LoginKey = key
	}
	if c.LoginKey == "" {
		return fault.New(fault.Invalid, "party.login_empty").At("login")
	}
	c.Secret, c.MustChange, c.State = secret, true, Active
	if err := t.SaveCredential(ctx, *c); err != nil {
		return err
	}
	if err := forgetFactors(ctx, t, who.ID); err != nil {
		return err
	}
	row, err := s.sealed(ctx, t, who)
	if err != nil {
		return err
	}
	return t.RenamePerson(ctx, row)
}
