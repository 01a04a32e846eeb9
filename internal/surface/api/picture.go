package api

import (
	"net/http"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// PictureView is what a procedure's managers see, from its counters; amounts are rial.
type PictureView struct {
	Open     int64         `json:"open"`
	Overdue  int64         `json:"overdue"`
	Steps    []StepView    `json:"steps"`
	Waiting  []WaitingView `json:"waiting"`
	Subjects []SubjectView `json:"subjects"`
	Reasons  []ReasonView  `json:"reasons"`
	Ages     []AgeView     `json:"ages"`
}

// StepView is one step of the funnel: confirmed by acts, and claimed by sheets, never added up.
type StepView struct {
	ID            string      `json:"id"`
	Title         locale.Text `json:"title"`
	N             int64       `json:"n"`
	Amount        int64       `json:"amount"`
	Claimed       int64       `json:"claimed"`
	ClaimedAmount int64       `json:"claimed_amount"`
}

// WaitingView is what waits at a stage; days is the sum over its cases.
type WaitingView struct {
	Stage   string      `json:"stage"`
	Holder  string      `json:"holder"`
	Title   locale.Text `json:"title"`
	N       int64       `json:"n"`
	Amount  int64       `json:"amount"`
	Days    int64       `json:"days"`
	Overdue int64       `json:"overdue"`
	Longest int64       `json:"longest"`
}

// SubjectView compares one subject: a bank, a branch.
type SubjectView struct {
	Subject string           `json:"subject"`
	Open    int64            `json:"open"`
	Overdue int64            `json:"overdue"`
	Steps   map[string]int64 `json:"steps"`
}

// ReasonView counts one coded reason.
type ReasonView struct {
	Code  string      `json:"code"`
	Side  string      `json:"side"`
	Title locale.Text `json:"title"`
	N     int64       `json:"n"`
}

// AgeView counts open cases that their holder has had for up to most days; 0 is open-ended.
type AgeView struct {
	Most   int64 `json:"most"`
	N      int64 `json:"n"`
	Amount int64 `json:"amount"`
}

func (s *Server) picture(w http.ResponseWriter, r *http.Request) error {
	p, err := s.cfg.Pictures.Picture(r.Context(), casework.CallerOf(httpkit.PrincipalOf(r)), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, pictureView(p))
}

func pictureView(p casework.Picture) PictureView {
	out := PictureView{Open: p.Open, Overdue: p.Overdue, Steps: []StepView{}, Waiting: []WaitingView{}, Subjects: []SubjectView{},
		Reasons: []ReasonView{}, Ages: []AgeView{}}
	for _, x := range p.Steps {
		out.Steps = append(out.Steps, StepView{x.ID, x.Title, x.N, x.Amount, x.Claimed, x.ClaimedIn})
	}
	for _, x := range p.Waiting {
		out.Waiting = append(out.Waiting, WaitingView{x.Stage, x.Holder, x.Title, x.N, x.Amount, x.Days, x.Overdue, x.Longest})
	}
	for _, x := range p.Subjects {
		steps := map[string]int64{}
		for id, t := range x.Steps {
			steps[id] = t.N
		}
		out.Subjects = append(out.Subjects, SubjectView{x.Subject, x.Open, x.Overdue, steps})
	}
	for _, x := range p.Reasons {
		out.Reasons = append(out.Reasons, ReasonView{x.Code, x.Side, x.Title, x.N})
	}
	for _, x := range p.Ages {
		out.Ages = append(out.Ages, AgeView{x.Most, x.N, x.Amount})
	}
	return out
}
