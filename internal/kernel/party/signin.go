package party

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
)

// Limits of guessing (OWASP ASVS 5, 6.3.1): in one window, at one login from one address, and at one login from all
// addresses together. So that a crowd of strangers does not lock the person out, an address from which the person has
// signed in before is counted by itself alone, and the code that an authenticator shows now opens from any other: whoever
// guesses does not have it. A passkey is not guessed at, and is not counted.
const (
	guessWindow  = 15 * time.Minute
	guessAddress = 10
	guessLogin   = 100
	knownFor     = 90 * 24 * time.Hour
)

// The kinds of keyed hashes under which logins, codes and guesses are kept.
const (
	loginKind   = "login"
	codeKind    = "code"
	guessKind   = "guess"
	knownKind   = "known"
	sessionKind = "session"
)

// maxLogin bounds what is hashed and counted.
const maxLogin = 200

// typedLogin brings a login to its canonical form.
func typedLogin(s string) string {
	s = strings.ToLower(strings.TrimSpace(text.Digits(text.Display(s))))
	if len(s) > maxLogin {
		return ""
	}
	return s
}

// attempt is one try to sign in: what was typed, and the keys it is counted under.
type attempt struct {
	password, code     string
	login, from, known string
	asks               asker  // by where it comes from
	fresh              string // the hash to keep of the password, "" for the one there is
	changing           bool   // other sessions end with the old password
}

func (s *Service) attempt(login, password, code, address string) attempt {
	name := typedLogin(login)
	return attempt{
		password: password, code: code, login: s.cfg.Root.SearchHash(loginKind, name),
		from:  s.cfg.Root.SearchHash(guessKind, name+"\x1f"+address),
		known: s.cfg.Root.SearchHash(knownKind, name+"\x1f"+address),
	}
}

var (
	errWrong = fault.New(fault.Unauthenticated, "party.wrong")
	errCode  = fault.New(fault.Unauthenticated, "party.code_wrong").At("code")
)

// SignIn opens a session, in the membership the person has held for longest. code is a time-based or a printed one-time
// code, and counts only where the person has a second factor; address is where the request comes from, the network of an
// IPv6 address.
//
// Faults: unauthenticated party.wrong for an unknown login and for a wrong password, in the same time;
// party.code_needed and party.code_wrong only after the right password; refused party.must_change (see SignInChanging);
// too_many fault.too_many with the seconds to wait; unavailable party.busy where too many sign in at once.
func (s *Service) SignIn(ctx context.Context, login, password, code, address string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	return s.signIn(ctx, s.attempt(login, password, code, address), "")
}

// SignInChanging is SignIn with a new password, as an account asks for that was reissued at the counter.
func (s *Service) SignInChanging(ctx context.Context, login, password, code, address, next string) (string, access.Principal, error) {
	ctx = access.AsServer(ctx)
	if err := checkPassword(next, typedLogin(login), false); err != nil {
		return "", access.Principal{}, err
	}
	if err := checkCommon(next, login); err != nil {
		return "", access.Principal{}, err
	}
	if next == password {
		return "", access.Principal{}, fault.New(fault.Invalid, "party.password_same").At("password")
	}
	return s.signIn(ctx, s.attempt(login, password, code, address), next)
}

func (s *Service) signIn(ctx context.Context, a attempt, next string) (token string, who access.Principal, err error) {
	now, c := s.now(), Credential{}
	defer func() {
		s.tell(ctx, Event{What: EventSignIn, Way: WayPassword, Person: c.Person, Login: shortHash(a.login)}, err)
	}()
	if err := s.watch(ctx, now); err != nil {
		return "", access.Principal{}, err
	}
	if a.asks, err = s.count(ctx, a, now); err != nil {
		return "", access.Principal{}, err
	}
	// What was compared may be another by the time that it counts: another password, or the same one hashed anew by a sign-in
	// at the same time. It is compared once more then, and who comes with what was replaced meanwhile is wrong.
	for range compared {
		if c, err = s.account(ctx, a.login); err != nil {
			return "", access.Principal{}, err
		}
		if a.fresh, err = s.compare(ctx, a, c, next); err != nil {
			return "", access.Principal{}, err
		}
		a.changing = next != ""
		if token, who, err = s.admit(ctx, a, c, now); !errors.Is(err, errReplaced) {
			return token, who, err
		}
	}
	return "", access.Principal{}, errWrong
}

// compared is how often a password is compared that is replaced while it is.
const compared = 2

// errReplaced says that a credential is no longer the one that was compared. It is told to nobody.
var errReplaced = errors.New("a credential was replaced while it was compared")

// compare looks at the password of an account, and gives the hash to keep of it from now on, "" for the one there is.
func (s *Service) compare(ctx context.Context, a attempt, c Credential, next string) (fresh string, err error) {
	ok, stale, err := s.hasher.verify(ctx, a.asks, a.password, c.Secret)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", errWrong
	case c.MustChange && next == "":
		return "", fault.New(fault.Refused, "party.must_change").At("password")
	case next != "":
		return s.hasher.hash(ctx, askKnown, next)
	case stale:
		return s.hasher.hash(ctx, askKnown, a.password)
	}
	return "", nil
}

// unreplaced gives a password as it is stored now, where it is still the one that was compared outside of the transaction; its
// holder changes what they mean to change and nothing else.
func unreplaced(ctx context.Context, t Tx, was Credential) (Credential, error) {
	c, err := credential(ctx, t, was.Person, KindPassword)
	switch {
	case err != nil:
		return Credential{}, err
	case c == nil, c.ID != was.ID, c.LoginKey != was.LoginKey, c.Secret != was.Secret, c.MustChange != was.MustChange, c.State != was.State:
		return Credential{}, errReplaced
	}
	return *c, nil
}

// count takes one guess, before anything is compared, and says whether it comes from where the person has been before.
func (s *Service) count(ctx context.Context, a attempt, now time.Time) (asks asker, err error) {
	at := now.UnixMicro()
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		asks = askStranger
		if err := limit(ctx, t, a.from, guessAddress, at); err != nil {
			return err
		}
		known, err := t.KeyRemembered(ctx, a.known, at)
		if known {
			asks = askKnown
		}
		if err != nil || known {
			return err
		}
		err = limit(ctx, t, a.login, guessLogin, at)
		if fault.Is(err, fault.TooMany) && s.timely(ctx, t, a, now) {
			return nil
		}
		return err
	})
	return asks, err
}

// KnownAt gives a key of a login and a network from which it has signed in lately, "" where it has not.
func (s *Service) KnownAt(ctx context.Context, login, address string) (key string, err error) {
	a, known := s.attempt(login, "", "", address), false
	err = s.cfg.Read(access.AsServer(ctx), func(ctx context.Context, t Tx) error {
		known, err = t.KeyRemembered(ctx, a.known, s.now().UnixMicro())
		return err
	})
	if err != nil || !known {
		return "", err
	}
	return a.known, nil
}

// timely says whether the attempt brings the code that the account's authenticator shows now. It uses nothing up; without
// an authenticator, or one that cannot be read, the limit stands.
func (s *Service) timely(ctx context.Context, t Tx, a attempt, now time.Time) bool {
	account, err := t.CredentialByLogin(ctx, a.login)
	if err != nil || account.State != Active {
		return false
	}
	c, err := credential(ctx, t, account.Person, KindTOTP)
	if err != nil || c == nil || c.State != Active {
		return false
	}
	seed, err := openSeed(ctx, t.Keys(), *c)
	if err != nil {
		return false
	}
	_, ok := totpStep(seed, typedCode(a.code), now.Unix(), c.Counter)
	return ok
}

func limit(ctx context.Context, t Tx, key string, most, at int64) error {
	n, opened, err := t.Attempt(ctx, key, at, guessWindow.Microseconds())
	if err != nil || n <= most {
		return err
	}
	left := time.Duration(opened-at)*time.Microsecond + guessWindow
	return fault.New(fault.TooMany, "fault.too_many", "seconds", int(math.Ceil(left.Seconds())))
}

// account gives the credential of a login, or none: an account that does not exist or is not active has no secret.
func (s *Service) account(ctx context.Context, loginKey string) (c Credential, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		c, err = t.CredentialByLogin(ctx, loginKey)
		return err
	})
	if fault.Is(err, fault.NotFound) || err == nil && c.State != Active {
		return Credential{}, nil
	}
	return c, err
}

// admit checks the second factor and opens the session, in one transaction: a code serves once.
func (s *Service) admit(ctx context.Context, a attempt, c Credential, now time.Time) (string, access.Principal, error) {
	token, id, err := newToken()
	if err != nil {
		return "", access.Principal{}, err
	}
	factor, err := s.shows(ctx, c.Person, a.code)
	if err != nil {
		return "", access.Principal{}, err
	}
	var e *entry
	err = s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		session := Session{ID: id, Person: c.Person, Province: s.cfg.Province, Created: now.UnixMicro()}
		kept, err := unreplaced(ctx, t, c)
		if err != nil {
			return err
		}
		if err := s.factor(ctx, t, factor, &session, now); err != nil {
			return err
		}
		if err := s.place(ctx, t, &session, now); err != nil {
			return err
		}
		if kept.Used = session.Created; a.fresh != "" {
			kept.Secret = a.fresh
		}
		if a.changing {
			kept.MustChange = false
		}
		if err := t.SaveCredential(ctx, kept); err != nil {
			return err
		}
		if err := welcome(ctx, t, a, session.Person, now); err != nil {
			return err
		}
		if a.changing {
			t.OnCommit(s.cache.clear)
		}
		e, err = s.begin(ctx, t, session, now)
		return err
	})
	if errors.Is(err, errNoSession) { // the person was disabled or erased
		err = errWrong
	}
	if err != nil {
		return "", access.Principal{}, err
	}
	return token, e.at(now), nil
}

func (s *Service) factor(ctx context.Context, t Tx, x shown, session *Session, now time.Time) error {
	has, ok, err := s.second(ctx, t, session.Person, x, now)
	switch {
	case err != nil || !has:
		return err
	case ok:
		session.SteppedUp = now.UnixMicro()
		return nil
	case x.code == "":
		return fault.New(fault.Unauthenticated, "party.code_needed").At("code")
	}
	return errCode
}

// place chooses the membership that a session opens in.
func (s *Service) place(ctx context.Context, t Tx, session *Session, now time.Time) error {
	held, err := current(ctx, t, session.Person, now)
	if err != nil {
		return err
	}
	role := access.Public
	if len(held) > 0 {
		session.Membership, session.Province, role = held[0].ID, held[0].Province, held[0].Role
	}
	_, whole := Lifetime(role)
	session.Expires = session.Created + whole.Microseconds()
	return nil
}

// welcome forgets the guesses from this address, remembers the address, and ends what an old password had opened.
func welcome(ctx context.Context, t Tx, a attempt, person string, now time.Time) error {
	if a.changing {
		if err := t.DeleteSessionsOf(ctx, person); err != nil {
			return err
		}
	}
	if err := t.ForgetAttempts(ctx, a.from); err != nil {
		return err
	}
	return t.RememberKey(ctx, a.known, now.UnixMicro(), now.Add(knownFor).UnixMicro())
}

// second checks a second factor: has says that the person has one, ok that the code is good, which uses it up.
func (s *Service) second(ctx context.Context, t Tx, person string, x shown, now time.Time) (has, ok bool, err error) {
	given, _, err := t.CountCodes(ctx, person)
	if err != nil {
		return false, false, err
	}
	totp, err := credential(ctx, t, person, KindTOTP)
	if err != nil {
		return false, false, err
	}
	timed := totp != nil && totp.State == Active
	switch {
	case !timed && given == 0:
		return false, false, nil
	case timed && len(x.code) == totpDigits:
		ok, err = s.timed(ctx, t, *totp, x.code, now)
	case len(x.code) == codeSize:
		ok, err = t.UseCode(ctx, person, x.secret, now.UnixMicro())
	}
	return true, ok, err
}

// prove wants a good second factor of who has one. Refused party.no_second, unauthenticated party.code_wrong.
func (s *Service) prove(ctx context.Context, t Tx, person string, x shown, now time.Time) error {
	has, ok, err := s.second(ctx, t, person, x, now)
	switch {
	case err != nil:
		return err
	case !has:
		return fault.New(fault.Refused, "party.no_second").At("code")
	case !ok:
		return errCode
	}
	return nil
}

func credential(ctx context.Context, t Tx, person, kind string) (*Credential, error) {
	all, err := t.CredentialsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Kind == kind {
			return &all[i], nil
		}
	}
	return nil, nil
}

func (s *Service) timed(ctx context.Context, t Tx, c Credential, code string, now time.Time) (bool, error) {
	seed, err := openSeed(ctx, t.Keys(), c)
	if err != nil {
		return false, err
	}
	step, ok := totpStep(seed, code, now.Unix(), c.Counter)
	if !ok {
		return false, nil
	}
	return t.UseStep(ctx, c.ID, step, now.UnixMicro())
}

func (s *Service) codeHash(person, code string) string {
	return s.cfg.Root.SearchHash(codeKind, person+"\x1f"+code)
}
