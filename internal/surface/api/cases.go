package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

type openRequest struct {
	Procedure string             `json:"procedure"`
	Unit      string             `json:"unit,omitempty"`
	Facts     map[string]any     `json:"facts,omitempty"`
	OnBehalf  *casework.OnBehalf `json:"on_behalf,omitempty"`
	Action    string             `json:"action,omitempty"` // the act that follows at once, such as submit
}

// Receipt is the short answer to a write, for who prefers it (RFC 7240): no case is gathered for it. Version is what the
// next act must have seen.
type Receipt struct {
	ID      string `json:"id"`
	Entry   string `json:"entry"`
	Seq     int64  `json:"seq"`
	Version int64  `json:"version"`
}

// respond answers a write with its receipt, where that is preferred, or with the whole.
func respond(w http.ResponseWriter, r *http.Request, status int, ans casework.Answer, whole any) error {
	if ans.Replay {
		w.Header().Set(replayedHeader, "true")
	}
	if httpkit.PrefersMinimal(r) {
		httpkit.AppliedMinimal(w)
		whole = Receipt{ID: ans.Case, Entry: ans.Entry, Seq: ans.Seq, Version: ans.Version}
	}
	return httpkit.JSON(w, r, status, whole)
}

// open starts a case: 201 with the draft, or with what the act made of it that was to follow. Of opening and act both
// happen or neither; but an act that is refused leaves the draft, named by Location, with the attempt in its journal. The
// key makes a retry harmless; without one a fresh one is drawn, since an empty draft opened twice harms nobody.
func (s *Server) open(w http.ResponseWriter, r *http.Request) error {
	var in openRequest
	if err := read(r, &in); err != nil {
		return err
	}
	key, err := openKey(r)
	if err != nil {
		return err
	}
	who := casework.CallerOf(httpkit.PrincipalOf(r))
	ans, err := s.cfg.Cases.Act(r.Context(), who, casework.Command{
		Key: key, Procedure: in.Procedure, Unit: in.Unit, Facts: typed(in.Facts), OnBehalf: in.OnBehalf, Then: in.Action,
		Show: !httpkit.PrefersMinimal(r),
	})
	if ans.Case != "" {
		w.Header().Set("Location", Prefix+"/cases/"+ans.Case)
	}
	if err != nil {
		return err
	}
	return respond(w, r, http.StatusCreated, ans, ans.View)
}

// replayedHeader says that the key had been used before and nothing was done again; the body is the first answer's.
const replayedHeader = "Idempotency-Replayed"

func openKey(r *http.Request) (string, error) {
	if r.Header.Get(httpkit.KeyHeader) == "" {
		return httpkit.NewKey(), nil
	}
	return httpkit.IdempotencyKey(r)
}

func typed(facts map[string]any) map[string]any {
	for k, v := range facts {
		facts[k] = casework.Typed(v)
	}
	return facts
}

// ListItem is one case of a list.
type ListItem struct {
	ID        string `json:"id"`
	Number    string `json:"number"`
	Procedure string `json:"procedure"`
	Unit      string `json:"unit"`
	UnitName  string `json:"unit_name"`
	County    string `json:"county"`
	Stage     string `json:"stage"`
	Outcome   string `json:"outcome,omitempty"`
	Holder    string `json:"holder"`
	Side      string `json:"side"`
	Version   int64  `json:"version"`
	Due       int64  `json:"due,omitempty"`
	Amount    int64  `json:"amount"`
	Opened    int64  `json:"opened"`
	Changed   int64  `json:"changed"`
}

// CaseList is a page of cases: next is the cursor of the following page, "" on the last.
type CaseList struct {
	Items []ListItem `json:"items"`
	Total int64      `json:"total"`
	Next  string     `json:"next"`
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) error {
	q, err := s.query(r)
	if err != nil {
		return err
	}
	page, err := s.cfg.Cases.List(r.Context(), casework.CallerOf(httpkit.PrincipalOf(r)), q)
	if err != nil {
		return err
	}
	out := CaseList{Items: make([]ListItem, 0, len(page.Rows)), Total: page.Total, Next: page.Next}
	for _, c := range page.Rows {
		out.Items = append(out.Items, item(c))
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

func item(c casework.Row) ListItem {
	return ListItem{
		ID: c.ID, Number: c.Number, Procedure: c.Procedure, Unit: c.Unit, UnitName: c.UnitName, County: c.County,
		Stage: c.Stage, Outcome: c.Outcome, Holder: c.HolderRole, Side: c.Side, Version: c.Version, Due: c.Due,
		Amount: c.Amount, Opened: c.Opened, Changed: c.Changed,
	}
}

// query reads the list's parameters; a parameter it does not know is refused, so that a filter is never silently lost.
func (s *Server) query(r *http.Request) (casework.Query, error) {
	q := casework.Query{Total: true}
	for name, values := range r.URL.Query() {
		v := values[0]
		if len(values) > 1 && name != "stage" {
			return q, fault.New(fault.Invalid, "api.parameter_twice", "name", name).At(name)
		}
		switch name {
		case "procedure":
			q.Procedure = v
		case "stage":
			q.Stages = values
		case "holder":
			q.Holder = v
		case "unit":
			q.Unit = v
		case "county":
			q.County = v
		case httpkit.ClearWords:
		case "sort":
			q.Sort = v
		case "after":
			q.After = v
		case "open":
			q.Open = v == "true" || v == "1"
		case "overdue":
			if v == "true" || v == "1" {
				q.Overdue = s.cfg.Clock.Now().UnixMicro()
			}
		case "limit":
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > 200 {
				return q, fault.New(fault.Invalid, "api.limit").At("limit")
			}
			q.Limit = n
		default:
			return q, fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
	}
	words, err := httpkit.WordsOf(r)
	q.Text = words
	return q, err
}

func (s *Server) look(w http.ResponseWriter, r *http.Request) error {
	v, err := s.cfg.Cases.Look(r.Context(), casework.CallerOf(httpkit.PrincipalOf(r)), r.PathValue("id"))
	if err != nil {
		return err
	}
	Link(v)
	return httpkit.JSON(w, r, http.StatusOK, v)
}

type actRequest struct {
	Version  int64              `json:"version"`
	Facts    map[string]any     `json:"facts,omitempty"`
	Note     string             `json:"note,omitempty"`
	NoteFor  string             `json:"note_for,omitempty"`
	Cites    []string           `json:"cites,omitempty"`
	Reason   string             `json:"reason,omitempty"`
	OnBehalf *casework.OnBehalf `json:"on_behalf,omitempty"`
	Assignee string             `json:"assignee,omitempty"` // of the action assign: a person's id, "" for everybody of the role
}

// unsaid is a version that no case has: a body without one is told so, and not that somebody acted first.
const unsaid = -1

// ActResponse is the case after an act, with the entry that records it.
type ActResponse struct {
	Entry string         `json:"entry"`
	Seq   int64          `json:"seq"`
	Case  *casework.View `json:"case"`
}

// actAnswer is an ActResponse whose case is written already.
type actAnswer struct {
	Entry string          `json:"entry"`
	Seq   int64           `json:"seq"`
	Case  json.RawMessage `json:"case"`
}

func (s *Server) act(w http.ResponseWriter, r *http.Request) error {
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	in := actRequest{Version: unsaid}
	if err := read(r, &in); err != nil {
		return err
	}
	if in.Version < 0 {
		return fault.New(fault.Invalid, "api.version").At("version")
	}
	who := casework.CallerOf(httpkit.PrincipalOf(r))
	ans, err := s.cfg.Cases.Act(r.Context(), who, casework.Command{
		Key: key, Case: r.PathValue("id"), Action: r.PathValue("action"), Version: in.Version, Facts: typed(in.Facts),
		Note: in.Note, NoteFor: in.NoteFor, Cites: in.Cites, Reason: in.Reason, OnBehalf: in.OnBehalf, Assignee: in.Assignee,
		Show: !httpkit.PrefersMinimal(r),
	})
	if err != nil {
		return err
	}
	return respond(w, r, http.StatusOK, ans, actAnswer{Entry: ans.Entry, Seq: ans.Seq, Case: ans.View})
}
