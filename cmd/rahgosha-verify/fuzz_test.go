package main

import (
	"bytes"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// agrees is the law of the verifier: it proves the very bytes that the journal's own check proves, and stops over none.
func agrees(t testing.TB, l *log, check func([]byte) (int, string), file []byte) {
	t.Helper()
	known, err := journal.VerifierOf(l.vkey)
	must(t, err)
	r, err := journal.Verify(bytes.NewReader(file), journal.Options{Verifiers: known})
	must(t, err)
	code, out := check(file)
	if code != 0 && code != 1 {
		t.Fatalf("stops over %q: exit %d\n%s", file, code, out)
	}
	if r.OK() != (code == 0) {
		t.Fatalf("the journal proves %q: %v, the verifier: %v\n%s\n%v", file, r.OK(), code == 0, out, r)
	}
}

func (l *log) check(file []byte) (int, string) { return check(file, "-key", l.vkey, "-lang", "en") }

// files are a whole export, one cut short, one without entries, one whose last entries no checkpoint signed, and one of
// lines in another order.
func files(t testing.TB, l *log) [][]byte {
	t.Helper()
	whole := export(t, l)
	tail := *l
	tail.notes = tail.notes[:len(tail.notes)-1]
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines[1], lines[2] = lines[2], lines[1]
	over, _, _, _ := handed(t)
	return [][]byte{export(t, over), whole, whole[:len(whole)-4], []byte("rahgosha-journal-export/v1 rahgosha/isfahan\nend 0 00\n"), export(t, &tail), bytes.Join(lines, nil)}
}

func FuzzVerifier(f *testing.F) {
	l := newLog(f, 7)
	for _, file := range files(f, l) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { agrees(t, l, l.check, file) })
}

// A verifier that looks at signatures and not at what stands behind the last one proves entries that nobody signed.
func TestFuzzVerifierFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	l := newLog(t, 7)
	control.Finds(t, "the verifier: true", func(t testing.TB) {
		for _, file := range files(t, l) {
			agrees(t, l, func(file []byte) (int, string) {
				code, out := l.check(file)
				if strings.Contains(out, "All is proved") || bytes.Contains(file, []byte("checkpoint")) {
					code = 0
				}
				return code, out
			}, file)
		}
	})
}
