package store

import (
	"context"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

var root = access.Principal{Person: "root", Role: "admin", Province: province}

func postOf(name, code, login string) party.Appointment {
	return party.Appointment{Person: party.Person{Name: name, NationalCode: code}, Login: login,
		Membership: party.Membership{Role: "dir.dg", Body: "dir", Document: "1405/20", From: "2026-03-21"}}
}

type appoints func(party.Appointment) (party.Printed, error)

// anOfficeInheritsNothing is the law of appointing whose code somebody registered beforehand: nothing that opened the account
// opens it any more, and the officer begins with what is printed, under the name of the appointment.
func anOfficeInheritsNothing(t testing.TB, p people, appoint appoints) {
	t.Helper()
	const code = "9705430713"
	if err := p.Register(t.Context(), newcomer(code), "10.6.6.6"); err != nil {
		t.Fatal(err)
	}
	sign := func(login, second string) error {
		_, who, err := p.SignIn(t.Context(), login, testPassword, second, "10.6.6.6")
		if err == nil && who.Role == "dir.dg" {
			t.Errorf("who registered %s beforehand holds the office", login)
		}
		return err
	}
	token, _, err := p.SignIn(t.Context(), code, testPassword, "", "10.6.6.6")
	if err != nil {
		t.Fatal(err)
	}
	codes, err := p.NewCodes(t.Context(), token, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err = p.StepUp(t.Context(), token, codes[0])
	key := party.Passkey{Name: "phone", Key: []byte{6}, Record: []byte(`{}`)}
	if err = errorsOf(err, p.AddPasskey(t.Context(), token, "c0", key)); err != nil {
		t.Fatal(err)
	}
	paper, err := appoint(postOf("رضا درستکار", code, "dg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{code, "dg"} {
		if err := sign(login, codes[1]); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the password of before still opens %s: %v", login, err)
		}
	}
	if _, err := p.Resolve(t.Context(), token); err == nil {
		t.Error("a session outlived the appointment")
	}
	key.Was = key.Record
	if _, _, err := p.SignInByPasskey(t.Context(), "c1", key); err == nil {
		t.Error("the passkey of before still opens")
	}
	_, _, err = p.SignIn(t.Context(), "dg", paper.Password, "", "10.0.0.1")
	wantFault(t, err, "party.must_change")
	_, who, err := p.SignInChanging(t.Context(), "dg", paper.Password, "", "10.0.0.1", "four green kettles 9")
	if err != nil || who.Role != "dir.dg" || who.Name != "رضا درستکار" || who.Second || !paper.Known {
		t.Errorf("the officer signs in as %+v, %v", who, err)
	}
	if clear, err := p.InClear(t.Context(), paper.Person); err != nil || clear.Mobile != "" || clear.NationalCode != code {
		t.Errorf("kept of them: %+v, %v", clear, err)
	}
}

func TestAnAccountRegisteredBeforehandInheritsNoOffice(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		anOfficeInheritsNothing(t, p, func(a party.Appointment) (party.Printed, error) { return p.Appoint(t.Context(), root, a) })
		id, err := p.FindPerson(t.Context(), "9705430713")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(kindsOf(t, s, id), " "); !strings.HasSuffix(got, " people.reissued_all people.appointed") {
			t.Errorf("journalled: %s", got)
		}
	})
}

// The planted fault is an appointment that gives the term to whoever registered the code.
func TestTheLawOfAppointingFindsAnInheritedAccount(t *testing.T) {
	t.Parallel()
	p := officers(t, open(t, config(t)))
	control.Finds(t, "holds the office", func(tb testing.TB) {
		anOfficeInheritsNothing(tb, p, func(a party.Appointment) (party.Printed, error) {
			id, err := p.FindPerson(t.Context(), a.Person.NationalCode)
			a.Membership.Person = id
			return party.Printed{Person: id}, errorsOf(err, p.Add(t.Context(), party.Roster{Memberships: []party.Membership{a.Membership}}))
		})
	})
}

// Who was looked at keeps the account under the same name, however it is written, and is refused under another; who only
// claims to speak for a unit was not looked at, nor is a post that is over enough.
func TestWhoWasLookedAtKeepsTheirAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		appoint := func(name, code, login string) (party.Printed, error) {
			return p.Appoint(t.Context(), root, postOf(name, code, login))
		}
		paper, err := appoint("مريم‌ كريمي", "0012345679", "")
		if err != nil || paper.Password != "" || paper.Person != "maryam" {
			t.Errorf("an officer of another post: %+v, %v", paper, err)
		}
		p.in(t, "")
		before := len(kindsOf(t, s, "maryam"))
		_, err = appoint("رضا درستکار", "0012345679", "")
		wantFault(t, err, "party.name_differs")
		if got := kindsOf(t, s, "maryam"); len(got) != before {
			t.Errorf("a refusal is journalled as %v", got)
		}

		const code, name = "9705430713", "مینا نوآمده"
		if err := p.Register(t.Context(), newcomer(code), "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
		id, err := p.FindPerson(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		claim := registry.Claim{Province: province, ID: "c1", Unit: "u2", Person: id, Post: registry.PostRep, State: registry.ClaimVerified}
		says := func(state, until string) {
			claim.State, claim.ValidTo = state, until
			write(t, s, func(ctx context.Context, tx *Tx) error { return tx.SaveClaim(ctx, claim) })
		}
		p.add(t, party.Roster{Memberships: []party.Membership{{ID: "c1", Person: id, Role: registry.PostRep, Unit: "u2", From: "2026-03-21"}}})
		says(registry.ClaimVerified, "")
		_, err = appoint("رضا درستکار", code, "")
		wantFault(t, err, "party.name_differs")
		if paper, err = appoint(name, code, ""); err != nil || paper.Password != "" {
			t.Errorf("a verified representative: %+v, %v", paper, err)
		}
		for _, m := range termsOf(t, p, id) {
			if m.Unit == "" {
				if err := p.EndTerm(t.Context(), root, m.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		for state, until := range map[string]string{registry.ClaimMade: "", registry.ClaimContested: "", registry.ClaimVerified: "2025-01-01"} {
			says(state, until)
			_, err = appoint("رضا درستکار", code, "")
			wantFault(t, err, "party.name_differs") // they served
			paper, err = appoint(name, code, "")
			if err != nil || paper.Password == "" || !paper.Known {
				t.Errorf("%s until %q, with no post: %+v, %v", state, until, paper, err)
			}
			for _, m := range termsOf(t, p, id) {
				if m.Unit == "" && m.Ended == 0 {
					_ = p.EndTerm(t.Context(), root, m.ID)
				}
			}
		}
		_, err = appoint(name, code, "dir.deputy")
		wantFault(t, err, "party.login_taken")
	})
}

// A post that is still to begin was given by somebody who looked; an account that never was needs a login.
func TestAPostToComeIsLookedAt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		later := postOf("رضا درستکار", "9705430713", "")
		later.Membership.From = "2030-01-01"
		p.add(t, party.Roster{Persons: []party.Person{{ID: "reza", Name: "reza", NationalCode: "9705430713"}}})
		_, err := p.Appoint(t.Context(), root, later)
		wantFault(t, err, "party.login_empty")
		later.Login = "reza"
		if paper, err := p.Appoint(t.Context(), root, later); err != nil || paper.Password == "" || paper.Person != "reza" {
			t.Errorf("who had no account: %+v, %v", paper, err)
		}
		if paper, err := p.Appoint(t.Context(), root, postOf("رضا درستکار", "9705430713", "")); err != nil || paper.Password != "" {
			t.Errorf("who serves from 2030 on: %+v, %v", paper, err)
		}
		_, err = p.Appoint(t.Context(), root, party.Appointment{Person: party.Person{ID: "ali"}, Membership: later.Membership})
		wantFault(t, err, "party.no_person") // never served, so there is no page to choose them on
	})
}

func termsOf(t *testing.T, p people, person string) []party.HeldMembership {
	t.Helper()
	h, err := p.HeldOn(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	return h.Terms
}
