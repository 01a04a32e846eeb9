package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var pagesLine = regexp.MustCompile(`Pages:\s+(\d+)`)

// The managers' sheet is one page of A4 in either language, with what is to be decided on it; the picture itself is longer,
// so the count can tell.
func TestTheManagersSheetIsOnePageOfA4(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.as("dir.dg")
	for lang, words := range map[string]string{"fa": "آنچه تصمیم شما را می‌خواهد", "en": "What needs your decision"} {
		p.SetCookies(map[string]string{"lang": lang})
		p.Open("/picture")
		p.Follow(`main a[href*="print=1"]`)
		if got := p.Text(".one-sheet"); !regexp.MustCompile(words).MatchString(got) {
			t.Errorf("%s: the sheet does not say what to decide: %s", lang, got)
		}
		if n := printedPages(t, p.PDF()); n != "1" {
			t.Errorf("%s: the sheet prints on %s pages", lang, n)
		}
	}
	p.Open("/picture")
	if n := printedPages(t, p.PDF()); n == "1" {
		t.Error("the whole picture prints on one page, so the sheet is not needed")
	}
	p.SetCookies(map[string]string{"lang": "fa"})
}

func printedPages(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	m := pagesLine.FindStringSubmatch(tool(t, "pdfinfo", file))
	if m == nil {
		t.Fatal("pdfinfo counts no pages")
	}
	return m[1]
}
