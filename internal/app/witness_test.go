package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/openlog"
)

// house is a witness that runs beside a world, of whose log it has the key.
func (w *world) house(t testing.TB, dir string) (*witness.Witness, *httptest.Server) {
	t.Helper()
	vkey, err := w.VKey()
	must(t, err)
	house, err := witness.Open(dir, "house.example", w.clock, vkey)
	must(t, err)
	kit, mux := &httpkit.Kit{Log: slog.New(slog.DiscardHandler), Clock: w.clock}, http.NewServeMux()
	must(t, kit.Register(mux, openlog.WitnessRoutes(w.clock, house)))
	s := listens(t, kit.Wrap(mux))
	return house, s
}

// witnessed opens the world anew with that witness in its list.
func (w *world) witnessed(t testing.TB, vkey, address string) {
	t.Helper()
	raw, err := json.Marshal([]app.Witness{{Key: vkey, Name: locale.Text{FA: "خانهٔ صنعت", EN: "House of Industry"}, Address: address}})
	must(t, err)
	must(t, w.Close())
	must(t, os.WriteFile(filepath.Join(w.Data, "witnesses.json"), raw, 0o600))
	w.App, err = app.Open(t.Context(), w.Config)
	must(t, err)
}

// signedBy gives the names of the witnesses in a part of the published log.
func (w *world) signedBy(t testing.TB, part, vkey string) (names []string, size int64) {
	t.Helper()
	own, err := w.VKey()
	must(t, err)
	known, err := journal.VerifierOf(own, vkey)
	must(t, err)
	signed, err := openlog.Open(t.Context(), w.published(t)).Fetch(part)
	must(t, err)
	c, by, err := journal.Cosignatures(signed, known)
	must(t, err)
	for _, b := range by {
		names = append(names, b.Witness)
	}
	return names, c.Size
}

// checkPage is the public page of a letter.
func (w *world) checkPage(t testing.TB, token, lang string) string {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	b := &browser{t: t, h: h, lang: lang}
	return b.send(http.MethodGet, "/verify?q="+url.QueryEscape(token), nil).Body.String()
}

// What a witness signs is kept, published with the checkpoint, and told to whoever checks a letter, in both languages;
// while the network is cut nothing fails, and afterwards the witness goes on from where it was.
func TestWitnessesSignAndEverybodySeesIt(t *testing.T) { onBoth(t, witnessesSign) }

func witnessesSign(t testing.TB, w *world) {
	t.Helper()
	id, _, _ := planted(t, w)
	token := w.look(t, "dir.dg", id).Letters[0].Token
	w.settle(t.Context(), t)
	dir := filepath.Join(t.TempDir(), "house")
	house, server := w.house(t, dir)
	w.witnessed(t, house.VKey(), server.URL)
	if page := w.checkPage(t, token, "en"); strings.Contains(page, "Witnessed by") {
		t.Error("a letter is witnessed before anybody signed")
	}
	must(t, w.AskWitnesses(t.Context()))
	for _, part := range []string{journal.CheckpointPath, journal.WitnessedPath} {
		if by, _ := w.signedBy(t, part, house.VKey()); len(by) != 1 || by[0] != "house.example" {
			t.Errorf("%s is signed by %v", part, by)
		}
	}
	for lang, words := range map[string]string{"en": "House of Industry", "fa": "خانهٔ صنعت"} {
		if page := w.checkPage(t, token, lang); !strings.Contains(page, words) {
			t.Errorf("the page of the letter does not name the witness in %s", lang)
		}
	}
	server.Close()
	w.journal(t, "after the cut")
	w.settle(t.Context(), t)
	must(t, w.AskWitnesses(t.Context()))
	if by, size := w.signedBy(t, journal.CheckpointPath, house.VKey()); len(by) != 0 {
		t.Errorf("%d entries are signed by %v, who was not asked", size, by)
	}
	_, before := w.signedBy(t, journal.WitnessedPath, house.VKey())
	_, server = w.house(t, dir)
	w.witnessed(t, house.VKey(), server.URL)
	must(t, w.AskWitnesses(t.Context()))
	if by, after := w.signedBy(t, journal.CheckpointPath, house.VKey()); len(by) != 1 || after <= before {
		t.Errorf("after the cut %d entries are signed by %v, before %d", after, by, before)
	}
	other, err := witness.Open(t.TempDir(), "house.example", w.clock)
	must(t, err)
	w.witnessed(t, other.VKey(), "") // the control: the same name, and a key that signed nothing
	if page := w.checkPage(t, token, "en"); strings.Contains(page, "House of Industry") {
		t.Error("a signature is shown that the listed key did not make")
	}
}

// The same on a stick, from the terminal, without any network between the two.
func TestAStickCarriesSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vkey, err := w.VKey()
	must(t, err)
	stick, dir := filepath.Join(t.TempDir(), "stick"), filepath.Join(t.TempDir(), "house")
	code, key := run(t, "witness", "key", "--dir", dir, "--name", "house.example")
	if code != 0 {
		t.Fatal(key)
	}
	w.witnessed(t, strings.TrimSpace(key), "")
	_, err = w.WriteTiles(t.Context(), stick)
	must(t, err)
	for range 2 {
		if code, out := run(t, "witness", "sign", stick, "--dir", dir, "--name", "house.example", "--key", vkey); code != 0 || !strings.Contains(out, "— house.example ") {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	must(t, w.Close())
	if code, out := run(t, "journal", "cosigned", filepath.Join(stick, "witnessed"), "--data", w.Data); code != 0 || !strings.Contains(out, "signed by house.example") {
		t.Errorf("exit %d: %s", code, out)
	}
	raw, err := os.ReadFile(filepath.Join(stick, "witnessed"))
	must(t, err)
	raw = bytes.Replace(raw, []byte("\n\n"), []byte("\nx\n\n"), 1)
	must(t, os.WriteFile(filepath.Join(stick, "witnessed"), raw, 0o600))
	if code, out := run(t, "journal", "cosigned", filepath.Join(stick, "witnessed"), "--data", w.Data); code == 0 {
		t.Errorf("a changed checkpoint is kept: %s", out)
	}
	w.App, err = app.Open(context.WithoutCancel(t.Context()), w.Config)
	must(t, err)
	if by, _ := w.signedBy(t, journal.WitnessedPath, strings.TrimSpace(key)); len(by) != 1 {
		t.Errorf("signed by %v", by)
	}
}

// A list that is wrong is told before anything is served.
func TestAWrongListOfWitnessesIsRefused(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"{", `[{"key": "x", "name": {"fa": "a", "en": "b"}}]`, `[{"key": "x"}]`} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "witnesses.json"), []byte(list), 0o600))
		if code, out := run(t, "migrate", "--data", dir, "--lang", "en"); code != 1 || !strings.Contains(out, "list of witnesses") {
			t.Errorf("%s: exit %d: %s", list, code, out)
		}
	}
}
