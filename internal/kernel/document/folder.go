package document

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"rahgosha/internal/base/fault"
)

// folder keeps sealed contents below DIR/blobs. A content is written under a random name in quarantine, forced to disk
// and only then moved to its place: what lies there is whole.
type folder struct{ root string }

const quarantine = "quarantine"

// leftAfter is the age at which a file in quarantine is a leftover of a crash.
const leftAfter = 24 * time.Hour

func newFolder(dir string, now time.Time) (folder, error) {
	f := folder{filepath.Join(dir, "blobs")}
	q := filepath.Join(f.root, quarantine)
	if err := os.MkdirAll(q, 0o700); err != nil {
		return f, fault.Wrap(err, fault.Invalid, "document.folder", "folder", q)
	}
	entries, err := os.ReadDir(q)
	if err != nil {
		return f, fault.Wrap(err, fault.Invalid, "document.folder", "folder", q)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > leftAfter {
			_ = os.Remove(filepath.Join(q, e.Name())) // it is tried again at the next start
		}
	}
	return f, nil
}

// Create writes a content whole or not at all.
func (f folder) Create(_ context.Context, name string, r io.Reader) error {
	part := filepath.Join(f.root, quarantine, rand.Text())
	err := writeSynced(part, r)
	if err == nil {
		err = move(part, filepath.Join(f.root, filepath.FromSlash(name)))
	}
	if err == nil {
		return nil
	}
	if rm := os.Remove(part); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(err, fault.Full, "document.full")
	}
	return fault.Wrap(err, fault.Unavailable, "document.write")
}

func writeSynced(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// move puts a file in place so that it is there after a power cut too: its folder is forced to disk, and that one's.
func move(from, to string) error {
	dir := filepath.Dir(to)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("folder of contents: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("put in place: %w", err)
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("force %s to disk: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a content.
func (f folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(f.root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.NotFound, "document.lost", "hash", filepath.Base(name))
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "document.read")
	}
	return file, nil
}
