package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// KindLetter is the kind of a letter's own entry.
const KindLetter = "letter"

const (
	letterChain = "letter:"
	boundMagic  = "rahgosha letter v1\n"
	maxSubject  = 56 // bytes of a subject that a receipt repeats
)

// Bound binds a letter's words to an entry of the log that tells nothing of them: the entry stands in a chain of its own,
// whose name is a salted hash. Who holds the letter and the salt can make it again; who holds the log alone cannot try
// guesses.
type Bound struct {
	Salt    [16]byte
	Number  string
	Subject string   // its beginning: for who holds a paper and compares
	Text    [32]byte // TextHash of the whole
}

// Bind binds a letter's text under a salt.
func Bind(salt [16]byte, number, subject, text string) Bound {
	for len(subject) > maxSubject || !utf8.ValidString(subject) {
		subject = subject[:min(len(subject)-1, maxSubject)]
	}
	return Bound{salt, number, subject, TextHash(text)}
}

// LetterFile is a letter's text with its receipt, as a file that the verifier checks: a first line of its own, the text,
// and the receipt in the last line. Unseen characters that turn the text's direction, and strokes through it, are left out:
// TextHash passes over them, so that the verifier refuses a text that has them, as it may look like another.
func LetterFile(text string, r Receipt) string {
	return boundMagic + strings.Map(straight, text) + "\n" + r.Encode() + "\n"
}

// straight drops, as the function of strings.Map, what makes a text look like another.
func straight(r rune) rune {
	if 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069 || 0x334 <= r && r <= 0x338 || 0x20D0 <= r && r <= 0x20DC || 0x20E5 <= r && r <= 0x20F0 {
		return -1
	}
	return r
}

// Chain is the name of the letter's chain: "letter:" and the hex SHA-256 of, in order, "rahgosha letter v1\n", the salt,
// number and subject as fields of a leaf, and the text's hash.
func (b Bound) Chain() string {
	raw := append([]byte(boundMagic), b.Salt[:]...)
	raw = append(putField(putField(raw, b.Number), b.Subject), b.Text[:]...)
	sum := sha256.Sum256(raw)
	return letterChain + hex.EncodeToString(sum[:])
}

// Entry is the letter's own entry.
func (b Bound) Entry(province string, at int64) Leaf { return LetterEntry(province, b.Chain(), at) }

// LetterEntry is the one entry of a letter's chain.
func LetterEntry(province, chain string, at int64) Leaf {
	return Leaf{Province: province, Case: chain, Seq: 1, At: at, Kind: KindLetter}
}

// TextHash is the SHA-256 of a text as people read it, so that one typed off a paper or extracted from a file has the hash
// of the original: Arabic forms of letters and digits are one with the Persian ones, lines and blanks are one, marks and
// what is not seen do not count.
func TextHash(text string) [32]byte {
	seen := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) || r == 0x640 { // the stroke that makes a line fit
			return -1
		}
		return folded(r)
	}, text)
	return sha256.Sum256([]byte(strings.Join(strings.Fields(seen), " ")))
}

// folds are letters of one look, as keyboards and programs mix them.
var folds = map[rune]rune{
	0x64A: 0x6CC, 0x649: 0x6CC, 0x626: 0x6CC, 0x643: 0x6A9, // yeh, alef maksura, yeh with hamza; kaf
	0x622: 0x627, 0x623: 0x627, 0x625: 0x627, 0x671: 0x627, // alef with madda, hamza above and below, wasla
	0x624: 0x648, 0x629: 0x647, 0x6C0: 0x647, 0x6D5: 0x647, 0x6BE: 0x647, // waw with hamza; teh marbuta and forms of heh
}

func folded(r rune) rune {
	switch {
	case 0x6F0 <= r && r <= 0x6F9:
		return r - 0x6F0 + '0'
	case 0x660 <= r && r <= 0x669:
		return r - 0x660 + '0'
	}
	if f, ok := folds[r]; ok {
		return f
	}
	return r
}
