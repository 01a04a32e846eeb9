package trade

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"iter"
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

var rules = sync.OnceValue(func() (out []rule) {
	for r := range judged("readings.csv", readingsFile) {
		out = append(out, rule{reading: r.reading, rca: r.pair(1), percentile: r.pair(3), pci: r.pair(5), cog: r.pair(7), worldFrom: r.from(9, 0)})
	}
	return out
})

// judgedRow is a row of an embedded table of readings: a reading first, then bounds, of which a blank one is open.
type judgedRow struct {
	reading Reading
	cells   []string
	file    string
}

// judged gives the rows of such a table. The tests read every one.
func judged(file string, raw []byte) iter.Seq[judgedRow] {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		panic(fmt.Sprint(file, ": ", err))
	}
	return func(yield func(judgedRow) bool) {
		for _, r := range rows[1:] {
			if !yield(judgedRow{Reading(r[0]), r, file}) {
				return
			}
		}
	}
}

func (r judgedRow) from(i int, open float64) float64 {
	if r.cells[i] == "" {
		return open
	}
	v, err := strconv.ParseFloat(r.cells[i], 64)
	if err != nil {
		panic(fmt.Sprint(r.file, ": ", err))
	}
	return v
}

// pair is the least and the most, in two columns.
func (r judgedRow) pair(i int) bound {
	return bound{r.from(i, math.Inf(-1)), r.from(i+1, math.Inf(1))}
}

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
	for r := range judged("markets.csv", marketsFile) {
		out = append(out, marketRule{r.reading, r.cells[1] != "", index.Flag(r.cells[2]), r.pair(3), r.pair(5), r.pair(7)})
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
