package party

import (
	"crypto/rand"
	"fmt"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

const (
	codeCount    = 10
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford: no I, L, O, U
	codeSize     = 10                                 // of 32 signs: 50 bits
)

// newCode draws a code as it is printed: two groups of five.
func newCode() (string, error) {
	raw := make([]byte, codeSize)
	if _, err := rand.Read(raw); err != nil {
		return "", fault.Wrap(err, fault.Internal, "journal.random")
	}
	for i, b := range raw {
		raw[i] = codeAlphabet[b%32]
	}
	return fmt.Sprintf("%s-%s", raw[:codeSize/2], raw[codeSize/2:]), nil
}

// typedCode brings a typed second factor to its canonical form: Latin digits, capitals, nothing between the signs, and
// the signs that are read for one another as the printed one.
func typedCode(s string) string {
	s = strings.ToUpper(text.Digits(s))
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		case strings.ContainsRune(codeAlphabet, r):
			return r
		}
		return -1
	}, s)
}
