package pgtest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// File is the same for a database that is one file: migrations take longer than most tests.
type File struct {
	Name    string                 // of the file in its folder
	Migrate func(dir string) error // fills the file in a folder, and closes it

	once sync.Once
	raw  []byte
	err  error
}

// Put copies the file to a folder that has none yet.
func (f *File) Put(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, f.Name)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	f.once.Do(f.make)
	if err := f.err; err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f.raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *File) make() {
	dir, err := os.MkdirTemp("", "rahgosha-migrated")
	if err != nil {
		f.err = err
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if f.err = f.Migrate(dir); f.err == nil {
		f.raw, f.err = os.ReadFile(filepath.Join(dir, f.Name))
	}
}
