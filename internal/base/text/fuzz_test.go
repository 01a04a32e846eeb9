package text_test

import (
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/text"
)

var typed = []string{"چرم ,پوشاک", "a,,ب", "\u200c \u0651", "ا\u0640\u0653", "خط\r\n \nدو", "۱ ، ۲", "İ", "كرج\u202e"}

// canonical is the law of the shown form: it stands under itself, and no mark remains that only hides.
func canonical(t testing.TB, display func(string) string, s string) {
	t.Helper()
	once := display(s)
	if twice := display(once); twice != once {
		t.Errorf("%q: %q then %q", s, once, twice)
	}
	if strings.ContainsAny(once, "\u064A\u0643\u0640\uFEFF\u200E\u200F\u202E") {
		t.Errorf("%q: %q keeps a forbidden sign", s, once)
	}
	if name, err := text.Name(s); err == nil {
		if again, err := text.Name(name); err != nil || again != name {
			t.Errorf("name %q of %q is not stable: %q %v", name, s, again, err)
		}
	}
}

func FuzzDisplay(f *testing.F) {
	for _, s := range typed {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { canonical(t, text.Display, s) })
}

// A form that forgets the Arabic kaf of an old keyboard is found.
func TestFuzzDisplayFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) string {
		if out := text.Display(s); strings.Contains(s, "ك") {
			return strings.ReplaceAll(out, "ک", "ك")
		} else {
			return out
		}
	}
	control.Finds(t, "keeps a forbidden sign", func(t testing.TB) {
		for _, s := range typed {
			canonical(t, broken, s)
		}
	})
}

var searched = []string{"مي‌شود", "İstanbul", "ﷺ", "ǅ", "\u0345", "Å", "\u1E9E"}

// oneKey is the law of search: folding stands under itself, and a text is found by its shown form.
func oneKey(t testing.TB, fold func(string) string, s string) {
	t.Helper()
	once := fold(s)
	if twice := fold(once); twice != once {
		t.Errorf("%q: %q then %q", s, once, twice)
	}
	keys := text.Keys(s)
	if shown := text.Keys(text.Display(s)); len(keys) > 0 && (len(shown) == 0 || shown[0] != keys[0]) {
		t.Errorf("%q: keys %q, of its display form %q", s, keys, shown)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range searched {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { oneKey(t, text.Fold, s) })
}

// A fold that only turns the case of letters gives another text each time.
func TestFuzzFoldFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) string { return swapCase(s) }
	control.Finds(t, " then ", func(t testing.TB) {
		for _, s := range searched {
			oneKey(t, broken, s)
		}
	})
}

func swapCase(s string) string {
	if up := strings.ToUpper(s); up != s {
		return up
	}
	return strings.ToLower(s)
}
