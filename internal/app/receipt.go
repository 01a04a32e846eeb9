package app

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// Receipt makes the receipt of a letter from its own entry; nil while that has no number in the signed log, and of letters
// from before there were such entries.
func (a *App) Receipt(ctx context.Context, t *casework.LetterText) (out *journal.Receipt, err error) {
	bound, ok := t.Bound()
	if !ok {
		return nil, nil
	}
	err = a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		keys, err := tx.LogKeys(ctx, a.Province)
		if err != nil {
			return err
		}
		own, err := tx.CaseEntries(ctx, a.Province, bound.Chain())
		if err != nil || len(own) == 0 {
			return err
		}
		p, err := tx.ProofFor(ctx, a.Province, own[0].ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := journal.NewReceipt(p.Checkpoint, keys.Known, keys.Signer, bound, own[0].Leaf.At, p.Entry.Index, p.Path)
		out = &r
		return err
	})
	return out, err
}
