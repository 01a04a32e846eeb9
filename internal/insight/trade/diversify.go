package trade

import (
	"cmp"
	"context"
	"slices"
)

// Nearness gives RCA and density, in the layout of Exports.Value, without asking whether complexity can be ranked.
func Nearness(ctx context.Context, x *Exports, p Profile) (rca, density []float64, err error) {
	rca = x.RCA()
	s := newSpace(newPresence(p.matrix(rca, nil), len(x.Products)), p.SelfNear)
	reach, err := s.reach(ctx)
	if err == nil {
		density, _, err = s.around(ctx, reach, make([]float64, s.np))
	}
	return rca, density, err
}

// Chance is one product that an origin does not yet sell with advantage, in one market.
type Chance struct {
	Destination, Product int
	Rank                 int // 1 is first in this market
	Density              float64
	Flag                 Flag
}

// Diversify ranks, in each market, what origin i exports not at all or below its advantage: by density times demand,
// distance factor and ease. It is our indicator in the manner of ITC's, whose refinements are not public; it gives ranks,
// for the product of a probability and a value is no amount. A product of density 0, or that a market does not import,
// has no rank and is left out; where the two countries have no trade the ease is the same unknown for all, and the rank
// is by the rest. rca and density are the origin's, by product.
func (p *Potential) Diversify(i int, rca, density []float64, f func(Chance)) {
	type scored struct {
		Chance
		score float64
	}
	var market []scored
	flush := func() {
		slices.SortStableFunc(market, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
		for n, c := range market {
			c.Rank = n + 1
			f(c.Chance)
		}
		market = market[:0]
	}
	p.Exporter(i, func(c *PotentialCell) {
		if len(market) > 0 && market[0].Destination != c.Destination {
			flush()
		}
		score := density[c.Product] * c.Demand * c.Distance
		chance := Chance{Destination: c.Destination, Product: c.Product, Density: density[c.Product]}
		if c.Ease > 0 {
			score *= c.Ease
		} else {
			chance.Flag = EaseUnknown
		}
		if rca[c.Product] < 1 && score > 0 {
			market = append(market, scored{chance, score})
		}
	})
	flush()
}
