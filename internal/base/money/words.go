package money

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"rahgosha/internal/base/locale"
)

// Style says how amounts of a thousand milliards and more are put into words.
type Style string

// The styles: programs and the press have a word for 10^12, letters count milliards.
const (
	Press  Style = "press"
	Letter Style = "letter"
)

// words spells numbers in one language. Scales are the names of 1000^i.
type words struct {
	Zero      string   `json:"zero"`
	Minus     string   `json:"minus"`
	Join      string   `json:"join"`
	TensJoin  string   `json:"tens_join"`
	ScaleJoin string   `json:"scale_join"`
	Units     []string `json:"units"`
	Tens      []string `json:"tens"`
	Hundreds  []string `json:"hundreds"`
	Scales    []string `json:"scales"`
	Rial      string   `json:"rial"`
	Toman     string   `json:"toman"`
}

type dictionary struct {
	FA    words               `json:"fa"`
	EN    words               `json:"en"`
	Units map[string][]string `json:"units"`
}

//go:embed words.json
var wordsJSON []byte

var lexicon = mustDictionary()

func mustDictionary() *dictionary {
	d := &dictionary{}
	if err := json.Unmarshal(wordsJSON, d); err != nil {
		panic(fmt.Errorf("money words: %w", err)) // embedded at build time
	}
	return d
}

func (d *dictionary) lang(l locale.Lang) *words {
	if l == locale.EN {
		return &d.EN
	}
	return &d.FA
}

// milliard is the largest scale word of letters.
const milliard = 1_000_000_000

// Words spells an amount in Persian, without its unit.
func Words(r Rial, style Style) string { return lexicon.FA.spell(int64(r), style) }

func (w *words) spell(n int64, style Style) string {
	if n == 0 {
		return w.Zero
	}
	s := strings.Join(w.parts(magnitude(n), style), w.Join)
	if n < 0 {
		return w.Minus + s
	}
	return s
}

// parts spells the groups of three, highest first.
func (w *words) parts(n uint64, style Style) []string {
	var out []string
	if style == Letter && n >= 1000*milliard {
		high := strings.Join(w.parts(n/milliard, style), w.Join)
		out = append(out, high+w.ScaleJoin+w.Scales[3])
		n %= milliard
	}
	divisor := uint64(1e18)
	for scale := 6; scale >= 0; scale-- {
		if g := n / divisor % 1000; g > 0 {
			out = append(out, strings.TrimSuffix(w.below1000(int(g))+w.ScaleJoin+w.Scales[scale], w.ScaleJoin))
		}
		divisor /= 1000
	}
	return out
}

func (w *words) below1000(n int) string {
	var out []string
	if n >= 100 {
		out = append(out, w.Hundreds[n/100])
		n %= 100
	}
	switch {
	case n >= 20 && n%10 > 0:
		out = append(out, w.Tens[n/10]+w.TensJoin+w.Units[n%10])
	case n >= 20:
		out = append(out, w.Tens[n/10])
	case n > 0:
		out = append(out, w.Units[n])
	}
	return strings.Join(out, w.Join)
}
