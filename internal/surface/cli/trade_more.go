package cli

import (
	"math"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// more writes the indicators beside complexity.
func (c *tradeComplexity) more(run *tradeRun, r *trade.Complexity) error {
	if c.Rounds < 1 || c.Rounds > 1000 {
		return fault.New(fault.Invalid, "trade.rounds", "rounds", c.Rounds).At("--rounds")
	}
	x := r.Exports
	income, err := c.income(run, x)
	if err != nil {
		return err
	}
	reflected, mirrored := r.Reflections(c.Rounds)
	fitness, simple := r.Fitness(c.Rounds)
	prody, expy := x.Sophistication(income)
	np := len(x.Products)
	header := []string{"country", "exports", "reflection", "fitness", "products", "hhi", "hhi_normalised", "theil", "expy"}
	err = run.table("country_more.csv", header, func(w *tradecsv.Writer) {
		for i, name := range x.Countries {
			k := trade.Concentrate(x.Value[i*np:(i+1)*np], np)
			row(w, []string{name}, x.ByCountry[i], reflected[i], fitness[i], float64(k.Parts), k.HHI, k.Normalised, k.Theil, expy[i])
		}
	})
	if err != nil {
		return err
	}
	header = []string{"product", "exports", "reflection", "complexity", "exporters", "hhi", "hhi_normalised", "theil", "prody"}
	return run.table("product_more.csv", header, func(w *tradecsv.Writer) {
		by := make([]float64, len(x.Countries))
		for p, name := range x.Products {
			for i := range by {
				by[i] = x.Value[i*np+p]
			}
			k := trade.Concentrate(by, len(by))
			row(w, []string{name}, x.ByProduct[p], mirrored[p], simple[p], float64(k.Parts), k.HHI, k.Normalised, k.Theil, prody[p])
		}
	})
}

// income gives each country's income, NaN where the table has none.
func (c *tradeComplexity) income(run *tradeRun, x *trade.Exports) ([]float64, error) {
	out := make([]float64, len(x.Countries))
	known := map[string]float64{}
	if c.Income != "" {
		var err error
		if known, err = readTable(run, "--income", c.Income, tradecsv.Incomes); err != nil {
			return nil, err
		}
	}
	for i, name := range x.Countries {
		v, ok := known[name]
		if out[i] = v; !ok {
			out[i] = math.NaN()
		}
	}
	return out, nil
}
