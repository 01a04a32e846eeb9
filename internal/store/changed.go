package store

import "context"

// ChangedCases gives the stored states of a procedure's cases that changed at or after an instant, in that order.
func (t *Tx) ChangedCases(ctx context.Context, province, procedure string, since int64, each func(id string, changed int64, state []byte) error) error {
	return t.each(ctx, "SELECT id, changed, state FROM cases WHERE province = $1 AND changed >= $2 AND procedure = $3 ORDER BY changed, id",
		[]any{province, since, procedure}, func(scan func(...any) error) error {
			var id string
			var changed int64
			var state []byte
			if err := scan(&id, &changed, &state); err != nil {
				return err
			}
			return each(id, changed, state)
		})
}
