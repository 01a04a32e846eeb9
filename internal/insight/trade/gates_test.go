package trade_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// The gates hold the package to the outputs of published tools on real data, which stay outside the project because of
// their licences.
const shared = "../../../../shared/data/trade/"

func open(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(shared + name))
	if os.IsNotExist(err) {
		t.Skip("skipped: no ../shared")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// reference reads a reference table into rows by column name.
func reference(t testing.TB, name string) []map[string]string {
	t.Helper()
	r := open(t, "reference/"+name)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	}
	all, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range all[1:] {
		row := map[string]string{}
		for i, h := range all[0] {
			row[h] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// gate keeps the worst difference of one figure and fails above its limit.
type gate struct {
	what     string
	limit    float64
	relative bool
	worst    float64
	n        int
}

func (g *gate) hold(t *testing.T, got float64, want string) {
	t.Helper()
	w := number(t, want)
	d := math.Abs(got - w)
	if g.relative && w != 0 {
		d /= math.Abs(w)
	}
	g.worst, g.n = max(g.worst, d), g.n+1
	if !(d <= g.limit) {
		t.Errorf("%s: got %v, want %v, apart %.2g, allowed %.2g", g.what, got, w, d, g.limit)
	}
}

func (g *gate) report(t *testing.T) {
	t.Helper()
	if g.n == 0 {
		t.Errorf("%s: nothing was compared", g.what)
	}
	t.Logf("%s: %d compared, worst %.2g, allowed %.2g", g.what, g.n, g.worst, g.limit)
}

func cellsOf(t testing.TB, name string) []trade.Cell {
	t.Helper()
	cells, err := tradecsv.Exports(name, open(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

func TestGateComplexityHS4Of2017(t *testing.T) {
	t.Parallel()
	r := complexity(t, cellsOf(t, "exports_hs4_2017.csv.gz"), "py")
	country, product := map[string]int{}, map[string]int{}
	for i, c := range r.Exports.Countries {
		country[c] = i
	}
	for i, p := range r.Exports.Products {
		product[p] = i
	}
	gates := map[string]*gate{}
	for _, g := range []*gate{{what: "diversity"}, {what: "ubiquity"}, {what: "mcp"}, {what: "eci", limit: 1e-10}, {what: "coi", limit: 1e-10},
		{what: "pci", limit: 1e-10}, {what: "rca", limit: 1e-13, relative: true}, {what: "density", limit: 1e-13}, {what: "cog", limit: 1e-10}} {
		gates[g.what] = g
	}
	for _, row := range reference(t, "pyec_hs4_2017_country.csv.gz") {
		c := country[row["country"]]
		gates["diversity"].hold(t, r.Diversity[c], row["diversity"])
		gates["eci"].hold(t, r.ECI[c], row["eci"])
		gates["coi"].hold(t, r.COI[c], row["coi"])
	}
	for _, row := range reference(t, "pyec_hs4_2017_product.csv.gz") {
		p := product[row["product"]]
		gates["ubiquity"].hold(t, r.Ubiquity[p], row["ubiquity"])
		gates["pci"].hold(t, r.PCI[p], row["pci"])
	}
	for _, row := range reference(t, "pyec_hs4_2017_cells_7countries.csv.gz") {
		i := country[row["country"]]*len(product) + product[row["product"]]
		gates["mcp"].hold(t, r.M[i], row["mcp"])
		gates["rca"].hold(t, r.RCA[i], row["rca"])
		gates["density"].hold(t, r.Density[i], row["density"])
		gates["cog"].hold(t, r.COG[i], row["cog"])
	}
	for _, g := range gates {
		g.report(t)
	}
}

// TestEveryProfileOnRealYears: the invariants on years for which no reference is at hand.
func TestEveryProfileOnRealYears(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"exports_hs4_1980.csv.gz", "exports_hs4_2017.csv.gz"} {
		cells := cellsOf(t, file)
		for _, name := range trade.ProfileNames() {
			r := complexity(t, cells, name)
			lawsOfComplexity(t, file+" "+name, r)
		}
	}
}

// lawsOfComplexity: densities lie between 0 and 1, gains are 0 where something is made, K is the mean of Q over what is
// made (so it survives standardising by the same mean and spread), and the ranking is firm.
func lawsOfComplexity(t *testing.T, what string, r *trade.Complexity) {
	t.Helper()
	if r.Spectrum.Second >= 1 || r.Spectrum.Gap() < 1e-6 {
		t.Errorf("%s: spectrum %+v", what, r.Spectrum)
	}
	np := len(r.Exports.Products)
	for c := range r.Exports.Countries {
		var sum float64
		for p := range np {
			i := c*np + p
			if d := r.Density[i]; d < 0 || d > 1 {
				t.Fatalf("%s: density %g", what, d)
			}
			if r.M[i] == 1 && r.COG[i] != 0 {
				t.Fatalf("%s: a gain of %g where it is made", what, r.COG[i])
			}
			sum += r.M[i] * r.PCI[p]
		}
		if got := sum / r.Diversity[c]; !r.Profile.OwnPCI && math.Abs(got-r.ECI[c]) > 1e-9 {
			t.Fatalf("%s: %s has ECI %g, but its products' mean PCI is %g", what, r.Exports.Countries[c], r.ECI[c], got)
		}
	}
}
