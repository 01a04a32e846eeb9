package store

import (
	"context"
	"encoding/json"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

// SaveBatch writes an imported sheet whole, or how far it has come.
func (t *Tx) SaveBatch(ctx context.Context, b registry.Batch) error {
	_, err := t.exec(ctx, `INSERT INTO import_batch
		(province, id, kind, file, hash, imported_by, at, counted, landed, review, bad, report)
		VALUES ($1, $2, $3, $4, $2, $5, $6, $7, $8, $9, $10, '{}') ON CONFLICT (province, id) DO UPDATE SET
		file = excluded.file, imported_by = excluded.imported_by, at = excluded.at, counted = excluded.counted,
		landed = excluded.landed, review = excluded.review, bad = excluded.bad`,
		b.Province, b.ID, b.Kind, b.File, b.By, b.At, b.Rows, b.Landed, b.Review, b.Bad)
	return err
}

const reviewColumns = "province, batch, line, reason, sealed, candidates, state, unit, decided_by, decided_at, why"

// HoldReview keeps a row of a sheet for a person; one that is kept already is left as it is.
func (t *Tx) HoldReview(ctx context.Context, r registry.Reviewed) error {
	candidates, err := json.Marshal(r.Candidates)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	_, err = t.exec(ctx, "INSERT INTO import_review ("+reviewColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (province, batch, line) DO NOTHING`,
		r.Province, r.Batch, r.Line, r.Reason, r.Sealed, string(candidates), r.State, r.Unit, r.DecidedBy, r.DecidedAt, r.Why)
	return err
}

// LoadReviews lists rows in order of batch and line: of sheets of a kind, of a batch or of all where it is "", in a state
// or any.
func (t *Tx) LoadReviews(ctx context.Context, province, kind, batch, state string) ([]registry.Reviewed, error) {
	c := &condition{}
	c.equal("r.province", province)
	c.equal("batch", batch)
	c.equal("state", state)
	c.equal("b.kind", kind)
	return t.reviews(ctx, c)
}

// LoadReview gives one row of a sheet of a kind, or of any where it is ""; not_found registry.no_review.
func (t *Tx) LoadReview(ctx context.Context, province, kind, batch string, line int) (registry.Reviewed, error) {
	c := &condition{}
	c.equal("r.province", province)
	c.and("batch = " + c.arg(batch) + " AND line = " + c.arg(line))
	c.equal("b.kind", kind)
	found, err := t.reviews(ctx, c)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "registry.no_review", "row", line)
	}
	if err != nil {
		return registry.Reviewed{}, err
	}
	return found[0], nil
}

func (t *Tx) reviews(ctx context.Context, c *condition) (out []registry.Reviewed, err error) {
	err = t.each(ctx, "SELECT r."+reviewColumns+", b.kind, b.file FROM import_review r JOIN import_batch b ON b.province = r.province AND b.id = r.batch WHERE "+
		c.String()+" ORDER BY batch, line", c.args,
		func(scan func(...any) error) error {
			var r registry.Reviewed
			var candidates string
			if err := scan(&r.Province, &r.Batch, &r.Line, &r.Reason, &r.Sealed, &candidates, &r.State, &r.Unit, &r.DecidedBy,
				&r.DecidedAt, &r.Why, &r.Kind, &r.File); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(candidates), &r.Candidates); err != nil {
				return fault.Wrap(err, fault.Internal, "store.failed")
			}
			out = append(out, r)
			return nil
		})
	return out, err
}

// DecideReview writes what a person decided on a row that waits; conflict registry.review_state otherwise. Of two at once
// the second waits for the first's commit and then finds that the row waits no more.
func (t *Tx) DecideReview(ctx context.Context, r registry.Reviewed) error {
	n, err := t.exec(ctx, `UPDATE import_review SET state = $4, unit = $5, decided_by = $6, decided_at = $7, why = $8
		WHERE province = $1 AND batch = $2 AND line = $3 AND state = 'waiting'`,
		r.Province, r.Batch, r.Line, r.State, r.Unit, r.DecidedBy, r.DecidedAt, r.Why)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "registry.review_state", "row", r.Line)
	}
	return err
}
