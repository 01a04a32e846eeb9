package party

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// throttleCode counts guesses of codes and passwords inside a session.
func (s *Service) throttleCode(ctx context.Context, token string) error {
	ctx = access.AsServer(ctx)
	at := s.now().UnixMicro()
	return s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := t.SessionByID(ctx, sessionID(token))
		if fault.Is(err, fault.NotFound) {
			return errNoSession
		}
		if err != nil {
			return err
		}
		return limit(ctx, t, s.cfg.Root.SearchHash(sessionKind, session.Person), guessAddress, at)
	})
}

// ChangePassword sets a new password after proving the old one, ends all of the person's sessions, and goes on under a
// new token. Unauthenticated party.wrong when the old one is not right.
func (s *Service) ChangePassword(ctx context.Context, token, old, next string) (fresh string, who access.Principal, err error) {
	ctx = access.AsServer(ctx)
	c, second, err := s.ownPassword(ctx, token, old)
	defer func() { s.tell(ctx, Event{What: EventPassword, Way: WayPassword, Person: c.Person}, err) }()
	if err != nil {
		return "", access.Principal{}, err
	}
	if next == old {
		return "", access.Principal{}, fault.New(fault.Invalid, "party.password_same").At("password")
	}
	if err := checkPassword(next, "", second); err != nil {
		return "", access.Principal{}, err
	}
	names, err := s.Names(ctx, []string{c.Person})
	if err != nil {
		return "", access.Principal{}, err
	}
	if err := checkCommon(next, names[c.Person]); err != nil {
		return "", access.Principal{}, err
	}
	secret, err := s.hasher.hash(ctx, askKnown, next)
	if err != nil {
		return "", access.Principal{}, err
	}
	return s.renew(ctx, token, func(ctx context.Context, t Tx, session *Session, _ time.Time) error {
		kept, err := stillProved(ctx, t, c)
		if err != nil {
			return err
		}
		kept.Secret, kept.MustChange = secret, false
		if err := t.SaveCredential(ctx, kept); err != nil {
			return err
		}
		return t.DeleteSessionsOf(ctx, session.Person)
	})
}

// stillProved is unreplaced for what ownPassword gave: a password that was replaced meanwhile is a wrong one.
func stillProved(ctx context.Context, t Tx, c Credential) (Credential, error) {
	kept, err := unreplaced(ctx, t, c)
	if errors.Is(err, errReplaced) {
		err = errWrong
	}
	return kept, err
}

// ownPassword gives the password credential of who holds the token once the password was proved, and whether a second
// factor stands beside it.
func (s *Service) ownPassword(ctx context.Context, token, password string) (c Credential, second bool, err error) {
	ctx = access.AsServer(ctx)
	if err := s.throttleCode(ctx, token); err != nil {
		return c, false, err
	}
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		own, err := credential(ctx, t, session.Person, KindPassword)
		if err != nil || own == nil {
			return taken(err, "party.no_account", "login")
		}
		c = *own
		totp, err := credential(ctx, t, session.Person, KindTOTP)
		second = totp != nil && totp.State == Active
		return err
	})
	if err != nil {
		return c, second, err
	}
	ok, _, err := s.hasher.verify(ctx, askKnown, password, c.Secret)
	if err == nil && !ok {
		err = errWrong
	}
	return c, second, err
}

// EnrolTOTP draws a second factor after proving the password, and by who has one already, showing that lately: a password
// that somebody else has makes no factor. It counts once ConfirmTOTP has seen a code of it; until then an earlier one stays as
// it is. Unauthenticated sign_in.step_up.
func (s *Service) EnrolTOTP(ctx context.Context, token, password string) (Enrolment, error) {
	ctx = access.AsServer(ctx)
	c, _, err := s.ownPassword(ctx, token, password)
	if err != nil {
		return Enrolment{}, err
	}
	seed, err := newSeed()
	if err != nil {
		return Enrolment{}, err
	}
	var name string
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		who, err := s.proved(ctx, t, session, s.now())
		if err != nil {
			return err
		}
		if _, err := stillProved(ctx, t, c); err != nil {
			return err
		}
		name = who.Name
		secret, err := seal(ctx, t.Keys(), c.Person, fieldTOTP, base64.StdEncoding.EncodeToString(seed))
		if err != nil {
			return err
		}
		return t.SaveCredential(ctx, Credential{ID: pendingID(c.Person), Person: c.Person, Kind: kindPending, Secret: secret,
			State: Pending, Created: s.now().UnixMicro()})
	})
	return enrolment(seed, name), err
}

// kindPending is a second factor that was drawn and not yet confirmed; a person has one of each at most.
const kindPending = "totp.pending"

func pendingID(person string) string { return "totp.pending:" + person }
func totpID(person string) string    { return "totp:" + person }

// ConfirmTOTP makes the drawn second factor count, ends the person's other sessions, and goes on stepped up under a new
// token. Unauthenticated party.code_wrong, sign_in.step_up as EnrolTOTP; refused party.no_enrolment.
func (s *Service) ConfirmTOTP(ctx context.Context, token, code string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	if err := s.throttleCode(ctx, token); err != nil {
		return "", access.Principal{}, err
	}
	return s.renew(ctx, token, func(ctx context.Context, t Tx, session *Session, now time.Time) error {
		if _, err := s.proved(ctx, t, *session, now); err != nil {
			return err
		}
		c, err := credential(ctx, t, session.Person, kindPending)
		if err != nil {
			return err
		}
		if c == nil || c.State != Pending {
			return fault.New(fault.Refused, "party.no_enrolment")
		}
		seed, err := openSeed(ctx, t.Keys(), *c)
		if err != nil {
			return err
		}
		step, ok := totpStep(seed, typedCode(code), now.Unix(), 0)
		if !ok {
			return errCode
		}
		session.SteppedUp = now.UnixMicro()
		if err := confirm(ctx, t, *c, step, now); err != nil {
			return err
		}
		if err := t.DeleteSessionsOf(ctx, session.Person); err != nil {
			return err
		}
		return s.recordOwn(ctx, t, *session, entryFactorSet)
	})
}

func confirm(ctx context.Context, t Tx, drawn Credential, step int64, now time.Time) error {
	used := drawn
	drawn.State, drawn.Secret = Disabled, ""
	if err := t.SaveCredential(ctx, drawn); err != nil {
		return err
	}
	used.ID, used.Kind, used.State, used.Counter, used.Used = totpID(used.Person), KindTOTP, Active, step, now.UnixMicro()
	return t.SaveCredential(ctx, used)
}

func openSeed(ctx context.Context, keys journal.Keys, c Credential) ([]byte, error) {
	coded, err := unseal(ctx, keys, c.Person, fieldTOTP, c.Secret)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "party.sealed")
	}
	return seed, nil
}

// NewCodes gives ten printed one-time codes after proving the password, and a second factor where there is one, as EnrolTOTP
// does; earlier ones no longer serve, and the person's other sessions are over. From then on the person needs a second factor
// to sign in. It is journalled.
func (s *Service) NewCodes(ctx context.Context, token, password string) ([]string, error) {
	ctx = access.AsServer(ctx)
	c, _, err := s.ownPassword(ctx, token, password)
	if err != nil {
		return nil, err
	}
	printed, rows, err := s.drawCodes(ctx, c.Person, c.Person)
	if err != nil {
		return nil, err
	}
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		own, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		if _, err := s.proved(ctx, t, own, s.now()); err != nil {
			return err
		}
		if _, err := stillProved(ctx, t, c); err != nil {
			return err
		}
		if err := t.ReplaceCodes(ctx, c.Person, rows); err != nil {
			return err
		}
		if err := s.endOthers(ctx, t, own, ""); err != nil {
			return err
		}
		return s.recordOwn(ctx, t, own, entryCodes)
	})
	if err != nil { // codes that were not kept are none
		return nil, err
	}
	return printed, nil
}

// drawCodes draws a sheet of one-time codes: as printed, and as stored.
func (s *Service) drawCodes(ctx context.Context, person, by string) ([]string, []Code, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "journal.random")
	}
	printed, rows := make([]string, codeCount), make([]Code, codeCount)
	for i := range printed {
		var err error
		if printed[i], err = newCode(); err != nil {
			return nil, nil, err
		}
		rows[i] = Code{Person: person, ID: newID(), IssuedBy: by, Created: s.now().UnixMicro()}
		if rows[i].Secret, err = s.hasher.salted(ctx, s.codeHash(person, typedCode(printed[i])), s.cfg.Cost, salt); err != nil {
			return nil, nil, err
		}
	}
	return printed, rows, nil
}

// shown is a second factor as somebody typed it, and the hash under which a printed one is kept.
type shown struct{ code, secret string }

// shows reads what somebody typed. The slow hash of a printed code is made here, once for the whole sheet and outside of any
// transaction, which others wait for.
func (s *Service) shows(ctx context.Context, person, typed string) (x shown, err error) {
	if x.code = typedCode(typed); len(x.code) != codeSize {
		return x, nil
	}
	x.secret = s.codeHash(person, x.code)
	kept := ""
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		kept, err = t.CodeOf(ctx, person)
		return err
	})
	if err != nil || !strings.HasPrefix(kept, phcBegins) { // no sheet, or one of an older program
		return x, err
	}
	cost, salt, _, err := parsePHC(kept)
	if err != nil {
		return x, err
	}
	x.secret, err = s.hasher.salted(ctx, x.secret, cost, salt)
	return x, err
}

// showsIn is shows of who holds a token.
func (s *Service) showsIn(ctx context.Context, token, typed string) (x shown, err error) {
	var session Session
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err = s.living(ctx, t, token, s.now())
		return err
	})
	if err != nil {
		return x, err
	}
	return s.shows(ctx, session.Person, typed)
}

// Factors tells how the holder of a token signs in beside the password: by an authenticator, and how many printed codes
// they still have.
func (s *Service) Factors(ctx context.Context, token string) (totp bool, codes int64, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		c, err := credential(ctx, t, session.Person, KindTOTP)
		if err != nil {
			return err
		}
		totp = c != nil && c.State == Active
		_, codes, err = t.CountCodes(ctx, session.Person)
		return err
	})
	return totp, codes, err
}

// CodesLeft tells how many printed codes the holder of a token still has.
func (s *Service) CodesLeft(ctx context.Context, token string) (left int64, err error) {
	ctx = access.AsServer(ctx)
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		session, err := s.living(ctx, t, token, s.now())
		if err != nil {
			return err
		}
		_, left, err = t.CountCodes(ctx, session.Person)
		return err
	})
	return left, err
}
