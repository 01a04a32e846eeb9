// Package api is the surface for machines: JSON under /api/v1, problem+json for faults, one OpenAPI 3.1 document that a
// test holds against the route table. It says nothing that the pages do not say, and asks the same kernel.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// Cases is the case engine.
type Cases interface {
	Act(ctx context.Context, who casework.Caller, c casework.Command) (casework.Answer, error)
	Look(ctx context.Context, who casework.Caller, id string) (*casework.View, error)
	List(ctx context.Context, who casework.Caller, q casework.Query) (casework.Page, error)
	Find(ctx context.Context, who casework.Caller, typed string, most int) (casework.Found, error)
	OwedBy(ctx context.Context, who casework.Caller, f casework.OwedFilter, after string, limit int) (casework.OwedPage, error)
}

// Sessions signs people in and out.
type Sessions interface {
	SignIn(ctx context.Context, login, password, code, address string) (string, access.Principal, error)
	SignOut(ctx context.Context, token string) error
	// KnownAt gives a key of a login and a network from which it has signed in lately, "" where it has not.
	KnownAt(ctx context.Context, login, address string) (key string, err error)
	// StepUp shows the second factor again, and goes on under a new token.
	StepUp(ctx context.Context, token, code string) (string, access.Principal, error)
}

// Procedures lists what is in force.
type Procedures interface {
	Procedures(ctx context.Context) ([]Procedure, error)
}

// Pictures gives the counters of a procedure: its managers' figures.
type Pictures interface {
	Picture(ctx context.Context, who casework.Caller, procedure string) (casework.Picture, error)
}

// Journal gives the province's signed checkpoint and inclusion proofs.
type Journal interface {
	Checkpoint(ctx context.Context, province string) ([]byte, error)
	Proof(ctx context.Context, province, entry string) (Proof, error)
}

// Procedure is one procedure in force.
type Procedure struct {
	ID      string      `json:"id"`
	Version string      `json:"version"`
	Title   locale.Text `json:"title"`
	Summary locale.Text `json:"summary"`
	Hash    string      `json:"hash"`
	From    string      `json:"from"` // Gregorian civil date
}

// Unit is one unit found.
type Unit struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	County string `json:"county"`
	Status string `json:"status"`
}

// Proof shows that an entry is in the tree of a checkpoint (RFC 6962).
type Proof struct {
	Entry      string   `json:"entry"`
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	Leaf       string   `json:"leaf"`   // base64 of the hashed bytes
	Hashes     []string `json:"hashes"` // base64
	Checkpoint string   `json:"checkpoint"`
}

// Config is what the surface needs; all of it.
type Config struct {
	Kit        *httpkit.Kit
	Clock      clock.Clock
	Cases      Cases
	Sessions   Sessions
	Procedures Procedures
	Units      Units
	Pictures   Pictures
	Journal    Journal
	Claims     Claims
	ClaimActs  ClaimActs
	Claimants  *httpkit.Throttle // bounds claims of one person, with the pages
	Files      Files
	Names      Names
	Choices    Choices
	Containers Containers
	Dossiers   Dossiers
	Personal   Personal
	Trade      Trade
	Services   Services
	FindPerson func(ctx context.Context, typed string) (string, error) // by id or national code; not_found party.no_person
	Version    string
}

// Server answers the API. It is safe for concurrent use.
type Server struct {
	cfg Config
	doc []byte
}

// New makes the API and its document.
func New(cfg Config) (*Server, error) {
	if cfg.Kit == nil || cfg.Cases == nil || cfg.Sessions == nil || cfg.Procedures == nil || cfg.Units == nil || cfg.Pictures == nil || cfg.Journal == nil ||
		cfg.Claims == nil || cfg.ClaimActs == nil || cfg.Claimants == nil || cfg.Files == nil || cfg.Names == nil || cfg.Choices == nil || cfg.Containers == nil || cfg.Dossiers == nil || cfg.Personal == nil || cfg.Trade == nil || cfg.Services == nil || cfg.FindPerson == nil {
		return nil, errors.New("api: Config is incomplete")
	}
	s := &Server{cfg: cfg}
	doc, err := document(cfg.Version)
	s.doc = doc
	return s, err
}

// Prefix is where the API lives.
const Prefix = "/api/v1"

// SignedIn is the policy of routes that need somebody signed in; the kernel decides the rest by the case or the register.
const SignedIn = "signed-in"

// Routes is the surface's route table.
func (s *Server) Routes() []httpkit.Route {
	rt := func(method, path, policy string, h httpkit.Handler) httpkit.Route {
		return httpkit.Route{Method: method, Pattern: Prefix + path, Policy: policy, Handler: jsonErrors(h)}
	}
	return slices.Concat([]httpkit.Route{
		rt(http.MethodGet, "/openapi.json", httpkit.Public, s.openapi),
		s.entry(rt(http.MethodPost, "/sessions", httpkit.Public, s.signIn)),
		rt(http.MethodGet, "/sessions/current", SignedIn, s.current),
		rt(http.MethodDelete, "/sessions/current", SignedIn, s.signOut),
		rt(http.MethodPost, "/sessions/current/step-up", SignedIn, s.stepUp),
		fresh(rt(http.MethodGet, "/person", SignedIn, s.ownData)),
		rt(http.MethodGet, "/procedures", httpkit.Public, s.procedures),
		rt(http.MethodPost, "/cases", SignedIn, s.open),
		rt(http.MethodGet, "/cases", SignedIn, s.list),
		rt(http.MethodGet, "/cases/{id}", SignedIn, s.look),
		fresh(rt(http.MethodGet, "/cases/{id}/container", SignedIn, s.container)),
		rt(http.MethodGet, "/cases/{id}/choices/{fact}", SignedIn, s.choices),
		rt(http.MethodPost, "/cases/{id}/actions/{action}", SignedIn, s.act),
		rt(http.MethodGet, "/obligations", SignedIn, s.obligations),
		rt(http.MethodGet, "/procedures/{id}/picture", SignedIn, s.picture),
		rt(http.MethodGet, "/search", SignedIn, s.search),
		rt(http.MethodGet, "/units", SignedIn, s.units),
		fresh(rt(http.MethodGet, "/units.csv", "may:units/export", s.exportUnits)),
		sized(rt(http.MethodPost, "/units/import", "may:units/import", s.importUnits), sheetBody),
		rt(http.MethodGet, "/journal/checkpoint", httpkit.Public, s.checkpoint),
		rt(http.MethodGet, "/journal/proof/{entry}", SignedIn, s.proof),
	}, s.claimRoutes(rt), s.personalRoutes(rt), s.tradeRoutes(rt))
}

// fresh wants a second factor shown lately of who has one.
func fresh(rt httpkit.Route) httpkit.Route {
	rt.Fresh = true
	return rt
}

// sized lets a route take larger bodies.
func sized(rt httpkit.Route, most int64) httpkit.Route {
	rt.MaxBody = most
	return rt
}

// jsonErrors makes a handler's faults problem+json whatever the client says it accepts.
func jsonErrors(h httpkit.Handler) httpkit.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r.Header.Set("Accept", "application/json")
		return h(w, r)
	}
}

func (s *Server) openapi(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	_, err := w.Write(s.doc)
	return err
}

type signInRequest struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"`
}

type stepUpRequest struct {
	Code string `json:"code"`
}

// SessionView is who is signed in, as what.
type SessionView struct {
	Token    string `json:"token,omitempty"`
	Person   string `json:"person"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Body     string `json:"body,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Province string `json:"province"`
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var in signInRequest
	if err := read(r, &in); err != nil {
		return err
	}
	token, p, err := s.cfg.Sessions.SignIn(r.Context(), in.Login, in.Password, in.Code, httpkit.ClientNetwork(r))
	if err != nil {
		return err
	}
	s.cfg.Kit.SetSession(w, token, sessionLife)
	return httpkit.JSON(w, r, http.StatusCreated, sessionView(forPrograms(r, token), p))
}

// signInBody is the most that signing in takes.
const signInBody = 16 << 10

// entry is a way in, by which who has signed in from a network before comes in where its entries are used up.
func (s *Server) entry(rt httpkit.Route) httpkit.Route {
	rt.MaxBody, rt.Known = signInBody, func(r *http.Request) string {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body)) // for the handler
		var in signInRequest
		if err != nil || json.Unmarshal(body, &in) != nil {
			return ""
		}
		key, err := s.cfg.Sessions.KnownAt(r.Context(), in.Login, httpkit.ClientNetwork(r))
		if err != nil {
			return "" // as for a stranger
		}
		return key
	}
	return rt
}

// forPrograms gives the token to a program, and "" to a page of a browser: its cookie serves there, out of the reach of
// scripts. Browsers say in one of these headers that a page asks, and no script can leave them out.
func forPrograms(r *http.Request, token string) string {
	if r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "" {
		return ""
	}
	return token
}

const sessionLife = 12 * time.Hour

func sessionView(token string, p access.Principal) SessionView {
	return SessionView{Token: token, Person: p.Person, Name: p.Name, Role: p.Role, Body: p.Body, Unit: p.Unit, Province: p.Province}
}

func (s *Server) current(w http.ResponseWriter, r *http.Request) error {
	return httpkit.JSON(w, r, http.StatusOK, sessionView("", httpkit.PrincipalOf(r)))
}

func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	var in stepUpRequest
	if err := read(r, &in); err != nil {
		return err
	}
	token, p, err := s.cfg.Sessions.StepUp(r.Context(), s.cfg.Kit.Token(r), in.Code)
	if err != nil {
		return err
	}
	s.cfg.Kit.SetSession(w, token, sessionLife)
	return httpkit.JSON(w, r, http.StatusOK, sessionView(forPrograms(r, token), p))
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.cfg.Sessions.SignOut(r.Context(), s.cfg.Kit.Token(r)); err != nil {
		return err
	}
	s.cfg.Kit.ClearSession(w)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) procedures(w http.ResponseWriter, r *http.Request) error {
	items, err := s.cfg.Procedures.Procedures(r.Context())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, map[string]any{"items": orEmpty(items)})
}

func (s *Server) checkpoint(w http.ResponseWriter, r *http.Request) error {
	note, err := s.cfg.Journal.Checkpoint(r.Context(), provinceOf(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write(note)
	return err
}

func (s *Server) proof(w http.ResponseWriter, r *http.Request) error {
	p, err := s.cfg.Journal.Proof(r.Context(), httpkit.PrincipalOf(r).Province, r.PathValue("entry"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, p)
}

func provinceOf(r *http.Request) string { return httpkit.PrincipalOf(r).Province }

func orEmpty[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
