package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
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
		if code, out := checkReceipt([]byte(same), key); code != 0 || strings.Contains(out, "compare number") || !strings.Contains(out, "\nProved text: The unit gets 1,200") {
			t.Errorf("%q: %d\n%s", same, code, out)
		}
	}
	for _, other := range []string{strings.Replace(file, "1,200", "1,300", 1), strings.Replace(file, "10 5", "1 05", 1), strings.Replace(file, "The unit", "The other unit", 1)} {
		if code, out := checkReceipt([]byte(other), key); code != 1 || !strings.Contains(out, "not that of the letter") {
			t.Errorf("%q: %d\n%s", other, code, out)
		}
	}
}

// unadded is the law of who has a true letter and adds to it: a reader who opens the file sees nothing that was not proved, or
// is told so.
func unadded(t testing.TB, check func(file []byte) (int, string), file string) {
	t.Helper()
	text, code, _ := strings.Cut(strings.TrimPrefix(file, "rahgosha letter v1\n"), "RG1:")
	code = "RG1:" + code
	for name, forged := range map[string]string{
		"words after the code":           file + "P.S. The unit gets 9,200 rial.\n",
		"words in the line of the code":  strings.TrimSuffix(file, "\n") + " P.S. The unit gets 9,200 rial.\n",
		"lines after the code":           file + "\n",
		"words before the first line":    "The unit gets 9,200 rial.\n\n" + file,
		"a blank before the first line":  "\n" + file,
		"another text before the letter": strings.Replace(file, "1,200", "9,200", 1) + file,
		"words before the code alone":    "The unit gets 9,200 rial.\n" + code,
		"words after the code alone":     code + "The unit gets 9,200 rial.\n",
		"the text without its line":      text + code,
		"numbers turned around":          strings.Replace(file, "1,200", "\u202e1,200\u202c", 1),
		"numbers turned in isolation":    strings.Replace(file, "1,200", "\u2067"+"1,200\u2069", 1),
		"a number struck through":        strings.Replace(file, "1,200", "1\u0338,200", 1),
		"a PDF whose text is turned":     "%PDF-1.7 stream\n" + strings.Replace(file, "1,200", "\u202e1,200", 1) + "\nendstream",
	} {
		if code, out := check([]byte(forged)); code != 1 {
			t.Errorf("proved with %s: %d\n%s", name, code, out)
		}
	}
	for name, more := range map[string]string{"the code alone": code, "the code as another machine ends its line": strings.TrimSpace(code) + "\r\n", "a PDF": "%PDF-1.7 The unit gets 9,200 rial. stream\n" + file + "\nendstream"} {
		if code, out := check([]byte(more)); code != 0 || strings.Contains(out, "All is proved") || !strings.Contains(out, "Only what stands above is proved") || strings.Contains(out, "9,200") {
			t.Errorf("all of %s is proved: %d\n%s", name, code, out)
		}
	}
	if code, out := check([]byte(file)); code != 0 || !strings.Contains(out, "All is proved") {
		t.Errorf("the file itself: %d\n%s", code, out)
	}
}

func TestNothingIsProvedBesideALettersText(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	unadded(t, func(file []byte) (int, string) { return checkReceipt(file, key) }, journal.LetterFile(words, all[0]))
}

// The control: a reader that looks for the letter within the file, and not at the rest, proves what was added.
func TestWhoLooksForALetterProvesWhatStandsBesideIt(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	lenient := func(file []byte) (int, string) {
		start := bytes.LastIndex(file, []byte("RG1:"))
		end := start + len(all[0].Encode())
		if from := bytes.LastIndex(file[:start], []byte("rahgosha letter v1\n")); from >= 0 {
			start = from
		}
		return checkReceipt(file[start:end], key)
	}
	for _, name := range []string{"proved with words after the code", "proved with words before the first line", "all of a PDF is proved"} {
		control.Finds(t, name, func(t testing.TB) { unadded(t, lenient, journal.LetterFile(words, all[0])) })
	}
}

// A letter's own words may hold characters that turn them: its file leaves them out, and is proved.
func TestALetterWhoseWordsTurnIsProved(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	turned := strings.Replace(words, "1,200", "\u202a1,2\u033600\u202c", 1)
	if code, out := checkReceipt([]byte(journal.LetterFile(turned, all[0])), key); code != 0 || !strings.Contains(out, "gets 1,200 rial") {
		t.Errorf("%d\n%s", code, out)
	}
	if code, _ := checkReceipt([]byte("rahgosha letter v1\n"+turned+"\n"+all[0].Encode()+"\n"), key); code != 1 {
		t.Error("the control: with them it is proved")
	}
}

// What is printed as proved hides nothing: a return that a terminal would write over stands as a blank.
func TestTheProvedTextIsPrintedAsItIs(t *testing.T) {
	t.Parallel()
	key, all := entered(t, 300, 123)
	file := strings.Replace(journal.LetterFile(words, all[0]), "gets 1,200 rial", "gets\r1,200\u2028\u200f\u064b rial", 1)
	if code, out := checkReceipt([]byte(file), key); code != 0 || !strings.Contains(out, "Proved text: The unit gets 1,200 rial.\n") {
		t.Errorf("%d\n%q", code, out)
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

// What the verifier refuses in a text does not count in its hash, and the letter's file does not have it.
func TestLettersFilesHoldNothingThatIsRefused(t *testing.T) {
	t.Parallel()
	for r := range rune(0x110000) {
		s, in := string(r), strings.ContainsRune(journal.LetterFile("a"+string(r)+"b", journal.Receipt{}), r)
		switch refused := turning.MatchString(s); {
		case refused && (in || journal.TextHash(s) != journal.TextHash("")):
			t.Errorf("U+%04X is refused, and stands in a letter's file (%t) or counts in its hash", r, in)
		case !refused && !in && utf8.ValidRune(r):
			t.Errorf("U+%04X is left out of a letter's file", r)
		}
	}
}
