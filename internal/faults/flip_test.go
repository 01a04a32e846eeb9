package faults

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
)

// worked gives a data folder in which people have worked: cases at every desk of the office, letters, a document. Nobody
// has it open, and all of its database lies in one file.
func worked(t testing.TB) string {
	t.Helper()
	data, _ := workedBeside(t)
	return data
}

// workedBeside gives the folder of its continuous backup too, which is only read.
func workedBeside(t testing.TB) (data, elsewhere string) {
	t.Helper()
	prepared.once.Do(prepared.make)
	must(t, prepared.err)
	whole, elsewhere := filepath.Join(prepared.dir, "worked"), filepath.Join(prepared.dir, "worked-copy")
	workedOnce.Do(func() { workThere(t, whole, elsewhere) })
	data = filepath.Join(t.TempDir(), "data")
	duplicate(t, whole, data)
	return data, elsewhere
}

// workedOnce makes the folder that others copy.
var workedOnce sync.Once

// workThere has people work on twelve cases in a data folder, and a continuous backup follow.
func workThere(t testing.TB, data, elsewhere string) {
	t.Helper()
	of := prepared.of
	duplicate(t, filepath.Join(prepared.dir, "data"), data)
	must(t, os.Mkdir(elsewhere, 0o700))
	p := serveWith(t, product, data, []string{"--backup-to", elsewhere})
	for deadline := time.Now().Add(startLimit); p.backup(t) != "ok"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the backup never became whole: %s", p.say)
		}
	}
	unit, expert, deputy := p.as(of, "unit.ceo"), p.as(of, "dir.expert"), p.as(of, "dir.deputy")
	for range 12 {
		got, err := unit.post("/cases", app.NewID(), of.asked(fmt.Sprint(price), time.Now()))
		must(t, err)
		for _, s := range []struct {
			by     *caller
			action string
			facts  map[string]any
		}{{expert, "accept_documents", nil}, {expert, "recommend", map[string]any{"opinion": "good"}}, {deputy, "approve", nil}, {deputy, "sign", nil}} {
			if rand.IntN(8) == 0 {
				break
			}
			got, err = s.by.post("/cases/"+got.text(t, "id")+"/actions/"+s.action, app.NewID(), map[string]any{"version": got.json(t)["version"], "facts": s.facts})
			must(t, err)
			if got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", s.action, got.status, got.body)
			}
		}
	}
	must(t, p.cmd.Process.Signal(os.Interrupt)) // orderly: the backup has all of it
	must(t, p.cmd.Wait())
	if out, sound := fsck(data, "--against", elsewhere); !sound {
		t.Fatalf("a whole folder is called damaged: %s", out)
	}
}

// fsck runs the product's check.
func fsck(data string, more ...string) (string, bool) {
	var out bytes.Buffer
	code := app.Main(append([]string{"fsck", "--data", data}, more...), nil, &out, &out)
	return out.String(), code == 0
}

// contents gives a mark of all rows of each table.
func contents(t testing.TB, data string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, store.DatabaseFile)+"?mode=ro")
	must(t, err)
	defer func() { must(t, db.Close()) }()
	out := map[string]string{}
	var tables []string
	rows, err := db.QueryContext(context.Background(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
	must(t, err)
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	must(t, rows.Close())
	for _, name := range tables {
		out[name] = rowsOf(db, `SELECT * FROM "`+name+`"`)
	}
	out["cases"] = rowsOf(db, "SELECT number, procedure, definition, unit, unit_name, county, stage, outcome, holder_role, holder_subject, side, version, seq, due, amount, opened, changed, search, sample FROM cases")
	out["replay"] = rowsOf(db, "SELECT actor, key, request, entry, case_id, answer, at, sum FROM replay")
	out["when keys were asked again"] = rowsOf(db, "SELECT seen, seen_at FROM replay")
	out[states] = statesOf(db)
	return out
}

// states names the stored states of cases, apart from the columns beside them.
const states = "states of cases"

// statesOf marks the states as the product reads them: a letter of a field's name that turned small, and the last bits of a
// sealed value's text, change nothing in them.
func statesOf(db *sql.DB) string {
	rows, err := db.QueryContext(context.Background(), "SELECT state FROM cases")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	h := sha256.New()
	for err == nil && rows.Next() {
		var raw []byte
		var s casework.State
		if err = rows.Scan(&raw); err == nil {
			err = json.Unmarshal(raw, &s)
		}
		again, _ := json.Marshal(s) // what was read can be written
		_, _ = h.Write(again)
	}
	return fmt.Sprintf("%x %v", h.Sum(nil), errors.Join(err, rows.Err()))
}

// rowsOf marks the rows that a query gives, or says why they cannot be read.
func rowsOf(db *sql.DB, query string) string {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	h := sha256.New()
	values, places := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	for err == nil && rows.Next() {
		err = rows.Scan(places...)
		fmt.Fprintf(h, "%q\n", values)
	}
	if err == nil {
		err = rows.Err()
	}
	return fmt.Sprintf("%x %v", h.Sum(nil), err)
}

// damage changes a database's bytes, and says how.
type damage func(raw []byte) string

const pageSize = 4096

func flipBit(raw []byte) string {
	at, bit := rand.IntN(len(raw)), rand.IntN(8)
	raw[at] ^= 1 << bit
	return fmt.Sprintf("bit %d of byte %d", bit, at)
}

func zeroPage(raw []byte) string {
	page := rand.IntN(len(raw) / pageSize)
	clear(raw[page*pageSize : (page+1)*pageSize])
	return fmt.Sprintf("page %d zeroed", page+1)
}

// swapPages is a write that went to another page's place.
func swapPages(raw []byte) string {
	a, b := rand.IntN(len(raw)/pageSize), rand.IntN(len(raw)/pageSize)
	copy(raw[a*pageSize:(a+1)*pageSize], raw[b*pageSize:(b+1)*pageSize])
	return fmt.Sprintf("page %d over page %d", b+1, a+1)
}

// tally is what came of damages: found, without effect (bytes nobody uses), missed by the table whose rows changed.
type tally struct {
	found, idle int
	missed      map[string]int
}

// damaged does so many damages, one at a time, and asks a check after each.
func damaged(t testing.TB, data string, n int, do damage, check func(string) (string, bool)) tally {
	t.Helper()
	file := filepath.Join(data, store.DatabaseFile)
	whole, err := os.ReadFile(file)
	must(t, err)
	before, out := contents(t, data), tally{missed: map[string]int{}}
	defer func() { must(t, os.WriteFile(file, whole, 0o600)) }()
	for range n {
		raw := bytes.Clone(whole)
		_ = do(raw)
		must(t, os.WriteFile(file, raw, 0o600))
		_, sound := check(data)
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, raw) {
			t.Fatalf("the check changed the database (%v)", err)
		}
		for _, beside := range []string{"-wal", "-shm"} {
			_ = os.Remove(file + beside)
		}
		if !sound {
			out.found++
			continue
		}
		after, idle := contents(t, data), true
		for table, was := range before {
			if after[table] != was {
				out.missed[table]++
				idle = false
			}
		}
		if idle {
			out.idle++
		}
	}
	return out
}

// vouched are the tables whose rows the journal, its signature or a hash gives: each damage to them must be found. In the
// others a changed letter has no check of its own, and is found where it breaks a page's form, or by a continuous backup;
// docs/trust.md names them.
var vouched = []string{"entry", "checkpoint", "merkle", "cases", states, "case_party", "case_tally", "tally", "deadline", "series", "definition", "replay"}

// everyDamage is the law: a check finds each damage that changes a row of the journal or of what is made of it, or, where
// there is a copy to compare with, any row.
func everyDamage(t testing.TB, data string, n int, do damage, any bool, check func(string) (string, bool)) {
	t.Helper()
	got := damaged(t, data, n, do, check)
	for table, times := range got.missed {
		if any || slices.Contains(vouched, table) {
			t.Errorf("%d changes of %s are not found", times, table)
		}
	}
	t.Logf("%d damages: %d found, %d in bytes that nobody uses, not found: %v", n, got.found, got.idle, got.missed)
}

func TestFsckFindsWhatTurnsOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do damage
		n  int
	}{"bits": {flipBit, long(60, 2000)}, "zeroed pages": {zeroPage, long(6, 200)}, "misplaced pages": {swapPages, long(6, 200)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyDamage(t, worked(t), c.n, c.do, false, func(data string) (string, bool) { return fsck(data) })
		})
		t.Run(name+" beside a continuous backup", func(t *testing.T) {
			t.Parallel()
			data, elsewhere := workedBeside(t)
			everyDamage(t, data, c.n/2, c.do, true, func(data string) (string, bool) { return fsck(data, "--against", elsewhere) })
		})
	}
}

// What stands beside a published procedure's text is what the text, the journal and its successors say: each column that is another
// one is found and named.
func TestWhatStandsBesideAProcedureIsVouchedFor(t *testing.T) {
	t.Parallel()
	data := worked(t)
	besideProcedures(t, data, func(data string) (string, bool) { return fsck(data, "--lang", "en") })
	control.Finds(t, "another valid_to is not found", func(t testing.TB) { besideProcedures(t, data, pagesOnly) })
}

func besideProcedures(t testing.TB, data string, check func(string) (string, bool)) {
	t.Helper()
	file := filepath.Join(data, store.DatabaseFile)
	whole, err := os.ReadFile(file)
	must(t, err)
	if out, sound := check(data); !sound {
		t.Fatalf("before anything is damaged: %s", out)
	}
	for column, damage := range map[string]string{
		"id": "id || 'x'", "version": "version || '1'", "valid_from": "'2020-01-01'", "valid_to": "'2030-01-01'", "published_at": "published_at + 1",
		"entry": "entry || 'x'", "approvers": "approvers || 'x'", "state": "'publishee'", "canonical": "CAST(canonical || 'x' AS BLOB)",
	} {
		plant(t, data, "UPDATE definition SET "+column+" = "+damage+" WHERE hash = (SELECT max(hash) FROM definition)")
		if out, sound := check(data); sound || !strings.Contains(out, column) && column != "state" && column != "canonical" {
			t.Errorf("another %s is not found, or not named (sound=%v): %s", column, sound, out)
		}
		for _, beside := range []string{"-wal", "-shm"} {
			_ = os.Remove(file + beside)
		}
		must(t, os.WriteFile(file, whole, 0o600))
	}
}

// pagesOnly is the check that SQLite has by itself.
func pagesOnly(data string) (string, bool) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, store.DatabaseFile)+"?mode=ro")
	if err != nil {
		return err.Error(), false
	}
	defer func() { _ = db.Close() }()
	var first string
	if err := db.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&first); err != nil {
		return err.Error(), false
	}
	return first, first == "ok"
}

func TestTheDamagesFindAWeakCheck(t *testing.T) {
	t.Parallel()
	data := worked(t)
	control.Finds(t, "changes of entry are not found", func(t testing.TB) { everyDamage(t, data, 100, flipBit, false, pagesOnly) })
}

// A row that no entry gives, changed by somebody or something: the copy shows it, and only the copy.
func TestARowThatNothingVouchesForIsFoundBesideItsCopy(t *testing.T) {
	t.Parallel()
	data, elsewhere := workedBeside(t)
	plant(t, data, "UPDATE register_item SET balance = balance + 1 WHERE register = 'package'")
	found := func(t testing.TB, more ...string) {
		out, sound := fsck(data, append(more, "--lang", "en")...)
		if sound || !strings.Contains(out, "table register_item, row alborz package P1") {
			t.Errorf("the money of a package is another, and is not named (sound=%v)", sound)
		}
	}
	found(t, "--against", elsewhere)
	control.Finds(t, "is not named (sound=true)", func(t testing.TB) { found(t) })
}

// What is no row of the journal is named too, in the words of both languages.
func TestFsckNamesWhatIsDamaged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(t *testing.T, data string)
		want map[string]string
	}{
		"a document": {func(t *testing.T, data string) {
			files, err := filepath.Glob(filepath.Join(data, "blobs", "*", "*"))
			must(t, err)
			raw, err := os.ReadFile(files[0])
			must(t, err)
			raw[len(raw)/2] ^= 1
			must(t, os.WriteFile(files[0], raw, 0o600))
		}, map[string]string{"en": "documents: 1 documents", "fa": "مدرک‌ها: ۱ مدرک"}},
		"a procedure": {func(t *testing.T, data string) {
			plant(t, data, "UPDATE definition SET canonical = CAST(replace(CAST(canonical AS TEXT), 'Referral', 'Refusals') AS BLOB) WHERE id = 'referral'")
		}, map[string]string{"en": "the text of procedure referral 1.0 is not the one approved", "fa": "متن رویهٔ referral"}},
		"a kept answer": {func(t *testing.T, data string) {
			plant(t, data, "UPDATE replay SET entry = 'another' WHERE key = (SELECT min(key) FROM replay)")
		}, map[string]string{"en": "is not the answer that was given", "fa": "پاسخِ داده‌شده نیست"}},
		"the form of the file": {func(t *testing.T, data string) {
			file := filepath.Join(data, store.DatabaseFile)
			raw, err := os.ReadFile(file)
			must(t, err)
			clear(raw[:pageSize])
			must(t, os.WriteFile(file, raw, 0o600))
		}, map[string]string{"en": "rahgosha.db is damaged", "fa": "rahgosha.db آسیب دیده است"}},
		"a hash of the log": {func(t *testing.T, data string) {
			plant(t, data, "UPDATE merkle SET hash = zeroblob(32) WHERE node = 5")
		}, map[string]string{"en": "a stored hash of entry 3 is not made of the entries", "fa": "رویداد ۳ از خود"}},
		"a case": {func(t *testing.T, data string) {
			plant(t, data, "DELETE FROM cases WHERE rowid = 1")
		}, map[string]string{"en": "cases: 11 cases", "fa": "پرونده‌ها: ۱۱ پرونده"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := worked(t)
			c.do(t, data)
			for lang, words := range c.want {
				out, sound := fsck(data, "--lang", lang)
				if sound || !strings.Contains(out, words) {
					t.Errorf("fsck says sound=%v, want %q in\n%s", sound, words, out)
				}
			}
		})
	}
}
