package tradecsv

import (
	"io"
	"slices"

	"rahgosha/internal/insight/trade"
)

// Exports reads country, product, value_usd. A zero is a value; a blank is an error, and a pair that is absent is simply
// not reported.
func Exports(file string, r io.Reader) ([]trade.Cell, error) {
	t, err := Open(file, r, Must("country"), Must("product"), Must("value_usd", "value"))
	if err != nil {
		return nil, err
	}
	var cells []trade.Cell
	var countries, products codes
	var keys []uint64 // country, product and line in one number: a twentieth of a map's room
	for {
		more, err := t.Next()
		if err != nil {
			return nil, err
		}
		if !more {
			if err := twice(t, keys, &countries, &products); err != nil {
				return nil, err
			}
			return cells, orEmpty(nil, t, len(cells))
		}
		c, n, err := t.cell(&countries, &products)
		if err != nil {
			return nil, err
		}
		cells, keys = append(cells, c), append(keys, n<<32|uint64(uint32(t.Line()))) // #nosec G115 -- lines of a file; the number is only told
	}
}

// cell reads a row; n is its country's number and its product's.
func (t *Table) cell(countries, products *codes) (c trade.Cell, n uint64, err error) {
	for i, all := range []*codes{countries, products} {
		text, err := t.Code(i)
		if err != nil {
			return c, 0, err
		}
		number, ok := all.of(text)
		if !ok {
			return c, 0, t.Problem("csv_codes", i)
		}
		n = n<<16 | uint64(number)
	}
	c.Country, c.Product = countries.names[n>>16], products.names[n&0xffff]
	c.Value, err = t.Amount(2)
	return c, n, err
}

// twice names the first of two rows of one country and product that follow each other in order.
func twice(t *Table, keys []uint64, countries, products *codes) error {
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if n := keys[i] >> 32; n == keys[i-1]>>32 {
			f := problem("csv_twice", t.File, int(uint32(keys[i])), "", nil)                                              // #nosec G115 -- lines of a file; the number is only told
			f.Args["first"], f.Args["key"] = int(uint32(keys[i-1])), countries.names[n>>16]+", "+products.names[n&0xffff] // #nosec G115 -- lines of a file; the number is only told
			return f
		}
	}
	return nil
}

func orEmpty(err error, t *Table, rows int) error {
	if err == nil && rows == 0 {
		return problem("csv_empty", t.File, 2, "", nil)
	}
	return err
}

// Economy is a country's size and its expected growth, as fractions.
type Economy struct {
	Population, PopulationGrowth, GDPGrowth float64
}

var countryNames = []string{"country", "country_iso", "reporter_iso", "iso3"}

// Populations reads people by country.
func Populations(file string, r io.Reader) (map[string]float64, error) {
	return amounts(file, r, "population", "population_total", "pop")
}

func amounts(file string, r io.Reader, column ...string) (map[string]float64, error) {
	t, err := Open(file, r, Must(countryNames...), Must(column...))
	if err != nil {
		return nil, err
	}
	return byCode(t, func() (float64, bool, error) {
		if blank(t.Raw(1)) {
			return 0, false, nil // not known: not 0
		}
		v, err := t.Amount(1)
		return v, true, err
	})
}

// Incomes reads output per head by country.
func Incomes(file string, r io.Reader) (map[string]float64, error) {
	return amounts(file, r, "income", "gdp_pc_usd", "gdp_pc")
}

// Growths reads expected growth of output and people by country.
func Growths(file string, r io.Reader) (map[string]Economy, error) {
	t, err := Open(file, r, Must(countryNames...), Must("gdp_growth"), Must("pop_growth"))
	if err != nil {
		return nil, err
	}
	return byCode(t, func() (e Economy, ok bool, err error) {
		if blank(t.Raw(1)) || blank(t.Raw(2)) {
			return e, false, nil
		}
		if e.GDPGrowth, err = t.growth(1); err == nil {
			e.PopulationGrowth, err = t.growth(2)
		}
		return e, true, err
	})
}

func blank(s string) bool { return s == "" || s == "NA" }

// growth is a fraction: one beyond −1..2 is surely a percentage or a ratio.
func (t *Table) growth(i int) (float64, error) {
	v, err := t.Number(i)
	if err == nil && (v <= -1 || v > 2) {
		return 0, t.Problem("csv_fraction", i)
	}
	return v, err
}

// byCode reads a value per code of the first column; a code twice is an error, a value that is not known no entry.
func byCode[V any](t *Table, value func() (V, bool, error)) (map[string]V, error) {
	out, lines := map[string]V{}, map[string]int{}
	for {
		more, err := t.Next()
		if err != nil || !more {
			return out, orEmpty(err, t, len(lines))
		}
		code, err := t.Code(0)
		if err != nil {
			return nil, err
		}
		if line, twice := lines[code]; twice {
			f := t.Problem("csv_twice", 0)
			f.Args["first"], f.Args["key"] = line, code
			return nil, f
		}
		code = string(append([]byte{}, code...))
		lines[code] = t.Line()
		v, known, err := value()
		if err != nil {
			return nil, err
		}
		if known {
			out[code] = v
		}
	}
}
