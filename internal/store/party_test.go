package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
)

const testPassword = "چهار واژهٔ بی‌ربط کافی است"

// people is a service with one officer of two posts, and a clock to move.
type people struct {
	*party.Service
	s *Store
	c *clock.Manual
}

func service(t *testing.T, s *Store) people {
	t.Helper()
	return serviceOver(t, s, func(tx party.Tx) party.Tx { return tx })
}

// serviceOver is a service whose transactions a test may bend, in a province where some roles are to have a second factor.
func serviceOver(t *testing.T, s *Store, bend func(party.Tx) party.Tx, must ...string) people {
	t.Helper()
	return serviceAt(t, s, party.Cost{Memory: 64, Time: 1, Threads: 1}, bend, must...)
}

func serviceAt(t *testing.T, s *Store, cost party.Cost, bend func(party.Tx) party.Tx, must ...string) people {
	t.Helper()
	svc, err := party.New(party.Config{
		Write: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			return s.Write(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, bend(t)) })
		},
		Read: func(ctx context.Context, fn func(context.Context, party.Tx) error) error {
			return s.Read(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, bend(t)) })
		},
		Root: s.cfg.Root, Clock: s.cfg.Clock, Province: province, Cost: cost, MustSecond: must,
	})
	if err != nil {
		t.Fatal(err)
	}
	return people{svc, s, s.cfg.Clock.(*clock.Manual)}
}

func officers(t *testing.T, s *Store) people {
	t.Helper()
	p, ceiling := service(t, s), int64(70_000_000_000)
	err := p.Add(t.Context(), party.Roster{
		Bodies:  []party.Body{{ID: "dir", Province: province, Kind: "directorate", Name: locale.Text{FA: "اداره کل", EN: "Directorate"}}},
		Persons: []party.Person{{ID: "maryam", Name: "مريم كريمي", NationalCode: "۰۰۱۲۳۴۵۶۷۹", Mobile: "09121234567"}, {ID: "ali", Name: "علی رضایی"}},
		Memberships: []party.Membership{
			{ID: "m1", Person: "maryam", Role: "dir.deputy", Body: "dir", From: "2024-03-20", Post: locale.Text{FA: "معاون صنایع", EN: "Deputy"}},
			{ID: "m2", Person: "maryam", Role: "unit.ceo", Unit: "u1", From: "2025-03-21"},
			{ID: "m3", Person: "maryam", Role: "dir.head", Body: "dir", From: "2020-01-01", To: "2023-12-31"},
		},
		Delegations: []party.Delegation{
			{ID: "d1", Scope: "referral", Taker: "m1", Ceiling: &ceiling, Document: "1405/12", From: "2026-03-21"},
			{ID: "d2", Scope: "past", Taker: "m1", Document: "1403/1", From: "2024-03-21", To: "2025-03-20"},
		},
		Accounts: []party.Account{{Person: "maryam", Login: "Dir.Deputy", Password: testPassword}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p people) add(t *testing.T, r party.Roster) {
	t.Helper()
	if err := p.Add(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// holds gives a person a role in the directorate.
func (p people) holds(t *testing.T, id, person, role string) {
	t.Helper()
	p.add(t, party.Roster{Memberships: []party.Membership{{ID: id, Person: person, Role: role, Body: "dir", From: "2026-03-21"}}})
}

func (p people) in(t testing.TB, code string) string {
	t.Helper()
	token, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, code, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wantFault(t testing.TB, err error, key string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

func TestSignInGivesThePostAndItsPowers(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		token := p.in(t, "")
		who, err := p.Resolve(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if who.Name != "مریم کریمی" || who.Role != "dir.deputy" || who.BodyName != "اداره کل" || who.Province != province {
			t.Errorf("%+v", who)
		}
		if len(who.Ceilings) != 1 || who.Ceilings["referral"] != 70_000_000_000 || who.SteppedUp {
			t.Errorf("ceilings %v, stepped up %v", who.Ceilings, who.SteppedUp)
		}
		if len(who.Others) != 1 || who.Others[0].ID != "m2" {
			t.Errorf("other posts: %+v", who.Others)
		}
		next, who, err := p.Switch(t.Context(), token, "m2")
		if err != nil || who.Role != "unit.ceo" || who.Unit != "u1" || len(who.Ceilings) != 0 || next == token {
			t.Errorf("after switching: %+v, %v", who, err)
		}
		_, err = p.Resolve(t.Context(), token)
		wantFault(t, err, "party.session_over")
		for _, not := range []string{"m3", "nobody's"} {
			_, _, err = p.Switch(t.Context(), next, not)
			wantFault(t, err, "party.not_yours")
		}
		if err := p.SignOut(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		_, err = p.Resolve(t.Context(), next)
		wantFault(t, err, "party.session_over")
	})
}

func TestAnUnknownLoginAndAWrongPasswordLookAlike(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		_, _, wrong := p.SignIn(t.Context(), "dir.deputy", "x", "", "10.0.0.1")
		_, _, unknown := p.SignIn(t.Context(), "nobody", "x", "", "10.0.0.1")
		wantFault(t, wrong, "party.wrong")
		if unknown == nil || wrong.Error() != unknown.Error() {
			t.Errorf("%v and %v", wrong, unknown)
		}
	})
}

// Nothing of a person lies readable in the database, and nothing that signs in.
func TestPersonsLieSealed(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	p := officers(t, s)
	token := p.in(t, "")
	read(t, s, func(ctx context.Context, tx *Tx) error {
		for _, query := range []string{
			"SELECT name || national_code || national_key || mobile || mobile_key FROM person",
			"SELECT login_key || secret FROM credential", "SELECT id FROM session", "SELECT key FROM throttle",
		} {
			err := tx.each(ctx, query, nil, func(scan func(...any) error) error {
				var text string
				err := scan(&text)
				for _, secret := range []string{"مریم", "کریمی", "0012345679", "9121234567", "deputy", testPassword, token} {
					if strings.Contains(text, secret) {
						t.Errorf("%s shows %q", query, secret)
					}
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func TestGuessingIsLimitedWithoutLockingThePersonOut(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		p.in(t, "") // the person is known at 10.0.0.1
		guess := func(address string) error {
			_, _, err := p.SignIn(t.Context(), "dir.deputy", "guess", "", address)
			return err
		}
		for range 10 {
			wantFault(t, guess("10.9.9.9"), "party.wrong")
		}
		wantFault(t, guess("10.9.9.9"), "fault.too_many")
		_, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.9.9.9")
		wantFault(t, err, "fault.too_many") // the right password does not tell itself apart either
		left := 0
		for i := range 200 {
			if err := guess(fmt.Sprintf("10.8.0.%d", i)); fault.Is(err, fault.Unauthenticated) {
				left++
			}
		}
		if left > 90 {
			t.Errorf("%d guesses from new addresses after ten and a sign-in: more than a hundred in all", left)
		}
		p.in(t, "")
		p.c.Advance(15 * time.Minute)
		wantFault(t, guess("10.9.9.9"), "party.wrong")
	})
}

// Ten at once are counted as ten: the count is taken before the comparison.
func TestGuessesAtOnceAreAllCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		var mu sync.Mutex
		var all sync.WaitGroup
		tried := 0
		for range 40 {
			all.Go(func() {
				_, _, err := p.SignIn(t.Context(), "dir.deputy", "guess", "", "10.9.9.9")
				mu.Lock()
				defer mu.Unlock()
				if fault.Is(err, fault.Unauthenticated) {
					tried++
				}
			})
		}
		all.Wait()
		if tried != 10 {
			t.Errorf("%d guesses were compared, want 10", tried)
		}
	})
}

func TestSessionsEndByIdlenessAgeAndLossOfThePost(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		idle := p.in(t, "")
		p.c.Advance(30 * time.Minute)
		_, err := p.Resolve(t.Context(), idle)
		wantFault(t, err, "party.session_over")
		p.c.Advance(-29 * time.Minute) // a clock set back revives nothing
		_, err = p.Resolve(t.Context(), idle)
		wantFault(t, err, "party.session_over")

		busy, n := p.in(t, ""), 0
		for ; n < 60; n++ {
			p.c.Advance(20 * time.Minute)
			if _, err = p.Resolve(t.Context(), busy); err != nil {
				break
			}
		}
		if n != 35 {
			t.Errorf("a busy session lived %d times twenty minutes, want less than twelve hours", n)
		}
		lost := p.in(t, "")
		if _, err := p.Resolve(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		if err := p.EndTerm(t.Context(), access.Principal{Person: "root", Role: "admin", Province: province}, "m1"); err != nil {
			t.Fatal(err)
		}
		_, err = p.Resolve(t.Context(), lost)
		wantFault(t, err, "party.session_over")
	})
}

func TestPrintedCodesServeOnceEach(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		codes, err := p.NewCodes(t.Context(), p.in(t, ""), testPassword)
		if err != nil || len(codes) != 10 {
			t.Fatalf("%d codes: %v", len(codes), err)
		}
		sign := func(code string) error {
			_, who, err := p.SignIn(t.Context(), "dir.deputy", testPassword, code, "10.0.0.1")
			if err == nil && !who.SteppedUp {
				t.Error("a second factor was given and does not count")
			}
			return err
		}
		wantFault(t, sign(""), "party.code_needed")
		wantFault(t, sign("00000-00000"), "party.code_wrong")
		if err := sign(strings.ToLower(codes[3])); err != nil {
			t.Error(err)
		}
		wantFault(t, sign(codes[3]), "party.code_wrong")
	})
}

// slowly is the law of how a sheet of printed codes is kept: under a slow hash with a salt that no other sheet has, and one for
// the sheet, so that a guess costs one hash.
func slowly(t testing.TB, kept []string) {
	t.Helper()
	salts := map[string]bool{}
	for _, secret := range kept {
		parts := strings.Split(secret, "$")
		if len(parts) != 6 || parts[1] != "argon2id" {
			t.Errorf("a code is kept under no slow hash: %.12s…", secret)
			continue
		}
		salts[parts[4]] = true
	}
	if len(kept) != 20 || len(salts) != 2 {
		t.Errorf("%d codes of two sheets have %d salts", len(kept), len(salts))
	}
}

func TestPrintedCodesAreKeptUnderASlowHash(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		codes, err := p.NewCodes(t.Context(), p.in(t, ""), testPassword)
		kept := secretsOf(t, s, "maryam")
		if err == nil {
			codes, err = p.NewCodes(t.Context(), p.in(t, codes[0]), testPassword)
		}
		if err != nil {
			t.Fatal(err)
		}
		slowly(t, append(kept, secretsOf(t, s, "maryam")...))
		// A sheet that an older program printed, under the keyed hash alone, serves until another takes its place.
		write(t, s, func(ctx context.Context, tx *Tx) error {
			return tx.ReplaceCodes(ctx, "maryam", []party.Code{{Person: "maryam", ID: "old", Secret: s.cfg.Root.SearchHash("code", "maryam\x1f"+"A1B2C3D4E5")}})
		})
		_, _, err = p.SignIn(t.Context(), "dir.deputy", testPassword, codes[1], "10.0.0.1")
		wantFault(t, err, "party.code_wrong")
		if _, _, err = p.SignIn(t.Context(), "dir.deputy", testPassword, "a1b2c-3d4e5", "10.0.0.1"); err != nil {
			t.Error(err)
		}
		control.Finds(t, "under no slow hash", func(t testing.TB) { slowly(t, []string{s.cfg.Root.SearchHash("code", "maryam")}) })
	})
}

func secretsOf(t testing.TB, s *Store, person string) (out []string) {
	t.Helper()
	read(t, s, func(ctx context.Context, tx *Tx) error {
		return tx.each(ctx, "SELECT secret FROM one_time_code WHERE person = $1", []any{person}, func(scan func(...any) error) error {
			out = append(out, "")
			return scan(&out[len(out)-1])
		})
	})
	return out
}

func TestAReissuedAccountMustChooseItsPassword(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		old := p.in(t, "")
		_, err := p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "dir.expert"}, "maryam", false)
		wantFault(t, err, "access.forbidden")
		paper, err := p.Reissue(t.Context(), access.Principal{Person: "ali", Role: "admin", Province: province}, "maryam", false)
		if err != nil {
			t.Fatal(err)
		}
		printed := paper.Password
		_, err = p.Resolve(t.Context(), old)
		wantFault(t, err, "party.session_over")
		_, _, err = p.SignIn(t.Context(), "dir.deputy", printed, "", "10.0.0.1")
		wantFault(t, err, "party.must_change")
		_, _, err = p.SignInChanging(t.Context(), "dir.deputy", printed, "", "10.0.0.1", "short")
		wantFault(t, err, "party.password_short")
		token, _, err := p.SignInChanging(t.Context(), "dir.deputy", printed, "", "10.0.0.1", "another long password 1405")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.ChangePassword(t.Context(), token, "another long password 1405", testPassword); err != nil {
			t.Error(err)
		}
		_, err = p.Resolve(t.Context(), token)
		wantFault(t, err, "party.session_over")
		p.in(t, "")
	})
}

func TestNobodyGivesAPowerTheyDoNotHold(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		p.holds(t, "m4", "ali", "dir.expert")
		deputy := access.Principal{Person: "maryam", Role: "dir.deputy", Body: "dir", Membership: "m1", Province: province}
		below, above := int64(1), int64(70_000_000_001)
		give := func(ceiling *int64, scope string) error {
			return p.Delegate(t.Context(), deputy, party.Delegation{Scope: scope, Taker: "m4", Ceiling: ceiling, Document: "1405/13", From: "2026-04-01"})
		}
		if err := give(&below, "referral"); err != nil {
			t.Error(err)
		}
		wantFault(t, give(&above, "referral"), "party.delegation_over")
		wantFault(t, give(nil, "referral"), "party.delegation_over")
		wantFault(t, give(&below, "land"), "party.delegation_over")
	})
}

func TestAnErasedPersonIsNotFoundAndSignsInNoMore(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		token := p.in(t, "")
		if id, err := p.FindPerson(t.Context(), "0012345679"); id != "maryam" || err != nil {
			t.Fatalf("%q, %v", id, err)
		}
		if err := p.Erase(t.Context(), "maryam"); err != nil {
			t.Fatal(err)
		}
		if id, err := p.FindPerson(t.Context(), "0012345679"); id != "" || err != nil {
			t.Errorf("still found: %q, %v", id, err)
		}
		names, err := p.Names(t.Context(), []string{"maryam", "ali", "dir", "nobody"})
		if err != nil || names["maryam"] != journal.Erased || names["ali"] != "علی رضایی" || names["dir"] != "اداره کل" || len(names) != 3 {
			t.Errorf("%v, %v", names, err)
		}
		_, err = p.Resolve(t.Context(), token)
		wantFault(t, err, "party.session_over")
		_, _, err = p.SignIn(t.Context(), "dir.deputy", testPassword, "", "10.0.0.1")
		wantFault(t, err, "party.wrong")
	})
}

// The letter of one officer never bears the name of another of the same role.
func TestOfSeveralHoldersTheOfficeSigns(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		signer := func() (name, post string) {
			read(t, s, func(ctx context.Context, tx *Tx) error {
				got, err := tx.SignerOf(ctx, province, "dir.deputy", p.c.Now().UnixMicro())
				if err == nil {
					name, post = got.Name, got.Post.FA
				}
				return err
			})
			return name, post
		}
		if name, post := signer(); name != "مریم کریمی" || post != "معاون صنایع" {
			t.Errorf("alone: %q, %q", name, post)
		}
		p.holds(t, "m4", "ali", "dir.deputy")
		if name, post := signer(); name != "" || post != "معاون اداره کل" {
			t.Errorf("of two: %q, %q", name, post)
		}
		p.add(t, party.Roster{Delegations: []party.Delegation{{Scope: "dir.deputy", Taker: "m1", Document: "1405/20", From: "2026-03-21"}}})
		if name, _ := signer(); name != "مریم کریمی" {
			t.Errorf("by the table: %q", name)
		}
	})
}

// A signature that was given falls with the giver's term, though its own row still stands.
func TestAGivenSignatureFallsWithItsGiver(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		p.holds(t, "dg", "maryam", "dir.dg")
		p.holds(t, "expert", "ali", "dir.expert")
		now := p.c.Now()
		given := party.Delegation{ID: "given", Province: province, Scope: "dir.dg", Giver: "dg", Taker: "expert", Document: "1405/21", From: "2026-03-21"}
		write(t, s, func(ctx context.Context, tx *Tx) error { return tx.InsertDelegation(ctx, given) })
		signer := func() (person string) {
			read(t, s, func(ctx context.Context, tx *Tx) error {
				got, err := tx.SignerOf(ctx, province, "dir.dg", now.UnixMicro())
				if err == nil && got != nil {
					person = got.Person
				}
				return err
			})
			return person
		}
		if got := signer(); got != "ali" {
			t.Errorf("while the giver holds the office: %q", got)
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			_, err := tx.EndMembership(ctx, province, "dg", now.UnixMicro())
			return err
		})
		if got := signer(); got != "" || !given.Current(now) {
			t.Errorf("after the giver's term: %q", got)
		}
	})
}

// codeOf is the six digits of RFC 6238, written anew.
func codeOf(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha1.New, seed)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := m.Sum(nil)
	o := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[o:o+4])&0x7fffffff%1_000_000)
}

func TestASecondFactorCountsOnceConfirmedAndEachCodeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		p := officers(t, s)
		token := p.in(t, "")
		drawn, err := p.EnrolTOTP(t.Context(), token, testPassword)
		if err != nil {
			t.Fatal(err)
		}
		p.in(t, "") // not confirmed: it does not count yet
		_, _, err = p.ConfirmTOTP(t.Context(), token, "000000")
		wantFault(t, err, "party.code_wrong")
		token, who, err := p.ConfirmTOTP(t.Context(), token, codeOf(t, drawn.Secret, p.c.Now()))
		if err != nil || !who.SteppedUp {
			t.Fatalf("%+v, %v", who, err)
		}
		sign := func(code string) error {
			_, _, err := p.SignIn(t.Context(), "dir.deputy", testPassword, code, "10.0.0.1")
			return err
		}
		wantFault(t, sign(""), "party.code_needed")
		wantFault(t, sign(codeOf(t, drawn.Secret, p.c.Now())), "party.code_wrong") // used for confirming
		p.c.Advance(16 * time.Minute)
		if who, err := p.Resolve(t.Context(), token); err != nil || who.SteppedUp {
			t.Errorf("stepped up for too long: %v, %v", who.SteppedUp, err)
		}
		code := codeOf(t, drawn.Secret, p.c.Now())
		if _, who, err := p.StepUp(t.Context(), token, code); err != nil || !who.SteppedUp {
			t.Errorf("%+v, %v", who, err)
		}
		wantFault(t, sign(code), "party.code_wrong")
		p.c.Advance(time.Minute)
		if err := sign(codeOf(t, drawn.Secret, p.c.Now())); err != nil {
			t.Error(err)
		}
	})
}
