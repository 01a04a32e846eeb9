// Package money holds amounts in whole rial and shares in basis points, and writes and reads them as people do. There is
// no floating point: an amount that is not a whole rial is refused (domain reference 4.12).
package money

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// Rial is an amount in whole rial; its largest value is about 922,337 hemat.
type Rial int64

// Percent is a share in basis points: 1250 is 12.5 percent.
type Percent int64

// Toman is the amount in whole toman; a rest of less than ten rial is dropped.
func (r Rial) Toman() int64 { return int64(r) / 10 }

// magnitude is the absolute value, right for the least int64 too.
func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1 // #nosec G115 -- positive, and the least number has no other way
	}
	return uint64(n)
}

// separators of thousands and decimals by language.
func separators(l locale.Lang) (thousands, decimal string) {
	if l == locale.FA {
		return "\u066C", "\u066B"
	}
	return ",", "."
}

// Format groups the digits by three: Persian digits and the Persian separator in Persian, ASCII otherwise.
func (r Rial) Format(l locale.Lang) string { return sign(int64(r)) + group(magnitude(int64(r)), l) }

func sign(n int64) string {
	if n < 0 {
		return "\u2212"
	}
	return ""
}

func group(n uint64, l locale.Lang) string {
	thousands, _ := separators(l)
	s := strconv.FormatUint(n, 10)
	head := len(s) % 3
	var parts []string
	if head > 0 {
		parts = append(parts, s[:head])
	}
	for i := head; i < len(s); i += 3 {
		parts = append(parts, s[i:i+3])
	}
	return locale.Digits(l, strings.Join(parts, thousands))
}

// Echo repeats an amount beside its entry field in figures, in words and in toman, because tenfold slips are the
// commonest mistake.
func Echo(r Rial, l locale.Lang) string {
	w := lexicon.lang(l)
	return r.Format(l) + " " + w.Rial + " (" + w.spell(int64(r), Press) + " " + w.Rial + semicolon(l) + w.toman(r) + ")"
}

func semicolon(l locale.Lang) string {
	if l == locale.FA {
		return "\u061B "
	}
	return "; "
}

// toman spells the whole toman with the unit; a rest in rial is added, so that nothing is rounded away.
func (w *words) toman(r Rial) string {
	whole := w.spell(r.Toman(), Press) + " " + w.Toman
	rest := int64(r) % 10
	if rest == 0 {
		return whole
	}
	if r.Toman() == 0 {
		return w.spell(rest, Press) + " " + w.Rial
	}
	return whole + w.Join + w.spell(int64(magnitude(rest)), Press) + " " + w.Rial // #nosec G115 -- less than ten
}

// ParsePercent reads a percentage with at most two decimals, with or without its sign, from 0 to 1000.
func ParsePercent(s string) (Percent, error) {
	in := strings.TrimRight(clean(s), "%\u066A ")
	whole, frac, err := split(in)
	if err != nil || len(frac) > 2 || len(whole) > 4 {
		return 0, fault.New(fault.Invalid, "money.percent", "text", s)
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", 2-len(frac)), 10, 64)
	if err != nil || n > 100000 {
		return 0, fault.New(fault.Invalid, "money.percent", "text", s)
	}
	return Percent(n), nil
}

// Format writes the share with one decimal, or two when it has them, and the sign after the number.
func (p Percent) Format(l locale.Lang) string {
	_, decimal := separators(l)
	n := magnitude(int64(p))
	frac := strconv.FormatUint(n%100+100, 10)[1:]
	if frac[1] == '0' {
		frac = frac[:1]
	}
	mark := "%"
	if l == locale.FA {
		mark = "\u066A"
	}
	return sign(int64(p)) + locale.Digits(l, strconv.FormatUint(n/100, 10)) + decimal + locale.Digits(l, frac) + mark
}

// Of takes the share of an amount, cut to whole rial toward zero; a result beyond int64 is a fault.
func (p Percent) Of(r Rial) (Rial, error) {
	hi, lo := bits.Mul64(magnitude(int64(p)), magnitude(int64(r)))
	if hi >= 10000 {
		return 0, fault.New(fault.Invalid, "money.overflow")
	}
	q, _ := bits.Div64(hi, lo, 10000)
	if q > math.MaxInt64 {
		return 0, fault.New(fault.Invalid, "money.overflow")
	}
	if (p < 0) != (r < 0) {
		return -Rial(q), nil
	}
	return Rial(q), nil
}
