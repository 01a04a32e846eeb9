package journal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// keyring keeps wrapped keys in memory; a nil blob is a destroyed key.
type keyring struct {
	root *journal.Root
	kept map[string][]byte
}

func (k keyring) Get(_ context.Context, id string) ([]byte, error) {
	blob, ok := k.kept[id]
	switch {
	case !ok:
		return nil, journal.ErrNoKey
	case blob == nil:
		return nil, journal.ErrErased
	}
	return k.root.Unwrap(id, blob)
}

func (k keyring) Create(_ context.Context, id string) ([]byte, error) {
	key, err := journal.NewKey()
	if err != nil {
		return nil, err
	}
	k.kept[id], err = k.root.Wrap(id, key)
	return key, err
}

func newRoot(t testing.TB) (*journal.Root, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	r, err := journal.LoadRoot(path)
	must(t, err)
	return r, path
}

// Erasing a person makes the value unreadable for good, while the entry that holds it keeps its hash.
func TestErasureLeavesTheJournalWhole(t *testing.T) {
	t.Parallel()
	root, _ := newRoot(t)
	keys := keyring{root, map[string][]byte{}}
	ad := journal.AD("isfahan", "R-1", "facts.ceo_name")
	id := journal.PersonKey("p1")
	s, err := journal.SealWith(t.Context(), keys, id, ad, []byte("personal value"))
	must(t, err)
	body, err := json.Marshal(s)
	must(t, err)
	w := newWorld(t)
	w.add(t, journal.Leaf{Province: "isfahan", Case: "R-1", Seq: 1, Kind: "k", Body: body}.Encode())
	if plain, err := journal.OpenWith(t.Context(), keys, s, ad); err != nil || string(plain) != "personal value" {
		t.Fatalf("%q, %v", plain, err)
	}
	if bytes.Contains(export(t, w), []byte("personal")) || bytes.Contains(w.records[0].Leaf, []byte("personal")) {
		t.Error("clear text in the journal")
	}
	keys.kept[id] = nil
	if _, err := journal.OpenWith(t.Context(), keys, s, ad); !errors.Is(err, journal.ErrErased) {
		t.Errorf("after erasure: %v", err)
	}
	if _, err := journal.SealWith(t.Context(), keys, id, ad, nil); !errors.Is(err, journal.ErrErased) {
		t.Errorf("a destroyed key came back: %v", err)
	}
	if r := verify(t, w, export(t, w)); !r.OK() {
		t.Errorf("%v", r)
	}
}

func TestSealedValueCannotBeMovedOrChanged(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{1}, journal.KeySize)
	ad := journal.AD("isfahan", "R-1", "x")
	s, err := journal.Seal(key, "person:1", ad, []byte("value"))
	must(t, err)
	for name, other := range map[string][]byte{
		"province": journal.AD("yazd", "R-1", "x"), "case": journal.AD("isfahan", "R-2", "x"),
		"label": journal.AD("isfahan", "R-1", "y"), "shifted": journal.AD("isfahanR", "-1", "x"),
	} {
		if _, err := journal.Open(key, s, other); !fault.Is(err, fault.Invalid) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	moved := s
	moved.Key = "person:2"
	if _, err := journal.Open(key, moved, ad); err == nil {
		t.Error("opens under another id")
	}
	for bit := range len(s.Text) * 8 {
		bad := s
		bad.Text = bytes.Clone(s.Text)
		bad.Text[bit/8] ^= 1 << (bit % 8)
		if _, err := journal.Open(key, bad, ad); err == nil {
			t.Fatalf("bit %d", bit)
		}
	}
}

func TestRootFileIsMadeOnceAndKeptPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "root.key")
	var wg sync.WaitGroup
	hashes := make([]string, 8)
	for i := range hashes {
		wg.Go(func() {
			if r, err := journal.LoadRoot(path); err == nil {
				hashes[i] = r.SearchHash("national_id", "0012345679")
			}
		})
	}
	wg.Wait()
	for _, h := range hashes {
		if h == "" || h != hashes[0] {
			t.Fatalf("starters at once got different keys: %v", hashes)
		}
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601} {
		must(t, os.Chmod(path, mode))
		if _, err := journal.LoadRoot(path); !fault.Is(err, fault.Forbidden) {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

func TestDamagedRootFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "root.key")
	must(t, os.WriteFile(path, []byte("rahgosha root key v1\nabc\n"), 0o600))
	if _, err := journal.LoadRoot(path); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "rahgosha root key v1\nabc\n" {
		t.Error("the file was touched")
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	t.Parallel()
	r, _ := newRoot(t)
	a, err := r.SigningSeed("isfahan")
	must(t, err)
	b, err := r.SigningSeed("yazd")
	must(t, err)
	if bytes.Equal(a, b) || bytes.Equal(a, r.CookieKey()) {
		t.Error("keys of two purposes are equal")
	}
	if r.SearchHash("ab", "c") == r.SearchHash("a", "bc") {
		t.Error("kind and value run together")
	}
	dek := bytes.Repeat([]byte{9}, journal.KeySize)
	blob, err := r.Wrap("person:1", dek)
	must(t, err)
	if got, err := r.Unwrap("person:1", blob); err != nil || !bytes.Equal(got, dek) {
		t.Errorf("%v", err)
	}
	if _, err := r.Unwrap("person:2", blob); err == nil {
		t.Error("a wrapped key opens under another id")
	}
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	r, path := newRoot(t)
	raw, err := os.ReadFile(path)
	must(t, err)
	master := strings.Fields(string(raw))[4]
	b, err := hex.DecodeString(master)
	must(t, err)
	s := journal.Secret(b)
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "s", s, "root", fmt.Sprint(r))
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "root", r, "v", *r)
	js, err := json.Marshal(map[string]any{"s": s, "in": struct{ S journal.Secret }{s}})
	must(t, err)
	out.Write(js)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%o"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, s, r, *r, struct{ S journal.Secret }{s})
	}
	for _, leak := range []string{master, strings.ToUpper(master), fmt.Sprint(b)[1:20], string(b)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("secret shows as %q", leak)
		}
	}
}
