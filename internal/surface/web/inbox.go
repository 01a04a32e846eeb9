package web

import (
	"context"
	"net/http"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// Inbox gives what happened lately in what concerns a person, and keeps only up to when they have read it.
type Inbox interface {
	Inbox(ctx context.Context, p access.Principal) (InboxPage, error)
	// InboxSince gives what is later than an instant (µs).
	InboxSince(ctx context.Context, p access.Principal, since int64) (InboxPage, error)
	// Unread counts what they have not read, up to InboxMost; every page asks for it, so that it may be a minute old.
	Unread(ctx context.Context, p access.Principal) (int, error)
	// ReadInbox marks all up to an instant (µs) as read, ReadEntry one entry.
	ReadInbox(ctx context.Context, p access.Principal, until int64) error
	ReadEntry(ctx context.Context, p access.Principal, entry string) error
}

// InboxMost is how much an inbox shows and counts.
const InboxMost = 60

// InboxPage is an inbox, the newest first. Seen is the instant (µs) up to which it has been read, Read what was by itself.
type InboxPage struct {
	Rows []casework.InboxRow
	Seen int64
	Read map[string]bool
}

// New says whether a row has not been read.
func (x InboxPage) New(r casework.InboxRow) bool {
	return r.Event.At > x.Seen && !x.Read[r.Event.Entry]
}

// Unread counts the rows that have not been read.
func (x InboxPage) Unread() (n int) {
	for _, r := range x.Rows {
		if x.New(r) {
			n++
		}
	}
	return n
}

// inboxRoles are those that cases go to or tell something.
var inboxRoles = []string{"unit.", "bank.", "dir.", "council.", "assoc.", "house.", "found.", "town.", "svc.", "exp."}

type inboxView struct {
	*Page
	Finding string
	Days    []inboxDay
	Until   int64 // the newest that is shown; 0 when all is read
	News    *newsBox
}

type inboxDay struct {
	Title string
	Items []inboxItem
}

// inboxItem is one event with the case it is of.
type inboxItem struct {
	Event
	Case  Link
	Pills []Pill
	Entry string // to be marked as read; "" when it has been
}

// inbox shows what happened lately in what concerns the visitor, by day, what is not read yet marked.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Inbox == nil {
		return missing("inbox")
	}
	page, err := s.cfg.Desk.Inbox.Inbox(v.ctx, v.p)
	if err != nil {
		return err
	}
	p := s.Page(r, "inbox.title")
	p.flash(r)
	view := inboxView{Page: p, Finding: p.T("inbox.finding.none")}
	if n := page.Unread(); n > 0 {
		view.Finding, view.Until = p.T("inbox.finding", "n", n), page.Rows[0].Event.At
	}
	if view.Days, err = v.inboxDays(page); err != nil {
		return err
	}
	if view.News, err = v.listNews("/inbox", "", nil, v.laterInbox); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "queue/inbox", view)
}

func (v *visit) inboxDays(page InboxPage) (out []inboxDay, err error) {
	var cases []casework.Row
	var events casework.View
	for _, row := range page.Rows {
		cases, events.Timeline = append(cases, row.Case), append(events.Timeline, row.Event)
	}
	l, err := v.lister(cases)
	if err != nil {
		return nil, err
	}
	t, err := v.teller(&events)
	if err != nil {
		return nil, err
	}
	last := jalali.Date{}
	for _, row := range page.Rows {
		if day := jalali.FromTime(time.UnixMicro(row.Event.At)); len(out) == 0 || day != last {
			out, last = append(out, inboxDay{Title: day.Long(v.l)}), day
		}
		d := &out[len(out)-1]
		d.Items = append(d.Items, v.inboxItem(l, t, row, page.New(row)))
	}
	return out, nil
}

func (v *visit) inboxItem(l *lister, t teller, row casework.InboxRow, unread bool) inboxItem {
	said := l.row(row.Case)
	row.Event.Index = -1 // its place in the journal stands on the case's page
	if row.How == casework.ToldNotify {
		row.Event.Text, row.Event.Told = row.Said, nil // in the words meant for the reader
	}
	out := inboxItem{Event: t.event(&casework.View{ID: row.Case.ID}, row.Event)}
	out.Apart = out.Apart || row.How == casework.ToldNotify
	out.Case = Link{Label: said.Title, Href: said.Href + "#" + out.ID}
	if out.Code == "" {
		out.Code = said.Code
	}
	if unread {
		out.Entry = row.Event.Entry
		out.Pills = append(out.Pills, Pill{Text: v.T("inbox.new"), Tone: "brand"})
	}
	if row.Turn && l.mine(row.Case) {
		out.Pills = append(out.Pills, Pill{Text: v.T("desk.view.mine"), Tone: "warn"})
	}
	if row.How == casework.ToldEscalate {
		out.Pills = append(out.Pills, Pill{Text: v.T("inbox.escalated"), Tone: "bad"})
	}
	return out
}

// readInbox marks what the page showed as read, all or one; what came meanwhile stays unread.
func (s *Server) readInbox(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Inbox == nil {
		return missing("inbox")
	}
	if entry := r.PostFormValue("entry"); entry != "" {
		if err := s.cfg.Desk.Inbox.ReadEntry(v.ctx, v.p, entry); err != nil {
			return err
		}
		http.Redirect(w, r, "/inbox", http.StatusSeeOther)
		return nil
	}
	if err := s.cfg.Desk.Inbox.ReadInbox(v.ctx, v.p, numberOf(r.PostFormValue("until"))); err != nil {
		return err
	}
	http.Redirect(w, r, "/inbox?said=read", http.StatusSeeOther)
	return nil
}

// unread tells whether the visitor has an inbox and how much of it is not read; a page is shown without the count rather
// than not at all.
func (s *Server) unread(r *http.Request) (has bool, n int) {
	who := httpkit.PrincipalOf(r)
	if s.cfg.Desk.Inbox == nil || !who.SignedIn() || !(link{roles: inboxRoles}).forRole(who) {
		return false, 0
	}
	n, err := s.cfg.Desk.Inbox.Unread(r.Context(), who)
	if err != nil {
		s.cfg.Log.WarnContext(r.Context(), "inbox not counted", "error", err)
	}
	return true, n
}
