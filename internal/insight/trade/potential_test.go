package trade_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

func TestGatePotentialEU15(t *testing.T) {
	t.Parallel()
	f, err := tradecsv.Flows("eu", open(t, "bilateral_eu15_hs2section_2007_2016.csv.gz"), "dist_km")
	if err != nil {
		t.Fatal(err)
	}
	growth, err := tradecsv.Growths("growth", open(t, "gdp_pop_growth_un_wb.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	codes, err := tradecsv.Codes("geo", open(t, "geo_cepii.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	in := trade.Market{From: 2012, To: 2016, Elasticity: 1, Substitution: 1, LogDistance: make([]float64, 15*15)}
	for _, c := range f.Countries {
		e := growth[codes[c]]
		in.Output, in.People = append(in.Output, 1+e.GDPGrowth), append(in.People, 1+e.PopulationGrowth)
	}
	for r, d := range f.Columns["dist_km"] {
		in.LogDistance[int(f.Origin[r])*15+int(f.Destination[r])] = math.Log(d)
	}
	p, err := trade.NewPotential(f, in)
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]trade.PotentialCell{}
	for i := range f.Countries {
		p.Exporter(i, func(c *trade.PotentialCell) {
			cells[fmt.Sprint(f.Countries[c.Origin], f.Countries[c.Destination], f.Products[c.Product])] = *c
		})
	}
	rows := reference(t, "epi_eu15_2012_2016.csv.gz")
	if len(rows) != len(cells) {
		t.Errorf("%d cells, the reference has %d", len(cells), len(rows))
	}
	gates := map[string]*gate{}
	for _, row := range rows {
		c := cells[row["origin"]+row["destination"]+row["product"]]
		for what, got := range map[string]float64{
			"actual": c.Actual, "proj_market_share": c.Share, "export_import_ratio": c.Ratio, "supply": c.Supply, "demand": c.Demand,
			"distance_factor": c.Distance, "ease": c.Ease, "epi": c.EPI, "ease_b": c.EaseB, "epi_b": c.EPIB,
		} {
			if gates[what] == nil {
				gates[what] = &gate{what: what, limit: 1e-12, relative: true}
			}
			gates[what].hold(t, got, row[what])
		}
		if d := math.Abs(c.Unrealised - number(t, row["unrealised"])); d > 1e-12*c.EPI+1e-9 {
			t.Errorf("unrealised of %v apart by %g", row, d)
		}
	}
	for _, g := range gates {
		g.report(t)
	}
}

// anyFlows draws a small world of trade, with tariffs, growth and distances.
func anyFlows(t *rapid.T) (*trade.Flows, trade.Market) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
	nc, np := rapid.IntRange(2, 6).Draw(t, "countries"), rapid.IntRange(1, 6).Draw(t, "products")
	f := &trade.Flows{}
	for c := range nc {
		f.Countries = append(f.Countries, fmt.Sprint(c))
	}
	for p := range np {
		f.Products = append(f.Products, fmt.Sprint(p))
	}
	in := trade.Market{From: 1, To: 2, Elasticity: r.Float64() * 2, Substitution: r.Float64() * 5, Tariff: map[[3]uint16]float64{}}
	for i := range nc {
		in.Output, in.People = append(in.Output, 1+r.Float64()/4), append(in.People, 1+r.Float64()/8)
		for j := range nc {
			in.LogDistance = append(in.LogDistance, 5+4*r.Float64())
			for k := range np {
				in.Tariff[[3]uint16{uint16(i), uint16(j), uint16(k)}] = r.Float64() / 3
				for y := range 2 {
					if i == j || r.IntN(3) == 0 {
						continue
					}
					f.Origin, f.Destination = append(f.Origin, uint16(i)), append(f.Destination, uint16(j))
					f.Product, f.Year = append(f.Product, uint16(k)), append(f.Year, uint16(y))
					f.Value = append(f.Value, math.Exp(3*r.NormFloat64()))
				}
			}
		}
	}
	f.Years = []int{1, 2}
	return f, in
}

// TestLawsOfPotential: projected shares of a product add up to 1; with the second ease the potentials of a pair add up
// to its trade; nothing unrealised is negative, and it is counted cell by cell.
func TestLawsOfPotential(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, in := anyFlows(t)
		p, err := trade.NewPotential(f, in)
		if err != nil {
			t.Fatal(err)
		}
		share, traded := make([]float64, len(f.Products)), make([]float64, len(f.Products))
		for i := range f.Countries {
			pair, actual, able := map[int]float64{}, map[int]float64{}, map[int]bool{}
			for k := range f.Products {
				_, s, _ := p.Supply(i, k)
				share[k] += s
			}
			p.Exporter(i, func(c *trade.PotentialCell) {
				pair[c.Destination] += c.EPIB
				actual[c.Destination] += c.Actual
				able[c.Destination] = able[c.Destination] || c.EPIB > 0
				traded[c.Product] += c.Actual
				if c.Unrealised < 0 || c.Unrealised < c.EPI-c.Actual || c.Unrealised > 0 && c.Unrealised != c.EPI-c.Actual {
					t.Fatalf("unrealised %g of potential %g and actual %g", c.Unrealised, c.EPI, c.Actual)
				}
				if (c.Flag == trade.NoFlag) != (c.EPI > 0) {
					t.Fatalf("a cell of potential %g has the flag %q", c.EPI, c.Flag)
				}
			})
			for j, sum := range pair {
				if able[j] && math.Abs(sum-actual[j]) > 1e-10*(1+actual[j]) {
					t.Fatalf("potentials of %d>%d add up to %g, its trade is %g", i, j, sum, actual[j])
				}
			}
		}
		for k, s := range share {
			if traded[k] > 0 && math.Abs(s-1) > 1e-12 {
				t.Fatalf("projected shares of product %d add up to %g", k, s)
			}
		}
	})
}

func TestPotentialRefuses(t *testing.T) {
	t.Parallel()
	f := &trade.Flows{Countries: []string{"a", "b"}, Products: []string{"x"}, Years: []int{2020},
		Origin: []uint16{0}, Destination: []uint16{1}, Product: []uint16{0}, Year: []uint16{0}, Value: []float64{5}}
	unknown := []float64{math.NaN(), math.NaN(), 7, math.NaN()}
	for key, in := range map[string]trade.Market{
		"trade.no_years":    {From: 2001, To: 2005, LogDistance: make([]float64, 4)},
		"trade.no_distance": {From: 2020, To: 2020, LogDistance: unknown},
	} {
		_, err := trade.NewPotential(f, in)
		if ft, ok := fault.As(err); !ok || ft.Key != key {
			t.Errorf("want %s, got %v", key, err)
		}
	}
}
