package web

import (
	"net/http"
	"time"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
)

type leaveView struct {
	*Page
	Rows []leaveLine
	Form Form
}

type leaveLine struct {
	ID, Name, Role, Instead, Document string
	From, To                          time.Time
	State                             Pill
	Running                           bool
}

func (s *Server) leavePage(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showLeave(w, http.StatusOK, nil)
}

// showLeave lists who is or was away and who stood in, with the form that enters a leave.
func (v *visit) showLeave(w http.ResponseWriter, status int, wrong map[string]string) error {
	officers, err := v.colleagues()
	if err != nil {
		return err
	}
	all, err := v.s.cfg.Desk.Officers.Away(v.ctx, v.p)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.leave.title")
	p.flash(v.r)
	view := leaveView{Page: p}
	for _, l := range all {
		view.Rows = append(view.Rows, v.leaveLine(l))
	}
	fields := v.leaveFields(officers, wrong)
	view.Form = Form{Action: "/leave", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("desk.leave.enter")}
	return v.s.Render(w, v.r, status, "queue/leave", view)
}

func (v *visit) leaveLine(l party.AwayLine) leaveLine {
	out := leaveLine{ID: l.ID, Name: l.Name, Role: access.RoleTitle(l.Role).In(v.l), Instead: l.Instead, Document: l.Document,
		From: civilStart(l.From), To: civilStart(l.To), Running: l.Running, State: Pill{Text: v.T("desk.leave.over")}}
	if l.Ended != 0 {
		out.To = time.UnixMicro(l.Ended)
	}
	if l.Running {
		out.State = Pill{Text: v.T("desk.leave.running"), Tone: "info"}
	}
	return out
}

func (v *visit) leaveFields(officers []party.Colleague, wrong map[string]string) []Field {
	ask := func(name, kind string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("desk.leave.f." + name), Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
	}
	absent, substitute := ask("absent", "select"), ask("substitute", "select")
	for _, c := range officers {
		label := c.Name + v.T("web.comma") + access.RoleTitle(c.Role).In(v.l)
		absent.Options = append(absent.Options, Option{Value: c.Membership, Label: label, Chosen: c.Membership == absent.Value})
		substitute.Options = append(substitute.Options, Option{Value: c.Membership, Label: label, Chosen: c.Membership == substitute.Value})
	}
	document := ask("document", "text")
	document.Required, document.Optional = false, v.T("web.sign_in.optional")
	return []Field{absent, substitute, ask("from", "date"), ask("to", "date"), document}
}

func (s *Server) addLeave(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Officers == nil {
		return missing("officers")
	}
	f := func(name string) string { return text.Display(r.PostFormValue(name)) }
	l := party.Leave{Absent: f("absent"), Substitute: f("substitute"), Document: f("document")}
	var err error
	if l.From, err = civilTyped("from", f("from")); err == nil {
		l.To, err = civilTyped("to", f("to"))
	}
	if err == nil {
		err = s.cfg.Desk.Officers.AddLeave(v.ctx, v.p, l)
	}
	return v.afterLeave(w, "leave", err)
}

func (s *Server) endLeave(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Officers == nil {
		return missing("officers")
	}
	return v.afterLeave(w, "leave_ended", s.cfg.Desk.Officers.EndLeave(v.ctx, v.p, r.PostFormValue("leave")))
}

func (v *visit) afterLeave(w http.ResponseWriter, said string, err error) error {
	if wrong, ok := v.wrongOf(err); ok {
		return v.showLeave(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/leave?said="+said, http.StatusSeeOther)
	return nil
}
