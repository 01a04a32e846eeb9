package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/surface/httpkit"
)

// Personal is the law of personal data: who is erased by whose word, and what is kept how long. Each act is journalled.
type Personal interface {
	Coming(ctx context.Context, by access.Principal, before time.Time) ([]privacy.Due, error)
	Hold(ctx context.Context, by access.Principal, caseID, reason string) (privacy.Hold, error)
	Lift(ctx context.Context, by access.Principal, caseID string) error
	List(ctx context.Context, by access.Principal, state string) ([]privacy.Erasure, error)
	Preview(ctx context.Context, by access.Principal, person string) (privacy.Preview, error)
	Ask(ctx context.Context, by access.Principal, person, basis, reason string) (privacy.Erasure, error)
	Decide(ctx context.Context, by access.Principal, id string, approve bool) (privacy.Erasure, error)
	Wish(ctx context.Context, by access.Principal) (privacy.Erasure, error)
	Wished(ctx context.Context, by access.Principal) (*privacy.ErasurePart, error)
}

// FindPerson gives the id of a person by it, or by their national code; not_found party.no_person.
type FindPerson func(ctx context.Context, typed string) (string, error)

// dueDays is how far ahead the list of what is erased soon reaches.
const dueDays = 90

var personalRoles = []string{"dir.dg", "admin", "auditor"}

func (s *Server) personalRoutes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/admin/personal", Policy: May("personal", "read"), Handler: s.personal},
		{Method: http.MethodPost, Pattern: "/admin/personal/erasures", Policy: May("personal", "erase"), Handler: s.erasure, MaxBody: formBody, Fresh: true},
		{Method: http.MethodPost, Pattern: "/admin/personal/holds", Policy: May("personal", "hold"), Handler: s.holds, MaxBody: formBody, Fresh: true},
		{Method: http.MethodPost, Pattern: "/account/erasure", Policy: SignedIn, Handler: s.wish, MaxBody: formBody, Fresh: true},
	}
}

type personalView struct {
	*Page
	Erase, Hold bool
	Waiting     []erasureLine
	Past        []erasureLine
	Due         []dueLine
	Find        Form
	Preview     *previewPart
	Errors      []FieldError
}

type erasureLine struct {
	ID, Person, Name, Ground, Reason, By string
	State                                Pill
	At                                   time.Time
	Wished, Decide, Ask                  bool
}

type dueLine struct {
	Number, Case string
	Until        time.Time
	Holds        []string
}

type previewPart struct {
	Name               string
	Goes, Stays, Stops []string
	Form               Form
}

func (s *Server) personal(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showPersonal(w, http.StatusOK, r.URL.Query().Get("person"), nil)
}

// showPersonal shows what waits, what is due, and of one person what an erasure would take.
func (v *visit) showPersonal(w http.ResponseWriter, status int, person string, wrong map[string]string) error {
	if v.s.cfg.Desk.Personal == nil {
		return missing("personal")
	}
	may := func(verb string) bool { return access.Authorize(v.p, "personal", verb) == nil }
	p := v.s.Page(v.r, "personal.title")
	p.flash(v.r)
	view := personalView{Page: p, Erase: may("erase"), Hold: may("hold")}
	if err := v.erasures(&view); err != nil {
		return err
	}
	due, err := v.s.cfg.Desk.Personal.Coming(v.ctx, v.p, p.Now.AddDate(0, 0, dueDays))
	if err != nil {
		return err
	}
	for _, d := range due {
		line := dueLine{Number: orElse(d.Number, d.ID), Case: d.ID, Until: d.Until}
		for _, h := range d.Holds {
			line.Holds = append(line.Holds, h.Reason)
		}
		view.Due = append(view.Due, line)
	}
	if view.Erase {
		typed := Field{ID: "who", Name: "who", Kind: "text", Label: v.T("personal.f.who"), Required: true, Error: wrong["who"]}
		view.Find = Form{Action: "/admin/personal/erasures", Fields: []Field{typed}, Submit: v.T("personal.find"), Carry: []Param{{"do", "find"}}}
		if view.Preview, err = v.previewPart(person, view.Waiting, wrong); err != nil {
			return err
		}
	}
	if wrong[""] != "" {
		view.Errors = []FieldError{{ID: "main", Text: wrong[""]}}
	}
	w.Header().Set("Cache-Control", "no-store")
	return v.s.Render(w, v.r, status, "admin/personal", view)
}

// erasures lists what waits for an officer, and what was decided, the latest first.
func (v *visit) erasures(view *personalView) error {
	all, err := v.s.cfg.Desk.Personal.List(v.ctx, v.p, "")
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range all {
		ids = append(ids, e.Subject, e.AskedBy)
	}
	slices.Sort(ids)
	named, err := v.names(slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(all) {
		line := erasureLine{ID: e.ID, Person: e.Subject, Name: orElse(named[e.Subject], e.Subject), Ground: v.word("privacy.ground.", e.Basis), Reason: e.Reason,
			State: Pill{Text: v.word("privacy.state.", e.State)}, At: timeOf(e.AskedAt), Wished: e.State == privacy.Wished}
		if e.AskedBy != e.Subject {
			line.By = orElse(named[e.AskedBy], e.AskedBy)
		}
		switch own := e.Subject == v.p.Person; e.State {
		case privacy.Asked:
			line.Decide = view.Erase && !own && e.AskedBy != v.p.Person
			view.Waiting = append(view.Waiting, line)
		case privacy.Wished:
			line.Decide, line.Ask = view.Erase && !own, view.Erase && !own
			view.Waiting = append(view.Waiting, line)
		default:
			line.At = timeOf(e.DecidedAt)
			view.Past = append(view.Past, line)
		}
	}
	return nil
}

// previewPart is what an erasure would take; there is a form to ask for it where nothing stops it and nobody has asked yet.
func (v *visit) previewPart(person string, waiting []erasureLine, wrong map[string]string) (*previewPart, error) {
	if person == "" {
		return nil, nil
	}
	p, err := v.s.cfg.Desk.Personal.Preview(v.ctx, v.p, person)
	if err != nil {
		return nil, err
	}
	out := &previewPart{Name: orElse(p.Name, person), Goes: []string{v.T("personal.goes.person")}}
	for _, c := range p.Cases {
		out.Goes = append(out.Goes, v.T("personal.goes.case", "name", v.called(c).Name))
	}
	for _, u := range p.Units {
		out.Goes = append(out.Goes, v.T("personal.goes.unit", "name", u))
	}
	out.Goes = append(out.Goes, v.T("personal.goes.rest", "documents", len(p.What.Documents), "questions", len(p.What.Questions), "views", len(p.What.Views)))
	for _, l := range p.Kept {
		out.Stays = append(out.Stays, v.called(l).Text().In(v.l))
	}
	for _, l := range p.Stops {
		out.Stops = append(out.Stops, v.called(l).Text().In(v.l))
	}
	asked := slices.ContainsFunc(waiting, func(l erasureLine) bool { return l.Person == person && !l.Wished })
	if len(p.Stops) > 0 || asked || person == v.p.Person {
		return out, nil
	}
	basis := Field{ID: "basis", Name: "basis", Kind: "select", Label: v.T("personal.f.basis"), Required: true, Error: wrong["basis"]}
	for _, b := range privacy.Bases() {
		basis.Options = append(basis.Options, Option{Value: b, Label: v.word("privacy.ground.", b), Chosen: b == v.r.PostFormValue("basis")})
	}
	reason := Field{ID: "reason", Name: "reason", Kind: "area", Label: v.T("personal.f.reason"), Hint: v.T("personal.f.reason.hint"), Required: true, Value: v.r.PostFormValue("reason"), Error: wrong["reason"]}
	fields := []Field{basis, reason}
	out.Form = Form{Action: "/admin/personal/erasures", Fields: fields, Errors: Wrong(fields), Submit: v.T("personal.ask"), Carry: []Param{{"do", "ask"}, {"person", person}}}
	return out, nil
}

// called is a line whose case has a name that people know: a draft has no number, and its id says nothing to them.
func (v *visit) called(l privacy.Line) privacy.Line {
	if l.Case != "" && l.Name == l.Case {
		l.Name = v.T("desk.no_number")
	}
	return l
}

// erasure finds a person, asks for their erasure, or decides what another officer asked for.
func (s *Server) erasure(w http.ResponseWriter, r *http.Request) (err error) {
	v := s.visit(r)
	if s.cfg.Desk.Personal == nil || s.cfg.Desk.FindPerson == nil {
		return missing("personal")
	}
	person, said := r.PostFormValue("person"), ""
	switch do := r.PostFormValue("do"); do {
	case "find":
		person, err = s.cfg.Desk.FindPerson(v.ctx, text.Digits(text.Display(r.PostFormValue("who"))))
		if fault.Is(err, fault.NotFound) {
			return v.showPersonal(w, http.StatusUnprocessableEntity, "", map[string]string{"who": v.T("personal.nobody")})
		}
		if err == nil {
			http.Redirect(w, r, "/admin/personal?person="+queryEscape(person), http.StatusSeeOther)
		}
		return err
	case "ask":
		said = "erasure_asked"
		_, err = s.cfg.Desk.Personal.Ask(v.ctx, v.p, person, r.PostFormValue("basis"), r.PostFormValue("reason"))
	case "approve", "decline":
		said = "erasure_" + do
		_, err = s.cfg.Desk.Personal.Decide(v.ctx, v.p, r.PostFormValue("erasure"), do == "approve")
	default:
		return fault.New(fault.Invalid, "personal.choose")
	}
	return v.afterPersonal(w, person, said, err)
}

// afterPersonal shows the page again with what can be mended, or goes on.
func (v *visit) afterPersonal(w http.ResponseWriter, person, said string, err error) error {
	if why, ok := v.mendable(err); ok {
		f, _ := fault.As(err)
		return v.showPersonal(w, http.StatusUnprocessableEntity, person, map[string]string{f.Field: why})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/admin/personal?said="+said, http.StatusSeeOther)
	return nil
}

// holds keeps a closed case past its time, or ends that.
func (s *Server) holds(w http.ResponseWriter, r *http.Request) (err error) {
	v := s.visit(r)
	if s.cfg.Desk.Personal == nil {
		return missing("personal")
	}
	id, said := r.PostFormValue("case"), ""
	switch r.PostFormValue("do") {
	case "hold":
		said = "held"
		_, err = s.cfg.Desk.Personal.Hold(v.ctx, v.p, id, r.PostFormValue("reason"))
	case "lift":
		said, err = "lifted", s.cfg.Desk.Personal.Lift(v.ctx, v.p, id)
	default:
		return fault.New(fault.Invalid, "personal.choose")
	}
	if f, ok := fault.As(err); ok && f.Field == "reason" {
		err = f.At("")
	}
	if access.Authorize(v.p, "personal", "read") != nil && err == nil { // holds, but does not read the list
		http.Redirect(w, r, "/desk", http.StatusSeeOther)
		return nil
	}
	return v.afterPersonal(w, "", said, err)
}

// wish keeps that the person wants to be erased.
func (s *Server) wish(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Personal == nil {
		return missing("personal")
	}
	if _, err := s.cfg.Desk.Personal.Wish(v.ctx, v.p); err != nil {
		return err
	}
	http.Redirect(w, r, "/account?said=erasure_wished", http.StatusSeeOther)
	return nil
}
