package app_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/openlog"
)

// published serves a world's whole surface and gives the address of its log.
func (w *world) published(t testing.TB) string {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	if w.front != nil {
		h = w.front(h)
	}
	s := listens(t, h)
	return s.URL + openlog.Prefix + w.Province
}

// judged reads a published log, wherever it is, and gives what is wrong with it.
func (w *world) judged(t testing.TB, at string) journal.Report {
	t.Helper()
	vkey, err := w.VKey()
	must(t, err)
	keys, err := journal.VerifierOf(vkey)
	must(t, err)
	log := openlog.Open(t.Context(), at)
	signed, c, err := log.Checkpoint(keys)
	must(t, err)
	report, err := journal.VerifySource(log.Source(signed, c), journal.Options{Verifiers: keys})
	must(t, err)
	return report
}

// Outsiders read over the network and from a stick exactly what is stored, and prove it with nothing but the public key.
func TestOutsidersProveTheWholeLog(t *testing.T) { onBoth(t, outsidersProve) }

func outsidersProve(t testing.TB, w *world) {
	t.Helper()
	w.journal(t, strings.Repeat("x", 1<<17)) // longer than a tile has room for
	for range 300 {
		w.journal(t, "sealed")
	}
	w.settle(t.Context(), t)
	own, err := w.VerifyJournal(t.Context())
	must(t, err)
	dir := filepath.Join(t.TempDir(), "stick")
	size, err := w.WriteTiles(t.Context(), dir)
	must(t, err)
	if own.Size <= journal.TileWidth || size != own.Size {
		t.Fatalf("%d entries stored, %d on the stick: want more than a tile holds", own.Size, size)
	}
	for _, at := range []string{w.published(t), dir} {
		if got := w.judged(t, at); !got.OK() || got.Root != own.Root || got.Signed != own.Size || got.Cases != own.Cases {
			t.Errorf("%s: %v, not %v", at, got, own)
		}
	}
	vkey, err := w.VKey()
	must(t, err)
	if code, out := run(t, "journal", "verify", dir, "--key", vkey); code != 0 || !strings.Contains(out, "0 findings") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// journal writes an entry of no case with that body.
func (w *world) journal(t testing.TB, body string) {
	t.Helper()
	must(t, w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Record(ctx, journal.Leaf{Province: w.Province, Case: "test", Kind: "noted", At: w.clock.Now().UnixMicro(), Body: []byte(body)})
	}))
}

// The control of reading from outside: a byte of any part that is changed on the way is found.
func TestOutsidersFindAChangedByteOfEveryPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	_, err := w.WriteTiles(t.Context(), dir)
	must(t, err)
	if got := w.judged(t, dir); !got.OK() {
		t.Fatal(got)
	}
	for _, part := range []string{"tile/0/000.p/*", "tile/entries/000.p/*"} {
		names, err := filepath.Glob(filepath.Join(dir, part))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		data, err := os.ReadFile(names[0])
		must(t, err)
		for at := 0; at < len(data); at += 5 {
			data[at] ^= 1 << (at % 8)
			must(t, os.WriteFile(names[0], data, 0o600))
			if w.damaged(t, dir) == "" {
				t.Fatalf("%s: byte %d changed, and nothing said so", part, at)
			}
			data[at] ^= 1 << (at % 8)
		}
		must(t, os.WriteFile(names[0], data, 0o600))
	}
}

// damaged tells what is wrong with a log, "" when nothing is.
func (w *world) damaged(t testing.TB, at string) string {
	t.Helper()
	vkey, err := w.VKey()
	must(t, err)
	keys, err := journal.VerifierOf(vkey)
	must(t, err)
	log := openlog.Open(t.Context(), at)
	signed, c, err := log.Checkpoint(keys)
	if err != nil {
		return err.Error()
	}
	report, err := journal.VerifySource(log.Source(signed, c), journal.Options{Verifiers: keys})
	if err != nil {
		return err.Error()
	}
	if !report.OK() {
		return report.String()
	}
	return ""
}

// What everybody may read holds nothing that only some may: no value, note, name, number of a person, file or letter.
func TestNothingPersonalIsPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	words := w.personal(t)
	publishesNothing(t, w, words)
	for _, plant := range []string{"zq-note-staff", "9705430713"} {
		w.journal(t, plant)
		control.Finds(t, "publishes "+plant, func(t testing.TB) { publishesNothing(t, w, words) })
	}
}

// personal walks a case with a mark in every place through the province, has an auditor read it, and gives the marks.
func (w *world) personal(t testing.TB) []string {
	t.Helper()
	id, _, birds := planted(t, w)
	words := []string{"9705430713", "99238044819", "سپیدتار", "آزمون", "gazette of", "شرایط فراهم است", "zq-asked", password}
	auditor := enter(t, w.App, "auditor", password)
	auditor.send(http.MethodGet, "/cases?q=zq-asked", nil)
	for _, b := range birds {
		words = append(words, b.word)
	}
	for _, l := range w.look(t, "dir.dg", id).Letters {
		want(t, http.StatusOK, auditor.send(http.MethodGet, "/letters/"+l.Token, nil).Code, "the auditor opens a letter")
	}
	return words
}

func publishesNothing(t testing.TB, w *world, words []string) {
	t.Helper()
	w.settle(t.Context(), t)
	log := openlog.Open(t.Context(), w.published(t))
	entries, size := 0, w.judged(t, w.published(t)).Size
	for _, tile := range journal.AllTiles(size) {
		data, err := log.Fetch(journal.TilePath(tile))
		must(t, err)
		if journal.IsEntries(tile) {
			leaves, err := journal.Bundled(data, tile.W)
			must(t, err)
			entries += len(leaves)
		}
		for _, word := range words {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s publishes %s", journal.TilePath(tile), word)
			}
		}
	}
	if int64(entries) != size || size < 20 {
		t.Errorf("%d of %d entries were looked at", entries, size)
	}
}

// What is not there, or not yet signed, is not found; who reads too fast is told to wait, and nobody else.
func TestTheLogAnswersForWhatItHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.published(t)
	size := w.judged(t, at).Size
	get := func(path string) *http.Response {
		res, err := http.Get(at + path)
		must(t, err)
		must(t, res.Body.Close())
		return res
	}
	whole := "/" + journal.TilePath(tlog.Tile{H: journal.TileHeight, W: int(size)})
	for path, code := range map[string]int{
		"/checkpoint": 200, whole: 200, strings.Replace(whole, "/0/", "/entries/", 1): 200, "/entry/0": 200, "/tile/0/000": 404,
		strings.Replace(whole, ".p", ".q", 1): 404, "/tile/0/000.p/999": 404, "/tile/1/000.p/1": 404, "/tile/9/000.p/1": 404, "/tile/entries/001.p/1": 404,
		"/tile/0/x072/x057/x594/x037/x927/936.p/1": 404, "/entry/99999": 404, "/entry/00": 404, "/entry/-1": 404, "/../yazd/checkpoint": 404,
	} {
		if got := get(path).StatusCode; got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
	if got := get(whole).Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a tile may be kept: %q", got)
	}
	if got := get("/checkpoint").Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
		t.Errorf("a checkpoint may not be kept: %q", got)
	}
	codes := map[int]int{}
	for range 2100 {
		codes[get("/entry/0").StatusCode]++
	}
	if codes[http.StatusTooManyRequests] == 0 || codes[http.StatusOK] < 1900 || len(codes) != 2 {
		t.Errorf("answers: %v", codes)
	}
}
