package witness_test

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// to gives the keys of a log that its key handed over to the named one when it had so many entries, endorsed by that signer.
func (l *log) to(t testing.TB, before []byte, by note.Signer, key string, size int64) (keys []byte, next *log) {
	t.Helper()
	if before == nil {
		before = []byte(l.vkey + "\n")
	}
	s, err := journal.ParseSuccession(before)
	must(t, err)
	seed := sha256.Sum256([]byte(key))
	signer, vkey, err := journal.NewSigner(seed[:], l.origin)
	must(t, err)
	root, err := journal.RootOf(size, l)
	must(t, err)
	c := journal.Checkpoint{Origin: l.origin, Size: size, Root: root}
	handed := *l
	handed.signer, handed.vkey = signer, vkey
	s, err = s.HandOver(c, by, signer, vkey)
	if err != nil {
		return nil, &handed
	}
	return s.Bytes(), &handed
}

// A witness follows a handover that the key it knows endorsed, and then signs no more for that one; it refuses one without
// the endorsement, a second one beside the first, and one that comes after it signed what the former key signed on.
func TestAWitnessFollowsAHandover(t *testing.T) {
	t.Parallel()
	l := newLog(t, origin, "k", 300, never)
	grown := newLog(t, origin, "k", 400, never)
	keys, _ := l.to(t, nil, l.signer, "next", 300)
	_, after := grown.to(t, nil, l.signer, "next", 300)
	rival, _ := l.to(t, nil, l.signer, "thief", 300)
	thief, _ := newLog(t, origin, "thief", 300, never).to(t, nil, newLog(t, origin, "thief", 1, never).signer, "next", 300)
	visit := func(dir string, l *log) string {
		_, _, err := open(t, dir, newLog(t, origin, "k", 1, never).vkey).Visit(l.published(t))
		f, _ := fault.As(err)
		if err != nil && f == nil {
			t.Fatal(err)
		}
		if f == nil {
			return ""
		}
		return f.Key
	}
	learn := func(dir string, keys []byte) string {
		err := open(t, dir, newLog(t, origin, "k", 1, never).vkey).Succeed(keys)
		f, _ := fault.As(err)
		if f == nil {
			return ""
		}
		return f.Key
	}
	says := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "w")
	says("first", visit(dir, l), "")
	says("the new key without the handover", visit(dir, after), "witness.not_the_log")
	says("a handover of a key that nobody gave", learn(dir, thief), "witness.not_succeeded")
	if _, err := journal.ParseSuccession(bytes.Replace(keys, []byte("handover 300"), []byte("handover 301"), 1)); err == nil {
		t.Error("a changed handover is read")
	}
	says("the handover", learn(dir, keys), "")
	says("the handover again", learn(dir, keys), "")
	says("the former key signs on", visit(dir, grown), "witness.not_the_log")
	says("the new key", visit(dir, after), "")
	says("a rival", learn(dir, rival), "witness.two_successors")
	says("the new key still", visit(dir, after), "")
	if kept, _ := filepath.Glob(filepath.Join(dir, "evidence-keys-*")); len(kept) != 1 {
		t.Errorf("evidence of the rival: %v", kept)
	}
	late := filepath.Join(t.TempDir(), "w")
	says("the control: nobody told it", visit(late, grown), "")
	says("told after it signed on", learn(late, keys), "witness.signed_on")
	more, _ := grown.to(t, keys, after.signer, "third", 400)
	says("a second handover", learn(dir, more), "")
	says("an older list", learn(dir, keys), "")
}
