package locale_test

import (
	"regexp"
	"slices"
	"testing"

	"rahgosha/internal/base/locale"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func TestBothLanguagesHaveAllKeysAndPlaceholders(t *testing.T) {
	t.Parallel()
	fa, en := locale.Keys(locale.FA), locale.Keys(locale.EN)
	for _, k := range fa {
		if !locale.Has(locale.EN, k) {
			t.Errorf("%s: missing in en", k)
		}
		if got, want := holes(locale.FA, k), holes(locale.EN, k); !slices.Equal(got, want) {
			t.Errorf("%s: placeholders fa %v, en %v", k, got, want)
		}
	}
	for _, k := range en {
		if !locale.Has(locale.FA, k) {
			t.Errorf("%s: missing in fa", k)
		}
	}
}

func holes(l locale.Lang, key string) []string {
	hs := placeholder.FindAllString(locale.T(l, key, nil), -1)
	slices.Sort(hs)
	return slices.Compact(hs)
}

func TestPersianDigitsInPersianTexts(t *testing.T) {
	t.Parallel()
	if got := locale.T(locale.FA, "fault.too_many", map[string]any{"seconds": 30}); !regexp.MustCompile(`۳۰`).MatchString(got) {
		t.Errorf("got %q, want Persian digits", got)
	}
}
