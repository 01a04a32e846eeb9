package app

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/cli"
)

// manifestName is the last file of a backup: the hash of every other.
const manifestName = "manifest.json"

// carried are the files and folders of a data folder that a backup holds beside the database.
var carried = []string{"keys", "blobs", witnessesFile, sampleMark}

// Backup writes database, keys and documents into one tar file. Whoever holds it can read everything: keep it as you keep
// the data folder itself.
func (a *App) Backup(ctx context.Context, to string) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".backup-*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	copyPath := filepath.Join(tmp, store.DatabaseFile)
	if err := a.Store.Backup(ctx, copyPath); err != nil {
		return err
	}
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "app.backup_write", "file", to)
	}
	err = errors.Join(a.pack(f, copyPath), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, to)
}

func (a *App) pack(w io.Writer, database string) error {
	p := &packer{t: tar.NewWriter(w), hashes: map[string]string{}}
	if err := p.file(database, store.DatabaseFile); err != nil {
		return err
	}
	for _, name := range carried {
		err := filepath.WalkDir(filepath.Join(a.Data, name), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
				return nil
			}
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(a.Data, path)
			if err != nil {
				return err
			}
			return p.file(path, filepath.ToSlash(rel))
		})
		if err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
	}
	raw, err := json.Marshal(p.hashes)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if err := p.t.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(raw))}); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if _, err := p.t.Write(raw); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return p.t.Close()
}

type packer struct {
	t      *tar.Writer
	hashes map[string]string
}

func (p *packer) file(path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil {
		err = p.t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size()})
	}
	h := sha256.New()
	if err == nil {
		_, err = io.Copy(p.t, io.TeeReader(f, h))
	}
	p.hashes[name] = hex.EncodeToString(h.Sum(nil))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	return nil
}

// Restore unpacks a backup into an empty folder and checks every file against the manifest.
func Restore(from, data string) error {
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return fault.New(fault.Invalid, "app.restore_empty", "folder", data).At("--data")
	}
	f, err := cli.OpenFile(from)
	if err != nil {
		return err
	}
	staging := filepath.Clean(data) + ".restoring"
	if err := os.RemoveAll(staging); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(unpack(tar.NewReader(f), staging), f.Close()); err != nil {
		return errors.Join(err, os.RemoveAll(staging))
	}
	if err := os.RemoveAll(data); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return os.Rename(staging, data)
}

func unpack(t *tar.Reader, to string) error {
	hashes, want := map[string]string{}, map[string]string(nil)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "app.restore_damaged", "file", "tar")
		}
		if h.Name == manifestName {
			if err := json.NewDecoder(t).Decode(&want); err != nil {
				return fault.Wrap(err, fault.Invalid, "app.restore_damaged", "file", manifestName)
			}
			continue
		}
		if !known(h) {
			return fault.New(fault.Invalid, "app.restore_damaged", "file", h.Name)
		}
		hashes[h.Name], err = unpackFile(t, filepath.Join(to, filepath.FromSlash(h.Name)))
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, fs.ErrExist) { // cut off within a file, or one file twice
			return fault.Wrap(err, fault.Invalid, "app.restore_damaged", "file", h.Name)
		}
		if err != nil {
			return err
		}
	}
	if want == nil || len(want) != len(hashes) {
		return fault.New(fault.Invalid, "app.restore_damaged", "file", manifestName)
	}
	for name, hash := range want {
		if hashes[name] != hash {
			return fault.New(fault.Invalid, "app.restore_damaged", "file", name)
		}
	}
	return nil
}

// known lets only the names of a backup out of a tar file: no path leads elsewhere.
func known(h *tar.Header) bool {
	if h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
		return false
	}
	first, _, _ := strings.Cut(h.Name, "/")
	return h.Name == store.DatabaseFile || slices.Contains(carried, first)
}

func unpackFile(r io.Reader, path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("restore %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

type backupCmd struct {
	place
	Out string `arg:"" help:"File to write (tar)." type:"path"`
	ctx context.Context
}

// Run writes a backup.
func (c *backupCmd) Run(env *cli.Env) (err error) {
	a, err := Open(c.ctx, c.reading(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Backup(c.ctx, c.Out)
}

type restoreCmd struct {
	place
	From string `arg:"" help:"Backup to restore." type:"path"`
	ctx  context.Context
}

// Run restores into an empty folder, opens it, and folds every case again.
func (c *restoreCmd) Run(env *cli.Env) (err error) {
	if err := Restore(c.From, c.Data); err != nil {
		return err
	}
	a, err := Open(c.ctx, c.config(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.tellReplay(c.ctx, env)
}
