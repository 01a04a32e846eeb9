package app_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/sheet"
)

// table writes a table to a file.
func table(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// plainWorld is a small world in which every figure can be worked out by hand: each country sells for 40 billion, of the products
// 0101, 5702 and 5703 there are 61, 39 and 20.
const plainWorld = `country,product,value_usd
irn,5702,20000000000
irn,5703,20000000000
tur,0101,21000000000
tur,5702,19000000000
ind,0101,40000000000
tuv,0101,1000
`

type loading struct {
	t   testing.TB
	dir string
}

// load runs an import and gives its exit code and words, in English.
func (l loading) load(file, kind string, more ...string) (int, string) {
	l.t.Helper()
	return run(l.t, append([]string{"--lang", "en", "import", "trade", file, "--kind", kind, "--publisher", "Somebody", "--licence", "not stated", "--data", l.dir}, more...)...)
}

func (l loading) good(want, file, kind string, more ...string) {
	l.t.Helper()
	if code, out := l.load(file, kind, more...); code != 0 || !strings.Contains(out, want) {
		l.t.Errorf("%s: %d %s, want %q", kind, code, out, want)
	}
}

func (l loading) refused(want, file, kind string, more ...string) {
	l.t.Helper()
	if code, out := l.load(file, kind, more...); code != 1 || !strings.Contains(out, want) {
		l.t.Errorf("%s %v: %d %s, want %q", kind, more, code, out, want)
	}
}

// The register keeps each table with who published it; a revision says what it changed and both stay; the same file twice, an
// edition or year that is missing and a sheet with a row that nobody can read change nothing.
func TestTradeTablesAreKeptWithTheirSource(t *testing.T) {
	t.Parallel()
	l := loading{t, t.TempDir()}
	first := table(t, "world.csv", plainWorld)
	l.good("6 new, 0 changed, 0 gone", first, "exports", "--year", "2024", "--edition", "HS2022", "--dry-run")
	l.good("6 rows; 6 new, 0 changed, 0 gone", first, "exports", "--year", "2024", "--edition", "HS2022", "--vintage", "first")
	l.refused("stands in the register already", first, "exports", "--year", "2024", "--edition", "HS2022")
	l.refused("edition of the product codes", first, "exports", "--year", "2024")
	l.refused("is no year", first, "exports", "--year", "1403", "--edition", "HS2022")
	l.refused("is not known", first, "anything")
	l.refused("line 2", table(t, "blank.csv", "country,product,value_usd\nirn,5702,\n"), "exports", "--year", "2023", "--edition", "HS2022")
	second := table(t, "world2.csv", strings.Replace(strings.Replace(plainWorld, "irn,5703,20000000000", "irn,5703,21000000000", 1), "tuv,0101,1000\n", "ind,5703,5\n", 1))
	l.good("1 new, 1 changed, 1 gone", second, "exports", "--year", "2024", "--edition", "HS2022", "--vintage", "revised")
	l.refused("1 rows of customs.csv cannot be read", table(t, "customs.csv", "سال ۱۴۰۳\nکد تعرفه,ارزش دلاری\n57020010,1000\n57030010,نامعلوم\n"), "province", "--year", "1403", "--edition", "HS2022")
	l.good("2 rows", table(t, "customs.csv", "سال ۱۴۰۳\nکد تعرفه,کشور,ارزش دلاری\n57020010,ترکیه,\"1,000\"\n۵۷۰۲۰۰۱۰,عراق,۵۰۰\n5703,عراق,2000\n"), "province", "--year", "1403", "--edition", "HS2022")
	a, err := app.Open(t.Context(), app.Config{Data: l.dir})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	all, err := a.Trade.Sources(t.Context(), a.Province)
	must(t, err)
	if len(all) != 3 || all[1].Vintage != "revised" || all[1].Replaces != all[2].ID || all[2].Vintage != "first" || all[2].Rows != 6 {
		t.Errorf("the register holds %+v", all)
	}
}

// Files of Comtrade and BACI become the same table as ours: rows of parts, imports and other years are passed over, thousands are
// dollars, a code that lost its first 0 has it again.
func TestWhatPublishersGiveIsTheSameTable(t *testing.T) {
	t.Parallel()
	comtrade := `refYear,reporterISO,partnerCode,flowCode,cmdCode,primaryValue,classificationCode,motCode
2024,IRN,0,X,570210,3000,H6,0
2024,IRN,0,X,010121,2000,H6,0
2024,TUR,0,X,570210,9000,H6,0
2024,TUR,0,X,570210,4000,H6,3200
2024,TUR,792,X,570210,4000,H6,0
2024,TUR,0,M,570210,5000,H6,0
2024,TUR,0,X,5702,9000,H6,0
2023,TUR,0,X,570210,1,H6,0
`
	baci := "t,i,j,k,v,q\n2024,364,792,570210,2,1\n2024,364,699,570210,1,1\n2024,364,699,10121,2,1\n2024,792,364,570210,9,1\n2023,792,364,570210,7,1\n"
	l := loading{t, t.TempDir()}
	l.refused("load one table of countries", table(t, "baci.csv", baci), "exports", "--form", "baci", "--year", "2024", "--edition", "HS2022")
	l.good("3 rows", table(t, "countries.csv", "iso3,name_fa,name_en,number\nIRN,ایران,Iran,364\nTUR,ترکیه,Türkiye,792\nIND,هند,India,699\n"), "countries")
	l.good("3 rows; 3 new", table(t, "comtrade.csv", comtrade), "exports", "--form", "comtrade", "--year", "2024")
	l.good("3 rows; 0 new, 0 changed, 0 gone", table(t, "baci.csv", baci), "exports", "--form", "baci", "--year", "2024", "--edition", "HS2022")
	l.refused("no number of a country", table(t, "baci.csv", baci+"2024,4,364,570210,9,1\n"), "exports", "--form", "baci", "--year", "2024", "--edition", "HS2022")
	l.refused("already stands in line 2", table(t, "baci.csv", baci+"2024,364,792,570210,9,1\n"), "exports", "--form", "baci", "--year", "2024", "--edition", "HS2022")
	l.refused("must be of one edition", table(t, "comtrade.csv", comtrade+"2024,IND,0,X,570210,1,H5,0\n"), "exports", "--form", "comtrade", "--year", "2024")
	l.refused("not of HS2017", table(t, "comtrade.csv", comtrade+"2024,IND,0,X,570210,1,H6,0\n"), "exports", "--form", "comtrade", "--year", "2024", "--edition", "HS2017")
}

// Flows come in our form and in BACI's, with what potential needs beside them; the register's markets are made of them, read out of
// the database.
func TestFlowsMakeMarkets(t *testing.T) {
	t.Parallel()
	l := loading{t, t.TempDir()}
	flows := func(more string) string {
		return table(t, "baci.csv", "t,i,j,k,v,q\n2024,364,792,570210,2,1\n2024,699,792,570210,6,NA\n2024,699,364,10121,4,1\n2023,364,792,570210,9,9\n"+more)
	}
	baci := []string{"--form", "baci", "--year", "2024", "--edition", "HS2022"}
	l.good("3 rows", table(t, "countries.csv", "iso3,name_fa,name_en,number\nIRN,ایران,Iran,364\nTUR,ترکیه,Türkiye,792\nIND,هند,India,699\n"), "countries")
	l.good("3 rows; 3 new", flows(""), "flows", baci...)
	l.good("3 rows; 0 new, 1 changed, 0 gone", table(t, "plain.csv", "origin,destination,product,year,value_usd,quantity_t\nirn,tur,570210,2024,2000,1\nind,tur,570210,2024,6001,\nIND,IRN,010121,2024,4000,1\n"), "flows", "--year", "2024", "--edition", "HS2022")
	l.refused("already stands in line 2", flows("2024,364,792,570210,9,1\n"), "flows", baci...)
	l.refused("no number of a country", flows("2024,4,364,570210,9,1\n"), "flows", baci...)
	l.refused("is not known of bilateral flows", flows("1\n"), "flows", "--form", "comtrade", "--year", "2024", "--edition", "HS2022")
	l.good("2 rows", table(t, "far.csv", "iso_o,iso_d,contig,dist\nIRN,TUR,1,2000\nIND,TUR,0,4500\n"), "distances")
	l.good("2 rows", table(t, "growth.csv", "country_iso,gdp_growth,pop_growth\nTUR,0.03,0.01\n"), "economies", "--year", "2024")
	l.good("1 rows", table(t, "tariffs.csv", "importer,exporter,product,rate,year\nTUR,all,57,0.2,2024\nTUR,all,57,0.3,2023\n"), "tariffs", "--year", "2024", "--edition", "HS2022")
	l.refused("must be a fraction", table(t, "tariffs.csv", "importer,exporter,product,rate\nTUR,all,57,31\n"), "tariffs", "--year", "2024", "--edition", "HS2022")
	a, err := app.Open(t.Context(), app.Config{Data: l.dir})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	m, err := a.Trade.Market(t.Context(), trade.MarketAsk{Province: a.Province, Product: "5702"})
	must(t, err)
	tur := m.Lines[0]
	if len(m.Lines) != 1 || tur.Name.EN != "Türkiye" || tur.Imports != 8001 || tur.Sales != 2000 || tur.OwnUnit != 2000 || tur.MedianOf != 1 || tur.Tariff != 0.2 || tur.Away != 2000 || !(tur.EPI > 0) {
		t.Errorf("%+v", m)
	}
}

// Who signs in reads the markets of a product: what is not known is said so, each figure has its tables, a market that an officer rules
// out stays in the list and is not counted, and only officers may say so. The landed cost takes what is known of the market.
func TestTheMarketsOfAProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, unit := enter(t, w.App, "dir.expert", password), enter(t, w.App, "unit.ceo", password)
	page := func(b *browser, address string) string {
		out := b.send(http.MethodGet, address, nil)
		want(t, http.StatusOK, out.Code, address)
		return out.Body.String()
	}
	if got := page(unit, "/trade/markets?product=5702"); !strings.Contains(got, "No bilateral trade is loaded yet") {
		t.Errorf("before anything is loaded: %s", got)
	}
	w.loadFlows(t, "origin,destination,product,value_usd,quantity_t\nIRN,TUR,5702,20000000,2000\nIND,TUR,5702,60000000,10000\nIRN,IRQ,5702,5000000,\nIND,DEU,5702,9000000,\nTUR,IRN,0101,5000000,\n")
	law := func(page func(string) string) func(testing.TB) {
		return func(t testing.TB) {
			for address, words := range map[string][]string{
				"/trade/markets?product=5702":                      {"IRN sold it in 2 of 3 markets in 2024", "25.0 million", "ease not known", "not reported", "Somebody, HS2022, 2024", "not zero"},
				"/trade/markets?product=5702&market=TUR":           {"0.62", "of 2 sellers", "75.0 percent", "6,667 dollars a ton", "6,000 dollars a ton", "10,000 dollars a ton"},
				"/trade/markets?product=5702&only=unsold":          {"DEU"},
				"/trade/markets?product=5702&market=DEU":           {"No trade between the two countries is reported"},
				"/trade/markets?product=9999":                      {"has no flow of the product 9999"},
				"/trade/landed?product=5702&market=TUR":            {"blank means the table", "6.00"},
				"/trade/landed?product=5702&market=TUR&" + landing: {"No go", "7.00", "8.40", "16.7 percent"},
			} {
				got := page(address)
				for _, words := range words {
					if !strings.Contains(got, words) {
						t.Errorf("%s does not say %q", address, words)
					}
				}
			}
		}
	}
	law(func(address string) string { return page(unit, address) })(t)
	control.Finds(t, `does not say "ease not known"`, law(func(address string) string { return strings.ReplaceAll(page(unit, address), "ease not known", "0") }))
	if got := page(unit, "/trade/markets?product=5702&only=unsold"); strings.Contains(got, ">TUR<") {
		t.Error("a market with sales is shown where those without were asked for")
	}
	flag := url.Values{"market": {"tur"}, "product": {"57"}, "matter": {"sanction"}, "level": {"block"}, "text": {"until insurance is found"}, "source": {"minutes 12"}, "said": {"1404/01/10"}}
	want(t, http.StatusForbidden, unit.send(http.MethodPost, "/trade/flags", flag).Code, "a unit writes a flag")
	flag.Set("said", "1499/01/10")
	want(t, http.StatusUnprocessableEntity, b.send(http.MethodPost, "/trade/flags", flag).Code, "a flag of a day to come")
	flag.Set("said", "1404/01/10")
	want(t, http.StatusSeeOther, b.send(http.MethodPost, "/trade/flags", flag).Code, "an officer writes a flag")
	for address, words := range map[string]string{
		"/trade/markets?product=5702":                      "(not counted: ruled out)",
		"/trade/flags":                                     "until insurance is found",
		"/trade/landed?product=5702&market=TUR&" + landing: "Staff ruled this market out",
	} {
		if got := page(unit, address); !strings.Contains(got, words) {
			t.Errorf("%s does not say %q", address, words)
		}
	}
	if got := w.kindsIn(t, "trade"); got != "trade.loaded trade.flagged" {
		t.Errorf("the journal tells %s", got)
	}
}

// landing is a kilogram of which 5 dollars are spent at home: 6 at the border, no duty known but 10 percent entered, 7.00 with the
// importer's costs and 8.40 with its margin. The median of 6 goes the same way to the same 8.40, so that we are cheaper by nothing
// where a sixth was asked.
const landing = "unit=kg&ex_works=3000000&packing=200000&inland=300000&rate=700000&rate_day=1404/01/05&freight=0.8&insurance=0.2&duty=10&costs=0.4&margin=20&least=16.7"

// loadFlows loads a year of bilateral trade.
func (w *world) loadFlows(t testing.TB, text string) {
	t.Helper()
	flows, err := trade.Reader{Kind: trade.Bilateral, Year: 2024, File: "flows.csv"}.Flows(strings.NewReader(text))
	must(t, err)
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: trade.Source{Province: w.Province, Kind: trade.Bilateral, Edition: "HS2022", Year: 2024, Publisher: "Somebody",
		Licence: "not stated", File: "flows.csv", SHA256: "1"}, Flows: flows})
	must(t, err)
}

// Who signs in reads the compass: Iran's figures are said to be national, the province's own are measured against the world's
// totals, small territories are left out and that is said, and what nobody reported is not 0.
func TestTheCompassSaysWhatItsFiguresAreMadeWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := enter(t, w.App, "dir.expert", password)
	page := func(address string) string {
		out := b.send(http.MethodGet, address, nil)
		want(t, http.StatusOK, out.Code, address)
		return out.Body.String()
	}
	if got := page("/trade"); !strings.Contains(got, "No world exports are loaded yet") {
		t.Errorf("before anything is loaded: %s", got)
	}
	w.loadTrade(t, plainWorld, "57020010,1000\n57030010,1000\n")
	law := func(page func(address string) string) func(t testing.TB) {
		return func(t testing.TB) {
			for address, says := range map[string][]string{
				// of three countries left; half of Iran's trade is of 5702, of the world's 39 of 120
				"/trade":                      {"3 that export from one billion", "national figures", "1.54", "3.00", "not reported", "Somebody, HS2022, 2024"},
				"/trade?whole=1":              {"All countries and territories"},
				"/trade?who=province":         {"1.54", "3.00", "Somebody, HS2022, 1403"},
				"/trade?q=5702":               {"5702"},
				"/trade/sources":              {"Somebody, HS2022, 2024", "world exports", "not stated"},
				"/trade?profile=stata&q=5703": {"Stata ecomplexity", "3.00"},
			} {
				got := page(address)
				for _, word := range says {
					if !strings.Contains(got, word) {
						t.Errorf("%s does not say %q", address, word)
					}
				}
			}
		}
	}
	law(page)(t)
	control.Finds(t, `/trade?who=province does not say "1.54"`, law(func(address string) string { // the province as what the world lacks
		return strings.ReplaceAll(page(address), "1.54", "0.77")
	}))
	want(t, http.StatusUnprocessableEntity, b.send(http.MethodGet, "/trade?profile=none", nil).Code, "an unknown profile")
	if got := w.kindsIn(t, "trade"); got != "trade.loaded trade.loaded" {
		t.Errorf("the journal holds %q", got)
	}
	w.untouched(t)
}

// loadTrade loads a world's exports of 2024 and a customs sheet of 1403.
func (w *world) loadTrade(t testing.TB, world, customs string) {
	t.Helper()
	source := trade.Source{Province: w.Province, Kind: trade.Exports, Edition: "HS2022", Year: 2024, Publisher: "Somebody", Licence: "not stated", File: "world.csv", SHA256: "1"}
	in, _, err := trade.Reader{Kind: trade.Exports, File: source.File}.Read(strings.NewReader(world))
	must(t, err)
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: source, Table: in})
	must(t, err)
	rows, err := sheet.Read("customs.csv", strings.NewReader("product,value_usd\n"+customs))
	must(t, err)
	own, bad, err := trade.Customs(rows)
	must(t, err)
	if len(bad) > 0 {
		t.Fatalf("bad rows: %+v", bad)
	}
	source.Kind, source.Year, source.File = trade.Province, 1403, "customs.csv"
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: source, Table: own})
	must(t, err)
}
