package sample

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/programme/trade"
)

//go:embed data/market_flags.csv
var marketFlagsFile []byte

// flowYears are how many years of bilateral trade the sample has, the last of them tradeYear.
const flowYears = 3

// markets loads what the invented world's countries sell each other: each sells what the table of exports says, to some of the others
// and the more to the nearer, with distances, growth and tariffs as invented.
func (f *filler) markets(places, world trade.Table) error {
	r := rand.New(rand.NewPCG(seed, flowYears)) // #nosec G404 -- a sample must repeat
	far := map[[2]string]float64{}
	var distances, economies, tariffs trade.Table
	for i, a := range places.Rows {
		for j, b := range places.Rows {
			if i < j {
				far[[2]string{a.Key, b.Key}] = math.Round(800 + 9000*r.Float64())
			}
			if i > j {
				far[[2]string{a.Key, b.Key}] = far[[2]string{b.Key, a.Key}]
			}
		}
		if a.Key != "IRQ" { // one country whose growth nobody told
			economies.Rows = append(economies.Rows, trade.Row{Key: a.Key, Sub: "gdp_growth", Value: r.Float64() * 0.3}, trade.Row{Key: a.Key, Sub: "pop_growth", Value: r.Float64() * 0.1})
		}
	}
	for i, a := range places.Rows {
		for j, b := range places.Rows {
			if i != j {
				distances.Rows = append(distances.Rows, trade.Row{Key: a.Key, Sub: b.Key, Value: far[[2]string{a.Key, b.Key}]})
			}
		}
		if i%3 != 0 { // of every third country the tariffs are not known
			tariffs.Rows = append(tariffs.Rows, trade.Row{Key: a.Key, Sub: "ALL 57", Value: float64(5+i%4*5) / 100}, trade.Row{Key: a.Key, Sub: "ALL all", Value: float64(i%5) / 50})
		}
	}
	for year := tradeYear - flowYears + 1; year <= tradeYear; year++ {
		flows, err := trade.PackFlows("flows.csv", soldTo(places, world, far, year))
		if err != nil {
			return err
		}
		if err := f.loadTrade(trade.Load{Source: trade.Source{Kind: trade.Bilateral, Edition: "HS2022", Year: year, SHA256: hashed(strconv.Itoa(year))}, Flows: flows}); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		kind    trade.Kind
		edition string
		year    int
		table   trade.Table
	}{{trade.Distances, "", 0, distances}, {trade.Economies, "", tradeYear, economies}, {trade.Tariffs, "HS2022", tradeYear, tariffs}} {
		if err := f.loadTrade(trade.Load{Source: trade.Source{Kind: t.kind, Edition: t.edition, Year: t.year, SHA256: hashed(string(t.kind))}, Table: t.table}); err != nil {
			return err
		}
	}
	return nil
}

func hashed(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// soldTo parts each country's exports of a product among some of the others, every year the same ones, with the tons that they weigh;
// in the last year the parts sum to the exports, in the years before to some less.
func soldTo(places, world trade.Table, far map[[2]string]float64, year int) *index.Bilateral {
	b := &index.Bilateral{}
	same := rand.New(rand.NewPCG(seed, tradeYear))     // #nosec G404 -- a sample must repeat
	other := rand.New(rand.NewPCG(seed, uint64(year))) // #nosec G115 G404 -- a year
	grown := math.Pow(0.93, float64(tradeYear-year))
	country, product := map[string]uint16{}, map[string]uint16{}
	for _, p := range places.Rows {
		country[p.Key] = uint16(len(b.Countries)) // #nosec G115 -- a few dozen
		b.Countries = append(b.Countries, p.Key)
	}
	makes := map[[2]string]bool{}
	for _, row := range world.Rows {
		makes[[2]string{row.Key, row.Sub}] = true
	}
	for _, row := range world.Rows {
		if _, known := product[row.Sub]; !known {
			product[row.Sub] = uint16(len(b.Products)) // #nosec G115 -- a few hundred
			b.Products = append(b.Products, row.Sub)
		}
		var to []string
		var weights []float64
		var sum float64
		for _, p := range places.Rows {
			chance := same.IntN(10) // who makes it hardly imports it
			if p.Key == row.Key || chance > 5 || (chance > 0 && makes[[2]string{p.Key, row.Sub}]) {
				continue
			}
			w := (0.2 + same.Float64() + 0.2*other.Float64()) / far[[2]string{row.Key, p.Key}]
			to, weights, sum = append(to, p.Key), append(weights, w), sum+w
		}
		for i, j := range to {
			v := math.Round(row.Value * weights[i] / sum * grown)
			tons := math.NaN()
			if other.IntN(10) > 0 {
				tons = math.Round(v/(2000+6000*other.Float64())*1000) / 1000
			}
			b.Origin, b.Destination, b.Product = append(b.Origin, country[row.Key]), append(b.Destination, country[j]), append(b.Product, product[row.Sub])
			b.Value, b.Quantity, b.Line = append(b.Value, v), append(b.Quantity, tons), append(b.Line, 0)
		}
	}
	return b
}

// marketFlags writes the flags of the file: country, product, matter, level, days since the source, days it holds on ("" unknown),
// text and source.
func (f *filler) marketFlags() error {
	rows, err := csv.NewReader(bytes.NewReader(marketFlagsFile)).ReadAll()
	if err != nil {
		return fmt.Errorf("market_flags.csv: %w", err)
	}
	for _, row := range rows[1:] {
		since, err := strconv.Atoi(row[4])
		if err != nil {
			return fmt.Errorf("market_flags.csv: %w", err)
		}
		now := f.Clock.Now()
		flag := trade.MarketFlag{Province: f.Province, Market: row[0], Product: row[1], Matter: trade.Matter(row[2]), Level: trade.Level(row[3]), Text: row[6], Source: row[7],
			Said: now.AddDate(0, 0, -since).UnixMicro(), By: f.who["dir.expert"].Person}
		if row[5] != "" {
			holds, err := strconv.Atoi(row[5])
			if err != nil {
				return fmt.Errorf("market_flags.csv: %w", err)
			}
			flag.Until = now.Add(time.Duration(holds) * 24 * time.Hour).UnixMicro()
		}
		if _, err := f.Trade.Flag(f.ctx, flag); err != nil {
			return err
		}
	}
	return nil
}
