package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
)

// beside opens a second node on a world's database: it has a folder of its own, with the same root key.
func (w *world) beside(t testing.TB, c clock.Clock) *world {
	t.Helper()
	data := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(w.Data, "keys", "root.key"))
	must(t, err)
	keys := filepath.Join(data, "keys")
	must(t, errors.Join(os.Mkdir(keys, 0o700), os.WriteFile(filepath.Join(keys, "root.key"), raw, 0o600)))
	cfg := w.Config
	cfg.Data, cfg.Clock = data, c
	out := &world{clock: w.clock, unit: w.unit}
	out.App, err = app.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, out.Close()) })
	return out
}

// twoNodes runs a law on two nodes of one PostgreSQL.
func twoNodes(t *testing.T, law func(t testing.TB, a, b *world)) {
	t.Helper()
	t.Parallel()
	a := newWorldOn(t, filledDatabase(t))
	law(t, a, a.beside(t, a.clock))
}

// later lets pass what one node may believe without asking the database.
const later = 5 * time.Second

// What somebody does at one node holds at the other: who signed in, what they put, what two persons published, a table of
// days, a working day that is closed.
func TestWhatIsDoneAtOneNodeHoldsAtTheOther(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) { oneHouse(t, a, b) })
}

func oneHouse(t testing.TB, a, b *world) {
	ctx := t.Context()
	token, who, err := a.Party.SignIn(ctx, "unit.ceo", password, "", "127.0.0.1")
	must(t, err)
	if p, err := b.Party.Resolve(ctx, token); err != nil || p.Person != who.Person {
		t.Errorf("a session of the other node: %v", err)
	}
	ref, err := a.Document.Put(ctx, a.Province, who.Person, "paper.txt", strings.NewReader("a paper of the first node"))
	must(t, err)
	if text, err := read(ctx, b, ref.Hash); err != nil || text != "a paper of the first node" {
		t.Errorf("a document of the other node: %q %v", text, err)
	}
	shown := func(w *world) string { return limitsShown(t, w) }
	before := shown(b)
	if _, problems, err := a.Publish(ctx, referralFolder(t, comingLimits...), [2]string{"p-dir.deputy", "p-dir.dg"}); err != nil {
		t.Fatal(err, problems)
	}
	a.clock.Advance(later)
	if shown(b) == before || shown(a) != shown(b) {
		t.Error("a table that was published at the other node does not hold")
	}
	next, problems, err := a.Publish(ctx, second(t, "{other: pin}"), [2]string{"first", "second"})
	if err != nil {
		t.Fatal(err, problems)
	}
	a.clock.Advance(later)
	if def, err := b.Defs.Current(ctx, "referral"); err != nil || def.Hash != next.Hash {
		t.Errorf("a version that was published at the other node is not in force: %v", err)
	}
	must(t, a.Party.SignOut(ctx, token))
	a.clock.Advance(later)
	if _, err := b.Party.Resolve(ctx, token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a session that ended at the other node: %v", err)
	}
}

func read(ctx context.Context, w *world, hash string) (string, error) {
	r, _, err := w.Document.Get(ctx, w.Province, hash)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(r)
	return string(raw), errors.Join(err, r.Close())
}

// limitsShown gives the page with the limits that hold at a node.
func limitsShown(t testing.TB, w *world) string {
	t.Helper()
	page := w.visitor(t).send(http.MethodGet, "/procedures/referral", nil)
	if page.Code != http.StatusOK {
		t.Fatalf("%d", page.Code)
	}
	return readable(page.Body.String())
}

// A node that stands still in time asks nobody anew, as one that believed its memory for ever would: the law finds it.
func TestANodeThatBelievesItsMemoryIsFound(t *testing.T) {
	t.Parallel()
	a := newWorldOn(t, filledDatabase(t))
	b := a.beside(t, clock.NewManual(a.clock.Now()))
	said := control.Reports(t, func(t testing.TB) { oneHouse(t, a, b) })
	for _, words := range []string{"a table that was published", "a version that was published", "a session that ended"} {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, words) }) {
			t.Errorf("nothing is said of %q: %q", words, said)
		}
	}
}

// Guesses at both nodes together are no more than at one.
func TestGuessesAtTwoNodesAreCountedTogether(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) {
		tried := 0
		for i := range 40 {
			_, _, err := []*world{a, b}[i%2].Party.SignIn(t.Context(), "dir.deputy", fmt.Sprintf("wrong-password-%d-1405", i), "", "10.0.0.1")
			if fault.Is(err, fault.Unauthenticated) {
				tried++
			}
		}
		if tried != 10 {
			t.Errorf("%d guesses were answered, want the 10 of one node", tried)
		}
	})
}

// Who was erased at one node is erased at the other half a minute later, at the latest.
func TestWhatIsErasedAtOneNodeIsGoneAtTheOther(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) {
		ref, err := a.Document.Put(t.Context(), a.Province, "p-unit.ceo", "paper.txt", strings.NewReader("to be erased"))
		must(t, err)
		if _, err := read(t.Context(), b, ref.Hash); err != nil {
			t.Fatal(err)
		}
		must(t, a.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Erase(ctx, "blob:"+ref.Hash) }))
		a.clock.Advance(31 * time.Second)
		if text, err := read(t.Context(), b, ref.Hash); !errors.Is(err, journal.ErrErased) {
			t.Errorf("what was erased reads %q (%v)", text, err)
		}
	})
}

// The log is numbered, and jobs of a single node are done, by one node; when it is gone, by the other.
func TestALeasePassesToTheNodeThatIsLeft(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) {
		take := func(w *world) bool {
			ours, err := w.Store.TryLease(t.Context(), "job", time.Minute)
			must(t, err)
			return ours
		}
		if !take(a) || take(b) || !take(a) {
			t.Error("two nodes hold one lease")
		}
		a.clock.Advance(61 * time.Second)
		if !take(b) || take(a) {
			t.Error("the lease does not pass")
		}
	})
}

// Who reads a case at one node hears that it was changed at the other, and asking by itself does not keep a session alive.
func TestReadersAtEachNodeHearOfAChange(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) { bothHear(t, a, b) })
}

func bothHear(t testing.TB, a, b *world) {
	id := a.open(t)
	version := a.look(t, "unit.ceo", id).Version
	var readers sync.WaitGroup
	codes := make([]int, 2)
	for i, w := range []*world{a, b} {
		reader := w.signedIn(t, "unit.ceo")
		readers.Go(func() {
			codes[i] = reader.send(http.MethodGet, fmt.Sprintf("/cases/%s/news?seen=%d", id, version), nil).Code
		})
	}
	a.carry(t, id, act{who: "unit.ceo", action: "submit", facts: a.request()})
	readers.Wait()
	for i, code := range codes {
		if code != http.StatusOK {
			t.Errorf("a reader at node %d heard %d", i, code)
		}
	}
	if code := b.signedIn(t, "bank.branch").send(http.MethodGet, "/cases/"+id+"/news", nil).Code; code != http.StatusNotFound {
		t.Errorf("who may not see a case hears %d", code)
	}
}

// deaf makes a node that hears of no change.
func (w *world) deaf() {
	w.front = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/news") && r.URL.RawQuery != "" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestANodeThatHearsOnlyOfItselfIsFound(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) {
		b.deaf()
		control.Finds(t, "a reader at node 1 heard 204", func(t testing.TB) { bothHear(t, a, b) })
	})
}

func TestAskingForNewsIsNoUseOfASession(t *testing.T) {
	t.Parallel()
	for path, over := range map[string]bool{"/cases/unknown/news": true, "/inbox/news": true, "/desk": false} {
		w := newWorld(t)
		b := w.signedIn(t, "dir.expert")
		for range 4 {
			w.clock.Advance(10 * time.Minute)
			b.send(http.MethodGet, path, nil)
		}
		if now := b.send(http.MethodGet, "/desk", nil).Code; (now != http.StatusOK) != over {
			t.Errorf("after 40 minutes of %s the desk answers %d", path, now)
		}
	}
}

// signedIn is somebody's browser at this node, behind what is planted before it.
func (w *world) signedIn(t testing.TB, login string) *browser {
	t.Helper()
	b := enter(t, w.App, login, password)
	if w.front != nil {
		b.h = w.front(b.h)
	}
	return b
}
