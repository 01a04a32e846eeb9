package trade_test

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
)

// euPanel is trade among fifteen countries, in millions of euros, with four sets of effects.
func euPanel(t testing.TB) trade.Panel {
	t.Helper()
	z, err := gzip.NewReader(open(t, "bilateral_eu15_hs2section_2007_2016.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	p := trade.Panel{Terms: []string{"ln_dist"}, X: make([][]float64, 1), Effects: make([][]int32, 4)}
	names := [4]map[string]int32{{}, {}, {}, {}}
	for _, r := range rows[1:] {
		for d, v := range []string{r[1], r[0], r[2], r[3]} {
			if _, seen := names[d][v]; !seen {
				names[d][v] = int32(len(names[d]))
			}
			p.Effects[d] = append(p.Effects[d], names[d][v])
		}
		p.X[0] = append(p.X[0], math.Log(number(t, r[4])))
		p.Y = append(p.Y, number(t, r[5])/1e6)
	}
	p.Clusters = []trade.Cluster{{Name: "origin", Of: p.Effects[0]}}
	return p
}

func TestGateGravityEU15(t *testing.T) {
	t.Parallel()
	want := reference(t, "ppml_eu15.csv")[0]
	g, err := trade.FitGravity(euPanel(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		gate
		got  float64
		name string
	}{
		{gate{what: "n"}, float64(g.Rows), "n"},
		{gate{what: "coef", limit: 1e-8}, g.Coef[0], "coef"},
		{gate{what: "se iid", limit: 1e-6}, g.SE[0], "se_iid"},
		{gate{what: "se hc0", limit: 1e-6}, g.SERobust[0], "se_hc0"},
		{gate{what: "se cluster", limit: 1e-6}, g.SECluster[0][0], "se_cluster_origin"},
		{gate{what: "deviance", limit: 1e-9, relative: true}, g.Deviance, "deviance_meur"},
		{gate{what: "loglik", limit: 1e-9, relative: true}, g.LogLik, "loglik_meur"},
	} {
		c.hold(t, c.got, want[c.name])
		c.report(t)
	}
}

// anyPanel draws a panel of two sets of effects and two terms, with zeros and no row alone in its group.
func anyPanel(t *rapid.T) trade.Panel {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
	na, nb := rapid.IntRange(2, 5).Draw(t, "a"), rapid.IntRange(2, 5).Draw(t, "b")
	p := trade.Panel{Terms: []string{"x", "z"}, X: make([][]float64, 2), Effects: make([][]int32, 2), Clusters: []trade.Cluster{{Name: "a"}}}
	for a := range na {
		for b := range nb {
			for range 4 {
				x, z := r.NormFloat64(), r.NormFloat64()
				y := math.Exp(0.5*x-z+0.3*float64(a)+r.NormFloat64()) * float64(min(r.IntN(4), 1))
				p.Y = append(p.Y, y)
				p.X[0], p.X[1] = append(p.X[0], x), append(p.X[1], z)
				p.Effects[0], p.Effects[1] = append(p.Effects[0], int32(a)), append(p.Effects[1], int32(b))
				p.Clusters[0].Of = append(p.Clusters[0].Of, int32(a))
			}
		}
	}
	return p
}

// TestGravityAgainstDummies holds the partialled fit to Newton's method on all dummy columns, errors included.
func TestGravityAgainstDummies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		g, err := trade.FitGravity(p)
		if err != nil {
			t.Fatal(err)
		}
		if g.Separated > 0 {
			t.Skip("the dummies have no finite fit")
		}
		coef, iid, robust, cluster := newton(p)
		near(t, "coef", g.Coef, coef, 1e-8)
		near(t, "se", g.SE, iid, 1e-8)
		near(t, "se robust", g.SERobust, robust, 1e-8)
		near(t, "se cluster", g.SECluster[0], cluster, 1e-8)
	})
}

func newton(p trade.Panel) (coef, iid, robust, cluster []float64) {
	x := dummies(p)
	n, k := x.Dims()
	b := mat.NewVecDense(k, nil)
	var inverse mat.Dense
	mu := make([]float64, n)
	for i := range mu {
		mu[i] = p.Y[i] + 1
	}
	for round := range 200 {
		z, w := mat.NewVecDense(n, nil), mat.NewDiagDense(n, mu)
		for i := range n {
			eta := math.Log(mu[i])
			if round > 0 {
				eta = mat.Dot(x.RowView(i), b)
			}
			z.SetVec(i, eta+(p.Y[i]-mu[i])/mu[i])
		}
		var a, wz mat.Dense
		a.Product(x.T(), w, x)
		_ = inverse.Inverse(&a)
		wz.Product(&inverse, x.T(), w, z)
		b.CopyVec(wz.ColView(0))
		for i := range n {
			mu[i] = math.Exp(mat.Dot(x.RowView(i), b))
		}
	}
	for t := range p.X {
		coef, iid = append(coef, b.AtVec(t)), append(iid, math.Sqrt(inverse.At(t, t)))
	}
	own := make([]int32, n)
	for i := range own {
		own[i] = int32(i)
	}
	cluster = plainSandwich(x, &inverse, p, mu, p.Clusters[0].Of)
	groups := float64(slices.Max(p.Clusters[0].Of)) + 1
	for t := range cluster {
		cluster[t] *= math.Sqrt(groups / (groups - 1) * float64(n-1) / float64(n-k))
	}
	return coef, iid, plainSandwich(x, &inverse, p, mu, own), cluster
}

func plainSandwich(x, inverse *mat.Dense, p trade.Panel, mu []float64, group []int32) (out []float64) {
	n, k := x.Dims()
	scores := mat.NewDense(int(slices.Max(group))+1, k, nil)
	for i := range n {
		for j := range k {
			g := int(group[i])
			scores.Set(g, j, scores.At(g, j)+x.At(i, j)*(p.Y[i]-mu[i]))
		}
	}
	var cov mat.Dense
	cov.Product(inverse, scores.T(), scores, inverse)
	for t := range p.X {
		out = append(out, math.Sqrt(cov.At(t, t)))
	}
	return out
}

// dummies gives the terms, all groups of the first effect, and all but one of each other.
func dummies(p trade.Panel) *mat.Dense {
	k := len(p.X)
	base := make([]int, len(p.Effects))
	for d, e := range p.Effects {
		base[d] = k
		k += int(slices.Max(e)) + 1
		if d > 0 {
			base[d], k = base[d]-1, k-1
		}
	}
	x := mat.NewDense(len(p.Y), k, nil)
	for i := range p.Y {
		for t := range p.X {
			x.Set(i, t, p.X[t][i])
		}
		for d, e := range p.Effects {
			if d == 0 || e[i] > 0 {
				x.Set(i, base[d]+int(e[i]), 1)
			}
		}
	}
	return x
}

// TestSeparatedZerosAreFound: the dummy d is 1 on zeros alone, so its coefficient has no finite value; without those
// rows d is nought throughout and must be refused by name. In the control one positive value stands among them.
func TestSeparatedZerosAreFound(t *testing.T) {
	t.Parallel()
	p := trade.Panel{
		Terms: []string{"x", "d"},
		Y:     []float64{1, 2, 4, 3, 5, 0, 0, 2, 1, 0},
		X:     [][]float64{{1, 2, 3, 2, 3, 1, 2, 1, 1, 2}, {0, 0, 0, 0, 0, 1, 1, 0, 0, 0}},
		Effects: [][]int32{
			{0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		},
	}
	_, err := trade.FitGravity(p)
	if f, ok := fault.As(err); !ok || f.Key != "trade.collinear" || f.Args["term"] != "d" {
		t.Errorf("want d named, got %v", err)
	}
	p.Y[5] = 1
	g, err := trade.FitGravity(p)
	if err != nil || g.Separated != 0 || math.Abs(g.Coef[1]) > 10 {
		t.Errorf("the control was not fitted: %+v, %v", g, err)
	}
}

// TestSeparationByTwoTerms: only the sum of both terms is nought on the positive rows, so no single one shows it.
func TestSeparationByTwoTerms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	p := trade.Panel{Terms: []string{"x", "z"}, X: make([][]float64, 2), Effects: make([][]int32, 1)}
	for i := range 60 {
		x, extra, y := r.NormFloat64(), 0.0, 1+r.Float64()
		if i%10 == 0 {
			extra, y = 1+r.Float64(), 0
		}
		if i%10 == 1 {
			y = 0 // a zero that a finite fit explains
		}
		p.Y = append(p.Y, y)
		p.X[0], p.X[1] = append(p.X[0], x), append(p.X[1], extra-x)
		p.Effects[0] = append(p.Effects[0], int32(i%2))
	}
	_, err := trade.FitGravity(p)
	if f, ok := fault.As(err); !ok || f.Key != "trade.collinear" {
		t.Errorf("six separated zeros make the terms one: want that told, got %v", err)
	}
	p.X = append(p.X, make([]float64, len(p.Y)))
	p.Terms = append(p.Terms, "w")
	for i := range p.Y {
		p.X[2][i], p.X[1][i] = p.X[1][i], r.NormFloat64()
	}
	p.X, p.Terms = [][]float64{p.X[0], p.X[1]}, []string{"x", "noise"}
	if g, err := trade.FitGravity(p); err != nil || g.Separated != 0 {
		t.Errorf("the control has no separated zero: %+v, %v", g, err)
	}
}

func TestGroupsOfZerosAndLonelyRowsAreLeftOut(t *testing.T) {
	t.Parallel()
	p := trade.Panel{
		Terms: []string{"x"}, Y: []float64{1, 2, 3, 2, 0, 0, 7}, X: [][]float64{{1, 2, 3, 1, 1, 2, 5}},
		Effects: [][]int32{{0, 0, 0, 0, 1, 1, 2}},
	}
	g, err := trade.FitGravity(p)
	if err != nil || g.Rows != 4 || g.Separated != 2 || g.Singletons != 1 {
		t.Errorf("got %+v, %v", g, err)
	}
}

func TestGravityRefusesWhatItCannotFit(t *testing.T) {
	t.Parallel()
	good := func() trade.Panel {
		return trade.Panel{Terms: []string{"x"}, Y: []float64{1, 2, 3, 5}, X: [][]float64{{1, 2, 3, 5}}, Effects: [][]int32{{0, 0, 1, 1}}}
	}
	for key, spoil := range map[string]func(*trade.Panel){
		"trade.bad_row":     func(p *trade.Panel) { p.X[0][2] = math.Inf(-1) },
		"trade.collinear":   func(p *trade.Panel) { p.X[0] = []float64{2, 2, 7, 7} },
		"trade.few_rows":    func(p *trade.Panel) { p.Y = make([]float64, 4) },
		"trade.one_cluster": func(p *trade.Panel) { p.Clusters = []trade.Cluster{{Name: "origin", Of: make([]int32, 4)}} },
	} {
		p := good()
		spoil(&p)
		_, err := trade.FitGravity(p)
		if f, ok := fault.As(err); !ok || f.Key != key {
			t.Errorf("want %s, got %v", key, err)
		}
	}
	if _, err := trade.FitGravity(good()); err != nil {
		t.Errorf("the unspoiled panel: %v", err)
	}
}

func TestGravityHasTheSameBitsOnAnyMachine(t *testing.T) { // not parallel: it sets GOMAXPROCS
	p := euPanel(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *trade.Gravity
	for _, n := range []int{1, 4} {
		runtime.GOMAXPROCS(n)
		g, err := trade.FitGravity(p)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = g
		}
		if g.Coef[0] != first.Coef[0] || g.SECluster[0][0] != first.SECluster[0][0] || g.Deviance != first.Deviance {
			t.Errorf("other bits on %d processors", n)
		}
	}
}
