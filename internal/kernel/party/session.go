package party

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// How long sessions live: idle and in all, for units and for the staff of bodies; and how long a second factor counts.
const (
	unitIdle   = 24 * time.Hour
	unitWhole  = 7 * 24 * time.Hour
	staffIdle  = 30 * time.Minute
	staffWhole = 12 * time.Hour
	stepUpLife = 15 * time.Minute
	touchEvery = time.Minute // how exactly the last use is stored
)

const tokenBytes = 32

// newToken gives an opaque session token, 256 random bits in base64url (43 characters), and the id it is stored under.
func newToken() (token, id string, err error) {
	raw := make([]byte, tokenBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "journal.random")
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, sessionID(token), nil
}

// sessionID is the SHA-256 of a token: whoever steals the table opens no session.
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Lifetime is how long a session in a role lives: without use, and in all.
func Lifetime(role string) (idle, whole time.Duration) {
	if access.UnitRole(role) {
		return unitIdle, unitWhole
	}
	return staffIdle, staffWhole
}

var errNoSession = fault.New(fault.Unauthenticated, "party.session_over")

// Resolve gives who holds a token. It reads the database at most every few seconds for one token; a change made through
// this service counts at once, one made by another node within that time. Unauthenticated party.session_over.
func (s *Service) Resolve(ctx context.Context, token string) (access.Principal, error) {
	return s.resolve(ctx, token, s.touch)
}

// Peek is Resolve for what a page asks by itself: it is no use of the session, which grows idle meanwhile.
func (s *Service) Peek(ctx context.Context, token string) (access.Principal, error) {
	return s.resolve(ctx, token, func(context.Context, *entry, time.Time) {})
}

func (s *Service) resolve(ctx context.Context, token string, touch func(context.Context, *entry, time.Time)) (access.Principal, error) {
	ctx = access.AsServer(ctx)
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return access.Principal{}, errNoSession
	}
	id, now := sessionID(token), s.now()
	if err := s.watch(ctx, now); err != nil {
		return access.Principal{}, err
	}
	e, generation, ok := s.cache.get(id, now)
	if !ok {
		var err error
		if e, err = s.load(ctx, id, now); err != nil {
			return access.Principal{}, err
		}
		s.cache.put(id, e, generation)
	}
	if e.over(now) {
		s.end(ctx, id)
		return access.Principal{}, errNoSession
	}
	touch(ctx, e, now)
	return e.at(now), nil
}

// Forget drops what sessions remember of who holds what, after a change made elsewhere.
func (s *Service) Forget() { s.cache.clear() }

// end takes a session away that is over, so that a clock set back does not revive it. Where that cannot be written the
// session is refused all the same.
func (s *Service) end(ctx context.Context, id string) {
	ctx = access.AsServer(ctx)
	_ = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		return t.DeleteSession(ctx, id)
	})
}

// touch stores the last use, now and then. Reading goes on where nothing can be written.
func (s *Service) touch(ctx context.Context, e *entry, now time.Time) {
	ctx = access.AsServer(ctx)
	seen := now.UnixMicro()
	if !e.due(seen) {
		return
	}
	_ = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error { return t.TouchSession(ctx, e.session.ID, seen) })
}

func (s *Service) load(ctx context.Context, id string, now time.Time) (e *entry, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := t.SessionByID(ctx, id)
		if fault.Is(err, fault.NotFound) {
			return errNoSession
		}
		if err != nil {
			return err
		}
		p, err := s.principal(ctx, t, session, now)
		e = s.newEntry(session, p, now)
		return err
	})
	return e, err
}

// principal builds who a session speaks for: the membership it was opened in must still be held.
func (s *Service) principal(ctx context.Context, t Tx, session Session, now time.Time) (access.Principal, error) {
	p := access.Principal{Person: session.Person, Role: access.Public, Province: session.Province, Session: session.ID}
	name, err := s.activeName(ctx, t, session.Person)
	if err != nil {
		return p, err
	}
	p.Name = name
	if p.Second, err = t.HasSecond(ctx, session.Person); err != nil {
		return p, err
	}
	held, err := current(ctx, t, session.Person, now)
	if err != nil || len(held) == 0 && session.Membership == "" {
		return p, err
	}
	if session.Membership == "" { // opened before the person held anything
		session.Membership = held[0].ID
	}
	i := slices.IndexFunc(held, func(m HeldMembership) bool { return m.ID == session.Membership })
	if i < 0 {
		return p, errNoSession
	}
	m := held[i]
	p.Role, p.Body, p.Unit, p.County, p.Province, p.Membership = m.Role, m.Body, m.Unit, m.County, m.Province, m.ID
	p.BodyName, p.MustSecond = m.BodyName.FA, slices.Contains(s.cfg.MustSecond, m.Role)
	for j, other := range held {
		if j != i {
			p.Others = append(p.Others, other.principal())
		}
	}
	if p.StandsFor, err = s.standsFor(ctx, t, m); err != nil {
		return p, err
	}
	p.Ceilings, err = ceilings(ctx, t, m, now)
	return p, err
}

func (s *Service) activeName(ctx context.Context, t Tx, person string) (string, error) {
	rows, err := t.PersonRows(ctx, []string{person})
	if err != nil {
		return "", err
	}
	if len(rows) != 1 || rows[0].State != Active {
		return "", errNoSession
	}
	return unseal(ctx, t.Keys(), person, fieldName, rows[0].Name)
}

// current gives the memberships held at an instant, the oldest first.
func current(ctx context.Context, t Tx, person string, now time.Time) ([]HeldMembership, error) {
	all, err := t.MembershipsOf(ctx, person)
	return slices.DeleteFunc(all, func(m HeldMembership) bool { return !m.Current(now) }), err
}

// ceilings gives what a membership may decide: by scope the highest ceiling in rial, the largest number without one. What
// the giver no longer holds is not among it.
func ceilings(ctx context.Context, t Tx, m HeldMembership, now time.Time) (map[string]int64, error) {
	all, err := t.DelegationsTo(ctx, m.Province, m.ID)
	if err != nil {
		return nil, err
	}
	out, chains := map[string]int64{}, NewChains(t, now)
	for _, d := range all {
		ceiling, stands, err := chains.Standing(ctx, d)
		if err != nil {
			return nil, err
		}
		if stands {
			out[d.Scope] = max(out[d.Scope], ceiling)
		}
	}
	return out, nil
}

// SignOut ends a session; an unknown token is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	ctx = access.AsServer(ctx)
	id, person := sessionID(token), ""
	err := s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := t.SessionByID(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		person = session.Person
		t.OnCommit(s.cache.clear)
		return t.DeleteSession(ctx, id)
	})
	if person != "" {
		s.tell(ctx, Event{What: EventSignOut, Person: person}, err)
	}
	return err
}

// Switch goes on in another of the person's memberships, under a new token; the old one is over. Forbidden
// party.not_yours for a membership that the person does not hold.
func (s *Service) Switch(ctx context.Context, token, membership string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	return s.renew(ctx, token, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		held, err := current(ctx, t, session.Person, now)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(held, func(m HeldMembership) bool { return m.ID == membership })
		if i < 0 {
			return fault.New(fault.Forbidden, "party.not_yours")
		}
		_, whole := Lifetime(held[i].Role)
		session.Membership, session.Province = membership, held[i].Province
		session.Expires = session.Created + whole.Microseconds()
		return nil
	})
}

// StepUp proves the second factor again, for acts that ask for it; under a new token.
func (s *Service) StepUp(ctx context.Context, token, code string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	var factor shown
	count := func(ctx context.Context) (err error) {
		if err = s.throttleCode(ctx, token); err == nil {
			factor, err = s.showsIn(ctx, token, code)
		}
		return err
	}
	return s.steppedUp(ctx, WayCode, token, count, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		if err := s.prove(ctx, t, session.Person, factor, now); err != nil {
			return err
		}
		session.SteppedUp = now.UnixMicro()
		return nil
	})
}

// steppedUp renews a session for a factor that change finds good; before, if given, counts a code before it is looked at.
func (s *Service) steppedUp(ctx context.Context, way, token string, before func(context.Context) error, change func(context.Context, Tx, *Session, time.Time) error) (fresh string, who access.Principal, err error) {
	ctx = access.AsServer(ctx)
	person := ""
	if before != nil {
		err = before(ctx)
	}
	if err == nil {
		fresh, who, err = s.renew(ctx, token, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
			person = session.Person
			return change(ctx, t, session, now)
		})
	}
	s.tell(ctx, Event{What: EventStepUp, Way: way, Person: person}, err)
	return fresh, who, err
}

// renew replaces a living session by a changed one with another token, as every change of power does.
func (s *Service) renew(ctx context.Context, token string,
	change func(context.Context, Tx, *Session, time.Time) error) (string, access.Principal, error) {
	now := s.now()
	fresh, id, err := newToken()
	if err != nil {
		return "", access.Principal{}, err
	}
	var e *entry
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, now)
		if err != nil {
			return err
		}
		old := session.ID
		if err := change(ctx, t, &session, now); err != nil {
			return err
		}
		session.ID = id
		if err := t.DeleteSession(ctx, old); err != nil {
			return err
		}
		t.OnCommit(s.cache.clear)
		e, err = s.begin(ctx, t, session, now)
		return err
	})
	if err != nil {
		return "", access.Principal{}, err
	}
	return fresh, e.at(now), nil
}

// begin stores a session and gives who it speaks for.
func (s *Service) begin(ctx context.Context, t Tx, session Session, now time.Time) (*entry, error) {
	session.Seen = now.UnixMicro()
	if session.Expires <= session.Seen {
		return nil, errNoSession
	}
	p, err := s.principal(ctx, t, session, now)
	if err != nil {
		return nil, err
	}
	return s.newEntry(session, p, now), t.InsertSession(ctx, session)
}

// living gives the session of a token that is not over.
func (s *Service) living(ctx context.Context, t Tx, token string, now time.Time) (Session, error) {
	session, err := t.SessionByID(ctx, sessionID(token))
	if fault.Is(err, fault.NotFound) {
		return session, errNoSession
	}
	if err != nil {
		return session, err
	}
	p, err := s.principal(ctx, t, session, now)
	if err != nil {
		return session, err
	}
	if s.newEntry(session, p, now).over(now) {
		return session, errNoSession
	}
	return session, nil
}

// Names gives the names of persons and bodies by id, in Persian; those unknown are left out, and an erased person's name
// is journal.Erased.
func (s *Service) Names(ctx context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		bodies, err := t.BodiesByID(ctx, ids)
		if err != nil {
			return err
		}
		for _, b := range bodies {
			out[b.ID] = b.Name.FA
		}
		rows, err := t.PersonRows(ctx, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			name, err := unseal(ctx, t.Keys(), r.ID, fieldName, r.Name)
			if fault.Is(err, fault.NotFound) || r.State == Erased {
				name, err = journal.Erased, nil
			}
			if err != nil {
				return err
			}
			out[r.ID] = name
		}
		return nil
	})
	return out, err
}
