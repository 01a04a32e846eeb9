package app_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

// Programs that others wrote after the same specifications (C2SP): what only ours read would be a format of ours alone.

// readByOthers is the law of a published log: the reader of another project checks its checkpoint against the public key, and proves
// and reads each entry.
func readByOthers(t testing.TB, w *world, at string) {
	t.Helper()
	ctx, vkey := t.Context(), mustOf(w.VKey())(t)
	key, err := note.NewVerifier(vkey)
	must(t, err)
	fetcher, err := torchwood.NewTileFetcher(at)
	must(t, err)
	client, err := torchwood.NewClient(fetcher, torchwood.WithTimeout(30*time.Second))
	must(t, err)
	signed, err := fetcher.ReadEndpoint(ctx, journal.CheckpointPath)
	must(t, err)
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		t.Fatalf("the checkpoint: %v", err)
	}
	c, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		t.Fatalf("the checkpoint: %v", err)
	}
	if c.Origin != journal.Origin(w.Province) {
		t.Errorf("the log is called %q", c.Origin)
	}
	var read int64
	for read < c.N {
		from := read
		for i, entry := range client.Entries(ctx, c.Tree, from) {
			if i != read || len(entry) == 0 {
				t.Fatalf("entry %d has %d bytes where %d comes", i, len(entry), read)
			}
			read++
		}
		if client.Err() != nil || read == from {
			t.Fatalf("of %d entries %d are proved: %v", c.N, read, client.Err())
		}
	}
	if own, err := w.VerifyJournal(ctx); err != nil || own.Size != c.N {
		t.Errorf("%d entries read, of %d: %v", c.N, own.Size, err)
	}
	for _, i := range []int64{0, c.N / 2, c.N - 1} {
		if _, _, err := client.Entry(ctx, c.Tree, i); err != nil {
			t.Errorf("entry %d alone: %v", i, err)
		}
	}
}

func mustOf[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func TestTheReaderOfAnotherProjectReadsTheLog(t *testing.T) { onBoth(t, othersRead) }

func othersRead(t testing.TB, w *world) {
	t.Helper()
	planted(t, w)
	for range journal.TileWidth + 20 {
		w.journal(t, "sealed")
	}
	w.settle(t.Context(), t)
	readByOthers(t, w, w.published(t))
}

// The control: of what is changed on its way no part is read.
func TestTheReaderOfAnotherProjectFindsAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planted(t, w)
	w.settle(t.Context(), t)
	for part, words := range map[string]string{"/tile/entries/": "are proved", "/tile/0/": "are proved", "/checkpoint": "the checkpoint"} {
		w.front = func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				r.Header.Del("Accept-Encoding")
				kept := httptest.NewRecorder()
				h.ServeHTTP(kept, r)
				body := kept.Body.Bytes()
				if strings.Contains(r.URL.Path, part) && kept.Code == http.StatusOK {
					body[len(body)/2] ^= 1
				}
				out.WriteHeader(kept.Code)
				_, _ = out.Write(body) // who does not read it any more has seen enough
			})
		}
		at := w.published(t)
		w.front = nil
		control.Finds(t, words, func(t testing.TB) { readByOthers(t, w, at) })
	}
}

// foreign is a witness of another project (litewitness, of filippo.io/torchwood), a process of its own, with its key in an agent.
type foreign struct {
	dir, bin, address, finger, agent, vkey string
}

// foreignWitness makes the key and the place of such a witness, which is built by `make setup-soak`.
func foreignWitness(t *testing.T) *foreign {
	t.Helper()
	if os.Getenv("RAHGOSHA_SOAK") == "" {
		t.Skip("a witness of another project is started by make soak")
	}
	bin, err := filepath.Abs(filepath.Join("..", "..", "tmp", "witness"))
	must(t, err)
	if _, err := os.Stat(filepath.Join(bin, "litewitness")); err != nil {
		t.Fatalf("%v: run make setup-soak", err)
	}
	short, err := os.MkdirTemp("", "w") // the path of a socket has 100 bytes
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	f := &foreign{dir: short, bin: bin, agent: filepath.Join(short, "agent")}
	f.keep(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f.address = free.Addr().String()
	must(t, free.Close())
	return f
}

// keep serves an agent that holds the witness's key.
func (f *foreign) keep(t *testing.T) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	ring := agent.NewKeyring()
	must(t, ring.Add(agent.AddedKey{PrivateKey: key}))
	signer, err := ssh.NewSignerFromKey(key)
	must(t, err)
	f.finger = ssh.FingerprintSHA256(signer.PublicKey())
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", f.agent)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c) }() // until the witness leaves
		}
	}()
}

// knows puts the log and its key into the witness's own tables, as its people do by hand (`witnessctl add-log`). The witness must
// have run once, since it makes them.
func (f *foreign) knows(t testing.TB, province, vkey string) {
	t.Helper()
	nothing := sha256.Sum256(nil) // the root of a tree without entries (RFC 6962, 2.1)
	f.write(t, `INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)`, journal.Origin(province), base64.StdEncoding.EncodeToString(nothing[:]))
	f.learns(t, province, vkey)
}

// learns gives the witness one more key of the log (`witnessctl add-key`).
func (f *foreign) learns(t testing.TB, province, vkey string) {
	t.Helper()
	f.write(t, `INSERT INTO key (origin, key) VALUES (?, ?)`, journal.Origin(province), vkey)
}

func (f *foreign) write(t testing.TB, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.dir, "db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

var verifierKey = regexp.MustCompile(`vkey="?([^"\s]+)`)

// start runs the witness and gives what ends it.
func (f *foreign) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, filepath.Join(f.bin, "litewitness"), "-db", filepath.Join(f.dir, "db"), "-ssh-agent", f.agent,
		"-key", f.finger, "-name", "another.example/witness", "-listen", f.address)
	pipe, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	stop = func() { cancel(); _ = cmd.Wait() } // it was killed
	t.Cleanup(stop)
	lines := bufio.NewScanner(pipe)
	for said := ""; lines.Scan(); {
		said += lines.Text() + "\n"
		if m := verifierKey.FindStringSubmatch(lines.Text()); m != nil {
			f.vkey = m[1]
		}
		if strings.Contains(lines.Text(), "listening") {
			go func() { _, _ = io.Copy(io.Discard, pipe) }()
			f.reached(t)
			return stop
		}
		if len(said) > 1<<16 {
			break
		}
	}
	t.Fatal("the witness does not listen")
	return nil
}

// reached waits until the witness takes connections.
func (f *foreign) reached(t testing.TB) {
	t.Helper()
	var d net.Dialer
	for range 100 {
		if c, err := d.DialContext(t.Context(), "tcp", f.address); err == nil {
			must(t, c.Close())
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the witness takes no connections")
}

// A witness of another project signs what ours sign, goes on after a cut and after its own restart, and takes a log that was handed
// over once its people gave it the new key.
func TestAWitnessOfAnotherProjectSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planted(t, w)
	w.settle(t.Context(), t)
	f := foreignWitness(t)
	stop := f.start(t)
	f.knows(t, w.Province, mustOf(w.VKey())(t))
	w.witnessed(t, f.vkey, "http://"+f.address)
	signed := func(when string) int64 {
		t.Helper()
		must(t, w.AskWitnesses(t.Context()))
		by, size := w.signedBy(t, journal.CheckpointPath, f.vkey)
		if !slices.Equal(by, []string{"another.example/witness"}) {
			t.Errorf("%s: the checkpoint of %d entries is signed by %v", when, size, by)
		}
		return size
	}
	first := signed("at first")
	w.journal(t, "more")
	w.settle(t.Context(), t)
	if second := signed("when it has grown"); second <= first {
		t.Errorf("%d entries after %d", second, first)
	}
	stop()
	w.journal(t, "after the cut")
	w.settle(t.Context(), t)
	must(t, w.AskWitnesses(t.Context())) // a cut is no refusal
	if by, _ := w.signedBy(t, journal.CheckpointPath, f.vkey); len(by) != 0 {
		t.Errorf("who was away signed: %v", by)
	}
	f.start(t)
	signed("after the cut")
	next, err := w.RotateSigning(t.Context(), time.Hour)
	must(t, err)
	f.learns(t, w.Province, next)
	w.clock.Advance(2 * time.Hour)
	w.journal(t, "by the new key")
	w.settle(t.Context(), t)
	signed("after the log was handed over")
}

// A province that rolled back or rewrote its journal hears the same from a witness of another project as from ours.
func TestAWitnessOfAnotherProjectRefusesWhatWasRewritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.besieged(t)
	f := foreignWitness(t)
	f.start(t)
	f.knows(t, w.Province, mustOf(w.VKey())(t))
	w.witnessed(t, f.vkey, "http://"+f.address)
	rolledBack(t, w, a, "openlog.witness_refused") // it has 422 for what the protocol has 409 for
}
