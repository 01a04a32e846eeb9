package e2e

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// editionZip packs the built-in procedure of the experts' board under another version, changed by old and new texts in pairs.
func editionZip(t *testing.T, pairs ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	root := os.DirFS("../procedures/experts-board-62")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		w, err := z.Create("experts-board-62/" + path)
		if err == nil && path == "procedure.yaml" {
			raw = []byte(strings.NewReplacer(pairs...).Replace(string(raw)))
		}
		if err == nil {
			_, err = w.Write(raw)
		}
		return err
	})
	if err == nil {
		err = z.Close()
	}
	file := filepath.Join(t.TempDir(), "experts-board-62.zip")
	if err == nil {
		err = os.WriteFile(file, out.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// sent uploads a version and gives the answer's status.
func sent(p *harness.Page, file string) int {
	p.Open("/admin/procedures")
	p.Attach("#folder", file)
	return p.Follow(`form[action="/admin/procedures"] .main-act`)
}

// TestTwoPersonsPublish carries a version from a zip to the public list in a browser: its problems first, then what it
// changes; who proposes it finds no button to approve it, and a second person does.
func TestTwoPersonsPublish(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	deputy, dg := o.as("dir.deputy"), o.as("dir.dg")
	title := `title: {fa: "هیئت خبرگان مادهٔ ۶۲", en: "Experts' board of article 62"}`
	next := []string{`version: "1.0"`, `version: "1.1"`, title, `title: {fa: "هیئت خبرگان مادهٔ شصت‌ودو", en: "Experts' board of article 62"}`,
		"\nstages:\n", "\nmigration: {from: [\"1.0\"], groups: {other: pin}}\n\nstages:\n"}

	if s := sent(deputy, editionZip(t, append([]string{"calendar: ir-alborz", "calender: ir-alborz"}, next...)...)); s != http.StatusUnprocessableEntity {
		t.Errorf("a version with a problem: status %d", s)
	}
	if said := deputy.Text("main"); !strings.Contains(said, "procedure.yaml:") || !strings.Contains(said, "راه اصلاح") {
		t.Errorf("the problem has no place or no remedy: %s", said)
	}
	o.tidy(deputy, "the page of problems")

	if s := sent(deputy, editionZip(t, next...)); s != http.StatusOK {
		t.Fatalf("a proved version: status %d: %s", s, deputy.Text("main"))
	}
	at := deputy.Path()
	if said := deputy.Text("main"); !strings.Contains(said, "شصت‌ودو") || !strings.Contains(said, "پروندهٔ جاری") {
		t.Errorf("the page does not say what changes: %s", said)
	}
	deputy.Follow(`button[value="propose"]`)
	if n := deputy.Count(`button[value="approve"]`); n != 0 {
		t.Error("who proposed may approve")
	}
	o.tidy(deputy, "the proposer's page")

	dg.Open(at)
	o.tidy(dg, "the approver's page")
	dg.Follow(`button[value="approve"]`)
	if said := dg.Text("main"); !strings.Contains(said, "منتشر شد") {
		t.Errorf("the version is not published: %s", said)
	}
	visitor := o.guest()
	visitor.Open("/procedures/experts-board-62")
	if said := visitor.Text("main"); !strings.Contains(said, "شصت‌ودو") {
		t.Errorf("the public does not read the new version: %s", said)
	}
	visitor.Click("main details summary")
	if said := visitor.Text("main"); !strings.Contains(said, "نسبت به نسخهٔ ۱٫۰") && !strings.Contains(said, "نسبت به نسخهٔ 1.0") && !strings.Contains(said, "نسبت به نسخهٔ ۱.۰") {
		t.Errorf("the public does not read what changed: %s", said)
	}
	o.tidy(visitor, "the public page with versions")
}

// tidy holds a page to axe at both widths and to no sideways scroll.
func (o *office) tidy(p *harness.Page, name string) {
	o.t.Helper()
	for _, width := range []int64{harness.Desk, harness.Phone} {
		p.View(width, "light")
		for _, v := range p.Axe() {
			o.t.Errorf("%s, %d px: %s", name, width, v)
		}
	}
	p.View(320, "light")
	if n := p.SidewaysScroll(); n > 0 {
		o.t.Errorf("%s scrolls sideways by %d px at 320 px", name, n)
	}
	p.View(harness.Desk, "light")
}
