package store

import (
	"context"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

// flight is a service in which something is done once, between the reading of an account and the transaction that counts on it,
// as while its password is compared. was, where it is set, is what that transaction reads of the account: the planted fault.
type flight struct {
	*party.Service
	do    func()
	plant bool
	was   []party.Credential
}

// noticed is a transaction that tells when it reads an account, or reads it as it was.
type noticed struct {
	party.Tx
	read func()
	was  []party.Credential
}

// CredentialByLogin tells that an account was read.
func (n noticed) CredentialByLogin(ctx context.Context, key string) (party.Credential, error) {
	n.read()
	return n.Tx.CredentialByLogin(ctx, key)
}

// CredentialsOf tells so too, or gives the account of before.
func (n noticed) CredentialsOf(ctx context.Context, person string) ([]party.Credential, error) {
	n.read()
	if n.was != nil {
		return n.was, nil
	}
	return n.Tx.CredentialsOf(ctx, person)
}

func inFlight(t *testing.T, s *Store) *flight {
	t.Helper()
	f := &flight{}
	svc, err := party.New(party.Config{
		Write: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			return s.Write(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, noticed{t, func() {}, f.was}) })
		},
		Read: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			read := false
			err := s.Read(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, noticed{t, func() { read = true }, nil}) })
			if do := f.do; read && do != nil {
				f.do = nil
				if f.plant {
					if err := s.Read(ctx, func(ctx context.Context, t *Tx) (err error) { f.was, err = t.CredentialsOf(ctx, "maryam"); return err }); err != nil {
						return err
					}
				}
				do()
			}
			return err
		},
		Root: s.cfg.Root, Clock: s.cfg.Clock, Province: province, Cost: party.Cost{Memory: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Service = svc
	return f
}

const otherPassword = "another long password 1405"

// whatWasWrittenStays is the law of a password that is replaced while somebody comes with the one of before: they do not come in,
// and the one that was written meanwhile stays.
func whatWasWrittenStays(t testing.TB, p people, f *flight) {
	t.Helper()
	var printed string
	reissue := func() {
		paper, err := p.Reissue(t.Context(), root, "maryam", false)
		if err != nil {
			t.Fatal(err)
		}
		printed = paper.Password
	}
	sign := func(password string) error {
		_, _, err := p.SignIn(t.Context(), "dir.deputy", password, "", "10.0.0.1")
		return err
	}
	token := p.in(t, "")
	ways := map[string]func() error{
		"signing in": func() error {
			_, _, err := f.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1")
			return err
		},
		"signing in with a new password": func() error {
			_, _, err := f.SignInChanging(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1", otherPassword)
			return err
		},
		"changing the password": func() error {
			_, _, err := f.ChangePassword(t.Context(), token, testPassword, otherPassword)
			return err
		},
	}
	for _, what := range []string{"signing in", "signing in with a new password", "changing the password"} {
		f.do = reissue
		if err := ways[what](); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s, while the password is reissued: %v", what, err)
		}
		for _, old := range []string{testPassword, otherPassword} {
			if err := sign(old); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("the old password opens again after %s: %v", what, err)
			}
		}
		wantFault(t, sign(printed), "party.must_change")
		fresh, _, err := p.SignInChanging(t.Context(), "dir.deputy", printed, "", "10.0.0.1", "a password in between 1405")
		if err == nil {
			token, _, err = p.ChangePassword(t.Context(), fresh, "a password in between 1405", testPassword)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.c.Advance(15 * 60e9) // guesses are forgotten
	}
}

func TestWhatIsReissuedInFlightStays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { whatWasWrittenStays(t, officers(t, s), inFlight(t, s)) })
}

func TestTheLawOfReissuingInFlightFindsAnAccountReadAsItWas(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	p, f := officers(t, s), inFlight(t, s)
	f.plant = true
	control.Finds(t, "the old password opens again", func(tb testing.TB) { whatWasWrittenStays(tb, p, f) })
}

// A change by its own person, an erasure and a raised cost come in between too: the first two are another's password, the third is
// the same one, and its hash at the new cost stays.
func TestWhatElseComesInFlight(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p, f := officers(t, s), inFlight(t, s)
		sign := func() error {
			_, _, err := f.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1")
			return err
		}
		costly := costlier(t, s)
		f.do = func() {
			if _, _, err := costly.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1"); err != nil {
				t.Error(err)
			}
		}
		if err := sign(); err != nil {
			t.Errorf("the same password, hashed anew meanwhile: %v", err)
		}
		token, err := p.in(t, ""), error(nil)
		f.do = func() {
			if token, _, err = p.ChangePassword(t.Context(), token, testPassword, otherPassword); err != nil {
				t.Error(err)
			}
		}
		wantFault(t, sign(), "party.wrong")
		if _, err := p.Resolve(t.Context(), token); err != nil {
			t.Errorf("who changed it is signed out: %v", err)
		}
		if token, _, err = p.ChangePassword(t.Context(), token, otherPassword, testPassword); err != nil {
			t.Fatal(err)
		}
		f.do = func() {
			if err := p.Erase(t.Context(), "maryam"); err != nil {
				t.Error(err)
			}
		}
		wantFault(t, sign(), "party.wrong")
	})
}

// costlier is a service that keeps passwords at a higher cost.
func costlier(t *testing.T, s *Store) *party.Service {
	t.Helper()
	costly, err := party.New(party.Config{
		Write: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			return s.Write(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, t) })
		},
		Read: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			return s.Read(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, t) })
		},
		Root: s.cfg.Root, Clock: s.cfg.Clock, Province: province, Cost: party.Cost{Memory: 128, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return costly
}

// Two who come at once with the right password, at a cost that was raised, both come in.
func TestTwoSignInAtOnceAtARaisedCost(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		officers(t, s)
		p := costlier(t, s)
		errs := make(chan error, 4)
		for range cap(errs) {
			go func() {
				_, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1")
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
