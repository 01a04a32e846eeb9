package faults

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/store"
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

// killing runs a command many times and kills it at a random moment of the time that it takes.
func killing(t testing.TB, takes time.Duration, times int, after func(), mode string, args ...string) {
	t.Helper()
	for range times {
		cmd := child(mode, args...)
		must(t, cmd.Start())
		time.Sleep(rand.N(takes))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		after()
	}
}

// timed runs a command once, to know how long it takes.
func timed(t testing.TB, mode string, args ...string) time.Duration {
	t.Helper()
	began := time.Now()
	must(t, ran(child(mode, args...)))
	return time.Since(began)
}

// backedUpAgain is the law of a backup that is killed: what lies there under its name is whole, and run again it ends well
// and leaves nothing beside it.
func backedUpAgain(t testing.TB, mode, data, file string) {
	t.Helper()
	args := []string{"backup", file, "--data", data}
	takes := timed(t, mode, args...)
	must(t, os.Remove(file))
	killing(t, takes, long(6, 60), func() {
		if !exists(file) {
			return
		}
		if err := app.Restore(file, filepath.Join(t.TempDir(), "data")); err != nil {
			t.Errorf("a killed backup left half a file: %v", err)
		}
	}, mode, args...)
	must(t, ran(child(mode, args...)))
	for _, name := range []string{file + ".part", file + ".making"} {
		if exists(name) {
			t.Errorf("%s is left", name)
		}
	}
}

// restoredAgain is the law of a restore that is killed: what it began from is as it was, a folder that it made is whole, and
// run again it ends well.
func restoredAgain(t testing.TB, mode, from string, cases int, more ...string) (back string) {
	t.Helper()
	was := sums(t, from)
	into := func(back string) []string {
		return append([]string{"restore", from, "--erased", "none", "--data", back}, more...)
	}
	takes := timed(t, mode, into(filepath.Join(t.TempDir(), "data"))...)
	back = filepath.Join(t.TempDir(), "data")
	killing(t, takes, long(6, 60), func() {
		if exists(back) { // it was quicker than its kill
			proved(t, back)
			must(t, os.RemoveAll(back))
		}
	}, mode, into(back)...)
	if now := sums(t, from); !maps.Equal(was, now) {
		t.Error("a killed restore changed what it began from")
	}
	must(t, ran(child(mode, into(back)...)))
	if exists(back + ".restoring") {
		t.Errorf("%s.restoring is left", back)
	}
	if is := look(t, back); len(is.cases) != cases {
		t.Errorf("of %d cases there are %d", cases, len(is.cases))
	}
	return back
}

// sums gives the hash of every file below a path, or of the file itself.
func sums(t testing.TB, path string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	must(t, filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		out[name] = sha256.Sum256(raw)
		return err
	}))
	return out
}

func (p *process) goesOn(t testing.TB, of province) {
	t.Helper()
	if s := (&ledger{of: of, by: map[string]*sent{}}).submit(p.as(of, "unit.ceo")); !s.done() {
		t.Errorf("the restored server answers %d %s (%v)", s.got.status, s.got.body, s.err)
	}
	p.kill()
}

// A backup and a restore that are killed at random moments leave what they began from as it was; run again they end well.
func TestAKilledBackupOrRestoreIsDoneAgain(t *testing.T) {
	t.Parallel()
	data, of := loaded(t, 20)
	file := filepath.Join(t.TempDir(), "all.tar")
	backedUpAgain(t, product, data, file)
	proved(t, data)
	serve(t, product, restoredAgain(t, product, file, 20)).goesOn(t, of)
}

// So does a restore from the continuous backup.
func TestAKilledRestoreOfTheCopyIsDoneAgain(t *testing.T) {
	t.Parallel()
	data, of := fresh(t)
	elsewhere, keys := t.TempDir(), t.TempDir()
	must(t, os.CopyFS(keys, os.DirFS(filepath.Join(data, "keys"))))
	p := serveWith(t, product, data, []string{"--backup-to", elsewhere})
	c := p.as(of, "unit.ceo")
	defer c.CloseIdleConnections()
	for range 20 {
		if s := (&ledger{of: of, by: map[string]*sent{}}).submit(c); !s.done() {
			t.Fatalf("%d %s (%v)", s.got.status, s.got.body, s.err)
		}
	}
	time.Sleep(promise) // what is acknowledged is copied by then
	eventually(t, "a whole copy", func() bool { return p.backup(t) == "ok" })
	p.kill()
	serve(t, product, restoredAgain(t, product, elsewhere, 20, "--keys", keys)).goesOn(t, of)
}

// workTorn writes a backup, and restores one, where the whole is to be in the end, half of it first.
func workTorn(args []string) error {
	ctx := context.Background()
	file := args[1]
	if args[0] == "backup" {
		a, err := app.Open(ctx, app.Config{Data: args[3], Office: "office"})
		if err != nil {
			return err
		}
		whole := file + ".whole"
		if err := errors.Join(a.Backup(ctx, whole), a.Close()); err != nil {
			return err
		}
		return errors.Join(halfFirst(whole, file), os.Remove(whole))
	}
	data := args[5]
	whole := data + ".whole"
	if err := errors.Join(os.RemoveAll(whole), app.RestoreErased(file, whole, args[3]), os.MkdirAll(data, 0o700)); err != nil {
		return err
	}
	return errors.Join(halfFirst(filepath.Join(whole, store.DatabaseFile), filepath.Join(data, store.DatabaseFile)),
		os.CopyFS(filepath.Join(data, "keys"), os.DirFS(filepath.Join(whole, "keys"))), os.Chmod(filepath.Join(data, "keys", "root.key"), 0o600),
		os.RemoveAll(whole))
}

var started = time.Now()

func halfFirst(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	half := len(raw) / 2
	if err := os.WriteFile(to, raw[:half], 0o600); err != nil {
		return err
	}
	time.Sleep(max(time.Second, 4*time.Since(started))) // most of its time, so that some kill comes now
	return os.WriteFile(to, raw, 0o600)
}

// Backups and restores that write where the whole is to be are found.
func TestATornBackupOrRestoreIsFound(t *testing.T) {
	t.Parallel()
	data, _ := loaded(t, 4)
	file := filepath.Join(t.TempDir(), "all.tar")
	control.Finds(t, "a killed backup left half a file", func(t testing.TB) { backedUpAgain(t, torn, data, file) })
	if out, ok := says(t, "backup", file, "--data", data); !ok {
		t.Fatal(out)
	}
	control.Finds(t, "rahgosha journal verify: ", func(t testing.TB) { restoredAgain(t, torn, file, 4) })
}
