package trade

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"sync"

	index "rahgosha/internal/insight/trade"
)

// Reading is what a product's figures say to somebody who must decide; its words are trade.reading.* of the locale. The rules
// are data, in an order: the first that fits is the reading.
type Reading string

//go:embed data/readings.csv
var readingsFile []byte

// rule fits a line whose figures lie in its bounds: from is included, below is not; a figure that is not defined fits only where
// nothing is asked of it.
type rule struct {
	reading                   Reading
	rca, percentile, pci, cog bound
	worldFrom                 float64
}

type bound struct{ from, below float64 }

func (b bound) holds(v float64) bool {
	if math.IsInf(b.from, -1) && math.IsInf(b.below, 1) {
		return true
	}
	return v >= b.from && v < b.below
}

var rules = sync.OnceValue(func() []rule {
	rows, err := csv.NewReader(bytes.NewReader(readingsFile)).ReadAll()
	if err != nil {
		panic(fmt.Sprint("readings.csv: ", err)) // embedded, and read by the tests
	}
	var out []rule
	for _, r := range rows[1:] {
		n := func(i int, open float64) float64 {
			if r[i] == "" {
				return open
			}
			v, err := strconv.ParseFloat(r[i], 64)
			if err != nil {
				panic(fmt.Sprint("readings.csv: ", err))
			}
			return v
		}
		pair := func(i int) bound { return bound{n(i, math.Inf(-1)), n(i+1, math.Inf(1))} }
		out = append(out, rule{reading: Reading(r[0]), rca: pair(1), percentile: pair(3), pci: pair(5), cog: pair(7), worldFrom: n(9, 0)})
	}
	return out
})

// Readings gives all readings in the order in which they are asked.
func Readings() (out []Reading) {
	for _, r := range rules() {
		out = append(out, r.reading)
	}
	return out
}

func read(l Line) Reading {
	for _, r := range rules() {
		if r.rca.holds(l.RCA) && r.percentile.holds(float64(l.Percentile)) && r.pci.holds(l.PCI) && r.cog.holds(l.COG) && l.World >= r.worldFrom {
			return r.reading
		}
	}
	return ""
}

//go:embed data/markets.csv
var marketsFile []byte

// marketRule fits a market whose flag and figures are as it asks.
type marketRule struct {
	reading               Reading
	blocked               bool
	flag                  index.Flag
	realised, growth, hhi bound
}

var marketRules = sync.OnceValue(func() (out []marketRule) {
	rows, err := csv.NewReader(bytes.NewReader(marketsFile)).ReadAll()
	if err != nil {
		panic(fmt.Sprint("markets.csv: ", err)) // embedded, and read by the tests
	}
	for _, r := range rows[1:] {
		n := func(i int, open float64) float64 {
			if r[i] == "" {
				return open
			}
			v, err := strconv.ParseFloat(r[i], 64)
			if err != nil {
				panic(fmt.Sprint("markets.csv: ", err))
			}
			return v
		}
		pair := func(i int) bound { return bound{n(i, math.Inf(-1)), n(i+1, math.Inf(1))} }
		out = append(out, marketRule{Reading(r[0]), r[1] != "", index.Flag(r[2]), pair(3), pair(5), pair(7)})
	}
	return out
})

// MarketReadings gives all readings of markets in the order in which they are asked.
func MarketReadings() (out []Reading) {
	for _, r := range marketRules() {
		out = append(out, r.reading)
	}
	return out
}

func readMarket(l MarketLine) Reading {
	for _, r := range marketRules() {
		if (!r.blocked || l.Blocked) && (r.flag == "" || r.flag == l.Flag) && r.realised.holds(l.Realised()) && r.growth.holds(l.Growth) && r.hhi.holds(l.Sellers.HHI) {
			return r.reading
		}
	}
	return ""
}
