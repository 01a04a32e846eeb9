package casework

import (
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
)

// foundAsTyped is the law of the verification page: what was typed is looked for as it is, and a number that is typed off
// the paper (in the digits of either script, in small letters, with blanks or marks of direction in between) as it is
// written in the letter book.
func foundAsTyped(t testing.TB, read func(string) []string, typed string) {
	t.Helper()
	got := read(typed)
	if len(got) == 0 || got[0] != typed {
		t.Fatalf("%q is not looked for: %q", typed, got)
	}
	number := got[len(got)-1]
	for _, as := range []*strings.Replacer{
		strings.NewReplacer("0", "\u06F0", "1", "\u06F1", "4", "\u0664", "5", "\u06F5"), strings.NewReplacer("R", "r", "E", "e"),
		strings.NewReplacer("/", " / "), strings.NewReplacer("/", "\u200E/\u202B"),
	} {
		if again := read(as.Replace(number)); !slices.Contains(again, number) {
			t.Fatalf("%q, typed as %q, is looked for as %q", number, as.Replace(number), again)
		}
	}
}

var typedNumbers = []string{"1405/RES/12", "\u06F1\u06F4\u06F0\u06F5/res/\u06F1\u06F2", "AbC-dEf_123", "", " 1405 / RES / 1 ", "\u202E1/a"}

func FuzzLettersTyped(f *testing.F) {
	for _, s := range typedNumbers {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) { foundAsTyped(t, lettersTyped, typed) })
}

// A page that looks for what was typed alone tells who has a letter in hand that we never issued it.
func TestFuzzLettersTypedFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is looked for as", func(t testing.TB) {
		for _, s := range typedNumbers {
			foundAsTyped(t, func(typed string) []string { return []string{typed} }, s)
		}
	})
}
