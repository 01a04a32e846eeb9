package procedure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
)

const givingBreach = "{open: {procedure: inspection, give: {size: area, price: fee}}}"

// breaching is the permit whose office clock ends with what is written.
func breaching(t testing.TB, breach string) (*Definition, []Problem) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/permit")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, mainFile)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), "{escalate: dir.deputy}]", breach+"]", 1)
	if text == string(raw) {
		t.Fatal("the permit's clock is written otherwise")
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ParseAndCheck(os.DirFS(dir), CheckContext{Procedures: []string{"inspection"}, Other: func(string) *Definition {
		return &Definition{ID: "inspection", Facts: []*Fact{{ID: "size"}, {ID: "price"}}}
	}})
}

// breachGives is the law of what the end of a deadline gives to the case it opens: it is read, proved, kept in the canonical
// form, and changes the hash.
func breachGives(t testing.TB, breach string) {
	d, problems := breaching(t, breach)
	for _, p := range Errors(problems) {
		t.Fatal(p.String(locale.EN))
	}
	list := d.Clock("office").Breach
	b := list[len(list)-1]
	if b.Name != "inspection" || b.Give["size"] != "area" || b.Give["price"] != "fee" {
		t.Errorf("read %+v", *b)
	}
	back, err := ParseCanonical(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Clock("office").Breach; got[len(got)-1].Give["price"] != "fee" || back.Hash != d.Hash {
		t.Errorf("the canonical form lost it: %+v", got[len(got)-1])
	}
	if bare, _ := breaching(t, "{open: inspection}"); bare.Hash == d.Hash {
		t.Error("what is given is not in the hash")
	}
}

func TestTheEndOfADeadlineSaysWhatItGives(t *testing.T) {
	t.Parallel()
	breachGives(t, givingBreach)
	control.Finds(t, "has no fact colour", func(t testing.TB) { breachGives(t, strings.Replace(givingBreach, "price", "colour", 1)) })
	control.Finds(t, "No fact fie", func(t testing.TB) { breachGives(t, strings.Replace(givingBreach, ": fee", ": fie", 1)) })
	control.Finds(t, "giv", func(t testing.TB) { breachGives(t, strings.Replace(givingBreach, "give:", "gives:", 1)) })
	control.Finds(t, "not in the hash", func(t testing.TB) {
		d, _ := breaching(t, givingBreach)
		list := d.Clock("office").Breach
		list[len(list)-1].Give = nil
		if bare, _ := breaching(t, "{open: inspection}"); bare.hash() == d.hash() {
			t.Error("what is given is not in the hash")
		}
	})
}
