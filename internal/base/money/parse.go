package money

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// Unit is the unit an amount is written in; a field or an import always names it.
type Unit string

// The units.
const (
	UnitRial         Unit = "rial"
	UnitToman        Unit = "toman"
	UnitMillionToman Unit = "million_toman"
	UnitBillionToman Unit = "billion_toman"
	UnitHemat        Unit = "hemat" // a thousand milliard toman
)

// zeros is the power of ten of a unit in rial.
var zeros = map[Unit]int{UnitRial: 0, UnitToman: 1, UnitMillionToman: 7, UnitBillionToman: 10, UnitHemat: 13}

var (
	figures    = regexp.MustCompile(`^[0-9]+$`)
	grouped    = regexp.MustCompile(`^[0-9]{1,3}(?:,[0-9]{3})+$`)
	dotted     = regexp.MustCompile(`^[0-9]{1,3}(?:\.[0-9]{3}){2,}$`)
	blankGroup = regexp.MustCompile(`([0-9]) +([0-9])`)
	numberOf   = regexp.MustCompile(`^[0-9][0-9,.]*`)
	unitOf     = unitWords()
)

func unitWords() map[string]Unit {
	m := map[string]Unit{}
	for u, names := range lexicon.Units {
		for _, n := range names {
			m[text.Keys(n)[0]] = Unit(u)
		}
	}
	return m
}

// Parse reads an amount written in the given unit: any digits, any separators of thousands, decimals where they make
// whole rial. A unit word after the figure must be the given unit. Negative amounts, fractions of a rial, amounts beyond
// int64 and ambiguous separators are faults.
func Parse(s string, unit Unit) (Rial, error) {
	if _, ok := zeros[unit]; !ok {
		return 0, fault.New(fault.Invalid, "money.unit", "unit", string(unit))
	}
	in := clean(s)
	if strings.HasPrefix(in, "-") {
		return 0, fault.New(fault.Invalid, "money.negative", "text", s)
	}
	figure := numberOf.FindString(in)
	if figure == "" {
		return 0, fault.New(fault.Invalid, "money.shape", "text", s)
	}
	if word := in[len(figure):]; word != "" {
		if err := sameUnit(word, unit, s); err != nil {
			return 0, err
		}
	}
	whole, frac, err := split(figure)
	if err != nil {
		return 0, fault.New(fault.Invalid, "money.shape", "text", s)
	}
	return scale(whole, frac, zeros[unit], s)
}

// UnitIn finds the unit word after the figure of s.
func UnitIn(s string) (Unit, bool) {
	in := clean(s)
	keys := text.Keys(in[len(numberOf.FindString(in)):])
	if len(keys) == 0 {
		return "", false
	}
	u, ok := unitOf[keys[0]]
	return u, ok
}

func sameUnit(word string, unit Unit, s string) error {
	keys := text.Keys(word)
	if len(keys) == 0 {
		return fault.New(fault.Invalid, "money.shape", "text", s)
	}
	named, ok := unitOf[keys[0]]
	switch {
	case !ok:
		return fault.New(fault.Invalid, "money.shape", "text", s)
	case named != unit:
		return fault.New(fault.Invalid, "money.unit_mismatch", "text", s, "unit", string(unit))
	}
	return nil
}

// clean gives ASCII digits, "," for thousands separators (a blank between digits is one), "." for decimals, "-" for
// minus signs, and no other blanks.
func clean(s string) string {
	s = strings.Map(cleanRune, text.Digits(s))
	for range 2 { // twice, for single digits between blanks
		s = blankGroup.ReplaceAllString(s, "$1,$2")
	}
	return strings.ReplaceAll(s, " ", "")
}

func cleanRune(r rune) rune {
	switch {
	case r == '\u066C' || r == '\u060C' || r == '\'' || r == '\u2019':
		return ','
	case r == '\u066B' || r == '/':
		return '.'
	case r == '\u2212' || r >= '\u2010' && r <= '\u2015':
		return '-'
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// split parts a cleaned figure into whole and decimal digits. Separators of thousands must part groups of three, else a
// slip such as 1,00 would pass.
func split(s string) (whole, frac string, err error) {
	if dotted.MatchString(s) {
		return strings.ReplaceAll(s, ".", ""), "", nil
	}
	whole, frac, found := strings.Cut(s, ".")
	if grouped.MatchString(whole) {
		whole = strings.ReplaceAll(whole, ",", "")
	}
	if !figures.MatchString(whole) || found && !figures.MatchString(frac) {
		return "", "", fault.New(fault.Invalid, "money.shape", "text", s)
	}
	return whole, strings.TrimRight(frac, "0"), nil
}

func scale(whole, frac string, power int, s string) (Rial, error) {
	if len(frac) > power {
		return 0, fault.New(fault.Invalid, "money.fraction", "text", s)
	}
	digits := strings.TrimLeft(whole+frac+strings.Repeat("0", power-len(frac)), "0")
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "money.overflow", "text", s)
	}
	return Rial(n), nil
}
