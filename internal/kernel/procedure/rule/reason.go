package rule

import (
	"slices"
)

// maxTries bounds the evaluations of one search for a reason or a remedy.
const maxTries = 200_000

// Reason gives the smallest set of facts that makes the rule fail: known alone, with everything else unknown, they
// already evaluate to "not met", so by Kleene's tables the rule is not met whatever the other facts are. Smallest is
// fewest facts, then first in name order. It is nil when the rule does not fail. When the sets are too many to try, the
// answer is one from which no fact can be dropped, and still sufficient.
func Reason(r *Rule, in Input) []string {
	if r.root == nil || r.truth(r.env.bind(in, r.uses)) != NotMet {
		return nil
	}
	known := slices.DeleteFunc(slices.Clone(r.uses), func(n string) bool { return in.Facts[n] == nil })
	tries := 0
	for size := 0; size <= len(known); size++ {
		if tries += choose(len(known), size); tries > maxTries {
			return r.irreducible(in, known)
		}
		if s := r.failingSet(in, known, size); s != nil {
			return s
		}
	}
	return known
}

// truth evaluates without a trace, stopping as soon as the skeleton is decided.
func (r *Rule) truth(b *bindings) Truth {
	return r.root.fold(func(a *atom) Truth { return r.env.leaf(a.prog, b).is })
}

// failsWith reports whether the rule fails when only these facts are known.
func (r *Rule) failsWith(in Input, only []string) bool {
	b := r.env.bind(in, only)
	for _, n := range r.uses {
		if !slices.Contains(only, n) {
			b.hide(shield(n))
		}
	}
	return r.truth(b) == NotMet
}

func (r *Rule) failingSet(in Input, known []string, size int) []string {
	var found []string
	combinations(len(known), size, func(pick []int) bool {
		s := make([]string, 0, size)
		for _, i := range pick {
			s = append(s, known[i])
		}
		if r.failsWith(in, s) {
			found = s
		}
		return found == nil
	})
	return found
}

func (r *Rule) irreducible(in Input, known []string) []string {
	keep := slices.Clone(known)
	for _, n := range known {
		rest := slices.DeleteFunc(slices.Clone(keep), func(k string) bool { return k == n })
		if r.failsWith(in, rest) {
			keep = rest
		}
	}
	return keep
}

// combinations calls f with each choice of k out of n in lexicographic order until f says stop.
func combinations(n, k int, f func([]int) bool) {
	pick := make([]int, 0, k)
	var walk func(from int) bool
	walk = func(from int) bool {
		if len(pick) == k {
			return f(pick)
		}
		for i := from; i <= n-(k-len(pick)); i++ {
			pick = append(pick, i)
			ok := walk(i + 1)
			pick = pick[:len(pick)-1]
			if !ok {
				return false
			}
		}
		return true
	}
	walk(0)
}

// choose counts the combinations, saturating above maxTries.
func choose(n, k int) int {
	c := 1
	for i := range min(k, n-k) {
		if c = c * (n - i) / (i + 1); c > maxTries {
			return maxTries + 1
		}
	}
	return c
}
