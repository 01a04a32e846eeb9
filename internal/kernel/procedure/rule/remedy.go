package rule

import (
	"cmp"
	"maps"
	"math"
	"reflect"
	"slices"
)

// maxChanges bounds the facts that a remedy may change together; facts that no rule joins are searched apart.
const maxChanges = 6

// Remedy gives the least change of controlled facts after which all rules are met: fewest facts, then the least sum of
// weights, then the nearest values (days for dates, units for numbers, elements for lists, 1 for anything else; 0 from
// unknown), then name order. It is an empty map and true when all are met already. It is false when nothing was found
// within the bounds, or when a rule that is not met lies outside the decomposable forms, whose remedy is by text only.
//
// The search is exact for conditions on single facts and for sums over two facts with small coefficients; with larger
// coefficients or more facts that change together it may miss a nearer value. What it returns always passes all rules.
func Remedy(rules []*Rule, in Input, controls []Control) (map[string]any, bool) {
	s := newSearch(rules, in, controls)
	if len(s.open) == 0 {
		return map[string]any{}, true
	}
	for _, r := range s.open {
		if !r.Decomposable() || !r.usesAny(s.controls) {
			return nil, false // by text only, or beyond what the applicant can change
		}
	}
	out := map[string]any{}
	for _, group := range groups(rules, s.controls) {
		found, ok := solve(rules, in, group)
		if !ok {
			return nil, false
		}
		maps.Copy(out, found)
	}
	return out, true
}

// groups parts the controls so that no rule uses facts of two groups: each can be solved alone, and the least changes of
// all groups are together the least change of the whole.
func groups(rules []*Rule, controls []Control) [][]Control {
	of := make([]int, len(controls))
	for i := range of {
		of[i] = i
	}
	for _, r := range rules {
		first := -1
		for i, c := range controls {
			if !slices.Contains(r.uses, c.Name) {
				continue
			}
			if first < 0 {
				first = i
				continue
			}
			from, to := of[i], of[first]
			for j := range of {
				if of[j] == from {
					of[j] = to
				}
			}
		}
	}
	var out [][]Control
	at := map[int]int{}
	for i, c := range controls {
		k, ok := at[of[i]]
		if !ok {
			k = len(out)
			at[of[i]] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], c)
	}
	return out
}

// solve finds the least change of one group.
func solve(rules []*Rule, in Input, group []Control) (map[string]any, bool) {
	mine := slices.DeleteFunc(slices.Clone(rules), func(r *Rule) bool { return !r.usesAny(group) })
	s := newSearch(mine, in, group)
	if len(s.open) == 0 {
		return nil, true
	}
	for size := 1; size <= min(maxChanges, len(s.controls)); size++ {
		if found := s.size(size); found != nil {
			return found, true
		}
	}
	return nil, false
}

// search is one search for a remedy. facts holds the values being tried and b the same for CEL.
type search struct {
	rules    []*Rule
	open     []*Rule // not met as things stand
	env      *Env
	in       Input
	facts    map[string]any
	uses     []string
	b        *bindings
	controls []Control
	tries    int
	best     map[string]any
	least    int64
}

func newSearch(rules []*Rule, in Input, controls []Control) *search {
	s := &search{rules: rules, in: in, facts: maps.Clone(in.Facts), least: math.MaxInt64}
	if s.facts == nil {
		s.facts = map[string]any{}
	}
	for _, r := range rules {
		s.env = r.env
		s.uses = append(s.uses, r.uses...)
	}
	slices.Sort(s.uses)
	s.uses = slices.Compact(s.uses)
	s.controls = slices.DeleteFunc(slices.Clone(controls), func(c Control) bool { return !slices.Contains(s.uses, c.Name) })
	slices.SortFunc(s.controls, func(a, b Control) int { return cmp.Compare(a.Name, b.Name) })
	if s.env == nil {
		return s
	}
	s.b = s.env.bind(in, s.uses)
	for _, r := range rules {
		if r.root == nil || r.truth(s.b) != Met {
			s.open = append(s.open, r)
		}
	}
	return s
}

// size tries all sets of so many facts, lightest first, and keeps the nearest values among equally light sets.
func (s *search) size(n int) map[string]any {
	sets := s.sets(n)
	for i, set := range sets {
		if i > 0 && s.best != nil && weight(set) > weight(sets[i-1]) {
			break
		}
		orders(set, func(order []Control) { s.assign(order, map[string]any{}, 0) })
	}
	return s.best
}

// sets lists the sets of n controls that touch every open rule, lightest first.
func (s *search) sets(n int) [][]Control {
	var out [][]Control
	combinations(len(s.controls), n, func(pick []int) bool {
		set := make([]Control, 0, n)
		for _, i := range pick {
			set = append(set, s.controls[i])
		}
		if s.touches(set) {
			out = append(out, set)
		}
		return len(out) < maxTries
	})
	slices.SortStableFunc(out, func(a, b []Control) int { return cmp.Compare(weight(a), weight(b)) })
	return out
}

func (s *search) touches(set []Control) bool {
	return !slices.ContainsFunc(s.open, func(r *Rule) bool { return !r.usesAny(set) })
}

func (r *Rule) usesAny(set []Control) bool {
	return slices.ContainsFunc(set, func(c Control) bool { return slices.Contains(r.uses, c.Name) })
}

func weight(set []Control) int {
	w := 0
	for _, c := range set {
		w += c.Weight
	}
	return w
}

// orders gives the orders in which a set is assigned: a sum is solved for the last fact, so each must come last. Beyond
// three facts only the rotations are tried.
func orders(set []Control, f func([]Control)) {
	if len(set) == 3 {
		f([]Control{set[1], set[0], set[2]})
		f([]Control{set[2], set[1], set[0]})
		f([]Control{set[0], set[2], set[1]})
	}
	for i := range set {
		f(append(slices.Clone(set[i:]), set[:i]...))
	}
}

// assign gives the first fact of the order each of its candidates and goes on with the rest.
func (s *search) assign(order []Control, change map[string]any, far int64) {
	if far >= s.least || s.tries >= maxTries {
		return
	}
	if len(order) == 0 {
		s.try(change, far)
		return
	}
	c := order[0]
	was := s.in.Facts[c.Name]
	for _, v := range s.candidates(c, order[1:]) {
		if reflect.DeepEqual(v, was) {
			continue
		}
		s.put(c.Name, v)
		change[c.Name] = v
		s.assign(order[1:], change, sumUp(far, gap(was, v)))
		delete(change, c.Name)
		s.put(c.Name, was)
	}
}

// put tries a value; only a fact that comes or goes changes the unknown patterns.
func (s *search) put(name string, v any) {
	was := s.facts[name]
	if v == nil {
		delete(s.facts, name)
	} else {
		s.facts[name] = v
	}
	if was == nil || v == nil {
		s.b = s.rebind()
		return
	}
	s.env.set(s.b, name, v)
}

// rebind rebuilds the unknown patterns after a fact came or went.
func (s *search) rebind() *bindings {
	in := s.in
	in.Facts = s.facts
	return s.env.bind(in, s.uses)
}

func (s *search) try(change map[string]any, far int64) {
	s.tries++
	for _, r := range s.rules {
		if r.truth(s.b) != Met {
			return
		}
	}
	s.best, s.least = maps.Clone(change), far
}

func sumUp(a, b int64) int64 {
	if a > math.MaxInt64-1-b {
		return math.MaxInt64 - 1
	}
	return a + b
}
