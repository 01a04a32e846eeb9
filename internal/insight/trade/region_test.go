package trade_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
)

// row is what a country of the table exported, as a region gives it.
func row(x *trade.Exports, country string) (cells []trade.Cell) {
	c := slices.Index(x.Countries, country)
	for p, code := range x.Products {
		if v := x.Value[c*len(x.Products)+p]; v > 0 {
			cells = append(cells, trade.Cell{Country: "region", Product: code, Value: v})
		}
	}
	return cells
}

// A region that exports what a whole country does is as near to each product as that country, and gains as much by it.
func TestARegionIsMeasuredAsACountryIs(t *testing.T) {
	t.Parallel()
	var cells []trade.Cell
	r := rand.New(rand.NewPCG(5, 7))
	for c := range 40 {
		for p := range 90 {
			if r.IntN(3) > 0 {
				cells = append(cells, trade.Cell{Country: string(rune('A'+c/26)) + string(rune('a'+c%26)), Product: string(rune('A'+p/26)) + string(rune('a'+p%26)), Value: math.Exp(8 * r.Float64())})
			}
		}
	}
	for _, name := range trade.ProfileNames() {
		world := complexity(t, cells, name)
		np := len(world.Exports.Products)
		before := slices.Clone(world.COG)
		for _, country := range []string{"Aa", "Bc"} {
			got, err := world.Region(t.Context(), row(world.Exports, country))
			if err != nil {
				t.Fatal(err)
			}
			c := slices.Index(world.Exports.Countries, country)
			near(t, name+" rca", got.RCA, world.RCA[c*np:(c+1)*np], 1e-13)
			near(t, name+" m", got.M, world.M[c*np:(c+1)*np], 1e-13)
			near(t, name+" density", got.Density, world.Density[c*np:(c+1)*np], 1e-13)
			near(t, name+" cog", got.COG, world.COG[c*np:(c+1)*np], 1e-10)
		}
		near(t, name+" the world's own", world.COG, before, 0)
	}
}

// A part exports less than the whole, and the world's totals hold it already: half of each product is the same advantage.
func TestARegionLeavesTheWorldsTotals(t *testing.T) {
	t.Parallel()
	half := []trade.Cell{{Country: "region", Product: "y", Value: 10}, {Country: "region", Product: "z", Value: 10}}
	law := func(rca func(t testing.TB) []float64) func(t testing.TB) {
		return func(t testing.TB) { near(t, "rca", rca(t), []float64{0, 1.5, 3}, 1e-15) }
	}
	law(func(t testing.TB) []float64 {
		got, err := complexity(t, world(), "py").Region(t.Context(), half)
		if err != nil {
			t.Fatal(err)
		}
		return got.RCA
	})(t)
	control.Finds(t, "rca", law(func(t testing.TB) []float64 { // counted beside its country, in the totals twice
		x := table(t, append(half, world()...))
		c := slices.Index(x.Countries, "region")
		return x.RCA()[c*3 : c*3+3]
	}))
}

func TestARegionsFaultsAreNamed(t *testing.T) {
	t.Parallel()
	small := complexity(t, world(), "py")
	for key, cells := range map[string][]trade.Cell{
		"trade.region_empty": {{Product: "w", Value: 3}},
		"trade.twice":        {{Product: "y", Value: 3}, {Product: "y", Value: 4}},
		"trade.bad_cell":     {{Product: "y", Value: -1}},
	} {
		if _, err := small.Region(t.Context(), cells); !is(err, key) {
			t.Errorf("want %s, got %v", key, err)
		}
	}
	got, err := small.Region(t.Context(), []trade.Cell{{Product: "w", Value: 3}, {Product: "y", Value: 3}})
	if err != nil || len(got.Unknown) != 1 || got.Unknown[0].Product != "w" || got.Total != 3 {
		t.Errorf("what the table does not have is told and left out of the total: %+v, %v", got, err)
	}
}

func is(err error, key string) bool {
	f, ok := fault.As(err)
	return ok && f.Key == key
}
