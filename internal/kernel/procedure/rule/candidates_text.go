package rule

import (
	"math"
	"math/big"
	"slices"

	"rahgosha/internal/base/jalali"
)

// texts are the constants a text is compared with, and the values of the facts it is compared with.
func (s *search) texts(c Control) []any {
	var out []any
	s.atomsOf(c.Name, func(a *atom) {
		out = append(out, a.form.consts...)
		for _, f := range a.form.facts {
			out = append(out, s.facts[f])
		}
	})
	return distinctTexts(out)
}

func distinctTexts(vs []any) []any {
	var out []any
	for _, v := range vs {
		if t, ok := v.(string); ok && !slices.Contains(out, any(t)) {
			out = append(out, t)
		}
	}
	return out
}

// maxToggles bounds the elements a list candidate may gain or lose.
const maxToggles = 6

// lists are the list with any of the elements asked about added or taken out.
func (s *search) lists(c Control) []any {
	was, _ := s.facts[c.Name].([]string)
	var ask []string
	s.atomsOf(c.Name, func(a *atom) { ask = append(ask, s.asked(a)...) })
	slices.Sort(ask)
	ask = slices.Compact(ask)
	ask = ask[:min(len(ask), maxToggles)]
	var out []any
	for mask := range 1 << len(ask) {
		out = append(out, toggled(was, ask, mask))
	}
	return out
}

func (s *search) asked(a *atom) []string {
	var out []string
	for _, v := range a.form.consts {
		if l, ok := v.([]string); ok {
			out = append(out, l...)
		}
	}
	for _, f := range a.form.facts {
		if t, ok := s.facts[f].(string); ok {
			out = append(out, t)
		}
	}
	return out
}

func toggled(was, ask []string, mask int) []string {
	out := slices.Clone(was)
	for i, t := range ask {
		if mask&(1<<i) == 0 {
			continue
		}
		if at := slices.Index(out, t); at >= 0 {
			out = slices.Delete(out, at, at+1)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// gap is how far a value lies from what it was.
func gap(was, v any) int64 {
	switch x := was.(type) {
	case nil:
		return 0
	case int64:
		if y, ok := v.(int64); ok {
			return apart(x, y)
		}
	case jalali.Date:
		if y, ok := v.(jalali.Date); ok {
			return apart(int64(x.Index()), int64(y.Index()))
		}
	case []string:
		if y, ok := v.([]string); ok {
			return int64(missingFrom(x, y) + missingFrom(y, x))
		}
	}
	return 1
}

func apart(a, b int64) int64 {
	d := new(big.Int).Sub(big.NewInt(a), big.NewInt(b))
	if d.Abs(d); !d.IsInt64() {
		return math.MaxInt64 - 1
	}
	return d.Int64()
}

func missingFrom(a, b []string) int {
	n := 0
	for _, t := range a {
		if !slices.Contains(b, t) {
			n++
		}
	}
	return n
}
