package services

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/refdata"
)

// The embedded tables agree with each other and with those of the domain.
func TestTheTablesAgree(t *testing.T) {
	t.Parallel()
	if n := len(Categories()); n != 19 || len(refdata.TechServices()) != 20 {
		t.Errorf("%d categories of exports of services", n)
	}
	for _, c := range Categories() {
		if c.Name.FA == "" || c.Name.EN == "" || ClassOf(c.Class) != c.Class {
			t.Errorf("%s is %+v", c.Code, c)
		}
	}
	for _, c := range Currencies() {
		if len(c.Code) != 3 || c.Name.FA == "" || c.Digits < 0 || c.Digits > 3 {
			t.Errorf("a currency is %+v", c)
		}
	}
	if said := ReportedShares(); len(said) != 1 || said[0].Percent != 35 || said[0].Statement.Kind != "REPORTED_FIGURE" || !strings.Contains(said[0].Statement.Name.EN, "35 %") {
		t.Errorf("what was reported is %+v", said)
	}
	for heading, field := range headings() {
		known := field == "legal_id" || field == "firm" || field == "contract"
		for _, k := range Kinds() {
			for _, s := range specs[k] {
				known = known || s.Name == field
			}
		}
		if !known {
			t.Errorf("the heading %q leads to %q, which no kind has", heading, field)
		}
	}
}

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	usd, _ := currencyOf("USD")
	for said, want := range map[string]int64{
		"1200": 120_000, "۱٬۲۰۰٬۰۰۰": 120_000_000, "1,200,000.50": 120_000_050, "۱٫۲ میلیون": 120_000_000, "3.5 million USD": 350_000_000, "2میلیارد دلار": 200_000_000_000,
		"۷/۵": 750, "12,5": -1, "1.200.000": -1, "": -1, "-5": -1, "0.001": -1, "میلیون": -1, "5 EUR": -1, "1e9": -1,
	} {
		in := typed{currency: usd}
		got, err := in.amount("amount", said, 2)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q is %d, %v; want %d", said, got, err, want)
		}
	}
	for said, want := range map[string]string{"دینار عراق": "IQD", "درهم": "AED", "$": "USD", "یورو": "EUR", "لیر": "TRY", "": "", "x": ""} {
		if c, _ := currencyOf(said); c.Code != want {
			t.Errorf("%q is %q, want %q", said, c.Code, want)
		}
	}
}

// Of the smallest part of a currency cents come as of paper: 420,000,000 fils are 420,000 dinars, at 1,310 for a dollar 320.61.
func TestAmountsBecomeCents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount   int64
		currency string
		rate     int64
		want     int64
	}{{420_000_000, "IQD", 1_310_000_000, 32_061}, {183_625_000, "AED", 3_672_500, 50_000_000}, {92, "EUR", 920_000, 100}, {5, "JPY", 150_000_000, 3}, {1, "JPY", 200_000_000, 1}, {0, "AED", 3_672_500, 0}} {
		if got := cents(c.amount, c.currency, &Record{Fields: Fields{PerUSD: c.rate}}); got != c.want {
			t.Errorf("%d of %s at %d is %d cents, want %d", c.amount, c.currency, c.rate, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // within half a cent of the exact quotient
		n, rate := rapid.Int64Range(0, most).Draw(t, "amount"), rapid.Int64Range(1, 1e13).Draw(t, "rate")
		if float64(n)/float64(rate) > 1e9 {
			return
		}
		got := float64(cents(n, "AED", &Record{Fields: Fields{PerUSD: rate}}))
		if want := float64(n) * 1e6 / float64(rate); math.Abs(got-want) > 0.5+1e-9*want {
			t.Fatalf("%d at %d is %v, want %v", n, rate, got, want)
		}
	})
}

// The rate of the day counts, else the last of the fourteen days before, and never one of after.
func TestTheRateIsThatOfTheStatementsDate(t *testing.T) {
	t.Parallel()
	var list []Record
	for _, r := range []struct {
		on  string
		per int64
	}{{"2025-06-01", 1}, {"2025-06-20", 2}, {"2025-07-05", 3}} {
		list = append(list, Record{ID: r.on, Thing: r.on, Kind: Rate, State: Approved, Fields: Fields{Currency: "EUR", On: r.on, PerUSD: r.per}})
	}
	g := fold(list)
	for on, want := range map[string]int64{"2025-05-31": 0, "2025-06-01": 1, "2025-06-15": 1, "2025-06-16": 0, "2025-06-20": 2, "2025-07-04": 2, "2025-07-05": 3, "2025-07-20": 0} {
		r, ok := g.rateOf("EUR", on)
		if ok != (want > 0) || ok && r.PerUSD != want {
			t.Errorf("on %s the rate is %+v, want %d", on, r, want)
		}
	}
	if r, ok := g.rateOf("USD", "1999-01-01"); r != nil || !ok {
		t.Error("the dollar needs a rate")
	}
}

// Equipment that stands under two statements is flagged in both, and a statement is never less than its equipment.
func TestADeclarationCountsOnce(t *testing.T) {
	t.Parallel()
	day := Fields{Currency: "USD", From: "2025-04-01", To: "2025-06-01", On: "2025-06-05"}
	record := func(id string, k Kind, of string, change func(*Fields)) Record {
		f := day
		change(&f)
		return Record{ID: id, Thing: id, Kind: k, Of: of, State: Approved, Fields: f}
	}
	g := fold([]Record{
		record("c", Contract, "", func(f *Fields) { f.Contract, f.LegalID, f.Amount = "1", "9", 1000 }),
		record("s1", Statement, "c", func(f *Fields) { f.Number, f.Amount = "1", 500 }), record("s2", Statement, "c", func(f *Fields) { f.Number, f.Amount = "2", 300 }),
		record("e1", Equipment, "c", func(f *Fields) { f.Statement, f.Declaration, f.Amount = "1", "55 01", 100 }),
		record("e2", Equipment, "c", func(f *Fields) { f.Statement, f.Declaration, f.Amount = "۲", "۵۵۰۱", 50 }),
	})
	p, err := YearTo(1404, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range g.Work(p, Declared{"5501": 1}) {
		if strings.Join(it.Flags, " ") != FlagTwice {
			t.Errorf("statement %s is flagged %v", it.Statement.Number, it.Flags)
		}
	}
	if got := Sum(g.Work(p, nil)).Cents; got != 650 {
		t.Errorf("the work is %d cents, want 500-100 and 300-50", got)
	}
	for want, r := range map[string]Record{
		"services.more_than_statement": record("", Equipment, "c", func(f *Fields) { f.Statement, f.Declaration, f.Amount = "1", "9", 401 }),
		"services.no_statement":        record("", Equipment, "c", func(f *Fields) { f.Statement, f.Declaration, f.Amount = "7", "9", 1 }),
		"services.less_than_equipment": {Thing: "s1", Kind: Statement, Of: "c", Fields: Fields{Number: "1", Amount: 99}},
	} {
		if f, _ := fault.As(g.fits(r)); f == nil || f.Key != want {
			t.Errorf("%v, want %s", g.fits(r), want)
		}
	}
}

// Whoever may not read the client of a contract can correct the contract all the same: its client stays.
func TestACorrectionKeepsTheClient(t *testing.T) {
	g := NewRegister([]Record{{ID: "1", Thing: "1", Kind: Contract, State: Approved, Unit: "u", Fields: Fields{Contract: "7", Client: "a client"}}})
	typed := map[string]string{"contract": "7", "country": "IRQ", "category": "TS04", "currency": "USD", "amount": "1000", "on": "1404/01/20"}
	for corrects, want := range map[string]string{"1": "a client", "": ""} {
		f, err := reading(g, Entry{Kind: Contract, Corrects: corrects, Typed: typed}).read()
		if f.Client != want || (err == nil) != (want != "") {
			t.Errorf("corrects %q: the client is %q, %v", corrects, f.Client, err)
		}
	}
	if typed["client"] != "" {
		t.Error("what was typed has changed")
	}
}
