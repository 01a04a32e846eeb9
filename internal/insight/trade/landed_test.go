package trade_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
)

// A kilogram of carpet, by hand: 3,000,000 + 200,000 + 300,000 rial at 700,000 a dollar are 5 USD FOB; with 0.80 freight and 0.20
// insurance 6 CIF; duty of 10 % 0.60; costs 0.40: 7.00; margin of 20 %: 8.40. The median 8 at the border with the duty of 20 % that
// others pay is 9.60, with the same costs 10.00, with the same margin 12.00: the price lies 3.60 or 30 % under it. With a least
// margin of 10 % it may be 10.80: 9.00 before the margin, 8.60 without costs, 7.818181… CIF, 6.818181… FOB, 4,772,727 rial less
// 500,000.
func TestLandedByHand(t *testing.T) {
	t.Parallel()
	carpet := trade.Landing{ExWorks: 3_000_000, Packing: 200_000, Inland: 300_000, Rate: 700_000, Freight: 0.8, Insurance: 0.2, Duty: 0.1, Costs: 0.4, Margin: 0.2,
		Median: 8, MedianDuty: 0.2, Least: 0.1}
	for _, c := range []struct {
		name    string
		change  func(*trade.Landing)
		verdict trade.Verdict
		price   float64
		margin  float64
		highest int64
	}{
		{"as told", func(*trade.Landing) {}, trade.Go, 8.4, 0.3, 4_272_727},
		{"the price that is just low enough", func(l *trade.Landing) { l.ExWorks = 4_272_727 }, trade.Go, 10.8, 0.1, 4_272_727},
		{"a rial more", func(l *trade.Landing) { l.ExWorks = 4_272_728 }, trade.NoGo, 10.8, 0.1, 4_272_727},
		{"the same duty for all", func(l *trade.Landing) { l.MedianDuty = 0.1 }, trade.Go, 8.4, 1 - 8.4/11.04, 3_814_545}, // 9.936: 8.28, 7.88, 7.163636…, 6.163636…
		{"a cheap market", func(l *trade.Landing) { l.Median = 2 }, trade.NoGo, 8.4, 1 - 8.4/3.36, 149_090},               // 3.024: 2.52, 2.12, 1.927272…, 0.927272…
		{"a market of unknown prices", func(l *trade.Landing) { l.Median = math.NaN() }, trade.Undecided, 8.4, math.NaN(), 0},
	} {
		in := carpet
		c.change(&in)
		got, err := trade.Land(in)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != c.verdict || math.Abs(got.Price-c.price) > 1e-5 || !(math.Abs(got.Margin-c.margin) < 1e-6) && !math.IsNaN(c.margin) || got.Highest != c.highest {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	got, err := trade.Land(carpet)
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]float64{"ex works": {got.ExWorks, 3. / 0.7}, "FOB": {got.FOB, 5}, "CIF": {got.CIF, 6}, "duty": {got.Duty, 0.6}, "cost": {got.Cost, 7}, "others": {got.Others, 12}} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
	for field, change := range map[string]func(*trade.Landing){
		"ex_works": func(l *trade.Landing) { l.ExWorks = 0 }, "rate": func(l *trade.Landing) { l.Rate = 0 }, "packing": func(l *trade.Landing) { l.Packing = -1 },
		"inland": func(l *trade.Landing) { l.Inland = 1 << 51 }, "freight": func(l *trade.Landing) { l.Freight = math.NaN() }, "duty": func(l *trade.Landing) { l.Duty = 31 },
		"margin": func(l *trade.Landing) { l.Margin = -0.1 }, "median": func(l *trade.Landing) { l.Median = 0 }, "least": func(l *trade.Landing) { l.Least = 1 },
	} {
		in := carpet
		change(&in)
		if _, err := trade.Land(in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", field, err)
		} else if f, _ := fault.As(err); f.Field != field {
			t.Errorf("%s: the fault is at %q", field, f.Field)
		}
	}
}

// The highest price ex works is the highest: at it the verdict is go, a few rial above it is not.
func TestTheHighestPriceIsTheHighest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := func(name string, most float64) float64 { return rapid.Float64Range(0, most).Draw(t, name) }
		in := trade.Landing{ExWorks: 1, Packing: rapid.Int64Range(0, 1e6).Draw(t, "packing"), Rate: rapid.Int64Range(1e5, 1e6).Draw(t, "rate"), Freight: f("freight", 5),
			Insurance: f("insurance", 1), Duty: f("duty", 1), Costs: f("costs", 5), Margin: f("margin", 1), Median: 1 + f("median", 50), MedianDuty: f("other", 1), Least: f("least", 0.5)}
		out, err := trade.Land(in)
		if err != nil || out.Highest < 10 {
			return
		}
		for step, want := range map[int64]trade.Verdict{-2: trade.Go, 2: trade.NoGo} {
			in.ExWorks = out.Highest + step
			if again, err := trade.Land(in); err != nil || again.Verdict != want {
				t.Fatalf("%d rial from the highest: %+v %v", step, again, err)
			}
		}
	})
}
