package casework_test

import (
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

func drawLap(t *rapid.T) casework.Lap {
	return casework.Lap{
		Clock: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "clock"), Outcome: rapid.SampledFrom([]string{"granted", "refused"}).Draw(t, "outcome"),
		Took: rapid.IntRange(0, 40).Draw(t, "took"), Late: rapid.Bool().Draw(t, "late"), Ended: rapid.Int64Range(0, 100).Draw(t, "ended"),
	}
}

// A median parts the lengths in halves, no lap is lost, and none from before the window counts.
func TestAMedianPartsTheLengthsInHalves(t *testing.T) {
	t.Parallel()
	d := &procedure.Definition{Clocks: []*procedure.Clock{{ID: "a"}, {ID: "b"}}}
	rapid.Check(t, func(t *rapid.T) {
		laps := rapid.SliceOf(rapid.Custom(drawLap)).Draw(t, "laps")
		since := rapid.Int64Range(0, 100).Draw(t, "since")
		p := casework.PaceOf(d, laps, since)
		seen := 0
		for _, k := range p.Clocks {
			seen += k.N
			holdsHalves(t, k.Spread, lengths(laps, since, k.Clock.ID, ""))
		}
		for outcome, s := range p.Outcomes {
			seen += s.N
			holdsHalves(t, s, lengths(laps, since, "", outcome))
		}
		for _, l := range laps {
			if l.Ended >= since {
				seen--
			}
		}
		if seen != 0 {
			t.Fatalf("%d laps too many", seen)
		}
	})
}

func lengths(laps []casework.Lap, since int64, clock, outcome string) (out []int) {
	for _, l := range laps {
		if l.Ended >= since && l.Clock == clock && (clock != "" || l.Outcome == outcome) {
			out = append(out, l.Took)
		}
	}
	return out
}

// holdsHalves is the law of a median: at least half of the lengths are not above it and at least half are not below it; nine
// of ten are not above Most, and it is one of them.
func holdsHalves(t interface{ Errorf(string, ...any) }, s casework.Spread, took []int) {
	var below, above, most, is int
	for _, n := range took {
		if 2*n <= s.Twice {
			below++
		}
		if 2*n >= s.Twice {
			above++
		}
		if n <= s.Most {
			most++
		}
		if n == s.Most {
			is++
		}
	}
	if len(took) != s.N || 2*below < s.N || 2*above < s.N {
		t.Errorf("no median: %+v of %v", s, took)
	}
	if 10*most < 9*s.N || is == 0 {
		t.Errorf("no nine of ten: %+v of %v", s, took)
	}
}

// The negative control: a mean in the place of the median is found, and so is a length that nobody took.
func TestAMeanIsNoMedian(t *testing.T) {
	t.Parallel()
	for words, s := range map[string]casework.Spread{"no median": {N: 3, Twice: 28, Most: 40}, "no nine of ten": {N: 3, Twice: 2, Most: 39}} {
		control.Finds(t, words, func(t testing.TB) { holdsHalves(t, s, []int{1, 1, 40}) })
	}
}
