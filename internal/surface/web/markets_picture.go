package web

import (
	"math"
	"slices"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/programme/trade"
)

// bars are the largest markets of the list, imports and in them what is sold; in Persian they grow from right to left.
type bars struct {
	W, H int
	Rows []barRow
}

// barRow is a market: text at NameX, its bar of W from X with the sold part of SoldW from SoldX, the value at ValueX.
type barRow struct {
	Y, TextY, NameX, X, W, SoldX, SoldW, ValueX int
	Name, Value                                 string
	Blocked                                     bool
}

const (
	barsShown           = 10
	barsW, barStep      = 640, 30
	barNames, barValues = 170, 150
)

// mirrored turns a place from the left into one from the right for languages that run so.
func (b marketBuilder) mirrored(x, width, whole int) int {
	if b.v.l == locale.FA {
		return whole - x - width
	}
	return x
}

func (b marketBuilder) bars(lines []trade.MarketLine) (out bars) {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l trade.MarketLine) bool { return math.IsNaN(l.Imports) })
	lines = lines[:min(barsShown, len(lines))]
	var most float64
	for _, l := range lines {
		most = max(most, l.Imports)
	}
	room := float64(barsW - barNames - barValues)
	length := func(v float64) int {
		if !(v > 0) {
			return 0
		}
		return max(1, int(math.Round(v/most*room)))
	}
	out.W, out.H = barsW, barStep*len(lines)
	for n, l := range lines {
		w, sold := length(l.Imports), length(l.Sales)
		out.Rows = append(out.Rows, barRow{
			Y: n*barStep + 6, TextY: n*barStep + 20, NameX: b.mirrored(0, 0, barsW), X: b.mirrored(barNames, w, barsW), W: w, SoldX: b.mirrored(barNames, sold, barsW), SoldW: sold,
			ValueX: b.mirrored(barNames+w+8, 0, barsW), Name: clipped(l.Name.In(b.v.l), 20), Value: b.inPicture(b.money(l.Imports)), Blocked: l.Blocked,
		})
	}
	return out
}

// inPicture lets a text run its own way in a picture, whose places are counted from the left.
func (b marketBuilder) inPicture(s string) string {
	if b.v.l == locale.FA {
		return "\u2067" + s + "\u2069"
	}
	return s
}

// clipped keeps a name within a picture; the table says it whole.
func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// waterfall shows how potential comes of its factors and what of it is sold: bars from Y of height H, each with its words and value.
type waterfall struct {
	W, H  int
	Base  int
	Steps []fallStep
	Says  string // the picture in words
}

type fallStep struct {
	X, Y, W, H, Mid int
	Tone            string
	Cut             bool // higher than the picture
	Name, Value     string
	NameY, ValueY   int
}

const fallW, fallH, fallTop, fallStepW = 660, 200, 36, 110

// waterfall draws demand (cut off, since it is many times the rest), what the exporter's share would be of it, what ease makes of
// that, the potential, what is sold, and what is not.
func (b marketBuilder) waterfall(l trade.MarketLine) waterfall {
	demand := l.Demand * l.Distance
	share := l.Supply * demand
	most := max(share, l.EPI, l.Actual)
	out := waterfall{W: fallW, H: fallTop + fallH + 44, Base: fallTop + fallH}
	height := func(v float64) int { return int(math.Round(min(1, v/most/1.08) * fallH)) }
	easeTone := "good"
	if l.EPI < share {
		easeTone = "warn"
	}
	for n, s := range []struct {
		name, tone, value string
		from, to          float64
		cut               bool
	}{
		{"demand", "", b.money(demand), 0, demand, demand > most*1.08},
		{"share", "info", b.v.T("markets.fall.times", "n", b.factor(l.Supply)), 0, share, false},
		{"ease", easeTone, b.v.T("markets.fall.times", "n", b.factor(l.Ease)), share, l.EPI, false},
		{"epi", "brand", b.money(l.EPI), 0, l.EPI, false},
		{"actual", "good", b.money(l.Actual), 0, l.Actual, false},
		{"unrealised", "warn", b.money(l.Unrealised), min(l.Actual, l.EPI), l.EPI, false},
	} {
		low, high := height(min(s.from, s.to)), height(max(s.from, s.to))
		x := b.mirrored(n*fallStepW+15, fallStepW-30, fallW)
		out.Steps = append(out.Steps, fallStep{X: x, Y: out.Base - high, W: fallStepW - 30, H: max(1, high-low), Mid: x + (fallStepW-30)/2, Tone: s.tone, Cut: s.cut,
			Name: b.v.T("markets.fall." + s.name), Value: b.inPicture(s.value), NameY: out.Base + 20, ValueY: max(14, out.Base-high-8)})
	}
	out.Says = b.v.T("markets.fall.says", "demand", b.money(demand), "supply", b.factor(l.Supply), "ease", b.factor(l.Ease), "epi", b.money(l.EPI), "actual", b.money(l.Actual),
		"unrealised", b.money(l.Unrealised))
	return out
}
