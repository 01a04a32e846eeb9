package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/httpkit"
)

// Cases is the case engine.
type Cases interface {
	Act(ctx context.Context, who casework.Caller, c casework.Command) (casework.Answer, error)
	Look(ctx context.Context, who casework.Caller, id string) (*casework.View, error)
	List(ctx context.Context, who casework.Caller, q casework.Query) (casework.Page, error)
	// Find gives cases and letters by their number or by words; most bounds each.
	Find(ctx context.Context, who casework.Caller, typed string, most int) (casework.Found, error)
	// Each gives every case of a query from one snapshot; more than most are refused.
	Each(ctx context.Context, who casework.Caller, q casework.Query, most int64, each func(ctx context.Context, rows []casework.Row) error) error
}

// Obligations gives those whose next act is the caller's: its own, and those it sees to.
type Obligations interface {
	OwedBy(ctx context.Context, who casework.Caller, f casework.OwedFilter, after string, limit int) (casework.OwedPage, error)
}

// Exports journals, before it is sent, that a person takes a list away as a sheet: which question, and how many rows.
type Exports interface {
	Exported(ctx context.Context, p access.Principal, question string, rows int64) error
}

// Definitions gives every published definition, in force or still carrying cases: lists take their words from them.
type Definitions interface {
	All(ctx context.Context) ([]*procedure.Definition, error)
}

// Names gives the names of persons, bodies and units by id; an id it does not know is absent.
type Names interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Items gives the choices of a live register (package, bank_branch) that are open today.
type Items interface {
	Items(ctx context.Context, p access.Principal, register string) ([]Option, error)
}

// Desk is what the pages for signed-in people need. A page whose interface is missing answers 503.
type Desk struct {
	Cases       Cases
	News        News
	Tallies     Tallies
	Obligations Obligations
	Definitions Definitions
	// Calendars gives the working calendars by id, for deadlines in lists.
	Calendars   func(ctx context.Context) (map[string]*calendar.Calendar, error)
	Names       Names
	Items       Items
	Offers      Offers
	Units       Units
	Letters     Letters
	Files       Files
	Importer    Importer
	Reviews     Reviews
	Referrals   ReferralReviews
	Audit       Audit
	Accounts    Accounts
	Passkeys    Passkeys
	Providers   Providers // nil where there are none
	Switcher    Switcher
	Staff       Staff
	StaffActs   StaffActs
	Delegations Delegations
	Workdays    Workdays
	Claims      Claims
	ClaimActs   ClaimActs
	Publishing  Publishing
	Officers    Officers
	Counter     Counter
	Exports     Exports
	Inbox       Inbox
	Views       Views
	Seals       Seals
	Containers  Containers
	Dossiers    Dossiers
	Personal    Personal
	FindPerson  FindPerson
	Paces       Paces
	Sittings    Sittings
	Trade       Trade
	Goods       Goods
	Services    Services
	Markets     Markets
	Choices     Choices
	Briefs      Briefs
	// Work runs beside the requests; its context ends with the product.
	Work func(work func(ctx context.Context))
}

// SignedIn is the policy of routes for everybody who has signed in; RoleOf is that of routes for some roles only.
const SignedIn = "signed-in"

// RoleOf names the policy of some roles: "role:dir.expert,dir.head".
func RoleOf(roles ...string) string { return "role:" + strings.Join(roles, ",") }

var (
	staffRoles    = []string{"dir.dg", "dir.deputy", "dir.head", "dir.expert", "dir.registry", "auditor"}
	referralRoles = []string{"dir.head", "dir.expert", "bank.head"}
	importRoles   = []string{"dir.head", "dir.expert", "admin"}
	auditRoles    = []string{"auditor", "dir.dg"}
)

// formBody and uploadBody bound the bodies of plain forms and of forms with files, in bytes.
const (
	formBody   = 256 << 10
	uploadBody = 24 << 20
)

// deskRoutes are the routes for signed-in people.
func (s *Server) deskRoutes() []httpkit.Route {
	get := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: pattern, Policy: SignedIn, Handler: h}
	}
	post := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Pattern: pattern, Policy: SignedIn, Handler: h, MaxBody: formBody}
	}
	upload := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Pattern: pattern, Policy: SignedIn, Handler: h, MaxBody: uploadBody}
	}
	fresh := func(rt httpkit.Route) httpkit.Route {
		rt.Fresh = true
		return rt
	}
	routes := []httpkit.Route{
		get("/desk", s.desk), get("/search", s.search), post("/seek", s.seek), get("/views", s.savedViews), post("/views", s.keepView), post("/views/{id}", s.changeView), get("/inbox", s.inbox), get("/inbox"+NewsPath, s.inboxNews), post("/inbox/read", s.readInbox), get("/cases", s.queue), get("/cases"+NewsPath, s.queueNews), fresh(get("/cases.xlsx", s.queueSheet)), get("/exports/{run}", s.exportPage), fresh(get("/exports/{run}/sheet", s.exportSheet)), post("/exports/{run}/cancel", s.cancelExport), get("/obligations", s.owed), get("/obligations"+NewsPath, s.owedNews),
		get("/cases/{id}", s.casePage), get("/cases/{id}/file", s.wholeFile), fresh(get("/cases/{id}/file.pdf", s.wholeFilePDF)), fresh(get("/cases/{id}/container.zip", s.container)), get("/cases/{id}/notices/{seq}", s.notice), post("/cases/{id}/notes", s.note), get("/cases/{id}/files/{hash}", s.caseFile),
		get("/cases/{id}/act/{action}", s.actForm), upload("/cases/{id}/act/{action}", s.act),
		get("/apply", s.apply), post("/apply/{procedure}", s.openCase),
		get("/cases/{id}/apply", s.tasks), get("/cases/{id}/apply/{page}", s.applyPage), upload("/cases/{id}/apply/{page}", s.savePage),
		upload("/cases/{id}/draft", s.autosave),
		get("/cases/{id}/check", s.check), upload("/cases/{id}/check", s.submit), get("/cases/{id}/receipt", s.receipt), get("/cases/{id}"+NewsPath, s.caseNews),
		get("/letters/{token}", s.letter), {Method: http.MethodPost, Pattern: "/letters/{token}/scans", Policy: May("letters", "receive"), Handler: s.scan, MaxBody: uploadBody}, get("/unit", s.myUnit), get("/units/{id}", s.unit),
		get("/switch", s.switchForm), post("/switch", s.switchTo),
		get("/account", s.account), post("/account/password", s.password),
		post("/account/totp", s.totp), post("/account/codes", s.codes), post("/account/factors", s.removeFactors),
		post("/account/passkeys", s.addPasskey), post("/account/passkeys/{key}", s.removePasskey), post("/account/sessions", s.endSessions),
		fresh(post("/account/data", s.ownData)),
		get("/step-up", s.stepUpForm), fresh(post("/step-up", s.steppedUp)),
	}
	return slices.Concat(routes, staffRoutes(s), s.importRoutes(SheetUnits), s.importRoutes(SheetReferrals), s.reviewRoutes(), s.referralRoutes(), s.usersRoutes(), s.delegationRoutes(), s.claimRoutes(), s.calendarRoutes(), s.procedureRoutes(), s.officeRoutes(), s.counterRoutes(), s.providerRoutes(), s.personalRoutes(), s.tradeRoutes(), s.choiceRoutes(), s.goodsRoutes(), s.serviceRoutes(), s.marketRoutes())
}

func staffRoutes(s *Server) []httpkit.Route {
	line := func(method, pattern string, roles []string, h httpkit.Handler, body int64) httpkit.Route {
		return httpkit.Route{Method: method, Pattern: pattern, Policy: RoleOf(roles...), Handler: h, MaxBody: body}
	}
	return []httpkit.Route{
		line(http.MethodGet, "/units", staffRoles, s.units, 0),
		line(http.MethodGet, "/audit", auditRoles, s.audit, 0),
		line(http.MethodGet, "/picture", pictureRoles, s.picture, 0),
		line(http.MethodGet, "/sessions", sittingRoles, s.sittings, 0),
	}
}

// visit is one request of a signed-in person.
type visit struct {
	s   *Server
	r   *http.Request
	ctx context.Context //nolint:containedctx // lives for one request
	p   access.Principal
	who casework.Caller
	l   locale.Lang
}

func (s *Server) visit(r *http.Request) *visit {
	p := httpkit.PrincipalOf(r)
	return &visit{s: s, r: r, ctx: r.Context(), p: p, who: casework.CallerOf(p), l: httpkit.LangOf(r)}
}

// T gives an interface text in the visitor's language.
func (v *visit) T(key string, kv ...any) string { return locale.T(v.l, key, pairs(kv)) }

// word gives the text of a coded word, and the code itself where the interface has no text for it.
func (v *visit) word(prefix, code string) string { return wordOf(v.l, prefix, code) }

func wordOf(l locale.Lang, prefix, code string) string {
	if key := prefix + code; code != "" && locale.Has(l, key) {
		return locale.T(l, key, nil)
	}
	return code
}

// caseOf gives the case that the address names, as the visitor may see it.
func (v *visit) caseOf() (*casework.View, error) {
	if v.s.cfg.Desk.Cases == nil {
		return nil, missing("cases")
	}
	return v.s.cfg.Desk.Cases.Look(v.ctx, v.who, v.r.PathValue("id"))
}

// names looks ids up; without a name source nobody has a name.
func (v *visit) names(ids []string) (map[string]string, error) {
	if v.s.cfg.Desk.Names == nil || len(ids) == 0 {
		return map[string]string{}, nil
	}
	return v.s.cfg.Desk.Names.Names(v.ctx, ids)
}

func (v *visit) items(register string) ([]Option, error) {
	if v.s.cfg.Desk.Items == nil {
		return nil, missing("registers")
	}
	return v.s.cfg.Desk.Items.Items(v.ctx, v.p, register)
}

// flash says what was just done: the redirect after an act carries a word, of which only known ones are shown.
func (p *Page) flash(r *http.Request) {
	said := r.URL.Query().Get("said")
	if key := "desk.said." + said; said != "" && locale.Has(p.Lang, key) {
		p.Flash = &Flash{Tone: "good", Text: p.T(key)}
	}
}
