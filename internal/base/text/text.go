// Package text gives Persian text its canonical display form, its search keys, its look-alike key and its sort key, as
// the domain reference lays down (section 4.11). What an official document says stays readable as it was typed; only
// the code points that look alike are unified.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Code points that this package treats by name.
const (
	zwnj    = '\u200C' // joins parts of one word without connecting their letters
	kashida = '\u0640' // a stretched connection, no letter
	comma   = '\u060C' // the Persian comma
	fsi     = '\u2068' // opens an isolated run
	pdi     = '\u2069' // closes an isolated run
)

// Display gives the canonical display form: NFC; Arabic yeh, alef maksura and kaf as their Persian letters; no kashida,
// byte-order mark, direction mark or control; ZWNJ single and only inside words; blanks single and trimmed (line breaks
// stay, at most one empty line in a row); an ASCII comma beside Persian letters becomes the Persian one. Digits, hamza,
// diacritics and half-spaces stay as typed. Display(Display(s)) == Display(s).
func Display(s string) string {
	if sure, _ := displayed(s); sure {
		return s
	}
	return displayFully(s)
}

func displayFully(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(canonicalRune, norm.NFC.String(s))
	s = joiners(s)
	s = commas(blanks(s))
	return norm.NFC.String(s)
}

// canonicalRune unifies one code point; -1 drops it.
func canonicalRune(r rune) rune {
	switch r {
	case '\u064A', '\u0649': // Arabic yeh, alef maksura
		return '\u06CC'
	case '\u0643': // Arabic kaf
		return '\u06A9'
	case kashida:
		return -1
	case zwnj, '\n':
		return r
	case '\u2028', '\u2029', '\u0085':
		return '\n'
	}
	if unicode.IsSpace(r) || r == '\u2007' || r == '\u202F' {
		return ' '
	}
	if invisible(r) {
		return -1
	}
	return r
}

// invisible reports controls and format marks other than ZWNJ. The Arabic number signs are format marks that show.
func invisible(r rune) bool {
	if r >= '\u0600' && r <= '\u0605' || r == '\u06DD' {
		return false
	}
	return r != zwnj && (unicode.Is(unicode.Cf, r) || unicode.IsControl(r))
}

// joiners keeps one ZWNJ between two characters of a word and drops all others.
func joiners(s string) string {
	if !strings.ContainsRune(s, zwnj) {
		return s
	}
	var b strings.Builder
	var last rune
	pending := false
	for _, r := range s {
		if r == zwnj {
			pending = true
			continue
		}
		if pending && wordRune(last) && unicode.In(r, unicode.L, unicode.Nd) {
			b.WriteRune(zwnj)
		}
		pending, last = false, r
		b.WriteRune(r)
	}
	return b.String()
}

func wordRune(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.Nd) }

// blanks makes runs of blanks single, and trims lines and the whole.
func blanks(s string) string {
	lines := strings.Split(s, "\n")
	out := lines[:0]
	empty := true // drops leading empty lines too
	for _, l := range lines {
		l = strings.Join(strings.Fields(l), " ")
		if l == "" && empty {
			continue
		}
		empty = l == ""
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// commas sets the commas of Persian text: the Persian sign, no blank before it, one blank before the next word.
func commas(s string) string {
	if !strings.ContainsAny(s, ",\u060C") {
		return s
	}
	rs := []rune(s)
	out := make([]rune, 0, len(rs)+4)
	for i, r := range rs {
		if r != comma && (r != ',' || !besidePersian(out, rs[i+1:])) {
			out = append(out, r)
			continue
		}
		out = append(trimBlank(out), comma)
		if i+1 < len(rs) && needsBlank(out, rs[i+1]) {
			out = append(out, ' ')
		}
	}
	return string(out)
}

func besidePersian(before, after []rune) bool {
	before = trimBlank(before)
	if len(before) > 0 && (persian(before[len(before)-1]) || before[len(before)-1] == comma) {
		return true
	}
	for _, r := range after {
		if r != ' ' {
			return persian(r)
		}
	}
	return false
}

func trimBlank(rs []rune) []rune {
	for len(rs) > 0 && rs[len(rs)-1] == ' ' {
		rs = rs[:len(rs)-1]
	}
	return rs
}

// needsBlank tells whether a word follows the comma directly; a comma inside a number stays tight.
func needsBlank(before []rune, next rune) bool {
	inNumber := len(before) > 1 && unicode.IsDigit(before[len(before)-2]) && unicode.IsDigit(next)
	return wordRune(next) && !inNumber
}

func persian(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) }

// Digits writes Persian and Arabic-Indic digits as ASCII and leaves all else.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\u06F0' && r <= '\u06F9':
			return r - '\u06F0' + '0'
		case r >= '\u0660' && r <= '\u0669':
			return r - '\u0660' + '0'
		}
		return r
	}, s)
}

// PersianDigits writes ASCII and Arabic-Indic digits as Persian and leaves all else.
func PersianDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r - '0' + '\u06F0'
		case r >= '\u0660' && r <= '\u0669':
			return r - '\u0660' + '\u06F0'
		}
		return r
	}, s)
}

// Isolate wraps a number, code or Latin name for plain-text messages, so that the direction of its neighbours cannot
// reorder it. Direction controls inside are dropped: they could close the isolation early.
func Isolate(s string) string {
	return string(fsi) + strings.Map(func(r rune) rune {
		if bidiControl(r) {
			return -1
		}
		return r
	}, s) + string(pdi)
}

func bidiControl(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200E' || r == '\u200F' || r == '\u061C'
}
