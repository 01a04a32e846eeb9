package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Providers lets staff sign in where their own body keeps its people. What waits while they are there travels in a cookie,
// sealed against change.
type Providers interface {
	Offered() []Provider
	// Begin gives the address to go to, and what waits.
	Begin(ctx context.Context, t Trip) (address, kept string, err error)
	// Back reads what came back. A fault at "code" asks for a second factor, and Kept waits for it.
	Back(ctx context.Context, id, kept, token string, q url.Values) (Return, error)
	// Code shows that factor.
	Code(ctx context.Context, kept, code string) (Return, error)
	Links(ctx context.Context, token string) ([]party.Link, error)
	// Prove wants the password of who adds a way to sign in.
	Prove(ctx context.Context, token, password string) error
	Unlink(ctx context.Context, token, id string) error
	// Leave is the address at which one signs out there too, "" for none.
	Leave(ctx context.Context, id string) string
}

// Provider is one that is offered. Second says that it can tell of two factors.
type Provider struct {
	ID     string
	Name   locale.Text
	Second bool
}

// The uses of a trip to a provider.
const (
	TripSignIn = "sign_in"
	TripAgain  = "again" // two factors are shown there anew
	TripLink   = "link"  // the account is bound to who they are there
)

// Trip is one way there and back. Token is the session that it belongs to, but for signing in.
type Trip struct{ Provider, Use, Next, Token string }

// Return is what a trip brought: the session's new token, where it has one.
type Return struct {
	Provider, Use, Next, Token, Kept string
	Life                             time.Duration
}

const (
	tripCookie = "provider"     // what waits
	thereToo   = "provider_too" // by which provider this browser signed in
	tripTime   = 10 * time.Minute
	maxNext    = 1000
)

func (s *Server) providerRoutes() []httpkit.Route {
	line := func(method, pattern, policy string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: method, Pattern: pattern, Policy: policy, Handler: func(w http.ResponseWriter, r *http.Request) error {
			if s.cfg.Desk.Providers == nil {
				return fault.New(fault.NotFound, "httpkit.no_page")
			}
			return h(w, r)
		}, MaxBody: 16 << 10}
	}
	return []httpkit.Route{
		line(http.MethodGet, "/sign-in/with/{provider}", httpkit.Public, s.goThere),
		line(http.MethodGet, "/sign-in/back/{provider}", httpkit.Public, s.cameBack),
		line(http.MethodPost, "/sign-in/code", httpkit.Public, s.codeBeside),
		line(http.MethodPost, "/account/providers", SignedIn, s.linkProvider),
		line(http.MethodPost, "/account/providers/{key}", SignedIn, s.unlinkProvider),
	}
}

// providerLink is a way to a provider, as a page shows it.
type providerLink struct{ ID, Name, Href string }

// waysIn are the providers by which one signs in; next is where to go on to.
func (s *Server) waysIn(r *http.Request, next string) (out []providerLink) {
	if s.cfg.Desk.Providers == nil {
		return nil
	}
	tail := ""
	if next != "" {
		tail = "?next=" + queryEscape(next)
	}
	for _, p := range s.cfg.Desk.Providers.Offered() {
		out = append(out, providerLink{ID: p.ID, Name: p.Name.In(httpkit.LangOf(r)), Href: "/sign-in/with/" + p.ID + tail})
	}
	return out
}

// waysAgain are the providers at which the person can show two factors now.
func (v *visit) waysAgain() ([]providerLink, error) {
	if v.s.cfg.Desk.Providers == nil {
		return nil, nil
	}
	links, err := v.s.cfg.Desk.Providers.Links(v.ctx, v.s.cfg.Kit.Token(v.r))
	var out []providerLink
	for _, p := range v.s.cfg.Desk.Providers.Offered() {
		if p.Second && slices.ContainsFunc(links, func(l party.Link) bool { return l.Provider == p.ID }) {
			out = append(out, providerLink{ID: p.ID, Name: p.Name.In(v.l), Href: "/sign-in/with/" + p.ID + "?use=" + TripAgain})
		}
	}
	return out, err
}

// goThere sends the browser to a provider, for a person who chose it here: no other site may sign them in unasked.
func (s *Server) goThere(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return s.askSignIn(w, r, http.StatusForbidden, signInFields(map[string]string{"login": "sign_in.provider_unasked"}))
	}
	t := Trip{Provider: r.PathValue("provider"), Use: TripSignIn, Next: localPath(r.URL.Query().Get("next"))}
	if r.URL.Query().Get("use") == TripAgain && httpkit.PrincipalOf(r).SignedIn() {
		t.Use, t.Token = TripAgain, s.cfg.Kit.SessionToken(r)
	}
	if len(t.Next) > maxNext {
		t.Next = ""
	}
	address, kept, err := s.cfg.Desk.Providers.Begin(r.Context(), t)
	if wrong, status := providerWrong(err); wrong != "" {
		return s.signInSaying(w, r, status, err)
	}
	if err != nil {
		return err
	}
	s.cfg.Kit.Keep(w, tripCookie, kept, tripTime)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// providerWrong is the key and status of a fault that the page of signing in tells, "" for any other.
func providerWrong(err error) (key string, status int) {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Unauthenticated && f.Kind != fault.Refused && f.Kind != fault.Unavailable && f.Kind != fault.Conflict {
		return "", 0
	}
	return f.Key, httpkit.Status(f.Kind)
}

// signInSaying shows the page of signing in with what went wrong at a provider; the other ways stay open.
func (s *Server) signInSaying(w http.ResponseWriter, r *http.Request, status int, err error) error {
	f, _ := fault.As(err)
	return s.askSignInSaying(w, r, status, signInFields(nil), locale.T(httpkit.LangOf(r), f.Key, f.Args))
}

// cameBack goes on from what a provider said.
func (s *Server) cameBack(w http.ResponseWriter, r *http.Request) error {
	kept := s.cfg.Kit.Kept(r, tripCookie)
	s.cfg.Kit.Keep(w, tripCookie, "", -1)
	back, err := s.cfg.Desk.Providers.Back(r.Context(), r.PathValue("provider"), kept, s.cfg.Kit.SessionToken(r), r.URL.Query())
	return s.afterTrip(w, r, back, err)
}

// codeBeside shows a second factor beside a provider's word.
func (s *Server) codeBeside(w http.ResponseWriter, r *http.Request) error {
	back, err := s.cfg.Desk.Providers.Code(r.Context(), s.cfg.Kit.Kept(r, tripCookie), r.PostFormValue("code"))
	return s.afterTrip(w, r, back, err)
}

func (s *Server) afterTrip(w http.ResponseWriter, r *http.Request, back Return, err error) error {
	if f, ok := fault.As(err); ok && f.Field == "code" && back.Kept != "" {
		s.cfg.Kit.Keep(w, tripCookie, back.Kept, tripTime)
		return s.askCode(w, r, f)
	}
	if key, status := providerWrong(err); key != "" {
		if back.Use == TripLink && httpkit.PrincipalOf(r).SignedIn() {
			f, _ := fault.As(err)
			v := s.visit(r)
			return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"provider-password": locale.T(v.l, f.Key, f.Args)}, accountView{})
		}
		return s.signInSaying(w, r, status, err)
	}
	if err != nil {
		return err
	}
	s.cfg.Kit.Keep(w, tripCookie, "", -1)
	switch back.Use {
	case TripLink:
		http.Redirect(w, r, "/account?said=provider_linked", http.StatusSeeOther)
	case TripAgain:
		s.cfg.Kit.SetSession(w, back.Token, back.Life)
		http.Redirect(w, r, orElse(localPath(back.Next), "/account?said=stepped_up"), http.StatusSeeOther)
	default:
		if err := s.opened(w, r, back.Token, back.Life); err != nil {
			return err
		}
		s.cfg.Kit.Keep(w, thereToo, back.Provider, back.Life)
		http.Redirect(w, r, orElse(localPath(back.Next), s.first(r, back.Token)), http.StatusSeeOther)
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type codeView struct {
	*Page
	Fields []Field
	Errors []FieldError
}

func (s *Server) askCode(w http.ResponseWriter, r *http.Request, f *fault.Fault) error {
	v := s.visit(r)
	wrong := ""
	if f.Key != "party.code_needed" {
		wrong = locale.T(v.l, f.Key, f.Args)
	}
	view := codeView{Page: s.Page(r, "sign_in.provider.code"), Fields: []Field{v.codeField("code", "code", wrong)}}
	view.Errors = Wrong(view.Fields)
	return s.Render(w, r, http.StatusUnauthorized, "session/code", view)
}

// providersView is the part of the account's page about providers.
type providersView struct {
	Rows   []linkLine
	Fields []Field
	Offers []providerLink
}

type linkLine struct {
	ID, Name      string
	Created, Used time.Time
}

func (v *visit) providers(wrong string) (out *providersView, err error) {
	all := v.s.cfg.Desk.Providers
	if all == nil || v.p.Role == access.Public || access.UnitRole(v.p.Role) {
		return nil, nil
	}
	links, err := all.Links(v.ctx, v.s.cfg.Kit.Token(v.r))
	if err != nil {
		return nil, err
	}
	out = &providersView{}
	names := map[string]string{}
	for _, p := range all.Offered() {
		names[p.ID] = p.Name.In(v.l)
		if !slices.ContainsFunc(links, func(l party.Link) bool { return l.Provider == p.ID }) {
			out.Offers = append(out.Offers, providerLink{ID: p.ID, Name: p.Name.In(v.l)})
		}
	}
	for _, l := range links {
		line := linkLine{ID: l.ID, Name: orElse(names[l.Provider], l.Provider), Created: time.UnixMicro(l.Created)}
		if l.Used != 0 {
			line.Used = time.UnixMicro(l.Used)
		}
		out.Rows = append(out.Rows, line)
	}
	out.Fields = []Field{v.proof("provider-password", wrong)}
	return out, nil
}

type linkView struct {
	*Page
	Name, Href string
}

// linkProvider takes the password and shows the way to the provider: a form's answer may lead to no other site, a link may.
func (s *Server) linkProvider(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	token := s.cfg.Kit.SessionToken(r)
	err := s.cfg.Desk.Providers.Prove(v.ctx, token, r.PostFormValue("password"))
	address, kept := "", ""
	if err == nil {
		address, kept, err = s.cfg.Desk.Providers.Begin(v.ctx, Trip{Provider: r.PostFormValue("provider"), Use: TripLink, Token: token})
	}
	if f, ok := fault.As(err); ok && f.Key != httpkit.StepUpKey && f.Key != "party.session_over" {
		if key, _ := providerWrong(err); key != "" || f.Kind == fault.TooMany {
			return v.showAccount(w, http.StatusUnprocessableEntity, map[string]string{"provider-password": locale.T(v.l, f.Key, f.Args)}, accountView{})
		}
	}
	if err != nil {
		return err
	}
	s.cfg.Kit.Keep(w, tripCookie, kept, tripTime)
	view := linkView{Page: s.Page(r, "sign_in.provider.link"), Href: address}
	for _, p := range s.cfg.Desk.Providers.Offered() {
		if p.ID == r.PostFormValue("provider") {
			view.Name = p.Name.In(v.l)
		}
	}
	return s.Render(w, r, http.StatusOK, "session/link", view)
}

func (s *Server) unlinkProvider(w http.ResponseWriter, r *http.Request) error {
	if err := s.cfg.Desk.Providers.Unlink(r.Context(), s.cfg.Kit.SessionToken(r), r.PathValue("key")); err != nil {
		return err
	}
	http.Redirect(w, r, "/account?said=provider_unlinked", http.StatusSeeOther)
	return nil
}
