package text

import (
	"testing"

	"pgregory.net/rapid"
)

// folds draws texts over the characters that fold by themselves, mixed with some that do not.
func folds() *rapid.Generator[string] {
	return rapid.StringOf(rapid.OneOf(
		rapid.Rune(),
		rapid.Map(rapid.Int32Range(0, latinTo), func(i int32) rune { return i }),
		rapid.Map(rapid.Int32Range(arabicFrom, arabicTo), func(i int32) rune { return i }),
		rapid.SampledFrom([]rune{zwnj, ' ', '\u00A0', '\uFEFB', '\u0130', '\u0301'}),
	))
}

// The short way of folding gives what the full way gives.
func TestFoldSimplyAgrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := folds().Draw(t, "text")
		for _, joiner := range []rune{-1, ' '} {
			if got, ok := foldSimply(s, joiner); ok && got != foldFully(s, joiner) {
				t.Fatalf("%q folds to %q the short way and to %q in full", s, got, foldFully(s, joiner))
			}
		}
	})
}

// Persian names take the short way: without this the property above would hold of nothing.
func TestFoldSimplyTakesPersian(t *testing.T) {
	t.Parallel()
	got, ok := foldSimply("  بافندگيِ «آفتاب‌البرز» ۱۲ ", ' ')
	if want := "بافندگی افتاب البرز 12"; !ok || got != want {
		t.Fatalf("got %q %v, want %q", got, ok, want)
	}
}
