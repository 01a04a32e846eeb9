package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/surface/cli"
	"rahgosha/internal/surface/openlog"
)

// openLog is the journal as everybody may read it. Only that of the province served is open.
type openLog struct{ a *App }

// read reads of the log of the province, if it is the one that is asked for.
func (l openLog) read(ctx context.Context, province string, do func(context.Context, storeTx) error) error {
	if province != l.a.Province {
		return fault.New(fault.NotFound, "store.no_log", "province", province)
	}
	return l.a.Store.Read(access.InWhole(ctx), do)
}

// Checkpoint gives the signed checkpoint, with what witnesses signed of it.
func (l openLog) Checkpoint(ctx context.Context, province string) (signed []byte, err error) {
	err = l.read(ctx, province, func(ctx context.Context, tx storeTx) error {
		if signed, _, err = tx.Checkpoint(ctx, province); err != nil {
			return err
		}
		by, err := l.a.cosigned(ctx, tx)
		signed = together(signed, by)
		return err
	})
	return signed, err
}

// Witnessed gives the latest checkpoint that a witness signed.
func (l openLog) Witnessed(ctx context.Context, province string) (signed []byte, err error) {
	err = l.read(ctx, province, func(ctx context.Context, tx storeTx) error {
		by, err := l.a.cosigned(ctx, tx)
		if err != nil {
			return err
		}
		if len(by) == 0 {
			return fault.New(fault.NotFound, "app.not_witnessed")
		}
		signed = together(by[0].Note, by)
		return nil
	})
	return signed, err
}

func together(signed []byte, by []cosigned) []byte {
	copies := make([][]byte, 0, len(by))
	for _, c := range by {
		copies = append(copies, c.Note)
	}
	return journal.Together(signed, copies...)
}

// Keys gives all keys of the log.
func (l openLog) Keys(ctx context.Context, province string) (all []byte, err error) {
	err = l.read(ctx, province, func(ctx context.Context, tx storeTx) error {
		keys, err := tx.LogKeys(ctx, province)
		all = keys.All.Bytes()
		return err
	})
	return all, err
}

// Tile gives a tile of hashes or entries.
func (l openLog) Tile(ctx context.Context, province string, t tlog.Tile) (data []byte, err error) {
	err = l.read(ctx, province, func(ctx context.Context, tx storeTx) error {
		data, err = tx.Tile(ctx, province, t)
		return err
	})
	return data, err
}

// Entry gives an entry.
func (l openLog) Entry(ctx context.Context, province string, index int64) (leaf []byte, err error) {
	err = l.read(ctx, province, func(ctx context.Context, tx storeTx) error {
		leaf, err = tx.LogEntry(ctx, province, index)
		return err
	})
	return leaf, err
}

type journalTiles struct {
	place
	Dir string `arg:"" help:"Folder to write, as on a stick." type:"path"`
	ctx context.Context
}

// Run writes the whole log as it is published.
func (c *journalTiles) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		size, err := a.WriteTiles(c.ctx, c.Dir)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Out, "%s: %d entries in %s\n", journal.Origin(a.Province), size, c.Dir)
		return err
	})
}

// WriteTiles writes the log into a folder as it is published, and tells how many entries it has. The checkpoint comes
// last: a folder that has it is whole.
func (a *App) WriteTiles(ctx context.Context, dir string) (size int64, err error) {
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		var signed []byte
		if signed, size, err = tx.Checkpoint(ctx, a.Province); err != nil {
			return err
		}
		for _, t := range journal.AllTiles(size) {
			if err := writeTile(ctx, tx, a.Province, t, dir); err != nil {
				return err
			}
		}
		keys, err := tx.LogKeys(ctx, a.Province)
		if err == nil {
			err = openlog.Save(dir, journal.KeysPath, keys.All.Bytes())
		}
		if err != nil {
			return err
		}
		return openlog.Save(dir, journal.CheckpointPath, signed)
	})
	return size, err
}

// writeTile writes a tile, and of its entries those that have no room in it.
func writeTile(ctx context.Context, tx storeTx, province string, t tlog.Tile, dir string) error {
	data, err := tx.Tile(ctx, province, t)
	if err != nil {
		return err
	}
	if journal.IsEntries(t) {
		leaves, err := journal.Bundled(data, t.W)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if len(leaf) > 0 {
				continue
			}
			if err := writeEntry(ctx, tx, province, t.N*journal.TileWidth+int64(i), dir); err != nil {
				return err
			}
		}
	}
	return openlog.Save(dir, journal.TilePath(t), data)
}

// writeEntry writes an entry, if it is there: whoever reads the folder finds out when it is not.
func writeEntry(ctx context.Context, tx storeTx, province string, index int64, dir string) error {
	leaf, err := tx.LogEntry(ctx, province, index)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return openlog.Save(dir, journal.EntryName(index), leaf)
}

// isLog says whether a name is that of a published log: an address, or a folder that has a checkpoint.
func isLog(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") || isFile(filepath.Join(name, journal.CheckpointPath))
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// verifyLog verifies a published log with the keys given.
func verifyLog(ctx context.Context, at string, keys note.Verifiers, held []journal.Receipt) (report journal.Report, err error) {
	log := openlog.Open(ctx, at)
	all, err := log.Keys()
	if err == nil {
		keys, err = all.Over(keys)
	}
	if err != nil {
		return report, err
	}
	signed, c, err := log.Checkpoint(keys)
	if err != nil {
		return report, err
	}
	return journal.VerifySource(log.Source(signed, c), journal.Options{Verifiers: keys, Receipts: held})
}
