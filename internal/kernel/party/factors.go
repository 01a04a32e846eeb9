package party

import (
	"context"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// The kinds of entries of a person's own second factors, in the person's chain.
const (
	entryFactorSet   = "people.factor_set"
	entryCodes       = "people.codes_printed"
	entryFactorsGone = "people.factors_removed"
)

// RemoveFactors takes away the authenticator, the printed codes and the passkeys after proving the password and a code,
// and goes on under a new token; the person's other sessions are over. Refused party.second_kept where the role is to have
// a second factor, and party.password_alone where the password is too short to stand alone.
func (s *Service) RemoveFactors(ctx context.Context, token, password, code string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	c, _, err := s.ownPassword(ctx, token, password)
	if err != nil {
		return "", access.Principal{}, err
	}
	if err := checkPassword(password, "", false); err != nil {
		return "", access.Principal{}, fault.Wrap(err, fault.Refused, "party.password_alone", "least", minAlone).At("password")
	}
	factor, err := s.shows(ctx, c.Person, code)
	if err != nil {
		return "", access.Principal{}, err
	}
	return s.renew(ctx, token, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		who, err := s.principal(ctx, t, *session, now)
		if err != nil {
			return err
		}
		if s.mustSecond(who) {
			return fault.New(fault.Refused, "party.second_kept").At("code")
		}
		if _, err := stillProved(ctx, t, c); err != nil {
			return err
		}
		if err := s.prove(ctx, t, c.Person, factor, now); err != nil {
			return err
		}
		session.SteppedUp = 0
		if err := forgetFactors(ctx, t, c.Person, KindProvider); err != nil {
			return err
		}
		return s.record(ctx, t, who, entryFactorsGone, c.Person, "")
	})
}

// mustSecond says whether any of the posts that a person holds is to have a second factor.
func (s *Service) mustSecond(p access.Principal) bool {
	return p.MustSecond || slices.ContainsFunc(p.Others, func(m access.Membership) bool { return slices.Contains(s.cfg.MustSecond, m.Role) })
}

// recordOwn journals what the holder of a session did with their own factors.
func (s *Service) recordOwn(ctx context.Context, t Tx, session Session, kind string) error {
	return s.record(ctx, t, access.Principal{Province: session.Province, Person: session.Person}, kind, session.Person, "")
}

// OpenSession is a session as its person sees it. Times are µs.
type OpenSession struct {
	ID            string
	Membership    string // in whose name it acts, "" for none
	Created, Seen int64
	Here          bool // the one that asks
}

// Sessions lists the living sessions of the holder of a token, the one used last first.
func (s *Service) Sessions(ctx context.Context, token string) (out []OpenSession, err error) {
	ctx = access.AsServer(ctx)
	now := s.now()
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		own, err := s.living(ctx, t, token, now)
		if err != nil {
			return err
		}
		all, err := t.SessionsOf(ctx, own.Person)
		if err != nil {
			return err
		}
		for _, x := range all {
			p, err := s.principal(ctx, t, x, now)
			if fault.Is(err, fault.Unauthenticated) || err == nil && s.newEntry(x, p, now).over(now) {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, OpenSession{ID: x.ID, Membership: p.Membership, Created: x.Created, Seen: x.Seen, Here: x.ID == own.ID})
		}
		return nil
	})
	return out, err
}

// EndSessions ends one session of the holder of a token, or with "" all but the one that asks. One that is none of theirs is
// no error and stays.
func (s *Service) EndSessions(ctx context.Context, token, id string) error {
	ctx = access.AsServer(ctx)
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		own, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		return s.endOthers(ctx, t, own, id)
	})
}

// endOthers ends one session of the holder of another, or with "" all but that one, as every change of their factors does.
func (s *Service) endOthers(ctx context.Context, t Tx, own Session, id string) error {
	all, err := t.SessionsOf(ctx, own.Person)
	if err != nil {
		return err
	}
	t.OnCommit(s.cache.clear)
	for _, x := range all {
		if x.ID != id && (id != "" || x.ID == own.ID) {
			continue
		}
		if err := t.DeleteSession(ctx, x.ID); err != nil {
			return err
		}
	}
	return nil
}
