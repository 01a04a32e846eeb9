package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// Tell keeps what an entry tells somebody, in the transaction that writes the entry.
func (t *Tx) Tell(ctx context.Context, x casework.Telling) error {
	_, err := t.exec(ctx, `INSERT INTO told (province, entry, n, case_id, role, subject, person, how, fa, en, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		x.Province, x.Entry, x.N, x.Case, x.Role, x.Subject, x.Person, x.How, x.Text.FA, x.Text.EN, x.At)
	return err
}

// ToldTo gives what cases told one caller, the newest first; nobody is told of a case outside its scopes. Fault: invalid
// store.cursor_invalid.
func (t *Tx) ToldTo(ctx context.Context, q casework.ToldQuery) (casework.ToldPage, error) {
	var page casework.ToldPage
	if len(q.Scopes) == 0 {
		return page, nil
	}
	where, limit, err := toldWhere(q)
	if err != nil {
		return page, err
	}
	err = t.each(ctx, "SELECT t.entry, t.n, t.role, t.subject, t.person, t.how, t.fa, t.en, t.at, "+listColumns+`
		FROM told t JOIN cases c ON c.province = t.province AND c.id = t.case_id WHERE `+where.String()+
		" ORDER BY t.at DESC, t.entry DESC, t.n DESC LIMIT "+where.arg(limit+1), where.args, func(scan func(...any) error) error {
		x, err := scanTold(scan)
		page.Rows = append(page.Rows, x)
		return err
	})
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %d", last.At, last.Entry, last.N))
	}
	return page, err
}

func toldWhere(q casework.ToldQuery) (*condition, int, error) {
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province)) // $1: the scopes name it
	c.and("t.province = $1 AND t.role = " + c.arg(q.Role))
	c.and("(t.person = '' OR t.person = " + c.arg(q.Person) + ")")
	subjects := []string{"t.subject = ''"}
	for _, s := range q.Subjects {
		subjects = append(subjects, "t.subject = "+c.arg(s))
	}
	c.and("(" + strings.Join(subjects, " OR ") + ")")
	if q.Since > 0 {
		c.and("t.at > " + c.arg(q.Since))
	}
	c.scopes(q.Scopes)
	if q.After != "" {
		at, entry, n, err := openToldCursor(q.After)
		if err != nil {
			return nil, 0, err
		}
		c.and("(t.at, t.entry, t.n) < (" + c.arg(at) + ", " + c.arg(entry) + ", " + c.arg(n) + ")")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = listDefault
	}
	return c, min(limit, listMost), nil
}

func openToldCursor(cursor string) (at int64, entry string, n int64, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d %s %d", &at, &entry, &n)
	}
	if err != nil || strings.ContainsRune(entry, 0) {
		return 0, "", 0, fault.New(fault.Invalid, "store.cursor_invalid")
	}
	return at, entry, n, nil
}

func scanTold(scan func(...any) error) (x casework.ToldRow, err error) {
	x.Case, err = scanRow(func(dest ...any) error {
		own := []any{&x.Entry, &x.N, &x.Role, &x.Subject, &x.Person, &x.How, &x.Text.FA, &x.Text.EN, &x.At}
		return scan(append(own, dest...)...)
	})
	x.Province, x.Telling.Case = x.Case.Province, x.Case.ID
	return x, err
}
