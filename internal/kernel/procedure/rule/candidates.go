package rule

import (
	"math"
	"math/big"
	"slices"

	"cel.dev/cel-go/common/types"

	"rahgosha/internal/base/jalali"
)

// smallDomain is the widest range of a number whose values are all tried.
const smallDomain = 64

// candidates lists the values worth trying for a fact, given the values the others have now: all of a small domain,
// else the turning points of every atom that reads it with their neighbours, and the ends of its range. Nearest first.
func (s *search) candidates(c Control, rest []Control) []any {
	if len(c.Candidates) > 0 {
		return c.Candidates
	}
	var out []any
	switch c.Type.Kind {
	case Bool, File:
		return []any{true, false}
	case Choice:
		for _, o := range c.Type.Options {
			out = append(out, o)
		}
		return out
	case Int, Money, Percent:
		out = s.numbers(c, rest)
	case Date:
		out = s.dates(c, rest)
	case List:
		out = s.lists(c)
	case Text:
		out = s.texts(c)
	}
	was := s.in.Facts[c.Name]
	slices.SortStableFunc(out, func(a, b any) int { return compareGap(was, a, b) })
	return out
}

func compareGap(was, a, b any) int {
	switch x, y := gap(was, a), gap(was, b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// atomsOf calls f with every decomposable atom that reads a fact.
func (s *search) atomsOf(fact string, f func(*atom)) {
	for _, r := range s.rules {
		for _, a := range r.atoms {
			if a.form != nil && slices.Contains(a.uses, fact) {
				f(a)
			}
		}
	}
}

func (s *search) numbers(c Control, rest []Control) []any {
	lo, hi := bounds(c.Type)
	if lo != math.MinInt64 && hi-lo >= 0 && hi-lo < smallDomain {
		return asValues(span(lo, hi))
	}
	var ns []int64
	reach := int64(1)
	s.atomsOf(c.Name, func(a *atom) {
		ns = append(ns, s.turning(a, c.Name)...)
		reach = max(reach, a.form.reach())
	})
	for _, o := range rest {
		ns = append(ns, s.crossings(c.Name, o.Name)...)
	}
	if was, ok := s.in.Facts[c.Name].(int64); ok {
		ns = append(ns, was)
	}
	if c.Type.Min != nil {
		ns = append(ns, lo)
	}
	if c.Type.Max != nil {
		ns = append(ns, hi)
	}
	ns = around(ns, reach)
	ns = slices.DeleteFunc(ns, func(n int64) bool { return n < lo || n > hi })
	slices.Sort(ns)
	return asValues(slices.Compact(ns))
}

// maxReach bounds the neighbours tried around a turning point.
const maxReach = 4

// reach is how far around a turning point to look when a sum ties several facts: another fact with the coefficient k
// meets an equality only on every k-th value of this one.
func (f *form) reach() int64 {
	r := int64(1)
	for _, t := range f.linear {
		if t.fact != "" && len(f.facts) > 1 {
			r = max(r, min(maxReach, t.k), min(maxReach, -t.k))
		}
	}
	return r
}

// around adds the neighbours of each number within reach, leaving out those beyond int64.
func around(ns []int64, reach int64) []int64 {
	var out []int64
	for _, n := range ns {
		for d := -reach; d <= reach; d++ {
			if m, ok := types.Int(n).Add(types.Int(d)).(types.Int); ok {
				out = append(out, int64(m))
			}
		}
	}
	return out
}

// bounds are a number's limits; money and percentages are never negative.
func bounds(t Type) (lo, hi int64) {
	lo, hi = math.MinInt64, math.MaxInt64
	if t.Kind != Int {
		lo = 0
	}
	if t.Min != nil {
		lo = *t.Min
	}
	if t.Max != nil {
		hi = *t.Max
	}
	return lo, hi
}

func span(lo, hi int64) []int64 {
	var out []int64
	for n := lo; n <= hi; n++ {
		out = append(out, n)
	}
	return out
}

func asValues(ns []int64) []any {
	out := make([]any, len(ns))
	for i, n := range ns {
		out[i] = n
	}
	return out
}

// turning solves an atom's sum for one fact with the others as they stand, and gives the integers on both sides
// of the solution.
func (s *search) turning(a *atom, fact string) []int64 {
	var k int64
	rest := new(big.Int)
	for _, t := range a.form.linear {
		if t.fact == fact {
			k += t.k
			continue
		}
		v, ok := s.ordinal(t.fact)
		if !ok {
			return nil
		}
		rest.Add(rest, new(big.Int).Mul(big.NewInt(v), big.NewInt(t.k)))
	}
	if k == 0 {
		return nil
	}
	q := new(big.Int).Div(rest.Neg(rest), big.NewInt(k))
	if !q.IsInt64() || q.Int64() > math.MaxInt64-2 || q.Int64() < math.MinInt64+1 {
		return nil
	}
	n := q.Int64()
	return []int64{n, n + 1}
}

// ordinal is a fact's value on the line: itself for numbers, its index for dates, 1 for the constant term.
func (s *search) ordinal(fact string) (int64, bool) {
	switch fact {
	case "":
		return 1, true
	case todayVar:
		return int64(s.in.Today.Index()), !s.in.Today.IsZero()
	}
	switch v := s.facts[fact].(type) {
	case int64:
		return v, true
	case jalali.Date:
		return int64(v.Index()), true
	}
	return 0, false
}

func (s *search) dates(c Control, rest []Control) []any {
	var days []int64
	for _, o := range rest {
		days = append(days, around(s.crossings(c.Name, o.Name), 1)...)
	}
	s.atomsOf(c.Name, func(a *atom) {
		at := s.turning(a, c.Name)
		if a.form.window > 0 && len(at) > 0 {
			at = s.scan(a, c.Name, at[1])
		}
		days = append(days, around(at, 1)...)
	})
	slices.Sort(days)
	var out []any
	for _, n := range slices.Compact(days) {
		if n >= 0 && n <= int64(jalali.Last.Index()) {
			out = append(out, jalali.AtIndex(int(n)))
		}
	}
	return out
}

// scan walks the window around a day and gives both sides of every turn of the atom.
func (s *search) scan(a *atom, fact string, around int64) []int64 {
	lo := max(around-a.form.window, 0)
	hi := min(around+a.form.window, int64(jalali.Last.Index()))
	var out []int64
	last := Unknown
	keep := s.facts[fact]
	for n := lo; n <= hi; n++ {
		s.put(fact, jalali.AtIndex(int(n)))
		if t := s.env.leaf(a.prog, s.b).is; n > lo && t != last {
			out = append(out, n-1, n)
			last = t
		} else {
			last = t
		}
	}
	s.put(fact, keep)
	return out
}
