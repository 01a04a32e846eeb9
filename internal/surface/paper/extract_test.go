package paper

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// paragraphsPDF sets texts one below the other, with another way to carry text when given.
func paragraphsPDF(t testing.TB, texts []string, other carry) []byte {
	t.Helper()
	f, err := newFlow("fa")
	if err != nil {
		t.Fatal(err)
	}
	if other != nil {
		f.shaper.carry = other
	}
	f.newPage()
	for _, p := range texts {
		if err := f.para(p, style{size: 12, leading: 1.9, role: "P", after: 8}, fullBox()); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := f.sheet.render("", locale.FA)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// joined is the way of simple writers: a glyph carries all its letters, and what has no glyph is left out.
func joined(ink []glyph, text []rune, rtl bool) []glyph {
	if len(ink) > 0 {
		ink[len(ink)-1].text = string(text)
	}
	return ink
}

func TestExtractionCheckFailsForASimpleWriter(t *testing.T) {
	t.Parallel()
	texts := []string{"سلام و کالا", "می‌شود", "نان"}
	good := extract(t, save(t, paragraphsPDF(t, texts, nil)))
	if l := lost(texts, good); len(l) > 0 {
		t.Errorf("the writer lost %q in %q", l, good)
	}
	bad := extract(t, save(t, paragraphsPDF(t, texts, joined)))
	if l := lost(texts, bad); len(l) != 2 {
		t.Errorf("the simple writer lost %q in %q, want the words with a ligature and with ZWNJ lost", l, bad)
	}
}

const letters = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئة"

func persianWord() *rapid.Generator[string] {
	letter := rapid.SampledFrom([]rune(letters + "لاالا")) // more of what makes ligatures
	return rapid.Custom(func(t *rapid.T) string {
		head := rapid.StringOfN(letter, 1, 8, -1).Draw(t, "head")
		if rapid.Bool().Draw(t, "compound") {
			head += "\u200c" + rapid.StringOfN(letter, 1, 5, -1).Draw(t, "tail")
		}
		return head
	})
}

func anyWord() *rapid.Generator[string] {
	return rapid.OneOf(persianWord(), persianWord(), rapid.StringMatching(`[۰-۹]{1,9}`), rapid.StringMatching(`[۰-۹]{1,3}(٬[۰-۹]{3}){1,3}`),
		rapid.StringMatching(`[A-Z]{2}-[0-9]{4}-[0-9]{5}`))
}

func TestAnyPersianTextRoundTrips(t *testing.T) {
	t.Parallel()
	var texts []string
	gen := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(anyWord(), 1, 9).Draw(t, "words"), " ")
	})
	for seed := range 120 {
		texts = append(texts, gen.Example(seed))
	}
	words := extract(t, save(t, paragraphsPDF(t, texts, nil)))
	report(t, lost(texts, words), words[:1])
}

func TestGoldenText(t *testing.T) {
	t.Parallel()
	got := strings.Join(extract(t, save(t, letterPDF(t, referral()))), "\n") + "\n"
	path := filepath.Join("testdata", "referral.txt")
	if os.Getenv("RAHGOSHA_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("extracted words differ from %s:\n%s", path, got)
	}
}

func TestBadInputIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		letter Letter
		key    string
	}{
		"no glyph":    {Letter{Body: []string{"سلام 😀"}}, "paper.no_glyph"},
		"ragged row":  {Letter{Tables: []Table{{Head: []string{"a", "b"}, Rows: [][]string{{"a"}}}}}, "paper.table_shape"},
		"long QR":     {Letter{QR: strings.Repeat("x", 5000)}, "paper.qr_too_long"},
		"bad footer":  {Letter{Footer: []string{"漢"}}, "paper.no_glyph"},
		"bad mark":    {Letter{Watermark: "漢"}, "paper.no_glyph"},
		"bad caption": {Letter{QR: "x", QRCaption: "漢"}, "paper.no_glyph"},
	}
	for name, c := range cases {
		f, ok := fault.As(Write(&bytes.Buffer{}, c.letter))
		if !ok || f.Key != c.key || f.Kind != fault.Invalid {
			t.Errorf("%s: got %v, want %s", name, f, c.key)
		}
		if !locale.Has(locale.FA, c.key) {
			t.Errorf("%s has no Persian text", c.key)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsComeBack(t *testing.T) {
	t.Parallel()
	if err := Write(broken{}, receipt()); fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

func TestLongLettersTurnThePage(t *testing.T) {
	t.Parallel()
	l := referral()
	l.Body = append(l.Body, strings.Repeat(l.Body[1]+" ", 14), strings.Repeat("x", 400))
	pages := strings.Split(strings.TrimSuffix(tool(t, "pdftotext", "-enc", "UTF-8", save(t, letterPDF(t, l)), "-"), "\f"), "\f")
	if len(pages) < 2 {
		t.Fatalf("%d pages, want more", len(pages))
	}
	for i, p := range pages {
		if !strings.Contains(p, "sha256:3b1f6c0e") {
			t.Errorf("page %d lacks the footer", i+1)
		}
	}
}

// wholeOrRefused is the law of the printer: any text is either printed or refused as invalid, and a printed file is whole.
func wholeOrRefused(t testing.TB, write func(io.Writer, Letter) error, body, cell string) {
	t.Helper()
	var b bytes.Buffer
	err := write(&b, Letter{Body: []string{body}, Tables: []Table{{Head: []string{cell}, Rows: [][]string{{body}}}}})
	if err != nil && fault.KindOf(err) != fault.Invalid {
		t.Fatalf("neither printed nor refused: %v", err)
	}
	if err == nil && !bytes.HasSuffix(b.Bytes(), []byte("%%EOF\n")) {
		t.Fatal("cut short")
	}
}

var written = [][2]string{{"سلام RG-1405-02731 (۱۲)", "x"}, {"\u2067\u200d\u0301", "\n\n"}}

func FuzzWrite(f *testing.F) {
	for _, s := range written {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, body, cell string) { wholeOrRefused(t, Write, body, cell) })
}

// A printer that loses the end of a file, as a full disk does to one that drops errors, has printed half a letter.
func TestFuzzWriteFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "cut short", func(t testing.TB) {
		for _, s := range written {
			wholeOrRefused(t, func(w io.Writer, l Letter) error {
				var b bytes.Buffer
				if err := Write(&b, l); err != nil {
					return err
				}
				_, err := w.Write(b.Bytes()[:b.Len()/2])
				return err
			}, s[0], s[1])
		}
	})
}

func TestEnglishManualReadsLeftToRight(t *testing.T) {
	t.Parallel()
	text := "The applicant (سلام کالا) may appeal case RG-1405-02731 within 15 days."
	var b bytes.Buffer
	if err := Manual(&b, Document{Title: "Referral", Hash: "sha256:00ff", Lang: "en", Blocks: []Block{{Level: 1, Text: "Appeal"}, {Text: text}}}); err != nil {
		t.Fatal(err)
	}
	words := extract(t, save(t, b.Bytes()))
	report(t, lost([]string{"Referral", "Appeal", text, "Page 2 of 2"}, words), words)
}

func TestLettersMayBeWrittenAtOnce(t *testing.T) {
	t.Parallel()
	want := letterPDF(t, referral())
	done := make(chan bool)
	for range 4 {
		go func() {
			var b bytes.Buffer
			done <- Write(&b, referral()) == nil && bytes.Equal(b.Bytes(), want)
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("a letter written at the same time as others differs")
		}
	}
}
