package trade

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"rahgosha/internal/base/fault"
)

// Panel is what a gravity equation is fitted to: values of at least 0, terms, fixed effects and clusters, row by row.
type Panel struct {
	Y        []float64
	Terms    []string
	X        [][]float64 // X[term][row]
	Effects  [][]int32   // Effects[dimension][row], groups numbered from 0
	Clusters []Cluster
}

// Cluster groups rows whose errors may hang together.
type Cluster struct {
	Name string
	Of   []int32
}

// Gravity is a fitted E[y] = exp(x'b + effects).
type Gravity struct {
	Terms         []string
	Coef          []float64
	SE            []float64 // of independent rows with the Poisson variance; depends on the unit of value
	SERobust      []float64 // HC0
	SECluster     [][]float64
	Rows          int // rows used
	Separated     int // rows left out because no finite fit gives them their zero
	Singletons    int // rows left out because a fixed effect is theirs alone
	Deviance      float64
	LogLik        float64
	Iterations    int
	covarianceIID *mat.SymDense
	fitted, resid []float64
	partialled    [][]float64
}

const (
	gravityRounds    = 200
	gravityTolerance = 1e-12
)

// FitGravity fits by Poisson pseudo maximum likelihood with zeros kept (Santos Silva and Tenreyro 2006), by iterated
// weighted regression with the effects partialled out (Correia, Guimarães and Zylkin 2020). Rows whose zero no finite
// fit explains, and rows that have an effect to themselves, are left out first and counted.
func FitGravity(p Panel) (*Gravity, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	out := &Gravity{Terms: p.Terms}
	p, out.Separated, out.Singletons = p.prune()
	if err := p.enough(); err != nil {
		return nil, err
	}
	if err := p.distinct(); err != nil {
		return nil, err
	}
	certain, err := p.separated()
	if err != nil {
		return nil, err
	}
	if len(certain) > 0 {
		var more, alone int
		p, more, alone = p.without(certain).prune()
		out.Separated, out.Singletons = out.Separated+len(certain)+more, out.Singletons+alone
		if err := p.enough(); err != nil {
			return nil, err
		}
	}
	out.Rows = len(p.Y)
	if err := out.iterate(p); err != nil {
		return nil, err
	}
	return out, out.errors(p)
}

func (p Panel) check() error {
	for i, y := range p.Y {
		if !(y >= 0) || math.IsInf(y, 0) {
			return invalid("bad_row", "row", i+1, "term", "y", "value", y)
		}
		for k, x := range p.X {
			if math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
				return invalid("bad_row", "row", i+1, "term", p.Terms[k], "value", x[i])
			}
		}
	}
	for _, c := range p.Clusters {
		if newEffects([][]int32{c.Of}).total < 2 {
			return invalid("one_cluster", "name", c.Name)
		}
	}
	return nil
}

func (p Panel) enough() error {
	if len(p.Y) <= len(p.X) {
		return fault.New(fault.Refused, "trade.few_rows", "rows", len(p.Y), "terms", len(p.X))
	}
	return nil
}

// distinct refuses a term that the effects explain entirely, before any weight blurs it.
func (p Panel) distinct() error {
	e := newEffects(p.Effects)
	_, err := regress(p, e, p.Y, ones(len(p.Y)), starts(e, len(p.X)+1), collinear)
	return err
}

// starts are where partialling out begins for each column; each later call begins where the one before it ended.
func starts(e *effects, n int) [][]float64 {
	alpha := make([][]float64, n)
	for i := range alpha {
		alpha[i] = e.vec()
	}
	return alpha
}

// iterate repeats the weighted regression of the working value until no coefficient moves.
func (g *Gravity) iterate(p Panel) error {
	e := newEffects(p.Effects)
	n, k := len(p.Y), len(p.X)
	avg := mean(p.Y)
	eta, z, mu := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, y := range p.Y {
		mu[i] = (y + avg) / 2
		eta[i] = math.Log(mu[i])
	}
	alpha := starts(e, k+1)
	before := nans(k)
	for g.Iterations = 1; g.Iterations <= gravityRounds; g.Iterations++ {
		for i, y := range p.Y {
			z[i] = eta[i] + (y-mu[i])/mu[i]
		}
		fit, err := regress(p, e, z, mu, alpha, collinear)
		if err != nil {
			return err
		}
		for i := range eta {
			eta[i] = z[i] - fit.resid[i]
			mu[i] = math.Exp(eta[i])
		}
		g.Coef, g.partialled, g.covarianceIID = fit.coef, fit.x, fit.inverse
		if settled(before, fit.coef) && poisson(p.Y, mu, g) {
			g.fitted = mu
			return nil
		}
		before = fit.coef
	}
	return fault.New(fault.Refused, "trade.not_settled", "rounds", gravityRounds)
}

func settled(before, now []float64) bool {
	for i, b := range now {
		if !(math.Abs(b-before[i]) <= gravityTolerance*(1+math.Abs(b))) {
			return false
		}
	}
	return true
}

// poisson notes deviance and likelihood, and tells whether the deviance has settled as well: without any term there is
// no coefficient to watch.
func poisson(y, mu []float64, g *Gravity) bool {
	before := g.Deviance
	g.Deviance, g.LogLik = 0, 0
	for i, v := range y {
		lg, _ := math.Lgamma(v + 1)
		part := -(v - mu[i])
		if v > 0 {
			part += v * math.Log(v/mu[i])
		}
		g.Deviance += 2 * part
		g.LogLik += -mu[i] - lg
		if v > 0 {
			g.LogLik += v * math.Log(mu[i])
		}
	}
	return math.Abs(g.Deviance-before) <= 1e-10*(1+math.Abs(g.Deviance))
}

// regression is a weighted least squares fit with the effects partialled out.
type regression struct {
	coef, resid []float64
	x           [][]float64
	inverse     *mat.SymDense
}

func regress(p Panel, e *effects, z, weight []float64, alpha [][]float64, tolerance float64) (*regression, error) {
	k := len(p.X)
	cols, raw := make([][]float64, k+1), make([]float64, k)
	errs := make([]error, k+1)
	each(k+1, func(c int) {
		from := z
		if c < k {
			from = p.X[c]
		}
		cols[c] = append([]float64{}, from...)
		if c < k {
			raw[c] = weighted(cols[c], cols[c], weight)
		}
		errs[c] = e.partial(cols[c], weight, alpha[c])
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	a, b := mat.NewSymDense(max(k, 1), nil), make([]float64, k)
	for i := range k {
		b[i] = weighted(cols[i], cols[k], weight)
		for j := i; j < k; j++ {
			a.SetSym(i, j, weighted(cols[i], cols[j], weight))
		}
	}
	inverse, err := invert(a, raw, p.Terms, tolerance)
	if err != nil {
		return nil, err
	}
	out := &regression{coef: make([]float64, k), resid: cols[k], x: cols[:k], inverse: inverse}
	for i := range k {
		for j := range k {
			out.coef[i] += inverse.At(i, j) * b[j]
		}
	}
	for i, c := range out.coef {
		for r, x := range out.x[i] {
			out.resid[r] -= c * x
		}
	}
	return out, nil
}

// invert refuses a term that the effects and the earlier terms explain entirely.
func invert(a *mat.SymDense, raw []float64, terms []string, tolerance float64) (*mat.SymDense, error) {
	k := len(raw)
	if k == 0 {
		return a, nil
	}
	l := mat.DenseCopyOf(a)
	for i := range k { // the pivots of elimination are what is left of each term
		pivot := l.At(i, i)
		if !(pivot > tolerance*raw[i]) {
			return nil, fault.New(fault.Refused, "trade.collinear", "term", terms[i])
		}
		for r := i + 1; r < k; r++ {
			f := l.At(r, i) / pivot
			for c := i; c < k; c++ {
				l.Set(r, c, l.At(r, c)-f*l.At(i, c))
			}
		}
	}
	var chol mat.Cholesky
	inverse := mat.NewSymDense(k, nil)
	if !chol.Factorize(a) || chol.InverseTo(inverse) != nil {
		return nil, fault.New(fault.Refused, "trade.collinear", "term", terms[k-1])
	}
	return inverse, nil
}

// collinear is the share of a term's weighted square that must survive partialling out.
const collinear = 1e-12

func weighted(a, b, weight []float64) (s float64) {
	for i, w := range weight {
		s += w * a[i] * b[i]
	}
	return s
}

// errors fills the standard errors. Those of clusters are corrected for few clusters and for the parameters spent, by
// G/(G−1)·(n−1)/(n−k), the others by nothing.
func (g *Gravity) errors(p Panel) error {
	e := newEffects(p.Effects)
	z := make([]float64, len(p.Y))
	alpha := starts(e, len(p.X)+1)
	for i, y := range p.Y { // once more at the final weights
		z[i] = math.Log(g.fitted[i]) + (y-g.fitted[i])/g.fitted[i]
	}
	fit, err := regress(p, e, z, g.fitted, alpha, collinear)
	if err != nil {
		return err
	}
	g.covarianceIID, g.partialled = fit.inverse, fit.x
	g.resid = make([]float64, len(p.Y))
	rows := make([]int32, len(p.Y))
	for i, y := range p.Y {
		g.resid[i], rows[i] = y-g.fitted[i], int32(i)
	}
	for i := range g.Coef {
		g.SE = append(g.SE, math.Sqrt(g.covarianceIID.At(i, i)))
	}
	g.SERobust = g.sandwich(rows)
	for _, c := range p.Clusters {
		n, groups := float64(len(p.Y)), float64(newEffects([][]int32{c.Of}).total)
		correction := math.Sqrt(groups / (groups - 1) * (n - 1) / (n - float64(len(p.X)+e.rank())))
		se := g.sandwich(c.Of)
		for i := range se {
			se[i] *= correction
		}
		g.SECluster = append(g.SECluster, se)
	}
	return nil
}

// sandwich gives standard errors that allow any dependence within a group of rows.
func (g *Gravity) sandwich(group []int32) []float64 {
	k := len(g.Coef)
	if k == 0 {
		return nil
	}
	n := newEffects([][]int32{group}).total
	scores := mat.NewDense(n, k, nil)
	for t, x := range g.partialled {
		for i, v := range x {
			scores.Set(int(group[i]), t, scores.At(int(group[i]), t)+v*g.resid[i])
		}
	}
	var meat, cov mat.Dense
	meat.Mul(scores.T(), scores)
	cov.Product(g.covarianceIID, &meat, g.covarianceIID)
	out := make([]float64, k)
	for i := range out {
		out[i] = math.Sqrt(cov.At(i, i))
	}
	return out
}
