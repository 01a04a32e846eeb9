package store

import (
	"context"
	"testing"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/party"
)

func newcomer(code string) party.Registration {
	return party.Registration{Name: "مینا نوآمده", NationalCode: code, Mobile: "۰۹۱۲۱۲۳۴۵۶۸", Password: testPassword}
}

// kindsOf lists the kinds of entries in a person's chain.
func kindsOf(t *testing.T, s *Store, person string) (out []string) {
	t.Helper()
	err := s.Read(t.Context(), func(ctx context.Context, tx *Tx) error {
		all, err := tx.CaseEntries(ctx, province, "person:"+person)
		for _, e := range all {
			out = append(out, e.Leaf.Kind)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A person registers and signs in with the national code. The same code again, also of who was entered by an office, gets
// the same answer, not sooner, and changes nothing: the first password still opens and the second does not.
func TestAKnownNationalCodeIsAnsweredAsANewOne(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		for _, code := range []string{"۹۷۰۵۴۳۰۷۱۳", "9705430713", "0012345679"} {
			r := newcomer(code)
			if code == "9705430713" {
				r.Password = "another password entirely"
			}
			began := time.Now()
			if err := p.Register(t.Context(), r, "10.0.0.1"); err != nil {
				t.Fatalf("%s: %v", code, err)
			}
			if took := time.Since(began); took < 390*time.Millisecond {
				t.Errorf("%s was answered in %v: the time tells", code, took)
			}
		}
		_, who, err := p.SignIn(t.Context(), "9705430713", testPassword, "", "10.0.0.1")
		if err != nil || who.Role != "public" {
			t.Fatalf("signing in: %v, in role %q", err, who.Role)
		}
		if got := kindsOf(t, s, who.Person); len(got) != 2 || got[0] != "people.registered" || got[1] != "people.registered_again" {
			t.Errorf("the journal holds %v", got)
		}
		if _, _, err := p.SignIn(t.Context(), "9705430713", "another password entirely", "", "10.0.0.1"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a second registration changed the password: %v", err)
		}
		if _, _, err := p.SignIn(t.Context(), "0012345679", testPassword, "", "10.0.0.1"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an officer's code opened a second account: %v", err)
		}
	})
}

func TestRegistrationSaysWhatToMendAndIsLimited(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := service(t, s)
		for field, change := range map[string]func(*party.Registration){
			"name":          func(r *party.Registration) { r.Name = "" },
			"national_code": func(r *party.Registration) { r.NationalCode = "9705430712" },
			"mobile":        func(r *party.Registration) { r.Mobile = "021" },
			"password":      func(r *party.Registration) { r.Password = "short" },
		} {
			r := newcomer("9705430713")
			change(&r)
			err := p.Register(t.Context(), r, "10.0.0.2")
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != field {
				t.Errorf("a wrong %s: %v", field, err)
			}
		}
		var last error
		for range 6 {
			last = p.Register(t.Context(), newcomer("9705430713"), "10.0.0.2")
		}
		if !fault.Is(last, fault.TooMany) {
			t.Errorf("the sixth attempt at one code: %v", last)
		}
	})
}
