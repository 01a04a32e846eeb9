package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// A case that is saved by what differs stands as it should, with its parties, deadlines and counters; the counters equal a
// recount of what the cases add, though commands of the group fail.
func TestACaseSavedByWhatDiffersStandsAsItShould(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { savedByDifference(t, s, func(casework.Row) {}) })
}

// The law finds a former row that is not the stored one.
func TestSavingByAWrongDifferenceIsFound(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	control.Finds(t, "stands as", func(t testing.TB) {
		savedByDifference(t, s, func(was casework.Row) { maps.DeleteFunc(was.Parties, func(string, string) bool { return true }) })
	})
}

func savedByDifference(t testing.TB, s *Store, plant func(was casework.Row)) {
	t.Helper()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(7, uint64(n))) //nolint:gosec // repeatable
			live(t, s, fmt.Sprintf("c%d", n), rnd, plant)
		})
	}
	all.Wait()
	read(t, s, func(ctx context.Context, tx *Tx) error { return recounted(ctx, t, tx) })
}

var errChanged = errors.New("somebody thought better of it")

// live carries one case through many changes; each fourth command fails after it has written.
func live(t testing.TB, s *Store, id string, rnd *rand.Rand, plant func(was casework.Row)) {
	was := casework.Row{}
	for seq := int64(1); seq <= 12; seq++ {
		next := chance(id, seq, rnd)
		before := was
		before.Parties = maps.Clone(was.Parties)
		if seq > 1 {
			plant(before)
		}
		next.Was = &before
		if seq%2 == 0 {
			err := s.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
				return errors.Join(tx.SaveCase(ctx, next, nil), errChanged)
			})
			if !errors.Is(err, errChanged) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if err := s.Write(context.Background(), func(ctx context.Context, tx *Tx) error { return tx.SaveCase(ctx, next, nil) }); err != nil {
			t.Errorf("%s at %d: %v", id, seq, err)
			return
		}
		next.Was = nil
		was = next
		read(t, s, func(ctx context.Context, tx *Tx) error {
			got, err := tx.CaseRow(ctx, province, id)
			if err == nil && told(got) != told(next) {
				t.Errorf("%s at %d stands as\n%s, want\n%s", id, seq, told(got), told(next))
			}
			return err
		})
	}
}

// chance is a row in which anything may differ from the former one.
func chance(id string, seq int64, rnd *rand.Rand) casework.Row {
	r := row(id, seq)
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	r.Stage, r.HolderRole, r.Outcome = pick("a", "b", "c"), pick("x", "y"), pick("", "", "paid")
	r.Due, r.Amount = int64(rnd.IntN(3)), int64(rnd.IntN(3))
	r.Parties = map[string]string{"applicant": pick("u1", "u2"), "bank": pick("b1", "b2")}
	if rnd.IntN(3) == 0 {
		delete(r.Parties, "bank")
	}
	r.Clocks = map[string]*casework.Ticking{}
	for _, c := range []string{"one", "two"} {
		if rnd.IntN(2) == 0 {
			r.Clocks[c] = &casework.Ticking{State: casework.ClockRunning, Due: int64(rnd.IntN(9)), Warn: 1}
		}
	}
	add := func(what, key, day string) {
		r.Tallies = append(r.Tallies, casework.Tally{TallyKey: casework.TallyKey{Procedure: "referral", What: what, Key: key, Subject: r.Parties["bank"], Day: day}, N: 1, Amount: r.Amount})
	}
	add(casework.TallyDue, r.Stage, pick("2026-01-01", "2026-01-02"))
	for _, step := range []string{"sent", "paid", "asked"} {
		if rnd.IntN(2) == 0 {
			add(casework.TallyStep, step, "")
		}
	}
	return r
}

// told writes a row in one way.
func told(r casework.Row) string {
	var tallies, clocks []string
	for _, c := range r.Tallies {
		tallies = append(tallies, fmt.Sprint(c))
	}
	for name, c := range r.Clocks {
		clocks = append(clocks, fmt.Sprint(name, c.State, c.Due, c.Warn, c.Warned))
	}
	slices.Sort(tallies)
	slices.Sort(clocks)
	return fmt.Sprint(caseValues(r), r.Parties, tallies, clocks)
}

// recounted compares the counters with what the cases' own rows come to.
func recounted(ctx context.Context, t testing.TB, tx *Tx) error {
	sums := map[casework.TallyKey][2]int64{}
	err := tx.each(ctx, "SELECT procedure, what, key, subject, day, count(*), CAST(sum(amount) AS BIGINT) FROM case_tally GROUP BY procedure, what, key, subject, day", nil,
		func(scan func(...any) error) error {
			var k casework.TallyKey
			var n, amount int64
			err := scan(&k.Procedure, &k.What, &k.Key, &k.Subject, &k.Day, &n, &amount)
			sums[k] = [2]int64{n, amount}
			return err
		})
	if err != nil {
		return err
	}
	kept, err := tx.Tallies(ctx, province, "referral")
	for _, c := range kept {
		if sums[c.TallyKey] != [2]int64{c.N, c.Amount} {
			t.Errorf("%v is counted %d, %d; recounted %v", c.TallyKey, c.N, c.Amount, sums[c.TallyKey])
		}
		delete(sums, c.TallyKey)
	}
	if len(sums) > 0 || len(kept) == 0 {
		t.Errorf("of %d counters these are missing: %v", len(kept), sums)
	}
	return err
}

// Where one case takes from the counter that another adds to, and the other way round, both come through without the
// database having to stop one of them.
func TestCountersThatCrossDoNotWaitForEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const cases, changes = 2, 60
		var all sync.WaitGroup
		var runs atomic.Int64
		for n := range cases {
			all.Go(func() {
				was := casework.Row{}
				for seq := int64(1); seq <= changes; seq++ {
					next := row(fmt.Sprintf("c%d", n), seq)
					step := []string{"asked", "sent"}[(int(seq)+n)%2]
					next.Tallies = []casework.Tally{{TallyKey: casework.TallyKey{Procedure: "referral", What: casework.TallyStep, Key: step}, N: 1}}
					before := was
					next.Was = &before
					write(t, s, func(ctx context.Context, tx *Tx) error {
						runs.Add(1)
						return tx.SaveCase(ctx, next, nil)
					})
					next.Was = nil
					was = next
				}
			})
		}
		all.Wait()
		if n := runs.Load(); n != cases*changes {
			t.Errorf("%d commands ran %d times", cases*changes, n)
		}
	})
}
