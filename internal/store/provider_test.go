package store

import (
	"context"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
)

// said is what a provider says of somebody, on a trip of its own.
func said(issuer, subject, state string) party.Proof {
	return party.Proof{Provider: "org", Issuer: issuer, Subject: subject, State: state}
}

// An account is bound to one person at one provider, by issuer and subject together, by its own person; it opens that account
// and no other, once for each trip, while its post lasts, and gives nobody an account.
func TestAnAccountIsBoundToOnePersonAtAProvider(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		enters := func(x party.Proof, code string) (access.Principal, error) {
			_, who, err := p.SignInByProvider(t.Context(), x, code)
			return who, err
		}
		token := p.in(t, "")
		_, err := enters(said("https://a", "m", "s0"), "")
		wantFault(t, err, "sign_in.provider_unknown")
		if err := p.LinkProvider(t.Context(), token, said("https://a", "m", "s1")); err != nil {
			t.Fatal(err)
		}
		wantFault(t, p.LinkProvider(t.Context(), token, said("https://a", "m", "s2")), "sign_in.provider_taken")
		wantFault(t, p.LinkProvider(t.Context(), token, said("https://a", "n", "s1")), "sign_in.provider_unknown") // the trip is over
		if who, err := enters(said("https://a", "m", "s3"), ""); err != nil || who.Person != "maryam" || who.SteppedUp {
			t.Fatalf("%+v, %v", who, err)
		}
		for what, x := range map[string]party.Proof{"another issuer": said("https://b", "m", "s4"), "another subject": said("https://a", "M", "s5"), "a trip that is over": said("https://a", "m", "s3")} {
			if _, err = enters(x, ""); err == nil {
				t.Errorf("%s opens the account", what)
			}
		}
		elsewhere := said("https://a", "m", "s6")
		elsewhere.Body = "another body"
		_, err = enters(elsewhere, "")
		wantFault(t, err, "sign_in.provider_staff")

		_, code := p.enrol(t, token)
		_, err = enters(said("https://a", "m", "s7"), "")
		wantFault(t, err, "party.code_needed")
		_, err = enters(said("https://a", "m", "s7"), "000000")
		wantFault(t, err, "party.code_wrong")
		if who, err := enters(said("https://a", "m", "s7"), code()); err != nil || !who.SteppedUp {
			t.Errorf("%+v, %v", who, err)
		}
		for i := 0; i < 12; i++ {
			_, err = enters(said("https://a", "m", "s8"), "000000")
		}
		wantFault(t, err, "fault.too_many")
		strong := said("https://a", "m", "s9")
		strong.Shown = p.c.Now().UnixMicro()
		if who, err := enters(strong, ""); err != nil || !who.SteppedUp {
			t.Errorf("two factors at the provider: %+v, %v", who, err)
		}
		if got := strings.Join(kindsOf(t, s, "maryam"), " "); got != "people.provider_linked people.factor_set" {
			t.Errorf("journalled: %s", got)
		}
		if _, err := p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "admin", Province: province}, "maryam", true); err != nil {
			t.Fatal(err)
		}
		_, err = enters(said("https://a", "m", "s10"), "")
		wantFault(t, err, "sign_in.provider_unknown")
	})
}

// A forgotten password takes no second factor away: who gets a new one by the administrator still shows it, and where it is
// lost too, one of the codes that are printed in its place.
func aNewPasswordKeepsTheSecondFactor(t testing.TB, p people, reissue func(lost bool) (party.Printed, error)) {
	t.Helper()
	for _, lost := range []bool{false, true} {
		paper, err := reissue(lost)
		if err != nil {
			t.Fatal(err)
		}
		own := "four green kettles " + map[bool]string{false: "and a ladder", true: "and two spoons"}[lost]
		if _, _, err = p.SignInChanging(t.Context(), "dir.deputy", paper.Password, "", "10.0.0.1", own); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("lost %v: in by the printed password alone: %v", lost, err)
		}
		if (len(paper.Codes) > 0) != lost {
			t.Errorf("lost %v: %d codes are printed", lost, len(paper.Codes))
		}
		if !lost {
			continue
		}
		if _, _, err = p.SignInChanging(t.Context(), "dir.deputy", paper.Password, paper.Codes[0], "10.0.0.1", own); err != nil {
			t.Errorf("the printed code does not open: %v", err)
		}
	}
}

func TestAReissuedPasswordKeepsTheSecondFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		p.enrol(t, p.in(t, ""))
		aNewPasswordKeepsTheSecondFactor(t, p, func(lost bool) (party.Printed, error) {
			return p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "admin", Province: province}, "maryam", lost)
		})
	})
}

// The planted fault is a reissue that takes the second factor away whenever a password is forgotten.
func TestTheLawOfReissuingFindsAFactorThatIsTakenAway(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	p := officers(t, s)
	p.enrol(t, p.in(t, ""))
	control.Finds(t, "in by the printed password alone", func(tb testing.TB) {
		aNewPasswordKeepsTheSecondFactor(tb, p, func(bool) (party.Printed, error) {
			paper, err := p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "admin", Province: province}, "maryam", true)
			if err == nil {
				write(t, s, func(ctx context.Context, tx *Tx) error { return tx.ReplaceCodes(ctx, "maryam", nil) })
			}
			paper.Codes = nil
			return paper, err
		})
	})
}

// aReissueClosesTheProvider is the law of a reissue where the account is bound to somebody at a provider: their word opens it no
// more, the paper says so, and who showed two factors there alone gets codes in their place.
func aReissueClosesTheProvider(t testing.TB, p people, reissue func() (party.Printed, error)) {
	t.Helper()
	x := said("https://a", "m", "s1")
	x.Second = true
	if err := p.LinkProvider(t.Context(), p.in(t, ""), x); err != nil {
		t.Fatal(err)
	}
	x.State, x.Shown = "s2", p.c.Now().UnixMicro()
	if _, _, err := p.SignInByProvider(t.Context(), x, ""); err != nil {
		t.Fatal(err)
	}
	paper, err := reissue()
	if err != nil {
		t.Fatal(err)
	}
	x.State = "s3"
	if _, _, err := p.SignInByProvider(t.Context(), x, ""); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the provider opens the account after a reissue: %v", err)
	}
	if !paper.Unlinked || len(paper.Codes) != 10 {
		t.Errorf("the paper says %v, with %d codes", paper.Unlinked, len(paper.Codes))
	}
}

func TestAReissueClosesTheWayByAProvider(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		aReissueClosesTheProvider(t, p, func() (party.Printed, error) { return p.Reissue(t.Context(), root, "maryam", false) })
	})
}

// The planted fault is a reissue that sees no way by a provider, and so ends none.
func TestTheLawOfReissuingFindsAProviderThatStillOpens(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	p := officers(t, s)
	blind := serviceOver(t, s, func(tx party.Tx) party.Tx { return unlinked{tx} })
	control.Finds(t, "the provider opens the account", func(tb testing.TB) {
		aReissueClosesTheProvider(tb, p, func() (party.Printed, error) { return blind.Reissue(t.Context(), root, "maryam", false) })
	})
}

// unlinked is a transaction that shows no providers.
type unlinked struct{ party.Tx }

// CredentialsOf leaves them out.
func (u unlinked) CredentialsOf(ctx context.Context, person string) ([]party.Credential, error) {
	all, err := u.Tx.CredentialsOf(ctx, person)
	return slices.DeleteFunc(all, func(c party.Credential) bool { return c.Kind == party.KindProvider }), err
}
