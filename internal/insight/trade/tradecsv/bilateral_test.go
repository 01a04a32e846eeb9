package tradecsv_test

import (
	"io"
	"math"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

const (
	goodFlows = "origin,destination,product,year,value_usd,quantity_t\nIRN,TUR,5702,2024,120,2\nIND,TUR,5702,2024,300,\nTUR,IRN,0101,2023,9,1\n"
	goodRates = "importer,exporter,product,rate,year\nTUR,all,57,0.2,2024\nTUR,IRN,5702,0.1,2024\nTUR,all,57,0.3,2023\n"
	goodBACI  = "t,i,j,k,v,q\n2024,364,792,570210,2.5,1.25\n2024,699,792,10121,6,NA\n2023,364,792,570210,9,9\n"
)

var numbers = map[string]string{"364": "IRN", "792": "TUR", "699": "IND"}

func TestBilateralFlowsAreReadAsTheyStand(t *testing.T) {
	t.Parallel()
	plain, other, err := tradecsv.Bilateral("f.csv", strings.NewReader(goodFlows), 2024)
	if err != nil || other != 1 || len(plain.Value) != 2 || plain.Value[1] != 300 || plain.Quantity[0] != 2 || !math.IsNaN(plain.Quantity[1]) || plain.Line[1] != 3 {
		t.Errorf("%+v, %d others: %v", plain, other, err)
	}
	baci, other, err := tradecsv.BilateralBACI("f.csv", strings.NewReader(goodBACI), 2024, numbers)
	if err != nil || other != 1 || baci.Value[0] != 2500 || baci.Quantity[0] != 1.25 || baci.Products[baci.Product[1]] != "010121" || baci.Countries[baci.Origin[1]] != "IND" {
		t.Errorf("%+v, %d others: %v", baci, other, err)
	}
	rates, other, err := tradecsv.Rates("f.csv", strings.NewReader(goodRates), 2024)
	if err != nil || other != 1 || len(rates) != 2 || rates[1] != (tradecsv.Rate{Importer: "TUR", Exporter: "IRN", Product: "5702", Rate: 0.1}) {
		t.Errorf("%+v, %d others: %v", rates, other, err)
	}
	for name, c := range map[string]struct {
		read      func(string) error
		text, key string
		line      int
	}{
		"a negative value":      {readFlows, strings.Replace(goodFlows, ",120,", ",-1,", 1), "trade.csv_negative", 2},
		"a blank value":         {readFlows, strings.Replace(goodFlows, ",300,", ",,", 1), "trade.csv_blank", 3},
		"a blank year":          {readFlows, strings.Replace(goodFlows, ",2024,300", ",,300", 1), "trade.csv_blank", 3},
		"a blank country":       {readFlows, strings.Replace(goodFlows, "IND,", ",", 1), "trade.csv_blank", 3},
		"a negative weight":     {readFlows, strings.Replace(goodFlows, "120,2", "120,-2", 1), "trade.csv_negative", 2},
		"no column of values":   {readFlows, strings.Replace(goodFlows, "value_usd", "usd", 1), "trade.csv_column", 1},
		"a number of no place":  {readBACI, strings.Replace(goodBACI, "699", "4", 1), "trade.csv_country", 3},
		"a rate in percent":     {readRates, strings.Replace(goodRates, "0.2", "31", 1), "trade.csv_fraction", 2},
		"a rate twice":          {readRates, goodRates + "TUR,IRN,5702,0.2,2024\n", "trade.csv_twice", 5},
		"a rate that is a word": {readRates, strings.Replace(goodRates, "0.1", "free", 1), "trade.csv_number", 3},
	} {
		if ft, ok := fault.As(c.read(c.text)); !ok || ft.Key != c.key || ft.Args["line"] != c.line {
			t.Errorf("%s: %v", name, c.read(c.text))
		}
	}
}

func readFlows(s string) error {
	_, _, err := tradecsv.Bilateral("f.csv", strings.NewReader(s), 2024)
	return err
}

func readBACI(s string) error {
	_, _, err := tradecsv.BilateralBACI("f.csv", strings.NewReader(s), 2024, numbers)
	return err
}

func readRates(s string) error {
	_, _, err := tradecsv.Rates("f.csv", strings.NewReader(s), 2024)
	return err
}

type flowReading func(string, io.Reader, int) (*trade.Bilateral, int, error)

// flowsOrTold is the law of the readers of flows: whatever the bytes, they give columns of one length with codes that exist and
// figures of at least 0, or a fault that both languages tell.
func flowsOrTold(t testing.TB, read flowReading, text []byte) {
	t.Helper()
	b, _, err := read("f.csv", strings.NewReader(string(text)), 2024)
	if err != nil {
		toldInBoth(t, err)
		return
	}
	n := len(b.Value)
	if len(b.Origin) != n || len(b.Destination) != n || len(b.Product) != n || len(b.Line) != n || b.Quantity != nil && len(b.Quantity) != n {
		t.Fatal("columns of different lengths")
	}
	for i, v := range b.Value {
		if !(v >= 0) || math.IsInf(v, 0) || b.Quantity != nil && b.Quantity[i] < 0 {
			t.Fatalf("row %d: %v", i, v)
		}
		if max(b.Origin[i], b.Destination[i]) >= uint16(len(b.Countries)) || b.Product[i] >= uint16(len(b.Products)) {
			t.Fatalf("row %d: a code that is not there", i)
		}
	}
}

func FuzzBilateral(f *testing.F) {
	f.Add([]byte(goodFlows))
	f.Add([]byte(goodBACI))
	f.Fuzz(func(t *testing.T, text []byte) {
		flowsOrTold(t, tradecsv.Bilateral, text)
		flowsOrTold(t, func(file string, r io.Reader, year int) (*trade.Bilateral, int, error) {
			return tradecsv.BilateralBACI(file, r, year, numbers)
		}, text)
	})
}

// A reader that turns the sign of what it cannot take hands on a negative flow.
func TestTheLawOfFlowsFindsANegativeOne(t *testing.T) {
	t.Parallel()
	control.Finds(t, "row 0", func(t testing.TB) {
		flowsOrTold(t, func(file string, r io.Reader, year int) (*trade.Bilateral, int, error) {
			b, other, err := tradecsv.Bilateral(file, r, year)
			if err == nil {
				b.Value[0] = -b.Value[0]
			}
			return b, other, err
		}, []byte(goodFlows))
	})
}
