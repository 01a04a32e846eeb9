package trade_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
)

func TestReflectionsByHand(t *testing.T) {
	t.Parallel()
	r := complexity(t, world(), "py") // a makes y, z; b makes x, y; c makes x
	country, product := r.Reflections(1)
	near(t, "countries", country, []float64{1.5, 2, 2}, 1e-15)
	near(t, "products", product, []float64{1.5, 2, 2}, 1e-15)
	country, _ = r.Reflections(2)
	near(t, "countries twice", country, []float64{2, 1.75, 1.5}, 1e-15)
}

// TestReflectionsTendToTheEigenvector on a real year: after 20 steps they rank as ECI does.
func TestReflectionsTendToTheEigenvector(t *testing.T) {
	t.Parallel()
	r := complexity(t, cellsOf(t, "exports_hs4_2017.csv.gz"), "py")
	country, _ := r.Reflections(20)
	if c := plainCorrelation(country, r.ECI); c < 0.999 {
		t.Errorf("20 reflections correlate only %g with ECI", c)
	}
}

func TestFitnessByHand(t *testing.T) {
	t.Parallel()
	r := complexity(t, world(), "py")
	fitness, product := r.Fitness(1)
	near(t, "fitness", fitness, []float64{1.2, 1.2, .6}, 1e-15)
	near(t, "complexity", product, []float64{.75, .75, 1.5}, 1e-15)
}

func TestLawsOfFitness(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, err := trade.NewExports(anyWorld(t), trade.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := trade.ProfileNamed("py")
		r, err := trade.Complex(context.Background(), x, p, nil)
		if fault.Is(err, fault.Refused) {
			t.Skip("not to be ranked")
		}
		fitness, product := r.Fitness(20)
		for _, v := range [][]float64{fitness, product} {
			var sum, n float64
			for _, f := range v {
				if f < 0 {
					t.Fatalf("fitness of %g", f)
				}
				if !math.IsNaN(f) {
					sum, n = sum+f, n+1
				}
			}
			if math.Abs(sum/n-1) > 1e-12 {
				t.Fatalf("the mean is %g, not 1", sum/n)
			}
		}
	})
}

// TestSophisticationStaysWithinIncomes, and one income for all is everybody's EXPY; an unknown income changes nothing but
// to be left out.
func TestSophisticationStaysWithinIncomes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, err := trade.NewExports(anyWorld(t), trade.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		income := make([]float64, len(x.Countries))
		for i := range income {
			income[i] = rapid.Float64Range(500, 90000).Draw(t, "income")
		}
		prody, expy := x.Sophistication(income)
		for _, v := range append(slices.Clone(prody), expy...) {
			if v < slices.Min(income)*(1-1e-12) || v > slices.Max(income)*(1+1e-12) {
				t.Fatalf("%g lies outside the incomes %v", v, income)
			}
		}
		for i := range income {
			income[i] = 1000
		}
		income[0] = math.NaN()
		_, expy = x.Sophistication(income)
		for _, v := range expy {
			if !math.IsNaN(v) && math.Abs(v-1000) > 1e-9 {
				t.Fatalf("everybody earns 1000, but EXPY is %g", v)
			}
		}
	})
}

func TestConcentration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		n      int
		want   trade.Concentration
	}{
		{[]float64{5, 5, 0}, 0, trade.Concentration{Parts: 2, HHI: .5, Normalised: 0, Theil: 0}},
		{[]float64{5, 5, 0, 0}, 4, trade.Concentration{Parts: 2, HHI: .5, Normalised: 1. / 3, Theil: math.Ln2}},
		{[]float64{7, 0}, 2, trade.Concentration{Parts: 1, HHI: 1, Normalised: 1, Theil: math.Ln2}},
		{[]float64{0, 0}, 2, trade.Concentration{HHI: math.NaN(), Normalised: math.NaN(), Theil: math.NaN()}},
	} {
		g := trade.Concentrate(c.values, c.n)
		near(t, "concentration", []float64{float64(g.Parts), g.HHI, g.Normalised, g.Theil},
			[]float64{float64(c.want.Parts), c.want.HHI, c.want.Normalised, c.want.Theil}, 1e-15)
	}
}
