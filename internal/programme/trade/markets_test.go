package trade

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
	"rahgosha/internal/kernel/journal"
)

// memory is a register in memory.
type memory struct {
	UnitTx
	sources []Source // the last loaded first
	tables  map[string][]byte
	flags   []MarketFlag
	leaves  []journal.Leaf
}

func (m *memory) TradeSources(_ context.Context, _ string, kind Kind) (out []Source, _ error) {
	for _, s := range m.sources {
		if kind == "" || s.Kind == kind {
			out = append(out, s)
		}
	}
	return out, nil
}

func (m *memory) PutTradeSource(_ context.Context, s Source, packed []byte) error {
	m.sources, m.tables[s.ID] = append([]Source{s}, m.sources...), packed
	return nil
}

func (m *memory) TradeTable(_ context.Context, _, id string) ([]byte, error) {
	return m.tables[id], nil
}

func (m *memory) PutTradePart(_ context.Context, _, id string, n int, packed []byte) error {
	m.tables[fmt.Sprint(id, "/", n)] = packed
	return nil
}

func (m *memory) TradePart(_ context.Context, _, id string, n int) ([]byte, error) {
	return m.tables[fmt.Sprint(id, "/", n)], nil
}

func (m *memory) PutMarketFlag(_ context.Context, f MarketFlag) error {
	m.flags = append([]MarketFlag{f}, m.flags...)
	return nil
}

func (m *memory) MarketFlags(context.Context, string) ([]MarketFlag, error) { return m.flags, nil }

func (m *memory) Record(_ context.Context, l journal.Leaf) error {
	m.leaves = append(m.leaves, l)
	return nil
}

var today = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

func inMemory() (*Service, *memory) {
	m := &memory{tables: map[string][]byte{}}
	n := 0
	run := func(ctx context.Context, fn func(context.Context, Tx) error) error { return fn(ctx, m) }
	return New(Config{Write: run, Read: run, Clock: clock.NewManual(today), NewID: func() string { n++; return fmt.Sprint("id", n) }}), m
}

func put(t interface{ Fatal(...any) }, s *Service, kind Kind, year int, text string) Source {
	in := Load{Source: Source{Kind: kind, Year: year, Publisher: "P", Licence: "L", File: "f.csv", SHA256: fmt.Sprint(len(text), text)}}
	if kind.coded() {
		in.Edition = "HS2022"
	}
	r := Reader{Kind: kind, Year: year, File: "f.csv"}
	var err error
	if kind == Bilateral {
		in.Flows, err = r.Flows(strings.NewReader(text))
	} else {
		in.Table, _, err = r.Read(strings.NewReader(text))
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Load(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Two years of three countries, by hand: the means are half of the sums.
const (
	flows2023 = "origin,destination,product,value_usd\nIRN,TUR,5702,80\nIND,TUR,5702,100\nIRN,IND,5703,40\nTUR,IRN,5703,60\n"
	flows2024 = "origin,destination,product,value_usd,quantity_t\nirn,tur,5702,120,2\nind,tur,5702,300,10\ntur,ind,5702,50,\nIRN,IND,5703,40,1\nTUR,IRN,5703,60,1\n"
	far       = "origin,destination,km\nIRN,TUR,2000\nTUR,IRN,2000\nIRN,IND,2500\nIND,IRN,2500\nIND,TUR,4500\nTUR,IND,4500\n"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The market of woven carpets in Türkiye: means 100 from Iran and 200 from India. Iran's supply is 100 of the 327.5 that all are
// expected to sell, of whom only Türkiye grows (and
// it imports none); Türkiye's demand 300; its mean ln distance (100·ln 2000 + 200·ln 4500)/300; ease: Iran sells Türkiye 100 and
// would sell 100/325·300 if nothing but size mattered.
func TestMarketsByHand(t *testing.T) {
	t.Parallel()
	s, m := inMemory()
	put(t, s, Bilateral, 2023, flows2023)
	put(t, s, Bilateral, 2024, flows2024)
	put(t, s, Distances, 0, far)
	put(t, s, Economies, 2024, "country,gdp_growth,pop_growth\ntur,0.1,0\n")
	put(t, s, Tariffs, 2024, "importer,exporter,product,rate\nTUR,all,57,0.2\nTUR,IRN,5702,0.1\n")
	got, err := s.Market(context.Background(), MarketAsk{Product: "5702"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 2 || got.Lines[0].Country != "IND" || got.Lines[1].Country != "TUR" || len(got.Made.Years) != 2 || len(got.Made.Sources) != 5 {
		t.Fatalf("%+v", got)
	}
	ind, tur := got.Lines[0], got.Lines[1]
	near(t, "imports", tur.Imports, 420)
	near(t, "growth", tur.Growth, 420./180-1)
	near(t, "tariff", tur.Tariff, 0.1)
	near(t, "lowest tariff", tur.Lowest, 0.1)
	near(t, "sales", tur.Sales, 120)
	near(t, "kilometres", tur.Away, 2000)
	near(t, "unit", tur.Unit, 35)
	near(t, "median", tur.Median, 30)
	near(t, "own unit", tur.OwnUnit, 60)
	near(t, "sellers", tur.Sellers.HHI, (120.*120+300*300)/(420*420))
	near(t, "first seller's share", tur.Top[0].Share, 300./420)
	mean := (100*math.Log(2000) + 200*math.Log(4500)) / 300
	// Tariffs are known in Türkiye and not in India, so that they are in the demand there and nowhere in the supply.
	weighted := (100*0.1 + 200*0.2) / 300
	near(t, "supply", tur.Supply, 100/327.5)
	near(t, "demand", tur.Demand, 300*1.1*(1+weighted)/1.1)
	near(t, "distance", tur.Distance, math.Exp(-math.Abs(mean-math.Log(2000))))
	near(t, "ease", tur.Ease, 100/(100./325*300))
	near(t, "potential", tur.EPI, tur.Supply*tur.Demand*tur.Distance*tur.Ease)
	near(t, "actual", tur.Actual, 100)
	near(t, "unrealised", tur.Unrealised, max(0, tur.EPI-100))
	near(t, "no sales", ind.Sales, math.NaN())
	near(t, "no tariff", ind.Tariff, math.NaN())
	near(t, "one year", ind.Growth, math.NaN())
	near(t, "no tons", ind.Unit, math.NaN())
	if ind.TariffIn || !tur.TariffIn || ind.GrowthKnown || !tur.GrowthKnown || m.leaves[0].Kind != "trade.loaded" {
		t.Errorf("%+v %+v", ind, tur)
	}
	if _, err := s.Market(context.Background(), MarketAsk{Product: "9999"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a product nobody trades: %v", err)
	}
}

// Where no present trade tells how easy a market is, its potential is flagged and never a figure.
func TestAMarketWithoutTradeIsUnknown(t *testing.T) {
	t.Parallel()
	s, _ := inMemory()
	put(t, s, Bilateral, 2024, "origin,destination,product,value_usd\nIRN,TUR,5702,10\nIND,TUR,5702,10\nTUR,IND,5702,10\n")
	got, err := s.Market(context.Background(), MarketAsk{Product: "5702"})
	if err != nil {
		t.Fatal(err)
	}
	if l := got.Lines[0]; l.Country != "IND" || l.Flag != index.EaseUnknown || l.Reading != "ease_unknown" {
		t.Errorf("%+v", l)
	}
}

// One product's markets, read out of packed parts, are what the whole of the flows gives.
func TestMarketsAreThoseOfTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, _ := inMemory()
		codes, products := []string{"CHN", "IND", "IRN", "TUR", "UZB"}, []string{"5702", "5703", "5705"}
		km := "origin,destination,km\n"
		for i, a := range codes {
			for j, b := range codes {
				if i != j {
					km += fmt.Sprintf("%s,%s,%d\n", a, b, rapid.IntRange(100, 9000).Draw(t, "km"))
				}
			}
		}
		put(t, s, Distances, 0, km)
		all := "origin,destination,product,year,value_usd\nIRN,TUR,5702,2024,7\n"
		for year := 2022; year <= 2024; year++ {
			text := "origin,destination,product,value_usd\n"
			if year == 2024 {
				text += "IRN,TUR,5702,7\n"
			}
			for i, a := range codes {
				for j, b := range codes {
					for _, k := range products {
						if i == j || (a == "IRN" && b == "TUR" && k == "5702") || rapid.IntRange(0, 2).Draw(t, "trades") == 0 {
							continue
						}
						v := rapid.Float64Range(0, 1e9).Draw(t, "value")
						text += fmt.Sprintf("%s,%s,%s,%v\n", a, b, k, v)
						all += fmt.Sprintf("%s,%s,%s,%d,%v\n", a, b, k, year, v)
					}
				}
			}
			if strings.Count(text, "\n") > 1 {
				put(t, s, Bilateral, year, text)
			} else {
				return
			}
		}
		f, err := tradecsv.Flows("all.csv", strings.NewReader(all))
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := tradecsv.Pairs("km.csv", strings.NewReader(km), "km")
		if err != nil {
			t.Fatal(err)
		}
		in := index.Market{From: 2022, To: 2024, Elasticity: 1, Substitution: 1}
		for _, a := range f.Countries {
			for _, b := range f.Countries {
				d := math.NaN()
				if km, known := pairs[tradecsv.Pair{Origin: a, Destination: b}]; known {
					d = math.Log(km)
				}
				in.LogDistance = append(in.LogDistance, d)
			}
		}
		p, err := index.NewPotential(f, in)
		if err != nil {
			t.Fatal(err)
		}
		for i, exporter := range f.Countries {
			if exporter != "IRN" {
				continue
			}
			p.Exporter(i, func(c *index.PotentialCell) {
				got, err := s.Market(context.Background(), MarketAsk{Product: f.Products[c.Product]})
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range got.Lines {
					if l.Country == f.Countries[c.Destination] && (math.Abs(l.EPI-c.EPI) > 1e-12*c.EPI || math.Abs(l.Actual-c.Actual) > 1e-12*c.Actual || l.Flag != c.Flag) {
						t.Fatalf("%s %s: %v %v %q, want %v %v %q", l.Country, got.Product, l.EPI, l.Actual, l.Flag, c.EPI, c.Actual, c.Flag)
					}
				}
			})
		}
	})
}

// A year of flows packed is the year, to the bit, whatever its order; a flow twice is refused with both lines.
func TestFlowsPackedAreTheFlows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := map[[3]string][2]float64{}
		b := &index.Bilateral{Countries: []string{"TUR", "IRN", "IND"}, Products: []string{"5703", "5702"}}
		thousandth := rapid.Map(rapid.IntRange(0, 1e9), func(n int) float64 { return float64(n) / 1000 })
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			i, j, k := rapid.IntRange(0, 2).Draw(t, "i"), rapid.IntRange(0, 2).Draw(t, "j"), rapid.IntRange(0, 1).Draw(t, "k")
			key := [3]string{b.Countries[i], b.Countries[j], b.Products[k]}
			if _, twice := want[key]; twice {
				continue
			}
			v := rapid.OneOf(thousandth, rapid.Float64Min(0), rapid.Map(thousandth, func(f float64) float64 { return f * 1000 })).Draw(t, "v")
			q := rapid.OneOf(thousandth, rapid.Just(math.NaN())).Draw(t, "q")
			want[key] = [2]float64{v, q}
			b.Origin, b.Destination, b.Product = append(b.Origin, uint16(i)), append(b.Destination, uint16(j)), append(b.Product, uint16(k))
			b.Value, b.Quantity, b.Line = append(b.Value, v), append(b.Quantity, q), append(b.Line, uint32(len(b.Line)+2))
		}
		f, err := PackFlows("f.csv", b)
		if err != nil {
			t.Fatal(err)
		}
		h, err := UnpackHead(f.Head.Pack())
		if err != nil || h.Rows != len(want) {
			t.Fatal(h, err)
		}
		n := 0
		for k, code := range h.Products {
			rows, err := h.Place[k].flows(f.Parts[h.Place[k].Part])
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				n++
				w := want[[3]string{h.Countries[r.Origin], h.Countries[r.Destination], code}]
				if math.Float64bits(w[0]) != math.Float64bits(r.Value) || !(w[1] == r.Quantity || math.IsNaN(w[1]) && math.IsNaN(r.Quantity)) {
					t.Fatalf("%+v, want %v", r, w)
				}
			}
		}
		for name, totals := range map[string][2][]float64{"export": {h.Export, f.Head.Export}, "import": {h.Import, f.Head.Import}, "pair": {h.Pair, f.Head.Pair}} {
			for i := range totals[0] {
				if totals[0][i] != totals[1][i] {
					t.Fatalf("%s %d", name, i)
				}
			}
		}
		if n != len(want) {
			t.Fatalf("%d of %d flows", n, len(want))
		}
	})
	_, err := Reader{Kind: Bilateral, Year: 2024, File: "f.csv"}.Flows(strings.NewReader(flows2024 + "IRN,TUR,5702,1,1\n"))
	if ft, ok := fault.As(err); !ok || ft.Key != "trade.csv_twice" || ft.Args["line"] != 7 || ft.Args["first"] != 2 {
		t.Errorf("a flow twice: %v", err)
	}
}

// A revision of flows says what it changed, country by country and product by product.
func TestARevisionOfFlowsSaysWhatItChanged(t *testing.T) {
	t.Parallel()
	s, _ := inMemory()
	put(t, s, Bilateral, 2024, flows2024)
	got := put(t, s, Bilateral, 2024, "origin,destination,product,value_usd,quantity_t\nIRN,TUR,5702,120,2\nIND,TUR,5702,301,10\nIRN,IND,5703,40,2\nTUR,IRN,5703,60,1\nAFG,IRN,5201,1,\n")
	if want := (Change{Added: 1, Gone: 1, Changed: 2}); got.Change != want || got.Replaces == "" {
		t.Errorf("%+v, want %+v", got.Change, want)
	}
}

// Bytes that are no flows are refused, and never a wrong table: the laws of the two readers.
func FuzzFlowsUnpacked(f *testing.F) {
	packed, err := Reader{Kind: Bilateral, Year: 2024, File: "f.csv"}.Flows(strings.NewReader(flows2024))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed.Head.Pack())
	f.Add(packed.Parts[0])
	f.Fuzz(func(t *testing.T, raw []byte) {
		if h, err := UnpackHead(raw); err == nil && len(h.Place) != len(h.Products) {
			t.Fatal("a head without places")
		}
		_, _ = UnpackFlows(raw)
	})
}

// A head or a product's flows that end too early, wherever, are refused.
func TestFlowsCutShortAreRefused(t *testing.T) {
	t.Parallel()
	flows, err := Reader{Kind: Bilateral, Year: 2024, File: "f.csv"}.Flows(strings.NewReader(flows2024))
	if err != nil {
		t.Fatal(err)
	}
	place := flows.Head.Place[0]
	for name, c := range map[string]struct {
		packed []byte
		read   func([]byte) error
	}{
		"head":  {flows.Head.Pack()[1:], func(b []byte) error { _, err := UnpackHead(append([]byte{flowForm}, b...)); return err }},
		"flows": {flows.Parts[0][place.Offset : place.Offset+place.Size], func(b []byte) error { _, err := UnpackFlows(b); return err }},
	} {
		raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(c.packed)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(raw) + 1 {
			var out bytes.Buffer
			z, _ := flate.NewWriter(&out, flate.BestSpeed)
			_, _ = z.Write(raw[:n])
			_ = z.Close()
			if err := c.read(out.Bytes()); (err == nil) != (n == len(raw)) {
				t.Errorf("%s: %d of %d bytes: %v", name, n, len(raw), err)
			}
		}
	}
}

// A block counts until its day and then is marked; what lifts it ends it; of two the last holds.
func TestFlagsHoldUntilTheirDay(t *testing.T) {
	t.Parallel()
	s, m := inMemory()
	put(t, s, Bilateral, 2024, flows2024)
	say := func(level Level, until time.Time) (MarketFlag, error) {
		f := MarketFlag{Market: "tur", Product: "57", Matter: Sanction, Level: level, Text: "x", Source: "y", Said: today.AddDate(0, -1, 0).UnixMicro(), By: "officer"}
		if !until.IsZero() {
			f.Until = until.UnixMicro()
		}
		return s.Flag(context.Background(), f)
	}
	blocked := func() (bool, int) {
		got, err := s.Market(context.Background(), MarketAsk{Product: "5702"})
		if err != nil {
			t.Fatal(err)
		}
		return got.Lines[1].Blocked, len(got.Lines[1].Flags)
	}
	must := func(level Level, until time.Time) {
		if _, err := say(level, until); err != nil {
			t.Fatal(err)
		}
	}
	law := func(want bool, flags int) func(testing.TB) {
		return func(t testing.TB) {
			if is, n := blocked(); is != want || n != flags {
				t.Errorf("blocked %v by %d flags", is, n)
			}
		}
	}
	must(Block, today.AddDate(0, 0, 1))
	law(true, 1)(t)
	control.Finds(t, "blocked true by 1 flags", law(false, 1)) // a block that does not count
	must(Block, today.AddDate(0, 0, -1))
	law(false, 1)(t) // over, and still there to be seen
	must(Lifted, time.Time{})
	law(false, 0)(t)
	if last := m.leaves[len(m.leaves)-1]; last.Kind != "trade.flagged" || !strings.Contains(last.Cause, "TUR 57 sanction lifted") {
		t.Errorf("%+v", last)
	}
	for _, bad := range []func(*MarketFlag){
		func(f *MarketFlag) { f.Market = "turkey" }, func(f *MarketFlag) { f.Product = "x" }, func(f *MarketFlag) { f.Matter = "x" },
		func(f *MarketFlag) { f.Level = "x" }, func(f *MarketFlag) { f.Text = " " }, func(f *MarketFlag) { f.Source = strings.Repeat("a", 501) },
		func(f *MarketFlag) { f.Said = today.AddDate(0, 0, 1).UnixMicro() }, func(f *MarketFlag) { f.Until = 1 },
	} {
		f := MarketFlag{Market: "TUR", Matter: Payment, Level: Care, Text: "x", Source: "y", Said: today.UnixMicro()}
		bad(&f)
		if _, err := s.Flag(context.Background(), f); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// Whatever the figures of a market, there is a reading.
func TestEveryMarketHasAReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := MarketLine{Growth: rapid.Float64().Draw(t, "growth"), Blocked: rapid.Bool().Draw(t, "blocked")}
		l.Flag = rapid.SampledFrom([]index.Flag{"", index.NoSupply, index.NoDemand, index.EaseUnknown, index.FarUnknown}).Draw(t, "flag")
		if l.Flag == "" {
			l.EPI, l.Actual = rapid.Float64Range(1e-6, 1e12).Draw(t, "epi"), rapid.Float64Range(0, 1e12).Draw(t, "actual")
		}
		l.Sellers.HHI = rapid.Float64Range(0, 1).Draw(t, "hhi")
		if readMarket(l) == "" {
			t.Fatalf("no reading for %+v", l)
		}
	})
}

func BenchmarkMarketsOfAProduct(b *testing.B) {
	s, _ := inMemory()
	raw := syntheticHS6(226, 5400, 11_000_000)
	flows, err := PackFlows("f.csv", raw)
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, p := range flows.Parts {
		size += len(p)
	}
	if _, err := s.Load(context.Background(), Load{Source: Source{Kind: Bilateral, Edition: "HS2022", Year: 2024, Publisher: "P", Licence: "L", SHA256: "1"}, Flows: flows}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size)/(1<<20), "MiB-packed")
	ask := MarketAsk{Product: raw.Products[0], Exporter: raw.Countries[0]}
	if _, err := s.Market(context.Background(), ask); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Market(context.Background(), ask); err != nil {
			b.Fatal(err)
		}
	}
}

// syntheticHS6 is a year with as many flows as BACI has, spread by a fixed rule.
func syntheticHS6(nc, np, rows int) *index.Bilateral {
	b := &index.Bilateral{}
	for i := range nc {
		b.Countries = append(b.Countries, fmt.Sprintf("%c%c%c", 'A'+i/26/26, 'A'+i/26%26, 'A'+i%26))
	}
	for k := range np {
		b.Products = append(b.Products, fmt.Sprintf("%06d", 10000+k))
	}
	state := uint64(1)
	cells := uint64(nc * nc * np)
	for at := uint64(0); at < cells && len(b.Value) < rows; at += 1 + state>>33%(2*cells/uint64(rows)-1) {
		state = state*6364136223846793005 + 1442695040888963407
		i, j, k := at/uint64(np)/uint64(nc), at/uint64(np)%uint64(nc), at%uint64(np)
		if i == j {
			continue
		}
		b.Origin, b.Destination, b.Product = append(b.Origin, uint16(i)), append(b.Destination, uint16(j)), append(b.Product, uint16(k))
		b.Value, b.Quantity = append(b.Value, float64(state>>40)), append(b.Quantity, float64(state>>44)/1000)
		b.Line = append(b.Line, uint32(len(b.Line)+2))
	}
	return b
}
