package rule_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/kernel/procedure/rule"
)

// domains are the small finite facts of the properties.
var domains = map[string][]any{
	"a": {int64(0), int64(1), int64(2), int64(3)},
	"b": {int64(0), int64(1), int64(2), int64(3)},
	"c": {true, false},
	"d": {"x", "y", "z"},
}

var small = rule.Schema{
	"a": {Kind: rule.Int, Min: num(0), Max: num(3)}, "b": {Kind: rule.Int, Min: num(0), Max: num(3)},
	"c": {Kind: rule.Bool}, "d": {Kind: rule.Choice, Options: []string{"x", "y", "z"}},
}

var names = []string{"a", "b", "c", "d"}

type facts = map[string]any

// model is a rule with its meaning, written independently of the engine.
type model struct {
	src string
	is  func(facts) rule.Truth
}

func truth(b bool) rule.Truth {
	if b {
		return rule.Met
	}
	return rule.NotMet
}

func compare(op string, x, y int64) bool {
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "==":
		return x == y
	}
	return x != y
}

func sumAtom(t *rapid.T, top int64) model {
	ops := []string{"<", "<=", ">", ">=", "==", "!="}
	op := rapid.SampledFrom(ops).Draw(t, "op")
	ka, kb := rapid.Int64Range(-2, 2).Draw(t, "ka"), rapid.Int64Range(-2, 2).Draw(t, "kb")
	n := rapid.Int64Range(-2, top).Draw(t, "n")
	if ka == 0 && kb == 0 {
		ka = 1
	}
	var parts []string
	if ka != 0 {
		parts = append(parts, fmt.Sprintf("%d * a", ka))
	}
	if kb != 0 {
		parts = append(parts, fmt.Sprintf("b * %d", kb))
	}
	return model{fmt.Sprintf("%s %s %d", strings.Join(parts, " + "), op, n), func(f facts) rule.Truth {
		sum := int64(0)
		for name, k := range map[string]int64{"a": ka, "b": kb} {
			if k == 0 {
				continue
			}
			v, ok := f[name].(int64)
			if !ok {
				return rule.Unknown
			}
			sum += k * v
		}
		return truth(compare(op, sum, n))
	}}
}

func plainAtom(t *rapid.T, top int64) model {
	op := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "op")
	name := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "fact")
	n := rapid.Int64Range(0, top).Draw(t, "n")
	return model{fmt.Sprintf("%s %s %d", name, op, n), func(f facts) rule.Truth {
		v, ok := f[name].(int64)
		if !ok {
			return rule.Unknown
		}
		return truth(compare(op, v, n))
	}}
}

func otherAtom(t *rapid.T) model {
	if rapid.Bool().Draw(t, "truth fact") {
		return model{"c", func(f facts) rule.Truth {
			v, ok := f["c"].(bool)
			if !ok {
				return rule.Unknown
			}
			return truth(v)
		}}
	}
	set := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 1, 2, rapid.ID).Draw(t, "set")
	return model{fmt.Sprintf(`d in ["%s"]`, strings.Join(set, `", "`)), func(f facts) rule.Truth {
		v, ok := f["d"].(string)
		if !ok {
			return rule.Unknown
		}
		return truth(slices.Contains(set, v))
	}}
}

func tree(t *rapid.T, depth int, top int64) model {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	switch kind {
	case 0:
		return plainAtom(t, top)
	case 1:
		return otherAtom(t)
	case 2:
		return sumAtom(t, top)
	case 3:
		x := tree(t, depth-1, top)
		return model{"!(" + x.src + ")", func(f facts) rule.Truth { return -x.is(f) }}
	}
	x, y := tree(t, depth-1, top), tree(t, depth-1, top)
	if kind == 4 {
		return model{"(" + x.src + " && " + y.src + ")", func(f facts) rule.Truth { return min(x.is(f), y.is(f)) }}
	}
	return model{"(" + x.src + " || " + y.src + ")", func(f facts) rule.Truth { return max(x.is(f), y.is(f)) }}
}

// partial draws facts of which some are unknown.
func partial(t *rapid.T) facts {
	f := facts{}
	for _, n := range names {
		if rapid.IntRange(0, 3).Draw(t, "known "+n) > 0 {
			f[n] = rapid.SampledFrom(domains[n]).Draw(t, n)
		}
	}
	return f
}

// completions calls f with every way to fill the facts of some names.
func completions(base facts, fill []string, f func(facts)) {
	if len(fill) == 0 {
		f(base)
		return
	}
	for _, v := range domains[fill[0]] {
		next := maps.Clone(base)
		next[fill[0]] = v
		completions(next, fill[1:], f)
	}
}

func unknownOf(f facts) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return f[n] != nil })
}

func TestEvalAgreesWithTheModelAndWithCEL(t *testing.T) {
	t.Parallel()
	e, _ := rule.NewEnv(small)
	rapid.Check(t, func(t *rapid.T) {
		m := tree(t, 3, 4)
		f := partial(t)
		r := must2(t, e, m.src)
		out := r.Eval(rule.Input{Facts: f})
		if out.Is != m.is(f) || out.Person {
			t.Fatalf("%s with %v: %v, want %v", m.src, f, out.Is, m.is(f))
		}
		if whole := r.WholeTruth(rule.Input{Facts: f}); whole != out.Is {
			t.Fatalf("%s with %v: CEL says %v, the skeleton %v", m.src, f, whole, out.Is)
		}
		if !r.Decomposable() {
			t.Fatalf("%s should be decomposable", m.src)
		}
		if out.Is == rule.Unknown && len(out.Missing) == 0 {
			t.Fatalf("%s with %v: unknown, but nothing is missing", m.src, f)
		}
	})
}

func must2(t *rapid.T, e *rule.Env, src string) *rule.Rule {
	r, issues := e.Compile(src, rule.Bool)
	if len(issues) > 0 {
		t.Fatalf("%s: %v", src, issues)
	}
	return r
}

// sound says that an answer given on partial facts stands whatever the rest turns out to be. It returns what breaks it.
func sound(m model, f facts, got rule.Truth) string {
	broken := ""
	if got == rule.Unknown {
		return ""
	}
	completions(f, unknownOf(f), func(full facts) {
		if m.is(full) != got {
			broken = fmt.Sprintf("%s: %v on %v, but %v on %v", m.src, got, f, m.is(full), full)
		}
	})
	return broken
}

func TestAnAnswerOnPartialFactsStands(t *testing.T) {
	t.Parallel()
	e, _ := rule.NewEnv(small)
	rapid.Check(t, func(t *rapid.T) {
		m, f := tree(t, 3, 4), partial(t)
		if bad := sound(m, f, must2(t, e, m.src).Eval(rule.Input{Facts: f}).Is); bad != "" {
			t.Fatal(bad)
		}
	})
}

// TestTheSoundnessPropertyCatchesTwoValues is the negative control: an evaluator that takes unknown for false must fail
// the property above.
func TestTheSoundnessPropertyCatchesTwoValues(t *testing.T) {
	t.Parallel()
	twoValued := func(m model, f facts) rule.Truth {
		if m.is(f) == rule.Met {
			return rule.Met
		}
		return rule.NotMet
	}
	caught := 0
	for seed := range 200 {
		m := rapid.Custom(func(t *rapid.T) model { return tree(t, 2, 4) }).Example(seed)
		f := rapid.Custom(partial).Example(seed)
		if sound(m, f, twoValued(m, f)) != "" {
			caught++
		}
	}
	if caught < 20 {
		t.Errorf("a two-valued evaluator was caught only %d times in 200", caught)
	}
}

func TestReasonIsSufficientAndSmallest(t *testing.T) {
	t.Parallel()
	e, _ := rule.NewEnv(small)
	rapid.Check(t, func(t *rapid.T) {
		m, f := tree(t, 3, 4), partial(t)
		r := must2(t, e, m.src)
		reason := rule.Reason(r, rule.Input{Facts: f})
		if m.is(f) != rule.NotMet {
			if reason != nil {
				t.Fatalf("%s with %v does not fail, yet has the reason %v", m.src, f, reason)
			}
			return
		}
		if bad := sound(m, only(f, reason), rule.NotMet); bad != "" {
			t.Fatalf("reason %v is not sufficient: %s", reason, bad)
		}
		for mask := range 1 << len(names) {
			var set []string
			for i, n := range names {
				if mask&(1<<i) != 0 && f[n] != nil {
					set = append(set, n)
				}
			}
			if m.is(only(f, set)) != rule.NotMet {
				continue
			}
			if len(set) < len(reason) || len(set) == len(reason) && slices.Compare(set, reason) < 0 {
				t.Fatalf("%s with %v: reason %v, but %v suffices", m.src, f, reason, set)
			}
		}
	})
}

func only(f facts, keep []string) facts {
	out := facts{}
	for _, n := range keep {
		out[n] = f[n]
	}
	return out
}

// cost orders remedies: facts changed, weights, distance.
type cost [3]int64

func costOf(was, now facts, weights map[string]int) cost {
	var c cost
	for _, n := range names {
		if now[n] == was[n] {
			continue
		}
		c[0]++
		c[1] += int64(weights[n])
		c[2] += distanceOf(was[n], now[n])
	}
	return c
}

func distanceOf(was, now any) int64 {
	if was == nil {
		return 0
	}
	if x, ok := was.(int64); ok {
		return max(x-now.(int64), now.(int64)-x)
	}
	return 1
}

func cheapest(ms []model, f facts, doms map[string][]any, weights map[string]int) (cost, bool) {
	best, ok := cost{math.MaxInt64}, false
	var walk func(facts, []string)
	walk = func(now facts, rest []string) {
		if len(rest) > 0 {
			walk(now, rest[1:])
			for _, v := range doms[rest[0]] {
				next := maps.Clone(now)
				next[rest[0]] = v
				walk(next, rest[1:])
			}
			return
		}
		for _, m := range ms {
			if m.is(now) != rule.Met {
				return
			}
		}
		if c := costOf(f, now, weights); !ok || slices.Compare(c[:], best[:]) < 0 {
			best, ok = c, true
		}
	}
	walk(f, slices.Sorted(maps.Keys(doms)))
	return best, ok
}

func TestRemedyPassesAllRulesAndIsLeast(t *testing.T) {
	t.Parallel()
	e, _ := rule.NewEnv(small)
	rapid.Check(t, func(t *rapid.T) {
		remedyAgainstBruteForce(t, e, small, domains, 4, 2)
	})
}

func TestRemedyFindsTurningPointsOfWideNumbers(t *testing.T) {
	t.Parallel()
	wide := maps.Clone(small)
	wide["a"] = rule.Type{Kind: rule.Int, Min: num(0), Max: num(79)}
	doms := map[string][]any{"a": {}}
	for n := range int64(80) {
		doms["a"] = append(doms["a"], n)
	}
	doms["c"], doms["d"] = domains["c"], domains["d"]
	e, _ := rule.NewEnv(wide)
	rapid.Check(t, func(t *rapid.T) { remedyAgainstBruteForce(t, e, wide, doms, 70, 2) })
}

// TestRemedyOverTwoWideNumbers lets sums tie two facts together: solutions lie on lines and where lines cross.
func TestRemedyOverTwoWideNumbers(t *testing.T) {
	t.Parallel()
	wide := maps.Clone(small)
	doms := map[string][]any{}
	for _, name := range []string{"a", "b"} {
		wide[name] = rule.Type{Kind: rule.Int, Min: num(0), Max: num(66)}
		for n := range int64(67) {
			doms[name] = append(doms[name], n)
		}
	}
	e, _ := rule.NewEnv(wide)
	rapid.Check(t, func(t *rapid.T) { remedyAgainstBruteForce(t, e, wide, doms, 120, 2) })
}

func remedyAgainstBruteForce(t *rapid.T, e *rule.Env, s rule.Schema, doms map[string][]any, top int64, depth int) {
	ms := []model{tree(t, depth, top), tree(t, depth, top)}
	f := partial(t)
	weights := map[string]int{}
	var controls []rule.Control
	for n := range doms {
		weights[n] = rapid.IntRange(0, 2).Draw(t, "weight")
		controls = append(controls, rule.Control{Name: n, Type: s[n], Weight: weights[n]})
	}
	want, possible := cheapest(ms, f, doms, weights)
	got, ok := rule.Remedy([]*rule.Rule{must2(t, e, ms[0].src), must2(t, e, ms[1].src)}, rule.Input{Facts: f}, controls)
	if ok != possible {
		t.Fatalf("%s, %s with %v: remedy %v %v, possible %v (%v)", ms[0].src, ms[1].src, f, got, ok, possible, want)
	}
	if !ok {
		return
	}
	now := maps.Clone(f)
	maps.Copy(now, got)
	for _, m := range ms {
		if m.is(now) != rule.Met {
			t.Fatalf("%s with %v: remedy %v does not pass", m.src, f, got)
		}
	}
	if c := costOf(f, now, weights); c != want || len(got) != int(c[0]) {
		t.Fatalf("%s, %s with %v: remedy %v costs %v, least is %v", ms[0].src, ms[1].src, f, got, c, want)
	}
}
