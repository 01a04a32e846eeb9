package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
)

// bent is a transaction in which a test plants a fault.
type bent struct {
	party.Tx
	forgets, countless bool
}

// KeyRemembered forgets every address where that is planted.
func (b bent) KeyRemembered(ctx context.Context, key string, now int64) (bool, error) {
	if b.forgets {
		return false, nil
	}
	return b.Tx.KeyRemembered(ctx, key, now)
}

// Attempt does not count where that is planted.
func (b bent) Attempt(ctx context.Context, key string, now, window int64) (int64, int64, error) {
	if b.countless {
		return 1, now, nil
	}
	return b.Tx.Attempt(ctx, key, now, window)
}

// enrol gives maryam an authenticator, and goes on under a new token.
func (p people) enrol(t testing.TB, token string) (fresh string, code func() string) {
	t.Helper()
	drawn, err := p.EnrolTOTP(t.Context(), token, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	code = func() string { return codeOf(t, drawn.Secret, p.c.Now()) }
	fresh, _, err = p.ConfirmTOTP(t.Context(), token, code())
	if err != nil {
		t.Fatal(err)
	}
	p.c.Advance(time.Minute)
	return fresh, code
}

// strangersDoNotLockOut is the law of guessing: a crowd gets at most a hundred guesses at one login and ten from one
// address, and the person gets in all the same: from where they have been before, and by their authenticator from anywhere.
func strangersDoNotLockOut(t testing.TB, p people) {
	token := p.in(t, "")
	guess := func(address string) int {
		_, _, err := p.SignIn(t.Context(), "dir.deputy", "guess", "123456", address)
		if fault.Is(err, fault.Unauthenticated) {
			return 1
		}
		return 0
	}
	one := 0
	for range 30 {
		one += guess("10.9.9.9")
	}
	if one > 10 {
		t.Errorf("%d guesses from one address", one)
	}
	all := one
	for i := range 150 {
		all += guess(fmt.Sprintf("10.8.0.%d", i))
	}
	if all > 100 {
		t.Errorf("%d guesses in all", all)
	}
	sign := func(code, address string) error {
		_, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, code, address)
		return err
	}
	if err := sign("", "10.0.0.1"); err != nil {
		t.Errorf("locked out from where they have been: %v", err)
	}
	_, code := p.enrol(t, token)
	for _, wrong := range []string{"", "000000"} {
		if err := sign(wrong, "10.7.7.8"); !fault.Is(err, fault.TooMany) {
			t.Errorf("who knows the password and shows %q instead of the code is let on: %v", wrong, err)
		}
	}
	if err := sign(code(), "10.7.7.7"); err != nil {
		t.Errorf("locked out from a new address: %v", err)
	}
}

func TestACrowdOfStrangersDoesNotLockThePersonOut(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { strangersDoNotLockOut(t, officers(t, s)) })
}

func TestTheLawOfGuessingFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	for words, b := range map[string]bent{"locked out from where they have been": {forgets: true}, "guesses in all": {countless: true}} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			s := open(t, config(t))
			p := officers(t, s)
			p.Service = serviceOver(t, s, func(tx party.Tx) party.Tx { b.Tx = tx; return b }).Service
			control.Finds(t, words, func(tb testing.TB) { strangersDoNotLockOut(tb, p) })
		})
	}
}

// The seed and the passkey lie sealed, and no journal entry tells them.
func TestSecondFactorsLieSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		token, _ := p.enrol(t, p.in(t, ""))
		if err := p.AddPasskey(t.Context(), token, "c1", party.Passkey{Name: "my phone", Key: []byte("key-of-the-device"), Record: []byte(`{"public":"QUJD"}`)}); err != nil {
			t.Fatal(err)
		}
		n := 0
		read(t, s, func(ctx context.Context, tx *Tx) error {
			return tx.each(ctx, "SELECT login_key || secret FROM credential WHERE kind <> 'password' AND state = 'active'", nil, func(scan func(...any) error) error {
				var text string
				err := scan(&text)
				n++
				if !strings.Contains(text, `"key"`) && !strings.Contains(text, "person:") || strings.Contains(text, "phone") || strings.Contains(text, "device") || strings.Contains(text, "QUJD") {
					t.Errorf("not sealed: %s", text)
				}
				return err
			})
		})
		if n != 2 {
			t.Errorf("%d factors were looked at, want 2", n)
		}
	})
}

func TestFactorsAreTakenAwayByTheirPersonWithACode(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		token, code := p.enrol(t, p.in(t, ""))
		if _, err := p.NewCodes(t.Context(), token, testPassword); err != nil {
			t.Fatal(err)
		}
		other := func() string {
			p.c.Advance(time.Minute)
			return p.in(t, code())
		}()
		p.c.Advance(time.Minute)
		_, _, err := p.RemoveFactors(t.Context(), token, testPassword, "000000")
		wantFault(t, err, "party.code_wrong")
		_, _, err = p.RemoveFactors(t.Context(), token, "not the password", code())
		wantFault(t, err, "party.wrong")
		must := serviceOver(t, s, func(tx party.Tx) party.Tx { return tx }, "dir.deputy")
		_, _, err = must.RemoveFactors(t.Context(), token, testPassword, code())
		wantFault(t, err, "party.second_kept")
		fresh, who, err := p.RemoveFactors(t.Context(), token, testPassword, code())
		if err != nil || who.Second || who.SteppedUp {
			t.Fatalf("%+v, %v", who, err)
		}
		for _, old := range []string{token, other} {
			_, err = p.Resolve(t.Context(), old)
			wantFault(t, err, "party.session_over")
		}
		if who, err = p.Resolve(t.Context(), fresh); err != nil || who.Second {
			t.Errorf("%+v, %v", who, err)
		}
		p.in(t, "")
		if got := strings.Join(kindsOf(t, s, "maryam"), " "); got != "people.factor_set people.codes_printed people.factors_removed" {
			t.Errorf("journalled: %s", got)
		}
	})
}

func TestAFactorCountsForAWhileAndSomeRolesMustHaveOne(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		plain := p.in(t, "")
		proved := func(svc people, token string) error {
			t.Helper()
			who, err := svc.Resolve(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			return who.Proved()
		}
		if err := proved(p, plain); err != nil {
			t.Errorf("nobody asked for a second factor: %v", err)
		}
		must := serviceOver(t, s, func(tx party.Tx) party.Tx { return tx }, "dir.deputy")
		wantFault(t, proved(must, plain), "sign_in.second_needed")
		token, code := p.enrol(t, plain)
		must.Forget()
		if err := errorsOf(proved(p, token), proved(must, token)); err != nil {
			t.Error(err)
		}
		p.c.Advance(15 * time.Minute)
		wantFault(t, proved(p, token), "sign_in.step_up")
		token, _, err := p.StepUp(t.Context(), token, code())
		if err = errorsOf(err, proved(p, token)); err != nil {
			t.Error(err)
		}
		if _, err := party.New(party.Config{Write: func(context.Context, func(context.Context, party.Tx) error) error { return nil },
			Read: func(context.Context, func(context.Context, party.Tx) error) error { return nil }, Root: s.cfg.Root, Clock: p.c, MustSecond: []string{"dir.king"}}); err == nil {
			t.Error("a role that does not exist was taken")
		}
	})
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		a := p.in(t, "")
		p.c.Advance(time.Minute)
		b := p.in(t, "")
		p.c.Advance(time.Minute)
		here := p.in(t, "")
		list := func(token string) []party.OpenSession {
			t.Helper()
			all, err := p.Sessions(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		all := list(here)
		if len(all) != 3 || !all[0].Here || all[1].Here || all[0].Membership != "m1" {
			t.Fatalf("%+v", all)
		}
		if err := p.EndSessions(t.Context(), here, all[2].ID); err != nil { // the oldest
			t.Fatal(err)
		}
		_, err := p.Resolve(t.Context(), a)
		wantFault(t, err, "party.session_over")
		if err := p.EndSessions(t.Context(), here, "somebody else's"); err != nil || len(list(b)) != 2 {
			t.Errorf("%v, %d sessions", err, len(list(b)))
		}
		if err := p.EndSessions(t.Context(), here, ""); err != nil || len(list(here)) != 1 {
			t.Errorf("%v, %d sessions", err, len(list(here)))
		}
		_, err = p.Resolve(t.Context(), b)
		wantFault(t, err, "party.session_over")
	})
}

func TestAPasskeySignsInOnceForEachChallenge(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		key := party.Passkey{Name: "phone", Key: []byte{1, 2, 3}, Record: []byte(`{"n":1}`)}
		token := p.in(t, "")
		wantFault(t, p.AddPasskey(t.Context(), token, "c0", key), "sign_in.passkey_spare")
		token, code := p.enrol(t, token)
		p.c.Advance(15 * time.Minute)
		wantFault(t, p.AddPasskey(t.Context(), token, "c0", key), "sign_in.step_up")
		token, _, err := p.StepUp(t.Context(), token, code())
		if err = errorsOf(err, p.AddPasskey(t.Context(), token, "c0", key)); err != nil {
			t.Fatal(err)
		}
		wantFault(t, p.AddPasskey(t.Context(), token, "c0", key), "sign_in.passkey_wrong") // the challenge is used up
		wantFault(t, p.AddPasskey(t.Context(), token, "c1", key), "sign_in.passkey_known")
		got, err := p.PasskeyOf(t.Context(), key.Key)
		if err != nil || got.Person != "maryam" || string(got.Record) != `{"n":1}` || got.Name != "phone" {
			t.Fatalf("%+v, %v", got, err)
		}
		_, err = p.PasskeyOf(t.Context(), []byte{9})
		wantFault(t, err, "sign_in.passkey_wrong")
		got.Record = []byte(`{"n":2}`)
		_, who, err := p.SignInByPasskey(t.Context(), "c2", got)
		if err != nil || !who.SteppedUp || who.Role != "dir.deputy" {
			t.Fatalf("%+v, %v", who, err)
		}
		_, _, err = p.SignInByPasskey(t.Context(), "c2", got)
		wantFault(t, err, "sign_in.passkey_wrong")
		_, _, err = p.SignInByPasskey(t.Context(), "c2b", got) // verified against a counter that has moved since
		wantFault(t, err, "sign_in.passkey_wrong")
		if got, err = p.PasskeyOf(t.Context(), key.Key); err != nil {
			t.Fatal(err)
		}
		p.c.Advance(16 * time.Minute)
		if token, who, err = p.StepUpByPasskey(t.Context(), token, "c3", got); err != nil || !who.SteppedUp {
			t.Errorf("%+v, %v", who, err)
		}
		mine, err := p.Passkeys(t.Context(), token)
		if err != nil || len(mine) != 1 || string(mine[0].Record) != `{"n":2}` {
			t.Fatalf("%+v, %v", mine, err)
		}
		if err := p.RemovePasskey(t.Context(), token, mine[0].ID); err != nil {
			t.Error(err)
		}
		wantFault(t, p.RemovePasskey(t.Context(), token, mine[0].ID), "sign_in.passkey_gone")
		_, _, err = p.SignInByPasskey(t.Context(), "c4", got)
		wantFault(t, err, "sign_in.passkey_wrong")
		if _, err := p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "admin", Province: province}, "maryam", true); err != nil {
			t.Error(err)
		}
	})
}

// aPasswordMakesNoFactor is the law of who has a second factor: the password alone, in a session where the factor was shown long
// ago, sets up no other one and prints no codes; neither does a secret that was drawn in time and is confirmed later.
func aPasswordMakesNoFactor(t testing.TB, p people) {
	t.Helper()
	token, code := p.enrol(t, p.in(t, ""))
	drawn, err := p.EnrolTOTP(t.Context(), token, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	p.c.Advance(16 * time.Minute)
	_, drew := p.EnrolTOTP(t.Context(), token, testPassword)
	codes, printed := p.NewCodes(t.Context(), token, testPassword)
	_, _, confirmed := p.ConfirmTOTP(t.Context(), token, codeOf(t, drawn.Secret, p.c.Now()))
	for what, err := range map[string]error{"a secret": drew, "codes": printed, "an authenticator": confirmed} {
		if f, ok := fault.As(err); !ok || f.Key != "sign_in.step_up" {
			t.Errorf("the password alone gives %s beside a factor: %v", what, err)
		}
	}
	if codes != nil {
		t.Error("codes are given that do not count")
	}
	token, _, err = p.StepUp(t.Context(), token, code())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.NewCodes(t.Context(), token, testPassword); err != nil {
		t.Errorf("codes, with the factor: %v", err)
	}
}

func TestAPasswordAloneMakesNoFactorBesideOne(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		aPasswordMakesNoFactor(t, officers(t, s))
		if got := strings.Join(kindsOf(t, s, "maryam"), " "); got != "people.factor_set people.codes_printed" {
			t.Errorf("journalled: %s", got)
		}
	})
}

// forgetful is a transaction that does not know of anybody's second factor, which is the planted fault.
type forgetful struct{ party.Tx }

// HasSecond is told of nobody.
func (forgetful) HasSecond(context.Context, string) (bool, error) { return false, nil }

func TestTheLawOfFactorsFindsAPasswordThatMakesOne(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	p := officers(t, s)
	p.Service = serviceOver(t, s, func(tx party.Tx) party.Tx { return forgetful{tx} }).Service
	control.Finds(t, "the password alone gives codes", func(tb testing.TB) { aPasswordMakesNoFactor(tb, p) })
}
