package app

import (
	"context"
	"time"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/web"
)

// inboxDays is how many days back an inbox looks.
const inboxDays = 30

type inboxes struct{ a *App }

// Inbox gives what concerned the person in the last days; its facts are the journal's, beside them stands only Seen.
func (x inboxes) Inbox(ctx context.Context, p access.Principal) (out web.InboxPage, err error) {
	if out.Seen, err = x.seen(ctx, p); err != nil {
		return out, err
	}
	out.Rows, err = x.a.Engine.Inbox(ctx, casework.CallerOf(p), x.begin(), web.InboxMost)
	return out, err
}

// Unread counts what is newer than what was read.
func (x inboxes) Unread(ctx context.Context, p access.Principal) (int, error) {
	seen, err := x.seen(ctx, p)
	if err != nil {
		return 0, err
	}
	rows, err := x.a.Engine.Inbox(ctx, casework.CallerOf(p), max(seen, x.begin()), web.InboxMost)
	return len(rows), err
}

// ReadInbox keeps up to when the person has read; what lies ahead of now cannot have been.
func (x inboxes) ReadInbox(ctx context.Context, p access.Principal, until int64) error {
	until = min(until, x.a.Clock.Now().UnixMicro())
	return x.a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		return tx.SeeInbox(ctx, p.Province, p.Membership, until)
	})
}

func (x inboxes) begin() int64 {
	return x.a.Clock.Now().Add(-inboxDays * 24 * time.Hour).UnixMicro()
}

func (x inboxes) seen(ctx context.Context, p access.Principal) (at int64, err error) {
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		at, err = tx.InboxSeen(ctx, p.Province, p.Membership)
		return err
	})
	return at, err
}
