package trade

import (
	"cmp"
	"slices"

	index "rahgosha/internal/insight/trade"
)

// Space is a picture of the product space around what an exporter makes. Nodes are in the order of the codes.
type Space struct {
	*index.Network
	Lines          []Line // of the nodes
	Left, LeftMade int    // products that are not shown, and how many of them are made
}

// Space chooses products for a picture and lays them out: first what is made, the most sold first, then what is nearest to it. It
// shows besides the tree as many other ties as there are products.
func (c *Compass) Space(most int) *Space {
	order := make([]int, len(c.Lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := c.Lines[a], c.Lines[b]
		switch {
		case x.Made != y.Made:
			if x.Made {
				return -1
			}
			return 1
		case x.Made:
			return cmp.Compare(y.Value, x.Value)
		}
		return cmp.Compare(y.Percentile, x.Percentile)
	})
	out := &Space{}
	chosen := order[:min(most, len(order))]
	for _, p := range order[len(chosen):] {
		if out.Left++; c.Lines[p].Made {
			out.LeftMade++
		}
	}
	slices.Sort(chosen)
	out.Network = c.Index.Network(chosen, len(chosen))
	for _, p := range chosen {
		out.Lines = append(out.Lines, c.Lines[p])
	}
	return out
}
