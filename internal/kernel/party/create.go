package party

import (
	"context"
	"slices"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// Roster is people, bodies, terms and accounts that are stored together, all or none. Later lists may name what stands
// in earlier ones.
type Roster struct {
	Bodies      []Body
	Persons     []Person
	Memberships []Membership
	Delegations []Delegation
	Accounts    []Account
}

// Add checks a roster and stores it in one transaction. Empty ids are drawn, into the roster's own slices, so that the
// caller finds them there. Faults: invalid with the field and how to mend it, conflict party.login_taken,
// party.national_taken or store.conflict.
func (s *Service) Add(ctx context.Context, r Roster) error {
	secrets, err := s.prepare(ctx, &r)
	if err != nil {
		return err
	}
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		return s.store(ctx, t, r, secrets)
	})
}

// prepare checks a roster, draws its ids, and hashes its passwords before a transaction is open.
func (s *Service) prepare(ctx context.Context, r *Roster) (secrets []string, err error) {
	for _, check := range []func(*Roster) error{checkBodies, checkPersons, checkMemberships, checkDelegations, checkAccounts} {
		if err := check(r); err != nil {
			return nil, err
		}
	}
	return s.hashAll(ctx, askOurs, r.Accounts)
}

func checkBodies(r *Roster) error {
	for i := range r.Bodies {
		b := &r.Bodies[i]
		draw(&b.ID)
		if !slices.Contains(bodyKinds, b.Kind) {
			return fault.New(fault.Invalid, "party.body_kind", "kind", b.Kind).At("kind")
		}
		var err error
		if b.Name.FA, err = named(b.Name.FA); err != nil {
			return err
		}
		if b.Parent == b.ID {
			return fault.New(fault.Invalid, "party.body_parent", "body", b.ID).At("parent")
		}
	}
	return nil
}

func checkPersons(r *Roster) error {
	for i := range r.Persons {
		p := &r.Persons[i]
		draw(&p.ID)
		var err error
		if p.Name, err = named(p.Name); err != nil {
			return err
		}
		if p.NationalCode, err = identifier(fieldNational, p.NationalCode); err != nil {
			return err
		}
		if p.Mobile, err = identifier(fieldMobile, p.Mobile); err != nil {
			return err
		}
	}
	return nil
}

func draw(id *string) {
	if *id == "" {
		*id = newID()
	}
}

func named(s string) (string, error) {
	name, err := text.Name(s)
	if f, ok := fault.As(err); ok {
		return "", f.At("name")
	}
	return name, err
}

// identifier brings a typed identifier of a kind of package ident to its canonical form; "" stays.
func identifier(kind, typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	r := ident.Check(kind+"_raw", typed)
	if f, ok := fault.As(r.Err()); ok {
		return "", f.At(kind)
	}
	return r.Canonical, nil
}

func checkMemberships(r *Roster) error {
	for i := range r.Memberships {
		m := &r.Memberships[i]
		draw(&m.ID)
		switch {
		case !access.KnownRole(m.Role):
			return fault.New(fault.Invalid, "party.role", "role", m.Role).At("role")
		case access.UnitRole(m.Role) && m.Unit == "":
			return fault.New(fault.Invalid, "party.needs_unit", "role", m.Role).At("unit")
		case !access.UnitRole(m.Role) && m.Body == "":
			return fault.New(fault.Invalid, "party.needs_body", "role", m.Role).At("body")
		}
		if err := checkTerm(m.From, m.To); err != nil {
			return err
		}
	}
	return nil
}

// checkTerm wants civil dates, a first one, and a last one not before it.
func checkTerm(from, to string) error {
	for _, v := range []struct{ field, date string }{{"from", from}, {"to", to}} {
		if _, err := jalali.FromCivil(v.date); err != nil && (v.date != "" || v.field == "from") {
			return fault.Wrap(err, fault.Invalid, "party.term_date", "date", v.date).At(v.field)
		}
	}
	if to != "" && to < from {
		return fault.New(fault.Invalid, "party.term_order").At("to")
	}
	return nil
}

func checkDelegations(r *Roster) error {
	for i := range r.Delegations {
		d := &r.Delegations[i]
		draw(&d.ID)
		switch {
		case d.Scope == "":
			return fault.New(fault.Invalid, "party.scope").At("scope")
		case d.Taker == "" || d.Taker == d.Giver:
			return fault.New(fault.Invalid, "party.taker").At("taker")
		case d.Document == "":
			return fault.New(fault.Invalid, "party.document").At("document")
		case d.Ceiling != nil && *d.Ceiling < 0:
			return fault.New(fault.Invalid, "party.ceiling").At("ceiling")
		}
		if err := checkTerm(d.From, d.To); err != nil {
			return err
		}
	}
	return nil
}

func checkAccounts(r *Roster) error {
	for i := range r.Accounts {
		a := &r.Accounts[i]
		a.Login = typedLogin(a.Login)
		if a.Login == "" || a.Person == "" {
			return fault.New(fault.Invalid, "party.login_empty").At("login")
		}
		if err := checkPassword(a.Password, a.Login, false); err != nil {
			return err
		}
	}
	return nil
}

// hashAll works on several passwords at once: each takes tens of milliseconds by intention.
func (s *Service) hashAll(ctx context.Context, who asker, accounts []Account) ([]string, error) {
	secrets, errs := make([]string, len(accounts)), make([]error, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		wg.Go(func() { secrets[i], errs[i] = s.hasher.hash(ctx, who, a.Password) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (s *Service) store(ctx context.Context, t Tx, r Roster, secrets []string) error {
	for _, b := range r.Bodies {
		if err := t.SaveBody(ctx, b); err != nil {
			return err
		}
	}
	for _, p := range r.Persons {
		if err := s.storePerson(ctx, t, p); err != nil {
			return err
		}
	}
	for _, m := range r.Memberships {
		if m.Province == "" {
			m.Province = s.cfg.Province
		}
		if err := t.InsertMembership(ctx, m); err != nil {
			return err
		}
	}
	for _, d := range r.Delegations {
		if err := s.storeDelegation(ctx, t, d); err != nil {
			return err
		}
	}
	return s.storeAccounts(ctx, t, r.Accounts, secrets)
}

func (s *Service) storePerson(ctx context.Context, t Tx, p Person) error {
	if key := s.hashOf(fieldNational, p.NationalCode); key != "" {
		if other, err := t.PersonByNational(ctx, key); err != nil || other != "" {
			return taken(err, "party.national_taken", fieldNational)
		}
	}
	row, err := s.sealed(ctx, t, p)
	if err != nil {
		return err
	}
	return t.InsertPerson(ctx, row)
}

// sealed gives a person as stored.
func (s *Service) sealed(ctx context.Context, t Tx, p Person) (row PersonRow, err error) {
	row = PersonRow{ID: p.ID, State: Active, Sample: p.Sample, Created: s.now().UnixMicro(),
		NationalKey: s.hashOf(fieldNational, p.NationalCode), MobileKey: s.hashOf(fieldMobile, p.Mobile)}
	for _, v := range []struct {
		to           *string
		field, value string
	}{{&row.Name, fieldName, p.Name}, {&row.National, fieldNational, p.NationalCode}, {&row.Mobile, fieldMobile, p.Mobile}} {
		if *v.to, err = seal(ctx, t.Keys(), p.ID, v.field, v.value); err != nil {
			return row, err
		}
	}
	return row, nil
}

func taken(err error, key, field string) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, key).At(field)
}

// hashOf is the keyed hash by which a value is found; "" of "".
func (s *Service) hashOf(kind, value string) string {
	if value == "" {
		return ""
	}
	return s.cfg.Root.SearchHash(kind, value)
}

func (s *Service) storeDelegation(ctx context.Context, t Tx, d Delegation) error {
	if d.Province == "" {
		d.Province = s.cfg.Province
	}
	if d.Giver == "" {
		return t.InsertDelegation(ctx, d)
	}
	held, err := t.DelegationsTo(ctx, d.Province, d.Giver)
	if err != nil {
		return err
	}
	chains := NewChains(t, time.UnixMicro(max(s.now().UnixMicro(), dayStart(d.From))))
	for _, h := range held {
		ceiling, stands, err := chains.Standing(ctx, h)
		if err != nil {
			return err
		}
		if stands && covers(h, d, ceiling) {
			return t.InsertDelegation(ctx, d)
		}
	}
	return fault.New(fault.Refused, "party.delegation_over", "scope", d.Scope)
}

func (s *Service) storeAccounts(ctx context.Context, t Tx, accounts []Account, secrets []string) error {
	for i, a := range accounts {
		key := s.hashOf(loginKind, a.Login)
		if _, err := t.CredentialByLogin(ctx, key); !fault.Is(err, fault.NotFound) {
			return taken(err, "party.login_taken", "login")
		}
		c := Credential{ID: newID(), Person: a.Person, Kind: KindPassword, LoginKey: key, Secret: secrets[i],
			State: Active, MustChange: a.MustChange, Created: s.now().UnixMicro()}
		if err := t.SaveCredential(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
