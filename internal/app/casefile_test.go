package app_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// openAs reads an address in somebody's name.
type openAs func(role, path string) (int, string)

// printedRights is the law of the printed file: whatever stands in it a role may read, and whatever the role may read of
// the case stands in it.
func printedRights(id string, d *procedure.Definition, birds []canary, read openAs) func(testing.TB) {
	return func(t testing.TB) {
		for _, role := range d.Roles {
			status, text := read(role.ID, "/cases/"+id+"/file")
			if on, _ := read(role.ID, "/cases/"+id); on != status {
				t.Errorf("%s: the file answers %d, the case's page %d", role.ID, status, on)
			}
			for _, b := range birds {
				has := status == http.StatusOK && strings.Contains(text, b.word)
				if has && !b.may(role) {
					t.Errorf("%s reads %s in the printed file", role.ID, b.word)
				}
				if status == http.StatusOK && b.may(role) && !has {
					t.Errorf("%s misses %s in the printed file", role.ID, b.word)
				}
			}
		}
	}
}

func TestThePrintedFileSaysWhatItsReaderMayReadAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, d, birds := planted(t, w)
	readers := map[string]*reader{}
	for _, r := range d.Roles {
		readers[r.ID] = newReader(t, w, r.ID)
	}
	read := func(role, path string) (int, string) { return readers[role].get(path) }
	printedRights(id, d, birds, read)(t)
	control.Finds(t, "bank.branch reads zq-fact-finance in the printed file", printedRights(id, d, birds, func(role, path string) (int, string) {
		if strings.HasSuffix(path, "/file") {
			role = "dir.dg" // a file made for one reader and shown to all
		}
		return read(role, path)
	}))
	control.Finds(t, "dir.expert misses zq-note-staff", printedRights(id, d, birds, func(role, path string) (int, string) {
		status, text := read(role, path)
		return status, strings.ReplaceAll(text, "zq-note-staff", "")
	}))
}

// The PDF is made of the same parts as the page: here is one canary of each sort, for who may and who may not.
func TestThePDFOfAFileIsTheSameFile(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pdftotext"); err != nil && os.Getenv("RAHGOSHA_REQUIRE_TOOLS") == "" {
		t.Skip("skipped: no pdftotext")
	}
	w := newWorld(t)
	id, d, birds := planted(t, w)
	for _, role := range []string{"dir.dg", "bank.branch", "unit.ceo"} {
		def := d.Role(role)
		status, pdf := newReader(t, w, role).get("/cases/" + id + "/file.pdf")
		want(t, http.StatusOK, status, role)
		text := pdfText(t, pdf)
		for _, b := range birds {
			if has := strings.Contains(text, b.word); has != b.may(def) && strings.HasPrefix(b.word, "zq-") {
				t.Errorf("%s: %s in the PDF is %v", role, b.word, has)
			}
		}
	}
}

func pdfText(t testing.TB, pdf string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.pdf")
	must(t, os.WriteFile(file, []byte(pdf), 0o600))
	out, err := exec.Command("pdftotext", file, "-").Output()
	must(t, err)
	return string(out)
}

// A refusal by the bank has no letter of ours: its notice says what, why, by when and how to object, to the unit and to the
// office alike, and to nobody else; the letter of a refusal of ours makes a notice of it needless.
func TestADecisionWithoutALetterHasANotice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}},
		act{who: "bank.branch", action: "bank_refuse", reason: "R01", note: "zq-note"})
	seq := lastActed(w.look(t, "dir.dg", id), "bank_refuse")
	at := "/cases/" + id + "/notices/" + strconv.FormatInt(seq, 10)
	for role, status := range map[string]int{"unit.ceo": http.StatusOK, "dir.expert": http.StatusOK, "bank.branch": http.StatusOK, "bank.branch.2": http.StatusNotFound} {
		r := newReader(t, w, role)
		got, page := r.get(at)
		want(t, status, got, role)
		if status != http.StatusOK {
			continue
		}
		for _, words := range []string{"چک برگشتی", "zq-note", "اعتراض به کارگروه", "۱۰ روز کاری", "RG"} {
			if !strings.Contains(page, words) {
				t.Errorf("%s: the notice does not say %q", role, words)
			}
		}
		if _, page := r.get("/cases/" + id); !strings.Contains(page, at) {
			t.Errorf("%s: the case's page does not offer the notice", role)
		}
	}
	if status, _ := newReader(t, w, "unit.ceo").get("/cases/" + id + "/notices/1"); status != http.StatusNotFound {
		t.Errorf("a notice of what is no decision: %d", status)
	}
}

func lastActed(v *casework.View, action string) int64 {
	i := slices.IndexFunc(v.Timeline, func(e casework.EventView) bool { return e.Action == action })
	if i < 0 {
		return 0
	}
	return v.Timeline[i].Seq
}
