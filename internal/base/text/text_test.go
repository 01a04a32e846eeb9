package text_test

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

func TestDisplay(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"صنعتي": "صنعتی", "كرج": "کرج", "ى": "ی",
		"مي\u200cشود":            "می\u200cشود",
		"می\u200c\u200cشود":      "می\u200cشود",
		"کتاب\u200c ها\u200c":    "کتاب ها",
		"مـــدیر":                "مدیر",
		"\uFEFFکرج\u200F":        "کرج",
		"بنياد  توسعه":           "بنیاد توسعه",
		"چرم ,پوشاک":             "چرم، پوشاک",
		"IR1,000 and 2":          "IR1,000 and 2",
		"۱،۲۰۰":                  "۱،۲۰۰",
		"شیوهٔ مسئول رأی":        "شیوهٔ مسئول رأی",
		"خط یک \r\n\n\n\nخط دو ": "خط یک\n\nخط دو",
		"ali\u202Egpj":           "aligpj",
		"مُهندِس":                "مُهندِس",
	} {
		if got := text.Display(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ادارهٔ": "اداره", "ادارۀ": "اداره", "مُهندِس": "مهندس", "آب أإٱ": "اب ااا", "مؤسسة": "موسسه",
		"رئيس": "رییس", "امضاء": "امضا", "۱۲٬۳۴۵ و ٤": "12345 و 4", "«R&D»، CAFÉ": "r d cafe", "ﻻ": "لا",
	} {
		if got := text.Fold(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWaysOfWritingOneWordShareAKey(t *testing.T) {
	t.Parallel()
	family := []string{"می\u200cشود", "میشود", "می شود", "مي\u200cشود", "می  شود", "مـی\u200c\u200cشود"}
	for _, a := range family {
		for _, b := range family {
			shared := slices.ContainsFunc(text.Keys(a), func(k string) bool { return slices.Contains(text.Keys(b), k) })
			if !shared || !text.Match(a, b) {
				t.Errorf("%q %q and %q %q share no key", a, text.Keys(a), b, text.Keys(b))
			}
		}
	}
	if text.Match("می‌شود", "نمی‌شود") || text.Match("", "") || text.Keys(" ،") != nil {
		t.Error("texts without common words match")
	}
	if got := len(text.Keys("چرم")); got != 1 {
		t.Errorf("one word has %d keys", got)
	}
}

func TestNameRefusesHiddenMarks(t *testing.T) {
	t.Parallel()
	for _, r := range []rune{'\u202A', '\u202E', '\u2066', '\u2069', '\u200E', '\u200F', '\u061C', '\u200B', '\u200D', '\u00AD', 0} {
		_, err := text.Name("شرکت" + string(r) + "نمونه")
		if f, ok := fault.As(err); !ok || f.Key != "text.hidden_mark" || f.Args["place"] != 5 {
			t.Errorf("%U: %v", r, err)
		}
		if r == 0 {
			continue
		}
		if got, err := text.Name(string(r) + " شركت نمونه" + string(r)); err != nil || got != "شرکت نمونه" {
			t.Errorf("%U at the ends: %q %v", r, got, err)
		}
	}
	for _, s := range []string{"", " ", "\u200c", "\u200f", "«»"} {
		if got, err := text.Name(s); err == nil {
			t.Errorf("%q accepted as %q", s, got)
		}
	}
	if got, err := text.Name("انجمن\u200cهای\nنساجي"); err != nil || got != "انجمن\u200cهای نساجی" {
		t.Errorf("%q %v", got, err)
	}
}

func TestSkeletonCatchesLookAlikes(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]string{
		{"admin", "аdmin"}, {"Rahgosha", "Rаhgоsha"}, {"modern", "modem"}, {"نساجي البرز", "نساجی\u200cالبرز"},
		{"0sman", "osman"}, {"paypal", "paypaI"}, {"راه", "راo"}, {"كار", "کار"}, {"شرکت ۱۲", "شرکت 12"},
	} {
		if text.Skeleton(p[0]) != text.Skeleton(p[1]) {
			t.Errorf("%q %q and %q %q differ", p[0], text.Skeleton(p[0]), p[1], text.Skeleton(p[1]))
		}
	}
	if text.Fold("admin") == text.Fold("аdmin") {
		t.Error("folding alone catches the look-alike, so this test proves nothing of the skeleton")
	}
	for _, p := range [][2]string{{"تعاونی ۱۵", "تعاونی ۱۰"}, {"نور", "نوژ"}, {"پارس", "تارس"}} {
		if text.Skeleton(p[0]) == text.Skeleton(p[1]) {
			t.Errorf("%q and %q have one skeleton", p[0], p[1])
		}
	}
}

func TestCollationFollowsThePersianAlphabet(t *testing.T) {
	t.Parallel()
	want := []string{
		"۲ خرداد", "۱۲", "آب", "اب", "بد", "پا", "تا", "جا", "چا", "حا", "زر", "ژرف", "سر", "فر", "قر", "کار", "گل", "لب", "مرد",
		"می رود", "می\u200cآید", "نه", "وه", "هم", "یک", "alef", "Beh",
	}
	want[0], want[1] = want[1], want[0]
	got := slices.Clone(want)
	slices.Reverse(got)
	sort.SliceStable(got, func(i, j int) bool {
		return bytes.Compare(text.CollationKey(got[i]), text.CollationKey(got[j])) < 0
	})
	if !slices.Equal(got, want) {
		t.Errorf("order\n%q, want\n%q", got, want)
	}
	codePoint := slices.Clone(want)
	slices.Sort(codePoint)
	if slices.Equal(codePoint, want) {
		t.Error("the sample would pass in code-point order and proves nothing")
	}
}

func TestDigitsAndIsolate(t *testing.T) {
	t.Parallel()
	if got := text.Digits("۱۲٣٤5"); got != "12345" {
		t.Errorf("%q", got)
	}
	if got := text.PersianDigits("12٣٤۵"); got != "۱۲۳۴۵" {
		t.Errorf("%q", got)
	}
	if got := text.Isolate("A\u2069\u202EB"); got != "\u2068AB\u2069" {
		t.Errorf("%q", got)
	}
}

// TestKeysIgnoreTheKeyboard varies a Persian text as keyboards do; the first key must not change.
func TestKeysIgnoreTheKeyboard(t *testing.T) {
	t.Parallel()
	variants := map[rune][]string{
		'ی': {"ي", "ى"}, 'ک': {"ك"}, '\u200c': {"", " ", "\u200c\u200c"}, ' ': {"  ", "\u200c", "\u00a0"},
		'۱': {"1", "١"}, '۷': {"7", "٧"}, 'ا': {"أ", "آ", "اـ"}, 'و': {"ؤ", "وَ"}, 'ه': {"ة", "هٔ", "ۀ"},
	}
	letters := []rune("ابپیکوه۱۷گچ \u200c")
	rapid.Check(t, func(rt *rapid.T) {
		base := rapid.SliceOfN(rapid.SampledFrom(letters), 1, 12).Draw(rt, "letters")
		var b strings.Builder
		for _, r := range base {
			options := append([]string{string(r)}, variants[r]...)
			b.WriteString(rapid.SampledFrom(options).Draw(rt, "typed"))
		}
		want, got := text.Keys(string(base)), text.Keys(b.String())
		if len(want) == 0 != (len(got) == 0) || len(want) > 0 && want[0] != got[0] {
			rt.Fatalf("%q has keys %q, typed as %q has %q", string(base), want, b.String(), got)
		}
	})
}

// TestLookAlikesNeverMakeASecondName swaps letters of a name for their look-alikes; the skeleton must not change.
func TestLookAlikesNeverMakeASecondName(t *testing.T) {
	t.Parallel()
	twins := map[rune][]rune{
		'a': {'а', 'α', 'A'}, 'c': {'с', 'ϲ'}, 'e': {'е'}, 'o': {'о', 'ο', '0'}, 'p': {'р', 'ρ'}, 'x': {'х'}, 'y': {'у'},
		'i': {'і', '1', 'l', 'I', 'ı'}, 's': {'ѕ'}, 'j': {'ј'}, 'ی': {'ي', 'ى'}, 'ک': {'ك', 'ڪ'}, 'ه': {'ة', 'ہ', 'ە'},
		'ا': {'أ', 'إ', 'آ', 'ٱ'}, '۴': {'4', '٤'},
	}
	letters := []rune("aceopxyisjیکها۴مرdn")
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SliceOfN(rapid.SampledFrom(letters), 1, 15).Draw(rt, "name")
		twin := make([]rune, len(name))
		for i, r := range name {
			twin[i] = rapid.SampledFrom(append([]rune{r}, twins[r]...)).Draw(rt, "sign")
		}
		if a, b := text.Skeleton(string(name)), text.Skeleton(string(twin)); a != b {
			rt.Fatalf("%q and %q have skeletons %q and %q", string(name), string(twin), a, b)
		}
	})
}
