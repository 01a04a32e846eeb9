package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/openlog"
)

// admin is somebody with the whole database in hand: beside the product, by SQL.
type admin struct {
	*world
	db *sql.DB
}

func (w *world) admin(t testing.TB) admin {
	t.Helper()
	driver, at := "sqlite", filepath.Join(w.Data, store.DatabaseFile)+"?_pragma=synchronous(0)&_pragma=busy_timeout(5000)"
	if w.Database != "" {
		driver, at = "pgx", w.Database
	}
	db, err := sql.Open(driver, at)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { must(t, db.Close()) })
	return admin{w, db}
}

func (a admin) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	_, err := a.db.ExecContext(context.WithoutCancel(t.Context()), query, args...)
	must(t, err)
}

// entries are the log's, in order.
func (a admin) entries(t testing.TB) (out []journal.Leaf) {
	t.Helper()
	rows, err := a.db.QueryContext(t.Context(), "SELECT bytes FROM entry ORDER BY leaf")
	must(t, err)
	for rows.Next() {
		var raw []byte
		must(t, rows.Scan(&raw))
		l, err := journal.Decode(raw)
		must(t, err)
		out = append(out, l)
	}
	must(t, rows.Err())
	must(t, rows.Close())
	return out
}

// memory is a log's stored hashes.
type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = m[x]
	}
	return out, nil
}

// chained gives every case its numbers and previous hashes anew.
func chained(all []journal.Leaf) {
	last := map[string]journal.Leaf{}
	for i := range all {
		all[i].Seq, all[i].Prev = 1, [32]byte{}
		if p, ok := last[all[i].Case]; ok {
			all[i].Seq, all[i].Prev = p.Seq+1, p.Hash()
		}
		last[all[i].Case] = all[i]
	}
}

// rewrite puts other entries into the place of all, with every number, chain and hash of the tree made anew. With the
// province's key it signs them too.
func (a admin) rewrite(t testing.TB, all []journal.Leaf, signed bool) {
	t.Helper()
	chained(all)
	raw := make([][]byte, len(all))
	a.exec(t, "DELETE FROM entry")
	for i, l := range all {
		raw[i] = l.Encode()
		a.exec(t, "INSERT INTO entry (province, case_id, seq, id, kind, at, leaf, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			l.Province, l.Case, l.Seq, fmt.Sprint("entry ", i), l.Kind, l.At, i, raw[i])
	}
	hashes, root, err := journal.Append(0, raw, memory{})
	must(t, err)
	a.exec(t, "DELETE FROM merkle")
	for i, h := range hashes {
		a.exec(t, "INSERT INTO merkle (province, node, hash) VALUES ($1, $2, $3)", a.Province, i, h[:])
	}
	if !signed {
		return
	}
	signer, _, err := a.Root.Signer(a.Province)
	must(t, err)
	note, err := journal.Checkpoint{Origin: journal.Origin(a.Province), Size: int64(len(all)), Root: root}.Sign(signer)
	must(t, err)
	a.exec(t, "UPDATE checkpoint SET size = $1, root = $2, note = $3", len(all), root[:], note)
}

// attacks change a journal as somebody with the whole database in hand could; what a witness says of it once it is signed
// with the province's own key is the last word.
var attacks = map[string]struct {
	change  func(all []journal.Leaf) []journal.Leaf
	witness string
}{
	"the tail cut off": {func(all []journal.Leaf) []journal.Leaf { return all[:len(all)-3] }, "witness.shrunk"},
	"an entry removed": {func(all []journal.Leaf) []journal.Leaf { return append(all[:6], all[7:]...) }, "witness.shrunk"},
	"an entry removed, and as many added": {func(all []journal.Leaf) []journal.Leaf {
		return append(append(all[:6], all[7:]...), all[len(all)-1])
	}, "witness.forked"},
	"bodies swapped between cases": {func(all []journal.Leaf) []journal.Leaf {
		i, j := len(all)-1, 0
		for all[j].Case == all[i].Case || len(all[j].Body) == 0 && len(all[i].Body) == 0 {
			j++
		}
		all[i].Body, all[j].Body = all[j].Body, all[i].Body
		return all
	}, "witness.forked"},
	"a decision rewritten": {func(all []journal.Leaf) []journal.Leaf { all[5].Kind = "refused"; return all }, "witness.forked"},
	"a forged entry appended": {func(all []journal.Leaf) []journal.Leaf {
		forged := all[len(all)-1]
		forged.Kind, forged.Body = "approved", []byte("forged")
		return append(all, forged)
	}, ""}, // which the province may do: it is its journal
	"a rewritten history with new entries": {func(all []journal.Leaf) []journal.Leaf {
		all[5].Actor = "somebody else"
		return append(all, all[len(all)-1])
	}, "witness.rewritten"},
}

// besieged is a journal that a case has walked through, numbered to its end, and a witness that signed it.
func (w *world) besieged(t testing.TB) (admin, *witness.Witness) {
	t.Helper()
	w.requested(t)
	w.settle(t.Context(), t)
	house, _ := w.house(t, t.TempDir())
	_, _, err := house.Visit(openlog.Open(t.Context(), w.published(t)))
	must(t, err)
	report, err := w.VerifyJournal(t.Context())
	if err != nil || !report.OK() || report.Size < 12 {
		t.Fatalf("%v, %v", report, err)
	}
	return w.admin(t), house
}

// unsigned is the law of who has the database and not the key: each attack is found where the journal lies, in its export,
// and by whoever reads it from outside.
func unsigned(t testing.TB, w *world, judge func(*world) (journal.Report, error)) {
	t.Helper()
	a, _ := w.besieged(t)
	whole := a.entries(t)
	for name, attack := range attacks {
		a.rewrite(t, attack.change(append([]journal.Leaf{}, whole...)), false)
		if report, err := judge(w); err != nil || report.OK() {
			t.Errorf("%s is not found: %v, %v", name, report, err)
		}
		a.rewrite(t, whole, false)
		if report, err := judge(w); err != nil || !report.OK() {
			t.Fatalf("%s: put back, it is called damaged: %v, %v", name, report, err)
		}
	}
}

func TestWhoHasTheDatabaseAndNotTheKeyIsFound(t *testing.T) { onBoth(t, foundOnBoth) }

func foundOnBoth(t testing.TB, w *world) {
	t.Helper()
	unsigned(t, w, func(w *world) (journal.Report, error) { return w.VerifyJournal(t.Context()) })
}

// The control: a chain in each case, and no signed root over all, finds none of them.
func TestAChainAloneFindsNoneOfThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said := control.Reports(t, func(t testing.TB) {
		unsigned(t, w, func(w *world) (journal.Report, error) {
			report := journal.Report{}
			last := map[string]journal.Leaf{}
			for _, l := range w.admin(t).entries(t) {
				if p := last[l.Case]; l.Seq != p.Seq+1 || l.Seq > 1 && l.Prev != p.Hash() {
					report.Total++
				}
				last[l.Case] = l
			}
			return report, nil
		})
	})
	missed := strings.Count(strings.Join(said, "\n"), "is not found")
	if missed != len(attacks) {
		t.Errorf("the chain alone misses %d of %d: %q", missed, len(attacks), said)
	}
}

// signs is what a witness answers to a visit; nil is a signature.
type signs func(t testing.TB, w *world, house *witness.Witness) error

// resigned is the law of the province itself, which has the database and the key: its own check is content, and the witness
// is not.
func resigned(t testing.TB, w *world, visit signs) {
	t.Helper()
	a, house := w.besieged(t)
	whole := a.entries(t)
	for name, attack := range attacks {
		a.rewrite(t, attack.change(append([]journal.Leaf{}, whole...)), true)
		if report, err := w.VerifyJournal(t.Context()); err != nil || !report.OK() {
			t.Errorf("%s: the attack is too weak, the journal's own check finds it: %v, %v", name, report, err)
		}
		if attack.witness == "" {
			continue
		}
		f, ok := fault.As(visit(t, w, house))
		if !ok {
			t.Errorf("%s is signed by the witness", name)
		} else if f.Key != attack.witness {
			t.Errorf("%s: %v, want %s", name, f, attack.witness)
		}
		a.rewrite(t, whole, true)
		if err := visit(t, w, house); err != nil {
			t.Errorf("%s: put back, it is not signed: %v", name, err)
		}
	}
}

func visited(t testing.TB, w *world, house *witness.Witness) error {
	t.Helper()
	_, _, err := house.Visit(openlog.Open(t.Context(), w.published(t)))
	return err
}

func TestAProvinceThatRewritesItsJournalIsFoundByItsWitness(t *testing.T) { onBoth(t, foundByWitness) }

func foundByWitness(t testing.TB, w *world) { t.Helper(); resigned(t, w, visited) }

// The control: a witness that remembers nothing signs all of it.
func TestAWitnessWithoutMemoryFindsNoRewriting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said := control.Reports(t, func(t testing.TB) {
		resigned(t, w, func(t testing.TB, w *world, _ *witness.Witness) error {
			house, _ := w.house(t, t.TempDir())
			return visited(t, w, house)
		})
	})
	if missed := strings.Count(strings.Join(said, "\n"), "is signed by the witness"); missed != len(attacks)-1 {
		t.Errorf("it signs %d of %d: %q", missed, len(attacks)-1, said)
	}
}

// A server whose journal is not what its witness signed hears of it from the witness, and goes on showing only what holds.
func TestTheServerHearsThatItsJournalWasRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.besieged(t)
	house, server := w.house(t, t.TempDir())
	w.witnessed(t, house.VKey(), server.URL)
	rolledBack(t, w, a, "app.witness_forked")
}

// rolledBack is what a server hears of its witness, forked where its journal is as long as the one that was signed, and what it then
// shows.
func rolledBack(t testing.TB, w *world, a admin, forked string) {
	t.Helper()
	must(t, w.AskWitnesses(t.Context()))
	whole := a.entries(t)
	for name, key := range map[string]string{"the tail cut off": "app.witness_ahead", "a decision rewritten": forked, "a rewritten history with new entries": "openlog.witness_refused"} {
		a.rewrite(t, attacks[name].change(append([]journal.Leaf{}, whole...)), true)
		if f, ok := fault.As(w.AskWitnesses(t.Context())); !ok || f.Key != key {
			t.Errorf("%s: %v, want %s", name, f, key)
		}
		if _, err := openlog.Open(t.Context(), w.published(t)).Fetch(journal.WitnessedPath); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: a signature is shown of what is not there: %v", name, err)
		}
		a.rewrite(t, whole, true)
	}
	must(t, w.AskWitnesses(t.Context()))
}

// Every bit of entries with and without a body, of a hash of the tree and of the signed checkpoint, where they are stored.
func TestEveryFlippedBitInTheDatabaseIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.besieged(t)
	flips := 0
	for _, at := range []struct{ column, where string }{
		{"bytes", "entry WHERE leaf = 2"},
		{"bytes", "entry WHERE leaf = (SELECT leaf FROM entry WHERE kind = 'opened' ORDER BY length(bytes) LIMIT 1)"},
		{"hash", "merkle WHERE node = 4"},
		{"note", "checkpoint"},
	} {
		var raw []byte
		must(t, a.db.QueryRowContext(t.Context(), "SELECT "+at.column+" FROM "+at.where).Scan(&raw))
		table, where, _ := strings.Cut(at.where, " ")
		step := 1
		if len(raw) > 300 && os.Getenv("RAHGOSHA_SOAK") == "" {
			step = 13 // of a sealed body, whose bits are all alike; all of them in the long form
		}
		for bit := 0; bit < len(raw)*8; bit += step {
			raw[bit/8] ^= 1 << (bit % 8)
			a.exec(t, "UPDATE "+table+" SET "+at.column+" = $1 "+where, raw)
			if report, err := w.VerifyJournal(t.Context()); err != nil || report.OK() {
				t.Fatalf("bit %d of %s in %s is flipped, and nothing said so: %v, %v", bit, at.column, at.where, report, err)
			}
			raw[bit/8] ^= 1 << (bit % 8)
			flips++
		}
		a.exec(t, "UPDATE "+table+" SET "+at.column+" = $1 "+where, raw)
		if report, err := w.VerifyJournal(t.Context()); err != nil || !report.OK() {
			t.Fatalf("%s: put back, it is called damaged: %v, %v", at.where, report, err)
		}
	}
	flips += copyFlips(t, a)
	t.Logf("%d flips, all found", flips)
}

// copyFlips turns every bit of what stands unsigned beside the checkpoint: the program reads it, so the check does too.
func copyFlips(t *testing.T, a admin) (flips int) {
	t.Helper()
	var size int64
	var root []byte
	must(t, a.db.QueryRowContext(t.Context(), "SELECT size, root FROM checkpoint").Scan(&size, &root))
	for bit := range 64 + 8*len(root) {
		wrongSize, wrongRoot := size, bytes.Clone(root)
		if bit < 64 {
			wrongSize ^= 1 << bit
		} else {
			wrongRoot[bit/8-8] ^= 1 << (bit % 8)
		}
		a.exec(t, "UPDATE checkpoint SET size = $1, root = $2", wrongSize, wrongRoot)
		report, err := a.VerifyJournal(t.Context())
		if err != nil || report.Total != 1 || report.Findings[0].What != journal.WhatCopy {
			t.Fatalf("bit %d beside the checkpoint is flipped, and nothing said so: %v, %v", bit, report, err)
		}
		flips++
	}
	a.exec(t, "UPDATE checkpoint SET size = $1, root = $2", size, root)
	if report, err := a.VerifyJournal(t.Context()); err != nil || !report.OK() {
		t.Fatalf("put back, it is called damaged: %v, %v", report, err)
	}
	return flips
}
