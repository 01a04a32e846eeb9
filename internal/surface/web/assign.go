package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Officers is a head's office: who works there, who is away, who stands in. It asks itself who may.
type Officers interface {
	Colleagues(ctx context.Context, by access.Principal) ([]party.Colleague, error)
	Away(ctx context.Context, by access.Principal) ([]party.AwayLine, error)
	AddLeave(ctx context.Context, by access.Principal, l party.Leave) error
	EndLeave(ctx context.Context, by access.Principal, id string) error
}

var headRoles = []string{"dir.head", "dir.deputy", "dir.dg"}

// assignable are the roles whose cases a head may give to one officer.
func assignable(role string) bool {
	return !access.UnitRole(role) && !access.Allows(role, "cases", "assign")
}

func (s *Server) officeRoutes() []httpkit.Route {
	assign, leave := May("cases", "assign"), May("leaves", "manage")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/assign", Policy: assign, Handler: s.assignPage},
		{Method: http.MethodPost, Pattern: "/assign", Policy: assign, Handler: s.assign, MaxBody: formBody},
		{Method: http.MethodGet, Pattern: "/leave", Policy: leave, Handler: s.leavePage},
		{Method: http.MethodPost, Pattern: "/leave", Policy: leave, Handler: s.addLeave, MaxBody: formBody},
		{Method: http.MethodPost, Pattern: "/leave/end", Policy: leave, Handler: s.endLeave, MaxBody: formBody},
	}
}

type assignView struct {
	*Page
	Loads []loadLine
	Rows  []assignRow
	Form  assignForm
	Empty bool
	Pager Pager
	Only  Link // the other half: all, or those of nobody yet
}

// assignForm asks to whom; Case is the one case of a case's page, "" where cases are ticked.
type assignForm struct {
	Key, Back, Case string
	Field           Field
}

type assignRow struct {
	QueueRow
	Ticked bool
}

// loadLine is an officer with the open cases given to them.
type loadLine struct {
	Name, Role, Away string
	N                int64
	Href             string
}

func (v *visit) colleagues() ([]party.Colleague, error) {
	if v.s.cfg.Desk.Officers == nil {
		return nil, missing("officers")
	}
	all, err := v.s.cfg.Desk.Officers.Colleagues(v.ctx, v.p)
	return slices.DeleteFunc(all, func(c party.Colleague) bool { return !assignable(c.Role) }), err
}

func (s *Server) assignPage(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showAssign(w, http.StatusOK, "")
}

// showAssign lists the open cases of the officers' roles with a tick each, and the officers with their loads.
func (v *visit) showAssign(w http.ResponseWriter, status int, wrong string) error {
	if v.s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	officers, err := v.colleagues()
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.assign.title")
	v.said(p)
	view := assignView{Page: p, Form: assignForm{Key: p.Key, Field: v.officerField(officers, "", wrong)}}
	if view.Loads, err = v.loads(officers); err != nil {
		return err
	}
	if err := v.unassigned(&view, officers); err != nil {
		return err
	}
	return v.s.Render(w, v.r, status, "queue/assign", view)
}

// unassigned fills the list: cases of nobody yet first asked for, all on request.
func (v *visit) unassigned(view *assignView, officers []party.Colleague) error {
	q := casework.Query{Holders: rolesOf(officers), Open: true, Sort: "due", Limit: pageRows, Total: true, Mine: []string{""}, After: v.r.URL.Query().Get("after")}
	view.Only = Link{Href: "/assign?all=1", Label: v.T("desk.assign.all")}
	if v.r.URL.Query().Get("all") != "" {
		q.Mine, view.Only = nil, Link{Href: "/assign", Label: v.T("desk.assign.free")}
	}
	page, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, q)
	if err != nil {
		return err
	}
	l, err := v.lister(page.Rows)
	if err != nil {
		return err
	}
	ticked := v.r.PostForm["case"]
	for _, row := range l.rows(page.Rows) {
		view.Rows = append(view.Rows, assignRow{QueueRow: row, Ticked: slices.Contains(ticked, row.ID)})
	}
	view.Empty = len(view.Rows) == 0
	view.Pager = first(len(page.Rows), int(page.Total), "")
	if page.Next != "" {
		u := url.Values{"after": {page.Next}}
		if q.Mine == nil {
			u.Set("all", "1")
		}
		view.Pager.Next = "/assign?" + u.Encode()
	}
	return nil
}

func rolesOf(officers []party.Colleague) (out []string) {
	for _, c := range officers {
		if !slices.Contains(out, c.Role) {
			out = append(out, c.Role)
		}
	}
	return out
}

// loads counts each officer's open cases.
func (v *visit) loads(officers []party.Colleague) ([]loadLine, error) {
	out := make([]loadLine, 0, len(officers))
	for _, c := range officers {
		page, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Holder: c.Role, Mine: []string{c.Person}, Open: true, Limit: 1, Total: true})
		if err != nil {
			return nil, err
		}
		line := loadLine{Name: c.Name, Role: access.RoleTitle(c.Role).In(v.l), N: page.Total}
		if c.Away != nil {
			line.Away = v.T("desk.leave.instead", "who", c.Instead)
		}
		out = append(out, line)
	}
	return out, nil
}

// officerField asks for an officer; who is away is said with who stands in.
func (v *visit) officerField(officers []party.Colleague, now, wrong string) Field {
	f := Field{ID: "assignee", Name: "assignee", Kind: "select", Label: v.T("desk.assign.to"), Error: wrong}
	f.Options = []Option{{Label: v.T("desk.assign.nobody"), Chosen: now == ""}}
	for _, c := range officers {
		label := c.Name + v.T("web.comma") + access.RoleTitle(c.Role).In(v.l)
		if c.Away != nil {
			label += v.T("web.comma") + v.T("desk.leave.instead", "who", c.Instead)
		}
		f.Options = append(f.Options, Option{Value: c.Person, Label: label, Chosen: c.Person == now})
	}
	return f
}

// assign gives the ticked cases to an officer, one command each; what could not be given is told by its number.
func (s *Server) assign(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	if err := parse(r); err != nil {
		return err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(r.PostForm["case"])))
	if len(ids) == 0 {
		return v.showAssign(w, http.StatusUnprocessableEntity, v.T("desk.assign.none_ticked"))
	}
	if len(ids) > pageRows {
		return fault.New(fault.Invalid, "desk.assign.too_many", "most", pageRows)
	}
	done := 0
	var last *fault.Fault
	for _, id := range ids {
		_, err := s.cfg.Desk.Cases.Act(v.ctx, v.who, casework.Command{Key: r.PostForm.Get("_key") + ":" + id, Case: id, Action: casework.AssignAction, Assignee: r.PostForm.Get("assignee")})
		f, ok := fault.As(err)
		switch {
		case err == nil:
			done++
		case !ok || f.Kind == fault.Internal || f.Kind == fault.Unavailable:
			return err
		default:
			last = f
		}
	}
	if done == 0 {
		return v.showAssign(w, http.StatusUnprocessableEntity, locale.T(v.l, last.Key, last.Args))
	}
	back := "/assign"
	if r.PostForm.Get("back") == "case" {
		back = "/cases/" + ids[0]
	}
	q := url.Values{"said": {"assigned"}, "n": {strconv.Itoa(done)}, "of": {strconv.Itoa(len(ids))}}
	http.Redirect(w, r, back+"?"+q.Encode(), http.StatusSeeOther) // #nosec G710 -- a path of this host
	return nil
}

// said tells how many of the cases were given.
func (v *visit) said(p *Page) {
	p.flash(v.r)
	n, of := numberOf(v.r.URL.Query().Get("n")), numberOf(v.r.URL.Query().Get("of"))
	if p.Flash != nil && of > 0 && n < of {
		p.Flash = &Flash{Tone: "warn", Text: v.T("desk.assign.some", "n", n, "of", of)}
	}
}

// assignOne is the form on a case's page, nil for who may not assign it now.
func (v *visit) assignOne(c *casework.View, key string) (*assignForm, error) {
	if !c.Assignable || v.s.cfg.Desk.Officers == nil {
		return nil, nil
	}
	officers, err := v.colleagues()
	officers = slices.DeleteFunc(officers, func(o party.Colleague) bool { return o.Role != c.Holder.Role })
	return &assignForm{Key: key, Back: "case", Case: c.ID, Field: v.officerField(officers, c.Holder.Subject, "")}, err
}
