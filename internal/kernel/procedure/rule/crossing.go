package rule

import (
	"math/big"
	"slices"
)

// maxLines bounds the sums whose crossings are tried: pairs grow with the square.
const maxLines = 12

// line is an atom's sum as x·c + y·o + rest = 0 over two facts that change together.
type line struct{ x, y, rest *big.Int }

// crossings gives the values of fact at which two sums over it and other turn together: a nearest change of two facts
// lies on such a corner or on a single sum's turning point.
func (s *search) crossings(fact, other string) []int64 {
	var lines []line
	s.atomsOf(fact, func(a *atom) {
		if l, ok := s.line(a, fact, other); ok && len(lines) < maxLines && slices.Contains(a.uses, other) {
			lines = append(lines, l)
		}
	})
	var out []int64
	for i, p := range lines {
		for _, q := range lines[i+1:] {
			if n, ok := p.cross(q); ok {
				out = append(out, n, n+1)
			}
		}
	}
	return out
}

func (s *search) line(a *atom, fact, other string) (line, bool) {
	l := line{new(big.Int), new(big.Int), new(big.Int)}
	for _, t := range a.form.linear {
		switch k := big.NewInt(t.k); t.fact {
		case fact:
			l.x.Add(l.x, k)
		case other:
			l.y.Add(l.y, k)
		default:
			v, ok := s.ordinal(t.fact)
			if !ok {
				return l, false
			}
			l.rest.Add(l.rest, k.Mul(k, big.NewInt(v)))
		}
	}
	return l, true
}

// cross solves two lines for the first fact, rounded down; parallel lines do not cross.
func (l line) cross(m line) (int64, bool) {
	det := new(big.Int).Sub(product(l.x, m.y), product(m.x, l.y))
	if det.Sign() == 0 {
		return 0, false
	}
	n := new(big.Int).Sub(product(l.y, m.rest), product(m.y, l.rest))
	n.Div(n, det)
	return n.Int64(), n.IsInt64() && new(big.Int).Add(n, big.NewInt(1)).IsInt64()
}

func product(a, b *big.Int) *big.Int { return new(big.Int).Mul(a, b) }
