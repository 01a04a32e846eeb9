package app_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// A document that was put while the continuous backup runs is restored with the database that speaks of it.
func TestDocumentsGoWithTheContinuousBackup(t *testing.T) {
	t.Parallel()
	documentsGo(t, func(string) {})
	control.Finds(t, "is not restored", func(t testing.TB) {
		documentsGo(t, func(backup string) { // none was carried: planted
			must(t, os.RemoveAll(filepath.Join(backup, "blobs")))
		})
	})
}

func documentsGo(t testing.TB, plant func(backup string)) {
	t.Helper()
	data, backup, back := filepath.Join(t.TempDir(), "data"), t.TempDir(), filepath.Join(t.TempDir(), "data")
	a := following(t, data, backup)
	ref, err := a.Document.Put(t.Context(), a.Province, "p1", "gazette.txt", strings.NewReader("gazette"))
	must(t, err)
	must(t, a.Close())
	plant(backup)
	var out bytes.Buffer
	if code := app.Main([]string{"--lang", "en", "restore", backup, "--erased", "none", "--data", back, "--keys", filepath.Join(data, "keys")}, nil, &out, &out); code != 0 {
		t.Fatalf("the backup is not restored: %s", &out)
	}
	b, err := app.Open(t.Context(), app.Config{Data: back, Fast: true})
	must(t, err)
	defer func() { must(t, b.Close()) }()
	content, _, err := b.Document.Get(t.Context(), b.Province, ref.Hash)
	must(t, err)
	if raw, err := io.ReadAll(content); err != nil || string(raw) != "gazette" {
		t.Errorf("the document says %q (%v)", raw, err)
	}
}

// following opens a province whose continuous backup is whole.
func following(t testing.TB, data, backup string) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: data, Fast: true, BackupTo: backup, BackupEvery: 5 * time.Millisecond, BackupKeep: time.Hour})
	must(t, err)
	for !a.Store.Shipped().Whole {
		if err := a.Store.Shipped().Failing; err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return a
}

// Who names a wrong folder, key or time for a continuous backup is told so, and nothing is made or restored.
func TestAContinuousBackupIsAskedForRightly(t *testing.T) {
	t.Parallel()
	data, backup := filepath.Join(t.TempDir(), "data"), t.TempDir()
	must(t, following(t, data, backup).Close())
	for key, cfg := range map[string]app.Config{
		"app.backup_to":          {Data: data, BackupTo: filepath.Join(backup, "none")},
		"app.backup_within":      {Data: data, BackupTo: filepath.Join(data, "keys")},
		"app.backup_other":       {Data: t.TempDir(), BackupTo: backup},
		"app.backup_to_postgres": {Data: data, BackupTo: backup, Database: "postgres://nobody@127.0.0.1:1/none"},
	} {
		_, err := app.Open(t.Context(), cfg)
		if f, ok := fault.As(err); !ok || f.Key != key {
			t.Errorf("want %s, got %v", key, err)
		}
	}
	other := t.TempDir()
	must(t, errors.Join(closed(app.Open(t.Context(), app.Config{Data: other, Fast: true}))))
	keys := filepath.Join(data, "keys")
	for words, args := range map[string][]string{
		"there is no root.key":    {backup},
		"not those of this":       {backup, "--keys", filepath.Join(other, "keys")},
		"is no time":              {backup, "--keys", keys, "--until", "yesterday"},
		"no complete copy":        {backup, "--keys", keys, "--until", "2020-01-01T00:00:00Z"},
		"holds no complete copy ": {t.TempDir(), "--keys", keys},
		"belong to the folder":    {filepath.Join(keys, "root.key"), "--keys", keys},
	} {
		var out bytes.Buffer
		back := filepath.Join(t.TempDir(), "data")
		code := app.Main(append(append([]string{"--lang", "en", "restore", "--erased", "none"}, args...), "--data", back), nil, &out, &out)
		if _, err := os.Stat(back); code == 0 || err == nil || !strings.Contains(out.String(), words) {
			t.Errorf("restore %q says %q, and not %q", args, &out, words)
		}
	}
}

func closed(a *app.App, err error) error {
	if err != nil {
		return err
	}
	return a.Close()
}
