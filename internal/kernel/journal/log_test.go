package journal_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"rahgosha/internal/kernel/journal"
)

// memory is a log's stored hashes in their order.
type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		if x >= int64(len(m)) {
			return nil, fmt.Errorf("hash %d of %d", x, len(m))
		}
		out[i] = m[x]
	}
	return out, nil
}

// world is a journal of one province with its key, complete.
type world struct {
	hashes  memory
	records []journal.Record
	notes   [][]byte
	signer  note.Signer
	known   note.Verifiers
	vkey    string
	keys    []byte
}

func (w *world) Origin() string { return journal.Origin("isfahan") }

func (w *world) Keys() ([]byte, error) { return w.keys, nil }

func (w *world) Checkpoints() iter.Seq2[[]byte, error] { return withoutError(w.notes) }

func (w *world) Records() iter.Seq2[journal.Record, error] { return withoutError(w.records) }

func withoutError[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range all {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	seed := sha256.Sum256([]byte("test"))
	signer, vkey, err := journal.NewSigner(seed[:], journal.Origin("isfahan"))
	must(t, err)
	known, err := journal.VerifierOf(vkey)
	must(t, err)
	return &world{signer: signer, known: known, vkey: vkey}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add appends a batch and signs it.
func (w *world) add(t testing.TB, leaves ...[]byte) {
	t.Helper()
	n := int64(len(w.records))
	stored, root, err := journal.Append(n, leaves, w.hashes)
	must(t, err)
	if at := tlog.StoredHashIndex(0, n); at != int64(len(w.hashes)) {
		t.Fatalf("first hash belongs at %d, store has %d", at, len(w.hashes))
	}
	w.hashes = append(w.hashes, stored...)
	for _, l := range leaves {
		w.records = append(w.records, journal.Record{Leaf: l, Hash: journal.RecordHash(l)})
	}
	msg, err := journal.Checkpoint{Origin: w.Origin(), Size: int64(len(w.records)), Root: root}.Sign(w.signer)
	must(t, err)
	w.notes = append(w.notes, msg)
}

// leaves makes n entries of several cases in turn, chained.
func leaves(n, cases int) [][]byte {
	last := map[string]journal.Leaf{}
	out := make([][]byte, n)
	for i := range out {
		name := fmt.Sprintf("R-%d", i%cases)
		l := journal.Leaf{Province: "isfahan", Case: name, Seq: 1, At: int64(i), Kind: "noted", Actor: "a", Body: fmt.Appendf(nil, "body %d", i)}
		if p, ok := last[name]; ok {
			l.Seq, l.Prev = p.Seq+1, p.Hash()
		}
		last[name], out[i] = l, l.Encode()
	}
	return out
}

func filled(t testing.TB, n, cases, batch int) *world {
	t.Helper()
	w := newWorld(t)
	for part := range slices.Chunk(leaves(n, cases), batch) {
		w.add(t, part...)
	}
	return w
}

// Our batched appending must store exactly what the reference stores leaf by leaf, and give its roots and proofs.
func TestAppendAgreesWithTheReferenceTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var ours, theirs memory
		n := int64(0)
		for _, size := range rapid.SliceOfN(rapid.IntRange(0, 40), 1, 6).Draw(rt, "batches") {
			batch := make([][]byte, size)
			for i := range batch {
				batch[i] = fmt.Appendf(nil, "leaf %d", n+int64(i))
				h, err := tlog.StoredHashes(n+int64(i), batch[i], theirs)
				if err != nil {
					rt.Fatal(err)
				}
				theirs = append(theirs, h...)
			}
			stored, root, err := journal.Append(n, batch, ours)
			if err != nil {
				rt.Fatal(err)
			}
			ours, n = append(ours, stored...), n+int64(size)
			want, err := tlog.TreeHash(n, theirs)
			if err != nil || root != want || !slices.Equal(ours, theirs) {
				rt.Fatalf("differs at size %d: %v", n, err)
			}
		}
	})
}

func TestProofsHoldForTheirEntryOnly(t *testing.T) {
	t.Parallel()
	w := filled(t, 70, 3, 1)
	for size := int64(1); size <= 70; size++ {
		c, err := journal.OpenCheckpoint(w.notes[size-1], w.known)
		must(t, err)
		for i := range size {
			p, err := journal.Prove(size, i, w.hashes)
			must(t, err)
			must(t, journal.CheckProof(p, c, i, w.records[i].Hash))
			if other := (i + 1) % 70; journal.CheckProof(p, c, i, w.records[other].Hash) == nil {
				t.Fatalf("proof of %d in %d accepts entry %d", i, size, other)
			}
		}
		for old := int64(1); old <= size; old++ {
			p, err := journal.ProveTree(size, old, w.hashes)
			must(t, err)
			o, err := journal.OpenCheckpoint(w.notes[old-1], w.known)
			must(t, err)
			must(t, journal.CheckTree(p, c, o))
			if o.Root[0] ^= 1; journal.CheckTree(p, c, o) == nil {
				t.Fatalf("tree %d accepted as continuation of another %d", size, old)
			}
		}
	}
}

func TestCheckpointNeedsTheLogsOwnKey(t *testing.T) {
	t.Parallel()
	w := filled(t, 3, 1, 3)
	other, vkey, err := journal.NewSigner(bytes.Repeat([]byte{7}, 32), journal.Origin("yazd"))
	must(t, err)
	both, err := journal.VerifierOf(w.vkey, vkey)
	must(t, err)
	c, err := journal.OpenCheckpoint(w.notes[0], both)
	must(t, err)
	if _, err := c.Sign(other); err == nil {
		t.Error("another log's key signs")
	}
	forged, err := note.Sign(&note.Note{Text: c.Text()}, other)
	must(t, err)
	if _, err := journal.OpenCheckpoint(forged, both); err == nil {
		t.Error("a checkpoint signed by another log's known key passes")
	}
	for bit := range len(w.notes[0]) * 8 {
		bad := bytes.Clone(w.notes[0])
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := journal.OpenCheckpoint(bad, both); err == nil {
			t.Fatalf("bit %d flipped and accepted: %q", bit, bad)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	all := leaves(1000, 50)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := journal.Append(0, all, memory{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/leaf")
}

func BenchmarkSignCheckpoint(b *testing.B) {
	w := filled(b, 1, 1, 1)
	c := journal.Checkpoint{Origin: w.Origin(), Size: 1}
	for b.Loop() {
		if _, err := c.Sign(w.signer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := filled(b, 10000, 500, 100)
	var file bytes.Buffer
	must(b, journal.Export(&file, w))
	for b.Loop() {
		r, err := journal.Verify(bytes.NewReader(file.Bytes()), journal.Options{Verifiers: w.known})
		if err != nil || !r.OK() {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(w.records)), "ns/leaf")
}
