package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// Projection gives by which version the rows of a province's cases were written, 0 where nobody said.
func (t *Tx) Projection(ctx context.Context, province string) (version int64, err error) {
	_, err = t.row(ctx, "SELECT version FROM projection WHERE province = $1", []any{province}, &version)
	return version, err
}

// Projected says by which version they all are written now.
func (t *Tx) Projected(ctx context.Context, province string, version int64) error {
	_, err := t.exec(ctx, `INSERT INTO projection (province, version) VALUES ($1, $2)
		ON CONFLICT (province) DO UPDATE SET version = excluded.version`, province, version)
	return err
}

// RewriteCase writes the row of a case anew beside the state as it stands; row.Was is the stored row. Conflict
// store.case_changed when the case has gone on.
func (t *Tx) RewriteCase(ctx context.Context, row casework.Row) error {
	n, err := t.changeCase(ctx, row, nil, row.Seq)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "store.case_changed", "case", row.ID)
	}
	if err != nil {
		return err
	}
	if row.Owed == nil {
		row.Owed = []casework.Owed{} // what another version told of one that has none goes too
	}
	return t.saveBeside(ctx, row)
}
