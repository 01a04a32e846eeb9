package trade

import (
	"context"
	"math"
)

// Region is a part of a country as a row of its own, in the order of Exports.Products. It is measured against the world's
// totals, which hold its exports already as its country's: so the table, and all that was computed of it, stay as they are.
// What is not defined is NaN.
type Region struct {
	Value     []float64 // what it exported; products that the table does not have are in Unknown
	Total     float64   // of the products that the table has
	RCA       []float64 // (value/total)/(X_p/X), unitless
	M         []float64 // presence by the table's profile
	Diversity float64
	Density   []float64 // 0 to 1
	COG       []float64 // 0 for what is made, in the spread of the countries
	Unknown   []Cell    // exports of products that are not in the table, in the order given
}

// Region measures what a part of a country exported: cells in the table's currency and year, one for each product, whose
// Country is not looked at. It refuses profiles that count people, a negative value, one that is not a number, a product twice,
// and a region that exports nothing of the table's products; unavailable trade.busy where ctx ends.
func (x *Complexity) Region(ctx context.Context, cells []Cell) (*Region, error) {
	if x.Profile.NeedsPopulation() {
		return nil, invalid("region_population", "name", x.Profile.Name)
	}
	np := len(x.Exports.Products)
	number := make(map[string]int, np)
	for p, code := range x.Exports.Products {
		number[code] = p
	}
	r := &Region{Value: make([]float64, np), RCA: make([]float64, np)}
	if err := r.fill(cells, number); err != nil {
		return nil, err
	}
	for p, v := range r.Value {
		r.RCA[p] = (v / r.Total) / (x.Exports.ByProduct[p] / x.Exports.Total)
	}
	r.M = x.Profile.matrix(r.RCA, nil)
	for _, m := range r.M {
		r.Diversity += m
	}
	return r, x.near(ctx, r)
}

func (r *Region) fill(cells []Cell, number map[string]int) error {
	seen := make(map[string]bool, len(cells))
	for _, c := range cells {
		switch p, known := number[c.Product]; {
		case math.IsNaN(c.Value) || math.IsInf(c.Value, 0) || c.Value < 0:
			return invalid("bad_cell", "country", c.Country, "product", c.Product, "value", c.Value)
		case seen[c.Product]:
			return invalid("twice", "country", c.Country, "product", c.Product)
		case known:
			r.Value[p] = c.Value
		default:
			r.Unknown = append(r.Unknown, c)
		}
		seen[c.Product] = true
	}
	for _, v := range r.Value { // in the products' order, whatever the cells'
		r.Total += v
	}
	if r.Total == 0 {
		return invalid("region_empty", "cells", len(cells))
	}
	return nil
}

// near fills density and gain by the proximities of the table, made again band by band; each sum runs over the products in
// their order.
func (x *Complexity) near(ctx context.Context, r *Region) error {
	np := len(r.M)
	r.Density, r.COG = make([]float64, np), make([]float64, np)
	return x.space.bands(ctx, func(from, n int, room *room) {
		x.space.rows(from, n, room.phi)
		for i := range n {
			var made, gain float64
			for q, v := range room.phi[i*np : (i+1)*np] {
				if v != 0 {
					made += r.M[q] * v
					gain += (1 - r.M[q]) * v * x.weight[q]
				}
			}
			p := from + i
			r.Density[p] = made / x.reach[p]
			switch m := r.M[p]; {
			case m == 1:
			case math.IsNaN(r.Density[p]):
				r.COG[p] = math.NaN()
			default:
				r.COG[p] = gain * (1 - m) / x.sd
			}
		}
	})
}
