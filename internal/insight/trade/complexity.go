package trade

import (
	"context"
	"math"

	"rahgosha/internal/base/fault"
)

// Complexity is what one table of exports says under one profile. What is not defined is NaN. Slices over countries,
// products and cells are in the order of Exports.
type Complexity struct {
	Profile   Profile
	Exports   *Exports
	RCA       []float64 // per cell, unitless
	M         []float64 // per cell, presence
	Diversity []float64 // k_c
	Ubiquity  []float64 // k_p
	ECI, COI  []float64 // per country; ranks, not levels, compare between years
	PCI       []float64 // per product, in the spread of the countries unless the profile says otherwise
	Density   []float64 // per cell, 0 to 1
	COG       []float64 // per cell, 0 for what is made
	Spectrum  Spectrum
	Undecided []int // cells whose RCA stands on the threshold
	Warnings  []*fault.Fault

	// What a Region is measured by: the product space, each product's reach in it and complexity by reach, the countries' spread.
	space         *space
	reach, weight []float64
	sd            float64
}

// Complex computes all of it. people is needed by profiles that count people, in the order of the countries. It refuses
// a network in parts, one of fewer than two countries, and one where all make the same; unavailable trade.busy where ctx ends.
func Complex(ctx context.Context, x *Exports, p Profile, people []float64) (*Complexity, error) {
	out := &Complexity{Profile: p, Exports: x, RCA: x.RCA()}
	var rpop []float64
	if p.NeedsPopulation() {
		rpop = x.RPOP(people)
	}
	out.M, out.Undecided = p.matrix(out.RCA, rpop), p.undecided(out.RCA)
	s := newPresence(out.M, len(x.Products))
	out.Diversity, out.Ubiquity = s.diversity, s.ubiquity
	k, err := s.solve(x.Countries)
	if err != nil {
		return nil, err
	}
	out.Spectrum = k.spectrum
	out.warn(k)
	return out, out.outlook(ctx, newSpace(s, p.SelfNear), k)
}

// outlook fills density, gain, outlook and the standardised indices.
func (x *Complexity) outlook(ctx context.Context, s *space, k *scores) (err error) {
	x.space, x.weight = s, make([]float64, s.np)
	if x.reach, err = s.reach(ctx); err != nil {
		return err
	}
	for q, v := range x.reach {
		if v > 0 {
			x.weight[q] = k.product[q] / v
		}
	}
	if x.Density, x.COG, err = s.around(ctx, x.reach, x.weight); err != nil {
		return err
	}
	x.COI = x.outlooks(k)
	mean, sd := x.Profile.moments(k.country, s.np)
	x.sd = sd
	x.ECI = standard(k.country, mean, sd)
	for i, m := range x.M {
		switch x.COG[i] *= (1 - m) / sd; {
		case m == 1:
			x.COG[i] = 0 // not −0
		case math.IsNaN(x.Density[i]):
			x.COG[i] = math.NaN()
		}
	}
	if x.Profile.OwnPCI {
		mean, sd = x.Profile.moments(k.product, 1)
	}
	x.PCI = standard(k.product, mean, sd)
	mean, sd = x.Profile.moments(x.COI, s.np)
	x.COI = standard(x.COI, mean, sd)
	return nil
}

// outlooks sums density times complexity over what a country does not make.
func (x *Complexity) outlooks(k *scores) []float64 {
	out, np := make([]float64, len(x.Exports.Countries)), len(x.Exports.Products)
	for i, m := range x.M {
		if m != 1 && !math.IsNaN(x.Density[i]) {
			out[i/np] += x.Density[i] * (1 - m) * k.product[i%np]
		}
	}
	return out
}

// moments gives mean and spread of what is defined; copies is how often SpreadByCell counts each.
func (p Profile) moments(v []float64, copies int) (mean, sd float64) {
	var n, sum float64
	for _, f := range v {
		if !math.IsNaN(f) {
			n, sum = n+1, sum+f
		}
	}
	mean = sum / n
	for _, f := range v {
		if !math.IsNaN(f) {
			sd += (f - mean) * (f - mean)
		}
	}
	switch p.Spread {
	case SpreadN1:
		return mean, math.Sqrt(sd / (n - 1))
	case SpreadByCell:
		w := float64(copies)
		return mean, math.Sqrt(w * sd / (w*n - 1))
	default:
		return mean, math.Sqrt(sd / n)
	}
}

func standard(v []float64, mean, sd float64) []float64 {
	out := make([]float64, len(v))
	for i, f := range v {
		out[i] = (f - mean) / sd
	}
	return out
}

func (x *Complexity) warn(k *scores) {
	say := func(key string, kv ...any) {
		x.Warnings = append(x.Warnings, fault.New(fault.Refused, "trade."+key, kv...))
	}
	if gap := k.spectrum.Gap(); gap < weakGap {
		say("weak_gap", "gap", gap)
	}
	if k.unsigned {
		say("unsigned")
	}
	if n := len(x.Undecided); n > 0 {
		say("undecided", "cells", n)
	}
	if n := count(x.Diversity, 0); n > 0 {
		say("makes_nothing", "countries", n)
	}
	if n := count(x.Ubiquity, 0); n > 0 {
		say("made_nowhere", "products", n)
	}
}

func count(v []float64, what float64) (n int) {
	for _, f := range v {
		if f == what {
			n++
		}
	}
	return n
}

// Proximity gives how near product p lies to each, 0 to 1, in the order of Exports.Products.
func (x *Complexity) Proximity(p int) []float64 {
	row := make([]float64, len(x.Exports.Products))
	x.space.rows(p, 1, row)
	return row
}
