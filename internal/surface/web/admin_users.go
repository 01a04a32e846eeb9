package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Staff is the register of the people of the province's bodies; it asks itself who may read it.
type Staff interface {
	// Staff lists persons whose name, body or role holds the words of query.
	Staff(ctx context.Context, by access.Principal, query string) ([]party.Staffer, error)
	Staffer(ctx context.Context, by access.Principal, person string) (party.Staffer, error)
	BodiesIn(ctx context.Context, by access.Principal) ([]party.Body, error)
}

// StaffActs changes it; each act is journalled.
type StaffActs interface {
	// Appoint gives the person and what to print: no password for who keeps an account.
	Appoint(ctx context.Context, by access.Principal, a party.Appointment) (party.Printed, error)
	EndTerm(ctx context.Context, by access.Principal, membership string) error
	// Reissue prints a new password; lost says that the second factor is gone too, and prints codes in its place.
	Reissue(ctx context.Context, by access.Principal, person string, lost bool) (party.Printed, error)
}

// May names the policy of a line of the access table.
func May(resource, verb string) string { return "may:" + resource + "/" + verb }

var usersRoles = []string{"admin", "dir.dg", "dir.head", "auditor"}

type usersView struct {
	*Page
	Field Field
	Rows  []userLine
	Pager Pager
	New   bool
}

type userLine struct {
	Name, Href, Roles, Bodies string
	State                     Pill
}

func (s *Server) usersRoutes() []httpkit.Route {
	read, manage := May("users", "read"), May("users", "manage")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/admin/users", Policy: read, Handler: s.users},
		{Method: http.MethodGet, Pattern: "/admin/users/new", Policy: manage, Handler: s.newUser},
		{Method: http.MethodPost, Pattern: "/admin/users", Policy: manage, Handler: s.addUser, MaxBody: formBody, Fresh: true},
		{Method: http.MethodGet, Pattern: "/admin/users/{person}", Policy: read, Handler: s.user},
		{Method: http.MethodPost, Pattern: "/admin/users/{person}/terms", Policy: manage, Handler: s.addTerm, MaxBody: formBody, Fresh: true},
		{Method: http.MethodPost, Pattern: "/admin/users/{person}/end", Policy: manage, Handler: s.endTerm, MaxBody: formBody, Fresh: true},
		{Method: http.MethodPost, Pattern: "/admin/users/{person}/reissue", Policy: manage, Handler: s.reissue, MaxBody: formBody, Fresh: true},
	}
}

// users lists the people of the province's bodies.
func (s *Server) users(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Staff == nil {
		return missing("users")
	}
	q, err := v.wordsIn(r.URL.Query())
	if err != nil {
		return err
	}
	all, err := s.cfg.Desk.Staff.Staff(v.ctx, v.p, q)
	if err != nil {
		return err
	}
	p := s.Page(r, "admin.users.title")
	shown, along := pageOf(r, all, v.withWords("/admin/users", q))
	view := usersView{Page: p, New: access.Authorize(v.p, "users", "manage") == nil, Pager: along,
		Field: Field{ID: "f-q", Name: "q", Kind: "search", Label: p.T("admin.users.search"), Value: q}}
	for _, u := range shown {
		view.Rows = append(view.Rows, v.userLine(u, p.Now))
	}
	return s.Render(w, r, http.StatusOK, "admin/users", view)
}

func (v *visit) userLine(u party.Staffer, now time.Time) userLine {
	out := userLine{Name: u.Name, Href: "/admin/users/" + u.Person, State: Pill{Text: v.T("admin.users.ended")}}
	var roles, bodies []string
	for _, m := range u.Terms {
		if !m.Current(now) {
			continue
		}
		out.State = Pill{Text: v.T("admin.users.serving"), Tone: "good"}
		roles, bodies = append(roles, access.RoleTitle(m.Role).In(v.l)), append(bodies, m.BodyName.In(v.l))
	}
	comma := v.T("web.comma")
	out.Roles, out.Bodies = strings.Join(slices.Compact(roles), comma), strings.Join(slices.Compact(bodies), comma)
	return out
}

type userView struct {
	*Page
	Name    string
	Terms   []termLine
	May     []string // what the present roles allow, in words
	Manage  bool
	Account bool
	Base    string // address of the person
	Form    Form
}

type termLine struct {
	ID, Role, Body, Document string
	From, To                 time.Time
	Note                     string
	Current                  bool
}

func (s *Server) user(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showUser(w, http.StatusOK, r.PathValue("person"), nil)
}

// showUser shows a person's terms and rights; wrong is what the form got wrong.
func (v *visit) showUser(w http.ResponseWriter, status int, person string, wrong map[string]string) error {
	if v.s.cfg.Desk.Staff == nil {
		return missing("users")
	}
	u, err := v.s.cfg.Desk.Staff.Staffer(v.ctx, v.p, person)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, u.Name)
	p.Crumbs = []Crumb{{Label: v.T("admin.users.title"), Href: "/admin/users"}, {Label: u.Name}}
	p.flash(v.r)
	view := userView{Page: p, Name: u.Name, Account: u.Account, Base: "/admin/users/" + person,
		Manage: access.Authorize(v.p, "users", "manage") == nil && person != v.p.Person}
	var roles []string
	for _, m := range u.Terms {
		view.Terms = append(view.Terms, v.termLine(m, p.Now))
		if m.Current(p.Now) {
			roles = append(roles, m.Role)
		}
	}
	view.May = v.rights(roles)
	if view.Manage {
		fields, err := v.termFields(wrong)
		if err != nil {
			return err
		}
		view.Form = Form{Action: view.Base + "/terms", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("admin.users.term.add")}
	}
	w.Header().Set("Cache-Control", "no-store")
	return v.s.Render(w, v.r, status, "admin/user", view)
}

func (v *visit) termLine(m party.HeldMembership, now time.Time) termLine {
	out := termLine{ID: m.ID, Role: access.RoleTitle(m.Role).In(v.l), Body: m.BodyName.In(v.l), Document: m.Document, Current: m.Current(now),
		From: civilStart(m.From), To: civilStart(m.To)}
	if m.Ended != 0 {
		out.To = time.UnixMicro(m.Ended)
	}
	return out
}

// civilStart is the first instant of a stored civil date, zero of none.
func civilStart(civil string) time.Time {
	if d, err := jalali.FromCivil(civil); err == nil {
		return d.Start()
	}
	return time.Time{}
}

// rights says in words what roles may do by the access table; what a case's procedure gives them stands in its manual.
func (v *visit) rights(roles []string) (out []string) {
	verbs, order := map[string][]string{}, []string{}
	for _, p := range access.Policies() {
		if !slices.ContainsFunc(roles, func(r string) bool { return access.Allows(r, p.Resource, p.Verb) }) {
			continue
		}
		if _, ok := verbs[p.Resource]; !ok {
			order = append(order, p.Resource)
		}
		verbs[p.Resource] = append(verbs[p.Resource], v.word("admin.verb.", p.Verb))
	}
	for _, r := range order {
		out = append(out, v.word("admin.resource.", r)+v.T("admin.rights.colon")+strings.Join(verbs[r], v.T("web.comma")))
	}
	return out
}

// termFields asks for a role in a body for a term.
func (v *visit) termFields(wrong map[string]string) ([]Field, error) {
	bodies, err := v.s.cfg.Desk.Staff.BodiesIn(v.ctx, v.p)
	if err != nil {
		return nil, err
	}
	ask := func(name, kind string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("admin.users.f." + name), Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
	}
	role, body := ask("role", "select"), ask("body", "select")
	for _, c := range access.Roles() {
		if !access.UnitRole(c.Code) && c.Code != access.Public {
			role.Options = append(role.Options, Option{Value: c.Code, Label: c.Title.In(v.l), Chosen: c.Code == role.Value})
		}
	}
	for _, b := range bodies {
		body.Options = append(body.Options, Option{Value: b.ID, Label: b.Name.In(v.l), Chosen: b.ID == body.Value})
	}
	county, document, from, to := ask("county", "text"), ask("document", "text"), ask("from", "date"), ask("to", "date")
	county.Required, to.Required = false, false
	county.Optional, to.Optional = v.T("web.sign_in.optional"), v.T("web.sign_in.optional")
	county.Hint = v.T("admin.users.f.county.hint")
	if from.Value == "" {
		from.Value = jalali.FromTime(v.s.cfg.Clock.Now()).Slash(v.l)
	}
	return []Field{role, body, county, document, from, to}, nil
}

// topped collects errors for the summary: those of fields, and one that belongs to no field of the form.
func topped(wrong map[string]string, fields []Field) []FieldError {
	out := Wrong(fields)
	if wrong[""] != "" {
		out = append(out, FieldError{ID: "main", Text: wrong[""]})
	}
	return out
}

func (s *Server) newUser(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).askUser(w, http.StatusOK, nil)
}

type newUserView struct {
	*Page
	Form Form
}

func (v *visit) askUser(w http.ResponseWriter, status int, wrong map[string]string) error {
	if v.s.cfg.Desk.Staff == nil {
		return missing("users")
	}
	term, err := v.termFields(wrong)
	if err != nil {
		return err
	}
	ask := func(name, kind, hint string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("admin.users.f." + name), Hint: hint, Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
	}
	fields := append([]Field{ask("name", "text", ""), ask("national_code", "code", v.T("admin.users.f.national_code.hint")), ask("login", "code", v.T("admin.users.f.login.hint"))}, term...)
	p := v.s.Page(v.r, "admin.users.new")
	p.Crumbs = []Crumb{{Label: v.T("admin.users.title"), Href: "/admin/users"}, {Label: p.Title}}
	return v.s.Render(w, v.r, status, "admin/user-new", newUserView{Page: p, Form: Form{Action: "/admin/users", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("admin.users.add")}})
}

// addUser creates a person with a role, and shows the one-time password on this one page.
func (s *Server) addUser(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.StaffActs == nil {
		return missing("users")
	}
	m, err := v.termTyped()
	var out party.Printed
	if err == nil {
		out, err = s.cfg.Desk.StaffActs.Appoint(v.ctx, v.p, party.Appointment{Membership: m, Login: r.PostFormValue("login"),
			Person: party.Person{Name: r.PostFormValue("name"), NationalCode: r.PostFormValue("national_code")}})
	}
	if wrong, ok := v.wrongOf(err); ok {
		return v.askUser(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	if out.Password == "" {
		http.Redirect(w, r, "/admin/users/"+out.Person+"?said=known_person", http.StatusSeeOther)
		return nil
	}
	return v.printed(w, out.Person, out)
}

type printedView struct {
	*Page
	Name, Href, Password string
	Codes                []string
	Known                bool // an account was there before, which is void
	Unlinked             bool // what a provider says opens it no more
}

// printed shows a one-time password, on this one page and nowhere else.
func (v *visit) printed(w http.ResponseWriter, person string, out party.Printed) error {
	names, err := v.names([]string{person})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return v.s.Render(w, v.r, http.StatusOK, "admin/printed", printedView{Page: v.s.Page(v.r, "admin.printed.title"), Name: names[person], Href: "/admin/users/" + person, Password: out.Password, Codes: out.Codes, Known: out.Known, Unlinked: out.Unlinked})
}

// termTyped reads a term as typed; dates are solar.
func (v *visit) termTyped() (m party.Membership, err error) {
	f := func(name string) string { return text.Display(v.r.PostFormValue(name)) }
	m = party.Membership{Role: f("role"), Body: f("body"), County: f("county"), Document: f("document")}
	if m.From, err = civilTyped("from", f("from")); err != nil {
		return m, err
	}
	if f("to") != "" {
		m.To, err = civilTyped("to", f("to"))
	}
	return m, err
}

func civilTyped(field, typed string) (string, error) {
	d, err := jalali.Parse(typed)
	if f, ok := fault.As(err); ok {
		return "", f.At(field)
	}
	return d.Civil(), err
}

// wrongOf turns what the person can mend into the errors of a form, by field.
func (v *visit) wrongOf(err error) (map[string]string, bool) {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Refused && f.Kind != fault.Conflict {
		return nil, false
	}
	return map[string]string{f.Field: locale.T(v.l, f.Key, f.Args)}, true
}

func (s *Server) addTerm(w http.ResponseWriter, r *http.Request) error {
	v, person := s.visit(r), r.PathValue("person")
	if s.cfg.Desk.Staff == nil || s.cfg.Desk.StaffActs == nil {
		return missing("users")
	}
	if _, err := s.cfg.Desk.Staff.Staffer(v.ctx, v.p, person); err != nil {
		return err
	}
	m, err := v.termTyped()
	if err == nil {
		_, err = s.cfg.Desk.StaffActs.Appoint(v.ctx, v.p, party.Appointment{Membership: m, Person: party.Person{ID: person}})
	}
	return v.afterActOn(w, person, "term_added", err)
}

func (s *Server) endTerm(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.StaffActs == nil {
		return missing("users")
	}
	err := s.cfg.Desk.StaffActs.EndTerm(v.ctx, v.p, r.PostFormValue("membership"))
	return v.afterActOn(w, r.PathValue("person"), "term_ended", err)
}

// afterActOn goes back to a person's page, or shows there what to mend.
func (v *visit) afterActOn(w http.ResponseWriter, person, said string, err error) error {
	if wrong, ok := v.wrongOf(err); ok {
		return v.showUser(w, http.StatusUnprocessableEntity, person, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/admin/users/"+person+"?said="+said, http.StatusSeeOther)
	return nil
}

// reissue makes a new one-time password; the old one is dead, and where it is lost, the second factor too.
func (s *Server) reissue(w http.ResponseWriter, r *http.Request) error {
	v, person := s.visit(r), r.PathValue("person")
	if s.cfg.Desk.StaffActs == nil {
		return missing("users")
	}
	out, err := s.cfg.Desk.StaffActs.Reissue(v.ctx, v.p, person, r.PostFormValue("lost") != "")
	if err != nil {
		return err
	}
	return v.printed(w, person, out)
}
