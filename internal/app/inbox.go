package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/web"
)

// inboxDays is how many days back an inbox looks.
const inboxDays = 30

// countLife is how old the count on a page may be: whoever goes from page to page does not have it counted on each.
const countLife = time.Minute

type inboxes struct {
	a      *App
	mu     sync.Mutex
	counts map[reader]counted
}

// reader is whose inbox it is: a person in one post.
type reader struct{ province, membership, person string }

type counted struct {
	n  int
	at time.Time
}

func newInboxes(a *App) *inboxes { return &inboxes{a: a, counts: map[reader]counted{}} }

func readerOf(p access.Principal) reader { return reader{p.Province, p.Membership, p.Person} }

// Inbox gives what concerned the person in the last days; its facts are the journal's, beside them stands only what was read.
func (x *inboxes) Inbox(ctx context.Context, p access.Principal) (web.InboxPage, error) {
	out, err := x.since(ctx, p, x.begin())
	if err == nil {
		x.keep(p, out.Unread())
	}
	return out, err
}

// Unread counts what has not been read. It is at most countLife old, and new once the person has looked into the inbox or
// marked something as read.
func (x *inboxes) Unread(ctx context.Context, p access.Principal) (int, error) {
	if n, fresh := x.kept(p); fresh {
		return n, nil
	}
	out, err := x.since(ctx, p, 0)
	if err == nil {
		x.keep(p, out.Unread())
	}
	return out.Unread(), err
}

// InboxSince gives what is later than an instant, and changes no count.
func (x *inboxes) InboxSince(ctx context.Context, p access.Principal, since int64) (web.InboxPage, error) {
	return x.since(ctx, p, max(since, x.begin()))
}

// since gives what is later than an instant, or than what was read where that is 0.
func (x *inboxes) since(ctx context.Context, p access.Principal, since int64) (out web.InboxPage, err error) {
	err = x.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		if out.Seen, err = tx.InboxSeen(ctx, p.Province, p.Membership); err == nil {
			out.Read, err = tx.InboxRead(ctx, p.Province, p.Membership)
		}
		return err
	})
	if err != nil {
		return out, err
	}
	if since == 0 {
		since = max(out.Seen, x.begin())
	}
	out.Rows, err = x.a.Engine.Inbox(ctx, casework.CallerOf(p), since, web.InboxMost)
	return out, err
}

// ReadInbox keeps up to when the person has read; what lies ahead of now cannot have been.
func (x *inboxes) ReadInbox(ctx context.Context, p access.Principal, until int64) error {
	until = min(until, x.a.Clock.Now().UnixMicro())
	return x.change(ctx, p, func(ctx context.Context, tx storeTx) error {
		return tx.SeeInbox(ctx, p.Province, p.Membership, until)
	})
}

// ReadEntry keeps that one thing of the person's inbox has been read; not_found for what does not stand in it.
func (x *inboxes) ReadEntry(ctx context.Context, p access.Principal, entry string) error {
	page, err := x.since(ctx, p, x.begin())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(page.Rows, func(r casework.InboxRow) bool { return r.Event.Entry == entry })
	if i < 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if !page.New(page.Rows[i]) {
		return nil
	}
	return x.change(ctx, p, func(ctx context.Context, tx storeTx) error {
		return tx.ReadInboxEntry(ctx, p.Province, p.Membership, entry, page.Rows[i].Event.At)
	})
}

// change writes what was read and forgets the count of before.
func (x *inboxes) change(ctx context.Context, p access.Principal, write func(context.Context, storeTx) error) error {
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.counts, readerOf(p))
	}()
	return x.a.Store.Write(ctx, write)
}

func (x *inboxes) kept(p access.Principal) (int, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c, ok := x.counts[readerOf(p)]
	return c.n, ok && x.fresh(c)
}

func (x *inboxes) fresh(c counted) bool {
	age := x.a.Clock.Now().Sub(c.at)
	return age >= 0 && age < countLife
}

// keep remembers a count; what is older goes when many are kept.
func (x *inboxes) keep(p access.Principal, n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.counts) >= 1000 {
		for r, c := range x.counts {
			if !x.fresh(c) {
				delete(x.counts, r)
			}
		}
	}
	x.counts[readerOf(p)] = counted{n, x.a.Clock.Now()}
}

func (x *inboxes) begin() int64 {
	return x.a.Clock.Now().Add(-inboxDays * 24 * time.Hour).UnixMicro()
}
