package trade

import (
	"cmp"
	"math"
	"slices"
)

// Network is a picture of the product space: some products, the tree of their strongest ties, and the strongest of the others.
type Network struct {
	Nodes []NetworkNode
	Links []NetworkLink // those of the tree first, each part by its strength
}

// NetworkNode is a product at a place of a square of side 1.
type NetworkNode struct {
	Product int // its number in Exports.Products
	X, Y    float64
}

// NetworkLink joins two nodes by their numbers in Nodes, the smaller first.
type NetworkLink struct {
	A, B      int
	Proximity float64
	Tree      bool
}

// Network lays out products, given by their numbers in ascending order: a maximum spanning tree of their proximities (Hidalgo et al.
// 2007), and besides the extra strongest ties. Products near none of the others stand alone. The same table gives the same bits:
// ties are by number, each sum runs in one order, and no product of it is fused with a sum.
func (x *Complexity) Network(products []int, extra int) *Network {
	n := len(products)
	phi := make([]float64, n*n)
	np := len(x.Exports.Products)
	each(n, func(a int) {
		row := make([]float64, np)
		x.space.rows(products[a], 1, row)
		for b, q := range products {
			phi[a*n+b] = row[q]
		}
	})
	out := &Network{Nodes: make([]NetworkNode, n)}
	for a, p := range products {
		out.Nodes[a].Product = p
	}
	var links []NetworkLink
	for a := range n {
		for b := a + 1; b < n; b++ {
			if v := phi[a*n+b]; v > 0 {
				links = append(links, NetworkLink{A: a, B: b, Proximity: v})
			}
		}
	}
	slices.SortStableFunc(links, func(x, y NetworkLink) int { return cmp.Compare(y.Proximity, x.Proximity) })
	var others []NetworkLink
	part := make([]int, n)
	for i := range part {
		part[i] = i
	}
	root := func(i int) int {
		for part[i] != i {
			part[i] = part[part[i]]
			i = part[i]
		}
		return i
	}
	for _, l := range links {
		if a, b := root(l.A), root(l.B); a != b {
			part[max(a, b)] = min(a, b)
			l.Tree = true
			out.Links = append(out.Links, l)
		} else if len(others) < extra {
			others = append(others, l)
		}
	}
	out.Links = append(out.Links, others...)
	out.place()
	return out
}

const (
	layoutRounds = 300
	goldenAngle  = 2.399963229728653
)

// place lays the nodes out by forces (Fruchterman and Reingold 1991): all push each other away, links pull, and each round moves less.
// They begin on a spiral in the order of a walk through the tree, so that branches begin near each other.
func (w *Network) place() {
	n := len(w.Nodes)
	if n == 0 {
		return
	}
	x, y := make([]float64, n), make([]float64, n)
	for rank, i := range w.walk() {
		r, a := math.Sqrt((float64(rank)+0.5)/float64(n)), float64(rank)*goldenAngle
		x[i], y[i] = float64(r*math.Cos(a)), float64(r*math.Sin(a))
	}
	k2 := 4 / float64(n) // the square of the distance at which a link rests
	dx, dy := make([]float64, n), make([]float64, n)
	for round := range layoutRounds {
		clear(dx)
		clear(dy)
		for i := range n {
			for j := i + 1; j < n; j++ {
				px, py := x[i]-x[j], y[i]-y[j]
				d2 := max(1e-6, float64(px*px)+float64(py*py))
				f := k2 / d2
				fx, fy := float64(px*f), float64(py*f)
				dx[i], dy[i], dx[j], dy[j] = dx[i]+fx, dy[i]+fy, dx[j]-fx, dy[j]-fy
			}
		}
		for _, l := range w.Links {
			px, py := x[l.A]-x[l.B], y[l.A]-y[l.B]
			f := math.Sqrt(float64(px*px)+float64(py*py)) / math.Sqrt(k2)
			if !l.Tree {
				f /= 8 // they tell, and do not shape
			}
			fx, fy := float64(px*f), float64(py*f)
			dx[l.A], dy[l.A], dx[l.B], dy[l.B] = dx[l.A]-fx, dy[l.A]-fy, dx[l.B]+fx, dy[l.B]+fy
		}
		heat := 0.15 * float64(layoutRounds-round) / layoutRounds
		for i := range n {
			fx, fy := dx[i]-float64(0.4*x[i]), dy[i]-float64(0.4*y[i]) // towards the middle, so that what is alone does not leave
			d := max(1e-9, math.Sqrt(float64(fx*fx)+float64(fy*fy)))
			step := min(d, heat) / d
			x[i], y[i] = x[i]+float64(fx*step), y[i]+float64(fy*step)
		}
	}
	w.scale(x, y)
}

// walk goes through the tree from its most tied node, and then through what is not in it.
func (w *Network) walk() (order []int) {
	n := len(w.Nodes)
	near := make([][]int, n)
	for _, l := range w.Links {
		if l.Tree {
			near[l.A], near[l.B] = append(near[l.A], l.B), append(near[l.B], l.A)
		}
	}
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i
	}
	slices.SortStableFunc(starts, func(a, b int) int { return cmp.Compare(len(near[b]), len(near[a])) })
	seen := make([]bool, n)
	for _, s := range starts {
		queue := []int{s}
		for len(queue) > 0 {
			i := queue[0]
			if queue = queue[1:]; seen[i] {
				continue
			}
			seen[i], order = true, append(order, i)
			queue = append(queue, near[i]...)
		}
	}
	return order
}

// scale puts the places into the square.
func (w *Network) scale(x, y []float64) {
	share := func(v []float64, i int) float64 {
		least, most := slices.Min(v), slices.Max(v)
		if least == most {
			return 0.5
		}
		return (v[i] - least) / (most - least)
	}
	for i := range w.Nodes {
		w.Nodes[i].X, w.Nodes[i].Y = share(x, i), share(y, i)
	}
}
