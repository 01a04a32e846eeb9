package procedure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

// separators may stand between the digits of a number: ASCII and Arabic commas, the Persian thousands mark, underscores,
// apostrophes and blanks.
const separators = ",\u060C\u066C_'\u2019"

// plain gives a number's text in ASCII: digits folded, separators and blanks dropped.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(separators, r), unicode.IsSpace(r), r == '\u200C', unicode.Is(unicode.Cf, r):
			return -1
		case r == '\u2212':
			return '-'
		case r == '\u066B':
			return '.'
		case r == '\u066A':
			return '%'
		}
		return r
	}, text.Digits(s))
}

// parseInt reads a whole number in any digits, with or without separators.
func parseInt(s string) (int64, error) {
	p := plain(s)
	if !wholeNumber(p) {
		return 0, fault.New(fault.Invalid, "procedure.number", "text", short(s))
	}
	i, err := strconv.ParseInt(p, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "procedure.number_big", "text", short(s))
	}
	return i, nil
}

func wholeNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// parseMoney reads an amount in rial. The word toman is refused: a tenfold slip is the commonest mistake.
func parseMoney(s string) (int64, error) {
	folded := text.Display(s)
	toman := locale.T(locale.FA, "procedure.word.toman", nil)
	if strings.Contains(folded, toman) || strings.Contains(strings.ToLower(folded), "toman") {
		return 0, fault.New(fault.Invalid, "procedure.toman", "text", short(s))
	}
	for _, w := range []string{locale.T(locale.FA, "procedure.word.rial", nil), "rial", "IRR"} {
		folded = strings.TrimSpace(strings.TrimSuffix(folded, w))
	}
	return parseInt(folded)
}

// parsePercent reads 25, 25% or 12.5 percent as basis points.
func parsePercent(s string) (int64, error) {
	p := strings.Trim(plain(s), "%")
	whole, frac, _ := strings.Cut(p, ".")
	bad := fault.New(fault.Invalid, "procedure.percent", "text", short(s))
	if !wholeNumber(whole) || len(frac) > 2 || strings.Trim(frac, "0123456789") != "" || strings.HasSuffix(p, ".") {
		return 0, bad
	}
	i, err := strconv.ParseInt(whole+(frac + "00")[:2], 10, 64)
	if err != nil || i > math.MaxInt32 || i < -math.MaxInt32 {
		return 0, bad
	}
	return i, nil
}

// parseNumber reads a number of a fact type; a limit of a text or a list is a count.
func parseNumber(typ, s string) (int64, error) {
	switch typ {
	case "money":
		return parseMoney(s)
	case "percent":
		return parsePercent(s)
	}
	return parseInt(s)
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text.Display(s))) {
	case "yes", "true", "on", "1", locale.T(locale.FA, "procedure.word.yes", nil):
		return true, nil
	case "no", "false", "off", "0", locale.T(locale.FA, "procedure.word.no", nil):
		return false, nil
	}
	return false, fault.New(fault.Invalid, "procedure.bool", "text", short(s))
}

// boundText writes a bound so that parseNumber reads it back.
func boundText(typ string, n int64) string {
	if typ != "percent" {
		return strconv.FormatInt(n, 10)
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
