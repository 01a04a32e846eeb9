package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/surface/httpkit"
)

// Personal is the law of personal data, as the officers' page has it; each act is journalled.
type Personal interface {
	List(ctx context.Context, by access.Principal, state string) ([]privacy.Erasure, error)
	Preview(ctx context.Context, by access.Principal, person string) (privacy.Preview, error)
	Ask(ctx context.Context, by access.Principal, person, basis, reason string) (privacy.Erasure, error)
	Decide(ctx context.Context, by access.Principal, id string, approve bool) (privacy.Erasure, error)
	Coming(ctx context.Context, by access.Principal, before time.Time) ([]privacy.Due, error)
	Hold(ctx context.Context, by access.Principal, caseID, reason string) (privacy.Hold, error)
	Lift(ctx context.Context, by access.Principal, caseID string) error
}

// ErasureView is an erasure that somebody wishes, one that an officer asked for, or one that was decided.
type ErasureView struct {
	ID        string `json:"id"`
	Person    string `json:"person"`
	State     string `json:"state"` // wished, asked, done, declined
	Basis     string `json:"basis,omitempty"`
	Reason    string `json:"reason,omitempty"`
	AskedBy   string `json:"asked_by,omitempty"`
	AskedAt   int64  `json:"asked_at,omitempty"`
	DecidedBy string `json:"decided_by,omitempty"`
	DecidedAt int64  `json:"decided_at,omitempty"`
}

// ErasurePreview is what an erasure takes, keeps and meets; where stops names something it is refused.
type ErasurePreview struct {
	Person    string        `json:"person"`
	Name      string        `json:"name"`
	Cases     []ErasureLine `json:"cases"` // that go
	Units     []string      `json:"units"` // whose names go
	Documents int           `json:"documents"`
	Kept      []ErasureLine `json:"kept"`
	Stops     []ErasureLine `json:"stops"`
}

// ErasureLine is something that an erasure takes, leaves or meets; until is when its time is over, 0 where there is none.
type ErasureLine struct {
	Why   string      `json:"why,omitempty"`
	Case  string      `json:"case,omitempty"`
	Name  string      `json:"name,omitempty"`
	Text  locale.Text `json:"text,omitzero"`
	Until int64       `json:"until,omitempty"`
}

// DueCase is a closed case and when it is erased by itself, unless an officer holds it for the reasons named.
type DueCase struct {
	Case   string   `json:"case"`
	Number string   `json:"number"`
	Until  int64    `json:"until"`
	Holds  []string `json:"holds"`
}

type (
	previewRequest struct {
		Person string `json:"person"` // id, or national code
	}
	erasureRequest struct {
		Person string `json:"person"`
		Basis  string `json:"basis"`
		Reason string `json:"reason"`
	}
	decisionRequest struct {
		Erasure string `json:"erasure"`
		Approve bool   `json:"approve"`
	}
	holdRequest struct {
		Case   string `json:"case"`
		Reason string `json:"reason"`
	}
	liftRequest struct {
		Case string `json:"case"`
	}
)

// personalOperations describe the routes for officers.
var personalOperations = []operation{
	{method: "get", path: "/personal/erasures", summary: "Erasures that people wish, that officers asked for and that were decided, for officers", answer: listOf[ErasureView]{}, status: 200, faults: []int{403, 422}, query: []parameter{{"state", "wished, asked, done or declined", false}}},
	{method: "post", path: "/personal/previews", summary: "What the erasure of a person (id or national code) would take, keep and meet; nothing is changed", body: previewRequest{}, answer: ErasurePreview{}, status: 200, faults: []int{403, 404, 409, 422}},
	{method: "post", path: "/personal/erasures", summary: "Ask for a person's erasure; a second officer decides. Refused with each reason where something stops it", body: erasureRequest{}, answer: ErasureView{}, status: 201, faults: []int{401, 403, 404, 409, 422}},
	{method: "post", path: "/personal/decisions", summary: "Carry out or decline, as the second officer, what another one asked for; decline a wish", body: decisionRequest{}, answer: ErasureView{}, status: 200, faults: []int{401, 403, 404, 409, 422}},
	{method: "get", path: "/personal/due", summary: "Closed cases that are erased by themselves soon, and what officers hold past its time", answer: listOf[DueCase]{}, status: 200, faults: []int{403, 422}, query: []parameter{{"days", "how far ahead: 1 to 3650; 90 without it", false}}},
	{method: "post", path: "/personal/holds", summary: "Keep a closed case past its time", body: holdRequest{}, status: 204, faults: []int{401, 403, 404, 422}},
	{method: "post", path: "/personal/lifts", summary: "End the holds of a case", body: liftRequest{}, status: 204, faults: []int{401, 403, 404, 422}},
}

func (s *Server) personalRoutes(rt func(method, path, policy string, h httpkit.Handler) httpkit.Route) []httpkit.Route {
	const read, erase, hold = "may:personal/read", "may:personal/erase", "may:personal/hold"
	return []httpkit.Route{
		rt(http.MethodGet, "/personal/erasures", read, s.erasures),
		rt(http.MethodGet, "/personal/due", read, s.due),
		rt(http.MethodPost, "/personal/previews", erase, s.previewErasure),
		fresh(rt(http.MethodPost, "/personal/decisions", erase, s.decideErasure)),
		fresh(rt(http.MethodPost, "/personal/erasures", erase, s.askErasure)),
		fresh(rt(http.MethodPost, "/personal/holds", hold, s.holdCase)),
		fresh(rt(http.MethodPost, "/personal/lifts", hold, s.liftHold)),
	}
}

func erasureView(e privacy.Erasure) ErasureView {
	return ErasureView{e.ID, e.Subject, e.State, e.Basis, e.Reason, e.AskedBy, e.AskedAt, e.DecidedBy, e.DecidedAt}
}

var erasureStates = []string{"", privacy.Wished, privacy.Asked, privacy.Done, privacy.Declined}

func (s *Server) erasures(w http.ResponseWriter, r *http.Request) error {
	state := r.URL.Query().Get("state")
	if !slices.Contains(erasureStates, state) {
		return fault.New(fault.Invalid, "api.erasure_state").At("state")
	}
	all, err := s.cfg.Personal.List(r.Context(), httpkit.PrincipalOf(r), state)
	if err != nil {
		return err
	}
	out := listOf[ErasureView]{Items: make([]ErasureView, 0, len(all))}
	for _, e := range all {
		out.Items = append(out.Items, erasureView(e))
	}
	return s.unkept(w, r, http.StatusOK, out)
}

// unkept answers with what nobody on the way may keep.
func (s *Server) unkept(w http.ResponseWriter, r *http.Request, status int, v any) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.JSON(w, r, status, v)
}

func (s *Server) previewErasure(w http.ResponseWriter, r *http.Request) error {
	var in previewRequest
	if err := read(r, &in); err != nil {
		return err
	}
	person, err := s.cfg.FindPerson(r.Context(), in.Person)
	if err != nil {
		return err
	}
	p, err := s.cfg.Personal.Preview(r.Context(), httpkit.PrincipalOf(r), person)
	if err != nil {
		return err
	}
	out := ErasurePreview{Person: p.Person, Name: p.Name, Cases: erasureLines(p.Cases), Units: append([]string{}, p.Units...),
		Documents: len(p.What.Documents), Kept: erasureLines(p.Kept), Stops: erasureLines(p.Stops)}
	return s.unkept(w, r, http.StatusOK, out)
}

func erasureLines(in []privacy.Line) []ErasureLine {
	out := make([]ErasureLine, 0, len(in))
	for _, l := range in {
		line := ErasureLine{Why: l.Why, Case: l.Case, Name: l.Name}
		if l.Why != "" {
			line.Text = l.Text()
		}
		if !l.Until.IsZero() {
			line.Until = l.Until.UnixMicro()
		}
		out = append(out, line)
	}
	return out
}

func (s *Server) askErasure(w http.ResponseWriter, r *http.Request) error {
	var in erasureRequest
	if err := read(r, &in); err != nil {
		return err
	}
	person, err := s.cfg.FindPerson(r.Context(), in.Person)
	if err != nil {
		return err
	}
	e, err := s.cfg.Personal.Ask(r.Context(), httpkit.PrincipalOf(r), person, in.Basis, in.Reason)
	if err != nil {
		return err
	}
	e.Reason = in.Reason // which is sealed by now
	return s.unkept(w, r, http.StatusCreated, erasureView(e))
}

func (s *Server) decideErasure(w http.ResponseWriter, r *http.Request) error {
	var in decisionRequest
	if err := read(r, &in); err != nil {
		return err
	}
	e, err := s.cfg.Personal.Decide(r.Context(), httpkit.PrincipalOf(r), in.Erasure, in.Approve)
	if err != nil {
		return err
	}
	e.Reason = ""
	return s.unkept(w, r, http.StatusOK, erasureView(e))
}

// The list of what is erased soon reaches 90 days ahead, and ten years at most.
const (
	dueDays = 90
	dueMost = 3650
)

func (s *Server) due(w http.ResponseWriter, r *http.Request) error {
	days := dueDays
	if typed := r.URL.Query().Get("days"); typed != "" {
		n, err := strconv.Atoi(typed)
		if err != nil || n < 1 || n > dueMost {
			return fault.New(fault.Invalid, "api.due_days", "most", dueMost).At("days")
		}
		days = n
	}
	all, err := s.cfg.Personal.Coming(r.Context(), httpkit.PrincipalOf(r), s.cfg.Clock.Now().AddDate(0, 0, days))
	if err != nil {
		return err
	}
	out := listOf[DueCase]{Items: make([]DueCase, 0, len(all))}
	for _, d := range all {
		c := DueCase{Case: d.ID, Number: d.Number, Until: d.Until.UnixMicro(), Holds: []string{}}
		for _, h := range d.Holds {
			c.Holds = append(c.Holds, h.Reason)
		}
		out.Items = append(out.Items, c)
	}
	return s.unkept(w, r, http.StatusOK, out)
}

func (s *Server) holdCase(w http.ResponseWriter, r *http.Request) error {
	var in holdRequest
	if err := read(r, &in); err != nil {
		return err
	}
	if _, err := s.cfg.Personal.Hold(r.Context(), httpkit.PrincipalOf(r), in.Case, in.Reason); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) liftHold(w http.ResponseWriter, r *http.Request) error {
	var in liftRequest
	if err := read(r, &in); err != nil {
		return err
	}
	if err := s.cfg.Personal.Lift(r.Context(), httpkit.PrincipalOf(r), in.Case); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
