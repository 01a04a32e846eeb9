package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/kernel/journal"
)

// log is a source whose parts a test may change.
type log struct {
	records []journal.Record
	notes   [][]byte
	vkey    string
	keys    []byte
}

func (l *log) Origin() string                             { return journal.Origin("isfahan") }
func (l *log) Keys() ([]byte, error)                      { return l.keys, nil }
func (l *log) Checkpoints() iter.Seq2[[]byte, error]      { return each(l.notes) }
func (l *log) Records() iter.Seq2[journal.Record, error]  { return each(l.records) }
func (l *log) ReadHashes(at []int64) ([]tlog.Hash, error) { return nil, fmt.Errorf("unused: %v", at) }

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range all {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// newLog signs a log of n entries in four cases after every fifth and after the last.
func newLog(t testing.TB, n int) *log { t.Helper(); return logOf(t, n, nil) }

// logOf is newLog with some entries that are others.
func logOf(t testing.TB, n int, others map[int]journal.Leaf) *log {
	t.Helper()
	signer, vkey, err := journal.NewSigner(bytes.Repeat([]byte{5}, 32), journal.Origin("isfahan"))
	must(t, err)
	l := &log{vkey: vkey}
	last := map[string]journal.Leaf{}
	var all [][]byte
	for i := range n {
		e := journal.Leaf{Province: "isfahan", Case: "R-" + strconv.Itoa(i%4), Seq: 1, At: int64(i), Kind: "noted", Body: []byte{byte(i)}}
		if other, ok := others[i]; ok {
			e = other
		}
		if p, ok := last[e.Case]; ok {
			e.Seq, e.Prev = p.Seq+1, p.Hash()
		}
		last[e.Case] = e
		all = append(all, e.Encode())
		l.records = append(l.records, journal.Record{Leaf: e.Encode(), Hash: journal.RecordHash(e.Encode())})
		if i%5 == 4 || i == n-1 {
			_, root, err := journal.Append(0, all, l)
			must(t, err)
			msg, err := journal.Checkpoint{Origin: l.Origin(), Size: int64(i + 1), Root: root}.Sign(signer)
			must(t, err)
			l.notes = append(l.notes, msg)
		}
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func export(t testing.TB, l *log) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, journal.Export(&b, l))
	return b.Bytes()
}

func check(file []byte, args ...string) (int, string) {
	var out bytes.Buffer
	code := run(args, bytes.NewReader(file), &out, &out)
	return code, out.String()
}

func TestProvesAWholeExport(t *testing.T) {
	t.Parallel()
	l := newLog(t, 22)
	if code, out := check(export(t, l), "-key", l.vkey, "-lang", "en"); code != 0 || !strings.Contains(out, "All is proved") || !strings.Contains(out, "signature: 22") {
		t.Errorf("%d\n%s", code, out)
	}
	name := filepath.Join(t.TempDir(), "export")
	must(t, os.WriteFile(name, export(t, l), 0o600))
	if code, out := check(nil, "-key", l.vkey, "-lang", "fa", name); code != 0 || !strings.Contains(out, "اثبات شد") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestFindsEveryFlippedBitAndAgreesWithTheJournal(t *testing.T) {
	t.Parallel()
	l := newLog(t, 4)
	known, err := journal.VerifierOf(l.vkey)
	must(t, err)
	file := export(t, l)
	for bit := range len(file) * 8 {
		file[bit/8] ^= 1 << (bit % 8)
		if code, out := check(file, "-key", l.vkey); code != 1 {
			t.Fatalf("bit %d: exit %d\n%s", bit, code, out)
		}
		r, err := journal.Verify(bytes.NewReader(file), journal.Options{Verifiers: known})
		if err != nil || r.OK() {
			t.Fatalf("bit %d: the journal's own check disagrees", bit)
		}
		file[bit/8] ^= 1 << (bit % 8)
	}
}

func TestFindsRandomFlipsInALargerExport(t *testing.T) {
	t.Parallel()
	l := newLog(t, 60)
	file := export(t, l)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		bit := rng.IntN(len(file) * 8)
		file[bit/8] ^= 1 << (bit % 8)
		if code, out := check(file, "-key", l.vkey); code != 1 {
			t.Fatalf("bit %d: exit %d\n%s", bit, code, out)
		}
		file[bit/8] ^= 1 << (bit % 8)
	}
}

// rewrite changes the entries and then recomputes chain and hashes, as somebody with the database in hand would.
func rewrite(t testing.TB, l *log, change func([]journal.Leaf) []journal.Leaf) {
	t.Helper()
	var all []journal.Leaf
	for _, r := range l.records {
		e, err := journal.Decode(r.Leaf)
		must(t, err)
		all = append(all, e)
	}
	last := map[string]journal.Leaf{}
	l.records = nil
	for _, e := range change(all) {
		e.Seq, e.Prev = 1, [32]byte{}
		if p, ok := last[e.Case]; ok {
			e.Seq, e.Prev = p.Seq+1, p.Hash()
		}
		last[e.Case] = e
		l.records = append(l.records, journal.Record{Leaf: e.Encode(), Hash: journal.RecordHash(e.Encode())})
	}
}

func TestFindsStructuralAttacks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]journal.Leaf) []journal.Leaf{
		"tail cut":   func(e []journal.Leaf) []journal.Leaf { return e[:17] },
		"deletion":   func(e []journal.Leaf) []journal.Leaf { return append(e[:6], e[7:]...) },
		"swap":       func(e []journal.Leaf) []journal.Leaf { e[8].Body, e[9].Body = e[9].Body, e[8].Body; return e },
		"rewritten":  func(e []journal.Leaf) []journal.Leaf { e[5].Kind = "refused"; return e },
		"append":     func(e []journal.Leaf) []journal.Leaf { return append(e, e[19]) },
		"reordering": func(e []journal.Leaf) []journal.Leaf { e[8], e[9] = e[9], e[8]; return e },
	} {
		l := newLog(t, 20)
		rewrite(t, l, change)
		if code, out := check(export(t, l), "-key", l.vkey); code != 1 {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
	l := newLog(t, 20)
	rewrite(t, l, func(e []journal.Leaf) []journal.Leaf { return e })
	if code, out := check(export(t, l), "-key", l.vkey); code != 0 {
		t.Errorf("control without a change: exit %d\n%s", code, out)
	}
}

func TestNamesTheChangedEntry(t *testing.T) {
	t.Parallel()
	l := newLog(t, 20)
	e, err := journal.Decode(l.records[13].Leaf)
	must(t, err)
	e.Actor = "x"
	l.records[13].Leaf = e.Encode()
	code, out := check(export(t, l), "-key", l.vkey, "-lang", "en")
	if want := `its hash differs from the recorded one. | entry 13 | case "R-1" | number in case 4 | line 19`; code != 1 || !strings.Contains(out, want) {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestRollbackShowsAgainstAHeldCheckpoint(t *testing.T) {
	t.Parallel()
	l := newLog(t, 20)
	held := filepath.Join(t.TempDir(), "checkpoint")
	must(t, os.WriteFile(held, l.notes[3], 0o600))
	witness, _, err := journal.NewCosigner(bytes.Repeat([]byte{5}, 32), "house.example")
	must(t, err)
	known, err := journal.VerifierOf(l.vkey)
	must(t, err)
	c, err := journal.OpenCheckpoint(l.notes[3], known)
	must(t, err)
	cosigned := filepath.Join(t.TempDir(), "witnessed") // as a witness gives it back, whose key the program need not know
	must(t, os.WriteFile(cosigned, append(bytes.Clone(l.notes[3]), witness.Cosign(c, time.Unix(1, 0))...), 0o600))
	l.records, l.notes = l.records[:15], l.notes[:3]
	if code, out := check(export(t, l), "-key", l.vkey); code != 0 {
		t.Errorf("control: %d\n%s", code, out)
	}
	for _, file := range []string{held, cosigned} {
		if code, out := check(export(t, l), "-key", l.vkey, "-held", file); code != 1 {
			t.Errorf("%s: %d\n%s", file, code, out)
		}
	}
}

func TestSaysWhenItCannotCheck(t *testing.T) {
	t.Parallel()
	l := newLog(t, 5)
	for name, args := range map[string][]string{
		"no key": nil, "bad key": {"-key", "x"}, "no file": {"-key", l.vkey, "/nonexistent"}, "bad flag": {"-x"},
	} {
		if code, out := check(nil, args...); code != 2 || out == "" {
			t.Errorf("%s: %d %q", name, code, out)
		}
	}
}

func TestEveryTextIsInBothLanguages(t *testing.T) {
	t.Parallel()
	var all map[string]map[string]string
	must(t, json.Unmarshal(textsJSON, &all))
	for k, v := range all {
		if v["fa"] == "" || v["en"] == "" {
			t.Errorf("%s: %v", k, v)
		}
	}
	source, err := os.ReadFile("main.go")
	must(t, err)
	for _, what := range strings.Fields("header line order leaf hash province seq chain root checkpoint checkpoint_order missing unsigned no_checkpoint held handover turned truncated digest trailing receipt receipt_format text zip manifest part proof misfiled said document") {
		if all["finding."+what] == nil || !bytes.Contains(source, []byte(`"`+what+`"`)) {
			t.Errorf("finding %s has no text or no use", what)
		}
	}
}

// The promise to outsiders: small enough to read, and nothing of ours inside.
func TestIsSmallAndStandsAlone(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	must(t, err)
	lines := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(name)
		must(t, err)
		lines += bytes.Count(raw, []byte("\n"))
		f, err := parser.ParseFile(token.NewFileSet(), name, raw, parser.ImportsOnly)
		must(t, err)
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); (first == "rahgosha" || strings.Contains(first, ".")) && !strings.HasPrefix(path, "golang.org/x/mod/") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if lines > 500 {
		t.Errorf("%d lines, promised at most 500", lines)
	}
}
