package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// saveOwed makes the stored obligations those of the row, writing only where they differ.
func (t *Tx) saveOwed(ctx context.Context, row casework.Row) error {
	if row.Owed == nil {
		return nil
	}
	old, err := t.owedBefore(ctx, row)
	if err != nil {
		return err
	}
	for _, o := range old {
		if slices.Contains(row.Owed, o) {
			continue
		}
		if _, err := t.exec(ctx, "DELETE FROM obligation WHERE province = $1 AND case_id = $2 AND key = $3 AND role = $4",
			row.Province, row.ID, o.Key, o.Role); err != nil {
			return err
		}
	}
	for _, o := range row.Owed {
		if slices.Contains(old, o) {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO obligation (province, case_id, key, role, subject, state, due)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, row.Province, row.ID, o.Key, o.Role, o.Subject, o.State, o.Due); err != nil {
			return err
		}
	}
	return nil
}

// owedBefore gives the obligations of a case as they are stored.
func (t *Tx) owedBefore(ctx context.Context, row casework.Row) ([]casework.Owed, error) {
	switch {
	case isNew(row):
		return nil, nil
	case row.Was != nil:
		return row.Was.Owed, nil
	}
	return t.owed(ctx, row.Province, row.ID)
}

func (t *Tx) owed(ctx context.Context, province, id string) ([]casework.Owed, error) {
	var out []casework.Owed
	err := t.each(ctx, "SELECT key, role, subject, state, due FROM obligation WHERE province = $1 AND case_id = $2",
		[]any{province, id}, func(scan func(...any) error) error {
			var o casework.Owed
			err := scan(&o.Key, &o.Role, &o.Subject, &o.State, &o.Due)
			out = append(out, o)
			return err
		})
	return out, err
}

// ListOwed gives the obligations that wait for one caller, of the cases that its scopes show; what is due first comes first.
// Fault: invalid store.cursor_invalid.
func (t *Tx) ListOwed(ctx context.Context, q casework.OwedQuery) (page casework.OwedPage, err error) {
	if len(q.Scopes) == 0 {
		return page, nil
	}
	c := owedWhere(q)
	const from = " FROM obligation o JOIN cases c ON c.province = o.province AND c.id = o.case_id WHERE "
	if page.Total, err = t.total(ctx, from+c.String(), c.args); err != nil {
		return page, err
	}
	if q.After != "" {
		due, id, key, err := openOwedCursor(q.After)
		if err != nil {
			return page, err
		}
		c.and("(o.due, o.case_id, o.key) > (" + c.arg(due) + ", " + c.arg(id) + ", " + c.arg(key) + ")")
	}
	limit := q.Limit
	if limit <= 0 {
		limit = listDefault
	}
	limit = min(limit, listMost)
	err = t.each(ctx, "SELECT o.key, o.role, o.subject, o.state, o.due, "+listColumns+from+c.String()+
		" ORDER BY o.due, o.case_id, o.key LIMIT "+c.arg(limit+1), c.args, func(scan func(...any) error) error {
		x, err := scanOwed(scan)
		page.Rows = append(page.Rows, x)
		return err
	})
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %s", last.Due, last.Case.ID, last.Key))
	}
	return page, err
}

func owedWhere(q casework.OwedQuery) *condition {
	c := &condition{}
	c.and("c.province = " + c.arg(q.Province)) // $1: the scopes name it
	c.and("o.province = $1 AND o.role = " + c.arg(q.Role))
	subjects := []string{"o.subject = ''"}
	for _, s := range q.Subjects {
		subjects = append(subjects, "o.subject = "+c.arg(s))
	}
	c.and("(" + strings.Join(subjects, " OR ") + ")")
	if q.State != "" {
		c.and("o.state = " + c.arg(q.State))
	}
	if q.Holder != "" {
		c.and("o.subject = " + c.arg(q.Holder))
	}
	if q.Before != 0 {
		c.and("o.due < " + c.arg(q.Before))
	}
	if q.Since != 0 {
		c.and("c.changed > " + c.arg(q.Since))
	}
	c.scopes(q.Scopes)
	return c
}

func openOwedCursor(cursor string) (due int64, id, key string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d %s %s", &due, &id, &key)
	}
	if err != nil || strings.ContainsRune(id+key, 0) {
		return 0, "", "", fault.New(fault.Invalid, "store.cursor_invalid")
	}
	return due, id, key, nil
}

func scanOwed(scan func(...any) error) (x casework.OwedRow, err error) {
	x.Case, err = scanRow(func(dest ...any) error {
		own := []any{&x.Key, &x.Role, &x.Subject, &x.State, &x.Due}
		return scan(append(own, dest...)...)
	})
	return x, err
}
