package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store/chain"
)

const (
	soon = 2 * time.Millisecond
	few  = 300 // pages of the log before it begins anew
)

// rows gives a hash of everything that a database holds.
func rows(t testing.TB, dir string) string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, DatabaseFile))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	h := sha256.New()
	for _, table := range texts(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		rs, err := db.QueryContext(context.Background(), "SELECT * FROM "+table+" ORDER BY 1")
		must(t, err)
		cols, err := rs.Columns()
		must(t, err)
		row, to := make([]any, len(cols)), make([]any, len(cols))
		for i := range row {
			to[i] = &row[i]
		}
		for rs.Next() {
			must(t, rs.Scan(to...))
			fmt.Fprintf(h, "%s %q\n", table, row)
		}
		must(t, rs.Err())
		must(t, rs.Close())
	}
	return hex.EncodeToString(h.Sum(nil))
}

func texts(t testing.TB, db *sql.DB, query string) (out []string) {
	t.Helper()
	rs, err := db.QueryContext(context.Background(), query)
	must(t, err)
	defer func() { must(t, rs.Close()) }()
	for rs.Next() {
		var s string
		must(t, rs.Scan(&s))
		out = append(out, s)
	}
	must(t, rs.Err())
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shipped opens a database that is copied to a folder.
func shipped(t testing.TB, cfg Config, ship Ship) *Store {
	t.Helper()
	ship.most = cmp.Or(ship.most, few)
	cfg.Ship, cfg.Clock = &ship, clock.System{}
	migrated.Put(t, cfg.Path)
	s, err := Open(context.Background(), cfg)
	must(t, err)
	must(t, s.Migrate(context.Background()))
	return s
}

// copied waits until everything is copied and there is a base.
func copied(t testing.TB, s *Store) Shipped {
	t.Helper()
	for {
		st := s.Shipped()
		if st.Failing != nil {
			t.Fatal(st.Failing)
		}
		if st.Whole && st.Behind == 0 {
			return st
		}
		time.Sleep(soon)
	}
}

func remember(t testing.TB, s *Store, key string, size int) {
	t.Helper()
	must(t, s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
		return t.Remember(ctx, casework.ReplayKey{Province: province, Actor: "p", Key: key}, casework.Remembered{Answer: make([]byte, size)})
	}))
}

// The copy follows the database while its log begins anew under it, over a restart, and over a process that was killed; what
// it gives back is what was there.
func TestACopyGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	ship := Ship{Dir: t.TempDir(), Every: soon}
	s := shipped(t, cfg, ship)
	copied(t, s)
	for i := range 30 {
		remember(t, s, strconv.Itoa(i), 50*4096)
		if i%10 == 0 {
			copied(t, s)
		}
	}
	copied(t, s)
	must(t, s.Close())
	s = shipped(t, cfg, ship)
	remember(t, s, "after a restart", 1)
	copied(t, s)
	all, err := chain.Chains(ship.Dir)
	must(t, err)
	logs, err := filepath.Glob(filepath.Join(all[0].Dir, "*.log"))
	must(t, err)
	if len(all) != 1 || len(logs) < 2 {
		t.Errorf("%d chains, the first of %d logs: the log never began anew, or the copy did", len(all), len(logs))
	}
	to := t.TempDir()
	got, err := RestoreShipped(t.Context(), ship.Dir, to, time.Time{})
	must(t, err)
	must(t, s.Close())
	if rows(t, to) != rows(t, cfg.Path) {
		t.Errorf("the copy of %d records gives back another database", got.Records)
	}
}

// Whoever writes while nothing is copied breaks the chain: the copy begins anew, and does not go on as if nothing were missing.
func TestACopyIsBegunAnewWhereItWouldHaveAGap(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	ship := Ship{Dir: t.TempDir(), Every: soon}
	s := shipped(t, cfg, ship)
	copied(t, s)
	must(t, s.Close())
	s = open(t, cfg)
	remember(t, s, "not copied", 1)
	must(t, s.Close())
	s = shipped(t, cfg, ship)
	remember(t, s, "copied", 1)
	copied(t, s)
	must(t, s.Close())
	all, err := chain.Chains(ship.Dir)
	must(t, err)
	if len(all) != 2 {
		t.Errorf("%d chains", len(all))
	}
	to := t.TempDir()
	_, err = RestoreShipped(t.Context(), ship.Dir, to, time.Time{})
	must(t, err)
	if rows(t, to) != rows(t, cfg.Path) {
		t.Error("the copy gives back another database")
	}
}

// A later base makes the logs before it dispensable, and the copy loses nothing by it.
func TestACopyStaysShort(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	ship := Ship{Dir: t.TempDir(), Every: soon, Fresh: time.Microsecond, Keep: time.Microsecond}
	s := shipped(t, cfg, ship)
	for i := range 30 {
		remember(t, s, strconv.Itoa(i), 50*4096)
		copied(t, s)
	}
	copied(t, s)
	must(t, s.Close())
	all, err := chain.Chains(ship.Dir)
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d chains", len(all))
	}
	to := t.TempDir()
	_, err = RestoreShipped(t.Context(), ship.Dir, to, time.Time{})
	must(t, err)
	if rows(t, to) != rows(t, cfg.Path) {
		t.Error("the copy gives back another database")
	}
}

// One goes back to a time: what came later is not there.
func TestACopyGivesBackAnEarlierTime(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	ship := Ship{Dir: t.TempDir(), Every: soon}
	s := shipped(t, cfg, ship)
	remember(t, s, "early", 1)
	then := copied(t, s).At
	time.Sleep(soon)
	remember(t, s, "late", 1)
	copied(t, s)
	must(t, s.Close())
	to := t.TempDir()
	_, err := RestoreShipped(t.Context(), ship.Dir, to, then)
	must(t, err)
	db, err := sql.Open("sqlite", filepath.Join(to, DatabaseFile))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if keys := texts(t, db, "SELECT key FROM replay"); len(keys) != 1 || keys[0] != "early" {
		t.Errorf("at the earlier time there are %q", keys)
	}
	if _, err := RestoreShipped(t.Context(), ship.Dir, t.TempDir(), then.Add(-time.Hour)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a time before the copy: %v", err)
	}
}

// turned has the shipper of a copy that hardly ever looks look now, and waits until it has.
func turned(t testing.TB, s *Store) {
	t.Helper()
	before := s.Shipped().At
	s.eng.(*sqliteEngine).keeper.(*shipper).wake <- struct{}{}
	for !s.Shipped().At.After(before) {
		if err := s.Shipped().Failing; err != nil {
			t.Fatal(err)
		}
		time.Sleep(soon)
	}
}

// kept gives the keys that a copy gives back, and the time it says.
func kept(t testing.TB, from string, until time.Time) ([]string, time.Time) {
	t.Helper()
	to := t.TempDir()
	got, err := RestoreShipped(t.Context(), from, to, until)
	must(t, err)
	db, err := sql.Open("sqlite", filepath.Join(to, DatabaseFile))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	return texts(t, db, "SELECT key FROM replay ORDER BY key"), got.At
}

// A restore names no time later than what it gives back, wherever in a long turn the copy ends; and going back to the time
// before that turn gives nothing of it.
func TestACopyThatEndsInATurnNamesTheTimeBeforeIt(t *testing.T) {
	t.Parallel()
	law := func(early bool) func(t testing.TB) {
		return func(t testing.TB) {
			ship := Ship{Dir: t.TempDir(), Every: time.Hour, most: mostPages, atOnce: 1, early: early}
			s := shipped(t, config(t), ship)
			before := copied(t, s).At
			logs, err := filepath.Glob(filepath.Join(ship.Dir, "chain-*", "*.log"))
			must(t, err)
			path := logs[len(logs)-1]
			was, err := os.Stat(path)
			must(t, err)
			acknowledged := map[string]time.Time{}
			for i := range 5 {
				key := strconv.Itoa(i)
				remember(t, s, key, 4096)
				acknowledged[key] = time.Now()
			}
			time.Sleep(soon)
			turned(t, s)
			must(t, s.Close())
			whole, err := os.ReadFile(path)
			must(t, err)
			grown := len(whole) - int(was.Size())
			for _, lost := range []int{0, 1, grown / 4, grown / 2, grown * 3 / 4} {
				must(t, os.WriteFile(path, whole[:len(whole)-lost], 0o600))
				keys, at := kept(t, ship.Dir, time.Time{})
				for key, when := range acknowledged {
					if when.Before(at) && !slices.Contains(keys, key) {
						t.Errorf("with %d of %d bytes lost the restore names %v, and %q of %v is not there", lost, grown, at, key, when)
					}
				}
				if lost == 0 && len(keys) != len(acknowledged) {
					t.Errorf("the whole copy gives back %q", keys)
				}
				if keys, _ := kept(t, ship.Dir, before); len(keys) != 0 {
					t.Errorf("at the time before the turn there are %q", keys)
				}
			}
		}
	}
	law(false)(t)
	control.Finds(t, "is not there", law(true))
}

// What is copied of the database speaks of no document that is not copied yet: here one is put, with its row, after a turn has
// looked for documents and before the log begins anew.
func TestTheEndOfALogIsCopiedAfterItsDocuments(t *testing.T) {
	t.Parallel()
	law := func(bare bool) func(t testing.TB) {
		return func(t testing.TB) {
			var s *Store
			var armed atomic.Bool
			var put, there atomic.Bool // the document
			ship := Ship{Dir: t.TempDir(), Every: time.Hour, bare: bare, Files: func(context.Context) error {
				there.Store(put.Load())
				if armed.CompareAndSwap(true, false) {
					put.Store(true)
					remember(t, s, "of the document", 1)
				}
				return nil
			}}
			s = shipped(t, config(t), ship)
			copied(t, s)
			remember(t, s, "much", 2*few*4096)
			armed.Store(true)
			turned(t, s)
			keys, _ := kept(t, ship.Dir, time.Time{})
			if !slices.Contains(keys, "of the document") {
				t.Errorf("the log did not end in that turn: %q", keys)
			}
			if !there.Load() {
				t.Error("the row lies in the copy before its document")
			}
			must(t, s.Close())
		}
	}
	law(false)(t)
	control.Finds(t, "before its document", law(true))
}

// The same after a server was killed that had not copied all: the first thing that the next one copies are documents.
func TestAStartCopiesDocumentsBeforeRows(t *testing.T) {
	t.Parallel()
	law := func(bare bool) func(t testing.TB) {
		return func(t testing.TB) {
			var away atomic.Bool // the disk of the copy
			cfg := config(t)
			// One log: a start that finds another one than it had copied begins a chain, of which nothing is given back before its base.
			ship := Ship{Dir: t.TempDir(), Every: time.Hour, most: mostPages, Files: func(context.Context) error {
				if away.Load() {
					return errors.New("no disk")
				}
				return nil
			}}
			s := shipped(t, cfg, ship)
			copied(t, s)
			away.Store(true)
			remember(t, s, "of the document", 1)
			must(t, s.Close())
			looked := make(chan []string, 100)
			ship.bare, ship.Files = bare, func(context.Context) error {
				keys, _ := kept(t, ship.Dir, time.Time{})
				looked <- keys
				return nil
			}
			s = shipped(t, cfg, ship)
			copied(t, s)
			must(t, s.Close())
			if keys := <-looked; len(keys) != 0 {
				t.Errorf("%q lies in the copy before its document", keys)
			}
			if keys, _ := kept(t, ship.Dir, time.Time{}); len(keys) != 1 {
				t.Errorf("in the end the copy has %q", keys)
			}
		}
	}
	law(false)(t)
	control.Finds(t, "before its document", law(true))
}

// Every damage to what a restore needs is named by its file, and nothing damaged is given back.
func TestADamagedCopyIsNamed(t *testing.T) {
	t.Parallel()
	from := smallCopy(t)
	restore := func(from string) error {
		_, err := RestoreShipped(t.Context(), from, t.TempDir(), time.Time{})
		return err
	}
	named(t, from, restore)
	control.Finds(t, "is not named", func(t testing.TB) {
		named(t, from, func(from string) error {
			if err := restore(from); err != nil && !strings.Contains(err.Error(), ".log") {
				return err
			}
			return nil // a restore that takes records as they are: planted
		})
	})
}

func smallCopy(t *testing.T) string {
	t.Helper()
	ship := Ship{Dir: t.TempDir(), Every: soon, most: mostPages} // one log: without a later one a copy is an earlier copy
	s := shipped(t, config(t), ship)
	for i := range 3 {
		remember(t, s, strconv.Itoa(i), 1)
		copied(t, s)
	}
	must(t, s.Close())
	return ship.Dir
}

func named(t testing.TB, from string, restore func(from string) error) {
	t.Helper()
	must(t, restore(from))
	files, err := filepath.Glob(filepath.Join(from, "chain-*", "*"))
	must(t, err)
	for _, path := range files {
		whole, err := os.ReadFile(path)
		must(t, err)
		for at := 0; at < len(whole); at += 1 + len(whole)/20 {
			raw := append([]byte{}, whole...)
			raw[at] ^= 1 << (at % 8)
			must(t, os.WriteFile(path, raw, 0o600))
			f, ok := fault.As(restore(from))
			if !ok || f.Key != "store.copy_damaged" {
				t.Errorf("%s with another byte %d is not named: %v", filepath.Base(path), at, f)
			}
		}
		must(t, os.Remove(path))
		if err := restore(from); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s, removed, is not named: %v", filepath.Base(path), err)
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
}
