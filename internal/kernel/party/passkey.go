package party

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// Passkey is a public key whose private half never leaves a person's device (WebAuthn). Key is the id that the device gave
// it, Record what its verifier keeps of it; Was is the record that PasskeyOf gave, before the verifier wrote a use into Record.
// Times are µs.
type Passkey struct {
	ID, Person, Name string
	Key, Record, Was []byte
	Created, Used    int64
}

const (
	passkeyKind   = "passkey"
	ceremonyKind  = "ceremony"
	fieldPasskey  = "passkey"
	mostPasskeys  = 10
	maxPasskey    = 60 // signs of a name
	entryPasskey  = "people.passkey_added"
	entryKeyTaken = "people.passkey_removed"
)

// keptKey is what lies sealed of a passkey.
type keptKey struct {
	Name   string          `json:"name"`
	Key    []byte          `json:"key"`
	Record json.RawMessage `json:"record"`
}

var errPasskey = fault.New(fault.Unauthenticated, "sign_in.passkey_wrong")

// Passkeys lists the passkeys of the holder of a token, the oldest first.
func (s *Service) Passkeys(ctx context.Context, token string) (out []Passkey, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err == nil {
			out, err = s.passkeysOf(ctx, t, session.Person)
		}
		return err
	})
	return out, err
}

func (s *Service) passkeysOf(ctx context.Context, t Tx, person string) (out []Passkey, err error) {
	all, err := t.CredentialsOf(ctx, person)
	for _, c := range all {
		if err != nil || c.Kind != KindPasskey || c.State != Active {
			continue
		}
		var p Passkey
		if p, err = openPasskey(ctx, t, c); err == nil {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Passkey) int { return int(a.Created - b.Created) })
	return out, err
}

func openPasskey(ctx context.Context, t Tx, c Credential) (Passkey, error) {
	raw, err := unseal(ctx, t.Keys(), c.Person, fieldPasskey, c.Secret)
	if err != nil {
		return Passkey{}, err
	}
	var kept keptKey
	if err := json.Unmarshal([]byte(raw), &kept); err != nil {
		return Passkey{}, fault.Wrap(err, fault.Internal, "party.sealed")
	}
	return Passkey{ID: c.ID, Person: c.Person, Name: kept.Name, Key: kept.Key, Record: kept.Record, Created: c.Created, Used: c.Used}, nil
}

// AddPasskey keeps a passkey of the holder of a token. They have another second factor first, shown lately: a device that is
// lost, or a browser without scripts, must not shut them out. The challenge of a ceremony serves once. The person's other
// sessions are over.
func (s *Service) AddPasskey(ctx context.Context, token, challenge string, p Passkey) error {
	ctx = access.AsServer(ctx)
	now := s.now()
	p.Name = text.Display(p.Name)
	if n := len([]rune(p.Name)); n == 0 || n > maxPasskey {
		return fault.New(fault.Invalid, "sign_in.passkey_name", "most", maxPasskey).At("passkey-name")
	}
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, now)
		if err != nil {
			return err
		}
		if err := s.mayAdd(ctx, t, session, now); err != nil {
			return err
		}
		if err := s.spend(ctx, t, challenge, now); err != nil {
			return err
		}
		c := Credential{ID: newID(), Person: session.Person, Kind: KindPasskey, LoginKey: s.keyHash(p.Key), State: Active, Created: now.UnixMicro()}
		if _, err := t.CredentialByLogin(ctx, c.LoginKey); !fault.Is(err, fault.NotFound) {
			return taken(err, "sign_in.passkey_known", "passkey-name")
		}
		p.Person = session.Person
		if err := s.savePasskey(ctx, t, c, p); err != nil {
			return err
		}
		if err := s.endOthers(ctx, t, session, ""); err != nil {
			return err
		}
		return s.recordOwn(ctx, t, session, entryPasskey)
	})
}

// mayAdd wants another second factor, shown lately, and not too many passkeys.
func (s *Service) mayAdd(ctx context.Context, t Tx, session Session, now time.Time) error {
	who, err := s.proved(ctx, t, session, now)
	if err != nil {
		return err
	}
	if !who.Second {
		return fault.New(fault.Refused, "sign_in.passkey_spare").At("passkey-name")
	}
	all, err := s.passkeysOf(ctx, t, session.Person)
	if err == nil && len(all) >= mostPasskeys {
		err = fault.New(fault.Refused, "sign_in.passkey_many", "most", mostPasskeys).At("passkey-name")
	}
	return err
}

// proved gives who a session speaks for, once a second factor was shown lately.
func (s *Service) proved(ctx context.Context, t Tx, session Session, now time.Time) (access.Principal, error) {
	who, err := s.principal(ctx, t, session, now)
	if err != nil {
		return who, err
	}
	who = s.newEntry(session, who, now).at(now)
	if !who.Second {
		return who, nil
	}
	return who, who.Proved()
}

func (s *Service) savePasskey(ctx context.Context, t Tx, c Credential, p Passkey) error {
	raw, err := json.Marshal(keptKey{Name: p.Name, Key: p.Key, Record: p.Record})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "party.sealed")
	}
	if c.Secret, err = seal(ctx, t.Keys(), p.Person, fieldPasskey, string(raw)); err != nil {
		return err
	}
	return t.SaveCredential(ctx, c)
}

// RemovePasskey forgets one passkey of the holder of a token, whose second factor was shown lately.
func (s *Service) RemovePasskey(ctx context.Context, token, id string) error {
	return s.dropOwn(ctx, token, id, KindPasskey, "sign_in.passkey_gone", entryKeyTaken)
}

// dropOwn forgets one credential of the holder of a token; gone is the fault where there is none.
func (s *Service) dropOwn(ctx context.Context, token, id, kind, gone, entry string) error {
	ctx = access.AsServer(ctx)
	now := s.now()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, now)
		if err != nil {
			return err
		}
		if _, err := s.proved(ctx, t, session, now); err != nil {
			return err
		}
		all, err := t.CredentialsOf(ctx, session.Person)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(c Credential) bool { return c.ID == id && c.Kind == kind && c.State == Active })
		if i < 0 {
			return fault.New(fault.NotFound, gone)
		}
		all[i].State, all[i].Secret, all[i].LoginKey = Disabled, "", ""
		t.OnCommit(s.cache.clear)
		if err := t.SaveCredential(ctx, all[i]); err != nil {
			return err
		}
		if err := s.endOthers(ctx, t, session, ""); err != nil {
			return err
		}
		return s.recordOwn(ctx, t, session, entry)
	})
}

// PasskeyOf finds a passkey by the id that its device gave it. Unauthenticated sign_in.passkey_wrong.
func (s *Service) PasskeyOf(ctx context.Context, key []byte) (p Passkey, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		c, err := s.passkey(ctx, t, key)
		if err == nil {
			p, err = openPasskey(ctx, t, c)
			p.Was = p.Record
		}
		return err
	})
	return p, err
}

func (s *Service) passkey(ctx context.Context, t Tx, key []byte) (Credential, error) {
	c, err := t.CredentialByLogin(ctx, s.keyHash(key))
	if fault.Is(err, fault.NotFound) || err == nil && (c.Kind != KindPasskey || c.State != Active) {
		return c, errPasskey
	}
	return c, err
}

// SignInByPasskey opens a session for whose passkey answered a challenge, which its verifier has found good. The device has
// checked who holds it, so that it counts as both factors.
func (s *Service) SignInByPasskey(ctx context.Context, challenge string, p Passkey) (string, access.Principal, error) {
	token, who, err := s.enter(ctx, func(ctx context.Context, t Tx, session *Session, now time.Time) (err error) {
		session.SteppedUp = now.UnixMicro()
		session.Person, err = s.usePasskey(ctx, t, challenge, p, now)
		return err
	})
	if fault.Is(err, fault.Unauthenticated) {
		err = errPasskey
	}
	s.tell(ctx, Event{What: EventSignIn, Way: WayPasskey, Person: p.Person}, err)
	return token, who, err
}

// enter opens a session without a password, for whom identify finds, where their account is active.
func (s *Service) enter(ctx context.Context, identify func(context.Context, Tx, *Session, time.Time) error) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	token, id, err := newToken()
	if err != nil {
		return "", access.Principal{}, err
	}
	var e *entry
	now := s.now()
	if err := s.watch(ctx, now); err != nil {
		return "", access.Principal{}, err
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session := Session{ID: id, Province: s.cfg.Province, Created: now.UnixMicro()}
		if err := identify(ctx, t, &session, now); err != nil {
			return err
		}
		password, err := credential(ctx, t, session.Person, KindPassword)
		if err != nil {
			return err
		}
		if password == nil || password.State != Active {
			return errNoSession
		}
		if err := s.place(ctx, t, &session, now); err != nil {
			return err
		}
		e, err = s.begin(ctx, t, session, now)
		return err
	})
	if err != nil {
		return "", access.Principal{}, err
	}
	return token, e.at(now), nil
}

// StepUpByPasskey is StepUp by a passkey of the session's own person.
func (s *Service) StepUpByPasskey(ctx context.Context, token, challenge string, p Passkey) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	return s.steppedUp(ctx, WayPasskey, token, nil, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		person, err := s.usePasskey(ctx, t, challenge, p, now)
		if err == nil && person != session.Person {
			err = errPasskey
		}
		session.SteppedUp = now.UnixMicro()
		return err
	})
}

// usePasskey stores what the verifier keeps of a use, and gives whose passkey it is.
func (s *Service) usePasskey(ctx context.Context, t Tx, challenge string, p Passkey, now time.Time) (string, error) {
	if err := s.spend(ctx, t, challenge, now); err != nil {
		return "", err
	}
	c, err := s.passkey(ctx, t, p.Key)
	if err != nil {
		return "", err
	}
	kept, err := openPasskey(ctx, t, c)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(kept.Record, p.Was) { // used since it was verified: the counter was held to one of before
		return "", errPasskey
	}
	kept.Record, c.Used = p.Record, now.UnixMicro()
	return c.Person, s.savePasskey(ctx, t, c, kept)
}

// spend takes a challenge, which serves once: it is refused as a wrong answer from then on.
func (s *Service) spend(ctx context.Context, t Tx, challenge string, now time.Time) error {
	n, _, err := t.Attempt(ctx, s.cfg.Root.SearchHash(ceremonyKind, challenge), now.UnixMicro(), guessWindow.Microseconds())
	if err == nil && n > 1 {
		err = errPasskey
	}
	return err
}

func (s *Service) keyHash(key []byte) string { return s.cfg.Root.SearchHash(passkeyKind, string(key)) }
