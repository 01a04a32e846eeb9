package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Delegations is the table of who decides and signs for whom; each change is journalled.
type Delegations interface {
	Delegations(ctx context.Context, by access.Principal) ([]party.Empowered, error)
	// Takers lists whom the principal may empower.
	Takers(ctx context.Context, by access.Principal) ([]party.Empowered, error)
	Delegate(ctx context.Context, by access.Principal, d party.Delegation) error
	EndDelegation(ctx context.Context, by access.Principal, id string) error
}

var delegationRoles = []string{"dir.head", "dir.deputy", "dir.dg", "admin", "auditor"}

func (s *Server) delegationRoutes() []httpkit.Route {
	give := May("delegations", "give")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/admin/delegation", Policy: May("delegations", "read"), Handler: s.delegation},
		{Method: http.MethodPost, Pattern: "/admin/delegation", Policy: give, Handler: s.delegate, MaxBody: formBody, Fresh: true},
		{Method: http.MethodPost, Pattern: "/admin/delegation/end", Policy: give, Handler: s.endDelegation, MaxBody: formBody, Fresh: true},
	}
}

type delegationView struct {
	*Page
	Rows []powerLine
	Give bool
	Form Form
}

type powerLine struct {
	ID, Name, Role, Scope, Document, Giver string
	Ceiling                                *int64
	From, To                               time.Time
	State                                  Pill
	Mine                                   bool
}

func (s *Server) delegation(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showDelegation(w, http.StatusOK, nil)
}

func (v *visit) showDelegation(w http.ResponseWriter, status int, wrong map[string]string) error {
	if v.s.cfg.Desk.Delegations == nil {
		return missing("delegations")
	}
	all, err := v.s.cfg.Desk.Delegations.Delegations(v.ctx, v.p)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "admin.delegation.title")
	p.flash(v.r)
	view := delegationView{Page: p, Give: access.Authorize(v.p, "delegations", "give") == nil}
	for _, d := range all {
		view.Rows = append(view.Rows, v.powerLine(d, view.Give))
	}
	if view.Give {
		fields, err := v.powerFields(wrong)
		if err != nil {
			return err
		}
		view.Form = Form{Action: "/admin/delegation", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("admin.delegation.give")}
	}
	return v.s.Render(w, v.r, status, "admin/delegation", view)
}

func (v *visit) powerLine(d party.Empowered, give bool) powerLine {
	out := powerLine{ID: d.ID, Name: d.Name, Role: access.RoleTitle(d.Role).In(v.l), Scope: v.scope(d.Scope), Document: d.Document, Ceiling: d.Ceiling,
		From: civilStart(d.From), To: civilStart(d.To), State: Pill{Text: v.T("admin.delegation.over")}}
	if d.Revoked != 0 {
		out.To = time.UnixMicro(d.Revoked)
	}
	if d.Stands {
		out.State = Pill{Text: v.T("admin.delegation.stands"), Tone: "good"}
		out.Mine = give && (d.Giver == v.p.Membership || v.p.Is("dir.dg"))
	}
	return out
}

// scope names what a delegation empowers to: a role's signature, or a power of a procedure.
func (v *visit) scope(code string) string {
	if access.KnownRole(code) {
		return v.T("admin.delegation.signature", "role", access.RoleTitle(code).In(v.l))
	}
	return v.word("admin.scope.", code)
}

// powerFields asks for a delegation; the powers offered are those that the visitor holds.
func (v *visit) powerFields(wrong map[string]string) ([]Field, error) {
	takers, err := v.s.cfg.Desk.Delegations.Takers(v.ctx, v.p)
	if err != nil {
		return nil, err
	}
	ask := func(name, kind string) Field {
		return Field{ID: name, Name: name, Kind: kind, Label: v.T("admin.delegation.f." + name), Value: v.r.PostFormValue(name), Error: wrong[name], Required: true}
	}
	taker, scope, ceiling := ask("taker", "select"), ask("scope", "select"), ask("ceiling", "money")
	for _, t := range takers {
		taker.Options = append(taker.Options, Option{Value: t.Taker, Label: t.Name + v.T("web.comma") + access.RoleTitle(t.Role).In(v.l), Chosen: t.Taker == taker.Value})
	}
	for _, code := range append(slices.Sorted(maps.Keys(v.p.Ceilings)), v.p.Role) {
		scope.Options = append(scope.Options, Option{Value: code, Label: v.scope(code), Chosen: code == scope.Value})
	}
	document, from, to := ask("document", "text"), ask("from", "date"), ask("to", "date")
	ceiling.Required, to.Required = false, false
	ceiling.Optional, to.Optional = v.T("admin.delegation.no_ceiling"), v.T("web.sign_in.optional")
	return []Field{taker, scope, ceiling, document, from, to}, nil
}

func (s *Server) delegate(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Delegations == nil {
		return missing("delegations")
	}
	d, err := v.powerTyped()
	if err == nil {
		err = s.cfg.Desk.Delegations.Delegate(v.ctx, v.p, d)
	}
	return v.afterPower(w, "delegated", err)
}

// powerTyped reads a delegation as typed; an empty ceiling is none.
func (v *visit) powerTyped() (d party.Delegation, err error) {
	m, err := v.termTyped()
	d = party.Delegation{Taker: v.r.PostFormValue("taker"), Scope: v.r.PostFormValue("scope"), Document: m.Document, From: m.From, To: m.To}
	if err != nil {
		return d, err
	}
	if typed := text.Display(v.r.PostFormValue("ceiling")); typed != "" {
		n, err := money.Parse(typed, money.UnitRial)
		if err != nil {
			return d, fileFault(err, "ceiling")
		}
		ceiling := int64(n)
		d.Ceiling = &ceiling
	}
	return d, nil
}

func (s *Server) endDelegation(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Delegations == nil {
		return missing("delegations")
	}
	return v.afterPower(w, "delegation_ended", s.cfg.Desk.Delegations.EndDelegation(v.ctx, v.p, r.PostFormValue("delegation")))
}

func (v *visit) afterPower(w http.ResponseWriter, said string, err error) error {
	if wrong, ok := v.wrongOf(err); ok {
		return v.showDelegation(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, "/admin/delegation?said="+said, http.StatusSeeOther)
	return nil
}
