package document_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
)

const province = "alborz"

// house is a service over a real database in a folder of its own.
type house struct {
	*document.Service
	store *store.Store
	dir   string
}

var template = storetest.Template("document")

func TestMain(m *testing.M) { os.Exit(template.Run(m)) }

// onBoth runs a test on SQLite, and on PostgreSQL where there is one.
func onBoth(t *testing.T, test func(t *testing.T, fresh func(*testing.T) *house)) {
	t.Helper()
	storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
		test(t, func(t *testing.T) *house { t.Helper(); return openHouse(t, fresh(t)) })
	})
}

func openHouse(t *testing.T, cfg store.Config) *house {
	t.Helper()
	h := &house{dir: cfg.Path}
	var now *clock.Manual
	h.store, now = storetest.Open(t, cfg, time.Date(2026, 4, 27, 6, 30, 0, 0, time.UTC))
	tx := func(run func(context.Context, func(context.Context, *store.Tx) error) error) func(context.Context, func(context.Context, document.Tx) error) error {
		return func(ctx context.Context, fn func(context.Context, document.Tx) error) error {
			return run(ctx, func(ctx context.Context, t *store.Tx) error { return fn(ctx, t) })
		}
	}
	var err error
	h.Service, err = document.New(document.Config{Dir: h.dir, Write: tx(h.store.Write), Read: tx(h.store.Read), Clock: now})
	must(t, err)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) put(t *testing.T, by, name string, content []byte) document.Ref {
	t.Helper()
	ref, err := h.Put(t.Context(), province, by, name, bytes.NewReader(content))
	must(t, err)
	return ref
}

func (h *house) blob(hash string) string { return filepath.Join(h.dir, "blobs", hash[:2], hash) }

func TestWhatIsPutComesBackByItsHash(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		for _, f := range sound() {
			ref := h.put(t, "p1", f.name, f.content)
			sum := sha256.Sum256(f.content)
			if ref.Hash != hex.EncodeToString(sum[:]) || ref.Size != int64(len(f.content)) || ref.Media != f.media || ref.Name != f.want {
				t.Errorf("%q: %+v, want %s as %q", f.name, ref, f.media, f.want)
			}
			body, got, err := h.Get(t.Context(), province, ref.Hash)
			must(t, err)
			back, err := io.ReadAll(body)
			must(t, err)
			if !bytes.Equal(back, f.content) || got.Media != f.media || got.Size != ref.Size {
				t.Errorf("%q came back as %d bytes of %s", f.name, len(back), got.Media)
			}
		}
	})
}

func TestTheSameContentIsOneDocumentAndEachPutIsRemembered(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		first := h.put(t, "p1", "گزارش.pdf", samplePDF("x"))
		before, err := os.ReadFile(h.blob(first.Hash))
		must(t, err)
		h.put(t, "p2", "other.pdf", samplePDF("x"))
		after, err := os.ReadFile(h.blob(first.Hash))
		must(t, err)
		if !bytes.Equal(before, after) {
			t.Error("the same content was written once more")
		}
		uses, err := h.Uses(t.Context(), province, first.Hash)
		must(t, err)
		if len(uses) != 2 || uses[0].Name != "گزارش.pdf" || uses[1].Name != "other.pdf" || uses[1].By != "p2" {
			t.Errorf("%+v", uses)
		}
		must(t, h.store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Erase(ctx, journal.PersonKey("p1")) }))
		if uses, err = h.Uses(t.Context(), province, first.Hash); err != nil || uses[0].Name != journal.Erased || uses[1].Name != "other.pdf" {
			t.Errorf("after p1 was erased: %+v, %v", uses, err)
		}
	})
}

func TestOneByteMoreThanTheLimitIsTooLarge(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		full := samplePDF(strings.Repeat("a", document.Limit-len(samplePDF(""))))
		h.put(t, "p1", "full.pdf", full)
		_, err := h.Put(t.Context(), province, "p1", "more.pdf", io.MultiReader(bytes.NewReader(full), strings.NewReader("\n")))
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("one byte more: %v", err)
		}
	})
}

// Whoever takes the disk away reads neither content nor names; the control finds a canary that was written in clear.
func TestNothingOfADocumentIsOnDiskInClear(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		const inside, inName = "CANARY-INSIDE-71", "CANARY-NAME-72"
		h.put(t, "p1", inName+".pdf", samplePDF(inside))
		if _, err := h.Put(t.Context(), province, "p1", inName+".html", strings.NewReader("<html>"+inside)); err == nil {
			t.Error("a web page came through")
		}
		must(t, os.WriteFile(filepath.Join(h.dir, "control"), []byte("…CONTROL-73…"), 0o600))
		for canary, want := range map[string]bool{inside: false, inName: false, "CONTROL-73": true} {
			if got := onDisk(t, h.dir, canary); got != want {
				t.Errorf("%s on disk: %v", canary, got)
			}
		}
		left, err := os.ReadDir(filepath.Join(h.dir, "blobs", "quarantine"))
		if err != nil || len(left) > 0 {
			t.Errorf("left in quarantine: %v, %v", left, err)
		}
	})
}

func onDisk(t *testing.T, dir, canary string) (found bool) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		found = found || bytes.Contains(raw, []byte(canary))
		return err
	}))
	return found
}
