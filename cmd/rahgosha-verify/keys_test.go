package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// handed is a log of 22 entries whose first 15 the key of newLog signed, and which was handed over to another one then.
func handed(t testing.TB) (l *log, former, next note.Signer, nextKey string) {
	t.Helper()
	former, _, err := journal.NewSigner(bytes.Repeat([]byte{5}, 32), l.Origin())
	must(t, err)
	next, nextKey, err = journal.NewSigner(bytes.Repeat([]byte{8}, 32), l.Origin())
	must(t, err)
	l = logOf(t, 22, map[int]journal.Leaf{15: named(nextKey)})
	known, err := journal.VerifierOf(l.vkey)
	must(t, err)
	for i, n := range l.notes {
		c, err := journal.OpenCheckpoint(n, known)
		must(t, err)
		switch {
		case c.Size == 15:
			s, err := journal.NewSuccession(l.vkey)
			must(t, err)
			s, err = s.HandOver(c, former, next, nextKey)
			must(t, err)
			l.keys = s.Bytes()
		case c.Size > 15:
			l.notes[i], err = c.Sign(next)
			must(t, err)
		}
	}
	return l, former, next, nextKey
}

// named is the entry that names the key a log was handed over to.
func named(key string) journal.Leaf {
	return journal.Leaf{Province: "isfahan", Case: "keys:sign:1", Seq: 1, Kind: journal.KindHandover, Actor: "system", Cause: key}
}

// Whoever has the former key or the new one proves a log that was handed over. A log that the former key signs on, keys that
// not both have signed, and those of somebody else are refused.
func TestALogThatWasHandedOver(t *testing.T) {
	t.Parallel()
	l, former, next, nextKey := handed(t)
	_, strange, err := journal.NewSigner(bytes.Repeat([]byte{9}, 32), l.Origin())
	must(t, err)
	for _, key := range []string{l.vkey, nextKey} {
		if code, out := check(export(t, l), "-key", key, "-lang", "en"); code != 0 || !strings.Contains(out, "signature: 22") {
			t.Errorf("whole, by %s: %d\n%s", key, code, out)
		}
		agrees(t, &log{vkey: key}, func(file []byte) (int, string) { return check(file, "-key", key) }, export(t, l))
	}
	refused := func(name string, l *log, key string) {
		t.Helper()
		known, err := journal.VerifierOf(key)
		must(t, err)
		if r, err := journal.Verify(bytes.NewReader(export(t, l)), journal.Options{Verifiers: known}); err != nil || r.OK() {
			t.Errorf("%s: the journal's own check finds nothing: %v", name, err)
		}
		if code, out := check(export(t, l), "-key", key); code != 1 {
			t.Errorf("%s: %d\n%s", name, code, out)
		}
	}
	refused("a stranger's key", l, strange)
	bare := *l
	bare.keys = nil
	refused("the former key, without the keys", &bare, l.vkey)
	on := *l
	known, err := journal.VerifierOf(nextKey)
	must(t, err)
	last := len(l.notes) - 1
	c, err := journal.OpenCheckpoint(l.notes[last], known)
	must(t, err)
	signed, err := c.Sign(former)
	must(t, err)
	on.notes = append(slices.Clone(l.notes[:last]), signed)
	refused("the former key signs on", &on, l.vkey)
	refused("the former key signs on, seen by the new one", &on, nextKey)
	bare.notes = on.notes
	if code, out := check(export(t, &bare), "-key", l.vkey, "-key", nextKey); code != 0 {
		t.Errorf("the control: who does not know of the handover lets the former key sign on: %d\n%s", code, out)
	}
	for bit := range len(l.keys) * 8 { // every bit of the keys
		changed := *l
		changed.keys = bytes.Clone(l.keys)
		changed.keys[bit/8] ^= 1 << (bit % 8)
		if code, _ := check(export(t, &changed), "-key", l.vkey); code != 1 {
			t.Fatalf("bit %d of the keys may turn over", bit)
		}
	}
	for name, by := range map[string][2]note.Signer{"not by the former": {next, next}, "not by the new": {former, former}} {
		forged := *l
		text, _, _ := strings.Cut(string(l.keys[bytes.IndexByte(l.keys, '\n')+1:]), "\n\n")
		msg, err := note.Sign(&note.Note{Text: text + "\n"}, by[0])
		must(t, err)
		more, err := note.Sign(&note.Note{Text: text + "\n"}, by[1])
		must(t, err)
		forged.keys = []byte(l.vkey + "\n" + string(journal.Together(msg, more)))
		refused(name, &forged, l.vkey)
	}
}

// A receipt goes on to verify by the key that signed it; one that the former key signs of what came after the handover does
// not, for whoever has the log's keys.
func TestReceiptsAfterAHandover(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	known, err := journal.VerifierOf(f.key)
	must(t, err)
	c, err := journal.OpenCheckpoint(f.signed, known)
	must(t, err)
	next, nextKey, err := journal.NewSigner(bytes.Repeat([]byte{8}, 32), c.Origin)
	must(t, err)
	write := func(at journal.Checkpoint) string {
		s, err := journal.NewSuccession(f.key)
		must(t, err)
		s, err = s.HandOver(at, f.signer, next, nextKey)
		must(t, err)
		name := filepath.Join(t.TempDir(), "keys")
		must(t, os.WriteFile(name, s.Bytes(), 0o600))
		return name
	}
	letter, whole := []byte(f.letters["l1"]), f.write(t)
	before := write(journal.Checkpoint{Origin: c.Origin, Size: 17})
	for name, want := range map[string]struct {
		code int
		args []string
	}{
		"by its key":                       {0, []string{"-key", f.key}},
		"by the new key and the keys":      {0, []string{"-key", nextKey, "-keys", write(c)}},
		"by the new key alone":             {1, []string{"-key", nextKey}},
		"of what came after the handover":  {1, []string{"-key", f.key, "-keys", before}},
		"the same, by who has the new key": {1, []string{"-key", nextKey, "-keys", before}},
	} {
		if code, out := check(letter, append([]string{"receipt"}, want.args...)...); code != want.code {
			t.Errorf("a receipt %s: %d\n%s", name, code, out)
		}
		if code, out := check(whole, append([]string{"container"}, want.args...)...); code != want.code {
			t.Errorf("a container %s: %d\n%s", name, code, out)
		}
	}
	f.keys, err = os.ReadFile(write(c))
	must(t, err)
	f.signer = next
	if code, out := check(f.write(t), "container", "-key", f.key); code != 0 {
		t.Errorf("a container that the new key signs, by the former: %d\n%s", code, out)
	}
	f.keys = nil
	if code, _ := check(f.write(t), "container", "-key", f.key); code != 1 {
		t.Error("the control: without the keys in it nobody who has the former key proves it")
	}
}

// held is the law of who stole the former key and makes another history of before the handover, or ends the log there: nobody
// who has the list of keys takes it, whatever that key signed.
func held(t testing.TB, check func(l *log) (int, string)) {
	t.Helper()
	l, _, _, nextKey := handed(t)
	if code, out := check(l); code != 0 {
		t.Errorf("the log itself: %d\n%s", code, out)
	}
	for name, forged := range map[string]*log{
		"another history of before":           logOf(t, 15, map[int]journal.Leaf{12: named(nextKey)}),
		"a log that ends before the handover": logOf(t, 10, map[int]journal.Leaf{8: named(nextKey)}),
		"no word of the handover":             {records: l.records[:15], notes: l.notes[:3], vkey: l.vkey},
	} {
		forged.keys = l.keys
		if code, _ := check(forged); code != 1 {
			t.Errorf("%s is proved", name)
		}
	}
}

func TestAHandoverHoldsTheLogToItsRoot(t *testing.T) {
	t.Parallel()
	held(t, func(l *log) (int, string) {
		agrees(t, l, l.check, export(t, l))
		return l.check(export(t, l))
	})
}

// The control: who has both keys by another way, and no list of what the handover said, takes each of them.
func TestKeysWithoutTheirHandoverHoldNothing(t *testing.T) {
	t.Parallel()
	_, _, _, nextKey := handed(t)
	without := func(l *log) (int, string) {
		bare := *l
		bare.keys = nil
		return check(export(t, &bare), "-key", l.vkey, "-key", nextKey)
	}
	for _, name := range []string{"another history of before", "a log that ends before the handover", "no word of the handover"} {
		control.Finds(t, name+" is proved", func(t testing.TB) { held(t, without) })
	}
}

// A case's file whose checkpoint is of the size of the handover is held to its root too.
func TestAHandoverHoldsAContainerToItsRoot(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	known, err := journal.VerifierOf(f.key)
	must(t, err)
	c, err := journal.OpenCheckpoint(f.signed, known)
	must(t, err)
	next, nextKey, err := journal.NewSigner(bytes.Repeat([]byte{8}, 32), c.Origin)
	must(t, err)
	for _, own := range []bool{true, false} {
		if !own {
			c.Root[0] ^= 1
		}
		s, err := journal.NewSuccession(f.key)
		must(t, err)
		s, err = s.HandOver(c, f.signer, next, nextKey)
		must(t, err)
		f.keys = s.Bytes()
		if code, out := checkContainer(f.write(t), f.key); (code == 0) != own {
			t.Errorf("the handover is of this log: %t, and exit %d\n%s", own, code, out)
		}
	}
}

// A receipt whose place is so large that the end of its tile is beyond all numbers is not taken of a key that was handed over.
func TestAFormerKeySignsNoReceiptBeyondAllNumbers(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	known, err := journal.VerifierOf(f.key)
	must(t, err)
	c, err := journal.OpenCheckpoint(f.signed, known)
	must(t, err)
	next, nextKey, err := journal.NewSigner(bytes.Repeat([]byte{8}, 32), c.Origin)
	must(t, err)
	s, err := journal.NewSuccession(f.key)
	must(t, err)
	s, err = s.HandOver(c, f.signer, next, nextKey)
	must(t, err)
	keys := filepath.Join(t.TempDir(), "keys")
	must(t, os.WriteFile(keys, s.Bytes(), 0o600))
	for _, index := range []int64{1<<63 - 1, 1<<62 + 255, 1<<20 - 1, -1} {
		file := []byte(late(t, f.signer, index).Encode() + "\n")
		if code, out := check(file, "receipt", "-key", f.key, "-keys", keys); code != 1 {
			t.Errorf("entry %d, signed by the former key: %d\n%s", index, code, out)
		}
	}
	ours := []byte(late(t, f.signer, 1<<20-1).Encode() + "\n")
	if code, out := check(ours, "receipt", "-key", f.key); code != 0 {
		t.Errorf("the control, by who knows of no handover: %d\n%s", code, out)
	}
}

// late is a receipt of the last entry of a tile, which is whole and signed.
func late(t testing.TB, by note.Signer, index int64) journal.Receipt {
	t.Helper()
	r := journal.Receipt{Origin: by.Name(), Index: index, Width: 256, Letter: journal.Bind([16]byte{1}, "1405/out/7", "loan", words), KeyHash: by.KeyHash()}
	r.Proof = make(tlog.RecordProof, journal.TileHeight)
	r.Root = r.Leaf()
	for range r.Proof {
		r.Root = tlog.NodeHash(tlog.Hash{}, r.Root)
	}
	sig, err := by.Sign([]byte(r.Text()))
	must(t, err)
	copy(r.Signature[:], sig)
	return r
}
