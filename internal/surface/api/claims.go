package api

import (
	"context"
	"io"
	"net/http"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	docs "rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/httpkit"
)

// Claims is who says they may speak for which unit; it asks itself who may read what.
type Claims interface {
	ClaimsBy(ctx context.Context, province, person string) ([]registry.Claim, error)
	UnitClaims(ctx context.Context, by access.Principal, unit string) ([]registry.Claim, error)
	WaitingClaims(ctx context.Context, by access.Principal) ([]registry.Claim, error)
	ReadClaim(ctx context.Context, by access.Principal, id string) (registry.Claim, error)
	ClaimSteps(ctx context.Context, by access.Principal, c registry.Claim) ([]string, error)
}

// ClaimActs makes and moves claims; each step is journalled.
type ClaimActs interface {
	MakeClaim(ctx context.Context, c registry.Claim) (registry.Claim, error)
	ClaimUnit(ctx context.Context, c registry.Claim, n registry.Named) (registry.Claim, error)
	StepClaim(ctx context.Context, by access.Principal, d registry.ClaimStep) (registry.Claim, error)
}

// Files keeps documents by content. Put refuses what is no document of an accepted kind.
type Files interface {
	Put(ctx context.Context, p access.Principal, name string, r io.Reader) (casework.FileRef, error)
	Get(ctx context.Context, p access.Principal, hash string) (io.ReadCloser, casework.FileRef, error)
}

// Names gives the names of persons, bodies and units.
type Names interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Document is a document that was put: its hash is what facts, evidence and files name.
type Document struct {
	Hash  string `json:"hash"`
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	Media string `json:"media"`
}

// ClaimView is a claim as the caller may see it. Actions are the steps open to them; a list leaves actions and reason out.
type ClaimView struct {
	ID         string      `json:"id"`
	Unit       string      `json:"unit"`
	UnitName   string      `json:"unit_name"`
	Person     string      `json:"person"`
	PersonName string      `json:"person_name"`
	Post       string      `json:"post"`
	PostTitle  locale.Text `json:"post_title"`
	State      string      `json:"state"`
	StateTitle locale.Text `json:"state_title"`
	Created    int64       `json:"created"`
	ValidTo    string      `json:"valid_to,omitempty"` // Gregorian civil date
	DecidedBy  string      `json:"decided_by,omitempty"`
	DecidedAt  int64       `json:"decided_at,omitempty"`
	Reason     string      `json:"reason,omitempty"`
	Evidence   string      `json:"evidence,omitempty"` // hash, for its person and for officers
	Actions    []string    `json:"actions,omitempty"`
}

// claimActions are the steps of the API by name.
var claimActions = map[string]string{"verify": registry.ClaimVerified, "contest": registry.ClaimContested, "refuse": registry.ClaimRefused, "end": registry.ClaimEnded}

// claimAction names a step.
func claimAction(state string) string {
	for name, s := range claimActions {
		if s == state {
			return name
		}
	}
	return state
}

func (s *Server) claimRoutes(rt func(method, path, policy string, h httpkit.Handler) httpkit.Route) []httpkit.Route {
	const make = "may:claims/make"
	return []httpkit.Route{
		sized(rt(http.MethodPost, "/documents", make, s.putDocument), documentBody),
		rt(http.MethodGet, "/units/{id}/claims", SignedIn, s.unitClaims),
		rt(http.MethodPost, "/units/{id}/claims", make, s.makeClaim),
		rt(http.MethodGet, "/claims", make, s.claims),
		rt(http.MethodPost, "/claims", make, s.makeClaim),
		rt(http.MethodGet, "/claims/{id}", SignedIn, s.claim),
		rt(http.MethodGet, "/claims/{id}/evidence", SignedIn, s.claimEvidence),
		fresh(rt(http.MethodPost, "/claims/{id}/actions/{action}", SignedIn, s.stepClaim)),
	}
}

// documentBody is the largest body taken, bytes: the store itself says of a larger document what to do.
const documentBody = 2 * docs.Limit

// putDocument keeps the body as a document of the caller's, under the name in the address.
func (s *Server) putDocument(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.cfg.Files.Put(r.Context(), httpkit.PrincipalOf(r), r.URL.Query().Get("name"), r.Body)
	if err != nil {
		return err
	}
	name, _ := ref.Name.V.(string)
	return httpkit.JSON(w, r, http.StatusCreated, Document{Hash: ref.Hash, Name: name, Size: ref.Size, Media: ref.Media})
}

// claims lists the caller's own claims, or with ?waiting=true those that wait for an officer.
func (s *Server) claims(w http.ResponseWriter, r *http.Request) error {
	p := httpkit.PrincipalOf(r)
	for name := range r.URL.Query() {
		if name != "waiting" {
			return fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
	}
	if v := r.URL.Query().Get("waiting"); v == "true" || v == "1" {
		list, err := s.cfg.Claims.WaitingClaims(r.Context(), p)
		return s.listClaims(w, r, list, err)
	}
	list, err := s.cfg.Claims.ClaimsBy(r.Context(), p.Province, p.Person)
	return s.listClaims(w, r, list, err)
}

func (s *Server) unitClaims(w http.ResponseWriter, r *http.Request) error {
	list, err := s.cfg.Claims.UnitClaims(r.Context(), httpkit.PrincipalOf(r), r.PathValue("id"))
	return s.listClaims(w, r, list, err)
}

func (s *Server) listClaims(w http.ResponseWriter, r *http.Request, list []registry.Claim, err error) error {
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range list {
		ids = append(ids, c.Unit, c.Person)
	}
	names, err := s.cfg.Names.Names(r.Context(), ids)
	if err != nil {
		return err
	}
	out := listOf[ClaimView]{Items: []ClaimView{}}
	for _, c := range list {
		v := claimView(httpkit.PrincipalOf(r), c, names)
		v.Reason = "" // a list's is sealed
		out.Items = append(out.Items, v)
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

func claimView(p access.Principal, c registry.Claim, names map[string]string) ClaimView {
	v := ClaimView{ID: c.ID, Unit: c.Unit, UnitName: names[c.Unit], Person: c.Person, PersonName: names[c.Person], Post: c.Post, PostTitle: access.RoleTitle(c.Post),
		State: c.State, StateTitle: locale.Of("registry.claim_is_"+c.State, nil), Created: c.Created, ValidTo: c.ValidTo, DecidedBy: c.DecidedBy, DecidedAt: c.DecidedAt, Reason: c.Reason}
	if seesEvidence(p, c) {
		v.Evidence = c.Evidence
	}
	return v
}

// seesEvidence: the document is for its person and for officers, not for who contests.
func seesEvidence(p access.Principal, c registry.Claim) bool {
	return c.Person == p.Person || access.Authorize(p, "claims", "read") == nil
}

func (s *Server) claim(w http.ResponseWriter, r *http.Request) error {
	c, err := s.cfg.Claims.ReadClaim(r.Context(), httpkit.PrincipalOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.answerClaim(w, r, http.StatusOK, c)
}

func (s *Server) answerClaim(w http.ResponseWriter, r *http.Request, status int, c registry.Claim) error {
	p := httpkit.PrincipalOf(r)
	names, err := s.cfg.Names.Names(r.Context(), []string{c.Unit, c.Person})
	if err != nil {
		return err
	}
	next, err := s.cfg.Claims.ClaimSteps(r.Context(), p, c)
	if err != nil {
		return err
	}
	v := claimView(p, c, names)
	for _, state := range next {
		v.Actions = append(v.Actions, claimAction(state))
	}
	if c.Repeated {
		w.Header().Set(replayedHeader, "true")
	}
	return httpkit.JSON(w, r, status, v)
}

// claimRequest says as what and on which document; where no unit stands in the address, which unit, and of one that the
// register does not have yet, what it needs to enter it.
type claimRequest struct {
	Post       string `json:"post"`
	Evidence   string `json:"evidence"` // hash of a document that the caller put
	Identifier string `json:"identifier,omitempty"`
	Name       string `json:"name,omitempty"`
	Kind       string `json:"kind,omitempty"`
	County     string `json:"county,omitempty"`
	Licence    string `json:"licence,omitempty"`
}

func (s *Server) makeClaim(w http.ResponseWriter, r *http.Request) error {
	p := httpkit.PrincipalOf(r)
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	var in claimRequest
	if err := read(r, &in); err != nil {
		return err
	}
	if err := s.cfg.Claimants.Take(p.Person); err != nil {
		return err
	}
	c := registry.Claim{Province: p.Province, Unit: r.PathValue("id"), Person: p.Person, Post: in.Post, Evidence: in.Evidence, Key: key}
	if c.Unit != "" {
		c, err = s.cfg.ClaimActs.MakeClaim(r.Context(), c)
	} else {
		c, err = s.cfg.ClaimActs.ClaimUnit(r.Context(), c, registry.Named{Identifier: in.Identifier, Name: in.Name, Kind: in.Kind, County: in.County, Licence: in.Licence})
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", Prefix+"/claims/"+c.ID)
	return s.answerClaim(w, r, http.StatusCreated, c)
}

type claimStepRequest struct {
	Reason string `json:"reason,omitempty"` // every step but verify says why
}

func (s *Server) stepClaim(w http.ResponseWriter, r *http.Request) error {
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	state, ok := claimActions[r.PathValue("action")]
	if !ok {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	var in claimStepRequest
	if err := read(r, &in); err != nil {
		return err
	}
	c, err := s.cfg.ClaimActs.StepClaim(r.Context(), httpkit.PrincipalOf(r), registry.ClaimStep{ID: r.PathValue("id"), State: state, Reason: in.Reason, Key: key})
	if err != nil {
		return err
	}
	return s.answerClaim(w, r, http.StatusOK, c)
}

func (s *Server) claimEvidence(w http.ResponseWriter, r *http.Request) error {
	p := httpkit.PrincipalOf(r)
	c, err := s.cfg.Claims.ReadClaim(r.Context(), p, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !seesEvidence(p, c) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	body, ref, err := s.cfg.Files.Get(r.Context(), p, c.Evidence)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	name, _ := ref.Name.V.(string)
	httpkit.Attach(w, ref.Media, name)
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // half a document must not look whole
	}
	return nil
}
