package journal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
)

func export(t testing.TB, w *world) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, journal.Export(&b, w))
	return b.Bytes()
}

func verify(t testing.TB, w *world, file []byte) journal.Report {
	t.Helper()
	r, err := journal.Verify(bytes.NewReader(file), journal.Options{Verifiers: w.known})
	must(t, err)
	return r
}

func TestWholeExportIsProved(t *testing.T) {
	t.Parallel()
	w := filled(t, 100, 7, 9)
	r := verify(t, w, export(t, w))
	if !r.OK() || r.Size != 100 || r.Signed != 100 || r.Cases != 7 || r.Checkpoints != 12 {
		t.Errorf("%v", r)
	}
	live, err := journal.VerifySource(w, journal.Options{Verifiers: w.known})
	if err != nil || !live.OK() || live.Root != r.Root {
		t.Errorf("%v, %v", live, err)
	}
}

func TestEveryFlippedBitOfAnExportIsFound(t *testing.T) {
	t.Parallel()
	w := filled(t, 6, 2, 3)
	file := export(t, w)
	for bit := range len(file) * 8 {
		file[bit/8] ^= 1 << (bit % 8)
		if verify(t, w, file).OK() {
			t.Fatalf("bit %d flipped and not found", bit)
		}
		file[bit/8] ^= 1 << (bit % 8)
	}
}

// A flip inside an entry's bytes names that entry, its case and number.
func TestRandomFlipsNameTheEntry(t *testing.T) {
	t.Parallel()
	w := filled(t, 60, 5, 10)
	file := export(t, w)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		bit := rng.IntN(len(file) * 8)
		file[bit/8] ^= 1 << (bit % 8)
		r := verify(t, w, file)
		want, inEntry := entryAt(file, bit/8)
		named := slices.ContainsFunc(r.Findings, func(f journal.Finding) bool { return f.Index == want })
		if r.OK() || inEntry && !named {
			t.Fatalf("bit %d, entry %d: %v", bit, want, r)
		}
		file[bit/8] ^= 1 << (bit % 8)
	}
}

// entryAt tells which entry a byte of the base64 part belongs to.
func entryAt(file []byte, at int) (int64, bool) {
	start := bytes.LastIndexByte(file[:at], '\n') + 1
	var n int64
	var hash string
	_, err := fmt.Sscanf(string(file[start:at]), "entry %d %64s", &n, &hash)
	inside := err == nil && len(hash) == 64 && strings.Count(string(file[start:at]), " ") == 3
	return n, inside && file[at] != '\n'
}

func decoded(t testing.TB, w *world, i int) journal.Leaf {
	t.Helper()
	l, err := journal.Decode(w.records[i].Leaf)
	must(t, err)
	return l
}

func put(w *world, i int, l journal.Leaf) {
	b := l.Encode()
	w.records[i] = journal.Record{Leaf: b, Hash: journal.RecordHash(b)}
}

// rechain recomputes Seq and Prev of every case, as somebody with the database in hand would.
func rechain(t testing.TB, w *world) {
	t.Helper()
	last := map[string]journal.Leaf{}
	for i := range w.records {
		l := decoded(t, w, i)
		l.Seq, l.Prev = 1, [32]byte{}
		if p, ok := last[l.Case]; ok {
			l.Seq, l.Prev = p.Seq+1, p.Hash()
		}
		last[l.Case] = l
		put(w, i, l)
	}
}

// chainOnly is the negative control: a hash chain without Merkle root and signature.
func chainOnly(t testing.TB, w *world) bool {
	t.Helper()
	last := map[string]journal.Leaf{}
	for i := range w.records {
		l := decoded(t, w, i)
		p, ok := last[l.Case]
		if ok && (l.Seq != p.Seq+1 || l.Prev != p.Hash()) || !ok && l.Seq != 1 {
			return false
		}
		last[l.Case] = l
	}
	return true
}

// attacks change a journal of 20 entries in 4 cases as somebody who can write the database, but not sign, could.
var attacks = map[string]func(t testing.TB, w *world){
	"tail cut": func(_ testing.TB, w *world) { w.records = w.records[:17] },
	"deletion with recomputed chain": func(t testing.TB, w *world) {
		w.records = slices.Delete(w.records, 6, 7)
		rechain(t, w)
	},
	"swap across cases": func(t testing.TB, w *world) {
		a, b := decoded(t, w, 8), decoded(t, w, 9)
		a.Body, b.Body = b.Body, a.Body
		put(w, 8, a)
		put(w, 9, b)
		rechain(t, w)
	},
	"rewritten entry with recomputed chain": func(t testing.TB, w *world) {
		l := decoded(t, w, 5)
		l.Kind = "refused"
		put(w, 5, l)
		rechain(t, w)
	},
	"forged append": func(t testing.TB, w *world) {
		l := decoded(t, w, 19)
		l.Prev, l.Seq, l.Kind = l.Hash(), l.Seq+1, "approved"
		w.records = append(w.records, journal.Record{})
		put(w, 20, l)
	},
	"reordering": func(_ testing.TB, w *world) { w.records[8], w.records[9] = w.records[9], w.records[8] },
}

func TestStructuralAttacksAreFound(t *testing.T) {
	t.Parallel()
	missedByChain := 0
	for name, attack := range attacks {
		w := filled(t, 20, 4, 5)
		attack(t, w)
		if r := verify(t, w, export(t, w)); r.OK() {
			t.Errorf("%s: not found", name)
		}
		if chainOnly(t, w) {
			missedByChain++
		}
	}
	if missedByChain < 5 {
		t.Errorf("negative control: the chain alone missed only %d of %d; the attacks are too weak", missedByChain, len(attacks))
	}
}

// A row changed in the database is named exactly, since its stored hash still stands in the proved tree.
func TestChangedRowIsNamed(t *testing.T) {
	t.Parallel()
	w := filled(t, 20, 4, 5)
	l := decoded(t, w, 13)
	l.Actor = "somebody else"
	w.records[13].Leaf = l.Encode()
	r := verify(t, w, export(t, w))
	if r.Total != 2 || r.Signed != 20 {
		t.Fatalf("%v", r)
	}
	f := r.Findings[0]
	if f.What != journal.WhatHash || f.Index != 13 || f.Case != "R-1" || f.Seq != 4 {
		t.Errorf("%+v", f)
	}
	if next := r.Findings[1]; next.What != journal.WhatChain || next.Index != 17 {
		t.Errorf("%+v", next)
	}
}

// A whole log put back to an older signed state shows only against what others hold.
func TestRollbackShowsAgainstHeldCheckpointAndReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := letter(18)
	all := leaves(18, 4)
	all = append(all, l.Entry("isfahan", 7).Encode(), letter(19).Entry("isfahan", 7).Encode())
	for part := range slices.Chunk(all, 5) {
		w.add(t, part...)
	}
	held, err := journal.OpenCheckpoint(w.notes[3], w.known)
	must(t, err)
	receipt := w.receipt(t, l, 7, 18)
	if r, err := journal.VerifySource(w, journal.Options{Verifiers: w.known, Receipts: []journal.Receipt{receipt}}); err != nil || !r.OK() {
		t.Errorf("the whole log contradicts its receipt: %v, %v", r, err)
	}
	w.records, w.notes = w.records[:15], w.notes[:3]
	for name, c := range map[string]struct {
		o  journal.Options
		ok bool
	}{
		"control: nothing held": {journal.Options{}, true},
		"checkpoint held":       {journal.Options{Held: []journal.Checkpoint{held}}, false},
		"receipt held":          {journal.Options{Receipts: []journal.Receipt{receipt}}, false},
	} {
		c.o.Verifiers = w.known
		if r, err := journal.VerifySource(w, c.o); err != nil || r.OK() != c.ok {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

func TestEveryFindingHasItsText(t *testing.T) {
	t.Parallel()
	for _, k := range locale.Keys(locale.EN) {
		what, ok := strings.CutPrefix(k, "journal.finding.")
		if f := (journal.Finding{What: what}); ok && (f.Text().EN == k || f.Text().FA == k) {
			t.Errorf("%s has no text", k)
		}
	}
	if f := (journal.Finding{What: journal.WhatNoCheckpoint}); f.Text().EN == "journal.finding.no_checkpoint" {
		t.Error("texts do not load")
	}
}
