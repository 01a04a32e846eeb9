package journal_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

func letter(n int) journal.Bound {
	return journal.Bind([16]byte{byte(n), 1}, fmt.Sprintf("1405/out/%d", n), "about the loan", fmt.Sprintf("The unit gets %d.", n))
}

// receipt makes the receipt of the entry at index at the log's last checkpoint.
func (w *world) receipt(t testing.TB, l journal.Bound, at, index int64) journal.Receipt {
	t.Helper()
	p, err := journal.Prove(int64(len(w.records)), index, w.hashes)
	must(t, err)
	r, err := journal.NewReceipt(w.notes[len(w.notes)-1], w.known, w.signer, l, at, index, p)
	must(t, err)
	return r
}

// letters is a log of n entries, every one a letter's.
func letters(t testing.TB, n int) *world {
	t.Helper()
	w := newWorld(t)
	all := make([][]byte, n)
	for i := range all {
		all[i] = letter(i).Entry("isfahan", int64(i)).Encode()
	}
	w.add(t, all...)
	return w
}

// Every entry of logs of all shapes has a receipt that proves it and no other, and the journal itself contains what it
// proves.
func TestReceiptsProveTheirEntryAlone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 7, 8, 100, 255, 256, 257, 300, 511, 512, 600} {
		w := letters(t, n)
		step := 1 + n/40
		var all []journal.Receipt
		for i := 0; i < n; i += step {
			r := w.receipt(t, letter(i), int64(i), int64(i))
			back, err := journal.DecodeReceipt(r.Encode())
			must(t, err)
			if err := back.Verify(w.known); err != nil || back.Leaf() != w.records[i].Hash || back.Index != int64(i) {
				t.Fatalf("receipt of %d in %d: %v", i, n, err)
			}
			for what, change := range map[string]func(r *journal.Receipt){
				"letter": func(r *journal.Receipt) { r.Letter = letter(i + 1) },
				"text":   func(r *journal.Receipt) { r.Letter.Text[0] ^= 1 },
				"time":   func(r *journal.Receipt) { r.At++ },
				"place":  func(r *journal.Receipt) { r.Index ^= 1 },
				"tile":   func(r *journal.Receipt) { r.Index += 256 },
				"width":  func(r *journal.Receipt) { r.Width = r.Width%256 + 1 },
				"root":   func(r *journal.Receipt) { r.Root[5] ^= 1 },
				"log":    func(r *journal.Receipt) { r.Origin = journal.Origin("yazd") },
			} {
				other := back
				if change(&other); other.Verify(w.known) == nil {
					t.Fatalf("receipt of %d in %d proves another %s", i, n, what)
				}
			}
			all = append(all, r)
		}
		report, err := journal.VerifySource(w, journal.Options{Verifiers: w.known, Receipts: all})
		if err != nil || !report.OK() {
			t.Fatalf("the log of %d contradicts its receipts: %v, %v", n, report, err)
		}
	}
}

// Nothing is signed but what the signed checkpoint holds: hashes that somebody changed where they are stored give no receipt.
func TestNoReceiptIsSignedOverOtherHashes(t *testing.T) {
	t.Parallel()
	w := letters(t, 300)
	for _, index := range []int64{5, 290} {
		p, err := journal.Prove(300, index, w.hashes)
		must(t, err)
		for i := range p {
			p[i][0] ^= 1
			if _, err := journal.NewReceipt(w.notes[0], w.known, w.signer, letter(int(index)), index, index, p); err == nil {
				t.Errorf("hash %d of the path of %d is another, and a receipt is signed", i, index)
			}
			p[i][0] ^= 1
		}
		if _, err := journal.NewReceipt(w.notes[0], w.known, w.signer, letter(7), index, index, p); err == nil {
			t.Error("another letter gets a receipt")
		}
	}
}

// everyBit is the law of receipts: each bit counts.
func everyBit(t testing.TB, verify func(text string) error) {
	t.Helper()
	w := letters(t, 300)
	text := []byte(w.receipt(t, letter(123), 123, 123).Encode())
	if err := verify(string(text)); err != nil {
		t.Fatalf("the whole receipt: %v", err)
	}
	for bit := range len(text) * 8 {
		bad := bytes.Clone(text)
		bad[bit/8] ^= 1 << (bit % 8)
		if verify(string(bad)) == nil {
			t.Fatalf("bit %d of %q is flipped, and it is accepted", bit, text)
		}
	}
}

func TestReceiptFindsEveryFlippedBit(t *testing.T) {
	t.Parallel()
	known := newWorld(t).known
	everyBit(t, func(text string) error {
		r, err := journal.DecodeReceipt(text)
		if err == nil {
			err = r.Verify(known)
		}
		return err
	})
}

// The control: a reader that decodes and looks at no signature accepts flips.
func TestAReceiptWithoutItsSignatureProvesNothing(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is flipped, and it is accepted", func(t testing.TB) {
		everyBit(t, func(text string) error {
			_, err := journal.DecodeReceipt(text)
			return err
		})
	})
}

// A letter's code must stay readable however long the log is: the longest receipt, at ten million entries and at a
// thousand times as many.
func TestReceiptFitsACode(t *testing.T) {
	t.Parallel()
	base := letters(t, 1).receipt(t, letter(0), 0, 0)
	base.Origin = journal.Origin("chaharmahal-bakhtiari")
	base.Letter = journal.Bind([16]byte{}, "\u06f1\u06f4\u06f0\u06f5/\u0628/\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7", strings.Repeat("\u0645", 200), "")
	base.At, base.Width, base.Proof = 2_000_000_000_000_000, 256, make(tlog.RecordProof, journal.TileHeight)
	for _, n := range []int64{10_000_000, 10_000_000_000} {
		base.Index = n - 1
		if got := base.QRBytes(); got > 600 {
			t.Errorf("at %d entries a receipt needs %d bytes, want at most 600", n, got)
		} else {
			t.Logf("%d entries: %d bytes", n, got)
		}
	}
}

// A paper's text, typed anew or taken out of a file, has the hash of the original; another one has not.
func TestATextIsTheSameHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	original := "\u0645\u0628\u0644\u063a \u06f1\u06f2\u066c\u06f5\u06f0\u06f0 \u0631\u06cc\u0627\u0644 \u0645\u06cc\u200c\u0634\u0648\u062f.\n10 5"
	for _, same := range []string{
		strings.ReplaceAll(original, "\u06cc", "\u064a"), strings.ReplaceAll(original, "\u200c", ""), strings.ReplaceAll(original, " ", "  "),
		strings.ReplaceAll(original, "\u06f5", "\u0665"), strings.ReplaceAll(original, "\n", " \r\n"), "\u202b" + original,
	} {
		if journal.TextHash(same) != journal.TextHash(original) {
			t.Errorf("%q is another text", same)
		}
	}
	for _, other := range []string{
		strings.ReplaceAll(original, "10 5", "1 05"), strings.ReplaceAll(original, "10 5", "105"), strings.ReplaceAll(original, "\u066c", ""), strings.ReplaceAll(original, " ", ""),
		strings.ReplaceAll(original, "\u06f5", "\u06f6"), strings.ReplaceAll(original, "10", "-10"), original + "!",
	} {
		if journal.TextHash(other) == journal.TextHash(original) {
			t.Errorf("%q is the same text", other)
		}
	}
	if journal.TextHash("a") != sha256.Sum256([]byte("a")) {
		t.Error("plain text is changed")
	}
}
