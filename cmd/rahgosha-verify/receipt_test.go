package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/kernel/journal"
)

const words = "1405/out/7\n\u06f1\u06f4\u06f0\u06f5/\u06f9/\u06f8\nThe unit gets 1,200 rial.\n10 5"

type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = m[x]
	}
	return out, nil
}

// entered is a log of n entries with a checkpoint, in which each of some letters has its entry; it gives the key and the
// letters' receipts.
func entered(t testing.TB, n int, at ...int) (key string, receipts []journal.Receipt) {
	t.Helper()
	signer, vkey, err := journal.NewSigner(bytes.Repeat([]byte{5}, 32), journal.Origin("isfahan"))
	must(t, err)
	all := make([][]byte, n)
	for i := range all {
		all[i] = journal.Leaf{Province: "isfahan", Case: fmt.Sprint("R-", i), Seq: 1, At: int64(i), Kind: "noted"}.Encode()
	}
	b := journal.Bind([16]byte{1, 2, 3}, "1405/out/7", "loan of the unit", words)
	for _, i := range at {
		all[i] = b.Entry("isfahan", int64(i)).Encode()
	}
	stored, root, err := journal.Append(0, all, memory{})
	must(t, err)
	signed, err := journal.Checkpoint{Origin: journal.Origin("isfahan"), Size: int64(n), Root: root}.Sign(signer)
	must(t, err)
	known, err := journal.VerifierOf(vkey)
	must(t, err)
	for _, i := range at {
		p, err := journal.Prove(int64(n), int64(i), memory(stored))
		must(t, err)
		r, err := journal.NewReceipt(signed, known, signer, b, int64(i), int64(i), p)
		must(t, err)
		receipts = append(receipts, r)
	}
	return vkey, receipts
}

func checkReceipt(file []byte, key string) (int, string) {
	var out bytes.Buffer
	code := run([]string{"receipt", "-", "-key", key, "-lang", "en"}, bytes.NewReader(file), &out, &out)
	return code, out.String()
}

func TestProvesReceiptsOfLogsOfEveryShape(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 5, 255, 256, 257, 300, 513, 700} {
		key, all := entered(t, n, 0, n/2, n-1)
		for _, r := range all {
			code, out := checkReceipt([]byte(r.Encode()+"\n"), key)
			if code != 0 || !strings.Contains(out, "1405/out/7") || !strings.Contains(out, "compare number and subject") {
				t.Fatalf("entry %d of %d: %d\n%s", r.Index, n, code, out)
			}
		}
	}
}

// The whole of it: the letter's text as a file, in a PDF, and as somebody types it; another text is found.
func TestProvesTheTextOfALetter(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	file := journal.LetterFile(words, all[0])
	name := filepath.Join(t.TempDir(), "letter.txt")
	must(t, os.WriteFile(name, []byte(file), 0o600))
	var out bytes.Buffer
	if code := run([]string{"receipt", name, "-key", key}, nil, &out, &out); code != 0 {
		t.Errorf("a file: %d\n%s", code, out.String())
	}
	for _, same := range []string{file, "%PDF-1.7 stream\n" + file + "\nendstream", strings.ReplaceAll(file, "\u06f9", "9"), strings.ReplaceAll(file, " rial", "\n\u200crial")} {
		if code, out := checkReceipt([]byte(same), key); code != 0 || strings.Contains(out, "compare number") {
			t.Errorf("%q: %d\n%s", same, code, out)
		}
	}
	for _, other := range []string{strings.Replace(file, "1,200", "1,300", 1), strings.Replace(file, "10 5", "1 05", 1), strings.Replace(file, "The unit", "The other unit", 1)} {
		if code, out := checkReceipt([]byte(other), key); code != 1 || !strings.Contains(out, "not that of the letter") {
			t.Errorf("%q: %d\n%s", other, code, out)
		}
	}
}

func TestFindsEveryFlippedBitOfAReceipt(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	text := []byte(all[0].Encode())
	for bit := range len(text) * 8 {
		text[bit/8] ^= 1 << (bit % 8)
		if code, out := checkReceipt(text, key); code != 1 {
			t.Fatalf("bit %d: exit %d\n%s", bit, code, out)
		}
		text[bit/8] ^= 1 << (bit % 8)
	}
	if code, out := checkReceipt(text, key); code != 0 {
		t.Errorf("put back: %d\n%s", code, out)
	}
	_, other, err := journal.NewSigner(bytes.Repeat([]byte{6}, 32), journal.Origin("isfahan"))
	must(t, err)
	if code, _ := checkReceipt(text, other); code != 1 {
		t.Error("another key proves it")
	}
	if _, err := note.NewVerifier(key); err != nil {
		t.Error(err)
	}
}

// Both programs agree on what a text's normal form is.
func TestTextsAreAlikeForBothPrograms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{words, "", " a\tb\u200c\u064b ", "\u0643\u064a \u0626\u0622\u0624\u0629\u06be \u0661\u06f2\u0640x", "\u202b1\u202c 2"} {
		if normal(text) != journal.TextHash(text) {
			t.Errorf("%q differs", text)
		}
	}
}
