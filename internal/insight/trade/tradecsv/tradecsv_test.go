package tradecsv_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/insight/trade/tradecsv"
)

const good = "country,product,value_usd\na,x,1\na,y,2.5\nb,x,1e3\n"

func TestExportsAsTheyCome(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(good))
	_ = z.Close()
	for name, text := range map[string]string{
		"plain": good, "gzip": zipped.String(), "mark": "\ufeff" + good, "crlf": strings.ReplaceAll(good, "\n", "\r\n"),
		"semicolons": strings.ReplaceAll(good, ",", ";"), "tabs": strings.ReplaceAll(good, ",", "\t"),
		"moved": "value_usd,note,PRODUCT,country\n1,\"one, two\",x,a\n2.5,,y,a\n1000,,x, b \n",
	} {
		cells, err := tradecsv.Exports(name, strings.NewReader(text))
		if want := "[{a x 1} {a y 2.5} {b x 1000}]"; err != nil || fmt.Sprint(cells) != want {
			t.Errorf("%s: got %v, %v", name, cells, err)
		}
	}
}

// faults are planted one at a time in line 3 of a good table: what to write there, and the key of the answer.
var faults = []struct{ line, key string }{
	{"a,y,", "trade.csv_blank"}, {",y,2", "trade.csv_blank"}, {"a,,2", "trade.csv_blank"}, {"a,y,-2", "trade.csv_negative"},
	{"a,y,2 500", "trade.csv_number"}, {"a,y,NaN", "trade.csv_number"}, {"a,y,Inf", "trade.csv_number"}, {"a,y,1e999", "trade.csv_number"},
	{"a,y,0x10", "trade.csv_number"}, {"a,y,NA", "trade.csv_number"}, {"a,y,۲", "trade.csv_number"}, {"a,y,1_000", "trade.csv_number"},
	{"a,y,2,3", "trade.csv_fields"}, {"a,y", "trade.csv_fields"}, {"a,x,2", "trade.csv_twice"}, {"a,\"y,2", "trade.csv_quote"}, {"a,y\"z,2", "trade.csv_quote"},
}

func TestEveryPlantedFaultIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for _, p := range faults {
		_, err := tradecsv.Exports("f.csv", strings.NewReader(strings.Replace(good, "a,y,2.5", p.line, 1)))
		told(t, p.line, err, p.key, 3)
	}
}

func told(t *testing.T, what string, err error, key string, line int) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Key != key || f.Kind != fault.Invalid {
		t.Errorf("%q: want %s, got %v", what, key, err)
		return
	}
	// An open quotation runs on: the parser may name any line from the planted one to the end.
	if got, _ := f.Args["line"].(int); got != line && key != "trade.csv_quote" {
		t.Errorf("%q: line %d, want %d", what, got, line)
	}
	for _, lang := range []locale.Lang{locale.FA, locale.EN} {
		if text := locale.T(lang, f.Key, f.Args); !strings.Contains(text, "f.csv") || strings.Contains(text, "{") {
			t.Errorf("%q in %s: %s", what, lang, text)
		}
	}
}

func TestTablesThatAreNoTables(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]string{
		"": "trade.csv_empty", "country,product,value_usd\n": "trade.csv_empty", "country,product,usd\na,b,1\n": "trade.csv_column",
		"\x1f\x8bnot gzip": "trade.csv_broken", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01": "trade.csv_broken",
	} {
		_, err := tradecsv.Exports("f.csv", strings.NewReader(text))
		if f, ok := fault.As(err); !ok || f.Key != key {
			t.Errorf("%q: want %s, got %v", text, key, err)
		}
	}
}

func TestOtherTablesNameTheirFaults(t *testing.T) {
	t.Parallel()
	read := map[string]func(string) error{
		"flows": func(s string) error {
			_, err := tradecsv.Flows("f.csv", strings.NewReader(s), "dist_km")
			return err
		},
		"people":  func(s string) error { _, err := tradecsv.Populations("f.csv", strings.NewReader(s)); return err },
		"growth":  func(s string) error { _, err := tradecsv.Growths("f.csv", strings.NewReader(s)); return err },
		"pairs":   func(s string) error { _, err := tradecsv.Pairs("f.csv", strings.NewReader(s), "dist"); return err },
		"codes":   func(s string) error { _, err := tradecsv.Codes("f.csv", strings.NewReader(s)); return err },
		"tariffs": func(s string) error { _, err := tradecsv.Tariffs("f.csv", strings.NewReader(s)); return err },
	}
	const flows = "origin,destination,product,year,value_usd,dist_km\na,b,x,2020,5,100\n"
	for _, c := range []struct {
		table, text, key string
		line             int
	}{
		{"flows", flows + "a,b,x,2020,6,100\n", "trade.csv_twice", 3},
		{"flows", flows + "a,b,,2020,6,100\n", "trade.csv_blank", 3},
		{"flows", flows + "a,c,x,2020,-6,100\n", "trade.csv_negative", 3},
		{"flows", flows + "a,c,x,2020,6,far\n", "trade.csv_number", 3},
		{"people", "country,population\na,5\na,6\n", "trade.csv_twice", 3},
		{"people", "country,population\na,-5\n", "trade.csv_negative", 2},
		{"growth", "country,gdp_growth,pop_growth\na,3,0.01\n", "trade.csv_fraction", 2},
		{"pairs", "iso_o,iso_d,dist\na,b,1\na,b,2\n", "trade.csv_twice", 3},
		{"codes", "iso2,iso3\nIR,IRN\nIR,IRQ\n", "trade.csv_two_codes", 3},
		{"tariffs", "origin,destination,product,tariff\na,b,x,55\n", "trade.csv_fraction", 2},
	} {
		told(t, c.table+": "+c.text, read[c.table](c.text), c.key, c.line)
	}
	if err := read["flows"](flows + "a,b,x,2021,6,100\nb,a,x,2020,6,100\n"); err != nil {
		t.Errorf("the table without a fault: %v", err)
	}
}

// TestNumbersKeepEveryBit: what is written reads back the same, and an undefined number is a blank.
func TestNumbersKeepEveryBit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64().Draw(t, "v")
		var b strings.Builder
		w := tradecsv.NewWriter(&b, "v")
		w.Number(v)
		w.End()
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(strings.TrimPrefix(b.String(), "v\n"), "\n")
		if math.IsNaN(v) {
			if text != "" {
				t.Fatalf("NaN is written %q", text)
			}
			return
		}
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != v {
			t.Fatalf("%v is written %q", v, text)
		}
	})
}
