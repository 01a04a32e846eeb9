package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

func TestAMessageIsLeasedUntilItIsDone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, now := context.Background(), start.UnixMicro()+10
		write(t, s, func(ctx context.Context, t *Tx) error {
			for _, topic := range []string{"notify", "notify", "letter", "publish"} {
				if err := t.Enqueue(ctx, casework.Message{Province: province, Entry: "e1", Case: "c", Topic: topic,
					Payload: []byte("{}"), At: now}); err != nil {
					return err
				}
			}
			return nil
		})
		lease := func(now int64) []Leased {
			got, err := s.Lease(ctx, now, []string{"notify", "letter"}, 10, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := lease(now - 1); len(got) != 0 {
			t.Errorf("%d came before their time", len(got))
		}
		first := lease(now)
		if len(first) != 3 || len(lease(now)) != 0 {
			t.Fatalf("leased %+v", first)
		}
		later := now + time.Minute.Microseconds()
		again := lease(later)
		if len(again) != 3 || again[0].Attempt != 2 {
			t.Fatalf("after the lease: %+v", again)
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			if err := tx.Done(ctx, again[0]); err != nil {
				return err
			}
			if gone, err := tx.Retry(ctx, again[1], time.Hour, 9, "no paper"); gone || err != nil {
				t.Errorf("retry: %v %v", gone, err)
			}
			if gone, err := tx.Retry(ctx, again[2], time.Hour, 2, "no paper"); !gone || err != nil {
				t.Errorf("discard: %v %v", gone, err)
			}
			_, err := tx.Retry(ctx, first[1], 0, 9, "stale") // its lease is over: changes nothing
			return err
		})
		if got := lease(later + time.Minute.Microseconds()); len(got) != 0 {
			t.Errorf("came back too early: %+v", got)
		}
		if got := lease(later + 2*time.Hour.Microseconds()); len(got) != 1 || got[0].N != again[1].N {
			t.Errorf("did not come back: %+v", got)
		}
		read(t, s, func(ctx context.Context, tx *Tx) error {
			n, err := tx.Waiting(ctx)
			if fmt.Sprint(n) != "map[discarded:1 done:1 waiting:2]" {
				t.Error(n)
			}
			return err
		})
	})
}

func TestALetterWaitsUntilItsEntryIsInTheTree(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c1", 1, [32]byte{}) })
		lease := func() int {
			got, err := s.Lease(context.Background(), start.UnixMicro()+100, []string{"notify"}, 9, 0)
			if err != nil {
				t.Fatal(err)
			}
			return len(got)
		}
		if s.eng.name() == "postgres" && lease() != 0 {
			t.Error("a message left before its entry was numbered")
		}
		verified(t, s, 1)
		if lease() != 1 {
			t.Error("the message did not leave")
		}
	})
}

func TestAUnitsFactsComeWithTheirSourceUntilErased(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		key := journal.PersonKey("p1")
		write(t, s, func(ctx context.Context, t *Tx) error {
			if err := t.PutUnit(ctx, Unit{Province: province, ID: "u1", Kind: "home", Name: "سوزن‌دوزی", Status: "active", At: 5}); err != nil {
				return err
			}
			for field, v := range map[string]any{"employees": 12, "isic": []string{"1311", "1399"},
				"products": []map[string]any{{"name": "x", "capacity": 7}}, "closed": false} {
				if err := t.PutUnitFact(ctx, UnitFact{Province: province, Unit: "u1", Field: field, Value: v, Source: "sheet", AsOf: 9}); err != nil {
					return err
				}
			}
			return t.PutUnitFact(ctx, UnitFact{Province: province, Unit: "u1", Field: "owner_nc", Value: "0499370899", Key: key, Source: "asked"})
		})
		facts := func() (out map[string]casework.RegistryFact) {
			read(t, s, func(ctx context.Context, tx *Tx) (err error) {
				out, err = tx.UnitFacts(ctx, province, "u1")
				return err
			})
			return out
		}
		got := facts()
		for field, want := range map[string]any{"employees": int64(12), "isic": []string{"1311", "1399"}, "closed": false,
			"products": []map[string]any{{"name": "x", "capacity": int64(7)}}, "kind": "home", "owner_nc": "0499370899"} {
			if g := got["unit."+field].Value; fmt.Sprintf("%T%v", g, g) != fmt.Sprintf("%T%v", want, want) {
				t.Errorf("%s: %#v, want %#v", field, g, want)
			}
		}
		if got["unit.employees"].Source != "sheet" || got["unit.employees"].AsOf != 9 {
			t.Errorf("source: %+v", got["unit.employees"])
		}
		var plain int64
		read(t, s, func(ctx context.Context, tx *Tx) error {
			_, err := tx.row(ctx, "SELECT count(*) FROM unit WHERE file LIKE '%0499370899%'", nil, &plain)
			return err
		})
		if plain != 0 {
			t.Error("a national code is stored in clear")
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return t.Erase(ctx, key) })
		if _, known := facts()["unit.owner_nc"]; known {
			t.Error("an erased value is still known")
		}
	})
}

func TestWhoSignsFollowsTheDelegationTable(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, t *Tx) error {
			for _, p := range []string{"dg", "deputy"} {
				if err := t.AddPerson(ctx, Person{ID: p, Name: "name of " + p}); err != nil {
					return err
				}
				if err := t.InsertMembership(ctx, party.Membership{Province: province, ID: "m-" + p, Person: p, Role: "dir." + p, Post: locale.Text{FA: p}, From: "2026-01-01"}); err != nil {
					return err
				}
			}
			return t.InsertDelegation(ctx, party.Delegation{Province: province, ID: "d1", Scope: "dir.dg", Giver: "m-dg", Taker: "m-deputy",
				From: "2026-06-01", To: "2026-06-30"})
		})
		at := func(month time.Month, day, hour int) int64 {
			return time.Date(2026, month, day, hour, 0, 0, 0, clock.Tehran).UnixMicro()
		}
		for now, want := range map[int64]string{
			at(5, 31, 23): "dg", at(6, 1, 0): "deputy", at(6, 30, 23): "deputy", at(7, 1, 0): "dg",
			time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(): "",
		} {
			var got *casework.Signer
			read(t, s, func(ctx context.Context, tx *Tx) (err error) {
				got, err = tx.SignerOf(ctx, province, "dir.dg", now)
				return err
			})
			if (got == nil) != (want == "") || got != nil && (got.Person != want || got.Name != "name of "+want) {
				t.Errorf("%v: %+v, want %q", time.UnixMicro(now), got, want)
			}
		}
	})
}

func TestSubjectIsTheVerifiedSpeaker(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		subject := func() (out string) {
			read(t, s, func(ctx context.Context, tx *Tx) (err error) {
				out, err = tx.SubjectOf(ctx, province, "u1")
				return err
			})
			return out
		}
		claim := registry.Claim{Province: province, ID: "k", Unit: "u1", Person: "p1", State: "claimed", Created: 1}
		for state, want := range map[string]string{"claimed": "u1", "verified": "p1"} {
			claim.State = state
			write(t, s, func(ctx context.Context, t *Tx) error { return t.SaveClaim(ctx, claim) })
			if got := subject(); got != want {
				t.Errorf("%s: %s, want %s", state, got, want)
			}
		}
	})
}

func TestALetterIsFoundByTokenAndNumber(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		l := casework.BookedLetter{Province: province, Number: "30/1405/1", Code: "L05", Case: "c", Entry: "e", Token: "tok", At: 4}
		write(t, s, func(ctx context.Context, t *Tx) error { return t.BookLetter(ctx, l) })
		read(t, s, func(ctx context.Context, tx *Tx) error {
			for _, by := range []string{"tok", "30/1405/1"} {
				if got, err := tx.LetterByToken(ctx, province, by); err != nil || got != l {
					t.Errorf("by %s: %+v %v", by, got, err)
				}
			}
			_, err := tx.LetterByToken(ctx, province, "x")
			wantKey(t, err, fault.NotFound, "store.no_letter")
			return nil
		})
		l.Token = "other"
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error { return t.BookLetter(ctx, l) })
		wantKey(t, err, fault.Conflict, "store.conflict")
	})
}

func TestParentsOfBodies(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, tx *Tx) error {
			if err := tx.PutBody(ctx, Body{ID: "branch", Kind: "bank", Parent: "head"}); err != nil {
				return err
			}
			for body, want := range map[string]string{"branch": "head", "unknown": ""} {
				if got, err := tx.ParentBody(ctx, body); err != nil || got != want {
					t.Errorf("%s: %q %v", body, got, err)
				}
			}
			return nil
		})
	})
}

func TestReadingCannotWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		err := s.Read(context.Background(), func(ctx context.Context, t *Tx) error { return step(ctx, t, "c", 1, [32]byte{}) })
		if err == nil {
			t.Error("a read wrote")
		}
		if _, err := Open(context.Background(), Config{}); !strings.Contains(fmt.Sprint(err), "store.config") {
			t.Error(err)
		}
	})
}
