package trade

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Exports is a table of countries by products with nothing undefined in it: each country exports something and each
// product is exported by somebody.
type Exports struct {
	Countries, Products []string  // sorted by bytes
	Value               []float64 // Value[c*len(Products)+p]; what was not reported is 0 here
	ByCountry           []float64 // X_c
	ByProduct           []float64 // X_p
	Total               float64   // X
	Dropped             Dropped
}

// Dropped names what was left out before the totals, and why.
type Dropped struct {
	EmptyCountries    []string `json:"empty_countries"`    // exported nothing
	EmptyProducts     []string `json:"empty_products"`     // exported by nobody
	SmallCountries    []string `json:"small_countries"`    // under the limits of the filter
	UnknownPopulation []string `json:"unknown_population"` // no population in the table, under a filter by it
	SmallProducts     []string `json:"small_products"`     // under the limit of the filter
	RowsLeftOut       int      `json:"rows_left_out"`
}

// Filter leaves countries and products out before any total. The zero filter leaves nothing out.
type Filter struct {
	MinPopulation     float64            `json:"min_population"`
	MinExports        float64            `json:"min_exports"`
	MinProductExports float64            `json:"min_product_exports"`
	Population        map[string]float64 `json:"-"`
}

// NewExports makes the table of cells, after the filter. It refuses a cell twice, a negative value and one that is not
// a number. The order of the cells does not matter.
func NewExports(cells []Cell, f Filter) (*Exports, error) {
	sorted := slices.Clone(cells)
	slices.SortFunc(sorted, func(a, b Cell) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), strings.Compare(a.Product, b.Product))
	})
	if err := checkCells(sorted); err != nil {
		return nil, err
	}
	var d Dropped
	kept := f.countries(sorted, &d)
	kept = f.products(kept, &d)
	kept = dropEmpty(kept, &d)
	d.RowsLeftOut = len(cells) - len(kept)
	if len(kept) == 0 {
		return nil, invalid("nothing_left", "rows", len(cells), "countries", len(d.SmallCountries)+len(d.UnknownPopulation))
	}
	x := &Exports{Dropped: d}
	x.fill(kept)
	return x, nil
}

func checkCells(sorted []Cell) error {
	for i, c := range sorted {
		switch {
		case c.Country == "" || c.Product == "":
			return invalid("no_code", "country", c.Country, "product", c.Product)
		case math.IsNaN(c.Value) || math.IsInf(c.Value, 0) || c.Value < 0:
			return invalid("bad_cell", "country", c.Country, "product", c.Product, "value", c.Value)
		case i > 0 && sorted[i-1].Country == c.Country && sorted[i-1].Product == c.Product:
			return invalid("twice", "country", c.Country, "product", c.Product)
		}
	}
	return nil
}

// The steps below thin one copy of the cells in place: a year of HS6 is forty megabytes of them.

// countries leaves out those under the limits. A country whose population is not known cannot be said to pass.
func (f Filter) countries(cells []Cell, d *Dropped) []Cell {
	if f.MinPopulation <= 0 && f.MinExports <= 0 {
		return cells
	}
	totals := sums(cells, func(c Cell) string { return c.Country })
	return slices.DeleteFunc(cells, func(c Cell) bool {
		people, known := f.Population[c.Country]
		switch {
		case f.MinPopulation > 0 && !known:
			d.UnknownPopulation = note(d.UnknownPopulation, c.Country)
		case f.MinPopulation > 0 && people < f.MinPopulation, totals[c.Country] < f.MinExports:
			d.SmallCountries = note(d.SmallCountries, c.Country)
		default:
			return false
		}
		return true
	})
}

func (f Filter) products(cells []Cell, d *Dropped) []Cell {
	if f.MinProductExports <= 0 {
		return cells
	}
	totals := sums(cells, func(c Cell) string { return c.Product })
	for _, p := range sortedKeys(totals) {
		if totals[p] < f.MinProductExports {
			d.SmallProducts = append(d.SmallProducts, p)
		}
	}
	return slices.DeleteFunc(cells, func(c Cell) bool { return totals[c.Product] < f.MinProductExports })
}

// dropEmpty leaves out countries and products whose totals are 0: their RCA would be 0/0.
func dropEmpty(cells []Cell, d *Dropped) []Cell {
	byCountry := sums(cells, func(c Cell) string { return c.Country })
	byProduct := sums(cells, func(c Cell) string { return c.Product })
	d.EmptyCountries, d.EmptyProducts = zeros(byCountry), zeros(byProduct)
	return slices.DeleteFunc(cells, func(c Cell) bool {
		return byCountry[c.Country] == 0 || byProduct[c.Product] == 0
	})
}

func (x *Exports) fill(cells []Cell) {
	countries, products := map[string]int{}, map[string]int{}
	for _, c := range cells {
		countries[c.Country], products[c.Product] = 0, 0
	}
	x.Countries, x.Products = index(countries), index(products)
	x.Value = make([]float64, len(x.Countries)*len(x.Products))
	x.ByCountry, x.ByProduct = make([]float64, len(x.Countries)), make([]float64, len(x.Products))
	for _, c := range cells {
		ci, pi := countries[c.Country], products[c.Product]
		x.Value[ci*len(x.Products)+pi] = c.Value
		x.ByCountry[ci] += c.Value
		x.ByProduct[pi] += c.Value
	}
	for _, v := range x.ByCountry {
		x.Total += v
	}
}

// index numbers the keys of m in their order and gives them.
func index(m map[string]int) []string {
	keys := sortedKeys(m)
	for i, k := range keys {
		m[k] = i
	}
	return keys
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sums(cells []Cell, key func(Cell) string) map[string]float64 {
	m := map[string]float64{}
	for _, c := range cells {
		m[key(c)] += c.Value
	}
	return m
}

func zeros(m map[string]float64) (out []string) {
	for _, k := range sortedKeys(m) {
		if m[k] == 0 {
			out = append(out, k)
		}
	}
	return out
}

// note appends a name that is not the last one already; cells come country by country.
func note(names []string, name string) []string {
	if len(names) > 0 && names[len(names)-1] == name {
		return names
	}
	return append(names, name)
}
