package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/cli"
)

type keysCmd struct {
	Rotate keysRotate `cmd:"" help:"Put a new root key in place of the present one and wrap every data key by it; run again, it ends what was stopped."`
	Sign   keysSign   `cmd:"" name:"rotate-signing" help:"Hand the journal over to a new signing key, which the former one endorses for everybody to check."`
	Split  keysSplit  `cmd:"" help:"Split the root key among officers, so that some of them together can put it in place again."`
	Join   keysJoin   `cmd:"" help:"Put a root key together from officers' shares, where none is."`
}

// rewrapBatch is how many data keys are wrapped anew in one transaction.
const rewrapBatch = 500

// rewrap wraps every data key by the present root key, and tells how many there were to wrap. It may be stopped anywhere and
// begun again: each key opens at any time.
func (a *App) rewrap(ctx context.Context) (int, error) {
	return a.rewrapBy(ctx, rewrapBatch, func(*store.Tx) error { return nil })
}

func (a *App) rewrapBy(ctx context.Context, batch int, begin func(*store.Tx) error) (n int, err error) {
	after := ""
	for ctx.Err() == nil {
		var keys []store.WrappedKey
		did := 0
		err := a.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			did = 0
			if err := begin(tx); err != nil {
				return err
			}
			var err error
			if keys, err = tx.WrappedKeys(ctx, after, batch); err != nil {
				return err
			}
			for _, k := range keys {
				fresh, done, err := a.Root.Rewrap(k.ID, k.Wrapped)
				if err == nil && !done {
					did++
					err = tx.Rewrap(ctx, k.ID, k.Wrapped, fresh)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		n += did
		if err != nil || len(keys) == 0 {
			return n, err
		}
		after = keys[len(keys)-1].ID
	}
	return n, ctx.Err()
}

// formerly counts the data keys that a former root key wraps.
func (a *App) formerly(ctx context.Context) (n int, err error) {
	for after := ""; ctx.Err() == nil; {
		var keys []store.WrappedKey
		err := a.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			keys, err = tx.WrappedKeys(ctx, after, rewrapBatch)
			return err
		})
		if err != nil || len(keys) == 0 {
			return n, err
		}
		for _, k := range keys {
			current, err := a.Root.Current(k.ID, k.Wrapped)
			if err != nil {
				return n, err
			}
			if !current {
				n++
			}
		}
		after = keys[len(keys)-1].ID
	}
	return n, ctx.Err()
}

// rootPath is where the root key lies.
func (c Config) rootPath() string {
	if c.RootKey != "" {
		return c.RootKey
	}
	return filepath.Join(c.Data, "keys", "root.key")
}

// root reads the root key. The one in the data folder is made where none is; one that is said to lie elsewhere must be there.
func (c Config) root() (*journal.Root, error) {
	if c.RootKey != "" {
		return journal.GivenRoot(c.RootKey)
	}
	return journal.LoadRoot(c.rootPath())
}

// RotateRoot renews the root key, unless data keys are left over from a renewal that was stopped, and wraps all data keys by
// it. wait is how long a running server may take to commit a key that it wrapped before: it is wrapped after that. Then what
// the former key wrapped is taken out of the files.
func (a *App) RotateRoot(ctx context.Context, wait time.Duration) (n int, err error) {
	left, err := a.formerly(ctx)
	if err != nil {
		return 0, err
	}
	if left == 0 {
		if err := journal.RenewRoot(a.rootPath()); err != nil {
			return 0, err
		}
		a.Root.Look()
	}
	if n, err = a.rewrap(ctx); err != nil {
		return n, err
	}
	select {
	case <-ctx.Done():
		return n, ctx.Err()
	case <-time.After(wait):
	}
	more, err := a.rewrap(ctx)
	n += more
	if err != nil {
		return n, err
	}
	err = a.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Record(ctx, journal.Leaf{Province: a.Province, Case: "keys:root", Kind: "keys.rotated", At: a.Clock.Now().UnixMicro(), Actor: "system", Cause: strconv.Itoa(n)})
	})
	if err == nil {
		err = a.scrub(ctx)
	}
	return n, err
}

type keysRotate struct {
	place
	FileOnly bool `help:"Only renew the root key file; copy it to every node, and then run this again without." name:"file-only"`
	ctx      context.Context
}

// rotateWait is longer than a running server takes from wrapping a key to committing it.
const rotateWait = 3 * time.Second

// Run renews and wraps.
func (c *keysRotate) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		if c.FileOnly {
			if err := journal.RenewRoot(a.rootPath()); err != nil {
				return err
			}
			_, err := fmt.Fprintln(env.Out, locale.T(env.Lang, "app.keys_renewed", map[string]any{"file": a.rootPath()}))
			return err
		}
		n, err := a.RotateRoot(c.ctx, rotateWait)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Out, locale.T(env.Lang, "app.keys_rotated", map[string]any{"count": n, "file": a.rootPath()}))
		return err
	})
}

type keysSign struct {
	place
	Beside time.Duration `help:"For how long the former key signs the published checkpoint too, for who has not heard of the new one; 0 where it may be in other hands." default:"720h"`
	ctx    context.Context
}

// Run hands the log over.
func (c *keysSign) Run(env *cli.Env) error {
	return withApp(c.ctx, c.reading(logger(env)), func(a *App) error {
		vkey, err := a.RotateSigning(c.ctx, c.Beside)
		if err != nil {
			return err
		}
		until := a.Clock.Now().Add(c.Beside).UTC().Format(time.RFC3339)
		_, err = fmt.Fprintln(env.Out, locale.T(env.Lang, "app.keys_signing", map[string]any{"key": vkey, "until": until}))
		return err
	})
}

// RotateSigning hands the province's log over to a new signing key, and gives its public half. All that signs looks for the
// key in its own transaction: a running server goes on with the new one.
func (a *App) RotateSigning(ctx context.Context, beside time.Duration) (vkey string, err error) {
	err = a.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		keys, err := tx.HandOver(ctx, a.Province, max(0, beside))
		if err == nil {
			vkey = keys.VKey()
		}
		return err
	})
	return vkey, err
}

type keysSplit struct {
	Data   string `help:"Folder of the data." default:"data" type:"path"`
	Shares int    `help:"Among how many officers." default:"3"`
	Need   int    `help:"How many of them together put it in place again." default:"2"`
	Out    string `help:"Folder for the shares, a file each; they must not be there yet." required:"" type:"path"`
}

// Run writes the shares, each for its officer alone.
func (c *keysSplit) Run(env *cli.Env) error {
	shares, err := journal.SplitRoot(Config{Data: c.Data}.rootPath(), c.Shares, c.Need)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.keys_folder", "folder", c.Out).At("out")
	}
	for i, s := range shares {
		name := filepath.Join(c.Out, fmt.Sprintf("share-%d-of-%d.txt", i+1, len(shares)))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- in the folder that the operator named
		if err == nil {
			_, err = f.WriteString(s)
			err = errors.Join(err, f.Sync(), f.Close())
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "app.keys_folder", "folder", c.Out).At("out")
		}
	}
	_, err = fmt.Fprintln(env.Out, locale.T(env.Lang, "app.keys_split", map[string]any{"count": c.Shares, "need": c.Need, "folder": c.Out}))
	return err
}

type keysJoin struct {
	Data   string   `help:"Folder of the data, in which no root key is." default:"data" type:"path"`
	Shares []string `arg:"" help:"Files of the shares." type:"path"`
}

// Run puts the key in place.
func (c *keysJoin) Run(env *cli.Env) error {
	var texts []string
	for _, name := range c.Shares {
		raw, err := os.ReadFile(name) // #nosec G304 -- a share that an officer names at the terminal
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "app.keys_share", "file", name).At("shares")
		}
		texts = append(texts, string(raw))
	}
	path := Config{Data: c.Data}.rootPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.data_folder", "folder", c.Data)
	}
	if err := journal.JoinRoot(path, texts); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Out, locale.T(env.Lang, "app.keys_joined", map[string]any{"file": path}))
	return err
}
