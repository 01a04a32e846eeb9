package app_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/witness"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/openlog"
)

// The log is handed over to a new signing key while a server runs: letters and logs of before and after are proved, by who
// has the former key and by who has the new one; a witness is told, and a former key that signs on is found by all.
func TestTheLogIsHandedOver(t *testing.T) { onBoth(t, handedOver) }

func handedOver(t testing.TB, w *world) {
	t.Helper()
	verify := outsidersProgram(t)
	former, err := w.VKey()
	must(t, err)
	unit := enter(t, w.App, "unit.ceo", password)
	letter := func(id string) []byte {
		t.Helper()
		w.settle(t.Context(), t)
		return unit.send(http.MethodGet, "/letters/"+w.look(t, "unit.ceo", id).Letters[0].Token+".txt", nil).Body.Bytes()
	}
	first := w.requested(t)
	before := kept(t, "before.txt", letter(first))
	dir := t.TempDir()
	house, server := w.house(t, dir)
	w.witnessed(t, house.VKey(), server.URL)
	must(t, w.AskWitnesses(t.Context()))
	running := reopened(t, w)

	next, err := w.RotateSigning(t.Context(), 24*time.Hour)
	must(t, err)
	second := running.requested(t)
	running.settle(t.Context(), t)
	unit = enter(t, running.App, "unit.ceo", password)
	after := kept(t, "after.txt", letter(second))
	log := running.published(t)
	opens := func(key string) bool {
		known, err := journal.VerifierOf(key)
		must(t, err)
		_, _, err = openlog.Open(t.Context(), log).Checkpoint(known)
		return err == nil
	}
	if !opens(former) || !opens(next) {
		t.Error("beside each other the two keys do not both sign what is published")
	}
	zip := kept(t, "case.zip", unit.send(http.MethodGet, "/cases/"+second+"/container.zip", nil).Body.Bytes())
	must(t, running.AskWitnesses(t.Context()))
	w.clock.Advance(25 * time.Hour)
	running.journal(t, "later")
	running.settle(t.Context(), t)
	if opens(former) || !opens(next) {
		t.Error("the former key signs after its time, or the new one does not")
	}
	must(t, running.AskWitnesses(t.Context())) // the witness was given the former key
	if by, _ := w.signedBy(t, journal.CheckpointPath, house.VKey()); len(by) != 1 {
		t.Errorf("the witness does not go on: %v", by)
	}
	export := filepath.Join(t.TempDir(), "export")
	f, err := os.Create(export)
	must(t, err)
	must(t, w.ExportJournal(t.Context(), f))
	must(t, f.Close())
	stick := t.TempDir()
	_, err = w.WriteTiles(t.Context(), stick)
	must(t, err)
	keys := filepath.Join(stick, journal.KeysPath)
	for name, args := range map[string][]string{
		"a letter of before, by the former key":      {"receipt", before, "-key", former},
		"a letter of before, by the new key":         {"receipt", before, "-key", next, "-keys", keys},
		"a letter of after, by the new key":          {"receipt", after, "-key", next},
		"a letter of after, by the former key":       {"receipt", after, "-key", former, "-keys", keys},
		"the journal by the former key":              {export, "-key", former},
		"the journal by the new key":                 {export, "-key", next},
		"a case's file by the former key":            {"container", zip, "-key", former},
		"a case's file by the new key":               {"container", zip, "-key", next},
		"a letter of before, by the former and keys": {"receipt", before, "-key", former, "-keys", keys},
	} {
		if out, err := verify(args...); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	for _, key := range []string{former, next} {
		for _, at := range []string{log, export, stick} {
			if code, out := run(t, "journal", "verify", at, "--key", key, "--receipt", before, "--receipt", after); code != 0 {
				t.Errorf("%s by %s: %s", at, key, out)
			}
		}
	}
	w.untouched(t)
	w.signOn(t)
	err = w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Record(ctx, journal.Leaf{Province: w.Province, Case: "test", Kind: "noted", At: w.clock.Now().UnixMicro()})
	})
	if _, serr := w.Store.Sequence(t.Context()); err == nil && serr == nil {
		t.Error("the server appends to what the former key signed on")
	}
	if report, err := w.VerifyJournal(t.Context()); err != nil || report.OK() {
		t.Errorf("the former key signs on, and the journal is called whole: %v", err)
	}
	if _, _, err := house.Visit(openlog.Open(t.Context(), log)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the witness signs what the former key signs on: %v", err)
	}
	known, err := journal.VerifierOf(former)
	must(t, err)
	quiet := openlog.Open(t.Context(), log)
	fetch := quiet.Fetch
	quiet.Fetch = func(part string) ([]byte, error) {
		if part == journal.KeysPath {
			return nil, fault.New(fault.NotFound, "openlog.no_part", "at", part)
		}
		return fetch(part)
	}
	ignorant, err := witness.Open(t.TempDir(), "house.example", w.clock, former)
	must(t, err)
	if _, _, err := ignorant.Visit(quiet); err != nil {
		t.Errorf("the control: a witness that nobody told refuses the former key: %v", err)
	}
	if _, _, err := quiet.Checkpoint(known); err != nil {
		t.Errorf("the control: a reader who was not told refuses the former key: %v", err)
	}
}

// signOn signs more than there was by the first key, as who stole it could, and puts that where the checkpoint lies.
func (w *world) signOn(t testing.TB) {
	t.Helper()
	signer, _, err := w.Root.Signer(w.Province)
	must(t, err)
	c := journal.Checkpoint{Origin: journal.Origin(w.Province), Size: 1 << 20, Root: [32]byte{1}}
	signed, err := c.Sign(signer)
	must(t, err)
	w.admin(t).exec(t, "UPDATE checkpoint SET size = $1, root = $2, note = $3", c.Size, c.Root[:], signed)
}
