package web_test

import (
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/web"
)

// Every open case of the round's stages is counted at its one branch, and it is late exactly when its day is over.
func TestEachCaseIsCountedAtItsBranch(t *testing.T) {
	t.Parallel()
	today, err := jalali.New(1405, 9, 8)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) casework.Tally {
			k := casework.TallyKey{What: rapid.SampledFrom([]string{casework.TallyDue, casework.TallyStep}).Draw(t, "what"), Key: rapid.SampledFrom([]string{"in", "out"}).Draw(t, "stage"),
				Subject: rapid.SampledFrom([]string{"", "b1", "b2"}).Draw(t, "branch"), Day: today.AddDays(rapid.IntRange(-3, 3).Draw(t, "days")).Civil()}
			return casework.Tally{TallyKey: k, N: rapid.Int64Range(1, 5).Draw(t, "n"), Amount: rapid.Int64Range(0, 99).Draw(t, "amount")}
		})
		tallies := rapid.SliceOf(draw).Draw(t, "tallies")
		want := map[string]web.BranchSum{}
		for _, c := range tallies {
			if c.What != casework.TallyDue || c.Subject == "" || c.Key != "in" {
				continue
			}
			s := want[c.Subject]
			s.Branch, s.Open = c.Subject, s.Open+c.N
			if c.Day < today.Civil() {
				s.Late, s.Amount = s.Late+c.N, s.Amount+c.Amount
				for n := range int64(4) {
					if today.AddDays(-int(n)).Civil() == c.Day {
						s.Days = max(s.Days, n)
					}
				}
			}
			want[c.Subject] = s
		}
		got := web.LateByBranch(tallies, []string{"in"}, today)
		if len(got) != len(want) {
			t.Fatalf("%d branches, want %d", len(got), len(want))
		}
		for _, s := range got {
			if s != want[s.Branch] {
				t.Fatalf("%+v, want %+v", s, want[s.Branch])
			}
		}
	})
}
