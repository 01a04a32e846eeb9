package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"rahgosha/internal/base/fault"
)

// tool runs an outside program that judges the PDF. Without the program the test is skipped, unless
// RAHGOSHA_REQUIRE_TOOLS says that it must be there.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is needed: apt-get install poppler-utils zbar-tools qpdf", name)
		}
		t.Skipf("skipped: no %s (apt-get install poppler-utils zbar-tools qpdf)", name)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, stderr.String())
	}
	return string(out)
}

func save(t testing.TB, raw []byte) string {
	t.Helper()
	dir := t.TempDir()
	if keep := os.Getenv("RAHGOSHA_KEEP_PDF"); keep != "" { // to look at them
		dir = keep
	}
	path := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")+".pdf")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func letterPDF(t testing.TB, l Letter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// canonical gives the words of a text: no direction controls, any blank between them.
func canonical(s string) []string {
	s = strings.Map(func(r rune) rune {
		if r != zwnj && unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Fields(s)
}

func extract(t testing.TB, path string) []string {
	return canonical(tool(t, "pdftotext", "-enc", "UTF-8", path, "-"))
}

// lost gives the texts whose words do not stand in the extracted words one after the other.
func lost(texts, words []string) []string {
	all := " " + strings.Join(words, " ") + " "
	var out []string
	for _, p := range texts {
		if !strings.Contains(all, " "+strings.Join(canonical(p), " ")+" ") {
			out = append(out, p)
		}
	}
	return out
}

func TestExtractionGivesTheWordsBack(t *testing.T) {
	t.Parallel()
	for name, l := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words := extract(t, save(t, letterPDF(t, l)))
			report(t, lost(l.texts(), words), words)
			for _, c := range l.cells() {
				if !inOrder(canonical(c), words) {
					t.Errorf("lost the cell %q in %q", c, words)
				}
			}
		})
	}
}

func report(t *testing.T, lost, words []string) {
	t.Helper()
	for _, p := range lost {
		t.Errorf("lost %q", p)
	}
	if len(lost) > 0 {
		t.Logf("extracted: %s", strings.Join(words, " "))
	}
}

// inOrder reports whether part is found in all in its order, perhaps with words of neighbouring cells between.
func inOrder(part, all []string) bool {
	for _, w := range all {
		if len(part) > 0 && w == part[0] {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func TestPDFIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, l := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool(t, "qpdf", "--check", save(t, letterPDF(t, l)))
		})
	}
}

func TestQRCodeReadsBack(t *testing.T) {
	t.Parallel()
	path := save(t, letterPDF(t, referral()))
	png := strings.TrimSuffix(path, ".pdf")
	tool(t, "pdftoppm", "-r", "150", "-png", "-singlefile", path, png)
	if got := strings.TrimSpace(tool(t, "zbarimg", "--quiet", "--raw", png+".png")); got != referral().QR {
		t.Errorf("read %q, want %q", got, referral().QR)
	}
}

func TestSameLetterSameBytes(t *testing.T) {
	t.Parallel()
	for name, l := range samples() {
		if !bytes.Equal(letterPDF(t, l), letterPDF(t, l)) {
			t.Errorf("%s: two writes differ", name)
		}
	}
	if bytes.Equal(letterPDF(t, receipt()), letterPDF(t, refusal())) {
		t.Error("different letters are equal")
	}
}

func TestLetterStaysSmall(t *testing.T) {
	t.Parallel()
	for name, l := range samples() {
		if n := len(letterPDF(t, l)); n > 60_000 {
			t.Errorf("%s: %d bytes, want at most 60000", name, n)
		}
	}
}

func TestManualNumbersItsPages(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Manual(&b, manual()); err != nil {
		t.Fatal(err)
	}
	path := save(t, b.Bytes())
	tool(t, "qpdf", "--check", path)
	pages := strings.Split(strings.TrimSuffix(tool(t, "pdftotext", "-enc", "UTF-8", path, "-"), "\f"), "\f")
	if len(pages) < 4 {
		t.Fatalf("%d pages, want several", len(pages))
	}
	hash := canonical(pages[0])
	if !strings.Contains(strings.Join(hash, " "), manual().Hash) {
		t.Errorf("no hash on the cover: %v", hash)
	}
	for i, p := range pages[1:] {
		want := fmt.Sprintf("صفحهٔ %s از %s", persian(i+2), persian(len(pages)))
		if !strings.Contains(strings.Join(canonical(p), " "), want) {
			t.Errorf("page %d lacks %q", i+2, want)
		}
	}
}

func persian(n int) string {
	return strings.Map(func(r rune) rune { return r - '0' + '۰' }, fmt.Sprint(n))
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		letterPDF(b, referral())
	}
}

// A file printed for the record holds other people's words: a sign without a glyph is a box there, and still refused in a letter.
func TestAManualOfOthersWordsPrintsABoxForASignItLacks(t *testing.T) {
	t.Parallel()
	d := Document{Title: "پرونده", Foot: "پروندهٔ RG-1", Blocks: []Block{{Text: "سلام 😀 漢 پایان"}, {Level: 1, Text: "دوم"}}}
	var b bytes.Buffer
	if err := Manual(&b, d); !fault.Is(err, fault.Invalid) {
		t.Error("a manual of our own words prints what the font lacks")
	}
	d.Boxes, b = true, bytes.Buffer{}
	if err := Manual(&b, d); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(extract(t, save(t, b.Bytes())), " ")
	for _, want := range []string{"سلام", "پایان", "RG-1"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is lost in %q", want, words)
		}
	}
}

// The code of a receipt at its longest is read off a page as an office scanner gives it, beside the small one, on every
// page; and the file carries the text that it proves, as it is.
func TestAReceiptReadsBackAndTheFileCarriesItsText(t *testing.T) {
	t.Parallel()
	l := samples()["refusal"]
	l.Proof, l.ProofCaption = "RG1:"+strings.Repeat("A7Z2K", 172), "رسید دفتر ثبت"
	l.Attached = "rahgosha letter v1\nمتن\n" + l.Proof + "\n"
	raw := letterPDF(t, l)
	if !bytes.Contains(raw, []byte(l.Attached)) {
		t.Error("the text is not in the file")
	}
	path := save(t, raw)
	tool(t, "qpdf", "--check", path)
	base := filepath.Join(t.TempDir(), "page")
	tool(t, "pdftoppm", "-r", "200", "-gray", "-png", path, base)
	pages, err := filepath.Glob(base + "*.png")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		if got := tool(t, "zbarimg", "-q", "--raw", page); !strings.Contains(got, l.Proof) || !strings.Contains(got, l.QR) {
			t.Errorf("%s: %q", filepath.Base(page), got)
		}
	}
}
