package trade

import (
	"math"

	"rahgosha/internal/base/fault"
)

// effects are the fixed effects of a panel: for each dimension the group of every row.
type effects struct {
	group [][]int32
	size  []int // groups of each dimension
	total int
}

func newEffects(dims [][]int32) *effects {
	e := &effects{group: dims}
	for _, d := range dims {
		n := 0
		for _, g := range d {
			n = max(n, int(g)+1)
		}
		e.size = append(e.size, n)
		e.total += n
	}
	return e
}

// rank is how many effects can be told apart: each dimension loses a group for every connected part that it makes with
// an earlier one. That is exact for two dimensions and for the usual designs of more.
func (e *effects) rank() int {
	n := e.total
	for d := range e.group {
		lost := 0
		for before := range d {
			lost = max(lost, e.parts(before, d))
		}
		n -= lost
	}
	return n
}

// parts counts the connected parts of the network whose edges are rows and whose ends are groups of a and b.
func (e *effects) parts(a, b int) int {
	root := make([]int, e.size[a]+e.size[b])
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	parts := len(root)
	for i, g := range e.group[a] {
		if x, y := find(int(g)), find(e.size[a]+int(e.group[b][i])); x != y {
			root[x] = y
			parts--
		}
	}
	return parts
}

// spread puts Σ over dimensions of α of the row's group into out.
func (e *effects) spread(alpha, out []float64) {
	clear(out)
	base := 0
	for d, groups := range e.group {
		part := alpha[base : base+e.size[d]]
		for i, g := range groups {
			out[i] += part[g]
		}
		base += e.size[d]
	}
}

// gather puts the weighted sum of v over each group into out.
func (e *effects) gather(v, weight, out []float64) {
	clear(out)
	base := 0
	for d, groups := range e.group {
		part := out[base : base+e.size[d]]
		for i, g := range groups {
			part[g] += weight[i] * v[i]
		}
		base += e.size[d]
	}
}

const (
	partialTolerance = 1e-14
	partialRounds    = 5000
)

// partial takes the fixed effects out of v under the weights: v becomes the residual of the weighted regression on all
// groups, by conjugate gradients on the normal equations, scaled by their diagonal. It makes no dummy column, and it
// does not stall where alternating means do. alpha is where to begin and where it ends.
func (e *effects) partial(v, weight, alpha []float64) error {
	if e.total == 0 {
		return nil
	}
	n := len(v)
	fit, diag := make([]float64, n), make([]float64, e.total)
	e.gather(ones(n), weight, diag)
	r, rhs, z, p, ap := e.vec(), e.vec(), e.vec(), e.vec(), e.vec()
	e.gather(v, weight, rhs)
	e.spread(alpha, fit)
	e.gather(fit, weight, r)
	for g := range r {
		r[g] = rhs[g] - r[g]
		z[g] = over(r[g], diag[g])
	}
	copy(p, z)
	rz, goal := dot(r, z), 0.0
	for g, b := range rhs {
		goal += b * over(b, diag[g])
	}
	goal *= partialTolerance * partialTolerance
	for round := 0; rz > goal; round++ {
		if round == partialRounds {
			return fault.New(fault.Refused, "trade.not_settled", "rounds", partialRounds)
		}
		e.spread(p, fit)
		e.gather(fit, weight, ap)
		step := rz / dot(p, ap)
		if math.IsNaN(step) || math.IsInf(step, 0) {
			break // as exact as the arithmetic allows
		}
		for g := range alpha {
			alpha[g] += step * p[g]
			r[g] -= step * ap[g]
			z[g] = over(r[g], diag[g])
		}
		next := dot(r, z)
		for g := range p {
			p[g] = z[g] + next/rz*p[g]
		}
		rz = next
	}
	e.spread(alpha, fit)
	for i := range v {
		v[i] -= fit[i]
	}
	return nil
}

func (e *effects) vec() []float64 { return make([]float64, e.total) }

// over is a/b, and 0 for a group without weight.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func dot(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}
