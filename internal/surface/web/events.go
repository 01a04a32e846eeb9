package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// days groups the events of a case by day, newest first.
func (t teller) days(c *casework.View, now time.Time) []Day {
	var out []Day
	today, last := jalali.FromTime(now), jalali.Date{}
	for i := len(c.Timeline) - 1; i >= 0; i-- {
		e := c.Timeline[i]
		day := jalali.FromTime(time.UnixMicro(e.At))
		if len(out) == 0 || day != last {
			title := day.Long(t.l)
			if day == today {
				title = t.T("desk.today", "date", title)
			}
			out, last = append(out, Day{Title: title}), day
		}
		d := &out[len(out)-1]
		d.Events = append(d.Events, t.event(c, e))
	}
	return out
}

func (t teller) event(c *casework.View, e casework.EventView) Event {
	out := Event{ID: "e" + itoa(e.Seq), Who: t.actor(e), What: t.what(e), At: timeOf(e.At), Body: e.Note, Internal: e.NoteFor == "staff"}
	out.Apart = apart(e)
	out.Icon, out.Tone = eventMark(e)
	out.Notes = append(t.eventNotes(e), t.eventMore(c, e)...)
	if e.Letter != nil {
		out.Code, out.Link = e.Letter.Number, &Link{Label: t.T("desk.letter.open", "title", e.Letter.Title.In(t.l)), Href: "/letters/" + e.Letter.Token}
	}
	if e.Scan != nil {
		out.Code, out.Link = e.Scan.Number, &Link{Label: t.T("scan.of." + e.Scan.Of), Href: "/letters/" + e.Scan.Token + "#scans"}
	}
	for _, f := range e.Files {
		out.Files = append(out.Files, File{Name: f.Name, Href: "/cases/" + c.ID + "/files/" + f.Hash, Kind: mediaKind(f.Media), Size: f.Size, Hash: shortHash(f.Hash)})
	}
	return out
}

// apart says whether an event's words tell what came about, not what somebody did: a deadline that passed, an act of the
// system, a session's decision.
func apart(e casework.EventView) bool {
	timed := e.Kind == casework.KindClock || e.Kind == casework.KindMoved
	return timed || e.Kind == casework.KindActed && slices.Contains([]string{"", "system", procedure.RoundRole}, e.Role)
}

// said tells who did what in one line.
func (t teller) said(x Event) string {
	if x.Apart && x.Who != "" {
		return x.Who + t.T("desk.colon") + x.What
	}
	return strings.TrimSpace(x.Who + " " + x.What)
}

// actor names who acted: the person, else the role, else the system.
func (t teller) actor(e casework.EventView) string {
	if name := t.name(e.By); name != "" {
		return name
	}
	if e.Round != nil && e.Role == procedure.RoundRole {
		return t.session(e.Round)
	}
	if e.Role == "" || e.Role == "system" {
		return t.T("web.name")
	}
	return e.RoleText.In(t.l)
}

func (t teller) what(e casework.EventView) string {
	switch {
	case e.Kind == casework.KindClock && e.Silent > 0:
		return e.Text.In(t.l)
	case e.Kind == casework.KindClock:
		return t.T("desk.event.clock."+clockWord(e.What), "clock", e.Clock.In(t.l))
	case e.Kind == casework.KindMoved:
		return t.T("desk.event.moved", "clock", e.Clock.In(t.l), "old", shortDate(t.l, e.Old), "due", shortDate(t.l, e.Due))
	case e.Kind == casework.KindNoted && e.NoteFor == "staff":
		return t.T("desk.event.internal")
	}
	return e.Text.In(t.l)
}

func clockWord(what string) string {
	if what == "breached" || what == "warned" || what == "done" {
		return what
	}
	return "other"
}

// eventMark is the icon and colour of an event.
func eventMark(e casework.EventView) (icon, tone string) {
	switch e.Kind {
	case casework.KindOpened:
		return "file-plus", ""
	case casework.KindNoted:
		if e.NoteFor == "staff" {
			return "lock", ""
		}
		return "message-square", "brand-pill"
	case casework.KindClock, casework.KindMoved:
		return "bell", "warn"
	case casework.KindRefused:
		return "circle-x", "warn"
	case casework.KindCorrect:
		return "pencil", "warn"
	case casework.KindImported, casework.KindScanned:
		return "file-up", ""
	}
	switch {
	case e.Letter != nil:
		return "stamp", "good"
	case e.To != nil:
		return "arrow-left-right", "brand-pill"
	}
	return "file-check", ""
}

// eventNotes are the small print of an event: as what, for whom, from where to where, which answers.
func (t teller) eventNotes(e casework.EventView) []string {
	var out []string
	if e.Round != nil && e.Role != procedure.RoundRole {
		out = append(out, t.session(e.Round))
	}
	if t.name(e.By) != "" && !e.RoleText.IsZero() {
		out = append(out, e.RoleText.In(t.l))
	}
	if b := e.OnBehalf; b != nil {
		out = append(out, t.T("desk.event.behalf", "who", wordOf(t.l, "desk.role.", b.Role), "source", wordOf(t.l, "desk.behalf.", b.Source)))
	}
	if e.From != nil && e.To != nil {
		out = append(out, t.T("desk.event.to", "stage", e.To.Title.In(t.l)))
	}
	for _, clock := range e.Late {
		out = append(out, t.T("desk.event.late", "clock", clock.In(t.l)))
	}
	if !e.Lapsed.IsZero() {
		out = append(out, t.T("desk.event.lapsed", "action", e.Lapsed.In(t.l)))
	}
	if n := len(e.Facts); n > 0 && e.Kind == casework.KindActed {
		out = append(out, t.T("desk.event.facts", "n", n))
	}
	if e.Index >= 0 {
		out = append(out, t.T("desk.event.index", "n", e.Index))
	}
	return out
}

// eventMore says which obligation an event was about, and who was told what: what the case's own page shows besides.
func (t teller) eventMore(c *casework.View, e casework.EventView) []string {
	var out []string
	for _, o := range c.Obligations {
		if o.Key == e.Obligation {
			line := t.obligation(c.ID, o)
			out = append(out, line.Number, line.Title)
		}
	}
	for _, x := range e.Told {
		out = append(out, t.T("desk.event.told."+x.How, "who", x.RoleText.In(t.l), "text", x.Text.In(t.l)))
	}
	return out
}

func shortHash(h string) string {
	if len(h) < 12 {
		return h
	}
	return h[:4] + "\u2026" + h[len(h)-4:]
}

// mediaKind is the short name of a file's type.
func mediaKind(media string) string {
	switch media {
	case "application/pdf":
		return "PDF"
	case "image/jpeg":
		return "JPEG"
	case "image/png":
		return "PNG"
	}
	return ""
}
