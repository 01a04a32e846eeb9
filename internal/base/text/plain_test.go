package text

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cells draws what people write into cells, and what they do not.
func cells() *rapid.Generator[string] {
	part := rapid.OneOf(rapid.SampledFrom([]string{" ", "  ", "،", "، ", ",", "\u200C", "\n", "12", "۱۲", "کرج", "كرج", "علي", "قطعه", "سازی", "a", "B", "-",
		"ـ", "َ", "آ", "\u0627\u0653", "\u0654", "\u00AD", "(", "%", "ء", "\u06DD"}), rapid.StringN(0, 2, -1))
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(part, 0, 8).Draw(t, "parts"), "") })
}

// The short ways give what the full ways give: a text that is held to be in display form is, and keys are the same.
func TestTheShortWaysAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := cells().Draw(t, "text")
		if got, want := Display(s), displayFully(s); got != want {
			t.Fatalf("Display(%q) = %q, want %q", s, got, want)
		}
		if got, want := Keys(s), keysFully(s); !slices.Equal(got, want) {
			t.Fatalf("Keys(%q) = %q, want %q", s, got, want)
		}
		if got, want := Tight(s), strings.Join(keysFully(s)[:min(1, len(keysFully(s)))], ""); got != want {
			t.Fatalf("Tight(%q) = %q, want %q", s, got, want)
		}
		name, err := Name(s)
		full, fullErr := nameFully(s)
		if name != full || (err == nil) != (fullErr == nil) {
			t.Fatalf("Name(%q) = %q, %v, want %q, %v", s, name, err, full, fullErr)
		}
	})
}

// What offices write is taken the short way, or it would serve nothing.
func TestCommonTextsAreTakenTheShortWay(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"غذایی کرمانی نوآور ۱۲", "قطعه‌سازی پارس", "البرز، محمدشهر، خیابان باران، پلاک 272", "14171669776", "شرکت A-1", "فعال"} {
		if sure, words := displayed(s); !sure || !words {
			t.Errorf("%q is taken the long way", s)
		}
	}
	for _, s := range []string{"", " ", "a ", " a", "a  b", "علي", "a,b", "آب،خاک", "ـ", "x\u200C", "\u200Cx", "،", "آب، "} {
		if sure, _ := displayed(s); sure {
			t.Errorf("%q is held to be in display form", s)
		}
	}
}
