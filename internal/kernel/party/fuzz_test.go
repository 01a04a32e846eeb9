package party

import (
	"bytes"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// typedAsPrinted is the law of typed codes: only signs that are printed come through, what came through is read as it is,
// and a printed code is read the same however it is spaced, in small letters, in Persian digits, or with a letter in the
// place of the digit that looks like it.
func typedAsPrinted(t testing.TB, read func(string) string, typed string) {
	t.Helper()
	code := read(typed)
	if strings.Trim(code, codeAlphabet) != "" {
		t.Fatalf("%q lets %q through", typed, code)
	}
	if again := read(code); again != code {
		t.Fatalf("%q is read as %q, and that as %q", typed, code, again)
	}
	for _, as := range []*strings.Replacer{strings.NewReplacer("0", "O", "1", "l"), strings.NewReplacer("0", "\u06F0", "1", "\u0661", "9", "\u06F9"), strings.NewReplacer("1", "I", "A", " a-")} {
		if got := read(as.Replace(code)); got != code {
			t.Fatalf("%q, typed as %q, is read as %q", code, as.Replace(code), got)
		}
	}
}

var typedSeeds = []string{" o1Il5-abcde\u06F9 ", "0123456789-ABCDEFGHJK", "", "\u0660\u0661", "U\u212A"}

func FuzzTypedCode(f *testing.F) {
	for _, s := range typedSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) { typedAsPrinted(t, typedCode, typed) })
}

// A reader that does not know the digits of this country locks out whoever types with a Persian keyboard.
func TestFuzzTypedCodeFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is read as", func(t testing.TB) {
		for _, s := range typedSeeds {
			typedAsPrinted(t, func(s string) string {
				return strings.Map(func(r rune) rune {
					if strings.ContainsRune(codeAlphabet, r) {
						return r
					}
					return -1
				}, strings.ToUpper(s))
			}, s)
		}
	})
}

// phcParser reads a stored hash.
type phcParser func(string) (Cost, []byte, []byte, error)

// oneHash is the law of stored hashes: a text is refused as broken, or gives a cost that the machine can bear and the salt
// and hash that a text of ours says.
func oneHash(t testing.TB, parse phcParser, stored string) {
	t.Helper()
	c, salt, hash, err := parse(stored)
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Key != "party.hash_broken" {
			t.Fatalf("not said to be broken: %v", err)
		}
		return
	}
	if c.Memory > maxMemory || c.Time > maxTime || len(hash) != hashSize {
		t.Fatalf("no machine bears %q", stored)
	}
	same, salt2, hash2, err := parsePHC(phc(c, salt, hash))
	if err != nil || same != c || !bytes.Equal(salt, salt2) || !bytes.Equal(hash, hash2) {
		t.Fatalf("%q is not what is written of it: %v", stored, err)
	}
}

func phcSeeds() []string {
	good := phc(Cost{Memory: 64, Time: 1, Threads: 1}, make([]byte, saltSize), make([]byte, hashSize))
	return []string{good, strings.Replace(good, "m=64", "m=4294967295", 1), strings.Replace(good, "$v", "$w", 1), good[:len(good)-3], "", "$$$$$"}
}

func FuzzParsePHC(f *testing.F) {
	for _, s := range phcSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stored string) { oneHash(t, parsePHC, stored) })
}

// A reader without a bound takes a hash that makes the machine fetch four terabytes.
func TestFuzzParsePHCFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "no machine bears", func(t testing.TB) {
		for _, s := range phcSeeds() {
			oneHash(t, func(s string) (Cost, []byte, []byte, error) {
				large := strings.Contains(s, "m=4294967295")
				c, salt, hash, err := parsePHC(strings.Replace(s, "m=4294967295", "m=64", 1))
				if large {
					c.Memory = 4294967295
				}
				return c, salt, hash, err
			}, s)
		}
	})
}
