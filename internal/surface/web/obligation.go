package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// obligationLine is one obligation: what, whose, until when, by which measure, and what the visitor may do about it.
type obligationLine struct {
	Title, Number, Kind, Owner, Measure, Said string
	Text                                      string // what a body answered
	State, Left                               Pill
	From, Due                                 time.Time
	Papers                                    []File
	Actions                                   []Action
	Case                                      *Link
}

// obligations lists what is owed in a case, each with the acts open on it.
func (v *visit) obligations(c *casework.View, t teller) []obligationLine {
	var out []obligationLine
	for _, o := range c.Obligations {
		line := t.obligation(c.ID, o)
		for _, a := range c.Actions {
			if a.Kind == casework.KindObligation && strings.HasSuffix(a.ID, ":"+o.Key) {
				label := v.T("desk.obligation.act." + strings.TrimSuffix(a.ID, ":"+o.Key))
				line.Actions = append(line.Actions, Action{Label: v.forWhom(a, label), Href: "/cases/" + c.ID + "/act/" + a.ID})
			}
		}
		out = append(out, line)
	}
	return out
}

// forWhom says for whom the visitor would enter an act.
func (v *visit) forWhom(a casework.ActionView, label string) string {
	if !a.Behalf {
		return label
	}
	return v.T("desk.behalf.act", "act", label, "who", v.word("desk.role.", a.For))
}

// entered says who entered another's word, when, and how it came.
func (t teller) entered(by, source string, at int64) string {
	return t.T("desk.obligation.entered", "who", t.name(by), "date", shortDate(t.l, at), "source", wordOf(t.l, "desk.behalf.", source))
}

func (t teller) obligation(caseID string, o casework.ObligationView) obligationLine {
	out := obligationLine{Title: o.What, Number: o.Number, Owner: o.OwnerText.In(t.l), Measure: o.Measure.In(t.l), State: t.obligationState(o)}
	if out.Title == "" {
		out.Title = o.Title.In(t.l)
	} else {
		out.Kind = o.Title.In(t.l)
	}
	if name := t.name(o.Subject); name != "" {
		out.Owner += t.T("web.comma") + name
	}
	if o.State == casework.ObligationOpen || o.State == casework.ObligationClaimed || o.State == casework.OpinionAsked {
		out.From, out.Due, out.Left = timeOf(o.Laid), timeOf(o.Due-1), *leftPill(t.l, o.Left, o.Late)
	}
	switch {
	case t.name(o.Seen) != "":
		out.Said = t.T("desk.obligation.seen", "who", t.name(o.Seen), "date", shortDate(t.l, o.At))
	case t.name(o.By) != "" && o.Entered != "":
		out.Said = t.entered(o.By, o.Entered, o.At)
	case t.name(o.By) != "":
		out.Said = t.T("desk.obligation.said", "who", t.name(o.By), "date", shortDate(t.l, o.At))
	}
	for _, f := range o.Papers {
		if hash, ok := f.Value.(string); ok {
			out.Papers = append(out.Papers, File{Name: f.Title.In(t.l), Href: "/cases/" + caseID + "/files/" + hash, Hash: shortHash(hash)})
		}
	}
	return out
}

func (t teller) obligationState(o casework.ObligationView) Pill {
	if o.State == casework.OpinionAsked {
		return Pill{Text: t.T("desk.opinion.asked")}
	}
	p := Pill{Text: t.T("desk.obligation." + o.State)}
	switch {
	case o.State == casework.ObligationOpen && o.Late:
		return Pill{Text: t.T("desk.obligation.late"), Tone: "bad"}
	case o.State == casework.ObligationClaimed:
		p.Tone = "warn"
	case o.State == casework.ObligationDone:
		p.Tone = "good"
	}
	return p
}

// opinions lists who was asked and what they said.
func (v *visit) opinions(c *casework.View, t teller) []obligationLine {
	var out []obligationLine
	for _, o := range c.Opinions {
		line := obligationLine{Title: o.RoleText.In(t.l), Kind: o.Title.In(t.l), State: opinionState(t, o), Text: o.Text}
		if name := t.name(o.Subject); name != "" {
			line.Title = name
		}
		if o.State == casework.OpinionAsked {
			line.Due, line.Left = timeOf(o.Due-1), *leftPill(t.l, o.Left, false)
		}
		if name := t.name(o.By); name != "" && o.Entered != "" {
			line.Said = t.entered(o.By, o.Entered, o.At)
		} else if name != "" {
			line.Said = t.T("desk.opinion.by", "who", name, "date", shortDate(t.l, o.At))
		}
		for _, a := range c.Actions {
			if a.Kind == casework.KindOpinion && strings.HasSuffix(a.ID, ":"+o.Key) {
				line.Actions = append(line.Actions, Action{Label: v.forWhom(a, a.Title.In(v.l)), Href: "/cases/" + c.ID + "/act/" + a.ID})
			}
		}
		out = append(out, line)
	}
	return out
}

func opinionState(t teller, o casework.OpinionView) Pill {
	switch {
	case o.Late:
		return Pill{Text: t.T("desk.opinion.late"), Tone: "warn"}
	case o.State == casework.OpinionAnswered:
		return Pill{Text: t.T("desk.opinion.answered"), Tone: "good"}
	}
	return Pill{Text: t.T("desk.opinion." + o.State)}
}

// about says which obligation an act is about.
func (t teller) about(c *casework.View, action string) string {
	for _, o := range c.Obligations {
		if strings.HasSuffix(action, ":"+o.Key) {
			line := t.obligation(c.ID, o)
			return t.T("desk.obligation.about", "title", line.Title, "measure", line.Measure)
		}
	}
	return ""
}

type obligationsView struct {
	*Page
	Lines []obligationLine
	Pager Pager
	News  *newsBox
}

// obligationRows is how many obligations one page shows.
const obligationRows = 25

// owed lists the obligations that wait for the visitor: their own, and those they see to.
func (s *Server) owed(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Obligations == nil {
		return missing("obligations")
	}
	a := askedOf(r.URL.Query())
	page, err := s.cfg.Desk.Obligations.OwedBy(v.ctx, v.who, casework.OwedFilter{}, a.after, obligationRows)
	if fault.Is(err, fault.Invalid) {
		http.Redirect(w, r, "/obligations", http.StatusSeeOther) // a page that is not there any more
		return nil
	}
	if err != nil {
		return err
	}
	view := obligationsView{Page: s.Page(r, "desk.obligations.title")}
	ids, shown := []string{}, versions{}
	for _, x := range page.Rows {
		shown[x.Case.ID] = x.Case.Version
		ids = append(ids, x.View.Subject, x.View.By, x.View.Seen)
	}
	t := teller{l: v.l}
	if t.names, err = v.names(present(ids)); err != nil {
		return err
	}
	for _, x := range page.Rows {
		line := t.obligation(x.Case.ID, x.View)
		line.Case = &Link{Label: x.Case.Number, Href: "/cases/" + x.Case.ID}
		line.Papers = nil // they stand in the case
		view.Lines = append(view.Lines, line)
	}
	view.Pager = Pager{From: min(1, len(page.Rows)), To: len(page.Rows), Total: int(page.Total)}
	if page.Next != "" {
		view.Pager.Next = "/obligations?after=" + page.Next
	}
	question := ""
	if a.after != "" {
		question = "after=" + url.QueryEscape(a.after)
	}
	if view.News, err = v.listNews("/obligations", question, shown, v.laterOwed); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "queue/obligations", view)
}

// present leaves out what is empty.
func present(ids []string) (out []string) {
	for _, id := range ids {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}
