package trade

import "math"

// RCA gives Balassa's revealed comparative advantage (X_cp/X_c)/(X_p/X) for every cell, unitless, in the layout of
// Exports.Value. Weighted by X_c·X_p/X² its mean is 1 (Balassa 1965).
func (x *Exports) RCA() []float64 {
	return x.cells(func(v, c, p, all float64) float64 { return (v / c) / (p / all) })
}

// RSCA gives (R−1)/(R+1), in [−1, 1): symmetric around 0 (Laursen 1998).
func (x *Exports) RSCA() []float64 {
	return x.cells(func(v, c, p, all float64) float64 {
		r := (v / c) / (p / all)
		return (r - 1) / (r + 1)
	})
}

// LogRCA gives ln R; NaN where nothing is exported, for it is undefined there.
func (x *Exports) LogRCA() []float64 {
	return x.cells(func(v, c, p, all float64) float64 {
		if v == 0 {
			return math.NaN()
		}
		return math.Log((v / c) / (p / all))
	})
}

// NRCA gives X_cp/X − X_c·X_p/X²: sums to 0 over countries and over products, comparable over time (Yu et al. 2009).
func (x *Exports) NRCA() []float64 {
	return x.cells(func(v, c, p, all float64) float64 { return v/all - (c/all)*(p/all) })
}

// ARCA gives X_cp/X_c − X_p/X, additive (Hoen and Oosterhaven 2006).
func (x *Exports) ARCA() []float64 {
	return x.cells(func(v, c, p, all float64) float64 { return v/c - p/all })
}

// WeightedRCA gives R divided by the mean R of its country (Proudman and Redding 2000).
func (x *Exports) WeightedRCA() []float64 {
	out := x.RCA()
	np := len(x.Products)
	for c := range x.Countries {
		row := out[c*np : (c+1)*np]
		m := mean(row)
		for p := range row {
			row[p] /= m
		}
	}
	return out
}

// RPOP gives (X_cp/X_p)/(pop_c/pop), where pop is the sum over the table's countries. people is in the order of
// Countries; each is above 0.
func (x *Exports) RPOP(people []float64) []float64 {
	var all float64
	for _, n := range people {
		all += n
	}
	np := len(x.Products)
	out := make([]float64, len(x.Value))
	for i, v := range x.Value {
		out[i] = (v / people[i/np]) / (x.ByProduct[i%np] / all)
	}
	return out
}

// People gives the population of each country of the table, or says which is missing.
func (x *Exports) People(population map[string]float64) ([]float64, error) {
	out := make([]float64, len(x.Countries))
	for i, c := range x.Countries {
		if out[i] = population[c]; !(out[i] > 0) {
			return nil, invalid("no_population", "country", c).At("--population")
		}
	}
	return out, nil
}

func (x *Exports) cells(f func(v, c, p, all float64) float64) []float64 {
	np := len(x.Products)
	out := make([]float64, len(x.Value))
	for c, xc := range x.ByCountry {
		for p, xp := range x.ByProduct {
			out[c*np+p] = f(x.Value[c*np+p], xc, xp, x.Total)
		}
	}
	return out
}

func mean(v []float64) float64 {
	var s float64
	for _, f := range v {
		s += f
	}
	return s / float64(len(v))
}
