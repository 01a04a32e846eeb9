package trade

import (
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"rahgosha/internal/base/fault"
)

// Spectrum says how firmly the data determine the complexity ranking.
type Spectrum struct {
	Second float64 `json:"second_eigenvalue"`
	Third  float64 `json:"third_eigenvalue"`
}

// Gap is how far the ranking's eigenvalue stands from the next.
func (s Spectrum) Gap() float64 { return s.Second - s.Third }

const (
	weakGap  = 1e-6  // below it another ranking explains the data as well
	noSecond = 1e-12 // a second eigenvalue below it is rounding: all countries make the same
)

// scores are K of countries and Q of products before they are standardised; NaN without any presence.
type scores struct {
	country, product []float64
	spectrum         Spectrum
	unsigned         bool // diversity does not tell which end is the complex one
}

// solve finds K = Dc^-½·v, v the second eigenvector of Dc^-½·M·Dp^-1·M'·Dc^-½, and Q = Dp^-1·M'·K/λ, so that K is the
// mean of Q over what a country makes. The small symmetric form has the eigenvectors of the usual product matrix
// without its size or its asymmetry.
func (s *presence) solve(countries []string) (*scores, error) {
	if err := s.connected(countries); err != nil {
		return nil, err
	}
	active := make([]int, 0, s.nc) // matrix row → country
	row := make([]int, s.nc)
	for c, k := range s.diversity {
		if row[c] = -1; k > 0 {
			row[c] = len(active)
			active = append(active, c)
		}
	}
	if len(active) < 2 {
		return nil, fault.New(fault.Refused, "trade.too_few", "countries", len(active))
	}
	var eig mat.EigenSym
	if !eig.Factorize(s.symmetric(row, len(active)), true) {
		return nil, fault.New(fault.Refused, "trade.no_eigen")
	}
	out := &scores{country: nans(s.nc), spectrum: spectrumOf(eig.Values(nil))}
	if out.spectrum.Second < noSecond {
		return nil, fault.New(fault.Refused, "trade.all_alike", "countries", len(active))
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	for r, c := range active {
		out.country[c] = v.At(r, len(active)-2) / math.Sqrt(s.diversity[c])
	}
	out.sign(s)
	out.product = s.average(out.country, out.spectrum.Second)
	return out, nil
}

func (s *presence) symmetric(row []int, n int) *mat.SymDense {
	a := make([]float64, n*n)
	for p, list := range s.makers {
		for i, c := range list {
			w := s.m[int(c)*s.np+p] / s.ubiquity[p]
			for _, d := range list[i:] {
				a[row[c]*n+row[d]] += w * s.m[int(d)*s.np+p]
			}
		}
	}
	for c, r := range row {
		for d, t := range row {
			if r >= 0 && t >= r {
				a[r*n+t] /= math.Sqrt(s.diversity[c] * s.diversity[d])
			}
		}
	}
	return mat.NewSymDense(n, a)
}

func spectrumOf(ascending []float64) Spectrum {
	n := len(ascending)
	s := Spectrum{Second: ascending[n-2]}
	if n > 2 {
		s.Third = ascending[n-3]
	}
	return s
}

// sign turns K so that it goes up with diversity. That is a convention; when diversity says nothing the first country
// is made positive, so that the answer is at least the same each time.
func (k *scores) sign(s *presence) {
	r := correlation(k.country, s.diversity)
	if k.unsigned = !(math.Abs(r) > nearly); k.unsigned {
		r = first(k.country)
	}
	if r < 0 {
		for c := range k.country {
			k.country[c] = -k.country[c]
		}
	}
}

// average gives the mean of K over the makers of each product, divided by scale.
func (s *presence) average(country []float64, scale float64) []float64 {
	out := nans(s.np)
	for p, list := range s.makers {
		if s.ubiquity[p] == 0 {
			continue
		}
		var sum float64
		for _, c := range list {
			sum += s.m[int(c)*s.np+p] * country[c]
		}
		out[p] = sum / s.ubiquity[p] / scale
	}
	return out
}

// connected refuses a network in several parts: the second eigenvalue is 1 and the eigenvector only tells them apart.
func (s *presence) connected(countries []string) error {
	of, n := s.parts()
	if n <= 1 {
		return nil
	}
	size := make([]int, n)
	big := 0
	for _, part := range of {
		if part >= 0 {
			size[part]++
		}
	}
	for i, k := range size {
		if k > size[big] {
			big = i
		}
	}
	var apart []string
	for c, part := range of {
		if part >= 0 && part != big {
			apart = append(apart, countries[c])
		}
	}
	return fault.New(fault.Refused, "trade.apart", "parts", n, "countries", strings.Join(apart[:min(len(apart), 10)], ", "))
}

func nans(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.NaN()
	}
	return v
}

func first(v []float64) float64 {
	for _, f := range v {
		if math.Abs(f) > nearly {
			return f
		}
	}
	return 0
}

// correlation is Pearson's over the places where both are numbers; NaN when one of them is constant.
func correlation(a, b []float64) float64 {
	var n, ma, mb float64
	for i := range a {
		if !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
			n, ma, mb = n+1, ma+a[i], mb+b[i]
		}
	}
	ma, mb = ma/n, mb/n
	var ab, aa, bb float64
	for i := range a {
		if x, y := a[i]-ma, b[i]-mb; !math.IsNaN(x) && !math.IsNaN(y) {
			ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
		}
	}
	return ab / math.Sqrt(aa*bb)
}
