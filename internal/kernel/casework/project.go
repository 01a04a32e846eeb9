package casework

import (
	"context"
	"fmt"
	"maps"
)

// Projection is the version of what rowOf takes from a case's state. Whoever changes that raises it, so that the rows stored
// by an older program are written anew before anybody acts: an act writes only what differs from the row as it would be
// now. A golden file of rows fails until it is raised.
const Projection = 1

// Projected says whether a province's rows are of this version.
func (g *Engine) Projected(ctx context.Context, province string) (is bool, err error) {
	err = g.Read(ctx, func(ctx context.Context, r Reader) error {
		version, err := r.Projection(ctx, province)
		is = version == Projection
		return err
	})
	return is, err
}

// Project writes the rows of a province anew where they are of another version. It may be stopped at any time and begun again.
// Nobody may act meanwhile: an act takes the stored row for one of this version. told is called after each part, with how
// many cases were looked at and how many of them written; failed with a case that cannot be read, which stays as it is.
func (g *Engine) Project(ctx context.Context, province string, told func(looked, written int), failed func(id string, err error)) error {
	looked, written := 0, 0
	for after := ""; ; {
		ids, stale, err := g.stale(ctx, province, after, failed)
		if err != nil {
			return fmt.Errorf("rows of %s: %w", province, err)
		}
		if len(ids) == 0 {
			return g.Write(ctx, func(ctx context.Context, tx Tx) error { return tx.Projected(ctx, province, Projection) })
		}
		for _, id := range stale {
			if ctx.Err() != nil {
				return fmt.Errorf("rows of %s: %w", province, ctx.Err())
			}
			if err := g.project(ctx, province, id); err != nil {
				return fmt.Errorf("row of case %s: %w", id, err)
			}
		}
		looked, written, after = looked+len(ids), written+len(stale), ids[len(ids)-1]
		told(looked, written)
	}
}

// stale gives the next cases after one, and which of them have another row than their state gives.
func (g *Engine) stale(ctx context.Context, province, after string, failed func(id string, err error)) (ids, stale []string, err error) {
	err = g.Read(ctx, func(ctx context.Context, tx Reader) (err error) {
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
		if ids, err = tx.CaseIDs(ctx, province, after, replayBatch); err != nil {
			return err
		}
		for _, id := range ids {
			row, stored, err := r.rows(id)
			if err != nil {
				failed(id, err)
			} else if !maps.Equal(comparable(row), comparable(stored)) {
				stale = append(stale, id)
			}
		}
		return nil
	})
	return ids, stale, err
}

// rows gives a case's row as its state gives it, and as it is stored.
func (r *run) rows(id string) (row, stored Row, err error) {
	s, d, err := r.load(id)
	if err != nil {
		return row, stored, err
	}
	stored, err = r.tx.CaseRow(r.ctx, r.key.Province, id)
	return rowOf(d, s), stored, err
}

// project writes one case's row as its state gives it.
func (g *Engine) project(ctx context.Context, province, id string) error {
	return g.Write(ctx, func(ctx context.Context, tx Tx) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
		row, stored, err := r.rows(id)
		if err != nil {
			return err
		}
		row.Was = &stored
		return tx.RewriteCase(ctx, row)
	})
}
