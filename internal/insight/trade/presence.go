package trade

import (
	"math"
	"math/bits"
)

// presence is M: which country makes which product, and how much when the profile is smooth. It is kept three ways,
// each for one reader: cells for the answer, maker lists for sums over countries, bits for counting common makers.
type presence struct {
	nc, np    int
	m         []float64 // m[c*np+p]
	binary    bool
	makers    [][]int32 // of each product, ascending
	words     int       // of one product in set
	set       []uint64  // set[p*words:]: its makers as bits; binary only
	diversity []float64 // k_c
	ubiquity  []float64 // k_p
}

// Presence gives M in the layout of Exports.Value from rca and, where the profile asks for it, rpop.
func (p Profile) matrix(rca, rpop []float64) []float64 {
	out := make([]float64, len(rca))
	for i, r := range rca {
		if p.Presence == Smooth {
			out[i] = r / (1 + r)
			continue
		}
		if p.present(r, at(rpop, i)) {
			out[i] = 1
		}
	}
	return out
}

func (p Profile) present(r, n float64) bool {
	above := func(v float64) bool { return v > p.Threshold || (!p.Strict && v == p.Threshold) }
	switch p.Presence {
	case Above:
		return r > p.Threshold
	case Population:
		return above(n)
	case Union:
		return above(r) || above(n)
	default:
		return r >= p.Threshold
	}
}

// NeedsPopulation tells whether the rule of presence counts people.
func (p Profile) NeedsPopulation() bool { return p.Presence == Population || p.Presence == Union }

func at(v []float64, i int) float64 {
	if v == nil {
		return 0
	}
	return v[i]
}

// nearly is how close to the threshold an RCA must be to be named: there, another order of summation may decide.
const nearly = 1e-12

// undecided gives the cells whose RCA stands on the threshold to within nearly.
func (p Profile) undecided(rca []float64) (cells []int) {
	if p.Presence == Smooth || p.Presence == Population {
		return nil
	}
	for i, r := range rca {
		if math.Abs(r-p.Threshold) < nearly {
			cells = append(cells, i)
		}
	}
	return cells
}

func newPresence(m []float64, np int) *presence {
	s := &presence{nc: len(m) / np, np: np, m: m, binary: true, makers: make([][]int32, np)}
	s.diversity, s.ubiquity = make([]float64, s.nc), make([]float64, np)
	s.words = (s.nc + 63) / 64
	s.set = make([]uint64, np*s.words)
	for i, v := range m {
		if v == 0 {
			continue
		}
		c, p := i/np, i%np
		s.makers[p] = append(s.makers[p], int32(c)) // #nosec G115 -- codes are numbered in 16 bits when they are read
		s.diversity[c] += v
		s.ubiquity[p] += v
		s.set[p*s.words+c/64] |= 1 << (c % 64)
		s.binary = s.binary && v == 1
	}
	return s
}

// common counts the countries that make both products; M must be binary.
func (s *presence) common(p, q int) int {
	a, b := s.set[p*s.words:(p+1)*s.words], s.set[q*s.words:(q+1)*s.words]
	n := 0
	for i, w := range a {
		n += bits.OnesCount64(w & b[i])
	}
	return n
}

// parts numbers the connected parts of the network of countries and products, ignoring those without any presence: a
// country of no part has −1. Two parts cannot be ranked against each other.
func (s *presence) parts() (of []int, n int) {
	root := make([]int, s.nc)
	for c := range root {
		root[c] = c
	}
	var find func(int) int
	find = func(c int) int {
		if root[c] != c {
			root[c] = find(root[c])
		}
		return root[c]
	}
	for _, list := range s.makers {
		for i := 1; i < len(list); i++ {
			a, b := find(int(list[0])), find(int(list[i]))
			root[max(a, b)] = min(a, b)
		}
	}
	of = make([]int, s.nc)
	number := map[int]int{}
	for c := range of {
		if of[c] = -1; s.diversity[c] == 0 {
			continue
		}
		r := find(c)
		if _, seen := number[r]; !seen {
			number[r] = len(number)
		}
		of[c] = number[r]
	}
	return of, len(number)
}
