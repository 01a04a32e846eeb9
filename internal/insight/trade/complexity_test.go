package trade_test

import (
	"cmp"
	"context"
	"fmt"
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

// world is a small table in which every figure can be checked by hand: makers chain a–y–b–x–c, and z is a's alone.
func world() []trade.Cell {
	return []trade.Cell{
		{"a", "y", 20}, {"a", "z", 20},
		{"b", "x", 20}, {"b", "y", 20},
		{"c", "x", 40},
	}
}

func table(t testing.TB, cells []trade.Cell) *trade.Exports {
	t.Helper()
	x, err := trade.NewExports(cells, trade.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func profile(t testing.TB, name string) trade.Profile {
	t.Helper()
	p, err := trade.ProfileNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func complexity(t testing.TB, cells []trade.Cell, name string) *trade.Complexity {
	t.Helper()
	r, err := trade.Complex(context.Background(), table(t, cells), profile(t, name), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASmallWorldByHand(t *testing.T) {
	t.Parallel()
	r := complexity(t, world(), "py")
	// Each country exports 40; of x, y, z together 60, 40, 20 of 120.
	near(t, "rca", r.RCA, []float64{0, 1.5, 3, 1, 1.5, 0, 2, 0, 0}, 1e-15)
	near(t, "m", r.M, []float64{0, 1, 1, 1, 1, 0, 1, 0, 0}, 0)
	if !slices.Equal(r.Undecided, []int{3}) || !warned(r, "trade.undecided") {
		t.Errorf("b's x stands on the threshold and must be named; named: %v", r.Undecided)
	}
	// x and y share b of two makers each, y and z share a; x and z share none.
	near(t, "density", r.Density, []float64{1. / 3, .75, 1, 1, .75, 1. / 3, 2. / 3, .25, 0}, 1e-15)
	// The walk a-b-c has the second eigenvalue (3+√5)/8 with the eigenvector (1, −(3−√5)/2, 1−√5).
	k := []float64{1, -(3 - math.Sqrt(5)) / 2, 1 - math.Sqrt(5)}
	mean, sd := plainMoments(r.Profile, k, 1)
	near(t, "eci", r.ECI, []float64{(k[0] - mean) / sd, (k[1] - mean) / sd, (k[2] - mean) / sd}, 1e-14)
	near(t, "second", []float64{r.Spectrum.Second}, []float64{(3 + math.Sqrt(5)) / 8}, 1e-15)
}

// TestAWorldInTwoPartsIsRefused: c alone makes x by this rule, so nothing relates it to the others.
func TestAWorldInTwoPartsIsRefused(t *testing.T) {
	t.Parallel()
	cells := []trade.Cell{{"a", "x", 1}, {"a", "y", 1}, {"b", "x", 1}, {"c", "z", 1}}
	_, err := trade.Complex(context.Background(), table(t, cells), profile(t, "py"), nil)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Refused || f.Key != "trade.apart" || f.Args["countries"] != "c" {
		t.Fatalf("want c told apart, got %v", err)
	}
}

func TestWhatCannotBeRankedIsRefused(t *testing.T) {
	t.Parallel()
	for key, cells := range map[string][]trade.Cell{
		"trade.too_few":   {{"a", "x", 1}, {"a", "y", 2}},
		"trade.all_alike": {{"a", "x", 1}, {"a", "y", 1}, {"b", "x", 2}, {"b", "y", 2}},
	} {
		_, err := trade.Complex(context.Background(), table(t, cells), profile(t, "py"), nil)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Refused || f.Key != key {
			t.Errorf("want %s, got %v", key, err)
		}
	}
}

// TestATieOfEigenvaluesIsWarned: three countries around a circle are alike by turning it, so the second and third
// eigenvalue are equal. The small world beside it must raise no such warning.
func TestATieOfEigenvaluesIsWarned(t *testing.T) {
	t.Parallel()
	circle := []trade.Cell{{"a", "x", 1}, {"a", "y", 1}, {"b", "y", 1}, {"b", "z", 1}, {"c", "z", 1}, {"c", "x", 1}}
	if r := complexity(t, circle, "py"); !warned(r, "trade.weak_gap") {
		t.Errorf("no warning at gap %g", r.Spectrum.Gap())
	}
	firm := []trade.Cell{{"a", "x", 1}, {"a", "y", 1}, {"a", "z", 1}, {"b", "y", 1}, {"b", "z", 1}, {"c", "z", 1}}
	if r := complexity(t, firm, "atlas2026"); warned(r, "trade.weak_gap") {
		t.Errorf("warned at gap %g", r.Spectrum.Gap())
	}
}

func warned(r *trade.Complexity, key string) bool {
	return slices.ContainsFunc(r.Warnings, func(f *fault.Fault) bool { return f.Key == key })
}

func TestBadCellsAreRefused(t *testing.T) {
	t.Parallel()
	for key, bad := range map[string]trade.Cell{
		"trade.twice": {"a", "y", 1}, "trade.no_code": {"", "x", 1}, "trade.bad_cell": {"d", "x", -1},
	} {
		_, err := trade.NewExports(append(world(), bad), trade.Filter{})
		if f, ok := fault.As(err); !ok || f.Key != key {
			t.Errorf("want %s, got %v", key, err)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := trade.NewExports([]trade.Cell{{"a", "x", v}}, trade.Filter{}); err == nil {
			t.Errorf("%v was taken as an amount", v)
		}
	}
}

func TestTheFilterLeavesOutAndSaysWhom(t *testing.T) {
	t.Parallel()
	f := trade.Filter{MinPopulation: 5, MinExports: 40, Population: map[string]float64{"a": 9, "b": 4, "c": 9}}
	x, err := trade.NewExports(append(world(), trade.Cell{Country: "d", Product: "x", Value: 99}, trade.Cell{Country: "e", Product: "w"}), f)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(x.Countries, x.Products, x.Dropped.SmallCountries, x.Dropped.UnknownPopulation, x.Dropped.RowsLeftOut)
	if want := "[a c] [x y z] [b] [d e] 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// anyWorld draws a table in which everybody exports something: enough variety for complexity, few enough for an oracle.
func anyWorld(t *rapid.T) []trade.Cell {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	nc, np := rapid.IntRange(3, 12).Draw(t, "countries"), rapid.IntRange(3, 25).Draw(t, "products")
	var cells []trade.Cell
	for c := range nc {
		for p := range np {
			if p == c%np || r.IntN(3) > 0 {
				cells = append(cells, trade.Cell{Country: fmt.Sprintf("c%02d", c), Product: fmt.Sprintf("p%02d", p), Value: math.Exp(4 * r.NormFloat64())})
			}
		}
	}
	return cells
}

func TestLawsOfAdvantage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, err := trade.NewExports(anyWorld(t), trade.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		np, rca, nrca, rsca, arca := len(x.Products), x.RCA(), x.NRCA(), x.RSCA(), x.ARCA()
		best := make([]float64, len(x.Countries)+np)
		var byProduct, byCountry = make([]float64, np), make([]float64, len(x.Countries))
		for i, r := range rca {
			c, p := i/np, i%np
			best[c], best[len(x.Countries)+p] = max(best[c], r), max(best[len(x.Countries)+p], r)
			byProduct[p] += x.ByCountry[c] / x.Total * r
			byCountry[c] += nrca[i]
			if rsca[i] < -1 || rsca[i] >= 1 || (rsca[i] >= 0) != (r >= 1) || math.Abs(arca[i]-(r-1)*x.ByProduct[p]/x.Total) > 1e-12 {
				t.Fatalf("variants disagree with R = %g: RSCA %g, ARCA %g", r, rsca[i], arca[i])
			}
		}
		for i := range byProduct {
			if math.Abs(byProduct[i]-1) > 1e-12 {
				t.Fatalf("the share-weighted mean RCA of a product is %g, not 1", byProduct[i])
			}
		}
		for c := range byCountry {
			if math.Abs(byCountry[c]) > 1e-12 {
				t.Fatalf("NRCA of a country sums to %g", byCountry[c])
			}
		}
		if m := slices.Min(best); m < 1-1e-12 {
			t.Fatalf("some country or product has no RCA of at least 1; the best is %g", m)
		}
	})
}

// TestAgainstPlainMatrices holds the streamed, symmetric computation to the formulas written out: the full proximity
// matrix, and the eigenvector of the full product matrix, which is neither symmetric nor small.
func TestAgainstPlainMatrices(t *testing.T) {
	t.Parallel()
	for _, name := range trade.ProfileNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := profile(t, name)
			rapid.Check(t, func(t *rapid.T) {
				x, err := trade.NewExports(anyWorld(t), trade.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				r, err := trade.Complex(context.Background(), x, p, nil)
				if fault.Is(err, fault.Refused) || err == nil && (r.Spectrum.Gap() < 1e-3 || r.Spectrum.Second < 1e-3 || warned(r, "trade.unsigned")) {
					t.Skip("not to be ranked")
				}
				if err != nil {
					t.Fatal(err)
				}
				o := plainly(r)
				near(t, "density", r.Density, o.density, 1e-12)
				near(t, "eci", r.ECI, o.eci, 1e-7)
				near(t, "pci", r.PCI, o.pci, 1e-7)
				near(t, "coi", r.COI, o.coi, 1e-7)
				near(t, "cog", r.COG, o.cog, 1e-7)
			})
		})
	}
}

type oracle struct{ density, eci, pci, coi, cog []float64 }

func plainly(r *trade.Complexity) (o oracle) {
	nc, np := len(r.Exports.Countries), len(r.Exports.Products)
	m := mat.NewDense(nc, np, r.M)
	phi := mat.NewDense(np, np, nil)
	for p := range np {
		for q := range np {
			both := mat.Dot(m.ColView(p), m.ColView(q))
			if v := both / math.Max(r.Ubiquity[p], r.Ubiquity[q]); !math.IsNaN(v) {
				phi.Set(p, q, v)
			}
		}
		if r.Ubiquity[p] > 0 {
			phi.Set(p, p, map[bool]float64{true: 1}[r.Profile.SelfNear])
		}
	}
	k, q := plainEigen(r, m)
	mean, sd := plainMoments(r.Profile, k, np)
	qMean, qSD := mean, sd
	if r.Profile.OwnPCI {
		qMean, qSD = plainMoments(r.Profile, q, 1)
	}
	var coi []float64
	for c := range nc {
		var outlook float64
		for p := range np {
			var made, reach, gain float64
			for s := range np {
				reach += phi.At(p, s)
				made += phi.At(p, s) * m.At(c, s)
				if w := mat.Sum(phi.RowView(s)); w > 0 {
					gain += (1 - m.At(c, s)) * phi.At(p, s) * q[s] / w
				}
			}
			o.density = append(o.density, made/reach)
			if r.Ubiquity[p] > 0 {
				outlook += made / reach * (1 - m.At(c, p)) * q[p]
			}
			cog := (1 - m.At(c, p)) * gain / sd
			if r.Ubiquity[p] == 0 {
				cog = math.NaN()
			}
			o.cog = append(o.cog, cog)
		}
		coi = append(coi, outlook)
	}
	for _, v := range k {
		o.eci = append(o.eci, (v-mean)/sd)
	}
	for _, v := range q {
		o.pci = append(o.pci, (v-qMean)/qSD)
	}
	mean, sd = plainMoments(r.Profile, coi, np)
	for _, v := range coi {
		o.coi = append(o.coi, (v-mean)/sd)
	}
	return o
}

// plainEigen takes the second eigenvector of the product matrix, and K as the mean of it over what a country makes.
func plainEigen(r *trade.Complexity, m *mat.Dense) (k, q []float64) {
	nc, np := m.Dims()
	full := mat.NewDense(np, np, nil)
	for p := range np {
		for s := range np {
			var sum float64
			for c := range nc {
				if w := r.Diversity[c] * r.Ubiquity[p]; w > 0 {
					sum += m.At(c, p) * m.At(c, s) / w
				}
			}
			full.Set(p, s, sum)
		}
	}
	var eig mat.Eigen
	eig.Factorize(full, mat.EigenRight)
	order := make([]int, np)
	for i := range order {
		order[i] = i
	}
	values := eig.Values(nil)
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(real(values[b]), real(values[a])) })
	var vectors mat.CDense
	eig.VectorsTo(&vectors)
	for p := range np {
		v := real(vectors.At(p, order[1]))
		if r.Ubiquity[p] == 0 {
			v = math.NaN()
		}
		q = append(q, v)
	}
	for c := range nc {
		var sum float64
		for p := range np {
			if m.At(c, p) > 0 {
				sum += m.At(c, p) * q[p]
			}
		}
		k = append(k, sum/r.Diversity[c])
	}
	if plainCorrelation(k, r.Diversity) < 0 {
		for _, v := range [][]float64{k, q} {
			for i := range v {
				v[i] = -v[i]
			}
		}
	}
	return k, q
}

func plainCorrelation(a, b []float64) float64 {
	var n, sa, sb, saa, sbb, sab float64
	for i := range a {
		if !math.IsNaN(a[i]) {
			n, sa, sb, saa, sbb, sab = n+1, sa+a[i], sb+b[i], saa+a[i]*a[i], sbb+b[i]*b[i], sab+a[i]*b[i]
		}
	}
	return (n*sab - sa*sb) / math.Sqrt((n*saa-sa*sa)*(n*sbb-sb*sb))
}

func plainMoments(p trade.Profile, v []float64, copies int) (mean, sd float64) {
	var all []float64
	for _, f := range v {
		for range copies {
			if !math.IsNaN(f) {
				all = append(all, f)
			}
		}
	}
	if p.Spread != trade.SpreadByCell {
		all = slices.DeleteFunc(slices.Clone(v), math.IsNaN)
	}
	for _, f := range all {
		mean += f / float64(len(all))
	}
	for _, f := range all {
		sd += (f - mean) * (f - mean)
	}
	n := float64(len(all)) - 1
	if p.Spread == trade.SpreadN {
		n++
	}
	return mean, math.Sqrt(sd / n)
}

// TestTheSameBitsOnAnyMachine: neither the number of processors nor the order of the rows nor the unit of value, by
// powers of two, may change a bit, for results enter a journal that is a chain of hashes.
func TestTheSameBitsOnAnyMachine(t *testing.T) { // not parallel: it sets GOMAXPROCS
	r := rand.New(rand.NewPCG(1, 2))
	var cells []trade.Cell
	for c := range 70 {
		for p := range 150 {
			if r.IntN(4) > 0 {
				cells = append(cells, trade.Cell{Country: fmt.Sprint(c), Product: fmt.Sprint(p), Value: math.Exp(r.NormFloat64())})
			}
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, name := range trade.ProfileNames() {
		runtime.GOMAXPROCS(1)
		want := bitsOf(complexity(t, cells, name))
		for _, n := range []int{2, 3, 8} {
			runtime.GOMAXPROCS(n)
			other := slices.Clone(cells)
			r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
			for i := range other {
				other[i].Value *= 8
			}
			if !slices.Equal(bitsOf(complexity(t, other, name)), want) {
				t.Errorf("%s: other bits on %d processors", name, n)
			}
		}
	}
}

func bitsOf(r *trade.Complexity) (bits []uint64) {
	for _, v := range [][]float64{r.RCA, r.ECI, r.PCI, r.COI, r.Density, r.COG} {
		for _, f := range v {
			bits = append(bits, math.Float64bits(f))
		}
	}
	return bits
}

// near holds got to want within tol, absolute; blanks must meet blanks.
func near(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if math.IsNaN(got[i]) != math.IsNaN(want[i]) || math.Abs(got[i]-want[i]) > tol {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}
