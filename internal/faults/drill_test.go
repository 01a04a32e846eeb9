package faults

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
)

// loaded gives a data folder in which programs have worked: cases, entries, letters' messages, a document.
func loaded(t testing.TB, cases int) (data string, of province) {
	t.Helper()
	data, of = fresh(t)
	p := serve(t, product, data)
	l := &ledger{of: of, by: map[string]*sent{}}
	c := p.as(of, "unit.ceo")
	for range cases {
		if s := l.submit(c); !s.done() {
			t.Fatalf("%d %s (%v)", s.got.status, s.got.body, s.err)
		}
	}
	c.CloseIdleConnections()
	p.kill()
	return data, of
}

// drill backs a data folder up into one file, restores that elsewhere, and holds the result to the law: the restore itself
// reads and folds everything, what is there is as much as before, and a server answers from it.
func drill(t testing.TB, data string, of province) string {
	t.Helper()
	began := time.Now()
	file, back := filepath.Join(t.TempDir(), "all.tar"), filepath.Join(t.TempDir(), "data")
	if out, ok := says(t, "backup", file, "--data", data); !ok {
		t.Fatalf("the backup fails: %s", out)
	}
	out, ok := says(t, "--lang", "en", "restore", file, "--erased", "none", "--data", back)
	if !ok {
		t.Fatalf("the restore fails: %s", out)
	}
	proved(t, back)
	was, is := look(t, data), look(t, back)
	if len(was.cases) != len(is.cases) || len(was.entries) != len(is.entries) || len(was.outbox) != len(is.outbox) {
		t.Errorf("of %d cases, %d entries there are %d, %d", len(was.cases), len(was.entries), len(is.cases), len(is.entries))
	}
	p := serve(t, product, back)
	defer p.kill()
	for id := range is.cases {
		a, err := p.as(of, "unit.ceo").get("/cases/" + id)
		must(t, err)
		if a.status != http.StatusOK || a.text(t, "id") != id {
			t.Errorf("case %s is answered %d %s", id, a.status, a.body)
		}
		break
	}
	res, err := http.Get(p.url + "/")
	must(t, err)
	page, err := io.ReadAll(res.Body)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK || !strings.Contains(string(page), "<html") {
		t.Errorf("the first page is answered %d", res.StatusCode)
	}
	info, err := os.Stat(file)
	must(t, err)
	return fmt.Sprintf("%d cases, %d entries, %d kB backed up, restored, verified, folded and served in %v",
		len(is.cases), len(is.entries), info.Size()>>10, time.Since(began).Round(100*time.Millisecond))
}

func TestTheRestoreDrill(t *testing.T) {
	t.Parallel()
	data, of := loaded(t, long(60, 3000))
	t.Logf("drill: %s", drill(t, data, of))
}

// A backup in which a row is missing is found by the drill, whichever table it is missing of.
func TestTheRestoreDrillFindsAMissingRow(t *testing.T) {
	t.Parallel()
	data, of := loaded(t, 4)
	for table, row := range map[string]string{
		"entry": "rowid = (SELECT max(rowid) FROM entry)", "cases": "rowid = (SELECT max(rowid) FROM cases)",
		"case_party": "case_id = (SELECT max(case_id) FROM case_party)", "tally": "rowid = (SELECT max(rowid) FROM tally)",
		"merkle": "node = (SELECT min(node) FROM merkle)", "definition": "rowid = (SELECT max(rowid) FROM definition)",
	} {
		t.Run(table, func(t *testing.T) {
			without := filepath.Join(t.TempDir(), "data")
			duplicate(t, data, without)
			plant(t, without, "DELETE FROM "+table+" WHERE "+row)
			control.Finds(t, "fails: ", func(t testing.TB) { drill(t, without, of) })
		})
	}
}

// A backup and a restore that are killed at a random moment leave what they began from as it was; run again they end well.
func TestAKilledBackupOrRestoreIsDoneAgain(t *testing.T) {
	t.Parallel()
	data, of := loaded(t, 20)
	file, back := filepath.Join(t.TempDir(), "all.tar"), filepath.Join(t.TempDir(), "data")
	killing := func(args ...string) {
		for range long(4, 60) {
			cmd := child(product, args...)
			must(t, cmd.Start())
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	killing("backup", file, "--data", data)
	if out, ok := says(t, "backup", file, "--data", data); !ok {
		t.Fatalf("the backup fails: %s", out)
	}
	for _, name := range []string{file + ".part", file + ".making"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	whole, err := os.ReadFile(file)
	must(t, err)
	killing("restore", file, "--erased", "none", "--data", back)
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, whole) {
		t.Errorf("a killed restore changed the backup (%v)", err)
	}
	if _, err := os.Stat(back); err == nil { // one of them was quicker than its kill
		proved(t, back)
		must(t, os.RemoveAll(back))
	}
	if out, ok := says(t, "restore", file, "--erased", "none", "--data", back); !ok {
		t.Fatalf("the restore fails: %s", out)
	}
	proved(t, data)
	if was, is := look(t, data), look(t, back); len(was.cases) != len(is.cases) || len(is.cases) < 20 {
		t.Errorf("of %d cases there are %d", len(was.cases), len(is.cases))
	}
	p := serve(t, product, back)
	if s := (&ledger{of: of, by: map[string]*sent{}}).submit(p.as(of, "unit.ceo")); !s.done() {
		t.Errorf("the restored server answers %d %s (%v)", s.got.status, s.got.body, s.err)
	}
	p.kill()
}
