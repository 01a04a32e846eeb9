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
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/cli"
)

// manifestName is the last file of a backup: the hash of every other.
const manifestName = "manifest.json"

// carried are the files and folders of a data folder that a backup holds beside the database.
var carried = []string{"keys", "blobs", witnessesFile, sampleMark, erasedFile}

// Backup writes database, keys and documents into one tar file. Whoever holds it can read everything: keep it as you keep
// the data folder itself.
func (a *App) Backup(ctx context.Context, to string) (err error) {
	tmp := to + ".making" // of one name, so that what a killed backup has left goes with the next
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700)); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.backup_write", "file", to)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	copyPath := filepath.Join(tmp, store.DatabaseFile)
	if err := a.Store.Backup(ctx, copyPath); err != nil {
		return err
	}
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "app.backup_write", "file", to)
	}
	err = errors.Join(a.pack(f, copyPath), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return fmt.Errorf("force %s to disk: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
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
	f, err := os.Open(path) // #nosec G304 -- in the data folder, or the file that the operator named
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
	return restored(data, func(staging string) error { return unpackTo(from, staging) }, nil)
}

// restored fills a folder beside an empty one, checks what is there, and only then puts it in the empty one's place. What a
// killed restore has left goes with the next; what does not pass the check stays for a look.
func restored(data string, fill, check func(staging string) error) error {
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return fault.New(fault.Invalid, "app.restore_empty", "folder", data).At("--data")
	}
	staging := filepath.Clean(data) + ".restoring"
	if err := errors.Join(os.RemoveAll(staging), os.MkdirAll(staging, 0o700)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := fill(staging); err != nil {
		return errors.Join(err, os.RemoveAll(staging))
	}
	if check != nil {
		if err := check(staging); err != nil {
			return fault.Wrap(err, fault.Invalid, "app.restore_unsound", "folder", staging)
		}
	}
	if err := errors.Join(os.RemoveAll(data), os.Rename(staging, data)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return syncDir(filepath.Dir(filepath.Clean(data)))
}

func unpackTo(from, staging string) error {
	f, err := cli.OpenFile(from)
	if err != nil {
		return err
	}
	return errors.Join(unpack(tar.NewReader(f), staging), f.Close())
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
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- in the data folder, or the file that the operator named
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

// RestoreErased is Restore with the list of what was erased since, or "none": whoever opens the folder erases it again first.
func RestoreErased(from, data, list string) error {
	since, err := erasedSince(list)
	if err != nil {
		return err
	}
	if err := Restore(from, data); err != nil {
		return err
	}
	return addErased(data, since)
}

// erasedSince reads the list that a restore is given, nothing for "none".
func erasedSince(list string) ([]privacy.Erasure, error) {
	if list == "none" {
		return nil, nil
	}
	if _, err := os.Stat(list); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.erased_read", "file", list).At("--erased")
	}
	return readErased(list)
}

type restoreCmd struct {
	place
	From   string `arg:"" help:"Backup to restore: a file of 'backup', or the folder of 'serve --backup-to'." type:"path"`
	Erased string `help:"The list of erasures (erased.jsonl) of the data that the backup replaces: who was erased since the backup is erased again. \"none\" where nobody was, or the list is lost." required:"" placeholder:"FILE"`
	Until  string `help:"Of a folder: the time to go back to, as 2026-11-29T16:00:00+03:30. Without it the newest there is."`
	Keys   string `help:"Of a folder: where the keys were kept, root.key among them." type:"path"`
	ctx    context.Context
}

// Run restores into an empty folder, and erases again who was erased since. All of it is checked before it is put there.
func (c *restoreCmd) Run(env *cli.Env) error {
	since, err := erasedSince(c.Erased)
	if err != nil {
		return err
	}
	info, err := os.Stat(c.From)
	whole := err == nil && info.IsDir()
	unpacked := func(staging string) error { return unpackTo(c.From, staging) }
	if whole {
		unpacked = func(staging string) error { return c.restoreShipped(staging, env) }
	} else if c.Until != "" || c.Keys != "" {
		return fault.New(fault.Invalid, "app.restore_folder_only", "file", c.From)
	}
	fill := func(staging string) error {
		if err := unpacked(staging); err != nil {
			return err
		}
		return addErased(staging, since)
	}
	err = restored(c.Data, fill, func(staging string) error {
		at := c.place
		at.Data = staging
		return withApp(c.ctx, at.reading(logger(env)), func(a *App) error { return a.check(c.ctx, env) })
	})
	if err != nil {
		return err
	}
	say(env, "app.restore_done", map[string]any{"folder": c.Data})
	return nil
}

// check reads everything that was restored: every page, the journal with its signatures, every case folded again, every
// procedure and document.
func (a *App) check(ctx context.Context, env *cli.Env) error {
	bad, err := a.tellFsck(ctx, env)
	if err == nil && bad > 0 {
		err = fault.New(fault.Invalid, "app.fsck_found", "count", bad)
	}
	return err
}

func say(env *cli.Env, key string, args map[string]any) {
	_, _ = fmt.Fprintln(env.Out, locale.T(env.Lang, key, args))
}
