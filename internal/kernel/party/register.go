package party

import (
	"context"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// Registration is what a person says of themself to get an account. The login is the national code.
type Registration struct{ Name, NationalCode, Mobile, Password string }

// Limits of self-registration in one window of guessing: from one address, and for one national code.
const (
	registerAddress = 10
	registerCode    = 5
)

// registerKind is the kind of keyed hash under which registrations are counted.
const registerKind = "register"

// registerTime is the beat on which answers come: longer than the work for a known code and for a new one, and where a
// busy machine takes longer, the next beat, so that the time tells neither.
const registerTime = 400 * time.Millisecond

// The kinds of entries of self-registration.
const (
	entryRegistered = "people.registered"
	entryAgain      = "people.registered_again"
)

// Register makes a person and an account that holds no post: what they may do for a unit comes of a claim. A national
// code that is known already changes nothing and gets the same answer in the same time; the attempt stands in that
// person's chain. address is where the request comes from, the network of an IPv6 address. Faults: invalid with the field,
// too_many, unavailable party.busy.
func (s *Service) Register(ctx context.Context, r Registration, address string) error {
	ctx = access.AsServer(ctx)
	roster, err := rosterOfOne(r)
	if err != nil {
		return err
	}
	if err := s.countRegistration(ctx, roster.Persons[0].NationalCode, address); err != nil {
		return err
	}
	return onBeat(ctx, registerTime, func() error {
		secrets, err := s.hashAll(ctx, askStranger, roster.Accounts)
		if err != nil {
			return err
		}
		return s.registered(ctx, roster, secrets)
	})
}

// onBeat does work and comes back at a whole multiple of a beat, or when ctx ends.
func onBeat(ctx context.Context, beat time.Duration, work func() error) error {
	beats := time.NewTicker(beat)
	defer beats.Stop()
	err := work()
	select {
	case <-beats.C: // one that passed while the work went on
	default:
	}
	select {
	case <-beats.C:
	case <-ctx.Done():
	}
	return err
}

// rosterOfOne checks what was said, all of it before anything is looked up.
func rosterOfOne(r Registration) (Roster, error) {
	for _, v := range []struct{ field, value, key string }{
		{"name", r.Name, "party.name_needed"}, {fieldNational, r.NationalCode, "party.code_needed_own"}, {fieldMobile, r.Mobile, "party.mobile_needed"},
	} {
		if v.value == "" {
			return Roster{}, fault.New(fault.Invalid, v.key).At(v.field)
		}
	}
	out := Roster{Persons: []Person{{Name: r.Name, NationalCode: r.NationalCode, Mobile: r.Mobile}}}
	if err := checkPersons(&out); err != nil {
		return Roster{}, err
	}
	p := out.Persons[0]
	out.Accounts = []Account{{Person: p.ID, Login: p.NationalCode, Password: r.Password}}
	if err := checkAccounts(&out); err != nil {
		return Roster{}, err
	}
	return out, checkCommon(r.Password, p.Name, p.NationalCode, p.Mobile)
}

// countRegistration takes one attempt, before anything is looked up.
func (s *Service) countRegistration(ctx context.Context, code, address string) error {
	at := s.now().UnixMicro()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		if err := limit(ctx, t, s.cfg.Root.SearchHash(registerKind, "from:"+address), registerAddress, at); err != nil {
			return err
		}
		return limit(ctx, t, s.cfg.Root.SearchHash(registerKind, "code:"+code), registerCode, at)
	})
}

func (s *Service) registered(ctx context.Context, r Roster, secrets []string) error {
	person := r.Persons[0]
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		self := access.Principal{Province: s.cfg.Province, Person: person.ID}
		known, err := s.knownAs(ctx, t, person.NationalCode)
		if err != nil {
			return err
		}
		if known != "" {
			self.Person = "" // nobody has shown who they are
			return s.record(ctx, t, self, entryAgain, known, "")
		}
		if err := s.store(ctx, t, r, secrets); err != nil {
			return err
		}
		return s.record(ctx, t, self, entryRegistered, person.ID, "")
	})
}

// knownAs gives the person whose code or login a national code is, "" for nobody.
func (s *Service) knownAs(ctx context.Context, t Tx, code string) (string, error) {
	person, err := t.PersonByNational(ctx, s.hashOf(fieldNational, code))
	if err != nil || person != "" {
		return person, err
	}
	c, err := t.CredentialByLogin(ctx, s.hashOf(loginKind, code))
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return c.Person, err
}
