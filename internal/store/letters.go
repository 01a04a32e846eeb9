package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// BookLetter enters an outgoing letter in the book; conflict store.conflict when its number or token is taken.
func (t *Tx) BookLetter(ctx context.Context, l casework.BookedLetter) error {
	_, err := t.exec(ctx, `INSERT INTO letter (province, token, number, direction, code, case_id, entry, sealed, issued,
		dispatched, received, received_number, void) VALUES ($1, $2, $3, 'out', $4, $5, $6, '', $7, $8, $9, '', 0)`,
		l.Province, l.Token, l.Number, l.Code, l.Case, l.Entry, l.At, l.Dispatched, l.Received)
	return err
}

// LetterByToken finds an outgoing letter by its verification token or its number; not_found store.no_letter.
func (t *Tx) LetterByToken(ctx context.Context, province, token string) (l casework.BookedLetter, err error) {
	found, err := t.row(ctx, `SELECT province, number, code, case_id, entry, token, issued, dispatched, received
		FROM letter WHERE province = $1 AND direction = 'out' AND (token = $2 OR number = $2) ORDER BY token LIMIT 1`,
		[]any{province, token}, &l.Province, &l.Number, &l.Code, &l.Case, &l.Entry, &l.Token, &l.At, &l.Dispatched,
		&l.Received)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_letter", "token", token)
	}
	return l, err
}
