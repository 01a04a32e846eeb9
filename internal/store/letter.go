package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// LettersOf gives the outgoing letters of a case, the earliest first.
func (t *Tx) LettersOf(ctx context.Context, province, caseID string) (out []casework.BookedLetter, err error) {
	err = t.each(ctx, `SELECT province, number, code, case_id, entry, token, issued, dispatched, received FROM letter
		WHERE province = $1 AND case_id = $2 AND direction = 'out' ORDER BY issued, number`, []any{province, caseID},
		func(scan func(...any) error) error {
			var l casework.BookedLetter
			err := scan(&l.Province, &l.Number, &l.Code, &l.Case, &l.Entry, &l.Token, &l.At, &l.Dispatched, &l.Received)
			out = append(out, l)
			return err
		})
	return out, err
}

// DispatchLetter records, once, when a letter left; not_found store.no_letter, conflict store.letter_sent.
func (t *Tx) DispatchLetter(ctx context.Context, province, token string, at int64) error {
	return t.stampLetter(ctx, province, token, `UPDATE letter SET dispatched = $3
		WHERE province = $1 AND token = $2 AND direction = 'out' AND dispatched = 0 AND $3 >= issued`, at)
}

// ReceiveLetter records, once, when a letter arrived, and the receiver's number for it; not_found store.no_letter,
// conflict store.letter_sent.
func (t *Tx) ReceiveLetter(ctx context.Context, province, token, number string, at int64) error {
	return t.stampLetter(ctx, province, token, `UPDATE letter SET received = $3, received_number = $4
		WHERE province = $1 AND token = $2 AND direction = 'out' AND received = 0 AND $3 >= issued`, at, number)
}

func (t *Tx) stampLetter(ctx context.Context, province, token, query string, args ...any) error {
	n, err := t.exec(ctx, query, append([]any{province, token}, args...)...)
	if err != nil || n == 1 {
		return err
	}
	if _, err := t.LetterByToken(ctx, province, token); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "store.letter_sent", "token", token)
}
