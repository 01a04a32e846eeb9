package casework_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

func funnelled() *procedure.Definition {
	return &procedure.Definition{ID: "p", Funnel: &procedure.Funnel{By: "branch", Steps: []*procedure.Step{{ID: "in"}, {ID: "out"}}}}
}

func drawTally(t *rapid.T) casework.Tally {
	day := ""
	what := rapid.SampledFrom([]string{casework.TallyDue, casework.TallySince, casework.TallyStep, casework.TallyClaim, casework.TallyReason}).Draw(t, "what")
	key := rapid.SampledFrom([]string{"in", "out"}).Draw(t, "key")
	if what == casework.TallyDue || what == casework.TallySince {
		day = date(rapid.IntRange(1, 29).Draw(t, "day")).Civil()
	}
	subject := rapid.SampledFrom([]string{"", "b1", "b2"}).Draw(t, "subject")
	return casework.Tally{TallyKey: casework.TallyKey{Procedure: "p", What: what, Key: key, Subject: subject, Day: day},
		N: rapid.Int64Range(1, 9).Draw(t, "n"), Amount: rapid.Int64Range(0, 1e12).Draw(t, "amount")}
}

func date(day int) jalali.Date {
	d, err := jalali.New(1405, 7, day)
	if err != nil {
		panic(err)
	}
	return d
}

// TestThePictureAddsUp: every open case is counted once by stage, once by age, and what a sheet claims is never added to
// what is confirmed; as days pass the overdue only grow.
func TestThePictureAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tallies := rapid.SliceOf(rapid.Custom(drawTally)).Draw(t, "tallies")
		today := rapid.IntRange(1, 28).Draw(t, "today")
		p, later := casework.PictureOf(funnelled(), tallies, date(today)), casework.PictureOf(funnelled(), tallies, date(today+1))
		var open, aged, since, confirmed, claimed int64
		for _, c := range tallies {
			switch c.What {
			case casework.TallyDue:
				open += c.N
			case casework.TallySince:
				since += c.N
			case casework.TallyStep:
				confirmed += c.Amount
			case casework.TallyClaim:
				claimed += c.Amount
			}
		}
		for _, a := range p.Ages {
			aged += a.N
		}
		for _, s := range p.Steps {
			confirmed, claimed = confirmed-s.Amount, claimed-s.ClaimedIn
		}
		if p.Open != open || aged != since || confirmed != 0 || claimed != 0 {
			t.Fatalf("open %d of %d, aged %d of %d, confirmed off by %d, claimed off by %d", p.Open, open, aged, since, confirmed, claimed)
		}
		if later.Overdue < p.Overdue || p.Overdue > p.Open {
			t.Fatalf("overdue %d of %d, a day later %d", p.Overdue, p.Open, later.Overdue)
		}
		slices.Reverse(tallies)
		if again := casework.PictureOf(funnelled(), tallies, date(today)); again.Overdue != p.Overdue || !slices.EqualFunc(again.Waiting, p.Waiting, func(a, b casework.Waiting) bool { return a.Stage == b.Stage && a.N == b.N }) {
			t.Fatal("the order of counters changes the picture")
		}
	})
}
