package tradecsv

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"rahgosha/internal/insight/trade"
)

// Published is a year's exports as a publisher gives them.
type Published struct {
	Cells   []trade.Cell
	Edition string // of the nomenclature, HS1992 to HS2022, where the file says it
	Other   int    // rows that were passed over: other years, imports, single partners, other lengths of codes
}

// comtradeEditions are the classifications of UN Comtrade (its API's reference list HS).
var comtradeEditions = map[string]string{
	"H0": "HS1992", "H1": "HS1996", "H2": "HS2002", "H3": "HS2007", "H4": "HS2012", "H5": "HS2017", "H6": "HS2022",
}

// Comtrade reads a file of UN Comtrade's API or bulk downloads: exports of goods to the world in one year, codes of the given
// number of digits. Rows by way of transport, customs procedure or second partner are parts of those without and are passed over.
// Reporters in another edition than the first are refused by name: their codes mean something else.
func Comtrade(file string, r io.Reader, year string, digits int) (Published, error) {
	var out Published
	t, err := Open(file, r, Must("refyear", "period"), Must("reporteriso"), Must("partnercode"), Must("flowcode"), Must("cmdcode"),
		Must("primaryvalue"), Must("classificationcode"), May("partner2code"), May("motcode"), May("customscode"))
	if err != nil {
		return out, err
	}
	total := func(i int, whole string) bool { return !t.Has(i) || t.Raw(i) == whole || t.Raw(i) == "" }
	lines := map[trade.Cell]int{}
	for {
		more, err := t.Next()
		if err != nil || !more {
			sortCells(out.Cells)
			return out, orEmpty(err, t, len(out.Cells))
		}
		if t.Raw(0) != year || t.Raw(2) != "0" || t.Raw(3) != "X" || len(t.Raw(4)) != digits ||
			!total(7, "0") || !total(8, "0") || !total(9, "C00") {
			out.Other++
			continue
		}
		edition, ok := comtradeEditions[t.Raw(6)]
		if !ok || (out.Edition != "" && edition != out.Edition) {
			return out, t.Problem("csv_edition", 6)
		}
		out.Edition = edition
		c, err := t.exported(1, 4, 5, lines)
		if err != nil {
			return out, err
		}
		out.Cells = append(out.Cells, c)
	}
}

// exported reads a row of country, product and value, and refuses a pair said twice.
func (t *Table) exported(country, product, value int, lines map[trade.Cell]int) (c trade.Cell, err error) {
	for _, p := range []struct {
		at   int
		into *string
	}{{country, &c.Country}, {product, &c.Product}} {
		text, err := t.Code(p.at)
		if err != nil {
			return c, err
		}
		*p.into = strings.Clone(text)
	}
	if first, twice := lines[c]; twice {
		f := t.Problem("csv_twice", country)
		f.Args["first"], f.Args["key"] = first, c.Country+", "+c.Product
		return c, f
	}
	lines[c] = t.Line()
	c.Value, err = t.Amount(value)
	return c, err
}

// baciUnit is in what BACI gives values: thousands of USD.
const baciUnit = 1000

// BACI reads a year of CEPII's BACI (t, i, j, k, v, q: year, exporter, importer, product of six digits, thousand USD, tons) as
// exports to all importers together. of gives for its numbers of countries the code to use; a number that it lacks is refused.
func BACI(file string, r io.Reader, year string, of map[string]string) (Published, error) {
	var out Published
	t, err := Open(file, r, Must("t"), Must("i"), Must("j"), Must("k"), Must("v"))
	if err != nil {
		return out, err
	}
	sums := map[uint64]float64{} // by exporter and product
	var keys []uint64            // exporter, product, importer and line in one number: a year has eleven million rows
	var countries, products codes
	for {
		more, err := t.Next()
		if err != nil {
			return out, err
		}
		if !more {
			break
		}
		if t.Raw(0) != year {
			out.Other++
			continue
		}
		flow, err := t.baciFlow(of, &countries, &products)
		if err != nil {
			return out, err
		}
		v, err := t.Amount(4)
		if err != nil {
			return out, err
		}
		sums[flow>>baciCountry] += v * baciUnit
		keys = append(keys, flow<<baciLine|uint64(t.Line())) // #nosec G115 -- lines of a file; the number is only told
	}
	if err := baciTwice(t, keys, &countries, &products); err != nil {
		return out, err
	}
	for key, v := range sums {
		out.Cells = append(out.Cells, trade.Cell{Country: of[countries.names[key>>baciProduct]], Product: products.names[key&(1<<baciProduct-1)], Value: v})
	}
	sortCells(out.Cells)
	return out, orEmpty(nil, t, len(out.Cells))
}

// Bits of a flow's number: exporter, product, importer, line.
const (
	baciCountry, baciProduct = 10, 13
	baciLine                 = 64 - 2*baciCountry - baciProduct
)

// baciFlow numbers exporter, product and importer of a row; spreadsheets drop the first 0 of a code.
func (t *Table) baciFlow(of map[string]string, countries, products *codes) (flow uint64, err error) {
	if of[t.Raw(1)] == "" {
		return 0, t.Problem("csv_country", 1)
	}
	product, err := t.Code(3)
	if err != nil {
		return 0, err
	}
	if len(product) == 5 {
		product = "0" + product
	}
	i, ok := countries.of(t.Raw(1))
	j, okJ := countries.of(t.Raw(2))
	k, okK := products.of(product)
	if !ok || !okJ || !okK || len(countries.names) > 1<<baciCountry || len(products.names) > 1<<baciProduct {
		return 0, t.Problem("csv_codes", 1)
	}
	return (uint64(i)<<baciProduct|uint64(k))<<baciCountry | uint64(j), nil
}

// baciTwice names the first of two rows of one flow that follow each other in order.
func baciTwice(t *Table, keys []uint64, countries, products *codes) error {
	slices.Sort(keys)
	for n := 1; n < len(keys); n++ {
		if flow := keys[n] >> baciLine; flow == keys[n-1]>>baciLine {
			line := func(key uint64) int { return int(key & (1<<baciLine - 1)) } // #nosec G115 -- 31 bits
			f := problem("csv_twice", t.File, line(keys[n]), "", nil)
			name := func(at uint64) string { return countries.names[at&(1<<baciCountry-1)] }
			f.Args["first"], f.Args["key"] = line(keys[n-1]),
				name(flow>>(baciCountry+baciProduct))+", "+name(flow)+", "+products.names[flow>>baciCountry&(1<<baciProduct-1)]
			return f
		}
	}
	return nil
}

func sortCells(cells []trade.Cell) {
	slices.SortFunc(cells, func(a, b trade.Cell) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), strings.Compare(a.Product, b.Product))
	})
}
