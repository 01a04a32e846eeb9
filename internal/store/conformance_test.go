package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store/pgtest"
)

const province = "30"

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

var template = pgtest.Template{Name: "store", Migrate: migrateTemplate}

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		migrateAsChild()
	}
	os.Exit(template.Run(m))
}

func testRoot(t testing.TB) *journal.Root {
	t.Helper()
	root, err := journal.LoadRoot(filepath.Join(t.TempDir(), "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func config(t testing.TB) Config {
	return Config{Root: testRoot(t), Clock: clock.NewManual(start), Path: t.TempDir()}
}

// besideConfig is of a database whose commands run at once where they meet in a group.
func besideConfig(t testing.TB) Config {
	cfg := config(t)
	cfg.beside, cfg.Deciders = true, 4
	return cfg
}

var migrated = pgtest.File{Name: DatabaseFile, Migrate: func(dir string) error {
	root, err := journal.LoadRoot(filepath.Join(dir, "root.key"))
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), Config{Path: dir, Root: root})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	if cfg.URL == "" {
		migrated.Put(t, cfg.Path)
	}
	s, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// postgres gives the address of a fresh database, or skips.
func postgres(t testing.TB) string {
	t.Helper()
	return template.Fresh(t)
}

func migrateTemplate(url string) error {
	dir, err := os.MkdirTemp("", "rahgosha-root")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	root, err := journal.LoadRoot(filepath.Join(dir, "root.key"))
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), Config{URL: url, Root: root})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return s.Migrate(context.Background())
}

// onBoth runs a test on SQLite, with commands one after another and at once, and on PostgreSQL where there is one.
func onBoth(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, open(t, config(t)))
	})
	t.Run("sqlite, beside", func(t *testing.T) {
		t.Parallel()
		f(t, open(t, besideConfig(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		cfg := config(t)
		cfg.URL = postgres(t)
		f(t, open(t, cfg))
	})
}

func row(id string, seq int64) casework.Row {
	at := start.UnixMicro() + seq
	return casework.Row{Province: province, ID: id, Number: "R-" + id, Procedure: "referral", Definition: "d", Unit: "u" + id,
		UnitName: "بافندگی " + id, County: "3001", Stage: "review", HolderRole: "dir.expert", Side: "directorate",
		Version: seq, Seq: seq, Due: at + 1000, Amount: 5, Opened: start.UnixMicro(), Changed: at, Search: "r-" + id + " بافندگي",
		Parties: map[string]string{"applicant": "u" + id, "bank": "b1"},
		Clocks:  map[string]*casework.Ticking{"review": {State: casework.ClockRunning, Due: at + 1000, Warn: at + 500}}}
}

func entry(id string, seq int64, prev [32]byte) casework.LogEntry {
	l := journal.Leaf{Province: province, Case: id, Seq: seq, At: start.UnixMicro() + seq, Kind: casework.KindActed,
		Actor: "p1", Body: []byte(`{"x":1}`), Prev: prev}
	return casework.LogEntry{ID: fmt.Sprintf("%s-%d", id, seq), Leaf: l, Bytes: l.Encode(), Index: -1}
}

// step writes all that one command of the engine writes.
func step(ctx context.Context, t *Tx, id string, seq int64, prev [32]byte) error {
	if _, err := t.Replayed(ctx, casework.ReplayKey{Province: province, Actor: "p1", Key: fmt.Sprint(id, "-", seq)}); err != nil {
		return err
	}
	if seq > 1 {
		if _, err := t.LoadCase(ctx, province, id); err != nil {
			return err
		}
	}
	if err := t.SaveCase(ctx, row(id, seq), []byte(`{}`)); err != nil {
		return err
	}
	e := entry(id, seq, prev)
	if err := t.AppendEntry(ctx, e); err != nil {
		return err
	}
	if err := t.Enqueue(ctx, casework.Message{Province: province, Entry: e.ID, Case: id, Topic: "notify", At: e.Leaf.At}); err != nil {
		return err
	}
	return t.Remember(ctx, casework.ReplayKey{Province: province, Actor: "p1", Key: fmt.Sprint(id, "-", seq)},
		casework.Remembered{Request: "q", Entry: e.ID, Case: id, Answer: []byte("a"), At: e.Leaf.At})
}

func write(t testing.TB, s *Store, f func(context.Context, *Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, s *Store, f func(context.Context, *Tx) error) {
	t.Helper()
	if err := s.Read(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, s *Store, table string) (n int64) {
	t.Helper()
	read(t, s, func(ctx context.Context, t *Tx) error {
		_, err := t.row(ctx, "SELECT count(*) FROM "+table, nil, &n)
		return err
	})
	return n
}

func wantKey(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Key != key {
		t.Errorf("got %v, want %s %s", err, kind, key)
	}
}

func TestACaseIsReadAsItWasWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c1", 1, [32]byte{}) })
		first := entry("c1", 1, [32]byte{})
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c1", 2, first.Leaf.Hash()) })
		if _, err := s.Sequence(context.Background()); err != nil {
			t.Fatal(err)
		}
		read(t, s, func(ctx context.Context, tx *Tx) error {
			entries, err := tx.CaseEntries(ctx, province, "c1")
			if err != nil {
				return err
			}
			if len(entries) != 2 || !bytes.Equal(entries[0].Bytes, first.Bytes) || entries[1].Index != 1 {
				t.Errorf("entries: %+v", entries)
			}
			found, err := tx.FindEntry(ctx, province, "c1-2")
			if found.Leaf.Prev != first.Leaf.Hash() {
				t.Error("the chain is broken")
			}
			_, missing := tx.LoadCase(ctx, province, "none")
			wantKey(t, missing, fault.NotFound, "store.no_case")
			return err
		})
	})
}

func TestTheSecondOfTwoThatSawTheSameVersionLoses(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c1", 1, [32]byte{}) })
		for seq, key := range map[int64]string{1: "store.case_changed", 3: "store.case_changed"} {
			err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
				return t.SaveCase(ctx, row("c1", seq), nil)
			})
			wantKey(t, err, fault.Conflict, key)
		}
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			return t.AppendEntry(ctx, entry("c1", 1, [32]byte{}))
		})
		wantKey(t, err, fault.Conflict, "store.conflict")
	})
}

func TestAReplayGivesWhatWasRememberedAndWrites(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		k := casework.ReplayKey{Province: province, Actor: "p", Key: "k"}
		want := casework.Remembered{Request: "q", Entry: "e", Case: "c", Answer: []byte("sealed"), At: 7}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			r, err := tx.Replayed(ctx, k)
			if r != nil {
				t.Errorf("a new key was known: %+v", r)
			}
			if err != nil {
				return err
			}
			return tx.Remember(ctx, k, want)
		})
		write(t, s, func(ctx context.Context, tx *Tx) error {
			r, err := tx.Replayed(ctx, k)
			if r == nil || fmt.Sprint(*r) != fmt.Sprint(want) {
				t.Errorf("got %+v, want %+v", r, want)
			}
			return err
		})
		var seen int64
		read(t, s, func(ctx context.Context, tx *Tx) error {
			_, err := tx.row(ctx, "SELECT seen FROM replay", nil, &seen)
			return err
		})
		if seen != 1 {
			t.Errorf("the replay wrote %d times, want 1", seen)
		}
	})
}

func TestRacersGetExactlyTheBudget(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		budget := int64(370)
		write(t, s, func(ctx context.Context, t *Tx) error {
			return t.SaveItem(ctx, registry.Item{Province: province, Register: "credit", ID: "a", Balance: &budget,
				Fields: map[string]any{"rate": 1800, "kinds": []string{"x"}}})
		})
		var mu sync.Mutex
		var won int
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
					return t.Reserve(ctx, province, "credit", "a", 10)
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
					return
				}
				wantKey(t, err, fault.Conflict, "store.balance_short")
			})
		}
		group.Wait()
		if won != 37 {
			t.Errorf("%d won, want 37", won)
		}
		read(t, s, func(ctx context.Context, tx *Tx) error {
			facts, err := tx.ItemFacts(ctx, province, "credit", "a")
			if facts["credit.balance"].Value != int64(0) || facts["credit.rate"].Value != int64(1800) {
				t.Errorf("facts: %+v", facts)
			}
			return err
		})
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			return t.Reserve(ctx, province, "credit", "none", 10)
		})
		wantKey(t, err, fault.NotFound, "store.no_item")
	})
}

func TestNumbersHaveNoGaps(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seen := make([]bool, 61)
		var mu sync.Mutex
		var group sync.WaitGroup
		for i := range 90 {
			group.Go(func() {
				var n int64
				err := s.Write(context.Background(), func(ctx context.Context, t *Tx) (err error) {
					if n, err = t.NextNumber(ctx, province, "L05", 1405); err == nil && i%3 == 0 {
						err = fault.New(fault.Refused, "test.refused")
					}
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					if n < 1 || n > 60 || seen[n] {
						t.Errorf("number %d given twice or too far", n)
						return
					}
					seen[n] = true
				}
			})
		}
		group.Wait()
		for n := 1; n <= 60; n++ {
			if !seen[n] {
				t.Errorf("number %d is missing", n)
			}
		}
	})
}

func TestAKeyIsMadeOnceAndErasedForEver(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		var made []byte
		ctx := context.Background()
		write(t, s, func(ctx context.Context, tx *Tx) (err error) {
			if _, err := tx.Keys().Get(ctx, "person:1"); err != journal.ErrNoKey {
				t.Errorf("got %v, want ErrNoKey", err)
			}
			made, err = tx.Keys().Create(ctx, "person:1")
			return err
		})
		write(t, s, func(ctx context.Context, tx *Tx) error {
			again, err := tx.Keys().Create(ctx, "person:1")
			if !bytes.Equal(again, made) {
				t.Error("the key was made anew")
			}
			return err
		})
		get := func() (key []byte, err error) {
			_ = s.Read(ctx, func(ctx context.Context, tx *Tx) error {
				key, err = tx.Keys().Get(ctx, "person:1")
				return nil
			})
			return key, err
		}
		if key, err := get(); err != nil || !bytes.Equal(key, made) {
			t.Errorf("got %v", err)
		}
		_ = s.Write(ctx, func(ctx context.Context, tx *Tx) error { // undone: the key stays
			if err := tx.Erase(ctx, "person:1"); err != nil {
				return err
			}
			if _, err := tx.Keys().Get(ctx, "person:1"); err != journal.ErrErased {
				t.Errorf("in the transaction: got %v, want ErrErased", err)
			}
			return fault.New(fault.Refused, "test.refused")
		})
		if _, err := get(); err != nil {
			t.Errorf("after a rollback: %v", err)
		}
		write(t, s, func(ctx context.Context, tx *Tx) error { return tx.Erase(ctx, "person:1") })
		if _, err := get(); err != journal.ErrErased {
			t.Errorf("got %v, want ErrErased", err)
		}
		_ = s.Write(ctx, func(ctx context.Context, tx *Tx) error {
			if _, err := tx.Keys().Create(ctx, "person:1"); err != journal.ErrErased {
				t.Errorf("got %v, want ErrErased", err)
			}
			return nil
		})
	})
}

func TestARefusalIsRecordedAfterItsRollback(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		no := fault.New(fault.Refused, "test.refused")
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
			if err := step(ctx, t, "undone", 1, [32]byte{}); err != nil {
				return err
			}
			return &AfterRollback{Err: no, Do: func(ctx context.Context, t *Tx) error {
				return t.AppendEntry(ctx, entry("kept", 1, [32]byte{}))
			}}
		})
		wantKey(t, err, fault.Refused, "test.refused")
		if n := count(t, s, "cases"); n != 0 {
			t.Errorf("%d cases stayed", n)
		}
		if n := count(t, s, "entry"); n != 1 {
			t.Errorf("%d entries, want the refusal's alone", n)
		}
		verified(t, s, 1)
	})
}

// verified numbers what has no number, and has the journal's own verifier look at everything.
func verified(t testing.TB, s *Store, size int64) {
	t.Helper()
	if _, err := s.Sequence(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, vkey, err := s.cfg.Root.Signer(province)
	if err != nil {
		t.Fatal(err)
	}
	v, err := journal.VerifierOf(vkey)
	if err != nil {
		t.Fatal(err)
	}
	read(t, s, func(ctx context.Context, tx *Tx) error {
		signed, n, err := tx.Checkpoint(ctx, province)
		if err != nil {
			return err
		}
		if c, err := journal.OpenCheckpoint(signed, v); err != nil || n != size || c.Size != size {
			t.Errorf("checkpoint of %d (%v), want %d", n, err, size)
		}
		report, err := journal.VerifySource(tx.Journal(ctx, province), journal.Options{Verifiers: v})
		if !report.OK() {
			t.Errorf("the journal does not verify: %v", report)
		}
		return err
	})
}

func TestTwoSequencersNumberEachEntryOnce(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.URL = postgres(t)
	a := open(t, cfg)
	b := open(t, cfg)
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for i := range 125 {
				id := fmt.Sprintf("c%d-%d", w, i)
				if err := a.Write(context.Background(), func(ctx context.Context, t *Tx) error {
					return t.AppendEntry(ctx, entry(id, 1, [32]byte{}))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	for _, s := range []*Store{a, b} {
		group.Go(func() {
			for last := false; !last; {
				select {
				case <-written:
					last = true
				default:
				}
				if _, err := s.Sequence(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() {
		for count(t, a, "entry") < 500 {
			time.Sleep(5 * time.Millisecond)
		}
		close(written)
	}()
	group.Wait()
	verified(t, a, 500)
	var distinct, most int64
	read(t, a, func(ctx context.Context, t *Tx) error {
		_, err := t.row(ctx, "SELECT count(DISTINCT leaf), max(leaf) FROM entry", nil, &distinct, &most)
		return err
	})
	if distinct != 500 || most != 499 {
		t.Errorf("%d numbers up to %d", distinct, most)
	}
}

func TestAnEntryIsProved(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for i := range 20 {
			write(t, s, func(ctx context.Context, t *Tx) error {
				return t.AppendEntry(ctx, entry(fmt.Sprint("c", i), 1, [32]byte{}))
			})
		}
		verified(t, s, 20)
		read(t, s, func(ctx context.Context, tx *Tx) error {
			p, err := tx.ProofFor(ctx, province, "c7-1")
			if err != nil {
				return err
			}
			_, root, err := tx.tree(ctx, province)
			if err != nil {
				return err
			}
			c := journal.Checkpoint{Origin: journal.Origin(province), Size: p.Size, Root: root}
			if err := journal.CheckProof(p.Path, c, p.Entry.Index, journal.RecordHash(p.Entry.Bytes)); err != nil {
				t.Error(err)
			}
			if journal.CheckProof(p.Path, c, p.Entry.Index+1, journal.RecordHash(p.Entry.Bytes)) == nil {
				t.Error("a proof at another place was accepted")
			}
			return nil
		})
	})
}
