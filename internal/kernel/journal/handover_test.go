package journal_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// heir makes the key that the log of newWorld is handed over to.
func heir(t testing.TB) (signer note.Signer, vkey string) {
	t.Helper()
	seed := sha256.Sum256([]byte("heir"))
	signer, vkey, err := journal.NewSigner(seed[:], journal.Origin("isfahan"))
	must(t, err)
	return signer, vkey
}

// before is the log of 15 entries that the first key signed; the one at that place names the heir, if it is one of them.
func before(t testing.TB, n, named int) *world {
	t.Helper()
	_, vkey := heir(t)
	all := leaves(n, 4)
	if named < n {
		all[named] = journal.Leaf{Province: "isfahan", Case: "keys:sign:1", Seq: 1, Kind: journal.KindHandover, Actor: "system", Cause: vkey}.Encode()
	}
	w := newWorld(t)
	w.add(t, all...)
	return w
}

// inherited is a log that was handed over at its first 15 entries, and goes on.
func inherited(t testing.TB) *world {
	t.Helper()
	w := before(t, 15, 15)
	former := w.signer
	next, vkey := heir(t)
	c, err := journal.OpenCheckpoint(w.notes[0], w.known)
	must(t, err)
	s, err := journal.NewSuccession(w.vkey)
	must(t, err)
	s, err = s.HandOver(c, former, next, vkey)
	must(t, err)
	w.keys, w.signer = s.Bytes(), next
	w.add(t, journal.Leaf{Province: "isfahan", Case: "keys:sign:1", Seq: 1, Kind: journal.KindHandover, Actor: "system", Cause: vkey}.Encode())
	w.signer = former
	return w
}

// handoverHolds is the law of who stole the former key: no other history of before the handover is taken, nor a log that ends
// there, by anybody who has the list of keys.
func handoverHolds(t testing.TB, verify func(w *world) (journal.Report, error)) {
	t.Helper()
	w := inherited(t)
	if r, err := verify(w); err != nil || !r.OK() || r.Signed != 16 {
		t.Errorf("the log itself: %v, %v", r, err)
	}
	for name, forged := range map[string]*world{"another history": before(t, 15, 14), "a log that ends before": before(t, 10, 9)} {
		forged.keys = w.keys
		if r, err := verify(forged); err != nil || r.OK() {
			t.Errorf("%s is proved: %v, %v", name, r, err)
		}
	}
}

func TestAHandoverHoldsTheLogToItsRoot(t *testing.T) {
	t.Parallel()
	handoverHolds(t, func(w *world) (journal.Report, error) {
		return journal.VerifySource(w, journal.Options{Verifiers: w.known})
	})
	handoverHolds(t, func(w *world) (journal.Report, error) {
		return journal.Verify(bytes.NewReader(export(t, w)), journal.Options{Verifiers: w.known})
	})
}

// The control: who has both keys and not what the handover says takes them.
func TestKeysWithoutTheirHandoverHoldNothing(t *testing.T) {
	t.Parallel()
	_, vkey := heir(t)
	known, err := journal.VerifierOf(newWorld(t).vkey, vkey)
	must(t, err)
	for _, name := range []string{"another history is proved", "a log that ends before is proved"} {
		control.Finds(t, name, func(t testing.TB) {
			handoverHolds(t, func(w *world) (journal.Report, error) {
				bare := *w
				bare.keys = nil
				return journal.VerifySource(&bare, journal.Options{Verifiers: known})
			})
		})
	}
}

// A place so large that the end of its tile is beyond all numbers is before no handover.
func TestAFormerKeySignsNoReceiptBeyondAllNumbers(t *testing.T) {
	t.Parallel()
	w := inherited(t)
	s, err := journal.ParseSuccession(w.keys)
	must(t, err)
	after, err := s.Over(w.known)
	must(t, err)
	for _, index := range []int64{1<<63 - 1, 1<<62 + 255, 1<<20 - 1, -1} {
		r := journal.Receipt{Origin: w.Origin(), Index: index, Width: 256, Letter: letter(1), KeyHash: w.signer.KeyHash()}
		r.Proof = make(tlog.RecordProof, journal.TileHeight)
		r.Root = r.Leaf()
		for range r.Proof {
			r.Root = tlog.NodeHash(tlog.Hash{}, r.Root)
		}
		sig, err := w.signer.Sign([]byte(r.Text()))
		must(t, err)
		copy(r.Signature[:], sig)
		if r.Verify(after) == nil {
			t.Errorf("a receipt of entry %d is proved by a key that was handed over at 15", index)
		}
		if err := r.Verify(w.known); index == 1<<20-1 && err != nil {
			t.Errorf("the control, by who knows of no handover: %v", err)
		}
	}
}
