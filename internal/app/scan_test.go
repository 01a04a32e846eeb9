package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// sendScan sends a paper copy from the letter's page as a browser does.
func (r *reader) sendScan(token, number, of string, file []byte) (int, string) {
	r.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, v := range map[string]string{"_key": app.NewID(), "number": number, "of": of} {
		must(r.t, m.WriteField(name, v))
	}
	if file != nil {
		part, err := m.CreateFormFile("scan", "اسکن.png")
		must(r.t, err)
		_, err = part.Write(file)
		must(r.t, err)
	}
	must(r.t, m.Close())
	res, err := r.c.Post(r.url+"/letters/"+token+"/scans", m.FormDataContentType(), &b) //nolint:noctx // the client lives as long as the test
	must(r.t, err)
	return body(r.t, res)
}

func letterOf(t *testing.T, w *world, id, code string) casework.LetterView {
	t.Helper()
	v := w.look(t, "dir.dg", id)
	i := slices.IndexFunc(v.Letters, func(l casework.LetterView) bool { return l.Code == code })
	if i < 0 {
		t.Fatalf("no letter %s", code)
	}
	return v.Letters[i]
}

// scanReaders is the law of a paper copy: who reads the letter reads it, and nobody else.
func scanReaders(id, hash, token string, logins []string, get func(login, path string) (int, string)) func(testing.TB) {
	return func(t testing.TB) {
		for _, login := range logins {
			letter, _ := get(login, "/letters/"+token)
			scan, _ := get(login, "/cases/"+id+"/files/"+hash)
			if (letter == http.StatusOK) != (scan == http.StatusOK) {
				t.Errorf("%s: the letter answers %d, its paper copy %d", login, letter, scan)
			}
		}
	}
}

func TestAPaperCopyComesBackToItsLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	l, other := letterOf(t, w, id, "L05"), letterOf(t, w, id, "L06")
	registry, before := newReader(t, w, "dir.registry"), len(w.look(t, "dir.dg", id).Timeline)
	for name, c := range map[string]struct {
		number, of, says string
		file             []byte
	}{
		"another letter's number": {other.Number, "signed", other.Number, picture(t, 1)},
		"no number":               {"", "signed", `href="#number"`, picture(t, 1)},
		"no file":                 {l.Number, "signed", `href="#scan"`, nil},
		"a text":                  {l.Number, "signed", `href="#scan"`, []byte("سلام، این یک متن است")},
		"a program":               {l.Number, "receipt", `href="#scan"`, []byte("MZ....")},
		"no kind":                 {l.Number, "x", `href="#of"`, picture(t, 1)},
	} {
		if status, page := registry.sendScan(l.Token, c.number, c.of, c.file); status != http.StatusUnprocessableEntity || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d, want 422 that says %q", name, status, c.says)
		}
	}
	if now := len(w.look(t, "dir.dg", id).Timeline); now != before {
		t.Errorf("refused copies left %d entries", now-before)
	}
	version := w.look(t, "dir.dg", id).Version
	if status, page := registry.sendScan(l.Token, " "+strings.ToLower(l.Number), "signed", picture(t, 7)); status != http.StatusSeeOther {
		t.Fatalf("the right copy: %d %s", status, page)
	}
	v := w.look(t, "dir.dg", id)
	last := v.Timeline[len(v.Timeline)-1]
	if last.Kind != casework.KindScanned || last.Scan == nil || last.Scan.Token != l.Token || len(last.Files) != 1 || v.Version != version {
		t.Fatalf("journalled as %+v, version %d of %d", last, v.Version, version)
	}
	hash := last.Files[0].Hash
	if _, page := registry.get("/letters/" + l.Token); !strings.Contains(page, hash) || !strings.Contains(page, "اسکن") {
		t.Error("the letter's page does not show its paper copy")
	}
	if _, page := newReader(t, w, "unit.ceo").get("/letters/" + other.Token); strings.Contains(page, hash) {
		t.Error("the copy stands on another letter's page")
	}
	logins := []string{"dir.expert", "dir.registry", "unit.ceo", "bank.branch", "bank.branch.2", "council.sec", "auditor"}
	readers := map[string]*reader{}
	for _, login := range logins {
		readers[login] = newReader(t, w, login)
	}
	get := func(login, path string) (int, string) { return readers[login].get(path) }
	scanReaders(id, hash, l.Token, logins, get)(t)
	control.Finds(t, "council.sec: the letter answers 404, its paper copy 200", scanReaders(id, hash, l.Token, logins, func(login, path string) (int, string) {
		if strings.Contains(path, "/files/") {
			login = "auditor" // a copy that is given without asking who may read its letter
		}
		return get(login, path)
	}))
	w.untouched(t)
}

// scanned prints a letter and lays the paper on a scanner.
func (r *reader) scanned(token string) []byte {
	r.t.Helper()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
			r.t.Fatal("pdftoppm is needed: apt-get install poppler-utils")
		}
		r.t.Skip("skipped: no pdftoppm (apt-get install poppler-utils)")
	}
	status, letter := r.get("/letters/" + token + ".pdf")
	if status != http.StatusOK {
		r.t.Fatalf("the letter's PDF: %d", status)
	}
	c := exec.Command("pdftoppm", "-gray", "-png", "-r", "150", "-l", "1", "-")
	c.Stdin = strings.NewReader(letter)
	paper, err := c.Output()
	must(r.t, err)
	return paper
}

// The code of the paper tells of which letter it is: the letter's own is kept without a number being typed, another
// letter's is refused with its number, whatever was typed.
func TestTheCodeOfAPaperTellsItsLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	l, other := letterOf(t, w, id, "L05"), letterOf(t, w, id, "L06")
	registry := newReader(t, w, "dir.registry")
	own, others := registry.scanned(l.Token), registry.scanned(other.Token)
	last := func() *casework.Scan {
		entries := w.look(t, "dir.dg", id).Timeline
		return entries[len(entries)-1].Scan
	}
	refused := func(paper []byte) func(testing.TB) {
		return func(t testing.TB) {
			for _, typed := range []string{"", l.Number} {
				status, page := registry.sendScan(l.Token, typed, "signed", paper)
				if status != http.StatusUnprocessableEntity || !strings.Contains(page, other.Number) || !strings.Contains(page, `href="#scan"`) {
					t.Errorf("the paper of another letter, typed %q: %d, want 422 that names %s", typed, status, other.Number)
				}
			}
		}
	}
	refused(others)(t)
	if last() != nil {
		t.Fatal("the paper of another letter was kept")
	}
	control.Finds(t, "want 422 that names", refused(picture(t, 5)))
	if got := last(); got == nil || got.Coded != "" {
		t.Errorf("a paper without a code, its number typed, is kept as %+v", got)
	}
	if status, page := registry.sendScan(l.Token, l.Number+"0", "signed", own); status != http.StatusUnprocessableEntity || !strings.Contains(page, `href="#number"`) {
		t.Errorf("a number that the paper does not bear: %d", status)
	}
	if status, page := registry.sendScan(l.Token, "", "signed", own); status != http.StatusSeeOther {
		t.Fatalf("the letter's own paper: %d %s", status, page)
	}
	if got := last(); got == nil || got.Coded != l.Number || got.Number != l.Number {
		t.Errorf("kept as %+v, want the number that its code gave", got)
	}
	w.untouched(t)
}

// Only who receives papers keeps them: neither another desk through the page nor a bank through a command.
func TestAPaperCopyIsKeptByTheRegistry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	l := letterOf(t, w, id, "L05")
	for _, login := range []string{"unit.ceo", "bank.branch", "dir.expert", "auditor"} {
		r := newReader(t, w, login)
		if status, _ := r.sendScan(l.Token, l.Number, "signed", picture(t, 3)); status != http.StatusForbidden {
			t.Errorf("%s keeps a paper copy: %d", login, status)
		}
		if _, page := r.get("/letters/" + l.Token); strings.Contains(page, `name="scan"`) {
			t.Errorf("%s is asked for a paper copy", login)
		}
	}
	ref := casework.FileRef{Hash: w.upload(t, "bank.branch", 9), Media: "image/png"}
	if got := w.try(t, "bank.branch", casework.Command{Case: id, Action: casework.ScanAction, Scan: &casework.Scan{Token: l.Token, Number: l.Number, Of: "signed"}, Files: []casework.FileRef{ref}}); got != "casework.scan_office" {
		t.Errorf("a branch by command: %q", got)
	}
	if got := w.try(t, "dir.registry", casework.Command{Case: id, Action: casework.ScanAction, Scan: &casework.Scan{Token: l.Token, Number: l.Number, Of: "signed"}, Files: []casework.FileRef{ref}}); got != "casework.file_not_yours" {
		t.Errorf("with another's file: %q", got)
	}
}
