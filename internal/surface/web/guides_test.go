package web_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"rahgosha/guides"
	"rahgosha/internal/base/control"
	"rahgosha/procedures"
)

// interfaceWords are all texts of the interface in a language and all procedures, in one string.
func interfaceWords(t *testing.T, lang string) string {
	t.Helper()
	var b strings.Builder
	files, err := filepath.Glob("../../base/locale/" + lang + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no texts", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			b.WriteString("«" + s + "»\n")
		}
	}
	must(t, fs.WalkDir(procedures.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(procedures.Files, path)
		b.Write(raw)
		return err
	}))
	return b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A guide names what people see: its words in bold are whole texts of the interface or titles of procedures, its pictures
// are there, and both languages have the same headings, steps and pictures.
func TestGuidesSayWhatPeopleSee(t *testing.T) {
	t.Parallel()
	words := map[string]string{"fa": interfaceWords(t, "fa"), "en": interfaceWords(t, "en")}
	law := func(files fs.FS) func(t testing.TB) {
		return func(t testing.TB) {
			names, err := fs.Glob(files, "*.fa.md")
			if err != nil || len(names) != 5 {
				t.Fatalf("guides: %v %v", names, err)
			}
			for _, fa := range names {
				en := strings.Replace(fa, ".fa.", ".en.", 1)
				a, b := guideShape(t, files, fa, words["fa"]), guideShape(t, files, en, words["en"])
				if a != b {
					t.Errorf("%s and %s differ:\n%s\n%s", fa, en, a, b)
				}
			}
		}
	}
	law(guides.Files)(t)

	planted := fstest.MapFS{}
	must(t, fs.WalkDir(guides.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(guides.Files, path)
		planted[path] = &fstest.MapFile{Data: raw}
		return err
	}))
	planted["unit.en.md"].Data = append(planted["unit.en.md"].Data, "\nPress **Open sesame**.\n\n![none](pictures/none-en.webp)\n"...)
	control.Finds(t, "Open sesame", law(planted))
	control.Finds(t, "none-en.webp", law(planted))
	control.Finds(t, "differ", law(planted))
}

var (
	bold    = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	picture = regexp.MustCompile(`!\[[^\]]+\]\((pictures/[a-z-]+)-(fa|en)\.webp\)`)
	outline = regexp.MustCompile(`(?m)^(#+|-|\d+\.|!) ?`)
)

// guideShape holds a guide to the interface and gives its outline.
func guideShape(t testing.TB, files fs.FS, name, words string) string {
	t.Helper()
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range bold.FindAllSubmatch(raw, -1) {
		if w := string(m[1]); !strings.Contains(words, "«"+w+"»") && !strings.Contains(words, `"`+w+`"`) {
			t.Errorf("%s: %q is no text of the interface", name, w)
		}
	}
	var shape strings.Builder
	for _, m := range outline.FindAllString(string(raw), -1) {
		shape.WriteString(strings.TrimSpace(m))
	}
	for _, m := range picture.FindAllSubmatch(raw, -1) {
		shape.WriteString(" " + string(m[1]))
		if _, err := fs.Stat(files, string(m[1])+"-"+string(m[2])+".webp"); err != nil {
			t.Errorf("%s: %v; run make shots", name, err)
		}
	}
	return shape.String()
}
