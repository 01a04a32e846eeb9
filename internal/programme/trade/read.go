package trade

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// Form is how a publisher writes a table.
type Form string

// The forms: ours are columns by name, told in docs/export.md.
const (
	Plain    Form = "plain"
	Comtrade Form = "comtrade"
	BACI     Form = "baci"
)

// Reader says what a file is and how it is to be read.
type Reader struct {
	Kind   Kind
	Form   Form   // of exports
	Year   int    // of forms that hold several years
	Digits int    // of Comtrade's codes: 4 or 6
	Places Table  // countries that BACI's numbers stand for
	File   string // its name, for errors

	Edition, To string // of a concordance

	Class func(said string) string // the class that a table of services names, "" for none
}

// Read reads a table and gives the edition that the file itself names, "" where it names none.
func (in Reader) Read(r io.Reader) (t Table, edition string, err error) {
	switch in.Kind {
	case Exports:
		return in.exports(r)
	case Populations:
		people, err := tradecsv.Populations(in.File, r)
		for _, code := range slices.Sorted(maps.Keys(people)) {
			t.Rows = append(t.Rows, Row{Key: strings.ToUpper(code), Value: people[code]})
		}
		return t, "", err
	case Products, Countries, Activities:
		t, err = in.names(r)
		return t, "", err
	case Services:
		t, err = in.services(r)
		return t, "", err
	case Concordance, ISICLink:
		t, err = in.pairs(r)
		return t, "", err
	case Distances, Economies, Tariffs:
		t, err = in.beside(r)
		return t, "", err
	default:
		return t, "", unknownKind(in.Kind)
	}
}

func (in Reader) exports(r io.Reader) (t Table, edition string, err error) {
	var p tradecsv.Published
	year := strconv.Itoa(in.Year)
	switch in.Form {
	case Plain, "":
		p.Cells, err = tradecsv.Exports(in.File, r)
	case Comtrade:
		p, err = tradecsv.Comtrade(in.File, r, year, in.Digits)
	case BACI:
		codes, bad := in.numbered()
		if bad != nil {
			return t, "", bad
		}
		p, err = tradecsv.BACI(in.File, r, year, codes)
	default:
		return t, "", fault.New(fault.Invalid, "trade.form", "form", string(in.Form)).At("form")
	}
	for _, c := range p.Cells {
		t.Rows = append(t.Rows, Row{Key: strings.ToUpper(c.Country), Sub: c.Product, Value: c.Value})
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return strings.Compare(a.Key+"\x00"+a.Sub, b.Key+"\x00"+b.Sub) })
	return t, p.Edition, err
}

// numbered gives the codes of the countries that BACI's numbers stand for.
func (in Reader) numbered() (map[string]string, error) {
	codes := map[string]string{}
	for _, row := range in.Places.Rows {
		if row.Value > 0 {
			codes[strconv.Itoa(int(row.Value))] = row.Key
		}
	}
	if len(codes) == 0 {
		return nil, fault.New(fault.Invalid, "trade.baci_countries").At("form")
	}
	return codes, nil
}

// Flows reads a year of bilateral trade.
func (in Reader) Flows(r io.Reader) (*Flows, error) {
	var b *index.Bilateral
	var err error
	switch in.Form {
	case Plain, "":
		b, _, err = tradecsv.Bilateral(in.File, r, in.Year)
	case BACI:
		codes, bad := in.numbered()
		if bad != nil {
			return nil, bad
		}
		b, _, err = tradecsv.BilateralBACI(in.File, r, in.Year, codes)
	default:
		return nil, fault.New(fault.Invalid, "trade.flow_form", "form", string(in.Form)).At("form")
	}
	if err != nil {
		return nil, err
	}
	return PackFlows(in.File, b)
}

// The two figures of an economy, as rows of their country.
const gdpGrowth, popGrowth = "gdp_growth", "pop_growth"

// beside reads what potential needs beside the flows.
func (in Reader) beside(r io.Reader) (t Table, err error) {
	add := func(key, sub string, v float64) {
		t.Rows = append(t.Rows, Row{Key: strings.ToUpper(key), Sub: sub, Value: v})
	}
	switch in.Kind {
	case Distances:
		pairs, err := tradecsv.Pairs(in.File, r, "km", "dist_km", "dist")
		if err != nil {
			return t, err
		}
		for p, km := range pairs {
			add(p.Origin, strings.ToUpper(p.Destination), km)
		}
	case Economies:
		growths, err := tradecsv.Growths(in.File, r)
		if err != nil {
			return t, err
		}
		for c, g := range growths {
			add(c, gdpGrowth, g.GDPGrowth)
			add(c, popGrowth, g.PopulationGrowth)
		}
	default:
		rates, _, err := tradecsv.Rates(in.File, r, in.Year)
		if err != nil {
			return t, err
		}
		for _, x := range rates {
			add(x.Importer, strings.ToUpper(x.Exporter)+" "+x.Product, x.Rate)
		}
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Sub, b.Sub)) })
	return t, nil
}

// names reads codes with their names; a country's number is that of the United Nations.
func (in Reader) names(r io.Reader) (t Table, err error) {
	code := tradecsv.Must("code", "hs", "product", "heading", "isic")
	if in.Kind == Countries {
		code = tradecsv.Must("iso3", "iso3_cepii", "country_iso3", "code")
	}
	f, err := tradecsv.Open(in.File, r, code, tradecsv.May("name_fa", "fa"), tradecsv.May("name_en", "en", "desc", "description", "country_name"),
		tradecsv.May("number", "iso_num_cepii", "country_code"))
	if err != nil {
		return t, err
	}
	lines := map[string]int{}
	for {
		more, err := f.Next()
		if err != nil || !more {
			return t, err
		}
		row := Row{Key: strings.ToUpper(strings.Clone(f.Raw(0))), FA: strings.Clone(f.Raw(1)), EN: strings.Clone(f.Raw(2))}
		if row.Key == "" && in.Kind == Countries {
			continue // places without a code of three letters are in no table of trade
		}
		if row.Key == "" {
			return t, f.Problem("csv_blank", 0)
		}
		if first, twice := lines[row.Key]; twice {
			p := f.Problem("csv_twice", 0)
			p.Args["first"], p.Args["key"] = first, row.Key
			return t, p
		}
		lines[row.Key] = f.Line()
		if in.Kind == Countries && f.Raw(3) != "" {
			if row.Value, err = f.Amount(3); err != nil {
				return t, err
			}
		}
		t.Rows = append(t.Rows, row)
	}
}

// editionColumns are headings under which publishers give the codes of an edition: HS2022 is also H6, and HS6 with its digits.
func editionColumns(edition string) []string {
	year := strings.TrimPrefix(edition, "HS")
	out := []string{strings.ToLower(edition), "hs " + year, "hs_" + year}
	if n := slices.Index(Editions(), edition); n > 0 {
		out = append(out, "h"+strconv.Itoa(n), "hs"+strconv.Itoa(n), "hs"+strconv.Itoa(n)+"_6d")
	}
	return out
}

// pairs reads which code stands for which, with the share of it where one is given.
func (in Reader) pairs(r io.Reader) (t Table, err error) {
	from := append([]string{"from", "from_code"}, editionColumns(in.Edition)...)
	to := append([]string{"to", "to_code"}, editionColumns(in.To)...)
	if in.Kind == Concordance && (!known(Editions(), in.Edition) || !known(Editions(), in.To)) {
		return t, fault.New(fault.Invalid, "trade.to_edition", "edition", in.To).At("to")
	}
	if in.Kind == ISICLink {
		from, to = append(from, "hs", "hs_6d", "product", "code"), []string{"isic", "isic4", "isic4_4d", "to"}
	}
	f, err := tradecsv.Open(in.File, r, tradecsv.Must(from...), tradecsv.Must(to...), tradecsv.May("share", "weight"))
	if err != nil {
		return t, err
	}
	lines := map[[2]string]int{}
	for {
		more, err := f.Next()
		if err != nil {
			return t, err
		}
		if !more {
			break
		}
		if in.Kind == ISICLink && f.Raw(0) != "" && f.Raw(1) == "" {
			continue // waste, antiques: products that are of no activity
		}
		row, err := in.pair(f)
		if err != nil {
			return t, err
		}
		key := [2]string{row.Key, row.Sub}
		if first, twice := lines[key]; twice {
			p := f.Problem("csv_twice", 0)
			p.Args["first"], p.Args["key"] = first, row.Key+", "+row.Sub
			return t, p
		}
		lines[key] = f.Line()
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Sub, b.Sub)) })
	return t, t.shares(in.File)
}

func (in Reader) pair(f *tradecsv.Table) (row Row, err error) {
	for i, into := range []*string{&row.Key, &row.Sub} {
		code, err := f.Code(i)
		if err != nil {
			return row, err
		}
		code = strings.NewReplacer(".", "", " ", "").Replace(code)
		activity := in.Kind == ISICLink && i == 1
		if !activity && len(code)%2 == 1 {
			code = "0" + code // a sheet took the code for a number
		}
		if most := map[bool]int{true: 4, false: longestCode}[activity]; !digitsOnly(code) || len(code) < 2 || len(code) > most {
			return row, f.Problem("csv_code", i)
		}
		*into = strings.Clone(code)
	}
	if f.Raw(2) == "" {
		return row, nil // not said: no share is not a share of 0
	}
	if row.Value, err = f.Amount(2); err == nil && (row.Value == 0 || row.Value > 1) {
		err = f.Problem("csv_share", 2)
	}
	return row, err
}

//go:embed data/customs.csv
var customsFile []byte

// customsHeads gives of each heading of customs sheets, folded, which column it is.
var customsHeads = sync.OnceValue(func() map[string]string {
	rows, err := csv.NewReader(bytes.NewReader(customsFile)).ReadAll()
	if err != nil {
		panic(fmt.Sprint("customs.csv: ", err)) // embedded, and read by the tests
	}
	out := map[string]string{}
	for _, r := range rows[1:] {
		out[text.Fold(r[1])] = r[0]
	}
	return out
})

// BadRow is a row of a customs sheet that could not be read, by its number in the sheet.
type BadRow struct {
	Row    int
	Column string
	Fault  *fault.Fault
}

// Customs reads a sheet of declarations of the province's own producers: a code of four to ten digits and USD in each row, summed
// by declaration, where the sheet numbers them, and code. Rows without either come back, each with its reason: what is not said is not 0.
func Customs(rows [][]string) (t Table, bad []BadRow, err error) {
	code, value, declaration, from := -1, -1, -1, 0
	for i, row := range rows {
		for k, cell := range row {
			switch customsHeads()[text.Fold(cell)] {
			case "code":
				code = k
			case "value":
				value = k
			case "declaration":
				declaration = k
			}
		}
		if code >= 0 && value >= 0 {
			from = i + 1
			break
		}
		code, value, declaration = -1, -1, -1
	}
	if from == 0 {
		return t, nil, fault.New(fault.Invalid, "trade.customs_heads")
	}
	sums := map[[2]string]float64{}
	for i, row := range rows[from:] {
		at := func(k int) string {
			if k >= 0 && k < len(row) {
				return text.Digits(strings.TrimSpace(row[k]))
			}
			return ""
		}
		if at(code) == "" && at(value) == "" {
			continue
		}
		product := strings.NewReplacer(".", "", " ", "").Replace(at(code))
		if len(product)%2 == 1 {
			product = "0" + product // a sheet took the code for a number
		}
		v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "\u066c", "").Replace(at(value)), 64)
		switch {
		case !digitsOnly(product) || len(product) < 4 || len(product) > 10:
			bad = append(bad, BadRow{from + i + 1, rows[from-1][code], fault.New(fault.Invalid, "trade.customs_code", "value", at(code))})
		case err != nil || !(v >= 0) || v > 1e15:
			bad = append(bad, BadRow{from + i + 1, rows[from-1][value], fault.New(fault.Invalid, "trade.customs_value", "value", at(value))})
		default:
			sums[[2]string{at(declaration), product}] += v
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(sums), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t.Rows = append(t.Rows, Row{Key: k[0], Sub: k[1], Value: sums[k]})
	}
	return t, bad, nil
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// shortened sums a table's cells over codes of as many digits.
func (t Table) shortened(digits int) []index.Cell {
	sums := map[[2]string]float64{}
	for _, r := range t.Rows {
		sums[[2]string{r.Key, r.Sub[:min(digits, len(r.Sub))]}] += r.Value
	}
	out := make([]index.Cell, 0, len(sums))
	for k, v := range sums {
		out = append(out, index.Cell{Country: k[0], Product: k[1], Value: v})
	}
	slices.SortFunc(out, func(a, b index.Cell) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), strings.Compare(a.Product, b.Product))
	})
	return out
}
