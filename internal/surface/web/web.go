// Package web is the surface for people: HTML pages in Persian and English, rendered by the server, that work without
// scripts under a policy that allows nothing inline. It owns the design system (static/), the templates and the component
// types (component.go, field.go) that pages on cases are made of. What it needs from below it names as small interfaces
// in Config; package app gives them.
package web

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

//go:embed static/dist
var dist embed.FS

//go:embed templates
var templateFiles embed.FS

//go:embed data/*.csv
var dataFiles embed.FS

// Manuals reads the procedures in force, for anybody.
type Manuals interface {
	List(ctx context.Context) ([]ManualItem, error)
	// Manual gives one procedure, or a NotFound fault.
	Manual(ctx context.Context, id string) (*Manual, error)
}

// Verifier tells what a letter says, by its number or its code.
type Verifier interface {
	// Verify gives the public content of a letter, or a NotFound fault when no letter has that number or code.
	Verify(ctx context.Context, l locale.Lang, numberOrCode string) (*Verified, error)
}

// Sessions signs people in and out.
type Sessions interface {
	// SignIn checks a password and, for accounts that have one, a second code. It gives an opaque token and how long it
	// lives. An Unauthenticated fault never says which of the three was wrong.
	SignIn(ctx context.Context, login, password, code, address string) (token string, life time.Duration, err error)
	// SignInChanging signs in with a printed one-time password and sets the person's own; SignIn refuses such a one as
	// party.must_change.
	SignInChanging(ctx context.Context, login, password, code, address, fresh string) (token string, life time.Duration, err error)
	SignOut(ctx context.Context, token string) error
	// KnownAt gives a key of a login and a network from which it has signed in lately, "" where it has not.
	KnownAt(ctx context.Context, login, address string) (key string, err error)
}

// Config is what the surface needs. Clock, Log and Kit are required; a page whose interface is missing answers 503.
type Config struct {
	Clock    clock.Clock
	Log      *slog.Logger
	Kit      *httpkit.Kit
	Veil     *httpkit.Veil // of what people search for, in addresses
	Manuals  Manuals
	Verifier Verifier
	Sessions Sessions
	// Registrar takes people who register themselves.
	Registrar Registrar
	// Who tells the signed-in person of a request, nil for nobody; without it, the request's principal.
	Who func(r *http.Request) *User
	// Nav gives a signed-in person's own links, for the side and for the bottom of a phone; without it, those of the role.
	Nav func(r *http.Request, p *Page) (side, tabs []NavItem)
	// After gives the address to go to after signing in, for the person whose token it is.
	After func(ctx context.Context, token string) string
	// Claimants bounds how often a person claims to speak for units; shared with the API. Without it, the pages' own.
	Claimants *httpkit.Throttle
	// Guides are the guides for people: NAME.LANGUAGE.md and pictures/; without them there are none.
	Guides fs.FS
	// LongExport is from how many cases a list for Excel is gathered beside the request; 0 is 5,000.
	LongExport int64
	// Sample marks every page as sample data.
	Sample bool
	// Desk is what the pages for signed-in people need.
	Desk Desk
}

// Server renders the pages. It is safe for concurrent use.
type Server struct {
	cfg        Config
	assets     *httpkit.Assets
	pages      map[locale.Lang]map[string]page
	statements []Statement
	guides     map[locale.Lang]map[string]Guide
	logins     *httpkit.Throttle
	claimants  *httpkit.Throttle
	exports    exportRuns
	longExport int64
	readable   *http.ServeMux // the routes of pages that can be opened
}

// loginBurst attempts at once for one login, then one each loginEvery: enough for a forgotten password, too slow to guess.
const (
	loginBurst = 8
	loginEvery = 20 * time.Second
	loginKeys  = 20_000
)

// New reads the templates, assets and data. Without built assets it still starts, pages are then unstyled, and it says so
// in the log. It also becomes the kit's error page.
func New(cfg Config) (*Server, error) {
	if cfg.Clock == nil || cfg.Log == nil || cfg.Kit == nil {
		return nil, errors.New("web: Config needs Clock, Log and Kit")
	}
	s := &Server{cfg: cfg, longExport: cmp.Or(cfg.LongExport, longExport), logins: httpkit.NewThrottle(cfg.Clock, loginBurst, loginEvery, loginKeys),
		claimants: cmp.Or(cfg.Claimants, httpkit.ClaimThrottle(cfg.Clock))}
	if err := errors.Join(s.loadAssets(), s.loadStatements(), s.loadGuides()); err != nil {
		return nil, err
	}
	if err := s.loadTemplates(); err != nil {
		return nil, err
	}
	s.readable = readableOf(s.Routes())
	cfg.Kit.Page = s.errorPage
	return s, nil
}

func (s *Server) loadAssets() error {
	sub, err := fs.Sub(dist, "static/dist")
	if err != nil {
		return err
	}
	files := []fs.FS{sub}
	if s.cfg.Guides != nil {
		pictures, err := fs.Sub(s.cfg.Guides, "pictures")
		if err != nil {
			return err
		}
		files = append(files, pictures)
	}
	if s.assets, err = httpkit.NewAssets("/static/", files...); err != nil {
		return err
	}
	if !s.assets.Has("app.css") {
		s.cfg.Log.Warn("pages have no style: the assets are not built; run: make assets")
	}
	return nil
}

// Assets gives the static files, for weight tests and for other surfaces.
func (s *Server) Assets() *httpkit.Assets { return s.assets }

// Routes is the surface's route table.
func (s *Server) Routes() []httpkit.Route {
	get := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodGet, Pattern: pattern, Policy: httpkit.Public, Handler: h}
	}
	post := func(pattern string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: http.MethodPost, Pattern: pattern, Policy: httpkit.Public, Handler: h, MaxBody: 16 << 10}
	}
	return append([]httpkit.Route{
		get("/{$}", s.home),
		get("/report", s.report),
		get("/procedures", s.procedures),
		get("/procedures/{id}", s.procedure),
		get("/verify", s.verify),
		get("/about", s.about),
		get("/help", s.help),
		get("/help/{guide}", s.guide),
		get("/sign-in", s.signInForm),
		{Method: http.MethodPost, Pattern: "/sign-in", Policy: httpkit.Public, Handler: s.signIn, MaxBody: 16 << 10, Known: s.known},
		post("/sign-in/passkey", s.signInByPasskey),
		post("/sign-out", s.signOut),
		get("/echo/amount", s.echoAmount),
		get("/robots.txt", s.robots),
		get("/manifest.webmanifest", s.manifest),
		get("/static/", s.assets.Serve),
	}, append(s.registerRoutes(), s.deskRoutes()...)...)
}

func missing(what string) error {
	return fault.New(fault.Unavailable, "web.error.not_connected", "part", what)
}
