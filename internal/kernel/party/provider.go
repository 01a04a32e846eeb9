package party

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// Proof is what an identity provider says of who stands before it. Subject is the provider's own name for them; State is
// drawn for one trip there and back, and serves once.
type Proof struct {
	Provider, Body  string // its id here; whose staff it knows, "" for every body's
	Issuer, Subject string
	State           string
	Second          bool  // it can tell of two factors
	Shown           int64 // when two factors were shown there, µs; 0 for one
}

// Link binds an account to a person at a provider. Times are µs.
type Link struct {
	ID, Provider  string
	Created, Used int64
}

const (
	providerKind       = "provider"
	fieldProvider      = "provider"
	mostLinks          = 5
	entryProvider      = "people.provider_linked"
	entryProviderTaken = "people.provider_unlinked"
)

// keptLink is what lies sealed of a link: the subject itself is known by its keyed hash alone.
type keptLink struct {
	Provider string `json:"provider"`
}

var errProvider = fault.New(fault.Unauthenticated, "sign_in.provider_unknown")

func (s *Service) proofHash(p Proof) string {
	return s.cfg.Root.SearchHash(providerKind, p.Issuer+"\x1f"+p.Subject)
}

// showsAt is shows of whom a provider tells of.
func (s *Service) showsAt(ctx context.Context, p Proof, typed string) (shown, error) {
	var c Credential
	err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) (err error) {
		c, err = s.linked(ctx, t, p)
		return err
	})
	if err != nil {
		return shown{}, err
	}
	return s.shows(ctx, c.Person, typed)
}

// SignInByProvider opens a session for whose account is bound to somebody at a provider; it makes no account and no right.
// Who has a second factor here shows it too, unless the provider tells of two. code is such a factor.
//
// Faults: unauthenticated sign_in.provider_unknown, party.code_needed, party.code_wrong; refused sign_in.provider_staff where
// the account holds no post that the provider's body is to vouch for; too_many.
func (s *Service) SignInByProvider(ctx context.Context, p Proof, code string) (token string, who access.Principal, err error) {
	ctx = access.AsServer(ctx)
	person := ""
	defer func() {
		s.tell(ctx, Event{What: EventSignIn, Way: WayProvider, Person: person, Login: shortHash(s.proofHash(p))}, err)
	}()
	var factor shown
	if code != "" {
		if err := s.countProof(ctx, p); err != nil {
			return "", access.Principal{}, err
		}
		if factor, err = s.showsAt(ctx, p, code); err != nil {
			return "", access.Principal{}, err
		}
	}
	return s.enter(ctx, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		c, err := s.linked(ctx, t, p)
		if err != nil {
			return err
		}
		person, session.Person, session.SteppedUp = c.Person, c.Person, p.Shown
		if p.Shown == 0 {
			if err := s.factor(ctx, t, factor, session, now); err != nil {
				return err
			}
		}
		if err := vouched(ctx, t, c.Person, p.Body, now); err != nil {
			return err
		}
		if err := s.spend(ctx, t, p.State, now); err != nil {
			return errProvider
		}
		c.Used = now.UnixMicro()
		return t.SaveCredential(ctx, c)
	})
}

// countProof counts a code that is shown beside a provider's word, before it is looked at.
func (s *Service) countProof(ctx context.Context, p Proof) error {
	at := s.now().UnixMicro()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		c, err := s.linked(ctx, t, p)
		if err != nil {
			return err
		}
		return limit(ctx, t, s.cfg.Root.SearchHash(sessionKind, c.Person), guessAddress, at)
	})
}

// linked gives the credential of who is bound to a provider's word.
func (s *Service) linked(ctx context.Context, t Tx, p Proof) (Credential, error) {
	c, err := t.CredentialByLogin(ctx, s.proofHash(p))
	if fault.Is(err, fault.NotFound) || err == nil && (c.Kind != KindProvider || c.State != Active) {
		return c, errProvider
	}
	return c, err
}

// vouched wants a running post in the provider's body, or where it knows every body's staff, any post but a unit's.
func vouched(ctx context.Context, t Tx, person, body string, now time.Time) error {
	held, err := current(ctx, t, person, now)
	if err == nil && !slices.ContainsFunc(held, func(m HeldMembership) bool { return !access.UnitRole(m.Role) && (body == "" || m.Body == body) }) {
		err = fault.New(fault.Refused, "sign_in.provider_staff")
	}
	return err
}

// StepUpByProvider is StepUp by two factors that were shown at a provider just now.
func (s *Service) StepUpByProvider(ctx context.Context, token string, p Proof) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	return s.steppedUp(ctx, WayProvider, token, nil, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		c, err := s.linked(ctx, t, p)
		if err == nil && (c.Person != session.Person || p.Shown == 0) {
			err = errProvider
		}
		if err != nil {
			return err
		}
		if err := s.spend(ctx, t, p.State, now); err != nil {
			return errProvider
		}
		session.SteppedUp = p.Shown
		return nil
	})
}

// ProvePassword says that the password of the holder of a token is right, as before a new way to sign in is added, and that
// who has a second factor showed it lately.
func (s *Service) ProvePassword(ctx context.Context, token, password string) error {
	ctx = access.AsServer(ctx)
	if _, _, err := s.ownPassword(ctx, token, password); err != nil {
		return err
	}
	return s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err == nil {
			_, err = s.proved(ctx, t, session, s.now())
		}
		return err
	})
}

// LinkProvider binds the account of the holder of a token to who stands before a provider. Conflict sign_in.provider_taken
// where they are bound to another account, or to this one.
func (s *Service) LinkProvider(ctx context.Context, token string, p Proof) error {
	ctx = access.AsServer(ctx)
	now := s.now()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, now)
		if err != nil {
			return err
		}
		if err := vouched(ctx, t, session.Person, p.Body, now); err != nil {
			return err
		}
		if err := s.spend(ctx, t, p.State, now); err != nil {
			return errProvider
		}
		all, err := s.linksOf(ctx, t, session.Person)
		if err != nil {
			return err
		}
		if len(all) >= mostLinks {
			return fault.New(fault.Refused, "sign_in.provider_many", "most", mostLinks)
		}
		c := Credential{ID: newID(), Person: session.Person, Kind: KindProvider, LoginKey: s.proofHash(p), State: Active, Created: now.UnixMicro()}
		if p.Second {
			c.Counter = secondThere
		}
		if _, err := t.CredentialByLogin(ctx, c.LoginKey); !fault.Is(err, fault.NotFound) {
			return taken(err, "sign_in.provider_taken", "provider")
		}
		raw, err := json.Marshal(keptLink{Provider: p.Provider})
		if err != nil {
			return fault.Wrap(err, fault.Internal, "party.sealed")
		}
		if c.Secret, err = seal(ctx, t.Keys(), c.Person, fieldProvider, string(raw)); err != nil {
			return err
		}
		t.OnCommit(s.cache.clear)
		if err := t.SaveCredential(ctx, c); err != nil {
			return err
		}
		return s.recordOwn(ctx, t, session, entryProvider)
	})
}

// secondThere in a credential's counter says that its provider can tell of two factors.
const secondThere = 1

// Links lists the providers by which the holder of a token signs in, the oldest first.
func (s *Service) Links(ctx context.Context, token string) (out []Link, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err == nil {
			out, err = s.linksOf(ctx, t, session.Person)
		}
		return err
	})
	return out, err
}

func (s *Service) linksOf(ctx context.Context, t Tx, person string) (out []Link, err error) {
	all, err := t.CredentialsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Kind != KindProvider || c.State != Active {
			continue
		}
		raw, err := unseal(ctx, t.Keys(), person, fieldProvider, c.Secret)
		if err != nil {
			return nil, err
		}
		var kept keptLink
		if err := json.Unmarshal([]byte(raw), &kept); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "party.sealed")
		}
		out = append(out, Link{ID: c.ID, Provider: kept.Provider, Created: c.Created, Used: c.Used})
	}
	slices.SortStableFunc(out, func(a, b Link) int { return int(a.Created - b.Created) })
	return out, nil
}

// Unlink ends one way to sign in of the holder of a token, who showed a second factor lately where they have one.
func (s *Service) Unlink(ctx context.Context, token, id string) error {
	ctx = access.AsServer(ctx)
	return s.dropOwn(ctx, token, id, KindProvider, "sign_in.provider_gone", entryProviderTaken)
}
