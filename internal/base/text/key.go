package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letterFold maps letters that people type for one another to one of them. Hamza carriers and alef with madda need no
// entry: compatibility decomposition splits them into their base letter and a mark, and marks are dropped.
var letterFold = map[rune]rune{
	'\u064A': '\u06CC', '\u0649': '\u06CC', '\u06D0': '\u06CC', '\u06D2': '\u06CC', // yehs
	'\u0643': '\u06A9', '\u06AA': '\u06A9', // kafs
	'\u0629': '\u0647', '\u06D5': '\u0647', '\u06BE': '\u0647', '\u06C1': '\u0647', // teh marbuta and hehs
	'\u06C3': '\u0647',
	'\u0671': '\u0627', // alef wasla
	'\u0621': -1,       // a final hamza is written or left out at will
	kashida:  -1,
	'\u066C': -1, // thousands separator
}

// Fold gives one folded string for substring search: compatibility forms resolved; alef, hamza, yeh, kaf, teh marbuta
// and heh folded; diacritics, kashida, lone hamza and ZWNJ removed; digits ASCII; lower case; punctuation as blanks;
// blanks single and trimmed. Fold(Fold(s)) == Fold(s). It goes one step past the domain table: the lone hamza is
// dropped, so that a word with and without its final hamza meet.
func Fold(s string) string { return fold(s, -1) }

func fold(s string, joiner rune) string {
	if out, ok := foldSimply(s, joiner); ok {
		return out
	}
	return foldFully(s, joiner)
}

func foldFully(s string, joiner rune) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for range 4 { // lower case can open new decompositions; two rounds are enough in practice
		next := foldOnce(s, joiner)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func foldOnce(s string, joiner rune) string {
	s = strings.Map(func(r rune) rune { return foldRune(r, joiner) }, norm.NFKD.String(Digits(s)))
	return norm.NFC.String(strings.Join(strings.Fields(strings.ToLower(s)), " "))
}

func foldRune(r, joiner rune) rune {
	if r == zwnj {
		return joiner
	}
	if to, ok := letterFold[r]; ok {
		return to
	}
	switch {
	case unicode.IsSpace(r), unicode.IsPunct(r):
		return ' '
	case unicode.Is(unicode.M, r), invisible(r):
		return -1
	}
	return r
}

// Keys gives one or two search keys of a text; two texts match when they share one. The first key has neither ZWNJ nor
// blanks: it is where a word written with a half-space, with a blank and in one piece meet. The second, present when it
// differs, has ZWNJ and blanks as single blanks, for search by words. A text without any letter or digit has no key.
func Keys(s string) []string {
	if plainKey(s) {
		return []string{s}
	}
	words, ok := foldSimply(s, ' ')
	if !ok {
		return keysFully(s)
	}
	return keysOf(words, strings.ReplaceAll(words, " ", "")) // what folds by itself does so without blanks too
}

// Tight is the first search key of a text, "" where it has none.
func Tight(s string) string {
	if plainKey(s) {
		return s
	}
	if words, ok := foldSimply(s, ' '); ok {
		return strings.ReplaceAll(words, " ", "")
	}
	if k := keysFully(s); len(k) > 0 {
		return k[0]
	}
	return ""
}

func keysFully(s string) []string {
	words := foldFully(s, ' ')
	return keysOf(words, foldFully(strings.ReplaceAll(words, " ", ""), -1))
}

func keysOf(words, tight string) []string {
	switch {
	case tight == "":
		return nil
	case tight == words:
		return []string{tight}
	}
	return []string{tight, words}
}

// Match reports whether two texts share a search key.
func Match(a, b string) bool {
	ka, kb := Keys(a), Keys(b)
	return len(ka) > 0 && len(kb) > 0 && ka[0] == kb[0]
}

// lookAlike maps folded characters that print alike to one sign, after the idea of the Unicode confusables (UTS 39)
// and limited to the scripts a Persian keyboard user can type. Digits never map to one another: names differ by number.
var lookAlike = map[rune]rune{
	'0': 'o', '\u0647': 'o', '\u03BF': 'o', '\u043E': 'o',
	'1': 'l', '|': 'l', 'i': 'l', '\u0627': 'l', '\u0131': 'l', '\u0456': 'l', '\u03B9': 'l', '\u04CF': 'l',
	'\u0430': 'a', '\u03B1': 'a', '\u0435': 'e', '\u03B5': 'e', '\u0440': 'p', '\u03C1': 'p',
	'\u0441': 'c', '\u03C2': 'c', '\u0445': 'x', '\u03C7': 'x', '\u0443': 'y', '\u03B3': 'y',
	'\u0455': 's', '\u0458': 'j', '\u043A': 'k', '\u03BA': 'k', '\u03BD': 'v', '\u043C': 'm', '\u03BC': 'm',
	'\u0442': 't', '\u03C4': 't', '\u043D': 'h', '\u04BB': 'h', '\u0501': 'd', '\u0261': 'g', '\u051B': 'q',
	'\u0432': 'b', '\u03B2': 'b', '\u0437': '3',
}

// Skeleton gives the look-alike key of a name: two names whose skeletons are equal cannot be told apart on a screen, so
// a register of unique names indexes it. It is never shown.
func Skeleton(s string) string {
	s = strings.Map(func(r rune) rune {
		if to, ok := lookAlike[r]; ok {
			return to
		}
		if r == ' ' {
			return -1
		}
		return r
	}, fold(s, -1))
	return strings.NewReplacer("rn", "m", "vv", "w").Replace(s)
}
