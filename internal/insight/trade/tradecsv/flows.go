package tradecsv

import (
	"io"
	"math"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
)

// ValueNames are the headers under which a flow's value may stand, the first found in this order.
var ValueNames = []string{"value_usd", "value", "euros"}

const noYear = "0"

// Flows reads origin, destination, product, year and a value, and the numbers of further columns by name. Without a
// column year all rows are of one year; without product of one product.
func Flows(file string, r io.Reader, further ...string) (*trade.Flows, error) {
	columns := []Column{Must("origin", "exporter", "iso_o"), Must("destination", "importer", "iso_d"),
		May("product"), May("year"), Must(ValueNames...)}
	for _, name := range further {
		columns = append(columns, Must(name))
	}
	t, err := Open(file, r, columns...)
	if err != nil {
		return nil, err
	}
	in := flowReader{t: t, f: &trade.Flows{Columns: map[string][]float64{}}, further: make([][]float64, len(further))}
	for {
		more, err := t.Next()
		if err != nil {
			return nil, err
		}
		if !more {
			return in.finish(further)
		}
		if err := in.row(); err != nil {
			return nil, err
		}
	}
}

type flowReader struct {
	t                         *Table
	f                         *trade.Flows
	countries, products, year codes
	further                   [][]float64
	lines                     []uint32
}

// codes numbers texts as they come.
type codes struct {
	number map[string]uint16
	names  []string
}

func (c *codes) of(s string) (uint16, bool) {
	n, known := c.number[s]
	if known {
		return n, true
	}
	if len(c.names) > math.MaxUint16 {
		return 0, false
	}
	if c.number == nil {
		c.number = map[string]uint16{}
	}
	s = strings.Clone(s)     // the record's memory holds the whole row
	n = uint16(len(c.names)) // #nosec G115 -- held to 16 bits above
	c.number[s], c.names = n, append(c.names, s)
	return n, true
}

func (in *flowReader) row() error {
	t, f := in.t, in.f
	for i, c := range []struct {
		codes *codes
		into  *[]uint16
		blank string
	}{{&in.countries, &f.Origin, ""}, {&in.countries, &f.Destination, ""}, {&in.products, &f.Product, "all"}, {&in.year, &f.Year, noYear}} {
		text := c.blank
		if t.Has(i) {
			if text = t.Raw(i); text == "" {
				return t.Problem("csv_blank", i)
			}
		}
		n, ok := c.codes.of(text)
		if !ok {
			return t.Problem("csv_codes", i)
		}
		*c.into = append(*c.into, n)
	}
	v, err := t.Amount(4)
	if err != nil {
		return err
	}
	f.Value = append(f.Value, v)
	for k := range in.further {
		v, err := t.Number(5 + k)
		if err != nil {
			return err
		}
		in.further[k] = append(in.further[k], v)
	}
	in.lines = append(in.lines, uint32(t.Line())) // #nosec G115 -- lines of a file; the number is only told
	return nil
}

func (in *flowReader) finish(further []string) (*trade.Flows, error) {
	f := in.f
	f.Countries, f.Products = in.countries.names, in.products.names
	for k, name := range further {
		f.Columns[name] = in.further[k]
	}
	if err := f.Order(in.year.names); err != nil {
		if ft, ok := fault.As(err); ok {
			ft.Args["file"] = in.t.File
		}
		return nil, err
	}
	if a, b, twice := f.Twice(); twice {
		in.t.line = int(in.lines[b])
		ft := problem("csv_twice", in.t.File, in.t.line, "", nil)
		ft.Args["first"], ft.Args["key"] = int(in.lines[a]), f.Name(b)
		return nil, ft
	}
	return f, orEmpty(nil, in.t, len(f.Value))
}

// Pair is an ordered pair of countries.
type Pair struct{ Origin, Destination string }

// Pairs reads numbers by pair of countries, such as distances: a column that the table lacks is an error, and a pair
// whose number is not known has no entry.
func Pairs(file string, r io.Reader, column ...string) (map[Pair]float64, error) {
	t, err := Open(file, r, Must("origin", "iso_o"), Must("destination", "iso_d"), Must(column...))
	if err != nil {
		return nil, err
	}
	out, lines := map[Pair]float64{}, map[Pair]int{}
	var all codes
	for {
		more, err := t.Next()
		if err != nil || !more {
			return out, orEmpty(err, t, len(lines))
		}
		var key [2]string
		for i := range key {
			text, err := t.Code(i)
			if err != nil {
				return nil, err
			}
			n, ok := all.of(text)
			if !ok {
				return nil, t.Problem("csv_codes", i)
			}
			key[i] = all.names[n]
		}
		pair := Pair{key[0], key[1]}
		if line, twice := lines[pair]; twice {
			f := t.Problem("csv_twice", 0)
			f.Args["first"], f.Args["key"] = line, key[0]+", "+key[1]
			return nil, f
		}
		lines[pair] = t.Line()
		if blank(t.Raw(2)) || t.Raw(2) == "." {
			continue
		}
		if out[pair], err = t.Number(2); err != nil {
			return nil, err
		}
	}
}

// Codes reads which code stands for which: from,to, or iso2,iso3. Blank and dotted codes are passed over.
func Codes(file string, r io.Reader) (map[string]string, error) {
	t, err := Open(file, r, Must("from", "iso2"), Must("to", "iso3", "iso3_cepii"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for {
		more, err := t.Next()
		if err != nil || !more {
			return out, orEmpty(err, t, len(out))
		}
		from, to := t.Raw(0), t.Raw(1)
		if from == "" || to == "" || from == "." || to == "." {
			continue
		}
		if before, twice := out[from]; twice && before != to {
			f := t.Problem("csv_two_codes", 0)
			f.Args["first"], f.Args["second"] = before, strings.Clone(to)
			return nil, f
		}
		out[strings.Clone(from)] = strings.Clone(to)
	}
}

// Tariffs reads ad-valorem tariffs, as fractions, by origin, destination and product.
func Tariffs(file string, r io.Reader) (map[[3]string]float64, error) {
	t, err := Open(file, r, Must("origin"), Must("destination"), Must("product"), Must("tariff"))
	if err != nil {
		return nil, err
	}
	out := map[[3]string]float64{}
	for {
		more, err := t.Next()
		if err != nil || !more {
			return out, orEmpty(err, t, len(out))
		}
		var key [3]string
		for i := range key {
			if key[i], err = t.Code(i); err != nil {
				return nil, err
			}
			key[i] = strings.Clone(key[i])
		}
		v, err := t.Amount(3)
		if err != nil {
			return nil, err
		}
		if v > 30 { // a fraction: 30 is a tariff of 3,000 percent
			return nil, t.Problem("csv_fraction", 3)
		}
		if _, twice := out[key]; twice {
			f := t.Problem("csv_twice", 0)
			f.Args["first"], f.Args["key"] = "", strings.Join(key[:], ", ")
			return nil, f
		}
		out[key] = v
	}
}
