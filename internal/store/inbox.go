package store

import (
	"context"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// ListInbox gives the entries that concern one caller, in the order of casework.SortInbox: of the cases that are its own or
// that it holds, of what cases told it, and of letters that reach it. At most q.Limit of each, the latest.
func (t *Tx) ListInbox(ctx context.Context, q casework.InboxQuery) (out []casework.InboxEntry, err error) {
	if len(q.Scopes) == 0 {
		return nil, nil
	}
	if out, err = t.inboxCases(ctx, q); err != nil {
		return nil, err
	}
	told, err := t.inboxTold(ctx, q)
	if err != nil {
		return nil, err
	}
	letters, err := t.inboxLetters(ctx, q)
	return casework.SortInbox(append(append(out, told...), letters...)), err
}

// What every part of an inbox reads: entries n of cases c, the latest first.
const (
	inboxEntry   = "SELECT n.id, coalesce(n.leaf, -1), n.bytes, "
	inboxColumns = inboxEntry + listColumns
	inboxEntries = " JOIN entry n ON n.province = c.province AND n.case_id = c.id "
	inboxOrder   = " ORDER BY n.at DESC, n.case_id, n.seq DESC LIMIT "
)

func scanInbox(scan func(...any) error, more ...any) (x casework.InboxEntry, err error) {
	x.Case, err = scanRow(func(dest ...any) error {
		own := append([]any{&x.ID, &x.Index, &x.Bytes}, more...)
		return scan(append(own, dest...)...)
	})
	if err == nil {
		x.Leaf, err = journal.Decode(x.Bytes)
	}
	return x, err
}

// inboxWhere asks for the cases that the caller may see and in which something happened lately.
func inboxWhere(q casework.InboxQuery) (c *condition, since string) {
	c = &condition{}
	c.and("c.province = " + c.arg(q.Province)) // $1: the scopes name it
	c.scopes(q.Scopes)
	since = c.arg(q.Since)
	c.and("c.changed > " + since)
	return c, since
}

// inboxCases gives what happened in the caller's own cases, or in those that it holds. The cases in which something happened
// last are found first, so that the entries of others are not read: each of them has one of the latest entries.
func (t *Tx) inboxCases(ctx context.Context, q casework.InboxQuery) (out []casework.InboxEntry, err error) {
	c, since := inboxWhere(q)
	if !q.Own {
		c.and("c.outcome = ''")
		c.and("c.holder_role = " + c.arg(q.Role))
		c.among("c.holder_subject", q.Mine)
	}
	most := c.arg(q.Limit)
	last := "c.province = $1 AND c.id IN (SELECT c.id FROM cases c WHERE " + c.String() + " ORDER BY c.changed DESC, c.id DESC LIMIT " + most + ")"
	c.parts = []string{last, "n.at > " + since}
	c.among("n.kind", casework.InboxKinds())
	err = t.each(ctx, inboxColumns+" FROM cases c"+inboxEntries+"WHERE "+c.String()+inboxOrder+most, c.args,
		func(scan func(...any) error) error {
			x, err := scanInbox(scan)
			x.Held = !q.Own
			out = append(out, x)
			return err
		})
	return out, err
}

// inboxTold gives the entries that told the caller something.
func (t *Tx) inboxTold(ctx context.Context, q casework.InboxQuery) (out []casework.InboxEntry, err error) {
	c := toldWhere(q.ToldQuery)
	err = t.each(ctx, inboxEntry+"t.how, t.fa, t.en, "+listColumns+` FROM told t JOIN cases c ON c.province = t.province AND c.id = t.case_id
		JOIN entry n ON n.province = t.province AND n.id = t.entry WHERE `+c.String()+inboxOrder+c.arg(q.Limit), c.args,
		func(scan func(...any) error) error {
			said := &casework.Telling{}
			x, err := scanInbox(scan, &said.How, &said.Text.FA, &said.Text.EN)
			x.Said = said
			out = append(out, x)
			return err
		})
	return out, err
}

// inboxLetters gives the entries by which a letter that reaches the caller was issued.
func (t *Tx) inboxLetters(ctx context.Context, q casework.InboxQuery) (out []casework.InboxEntry, err error) {
	if q.Own || len(q.Letters) == 0 {
		return nil, nil
	}
	c, since := inboxWhere(q)
	c.and("l.issued > " + since)
	c.among("l.code", q.Letters)
	err = t.each(ctx, inboxColumns+` FROM cases c JOIN letter l ON l.province = c.province AND l.case_id = c.id
		JOIN entry n ON n.province = l.province AND n.id = l.entry WHERE `+c.String()+inboxOrder+c.arg(q.Limit), c.args,
		func(scan func(...any) error) error {
			x, err := scanInbox(scan)
			out = append(out, x)
			return err
		})
	return out, err
}

// InboxSeen gives up to which instant who holds a membership has read the inbox, 0 for never.
func (t *Tx) InboxSeen(ctx context.Context, province, membership string) (at int64, err error) {
	_, err = t.row(ctx, "SELECT at FROM inbox_seen WHERE province = $1 AND membership = $2", []any{province, membership}, &at)
	return at, err
}

// InboxRead gives the entries later than that instant that have been read by themselves.
func (t *Tx) InboxRead(ctx context.Context, province, membership string) (map[string]bool, error) {
	out := map[string]bool{}
	err := t.each(ctx, "SELECT entry FROM inbox_read WHERE province = $1 AND membership = $2", []any{province, membership},
		func(scan func(...any) error) error {
			var entry string
			err := scan(&entry)
			out[entry] = true
			return err
		})
	return out, err
}

// ReadInboxEntry keeps that an entry of an instant has been read.
func (t *Tx) ReadInboxEntry(ctx context.Context, province, membership, entry string, at int64) error {
	_, err := t.exec(ctx, `INSERT INTO inbox_read (province, membership, entry, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (province, membership, entry) DO NOTHING`, province, membership, entry, at)
	return err
}

// SeeInbox moves that instant on; it never moves back. What was read by itself before it need not be known any more.
func (t *Tx) SeeInbox(ctx context.Context, province, membership string, at int64) error {
	if _, err := t.exec(ctx, "DELETE FROM inbox_read WHERE province = $1 AND membership = $2 AND at <= $3", province, membership, at); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO inbox_seen (province, membership, at) VALUES ($1, $2, $3)
		ON CONFLICT (province, membership) DO UPDATE SET at = excluded.at WHERE excluded.at > inbox_seen.at`, province, membership, at)
	return err
}
