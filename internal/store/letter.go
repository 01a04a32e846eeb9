package store

import (
	"context"
	"strings"

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

// ListLetters gives outgoing letters of the cases that one of q's scopes shows, the latest first: of exactly q.Number (or
// that verification token), or with q.Text in their number; digits alone are the end of a number.
func (t *Tx) ListLetters(ctx context.Context, q casework.Query) (out []casework.LetterRow, err error) {
	if len(q.Scopes) == 0 {
		return nil, nil
	}
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province))
	c.scopes(q.Scopes)
	c.and("l.direction = 'out'")
	c.numbered(q)
	err = t.each(ctx, `SELECT l.province, l.number, l.code, l.case_id, l.entry, l.token, l.issued, l.dispatched, l.received,
		c.id, c.number, c.definition, c.unit_name FROM letter l JOIN cases c ON c.province = l.province AND c.id = l.case_id
		WHERE `+c.String()+` ORDER BY l.issued DESC, l.number LIMIT `+c.arg(min(q.Limit, listMost)), c.args,
		func(scan func(...any) error) error {
			var l casework.LetterRow
			err := scan(&l.Province, &l.Number, &l.Code, &l.Case, &l.Entry, &l.Token, &l.At, &l.Dispatched, &l.Received,
				&l.Of.ID, &l.Of.Number, &l.Of.Definition, &l.Of.UnitName)
			out = append(out, l)
			return err
		})
	return out, err
}

// numbered asks for letters by their number.
func (c *condition) numbered(q casework.Query) {
	if q.Number != "" {
		c.and("l.province = $1 AND (l.number = " + c.arg(q.Number) + " OR l.token = " + c.arg(q.Number) + ")")
		return
	}
	like := "%" + likeEscape.Replace(strings.ReplaceAll(q.Text, "\x00", "")) + "%"
	if strings.Trim(q.Text, "0123456789") == "" {
		like = "%/" + q.Text
	}
	c.and("l.province = $1 AND upper(l.number) LIKE " + c.arg(like) + ` ESCAPE '\'`)
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
