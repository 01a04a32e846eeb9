package trade

// Bilateral is one year's trade between pairs of countries in columns, row by row as it was read. A row takes 26 bytes.
type Bilateral struct {
	Countries, Products []string // numbered as they came

	Origin, Destination, Product []uint16
	Value                        []float64 // USD
	Quantity                     []float64 // metric tons, NaN where not known; nil where the table has none
	Line                         []uint32  // of the file
}

// PairFlow is what one country sold to another of one product in a year.
type PairFlow struct {
	Origin, Destination uint16
	Value               float64 // USD
	Quantity            float64 // metric tons, NaN where not known
}

// Margins are a year's totals, or their means over years, without which a product's markets cannot be judged.
type Margins struct {
	Countries, Products []string  // sorted
	Export, Import      []float64 // by country·products+product
	Pair                []float64 // by origin·countries+destination
}

// NewMargins makes empty totals.
func NewMargins(countries, products []string) *Margins {
	nc, np := len(countries), len(products)
	return &Margins{Countries: countries, Products: products, Export: make([]float64, nc*np), Import: make([]float64, nc*np), Pair: make([]float64, nc*nc)}
}

// Add counts a flow of product k; a country's trade with itself is none.
func (m *Margins) Add(k int, f PairFlow) {
	i, j, nc, np := int(f.Origin), int(f.Destination), len(m.Countries), len(m.Products)
	if i == j {
		return
	}
	m.Export[i*np+k] += f.Value
	m.Import[j*np+k] += f.Value
	m.Pair[i*nc+j] += f.Value
}

// Merge adds a part of other totals, whose countries and products have other numbers here.
func (m *Margins) Merge(o *Margins, country, product []uint16, part float64) {
	nc, np := len(m.Countries), len(m.Products)
	for i, to := range country {
		for k, at := range product {
			from, into := i*len(product)+k, int(to)*np+int(at)
			m.Export[into] += part * o.Export[from]
			m.Import[into] += part * o.Import[from]
		}
		for j, at := range country {
			m.Pair[int(to)*nc+int(at)] += part * o.Pair[i*len(country)+j]
		}
	}
}

// Ease gives for each destination v_ij / Σ_k (v_ik/v_k)·v_jk of an origin: what the two countries trade against what they would if
// nothing but size mattered. It is 0
// where they do not trade.
func (m *Margins) Ease(i int) []float64 {
	nc, np := len(m.Countries), len(m.Products)
	share := make([]float64, np)
	for c := range nc {
		for k, v := range m.Export[c*np : (c+1)*np] {
			share[k] += v
		}
	}
	for k := range share {
		share[k] = over(m.Export[i*np+k], share[k])
	}
	out := make([]float64, nc)
	for j := range out {
		var expected float64
		for k, v := range m.Import[j*np : (j+1)*np] {
			expected += share[k] * v
		}
		out[j] = over(m.Pair[i*nc+j], expected)
	}
	return out
}

// OfProduct gives the potential of origin i in each country for one product, whose flows are all that p was made of: only the ease
// of the pairs is taken from the totals of all products, in the numbering of p's countries. EaseB is not told, for it asks for the
// demand of all products. The cells are by destination; that of the origin itself is empty.
func (p *Potential) OfProduct(i int, ease []float64) []PotentialCell {
	out := make([]PotentialCell, p.nc)
	for _, r := range p.byOwner[p.start[i]:p.start[i+1]] {
		out[p.Flows.Destination[r]].Actual += p.actual[r]
	}
	for j := range out {
		c := &out[j]
		c.Origin, c.Destination = i, j
		if j == i {
			continue
		}
		c.Supply, c.Share, c.Ratio = p.Supply(i, 0)
		c.Demand, c.Distance = p.Demand(i, j, 0)
		c.judge(ease[j], 0)
	}
	return out
}
