package tradecsv

import (
	"io"
	"math"
	"strconv"

	"rahgosha/internal/insight/trade"
)

// Bilateral reads one year of who sold what to whom: origin, destination, product, value_usd, and where the table has them year and
// quantity_t, in metric tons. Rows of other years are passed over and counted. A quantity that is blank is not known.
func Bilateral(file string, r io.Reader, year int) (b *trade.Bilateral, other int, err error) {
	return bilateral(file, r, year, 1, nil, Must("origin", "exporter", "iso_o"), Must("destination", "importer", "iso_d"), Must("product"),
		Must("value_usd"), May("year"), May("quantity_t"))
}

// BilateralBACI reads one year of CEPII's BACI with its importers. of gives for its numbers of countries the code to use; a number
// that it lacks is refused.
func BilateralBACI(file string, r io.Reader, year int, of map[string]string) (b *trade.Bilateral, other int, err error) {
	return bilateral(file, r, year, baciUnit, of, Must("i"), Must("j"), Must("k"), Must("v"), Must("t"), May("q"))
}

// bilateral reads origin, destination, product, value, year and quantity, in this order of columns.
func bilateral(file string, r io.Reader, year int, unit float64, of map[string]string, columns ...Column) (b *trade.Bilateral, other int, err error) {
	t, err := Open(file, r, columns...)
	if err != nil {
		return nil, 0, err
	}
	in := bilateralReader{t: t, of: of, year: strconv.Itoa(year), unit: unit, b: &trade.Bilateral{}, weighed: t.Has(5)}
	for {
		more, err := t.Next()
		if err != nil {
			return nil, 0, err
		}
		if !more {
			break
		}
		if t.Has(4) && t.Raw(4) != in.year {
			if t.Raw(4) == "" {
				return nil, 0, t.Problem("csv_blank", 4)
			}
			other++
			continue
		}
		if err := in.row(); err != nil {
			return nil, 0, err
		}
	}
	in.b.Countries, in.b.Products = in.countries.names, in.products.names
	return in.b, other, orEmpty(nil, t, len(in.b.Value))
}

type bilateralReader struct {
	t                   *Table
	of                  map[string]string
	year                string
	unit                float64
	b                   *trade.Bilateral
	countries, products codes
	weighed             bool
}

func (in *bilateralReader) row() error {
	t, b := in.t, in.b
	var flow [3]uint16
	for i := range flow {
		code, err := t.Code(i)
		if err != nil {
			return err
		}
		names := &in.countries
		switch {
		case i == 2:
			names = &in.products
			if in.of != nil && len(code) == 5 {
				code = "0" + code // spreadsheets drop the first 0 of a code
			}
		case in.of != nil:
			if code = in.of[code]; code == "" {
				return t.Problem("csv_country", i)
			}
		}
		n, ok := names.of(code)
		if !ok {
			return t.Problem("csv_codes", i)
		}
		flow[i] = n
	}
	v, err := t.Amount(3)
	if err != nil {
		return err
	}
	b.Origin, b.Destination, b.Product = append(b.Origin, flow[0]), append(b.Destination, flow[1]), append(b.Product, flow[2])
	b.Value, b.Line = append(b.Value, v*in.unit), append(b.Line, uint32(t.Line())) // #nosec G115 -- lines of a file; the number is only told
	if !in.weighed {
		return nil
	}
	q := math.NaN()
	if !blank(t.Raw(5)) {
		if q, err = t.Amount(5); err != nil {
			return err
		}
	}
	b.Quantity = append(b.Quantity, q)
	return nil
}

// Rates reads ad-valorem tariffs, as fractions: importer, exporter (a country or all), product (a code of two digits or more, or
// all) and rate, of one year; rows of another year are passed over and counted.
func Rates(file string, r io.Reader, year int) (rates []Rate, other int, err error) {
	t, err := Open(file, r, Must("importer", "destination"), Must("exporter", "origin"), Must("product"), Must("rate", "tariff"), May("year"))
	if err != nil {
		return nil, 0, err
	}
	lines := map[[3]string]int{}
	for {
		more, err := t.Next()
		if err != nil || !more {
			return rates, other, orEmpty(err, t, len(rates))
		}
		if t.Has(4) && t.Raw(4) != strconv.Itoa(year) {
			other++
			continue
		}
		var key [3]string
		for i := range key {
			code, err := t.Code(i)
			if err != nil {
				return nil, 0, err
			}
			key[i] = string([]byte(code)) // the record's memory holds the whole row
		}
		if first, twice := lines[key]; twice {
			f := t.Problem("csv_twice", 0)
			f.Args["first"], f.Args["key"] = first, key[0]+", "+key[1]+", "+key[2]
			return nil, 0, f
		}
		lines[key] = t.Line()
		v, err := t.Amount(3)
		if err != nil {
			return nil, 0, err
		}
		if v > 30 { // a fraction: 30 is a tariff of 3,000 percent
			return nil, 0, t.Problem("csv_fraction", 3)
		}
		rates = append(rates, Rate{key[0], key[1], key[2], v})
	}
}

// Rate is what an importer levies on what comes from an exporter.
type Rate struct {
	Importer, Exporter, Product string
	Rate                        float64 // a fraction of the value
}
