package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
)

// InboxQuery asks for the entries that concern one caller, the newest first. Nothing is kept for an inbox: it is read of
// the journal, of what cases told and of the letter book.
type InboxQuery struct {
	ToldQuery          // the caller, and since when
	Own       bool     // every case of the scopes is the caller's own: a unit's
	Mine      []string // else the cases that the role holds under one of these subjects
	Letters   []string // and the letters of these codes
}

// InboxEntry is an entry of the journal with its case; Said is what it told the caller in words of its own, and Held says
// that it concerns the caller for holding the case now.
type InboxEntry struct {
	LogEntry
	Case Row
	Said *Telling
	Held bool
}

// InboxRow is one thing that happened to a case, as its timeline says it, and what the caller was told of it.
type InboxRow struct {
	Case  Row
	Event EventView
	How   string      // notify, remind, escalate, assigned; "" where nobody was told
	Said  locale.Text // in what words
	Turn  bool        // by it the case came to the caller
}

// Inbox gives what happened later than an instant in what concerns the caller, the newest first and at most so many: the
// acts of others in a unit's own cases; in a case that the caller holds the act by which it came to them and what happened
// since; what cases told them; and letters that reach them. It says no more than the timelines of these cases do.
func (g *Engine) Inbox(ctx context.Context, who Caller, since int64, most int) (out []InboxRow, err error) {
	err = g.listing(ctx, who, func(ctx context.Context, l *listing) error {
		q := l.inboxQuery(since, most)
		if len(q.Scopes) == 0 {
			return nil
		}
		entries, err := l.r.ListInbox(ctx, q)
		if err != nil {
			return err
		}
		out, err = l.inbox(ctx, entries, most)
		return err
	})
	return out, err
}

// inboxOver is how many entries are read for each that is shown: one's own acts and what one may not read fall out.
const inboxOver = 4

func (l *listing) inboxQuery(since int64, most int) InboxQuery {
	gr := l.who.Grants
	q := InboxQuery{ToldQuery: ToldQuery{
		Province: gr.Province, Role: l.who.Actor.Role, Person: gr.Person, Subjects: present(gr.Unit, gr.Person, gr.Body),
		Scopes: Scopes(l.defs, l.who), Since: since, Limit: inboxOver * most,
	}}
	q.Mine = append(append([]string{""}, q.Subjects...), gr.StandsFor...)
	for _, d := range l.defs {
		r := d.Role(q.Role)
		if r == nil || r.Relation == "" {
			continue
		}
		q.Own = q.Own || relationAs(d, r.Relation) == "unit"
		for _, x := range d.Letters {
			if seesLetter(d, r, x.ID) && !slices.Contains(q.Letters, x.ID) {
				q.Letters = append(q.Letters, x.ID)
			}
		}
	}
	return q
}

func (l *listing) inbox(ctx context.Context, entries []InboxEntry, most int) (out []InboxRow, err error) {
	came := map[string]bool{} // the cases whose way to the caller was found: what was before it is not news
	for _, x := range entries {
		row, ok, err := l.inboxRow(ctx, x)
		if err != nil {
			return nil, err
		}
		old := x.Held && x.Said == nil && came[x.Case.ID]
		came[x.Case.ID] = came[x.Case.ID] || row.Turn
		if !ok || old {
			continue
		}
		if out = append(out, row); len(out) == most {
			break
		}
	}
	return out, nil
}

// inboxRow reads an entry as the case's timeline would show it; false for what it would not, and for one's own acts.
func (l *listing) inboxRow(ctx context.Context, x InboxEntry) (row InboxRow, ok bool, err error) {
	d := l.by[x.Case.Definition]
	if d == nil {
		return row, false, nil
	}
	k := &looker{d: d, old: l.defs, who: l.who, role: d.Role(l.who.Actor.Role),
		z: sealer{ctx: ctx, keys: l.r.Keys(), province: x.Case.Province, id: x.Case.ID}}
	e, err := k.z.read(x.LogEntry)
	if errors.Is(err, journal.ErrErased) {
		return row, false, nil
	}
	if err != nil {
		return row, false, err
	}
	row = InboxRow{Case: x.Case, Turn: x.Held && slices.ContainsFunc(e.Changes, func(c Change) bool { return c.Holder != nil })}
	l.shown(&row.Case)
	if own := e.Actor.Person != "" && e.Actor.Person == l.who.Grants.Person; own || !k.lists(e) {
		return row, false, nil
	}
	if x.Said != nil {
		row.How, row.Said = x.Said.How, x.Said.Text
	}
	row.Event, err = k.event(e, x.LogEntry)
	return row, err == nil, err
}

// lists says whether the timeline shows an entry to the role.
func (l *looker) lists(e *Entry) bool {
	switch e.Kind {
	case KindDraft:
		return false
	case KindRefused, KindAssigned:
		return l.staff()
	case KindNoted:
		return l.readsNote(e)
	}
	return true
}

// InboxKinds are the sorts of entries that are news to whom they concern.
func InboxKinds() []string {
	return []string{KindOpened, KindActed, KindClock, KindNoted, KindCorrect, KindAssigned, KindObligation, KindOpinion}
}

// SortInbox puts entries in the order of an inbox and joins those that came twice.
func SortInbox(entries []InboxEntry) []InboxEntry {
	slices.SortStableFunc(entries, func(a, b InboxEntry) int {
		return cmp.Or(cmp.Compare(b.Leaf.At, a.Leaf.At), cmp.Compare(a.Case.ID, b.Case.ID), cmp.Compare(b.Leaf.Seq, a.Leaf.Seq))
	})
	var out []InboxEntry
	for _, x := range entries {
		if n := len(out); n > 0 && out[n-1].ID == x.ID {
			out[n-1].Said, out[n-1].Held = cmp.Or(out[n-1].Said, x.Said), out[n-1].Held || x.Held
			continue
		}
		out = append(out, x)
	}
	return out
}
