package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// file is a case in a log, to be put into a container; a test may change its parts before they are signed.
type file struct {
	signer  note.Signer
	key     string
	signed  []byte
	keys    []byte
	entries []part
	letters map[string]string
	papers  map[string]string
}

type part struct {
	seq    int64
	leaf   []byte
	index  int64
	hashes []byte
	said   string
}

func newFile(t testing.TB) *file {
	t.Helper()
	signer, vkey, err := journal.NewSigner(bytes.Repeat([]byte{5}, 32), journal.Origin("isfahan"))
	must(t, err)
	f := &file{signer: signer, key: vkey, papers: map[string]string{}}
	paper := "a paper"
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(paper)))
	f.papers[hash] = paper
	b := journal.Bind([16]byte{9}, "1405/out/7", "loan", words)
	var all [][]byte
	var last journal.Leaf
	for i := range 40 {
		e := journal.Leaf{Province: "isfahan", Case: fmt.Sprint("other-", i), Seq: 1, At: int64(i), Kind: "noted"}
		switch {
		case i%8 == 3:
			e.Case, e.Seq, e.Body = "case-1", last.Seq+1, []byte{byte(i)}
			if last.Seq > 0 {
				e.Prev = last.Hash()
			}
			last = e
			said := fmt.Sprintf(`{"seq":%d,"at":%d,"kind":"noted","documents":[%q],"event":{"note":"worth %d"}}`, e.Seq, e.At, hash, i)
			f.entries = append(f.entries, part{seq: e.Seq, leaf: e.Encode(), index: int64(i), said: said})
		case i == 20:
			e = b.Entry("isfahan", int64(i))
		}
		all = append(all, e.Encode())
	}
	stored, root, err := journal.Append(0, all, memory{})
	must(t, err)
	f.signed, err = journal.Checkpoint{Origin: journal.Origin("isfahan"), Size: 40, Root: root}.Sign(signer)
	must(t, err)
	known, err := journal.VerifierOf(vkey)
	must(t, err)
	p, err := journal.Prove(40, 20, memory(stored))
	must(t, err)
	r, err := journal.NewReceipt(f.signed, known, signer, b, 20, 20, p)
	must(t, err)
	f.letters = map[string]string{"l1": journal.LetterFile(words, r)}
	for i := range f.entries {
		p, err := journal.Prove(40, f.entries[i].index, memory(stored))
		must(t, err)
		for _, h := range p {
			f.entries[i].hashes = append(f.entries[i].hashes, h[:]...)
		}
	}
	return f
}

// write makes the container of the parts as they are.
func (f *file) write(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	c := journal.NewContainer(&b, journal.Origin("isfahan"), "case-1", time.Unix(1, 0))
	c.Add("README.txt", []byte("read me"))
	if len(f.keys) > 0 {
		c.Add("keys", f.keys)
	}
	c.Add("checkpoint", f.signed)
	c.Add("case.json", []byte("{}"))
	for _, e := range f.entries {
		var proof tlog.RecordProof
		for h := range slices.Chunk(e.hashes, 32) {
			proof = append(proof, tlog.Hash(h))
		}
		c.AddEntry(e.seq, e.leaf, e.index, proof, []byte(e.said))
	}
	for name, text := range f.letters {
		c.Add("letters/"+name+".txt", []byte(text))
	}
	for hash, text := range f.papers {
		c.Add("documents/"+hash+".txt", []byte(text))
	}
	must(t, c.Close(f.signer))
	return b.Bytes()
}

func checkContainer(raw []byte, key string) (int, string) {
	var out bytes.Buffer
	code := run([]string{"container", "-key", key, "-lang", "en"}, bytes.NewReader(raw), &out, &out)
	return code, out.String()
}

// again writes a zip anew with one part changed, as somebody without the key would.
func again(t testing.TB, raw []byte, change func(name string, part []byte) ([]byte, bool)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		part, err := io.ReadAll(r)
		must(t, err)
		part, keep := change(f.Name, part)
		if !keep {
			continue
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name})
		must(t, err)
		_, err = to.Write(part)
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func TestProvesAWholeContainer(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	if code, out := checkContainer(f.write(t), f.key); code != 0 || !strings.Contains(out, "case case-1 1970-01-01T00:00:01Z") || !strings.Contains(out, "1405/out/7") {
		t.Errorf("%d\n%s", code, out)
	}
}

// Whoever has no key is named by the part.
func TestNamesWhatIsWrongInAContainer(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	raw := f.write(t)
	for name, c := range map[string]struct {
		change func(name string, part []byte) ([]byte, bool)
		want   string
	}{
		"an entry in the middle is missing": {func(name string, part []byte) ([]byte, bool) { return part, name != "entries/0003.leaf" }, `not the one that was signed. | part "entries/0003.leaf"`},
		"a value is changed": {func(name string, part []byte) ([]byte, bool) {
			return bytes.Replace(part, []byte("worth 11"), []byte("worth 99"), 1), true
		}, `not the one that was signed. | part "entries/0002.json"`},
		"a document is swapped": {func(name string, part []byte) ([]byte, bool) {
			if strings.HasPrefix(name, "documents/") {
				part = []byte("another")
			}
			return part, true
		}, `The document is another one, or no entry of the case names it. | part "documents/`},
		"a letter is changed": {func(name string, part []byte) ([]byte, bool) {
			return bytes.Replace(part, []byte("1,200"), []byte("9,200"), 1), true
		}, "not that of the letter"},
		"the checkpoint is an old one": {func(name string, part []byte) ([]byte, bool) {
			if name == "checkpoint" {
				part = bytes.Replace(part, []byte("\n40\n"), []byte("\n41\n"), 1)
			}
			return part, true
		}, "A checkpoint is damaged"},
		"the list is another one": {func(name string, part []byte) ([]byte, bool) {
			if name == "manifest" {
				part = bytes.Replace(part, []byte("case-1"), []byte("case-2"), 1)
			}
			return part, true
		}, "The signed list of the parts"},
	} {
		if code, out := checkContainer(again(t, raw, c.change), f.key); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d\n%s", name, code, out)
		}
	}
	if code, out := checkContainer(again(t, raw, func(_ string, part []byte) ([]byte, bool) { return part, true }), f.key); code != 0 {
		t.Errorf("control, written anew without a change: %d\n%s", code, out)
	}
	if code, _ := checkContainer([]byte("no zip"), f.key); code != 1 {
		t.Error("no zip is proved")
	}
}

// The province itself, with its key, signs a container that its log contradicts.
func TestFindsAContainerThatTheLogContradicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(f *file)
		want   string
	}{
		"an entry left out": {func(f *file) { f.entries = append(f.entries[:2], f.entries[3:]...) }, "2 → 4"},
		"an entry rewritten": {func(f *file) {
			e, _ := journal.Decode(f.entries[2].leaf)
			e.Kind = "refused"
			f.entries[2].leaf = e.Encode()
		}, "not proved to stand in the signed log"},
		"an entry's place changed": {func(f *file) { f.entries[1].index++ }, "not proved to stand in the signed log"},
		"said of another time":     {func(f *file) { f.entries[1].said = strings.Replace(f.entries[1].said, `"at":11`, `"at":12`, 1) }, "not of this entry"},
		"said twice":               {func(f *file) { f.entries[1].said = strings.TrimSuffix(f.entries[1].said, "}") + `,"kind":"refused"}` }, "says something twice"},
		"said twice, in capitals":  {func(f *file) { f.entries[1].said = strings.TrimSuffix(f.entries[1].said, "}") + `,"KIND":"refused"}` }, "says something twice"},
		"said twice, as an escape": {func(f *file) {
			f.entries[1].said = strings.TrimSuffix(f.entries[1].said, "}") + `,"\u006bind":"refused"}`
		}, "says something twice"},
		"said twice, in letters that some take for it": {func(f *file) {
			f.entries[1].said = strings.TrimSuffix(f.entries[1].said, "}") + ",\"\u212aind\":\"refused\"}"
		}, "says something twice"},
		"said twice, one after the other": {func(f *file) { f.entries[1].said += `{"kind":"refused"}` }, "says something twice"},
		"said and not ended":              {func(f *file) { f.entries[1].said = strings.TrimSuffix(f.entries[1].said, "}") }, "says something twice"},
		"an entry of another case": {func(f *file) {
			e, _ := journal.Decode(f.entries[0].leaf)
			e.Case = "case-9"
			f.entries[0].leaf = e.Encode()
		}, "of another case"},
		"a paper that no entry names": {func(f *file) { f.papers[fmt.Sprintf("%x", sha256.Sum256([]byte("x")))] = "x" }, "no entry of the case names it"},
		"a paper under another's name": {func(f *file) {
			for h := range f.papers {
				f.papers[h] = "another"
			}
		}, "The document is another one"},
		"a letter with another's words": {func(f *file) { f.letters["l1"] = strings.Replace(f.letters["l1"], "unit", "bank", 1) }, "not that of the letter"},
	} {
		f := newFile(t)
		c.change(f)
		if code, out := checkContainer(f.write(t), f.key); code != 1 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d\n%s", name, code, out)
		}
	}
}

// saysOnce is the law of what is said of an entry: no two readers of JSON take another word of it.
func saysOnce(t testing.TB, once func([]byte) bool) {
	t.Helper()
	for said, want := range map[string]bool{
		`{"kind":"acted","at":1}`: true, `{}`: true, `{"kind":{"kind":1}}`: true, // of another object it says another thing
		`{"kind":"acted","kind":"refused"}`: false, `{"kind":"acted","KIND":"refused"}`: false, `{"kind":"acted","\u006bind":"refused"}`: false,
		"{\"kind\":\"acted\",\"\u212aind\":\"refused\"}": false, `{"kind":"acted"}{"kind":"refused"}`: false, `{"kind":"acted"`: false,
	} {
		if once([]byte(said)) != want {
			t.Errorf("%s says everything once: %v", said, !want)
		}
	}
}

func TestWhatIsSaidTwiceIsRefused(t *testing.T) {
	t.Parallel()
	saysOnce(t, once)
}

// The control: whoever asks only whether it is JSON takes what is said twice.
func TestJSONAloneSaysThingsTwice(t *testing.T) {
	t.Parallel()
	control.Finds(t, `"KIND":"refused"} says everything once: true`, func(t testing.TB) { saysOnce(t, json.Valid) })
}

// unforged is the law of who has another key: a container changed and signed anew with it is not proved.
func unforged(t testing.TB, trusted func(key string) []string) {
	t.Helper()
	f := newFile(t)
	own := f.key
	signer, vkey, err := journal.NewSigner(bytes.Repeat([]byte{6}, 32), journal.Origin("isfahan"))
	must(t, err)
	f.signer = signer
	f.entries[2].said = strings.Replace(f.entries[2].said, "worth", "nothing worth", 1)
	args := []string{"container", "-key", own, "-lang", "en"}
	for _, k := range trusted(vkey) {
		args = append(args, "-key", k)
	}
	var out bytes.Buffer
	if code := run(args, bytes.NewReader(f.write(t)), &out, &out); code != 1 {
		t.Errorf("a container of another key is proved\n%s", out.String())
	}
}

func TestNoOtherKeyProvesAContainer(t *testing.T) {
	t.Parallel()
	unforged(t, func(string) []string { return nil })
}

// The control: whoever takes the key that comes with the file proves whatever its writer likes.
func TestTheKeyOfAContainersWriterProvesAnything(t *testing.T) {
	t.Parallel()
	control.Finds(t, "of another key is proved", func(t testing.TB) { unforged(t, func(key string) []string { return []string{key} }) })
}

func TestFindsFlippedBitsOfAContainer(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	raw := f.write(t)
	for bit := 0; bit < len(raw)*8; bit += 37 {
		raw[bit/8] ^= 1 << (bit % 8)
		if code, out := checkContainer(raw, f.key); code != 1 {
			t.Fatalf("bit %d of %d: exit %d\n%s", bit, len(raw)*8, code, out)
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
}
