package document_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
)

func TestEveryDamageOnDiskIsFoundAndNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		ref := h.put(t, "p1", "a.pdf", samplePDF("a"))
		other := h.put(t, "p1", "b.pdf", samplePDF("b"))
		whole, err := os.ReadFile(h.blob(ref.Hash))
		must(t, err)
		swapped, err := os.ReadFile(h.blob(other.Hash))
		must(t, err)
		damaged := map[string][]byte{"cut": whole[:len(whole)-1], "empty": nil, "longer": append(bytes.Clone(whole), 0), "another": swapped}
		for _, at := range []int{0, 11, 12, len(whole) / 2, len(whole) - 1} {
			raw := bytes.Clone(whole)
			raw[at] ^= 1
			damaged["byte flipped at "+string(rune('a'+at%26))] = raw
		}
		for what, raw := range damaged {
			must(t, os.WriteFile(h.blob(ref.Hash), raw, 0o600))
			_, _, err := h.Get(t.Context(), province, ref.Hash)
			if f, ok := fault.As(err); !ok || f.Key != "document.damaged" || f.Args["hash"] != ref.Hash {
				t.Errorf("%s: %v", what, err)
			}
		}
		h.put(t, "p2", "a.pdf", samplePDF("a")) // whoever has it still, mends it
		if _, _, err := h.Get(t.Context(), province, ref.Hash); err != nil {
			t.Errorf("after it was put again: %v", err)
		}
		must(t, os.Remove(h.blob(ref.Hash)))
		if _, _, err := h.Get(t.Context(), province, ref.Hash); !fault.Is(err, fault.NotFound) {
			t.Errorf("gone: %v", err)
		}
	})
}

func TestWhatWasErasedIsNeitherReadNorKeptAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		ref := h.put(t, "p1", "a.pdf", samplePDF("a"))
		must(t, h.store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Erase(ctx, "blob:"+ref.Hash) }))
		if _, _, err := h.Get(t.Context(), province, ref.Hash); !errors.Is(err, journal.ErrErased) {
			t.Errorf("read: %v", err)
		}
		if _, err := h.Put(t.Context(), province, "p1", "a.pdf", bytes.NewReader(samplePDF("a"))); !fault.Is(err, fault.Refused) {
			t.Errorf("kept again: %v", err)
		}
	})
}

func TestWhatIsNotThereOrElsewhereIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		ref := h.put(t, "p1", "a.pdf", samplePDF("a"))
		for _, c := range [][2]string{
			{"yazd", ref.Hash}, {province, strings.Repeat("0", 64)}, {province, ""}, {province, "../../keys/root.key"},
			{province, strings.ToUpper(ref.Hash)},
		} {
			if _, _, err := h.Get(t.Context(), c[0], c[1]); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", c, err)
			}
		}
	})
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Parallel()
		h := newHouse(t)
		_, err := h.Put(t.Context(), province, "p1", "a.pdf", io.MultiReader(bytes.NewReader(samplePDF("a")), brokenOff{}))
		if f, ok := fault.As(err); !ok || f.Key != "document.broken_off" {
			t.Errorf("%v", err)
		}
		entries, err := os.ReadDir(h.dir + "/blobs")
		if err != nil || len(entries) != 1 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
}
