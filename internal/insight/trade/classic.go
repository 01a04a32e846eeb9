package trade

import "math"

// Reflections gives the n-th reflection of each country and product (Hidalgo and Hausmann 2009): level 0 is diversity and
// ubiquity, level n the mean of the other side's level n−1 over what is made, or over who makes it. Take even levels for
// countries. Long runs tend to one constant: stop early and standardise. NaN where there is no presence.
func (x *Complexity) Reflections(n int) (country, product []float64) {
	country, product = x.Diversity, x.Ubiquity
	for range n {
		country, product = x.overProducts(product, x.Diversity), x.overCountries(country, x.Ubiquity)
	}
	return country, product
}

// Fitness gives fitness of countries and complexity of products after n rounds, each with the mean 1 (Tacchella et al.
// 2012). Some fitness goes to 0 as n grows, so n must be told with the result. NaN where there is no presence.
func (x *Complexity) Fitness(n int) (fitness, complexity []float64) {
	fitness, complexity = present(x.Diversity), present(x.Ubiquity)
	for range n {
		inverse := make([]float64, len(fitness))
		for c, f := range fitness {
			inverse[c] = 1 / f
		}
		next := x.overProducts(complexity, nil)
		weak := x.overCountries(inverse, nil)
		for p, w := range weak {
			weak[p] = 1 / w
		}
		fitness, complexity = byMean(next, x.Diversity), byMean(weak, x.Ubiquity)
	}
	return fitness, complexity
}

// present is 1 where there is any presence, otherwise NaN.
func present(k []float64) []float64 {
	out := make([]float64, len(k))
	for i, v := range k {
		out[i] = over(v, v)
	}
	return onlyWhere(out, k)
}

// byMean divides by the mean of what is present.
func byMean(v, k []float64) []float64 {
	var n, sum float64
	for i, f := range v {
		if k[i] > 0 {
			n, sum = n+1, sum+f
		}
	}
	for i := range v {
		v[i] /= sum / n
	}
	return onlyWhere(v, k)
}

func onlyWhere(v, k []float64) []float64 {
	for i := range v {
		if k[i] == 0 {
			v[i] = math.NaN()
		}
	}
	return v
}

// overProducts sums v over what each country makes, divided by k unless that is nil.
func (x *Complexity) overProducts(v, k []float64) []float64 {
	np := len(x.Exports.Products)
	out := make([]float64, len(x.Exports.Countries))
	for i, m := range x.M {
		if m != 0 {
			out[i/np] += m * v[i%np]
		}
	}
	return divided(out, k)
}

// overCountries sums v over who makes each product, divided by k unless that is nil.
func (x *Complexity) overCountries(v, k []float64) []float64 {
	np := len(x.Exports.Products)
	out := make([]float64, np)
	for i, m := range x.M {
		if m != 0 {
			out[i%np] += m * v[i/np]
		}
	}
	return divided(out, k)
}

func divided(v, k []float64) []float64 {
	for i := range k {
		v[i] /= k[i] // 0/0 is NaN: no presence
	}
	return v
}

// Sophistication gives PRODY of products, the income per head of their exporters weighted by share, and EXPY of
// countries, the mean PRODY of what they export (Hausmann, Hwang and Rodrik 2007), in the unit of income. income is by
// country in the order of the table; NaN is not known and leaves the country out of PRODY. A product of which no
// exporter's income is known has no PRODY, and counts for nothing in EXPY.
func (x *Exports) Sophistication(income []float64) (prody, expy []float64) {
	np := len(x.Products)
	weight := make([]float64, np)
	prody, expy = make([]float64, np), make([]float64, len(x.Countries))
	for i, v := range x.Value {
		if y := income[i/np]; v > 0 && !math.IsNaN(y) {
			s := v / x.ByCountry[i/np]
			prody[i%np] += s * y
			weight[i%np] += s
		}
	}
	prody = divided(prody, weight)
	known := make([]float64, len(x.Countries))
	for i, v := range x.Value {
		if y := prody[i%np]; v > 0 && !math.IsNaN(y) {
			s := v / x.ByCountry[i/np]
			expy[i/np] += s * y
			known[i/np] += s
		}
	}
	return prody, divided(expy, known)
}

// Concentration tells how a total spreads over its parts: products of a country, markets of a product, buyers of a unit.
type Concentration struct {
	Parts      int     // parts above 0
	HHI        float64 // Σ s², from 1/n to 1
	Normalised float64 // (HHI−1/n)/(1−1/n), from 0 to 1; NaN for one part
	Theil      float64 // Σ s·ln(n·s), from 0 to ln n
}

// Concentrate measures values of at least 0 over n parts: all that could be, or those above 0 when n is 0. It is NaN
// when there is no value.
func Concentrate(values []float64, n int) (c Concentration) {
	var sum float64
	for _, v := range values {
		if sum += v; v > 0 {
			c.Parts++
		}
	}
	if n == 0 {
		n = c.Parts
	}
	size := float64(n)
	for _, v := range values {
		s := v / sum
		c.HHI += s * s
		if v > 0 {
			c.Theil += s * math.Log(size*s)
		}
	}
	if sum == 0 {
		c.HHI, c.Theil = math.NaN(), math.NaN()
	}
	c.Normalised = (c.HHI - 1/size) / (1 - 1/size)
	return c
}
