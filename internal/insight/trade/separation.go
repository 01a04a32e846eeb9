package trade

import "math"

// prune leaves out, until nothing changes, rows of a group whose values are all zero (its effect would be −∞) and rows
// alone in their group (the effect fits them exactly and they say nothing about the terms).
func (p Panel) prune() (_ Panel, zero, alone int) {
	for {
		var drop []int
		sum, n := make([][]float64, len(p.Effects)), make([][]int, len(p.Effects))
		for d, groups := range p.Effects {
			size := newEffects([][]int32{groups}).total
			sum[d], n[d] = make([]float64, size), make([]int, size)
			for i, g := range groups {
				sum[d][g] += p.Y[i]
				n[d][g]++
			}
		}
		for i := range p.Y {
			isZero, isAlone := false, false
			for d, groups := range p.Effects {
				isZero = isZero || sum[d][groups[i]] == 0
				isAlone = isAlone || n[d][groups[i]] == 1
			}
			switch {
			case isZero:
				zero++
			case isAlone:
				alone++
			default:
				continue
			}
			drop = append(drop, i)
		}
		if len(drop) == 0 {
			return p, zero, alone
		}
		p = p.without(drop)
	}
}

// without copies the panel without some rows, given in ascending order, and numbers the groups anew.
func (p Panel) without(rows []int) Panel {
	keep := make([]int, 0, len(p.Y)-len(rows))
	for i := range p.Y {
		if len(rows) > 0 && rows[0] == i {
			rows = rows[1:]
			continue
		}
		keep = append(keep, i)
	}
	out := Panel{Terms: p.Terms, Y: picked(p.Y, keep)}
	for _, x := range p.X {
		out.X = append(out.X, picked(x, keep))
	}
	for _, e := range p.Effects {
		out.Effects = append(out.Effects, renumber(picked(e, keep)))
	}
	for _, c := range p.Clusters {
		out.Clusters = append(out.Clusters, Cluster{c.Name, renumber(picked(c.Of, keep))})
	}
	return out
}

func picked[T any](v []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}

func renumber(groups []int32) []int32 {
	number := map[int32]int32{}
	for i, g := range groups {
		n, seen := number[g]
		if !seen {
			n = int32(len(number)) // #nosec G115 -- codes are numbered in 16 bits when they are read
			number[g] = n
		}
		groups[i] = n
	}
	return groups
}

const (
	rectifyTolerance = 1e-4
	rectifyRounds    = 1000
)

// separated finds the zeros that a combination of terms and effects, nought on every positive row and never negative on
// a zero one, can push to −∞: with them no maximum exists. The iterative rectifier of Correia, Guimarães and Zylkin
// (2019): regress an indicator of the zeros with a weight on the positive rows that all but forces them to nought, cut
// what is negative, repeat. Nothing is looked for when no value is zero.
func (p Panel) separated() (rows []int, err error) {
	u, weight := make([]float64, len(p.Y)), make([]float64, len(p.Y))
	zeros := 0.0
	for i, y := range p.Y {
		if y == 0 {
			u[i], zeros = 1, zeros+1
		}
	}
	if zeros == 0 {
		return nil, nil
	}
	for i := range weight {
		weight[i] = 1
		if p.Y[i] > 0 {
			weight[i] = math.Ceil(zeros / (rectifyTolerance * rectifyTolerance))
		}
	}
	p = p.scaled()
	e := newEffects(p.Effects)
	alpha := starts(e, len(p.X)+1)
	for range rectifyRounds {
		fit, err := regress(p, e, u, weight, alpha, 0)
		if err != nil {
			return nil, err
		}
		negative := false
		for i := range u {
			was := u[i] - fit.resid[i]
			if math.Abs(was) < rectifyTolerance || p.Y[i] > 0 {
				was = 0
			}
			negative = negative || was < 0
			u[i] = was
		}
		if !negative {
			break
		}
		for i := range u {
			u[i] = max(u[i], 0)
		}
	}
	for i, v := range u {
		if v > 0 {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

// scaled divides each term by its largest size, so that one tolerance fits all.
func (p Panel) scaled() Panel {
	var x [][]float64
	for _, col := range p.X {
		top := 0.0
		for _, v := range col {
			top = max(top, math.Abs(v))
		}
		c := make([]float64, len(col))
		for i, v := range col {
			c[i] = over(v, top)
		}
		x = append(x, c)
	}
	p.X = x
	return p
}
