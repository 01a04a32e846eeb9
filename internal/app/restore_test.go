package app_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// A backup that was cut off, wherever, is called damaged and leaves nothing behind; the whole one is restored.
func TestACutBackupRestoresNothing(t *testing.T) {
	t.Parallel()
	backup := backedUp(t)
	wholeOrNothing(t, app.Restore, backup)
	for name, c := range map[string]struct {
		restore func(from, data string) error
		words   string
	}{
		"takes what it reads": {func(from, data string) error { return untar(from, data, true) }, "is restored"},
		"leaves what it read": {func(from, data string) error { return untar(from, data, false) }, "leaves"},
		"restores nothing":    {func(string, string) error { return fault.New(fault.Invalid, "app.restore_damaged", "file", "tar") }, "the whole backup"},
	} {
		t.Run(name, func(t *testing.T) {
			control.Finds(t, c.words, func(t testing.TB) { wholeOrNothing(t, c.restore, backup) })
		})
	}
}

// backedUp gives the bytes of a small province's backup.
func backedUp(t testing.TB) []byte {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: t.TempDir(), Fast: true})
	must(t, err)
	file := filepath.Join(t.TempDir(), "all.tar")
	must(t, errors.Join(a.Backup(t.Context(), file), a.Close()))
	raw, err := os.ReadFile(file)
	must(t, err)
	return raw
}

func wholeOrNothing(t testing.TB, restore func(from, data string) error, backup []byte) {
	t.Helper()
	for _, length := range []int{0, 1, 511, 513, len(backup) / 3, len(backup) / 2, len(backup) * 9 / 10, len(backup)} {
		dir := t.TempDir()
		from, data := filepath.Join(dir, "all.tar"), filepath.Join(dir, "data")
		must(t, os.WriteFile(from, backup[:length], 0o600))
		err := restore(from, data)
		if length == len(backup) {
			if err != nil {
				t.Errorf("the whole backup: %v", err)
			}
			continue
		}
		if f, ok := fault.As(err); !ok || f.Key != "app.restore_damaged" {
			t.Errorf("a backup of %d of %d bytes is restored: %v", length, len(backup), err)
		}
		left, err := os.ReadDir(dir)
		must(t, err)
		if len(left) != 1 {
			t.Errorf("a backup of %d bytes leaves %v", length, left)
		}
	}
}

// untar is a restore that knows no manifest: planted.
func untar(from, data string, believing bool) error {
	damaged := func(err error) error {
		if believing {
			return nil
		}
		return fault.Wrap(err, fault.Invalid, "app.restore_damaged", "file", "tar")
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) && believing {
			return nil
		}
		if err != nil {
			return damaged(err)
		}
		to := filepath.Join(data, h.Name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		raw, err := io.ReadAll(t)
		if err = errors.Join(err, os.WriteFile(to, raw, 0o600)); err != nil {
			return damaged(err)
		}
	}
}
