package registry

import (
	"fmt"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// Among few names and among many the same are found alike as by comparing each with each.
func TestAlikeNamesAreFoundAsByComparingAll(t *testing.T) {
	t.Parallel()
	name := rapid.Custom(func(t *rapid.T) string { // of three letters at least, as the register wants
		return rapid.SampledFrom([]string{"", "شرکت ", "تولیدی "}).Draw(t, "form") +
			rapid.StringOfN(rapid.SampledFrom([]rune("ابپ ت12")), 2, 7, -1).Draw(t, "name")
	}).Filter(func(s string) bool { return len(foldName(s).key) > 2 })
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(name, 1, 40).Draw(t, "names")
		k := newLookalikes()
		for i, n := range names {
			k.add("x", foldName(n), fmt.Sprint(i))
		}
		n := foldName(name.Draw(t, "looked for"))
		var same, near []string
		for i := range names {
			o := foldName(names[i])
			if o.tight == n.tight {
				same = append(same, fmt.Sprint(i))
			}
			if n.core != "" && o.core == n.core || o.nums == n.nums && within(n.key, o.key, nearest) {
				near = append(near, fmt.Sprint(i))
			}
		}
		if got := unitsOf(k.same("x", n)); fmt.Sprint(got) != fmt.Sprint(same) {
			t.Errorf("same as %q: %v, want %v", n.tight, got, same)
		}
		if got := unitsOf(k.near("x", n)); fmt.Sprint(got) != fmt.Sprint(near) {
			t.Errorf("near %q: %v, want %v", n.tight, got, near)
		}
		if len(k.near("y", n)) > 0 {
			t.Error("found in another county")
		}
	})
}

func TestDigitsAreThoseOfUnicode(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if isDigit(r) != unicode.IsDigit(r) {
			t.Fatalf("%U", r)
		}
	}
}
