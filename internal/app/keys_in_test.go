package app

import (
	"context"
	"errors"

	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
)

var errStopped = errors.New("stopped")

// RotateStopped rotates the root key and stops after so many of its transactions, with two keys in each, as a process that
// is killed does: what is committed stays.
func (a *App) RotateStopped(ctx context.Context, after int) error {
	left, err := a.formerly(ctx)
	if err != nil {
		return err
	}
	if left == 0 {
		if err := journal.RenewRoot(a.rootPath()); err != nil {
			return err
		}
	}
	_, err = a.rewrapBy(ctx, 2, func(*store.Tx) error {
		if after--; after < 0 {
			return errStopped
		}
		return nil
	})
	return err
}
