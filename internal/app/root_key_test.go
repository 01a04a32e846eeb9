package app_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// keyless is the law of a folder whose root key is kept elsewhere: with that key all is read and written, and nothing in the
// folder is a key.
func keyless(t testing.TB, data, key, hash string) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Data: data, RootKey: key, Fast: true, There: true})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	if content, _, err := a.Document.Get(t.Context(), a.Province, hash); err != nil {
		t.Errorf("a document is not read: %v", err)
	} else if raw, err := io.ReadAll(content); err != nil || string(raw) != "gazette" {
		t.Errorf("the document says %q (%v)", raw, err)
	}
	for _, word := range []string{"one", "two"} { // each wraps a key, and looks whether the root key is another by now
		_, err := a.Document.Put(t.Context(), a.Province, "p1", word+".txt", strings.NewReader(word+filepath.Base(key)))
		must(t, err)
	}
	must(t, filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte("rahgosha root key")) {
			t.Errorf("a root key lies in %s", path)
		}
		return err
	}))
}

func TestTheRootKeyComesFromElsewhere(t *testing.T) {
	t.Parallel()
	data, vault := filepath.Join(t.TempDir(), "data"), t.TempDir()
	a, err := app.Open(t.Context(), app.Config{Data: data, Fast: true})
	must(t, err)
	ref, err := a.Document.Put(t.Context(), a.Province, "p1", "gazette.txt", strings.NewReader("gazette"))
	must(t, err)
	must(t, a.Close())
	inside, key, pipe := filepath.Join(data, "keys", "root.key"), filepath.Join(vault, "root.key"), filepath.Join(vault, "pipe")
	control.Finds(t, "a root key lies in", func(t testing.TB) { keyless(t, data, inside, ref.Hash) })
	must(t, os.Rename(inside, key))
	keyless(t, data, key, ref.Hash)

	raw, err := os.ReadFile(key)
	must(t, err)
	must(t, syscall.Mkfifo(pipe, 0o600))
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(pipe, raw, 0o600) }()
	keyless(t, data, pipe, ref.Hash)
	must(t, <-wrote)

	_, err = app.Open(t.Context(), app.Config{Data: data, RootKey: filepath.Join(vault, "nothing"), Fast: true})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("a key that is not there: %v", err)
	}
	must(t, os.Chmod(key, 0o644))
	if _, err = app.Open(t.Context(), app.Config{Data: data, RootKey: key, Fast: true}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a key that others may read: %v", err)
	}
	must(t, os.Chmod(key, 0o600))
	if _, err := os.Stat(inside); err == nil {
		t.Error("a key was made in the folder of the data")
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		return app.Main(append([]string{"--lang", "en"}, args...), nil, &out, &out), out.String()
	}
	backup := filepath.Join(vault, "all.tar")
	if code, said := run("backup", backup, "--data", data, "--root-key", key); code != 0 {
		t.Fatal(said)
	}
	if code, said := run("restore", backup, "--erased", "none", "--data", filepath.Join(vault, "a")); code == 0 {
		t.Errorf("a backup without a key is restored without one: %s", said)
	}
	if code, said := run("restore", backup, "--erased", "none", "--data", filepath.Join(vault, "b"), "--root-key", key); code != 0 {
		t.Errorf("a backup is not restored with its key: %s", said)
	}
}
