package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/store/chain"
	"rahgosha/internal/surface/cli"
)

// ownerFile says, in a folder of continuous backup, whose journal it holds.
const ownerFile = "owner"

// lookAgain is how often all documents are looked through for those that another process has put.
const lookAgain = time.Hour

// beside are the files that go with the database into a continuous backup: those of a backup, but the keys.
var beside = slices.DeleteFunc(slices.Clone(carried), func(name string) bool { return name == "keys" })

// courier copies documents and settings to the folder of a continuous backup. The root key never goes there.
type courier struct {
	from, to string
	mu       sync.Mutex
	put      []string // documents that were put since the last look, below from
	looked   time.Time
	now      func() time.Time
}

// Kept hears of a document that lies on the disk.
func (c *courier) Kept(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put = append(c.put, filepath.Join("blobs", filepath.FromSlash(name)))
}

// carry copies what is new. What the database is going to speak of was put before.
func (c *courier) carry(context.Context) error {
	c.mu.Lock()
	names := c.put
	c.put = nil
	c.mu.Unlock()
	err := c.files(names)
	if now := c.now(); err == nil && now.Sub(c.looked) >= lookAgain {
		if err = c.all(); err == nil {
			c.looked = now
		}
	}
	if err != nil {
		c.mu.Lock()
		c.put = append(names, c.put...)
		c.mu.Unlock()
	}
	return err
}

func (c *courier) all() error {
	for _, name := range beside {
		err := filepath.WalkDir(filepath.Join(c.from, name), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && d.IsDir() && d.Name() == "quarantine" {
				return fs.SkipDir
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			rel, err := filepath.Rel(c.from, path)
			if err != nil {
				return err
			}
			return c.files([]string{rel})
		})
		if err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
	}
	return nil
}

// files copies those that are not there yet. A document never changes its size: its name is its content's hash.
func (c *courier) files(names []string) error {
	for _, name := range names {
		from, to := filepath.Join(c.from, name), filepath.Join(c.to, name)
		there, err := os.Stat(to)
		mine, gone := os.Stat(from)
		if errors.Is(gone, fs.ErrNotExist) || err == nil && gone == nil && there.Size() == mine.Size() && !mine.ModTime().After(there.ModTime()) {
			continue
		}
		if gone != nil {
			return fmt.Errorf("back up %s: %w", name, gone)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
		if err := copyFile(from, to); err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
	}
	return nil
}

// ship says how a continuous backup is made, and by whom documents are copied; nil without one.
func (c Config) ship(root *journal.Root) (*store.Ship, *courier, error) {
	if c.BackupTo == "" {
		return nil, nil, nil
	}
	if c.Database != "" {
		return nil, nil, fault.New(fault.Invalid, "app.backup_to_postgres").At("--backup-to")
	}
	info, err := os.Stat(c.BackupTo)
	if err != nil || !info.IsDir() { // made by ourselves it might lie on the very disk that is going to fail
		return nil, nil, fault.Wrap(err, fault.Invalid, "app.backup_to", "folder", c.BackupTo).At("--backup-to")
	}
	if rel, err := filepath.Rel(c.Data, c.BackupTo); err == nil && filepath.IsLocal(rel) {
		return nil, nil, fault.New(fault.Invalid, "app.backup_within", "folder", c.BackupTo).At("--backup-to")
	}
	if err := own(root, c.Province, c.BackupTo); err != nil {
		return nil, nil, err
	}
	k := &courier{from: c.Data, to: c.BackupTo, now: c.Clock.Now}
	return &store.Ship{Dir: c.BackupTo, Every: c.BackupEvery, Keep: c.BackupKeep, Files: k.carry}, k, nil
}

// own leaves the journal's first public key in the folder, which no handover changes, and wants no other one there: two
// provinces would prune each other's.
func own(root *journal.Root, province, dir string) error {
	_, vkey, err := root.Signer(province)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ownerFile)
	raw, err := os.ReadFile(path) // #nosec G304 -- in the data folder, or the file that the operator named
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return chain.Replace(path, strings.NewReader(vkey+"\n"))
	case err != nil:
		return fault.Wrap(err, fault.Invalid, "app.backup_to", "folder", dir).At("--backup-to")
	case strings.TrimSpace(string(raw)) != vkey:
		return fault.New(fault.Invalid, "app.backup_other", "folder", dir).At("--backup-to")
	}
	return nil
}

// shipping are the settings of a continuous backup, and of a change of versions.
type shipping struct {
	BackupTo   string        `help:"Folder on another disk or machine that follows the database and its documents, at most two seconds behind (SQLite). The root key is not copied: keep keys/root.key elsewhere." name:"backup-to" type:"path"`
	ExpandOnly bool          `help:"Leave changes of the schema for later that an older version would not survive: while nodes of it still run. Afterwards: rahgosha migrate." name:"expand-only"`
	BackupKeep time.Duration `help:"For how long --backup-to can give back an earlier time." name:"backup-keep" default:"168h"`
}

func (s shipping) into(cfg *Config) {
	cfg.BackupTo, cfg.BackupKeep, cfg.ExpandOnly = s.BackupTo, s.BackupKeep, s.ExpandOnly
}

// restoreShipped puts together in a folder what a continuous backup holds.
func (c *restoreCmd) restoreShipped(staging string, env *cli.Env) error {
	var until time.Time
	if c.Until != "" {
		var err error
		if until, err = time.Parse(time.RFC3339Nano, c.Until); err != nil {
			return fault.Wrap(err, fault.Invalid, "app.restore_until", "time", c.Until).At("--until")
		}
	}
	if err := os.MkdirAll(filepath.Join(staging, "keys"), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if c.RootKey == "" || c.Keys != "" {
		if err := c.copyKeys(staging); err != nil {
			return err
		}
	}
	got, err := store.RestoreShipped(c.ctx, c.From, staging, until)
	if err != nil {
		return err
	}
	if err := (&courier{from: c.From, to: staging}).all(); err != nil {
		return err
	}
	say(env, "app.restore_as_of", map[string]any{"time": got.At.Format(time.RFC3339Nano), "record": got.Records})
	if got.Torn {
		say(env, "app.restore_torn", nil)
	}
	if got.Newer != "" {
		say(env, "app.restore_newer", map[string]any{"folder": got.Newer})
	}
	return nil
}

// copyKeys brings the keys, which no continuous backup holds, and wants them to be those of that backup.
func (c *restoreCmd) copyKeys(staging string) error {
	if _, err := os.Stat(filepath.Join(c.From, ownerFile)); err != nil {
		return fault.Wrap(err, fault.Invalid, "store.copy_none", "folder", c.From)
	}
	keys := filepath.Join(staging, "keys")
	entries, err := os.ReadDir(c.Keys)
	for _, e := range entries {
		if err == nil && e.Type().IsRegular() {
			err = copyFile(filepath.Join(c.Keys, e.Name()), filepath.Join(keys, e.Name()))
		}
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(keys, "root.key"))
	}
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "app.restore_keys", "folder", c.Keys).At("--keys")
	}
	root, err := journal.LoadRoot(filepath.Join(keys, "root.key"))
	if err != nil {
		return err
	}
	if err := own(root, c.Province, c.From); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.restore_other_keys", "folder", c.Keys).At("--keys")
	}
	return nil
}

func copyFile(from, to string) (err error) {
	f, err := os.Open(from) // #nosec G304 -- in the data folder, or the file that the operator named
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return chain.Replace(to, f)
}
