package text

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alphabet is the Persian order; letters given in one string sort as one.
var alphabet = []string{
	"\u0621", "\u0622", "\u0627\u0623\u0625\u0671", "\u0628", "\u067E", "\u062A", "\u062B", "\u062C", "\u0686",
	"\u062D", "\u062E", "\u062F", "\u0630", "\u0631", "\u0632", "\u0698", "\u0633", "\u0634", "\u0635", "\u0636",
	"\u0637", "\u0638", "\u0639", "\u063A", "\u0641", "\u0642", "\u06A9\u0643", "\u06AF", "\u0644", "\u0645",
	"\u0646", "\u0648\u0624", "\u0647\u0629\u06C0\u06D5", "\u06CC\u064A\u0649\u0626",
}

// Weights: blank sorts before digits, digits before Persian letters, Persian letters before all other letters.
const (
	weightBlank  = 1
	weightDigit  = 2
	weightLetter = 20
	weightOther  = 0xFF
)

var weights = alphabetWeights()

func alphabetWeights() map[rune]byte {
	m := map[rune]byte{' ': weightBlank}
	for i, letters := range alphabet {
		for _, r := range letters {
			m[r] = byte(weightLetter + i)
		}
	}
	return m
}

// CollationKey gives bytes whose order is the Persian dictionary order of the texts: word by word, blank before digits
// before Persian letters before others; ZWNJ, punctuation and diacritics count only between otherwise equal texts.
func CollationKey(s string) []byte {
	display := Display(s)
	key := make([]byte, 0, 2*len(display)+1)
	for _, r := range norm.NFKC.String(Digits(display)) {
		key = appendWeight(key, unicode.ToLower(r))
	}
	return append(append(key, 0), display...)
}

func appendWeight(key []byte, r rune) []byte {
	if w, ok := weights[r]; ok {
		return append(key, w)
	}
	switch {
	case r >= '0' && r <= '9':
		return append(key, weightDigit+byte(r-'0'))
	case unicode.IsSpace(r):
		return append(key, weightBlank)
	case unicode.Is(unicode.M, r), unicode.IsPunct(r), r == zwnj:
		return key
	}
	return append(key, weightOther, byte(r>>16), byte(r>>8), byte(r)) // #nosec G115 -- the bytes of a sign, one by one
}
