package text

import (
	"strings"
	"sync"
	"unicode"
)

// Nearly every cell and name is in its display form already: letters, digits and signs that stay as they are, with single
// blanks, half-spaces inside words and Persian commas set as they should be. Which characters stay is taken once from the
// full way, so that the two cannot differ.

// kinds of characters that stay by themselves.
const (
	staysNot  = iota
	staysSign // a sign of ASCII
	staysWord // a letter or digit that keys keep
)

var stays = sync.OnceValue(func() *[arabicTo + 1]byte {
	var t [arabicTo + 1]byte
	for r := rune('!'); r <= arabicTo; r++ {
		s := string(r)
		ascii := r <= unicode.MaxASCII
		switch {
		case r == ',' || !ascii && r < arabicFrom || displayFully("x"+s+"x") != "x"+s+"x" || displayFully("\u0628"+s+"\u0628") != "\u0628"+s+"\u0628":
		case unicode.In(r, unicode.L, unicode.Nd) && foldFully(s, -1) != "":
			t[r] = staysWord
		case ascii:
			t[r] = staysSign
		}
	}
	return &t
})

// displayed reports whether a text is in its display form, as far as that shows without normalising: true is sure. words
// tells whether it has a letter or digit.
func displayed(s string) (sure, words bool) {
	t, last := stays(), byte(staysNot) // what stood before: a blank or the beginning is staysNot
	for i, r := range s {
		switch {
		case r == ' ':
			if last == staysNot {
				return false, false
			}
			last = staysNot
		case r == zwnj:
			if last != staysWord || !joins(t, s[i+len(string(zwnj)):]) {
				return false, false
			}
		case r == comma:
			if rest := s[i+len(string(comma)):]; last == staysNot || len(rest) < 2 || rest[0] != ' ' {
				return false, false
			}
			last = staysSign
		case r > arabicTo || t[r] == staysNot:
			return false, false
		default:
			last = t[r]
			words = words || last == staysWord
		}
	}
	return last != staysNot, words
}

// joins reports whether a text begins with a letter or digit.
func joins(t *[arabicTo + 1]byte, rest string) bool {
	for _, r := range rest {
		return r <= arabicTo && t[r] == staysWord
	}
	return false
}

// plainKey reports whether a text is its own search key: digits and small letters of ASCII.
func plainKey(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }) < 0
}
