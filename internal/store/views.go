package store

import (
	"context"

	"rahgosha/internal/kernel/casework"
)

// ViewsOf gives a membership's saved views and those shared with a body, the oldest first.
func (t *Tx) ViewsOf(ctx context.Context, province, membership, body string) (out []casework.StoredView, err error) {
	err = t.each(ctx, `SELECT province, id, membership, body, sealed, at FROM saved_view
		WHERE province = $1 AND (membership = $2 OR body <> '' AND body = $3) ORDER BY at, id`, []any{province, membership, body},
		func(scan func(...any) error) error {
			var v casework.StoredView
			var sealed string
			err := scan(&v.Province, &v.ID, &v.Membership, &v.Body, &sealed, &v.At)
			v.Sealed = []byte(sealed)
			out = append(out, v)
			return err
		})
	return out, err
}

// SaveView writes a view, over the one of its id.
func (t *Tx) SaveView(ctx context.Context, v casework.StoredView) error {
	_, err := t.exec(ctx, `INSERT INTO saved_view (province, id, membership, body, sealed, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (province, id) DO UPDATE SET sealed = excluded.sealed`, v.Province, v.ID, v.Membership, v.Body, string(v.Sealed), v.At)
	return err
}

// DropView removes a view, also as the one that queues begin with.
func (t *Tx) DropView(ctx context.Context, province, id string) error {
	if _, err := t.exec(ctx, "DELETE FROM saved_view_first WHERE province = $1 AND saved_view = $2", province, id); err != nil {
		return err
	}
	_, err := t.exec(ctx, "DELETE FROM saved_view WHERE province = $1 AND id = $2", province, id)
	return err
}

// FirstView gives the view that a membership's queue begins with, "" for none.
func (t *Tx) FirstView(ctx context.Context, province, membership string) (id string, err error) {
	_, err = t.row(ctx, "SELECT saved_view FROM saved_view_first WHERE province = $1 AND membership = $2", []any{province, membership}, &id)
	return id, err
}

// SetFirstView makes a view the first; "" none.
func (t *Tx) SetFirstView(ctx context.Context, province, membership, view string) error {
	if view == "" {
		_, err := t.exec(ctx, "DELETE FROM saved_view_first WHERE province = $1 AND membership = $2", province, membership)
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO saved_view_first (province, membership, saved_view) VALUES ($1, $2, $3)
		ON CONFLICT (province, membership) DO UPDATE SET saved_view = excluded.saved_view`, province, membership, view)
	return err
}
