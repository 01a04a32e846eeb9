package store

import "context"

// LogSize tells how many entries a province's journal has, and how many of them its signed checkpoint covers.
func (t *Tx) LogSize(ctx context.Context, province string) (entries, signed int64, err error) {
	if _, err = t.row(ctx, "SELECT COALESCE(MAX(size), 0) FROM checkpoint WHERE province = $1", []any{province}, &signed); err != nil {
		return 0, 0, err
	}
	var waiting int64
	_, err = t.row(ctx, "SELECT count(*) FROM entry WHERE province = $1 AND leaf IS NULL", []any{province}, &waiting)
	return signed + waiting, signed, err
}
