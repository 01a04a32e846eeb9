package journal_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// oneLeaf is the law of the leaf codec: no two byte strings are one entry.
func oneLeaf(t testing.TB, decode func([]byte) (journal.Leaf, error), b []byte) {
	t.Helper()
	l, err := decode(b)
	if err != nil {
		if _, ok := fault.As(err); !ok {
			t.Fatalf("not a fault: %v", err)
		}
		return
	}
	if !bytes.Equal(l.Encode(), b) {
		t.Fatalf("two byte strings decode alike: % x", b)
	}
}

func leafSeeds(t testing.TB) (out [][]byte) {
	t.Helper()
	for _, v := range vectors(t) {
		whole := unhex(t, v.Encoded)
		out = append(out, whole, append(bytes.Clone(whole), 0), whole[:len(whole)-1])
	}
	return out
}

func FuzzDecode(f *testing.F) {
	for _, b := range leafSeeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { oneLeaf(t, journal.Decode, b) })
}

// A decoder that does not mind what stands behind an entry would give two leaves to one.
func TestFuzzDecodeFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(b []byte) (journal.Leaf, error) {
		l, err := journal.Decode(b)
		if err != nil && len(b) > 0 {
			return journal.Decode(b[:len(b)-1])
		}
		return l, err
	}
	control.Finds(t, "decode alike", func(t testing.TB) {
		for _, b := range leafSeeds(t) {
			oneLeaf(t, broken, b)
		}
	})
}

// slip is a whole receipt and the keys it is checked with.
type slip struct {
	journal.Receipt
	known note.Verifiers
}

func newSlip(t testing.TB) slip {
	t.Helper()
	w := newWorld(t)
	l := letter(4)
	all := leaves(9, 2)
	all[4] = l.Entry("isfahan", 44).Encode()
	w.add(t, all...)
	return slip{w.receipt(t, l, 44, 4), w.known}
}

// unforged is the law of receipts: a text is one receipt, and only the one that was given proves its entry.
func (r slip) unforged(t testing.TB, decode func(string) (journal.Receipt, error), s string) {
	t.Helper()
	got, err := decode(s)
	if err != nil {
		return
	}
	if got.Encode() != s {
		t.Fatalf("two texts decode alike: %q", s)
	}
	if got.Verify(r.known) == nil && s != r.Encode() {
		t.Fatalf("forged: %q", s)
	}
}

func (r slip) seeds() []string {
	s := r.Encode()
	return []string{s, s + "A", strings.ToLower(s), s[:len(s)-8]}
}

func FuzzDecodeReceipt(f *testing.F) {
	r := newSlip(f)
	for _, s := range r.seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { r.unforged(t, journal.DecodeReceipt, s) })
}

// A reader that takes small letters too, as some scanners give them, would have two codes for one receipt.
func TestFuzzDecodeReceiptFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	r := newSlip(t)
	control.Finds(t, "decode alike", func(t testing.TB) {
		for _, s := range r.seeds() {
			r.unforged(t, func(s string) (journal.Receipt, error) { return journal.DecodeReceipt(strings.ToUpper(s)) }, s)
		}
	})
}

// proved is the law of the verifier: readable bytes give a report, and what is proved is the file or a signed prefix of it.
func proved(t testing.TB, w *world, whole [32]byte, verify func([]byte) (journal.Report, error), b []byte) {
	t.Helper()
	r, err := verify(b)
	if err != nil {
		t.Fatalf("an error for readable bytes: %v", err)
	}
	// The key signed states of this log only: whatever is proved is this file or a signed prefix of it.
	if r.OK() && sha256.Sum256(b) != whole && !(r.Size == 3 || r.Size == 6) {
		t.Fatalf("forged export accepted: %v", r)
	}
}

func (w *world) verify(b []byte) (journal.Report, error) {
	return journal.Verify(bytes.NewReader(b), journal.Options{Verifiers: w.known})
}

// exports gives a whole export, one without entries, and one whose last entry was taken off with its checkpoint.
func exports(t testing.TB, w *world) [][]byte {
	t.Helper()
	file := export(t, w)
	short := *w
	short.records = w.records[:5]
	return [][]byte{file, []byte("rahgosha-journal-export/v1 rahgosha/isfahan\nend 0 00\n"), export(t, &short)}
}

func FuzzVerify(f *testing.F) {
	w := filled(f, 6, 2, 3)
	seeds := exports(f, w)
	for _, b := range seeds {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { proved(t, w, sha256.Sum256(seeds[0]), w.verify, b) })
}

// A verifier that drops what it found of checkpoints proves a log that was cut short.
func TestFuzzVerifyFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	w := filled(t, 6, 2, 3)
	seeds := exports(t, w)
	control.Finds(t, "forged export", func(t testing.TB) {
		for _, b := range seeds {
			proved(t, w, sha256.Sum256(seeds[0]), func(b []byte) (journal.Report, error) {
				r, err := w.verify(b)
				r.Findings, r.Total = nil, 0
				return r, err
			}, b)
		}
	})
}

// signedOnly is the law of checkpoints: what opens says what its log signed, in the very bytes of one of its notes.
func signedOnly(t testing.TB, w *world, open func([]byte, note.Verifiers) (journal.Checkpoint, error), msg []byte) {
	t.Helper()
	c, err := open(msg, w.known)
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid {
			t.Fatalf("not a fault: %v", err)
		}
		return
	}
	for _, n := range w.notes {
		if known, err := journal.OpenCheckpoint(n, w.known); err == nil && known == c && bytes.HasPrefix(msg, []byte(c.Text()+"\n")) {
			return
		}
	}
	t.Fatalf("a checkpoint that nobody signed opens: %q as %+v", msg, c)
}

// checkpointSeeds are a log's notes, one with another size, and one that leaves a zero before its size.
func checkpointSeeds(w *world) [][]byte {
	n := w.notes[0]
	return [][]byte{n, w.notes[1], bytes.Replace(n, []byte("\n3\n"), []byte("\n4\n"), 1), bytes.Replace(n, []byte("\n3\n"), []byte("\n03\n"), 1), nil}
}

func FuzzOpenCheckpoint(f *testing.F) {
	w := filled(f, 6, 2, 3)
	for _, b := range checkpointSeeds(w) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, msg []byte) { signedOnly(t, w, journal.OpenCheckpoint, msg) })
}

// trusting takes every signature of a known name.
type trusting struct{ note.Verifier }

// Verify says yes.
func (trusting) Verify(_, _ []byte) bool { return true }

// A reader that looks at the signer's name and not at the signature opens a size that nobody signed.
func TestFuzzOpenCheckpointFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	w := filled(t, 6, 2, 3)
	key, err := note.NewVerifier(w.vkey)
	must(t, err)
	control.Finds(t, "nobody signed", func(t testing.TB) {
		for _, b := range checkpointSeeds(w) {
			signedOnly(t, w, func(msg []byte, _ note.Verifiers) (journal.Checkpoint, error) {
				return journal.OpenCheckpoint(msg, note.VerifierList(trusting{key}))
			}, b)
		}
	})
}

// wholeKey is the law of the root key's file: what is cut, longer or of another form is no key, for half a key would seal a
// province under what anybody can guess.
func wholeKey(t testing.TB, load func(path string) (*journal.Root, error), b []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := load(path)
	if err != nil {
		if _, ok := fault.As(err); !ok {
			t.Fatalf("not a fault: %v", err)
		}
		return
	}
	if !keyFile.Match(b) {
		t.Fatalf("taken for a whole key: %q", b)
	}
}

var keyFile = regexp.MustCompile(`\A[^\n]*[ \n][0-9a-fA-F]{64}\n\z`)

func keySeeds(t testing.TB) [][]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := journal.LoadRoot(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{whole, whole[:len(whole)-9], append(bytes.Clone(whole), '0'), bytes.ToUpper(whole), nil}
}

func FuzzLoadRoot(f *testing.F) {
	for _, b := range keySeeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { wholeKey(t, journal.LoadRoot, b) })
}

// A loader that fills up a key that was cut off would take half a key for a whole one.
func TestFuzzLoadRootFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	seeds := keySeeds(t)
	filling := func(path string) (*journal.Root, error) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for len(raw) < len(seeds[0])-1 {
			raw = append(raw, '0')
		}
		if err := os.WriteFile(path, append(raw[:len(seeds[0])-1], '\n'), 0o600); err != nil {
			return nil, err
		}
		return journal.LoadRoot(path)
	}
	wholeKey(t, journal.LoadRoot, seeds[0])
	control.Finds(t, "taken for a whole key", func(t testing.TB) { wholeKey(t, filling, seeds[1]) })
}
