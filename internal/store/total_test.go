package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// populate writes cases until there are n, those that were not there last.
func populate(t testing.TB, s *Store, from, n int) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *Tx) error {
		for i := from; i < n; i++ {
			r := row(fmt.Sprintf("n%05d", i), 1)
			r.Changed += int64(i)
			if err := tx.SaveCase(ctx, r, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstOf asks for the newest case and for the total.
func firstOf(t testing.TB, s *Store, who access.Scope) (newest string, total int64) {
	t.Helper()
	err := s.Read(access.Within(t.Context(), who), func(ctx context.Context, tx *Tx) error {
		page, err := tx.ListCases(ctx, casework.Query{Province: province, Scopes: all, Sort: "changed", Limit: 1, Total: true})
		if len(page.Rows) > 0 {
			newest = page.Rows[0].ID
		}
		total = page.Total
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return newest, total
}

// A total in which one case would be missed has it at once; one of thousands has it after two seconds. The list itself always
// shows what is there.
func TestALargeTotalIsOfAMomentAgo(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		whole, passing := access.Scope{Province: province, Whole: true}, s.cfg.Clock.(*clock.Manual)
		have := 0
		grow := func(t testing.TB, to int) {
			t.Helper()
			populate(t, s, have, to)
			have = to
			if newest, _ := firstOf(t, s, whole); newest != fmt.Sprintf("n%05d", have-1) {
				t.Errorf("the newest of %d cases is %s", have, newest)
			}
		}
		told := func(t testing.TB, least, most int) {
			t.Helper()
			if _, total := firstOf(t, s, whole); total < int64(least) || total > int64(most) {
				t.Errorf("of %d cases the total is %d", have, total)
			}
		}
		for _, n := range []int{1, 2, totalExact - 1, totalExact} {
			grow(t, n)
			told(t, n, n)
		}
		law := func(pass func(time.Duration)) func(testing.TB) {
			return func(t testing.TB) {
				grow(t, have+1)
				told(t, have, have)
				grow(t, have+10)
				told(t, have-10, have)
				pass(3 * time.Second)
				told(t, have, have)
			}
		}
		pass := func(d time.Duration) { passing.Advance(d) }
		pass(time.Hour)
		law(pass)(t)
		pass(time.Hour)
		control.Finds(t, "the total is", law(func(time.Duration) {}))                              // a clock that stands still
		for _, since := range []struct{ at, want int64 }{{2_000_000, int64(have)}, {1 << 60, 0}} { // differ in the time alone
			err := s.Read(access.Within(t.Context(), whole), func(ctx context.Context, tx *Tx) error {
				n, err := tx.total(ctx, " FROM cases c WHERE c.province = $1 AND c.changed >= $2", []any{province, since.at})
				if n != since.want {
					t.Errorf("since %d µs there are %d of %d cases", since.at, n, have)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			n, err := tx.total(ctx, " FROM cases c WHERE c.province = $1", []any{province})
			if n != int64(have) {
				t.Errorf("a command is told %d of %d cases", n, have)
			}
			return err
		})
	})
}

// Whoever asks another question is not told the answer to the one before, however little they differ.
func TestEachQuestionHasItsOwnTotal(t *testing.T) {
	t.Parallel()
	law := func(key func(string, []any) string) func(testing.TB) {
		return func(t testing.TB) {
			const from = " FROM cases c WHERE c.changed > $1"
			seen := map[string]string{}
			for _, q := range []struct {
				from string
				args []any
			}{
				{from, []any{int64(1_700_000_000_000_000)}}, {from, []any{int64(1_700_000_000_000_001)}}, {from, []any{int64(-1)}}, {from, []any{int64(49)}},
				{from, []any{"1"}}, {from, []any{"1", "2"}}, {from, []any{"1 2"}}, {from, []any{`1", "2`}}, {from, []any{"1\x1f2"}}, {from, nil},
				{from, []any{nil}}, {from, []any{[]byte("1")}}, {from, []any{[]string{"1", "2"}}}, {from, []any{true}}, {from + " ", []any{"1"}},
			} {
				k, this := key(q.from, q.args), fmt.Sprintf("%#v", q)
				if other := seen[k]; other != "" {
					t.Errorf("one total for %s and %s", other, this)
				}
				seen[k] = this
			}
		}
	}
	law(question)(t)
	quoted := func(from string, args []any) string { return fmt.Sprintf("%s %q", from, args) } // a number is a letter in it, or none
	control.Finds(t, "one total for", law(quoted))
}

// What the database lets one count is not told to another.
func TestATotalIsTheirsWhoAsk(t *testing.T) {
	t.Parallel()
	owner, served, _ := serving(t)
	populate(t, owner, 0, totalExact)
	law := func(t testing.TB) {
		for _, c := range []struct {
			who  access.Scope
			want int64
		}{
			{access.Scope{Province: province, Whole: true}, totalExact + 2},
			{access.Scope{Province: province, Subject: "branch-1"}, 1},
			{access.Scope{Province: "elsewhere", Whole: true}, 0},
			{access.Scope{}, 0},
		} {
			if _, total := firstOf(t, served, c.who); total != c.want {
				t.Errorf("%+v is told %d, not %d", c.who, total, c.want)
			}
		}
	}
	law(t)
	served.totals.blurred = true
	control.Finds(t, "is told 1002, not", law)
}

// While one counts anew others are told what was counted last, though not for ever; what is known does not grow without end.
func TestTotalsAreCountedByOneAtATime(t *testing.T) {
	t.Parallel()
	var s totals
	k := totalKey{question: "q"}
	if _, ok := s.get(k, 0); ok {
		t.Error("a total that nobody counted")
	}
	s.put(k, 5000, 1_000, 2_000)
	for _, c := range []struct {
		at   int64
		want bool
	}{
		{2_000, true}, {1_000 + totalAge, true},
		{1_001 + totalAge, false}, // this one counts
		{1_002 + totalAge, true}, {1_000 + 2*totalAge, true},
		{1_001 + 2*totalAge, false}, // it was never done
		{999, false},                // a clock that went back
	} {
		if _, ok := s.get(k, c.at); ok != c.want {
			t.Errorf("at %d µs it is known: %t", c.at, ok)
		}
	}
	s.put(k, 5000, 0, 1_000_000) // counting took a second
	if _, ok := s.get(k, totalRest*1_000_000); !ok {
		t.Error("what takes long is counted as often as what does not")
	}
	s.put(k, totalExact, 0, 1)
	if _, ok := s.get(k, 2); ok {
		t.Error("a small total is kept")
	}
	for i := range 3 * totalsKept {
		s.put(totalKey{question: fmt.Sprint(i)}, 5000, int64(i), int64(i)+1)
	}
	if n := len(s.known); n > totalsKept {
		t.Errorf("%d totals are kept", n)
	}
}
