package trade_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/insight/trade"
)

// sampleSpace is a table in which each country makes some neighbouring products, so that the space is a band of known ties.
func sampleSpace(t testing.TB, products int) *trade.Complexity {
	t.Helper()
	var cells []trade.Cell
	for c := range products {
		for p := range products {
			v := 1.0
			if d := (p - c + products) % products; d < 3+c%5 {
				v = 1000 + float64(c*p%17)
			}
			cells = append(cells, trade.Cell{Country: string(rune('A'+c/26)) + string(rune('A'+c%26)), Product: string(rune('a'+p/26)) + string(rune('a'+p%26)), Value: v})
		}
	}
	x, err := trade.NewExports(cells, trade.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	py, err := trade.ProfileNamed("py")
	if err != nil {
		t.Fatal(err)
	}
	out, err := trade.Complex(context.Background(), x, py, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func all(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

// The tree has one tie less than its nodes, joins them all, and no other tree is stronger: by Prim's algorithm, from another node.
func TestTheTreeIsAMaximumSpanningTree(t *testing.T) {
	t.Parallel()
	const n = 40
	w := sampleSpace(t, n).Network(all(n), 1<<20)
	phi := map[[2]int]float64{}
	var tree float64
	edges := 0
	for _, l := range w.Links {
		phi[[2]int{l.A, l.B}], phi[[2]int{l.B, l.A}] = l.Proximity, l.Proximity
		if l.Tree {
			tree += l.Proximity
			edges++
		}
	}
	in, best := map[int]bool{n - 1: true}, 0.0
	for len(in) < n {
		next, v := -1, -1.0
		for a := range in {
			for b := range n {
				if !in[b] && phi[[2]int{a, b}] > v {
					next, v = b, phi[[2]int{a, b}]
				}
			}
		}
		in[next], best = true, best+v
	}
	if edges != n-1 || math.Abs(tree-best) > 1e-12 {
		t.Errorf("%d ties of %v, want %d of %v", edges, tree, n-1, best)
	}
}

// The picture is the same to the bit on any number of processors, its places lie in the square and no two nodes on each other.
func TestThePictureOfTheSpaceHasTheSameBits(t *testing.T) {
	const n = 60
	x := sampleSpace(t, n)
	once := x.Network(all(n), n)
	former := runtime.GOMAXPROCS(1)
	again := x.Network(all(n), n)
	runtime.GOMAXPROCS(former)
	law := func(again *trade.Network) func(testing.TB) {
		return func(t testing.TB) {
			if !slices.Equal(once.Nodes, again.Nodes) || !slices.Equal(once.Links, again.Links) {
				t.Error("the picture differs")
			}
		}
	}
	law(again)(t)
	control.Finds(t, "the picture differs", law(x.Network(all(n), n-1)))
	for i, a := range once.Nodes {
		if !(a.X >= 0 && a.X <= 1 && a.Y >= 0 && a.Y <= 1) {
			t.Errorf("%+v", a)
		}
		for _, b := range once.Nodes[:i] {
			if math.Hypot(a.X-b.X, a.Y-b.Y) < 1e-3 {
				t.Errorf("%+v lies on %+v", a, b)
			}
		}
	}
}
