package app_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// A new root key takes the former one's place, stopped after each of its first transactions and begun again: every value
// reads at any time, signing in, search, signatures and the journal go on, and at the end the former root key opens nothing
// that lies in the files. A server that runs meanwhile wraps by the new one.
func TestTheRootKeyIsRotated(t *testing.T) {
	t.Parallel()
	for words, plant := range map[string]planting{
		"as it is":                  nil,
		"the former root key opens": triggers("CREATE TRIGGER planted BEFORE UPDATE OF wrapped ON datakey WHEN NEW.destroyed = 0 AND OLD.id LIKE 'case:%' BEGIN SELECT RAISE(IGNORE); END"),
		"still lies in":             func(_ testing.TB, w *world) { w.SkipScrub() },
		"does not open":             forgetful,
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			if plant == nil {
				rootRotated(t, nil)
				return
			}
			control.Finds(t, words, func(t testing.TB) { rootRotated(t, plant) })
		})
	}
}

// forgetful stands for a renewal that does not keep the keys it replaced.
func forgetful(t testing.TB, w *world) {
	t.Helper()
	_ = w.RotateStopped(t.Context(), 0) // after the file, before any key
	path := filepath.Join(w.Data, "keys", "root.key")
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte("rahgosha root key v1\n"+strings.Split(string(raw), "\n")[1]+"\n"), 0o600))
}

func rootRotated(t testing.TB, plant planting) {
	t.Helper()
	w := newWorld(t)
	s := leaver(t, w)
	path := filepath.Join(w.Data, "keys", "root.key")
	old := filepath.Join(t.TempDir(), "root.key")
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(old, raw, 0o600))
	former, err := journal.LoadRoot(old)
	must(t, err)
	blobs := rowsOf(t, w.App, "datakey")
	_, vkey, err := w.Root.Signer(w.Province)
	must(t, err)
	if plant != nil {
		plant(t, w)
	}
	for stop := 1; stop <= 4; stop++ {
		if err := w.RotateStopped(t.Context(), stop); err == nil {
			t.Fatalf("the rotation was not stopped after %d transactions", stop)
		}
		opensAll(t, w, path)
	}
	running := reopened(t, w)
	_, err = w.RotateRoot(t.Context(), 0)
	must(t, err)
	opensAll(t, w, path)
	ans, err := running.Engine.Act(t.Context(), running.as(t, s.login), casework.Command{Key: "open-" + app.NewID(), Procedure: "referral", Unit: s.unit})
	must(t, err)
	opensAll(t, w, path)
	for _, row := range rowsOf(t, w.App, "datakey") {
		if _, err := former.Unwrap(string(row["id"]), row["wrapped"]); err == nil {
			t.Errorf("the former root key opens %s", row["id"])
		}
	}
	lies(t, w, blobs)
	if _, now, err := w.Root.Signer(w.Province); err != nil || now != vkey {
		t.Errorf("the province signs by another key: %v", err)
	}
	w.look(t, "dir.expert", s.cases[0])
	if ans.Case == "" {
		t.Error("the running server opened no case")
	}
	w.untouched(t)
}

// reopened opens the same data once more, as a server that runs while somebody rotates.
func reopened(t testing.TB, w *world) *world {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: w.Data, Database: w.Database, Clock: w.clock, Fast: true, Sample: true, Office: "office"})
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	return &world{App: a, clock: w.clock, unit: w.unit}
}

// opensAll holds the files to opening every key by the root key that lies there.
func opensAll(t testing.TB, w *world, path string) {
	t.Helper()
	root, err := journal.LoadRoot(path)
	must(t, err)
	for _, row := range rowsOf(t, w.App, "datakey") {
		if _, err := root.Unwrap(string(row["id"]), row["wrapped"]); err != nil && len(row["wrapped"]) > 0 {
			t.Fatalf("the root key does not open %s: %v", row["id"], err)
		}
	}
	if _, _, err := w.Party.SignIn(context.WithoutCancel(t.Context()), "unit.ceo", password, "", "local"); err != nil {
		t.Fatalf("nobody signs in: %v", err)
	}
}

// lies looks for what the former root key wrapped in every file.
func lies(t testing.TB, w *world, blobs []map[string][]byte) {
	t.Helper()
	must(t, filepath.WalkDir(w.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, b := range blobs {
			if len(b["wrapped"]) > 0 && bytes.Contains(raw, b["wrapped"]) && !strings.HasSuffix(path, "root.key") {
				t.Errorf("what the former root key wrapped of %s still lies in %s", b["id"], filepath.Base(path))
				break
			}
		}
		return err
	}))
}
