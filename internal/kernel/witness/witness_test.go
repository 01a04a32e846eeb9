package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// log is a province's log in memory, as it is published.
type log struct {
	hashes []tlog.Hash
	size   int64
	origin string
	signer note.Signer
	vkey   string
	broken bool // its checkpoint is changed after it was signed
}

func (l *log) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = l.hashes[x]
	}
	return out, nil
}

// newLog makes a log of n entries; those from the first changed one on are others.
func newLog(t testing.TB, origin, key string, n, changed int) *log {
	t.Helper()
	seed := sha256.Sum256([]byte(key))
	l := &log{origin: origin}
	var err error
	l.signer, l.vkey, err = journal.NewSigner(seed[:], origin)
	must(t, err)
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = fmt.Appendf(nil, "leaf %d %v", i, i >= changed)
	}
	l.hashes, _, err = journal.Append(0, leaves, l)
	l.size = int64(n)
	must(t, err)
	return l
}

func (l *log) checkpoint(t testing.TB) []byte {
	t.Helper()
	root, err := journal.RootOf(l.size, l)
	must(t, err)
	signed, err := journal.Checkpoint{Origin: l.origin, Size: l.size, Root: root}.Sign(l.signer)
	must(t, err)
	if l.broken {
		signed[len(l.origin)+1] ^= 1
	}
	return signed
}

func (l *log) published(t testing.TB) journal.Published {
	return journal.Published{Fetch: func(path string) ([]byte, error) {
		if path == journal.CheckpointPath {
			return l.checkpoint(t), nil
		}
		tile, err := journal.ParseTile(path)
		if err != nil {
			return nil, err
		}
		if _, _, err := journal.TileSpan(tile, l.size); err != nil {
			return nil, err
		}
		return journal.TileHashes(tile, l)
	}}
}

const (
	origin = "rahgosha/isfahan"
	never  = 1 << 30
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string, logs ...string) *witness.Witness {
	t.Helper()
	w, err := witness.Open(dir, "house.example", clock.NewManual(now), logs...)
	must(t, err)
	return w
}

// visits gives what a witness of a log of 300 entries says at each visit.
type visits func(t testing.TB, logs ...*log) []error

func honest(t testing.TB, logs ...*log) (out []error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "witness")
	for _, l := range logs {
		_, _, err := open(t, dir, logs[0].vkey).Visit(l.published(t)) // opened anew: what it remembers is on disk
		out = append(out, err)
	}
	return out
}

// A witness signs what continues and nothing else, and says which of the attacks it is.
func continues(t testing.TB, visit visits) {
	t.Helper()
	for name, c := range map[string]struct {
		second *log
		key    string
	}{
		"the same":              {newLog(t, origin, "k", 300, never), ""},
		"what goes on":          {newLog(t, origin, "k", 70_000, never), ""},
		"a rewritten history":   {newLog(t, origin, "k", 301, 17), "witness.rewritten"},
		"a rewritten last":      {newLog(t, origin, "k", 70_000, 299), "witness.rewritten"},
		"a shrunk tree":         {newLog(t, origin, "k", 299, never), "witness.shrunk"},
		"a fork":                {newLog(t, origin, "k", 300, 299), "witness.forked"},
		"another log":           {newLog(t, "rahgosha/yazd", "k", 301, never), "witness.unknown_log"},
		"another key":           {newLog(t, origin, "other", 301, never), "witness.not_the_log"},
		"a changed checkpoint":  {&log{broken: true}, "witness.not_the_log"},
		"an empty log":          {newLog(t, origin, "k", 0, never), "witness.shrunk"},
		"a rewritten beginning": {newLog(t, origin, "k", 512, 0), "witness.rewritten"},
	} {
		if c.second.broken {
			*c.second = *newLog(t, origin, "k", 301, never)
			c.second.broken = true
		}
		first := newLog(t, origin, "k", 300, never)
		said := visit(t, first, c.second, first)
		f, _ := fault.As(said[1])
		switch {
		case said[0] != nil:
			t.Errorf("%s: the first visit: %v", name, said[0])
		case c.key == "" && said[1] != nil:
			t.Errorf("%s was refused: %v", name, said[1])
		case c.key != "" && f == nil:
			t.Errorf("%s was signed", name)
		case c.key != "" && f.Key != c.key:
			t.Errorf("%s: %v, want %s", name, said[1], c.key)
		case c.key != "" && said[2] != nil:
			t.Errorf("%s: what was signed before is not any more: %v", name, said[2])
		}
	}
}

func TestAWitnessSignsWhatContinues(t *testing.T) {
	t.Parallel()
	continues(t, honest)
}

// The control: a witness that signs whatever it is shown, and one that forgets what it signed.
func TestAWitnessThatSignsAnythingIsFound(t *testing.T) {
	t.Parallel()
	stamp := func(t testing.TB, logs ...*log) []error { return make([]error, len(logs)) }
	forgetful := func(t testing.TB, logs ...*log) (out []error) {
		for _, l := range logs {
			_, _, err := open(t, t.TempDir(), logs[0].vkey).Visit(l.published(t))
			out = append(out, err)
		}
		return out
	}
	for _, attack := range []string{"a rewritten history", "a shrunk tree", "a fork"} {
		control.Finds(t, attack+" was signed", func(t testing.TB) { continues(t, stamp) })
		control.Finds(t, attack+" was signed", func(t testing.TB) { continues(t, forgetful) })
	}
}

// What is found against a log stays in the witness's folder, signed by the log.
func TestAWitnessKeepsTheEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newLog(t, origin, "k", 300, never)
	w := open(t, dir, first.vkey)
	for _, l := range []*log{first, newLog(t, origin, "k", 301, 17), newLog(t, origin, "k", 299, never), newLog(t, origin, "k", 300, 5)} {
		_, _, _ = w.Visit(l.published(t))
	}
	if kept, err := filepath.Glob(filepath.Join(dir, "evidence-*")); err != nil || len(kept) != 3 {
		t.Errorf("kept: %v, %v", kept, err)
	}
}

// oneOfTwo is the law: two processes of one witness are shown two histories at once, and one of them is signed.
func oneOfTwo(t testing.TB, while func(dir string, do func())) {
	for range 20 {
		dir := t.TempDir()
		a, b := newLog(t, origin, "k", 8, never), newLog(t, origin, "k", 9, 3)
		first, second := open(t, dir, a.vkey), open(t, dir, a.vkey)
		one, other := witness.Request{Checkpoint: a.checkpoint(t)}, witness.Request{Checkpoint: b.checkpoint(t)}
		var said [2]error
		while(dir, func() {
			var all sync.WaitGroup
			all.Go(func() { _, said[0] = first.Cosign(one) })
			all.Go(func() { _, said[1] = second.Cosign(other) })
			all.Wait()
		})
		if said[0] == nil && said[1] == nil {
			t.Fatal("both histories are signed")
		}
		if said[0] != nil && said[1] != nil {
			t.Fatalf("none is signed: %v and %v", said[0], said[1])
		}
	}
}

func TestTwoHistoriesAtOnceAreNotBothSigned(t *testing.T) {
	t.Parallel()
	oneOfTwo(t, func(_ string, do func()) { do() })
}

// Processes that find no lock of the other's sign both.
func TestTwoHistoriesAreBothSignedWithoutTheLock(t *testing.T) {
	t.Parallel()
	control.Finds(t, "both histories are signed", func(t testing.TB) {
		oneOfTwo(t, func(dir string, do func()) {
			var stop atomic.Bool
			var gone sync.WaitGroup
			gone.Go(func() {
				for !stop.Load() {
					_ = os.Remove(filepath.Join(dir, "lock"))
				}
			})
			do()
			stop.Store(true)
			gone.Wait()
		})
	})
}

// Every bit of a checkpoint with both signatures counts, and each signature says who and when.
func TestACosignedCheckpointShowsEveryFlippedBit(t *testing.T) {
	t.Parallel()
	l := newLog(t, origin, "k", 300, never)
	w := open(t, t.TempDir(), l.vkey)
	signed, _, err := w.Visit(l.published(t))
	must(t, err)
	known, err := journal.VerifierOf(l.vkey, w.VKey())
	must(t, err)
	c, by, err := journal.Cosignatures(signed, known)
	if err != nil || c.Size != 300 || len(by) != 1 || by[0].Witness != "house.example" || !by[0].At.Equal(now) {
		t.Fatalf("%+v %+v %v", c, by, err)
	}
	for bit := range len(signed) * 8 {
		bad := bytes.Clone(signed)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, by, err := journal.Cosignatures(bad, known); err == nil && len(by) > 0 {
			t.Fatalf("bit %d flipped and accepted: %q", bit, bad)
		}
	}
	if _, _, err := journal.NewCosigner(make([]byte, 32), origin); err == nil {
		t.Error("a witness may call itself by the name of a log")
	}
	if _, err := journal.WitnessName(l.vkey); err == nil {
		t.Error("the key of a log is taken for that of a witness")
	}
}

// Key and signature are what C2SP cosignature/v1 says, computed here from its text alone.
func TestASignatureIsThatOfTheFormat(t *testing.T) {
	t.Parallel()
	seed := bytes.Repeat([]byte{3}, 32)
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey) //nolint:forcetypeassert // by its doc
	s, vkey, err := journal.NewCosigner(seed, "house.example")
	must(t, err)
	id := sha256.Sum256(append([]byte("house.example\n\x04"), public...))
	if want := fmt.Sprintf("house.example+%x+%s", id[:4], base64.StdEncoding.EncodeToString(append([]byte{4}, public...))); vkey != want {
		t.Errorf("%s, not %s", vkey, want)
	}
	c := journal.Checkpoint{Origin: origin, Size: 9}
	fields := bytes.Fields(s.Cosign(c, now))
	raw, err := base64.StdEncoding.DecodeString(string(fields[2]))
	must(t, err)
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n9\n%s\n", now.Unix(), origin, base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if !bytes.Equal(raw[:4], id[:4]) || binary.BigEndian.Uint64(raw[4:]) != uint64(now.Unix()) || !ed25519.Verify(public, []byte(text), raw[12:]) {
		t.Errorf("%q", fields)
	}
}

func requests() [][]byte {
	whole := witness.Request{Old: 7, Proof: tlog.TreeProof{{1}, {2}}, Checkpoint: []byte("rahgosha/isfahan\n9\nx\n\n— a b\n")}.Encode()
	return [][]byte{whole, bytes.Replace(whole, []byte("old 7"), []byte("old 07"), 1), whole[1:], []byte("old 0\n\n"), []byte("old 0\n\n\n\n")}
}

// oneRequest is the law of requests: no two texts are one request.
func oneRequest(t testing.TB, parse func([]byte) (witness.Request, error), raw []byte) {
	t.Helper()
	if r, err := parse(raw); err == nil && !bytes.Equal(r.Encode(), raw) {
		t.Errorf("two texts are one request: %q", raw)
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, r := range requests() {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { oneRequest(t, witness.ParseRequest, raw) })
}

func TestFuzzParseRequestFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	if _, err := witness.ParseRequest(requests()[0]); err != nil {
		t.Fatal(err)
	}
	careless := func(raw []byte) (witness.Request, error) {
		return witness.ParseRequest(bytes.Replace(raw, []byte("old 0"), []byte("old "), 1))
	}
	control.Finds(t, "one request", func(t testing.TB) {
		for _, r := range requests() {
			oneRequest(t, careless, r)
		}
	})
}
