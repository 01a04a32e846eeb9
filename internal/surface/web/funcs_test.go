package web_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/web"
)

var tags = regexp.MustCompile(`</?bdi[^>]*>`)

func TestProseKeepsTheTextAndIsolatesEveryLatinRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("آب۱ ‌،.-/<>&\"'aZ09_")), 0, 40, -1).Draw(t, "s")
		got := string(web.Prose(locale.FA, s))
		if back := html.UnescapeString(tags.ReplaceAllString(got, "")); back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
		bare := html.UnescapeString(regexp.MustCompile(`<bdi[^>]*>.*?</bdi>`).ReplaceAllString(got, ""))
		if strings.ContainsAny(bare, "aZ09") {
			t.Fatalf("%q leaves Latin bare: %s", s, got)
		}
	})
}

// The number of a case is one word, whichever digits a letter writes it with; a day count behind a code is another.
func TestProseKeepsANumberOfTwoScriptsTogether(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"پروندهٔ RG-۱۴۰۵-۰۰۰۳۱، شرکت": `پروندهٔ <bdi dir="ltr">RG-۱۴۰۵-۰۰۰۳۱</bdi>، شرکت`,
		"کاربرگ A ۱۲ روز":             `کاربرگ <bdi dir="ltr">A</bdi> ۱۲ روز`,
	} {
		if got := string(web.Prose(locale.FA, s)); got != want {
			t.Errorf("%q: %s", s, got)
		}
	}
}

func TestNumbersInBothScripts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64][2]string{0: {"۰", "0"}, 999: {"۹۹۹", "999"}, 1000: {"۱٬۰۰۰", "1,000"}, 67_328_000_000: {"۶۷٬۳۲۸٬۰۰۰٬۰۰۰", "67,328,000,000"}, -1500: {"−۱٬۵۰۰", "−1,500"}} {
		if fa, en := web.Num(locale.FA, n), web.Num(locale.EN, n); fa != want[0] || en != want[1] {
			t.Errorf("%d: %s, %s", n, fa, en)
		}
	}
	if got := web.Percent(locale.FA, 26.4); got != "۲۶٫۴٪" {
		t.Errorf("26.4: %s", got)
	}
}
