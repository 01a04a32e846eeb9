package api

import (
	"net/http"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// ObligationItem is one obligation or opinion that waits for the caller, with its case. What may be done about it, and the
// papers that show it, stand in the case.
type ObligationItem struct {
	casework.ObligationView
	Case ListItem `json:"case"`
}

// ObligationList is a page of them, what is due first: next is the cursor of the following page, "" on the last.
type ObligationList struct {
	Items []ObligationItem `json:"items"`
	Total int64            `json:"total"`
	Next  string           `json:"next"`
}

// obligations lists what waits for the caller, as the page of obligations does: their own, and those they see to.
func (s *Server) obligations(w http.ResponseWriter, r *http.Request) error {
	f, after, limit, err := owedAsked(r)
	if err != nil {
		return err
	}
	page, err := s.cfg.Cases.OwedBy(r.Context(), casework.CallerOf(httpkit.PrincipalOf(r)), f, after, limit)
	if err != nil {
		return err
	}
	out := ObligationList{Items: make([]ObligationItem, 0, len(page.Rows)), Total: page.Total, Next: page.Next}
	for _, x := range page.Rows {
		x.View.Papers = []casework.FactView{}
		out.Items = append(out.Items, ObligationItem{ObligationView: x.View, Case: item(x.Case)})
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

// owedStates are the states in which something waits for somebody.
var owedStates = []string{casework.ObligationOpen, casework.ObligationClaimed, casework.OpinionAsked}

func owedAsked(r *http.Request) (f casework.OwedFilter, after string, limit int, err error) {
	for name, values := range r.URL.Query() {
		v := values[0]
		switch name {
		case "state":
			if f.State = v; !slices.Contains(owedStates, v) {
				return f, "", 0, fault.New(fault.Invalid, "api.obligation_state").At("state")
			}
		case "due":
			d, err := jalali.FromCivil(v)
			if err != nil {
				return f, "", 0, fault.New(fault.Invalid, "api.day", "field", "due").At("due")
			}
			f.Before = d.AddDays(1).Start().UnixMicro() + 1 // a due is the instant after its last day
		case "holder":
			f.Holder = v
		case "after":
			after = v
		case "limit":
			if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > 200 {
				return f, "", 0, fault.New(fault.Invalid, "api.limit").At("limit")
			}
		default:
			return f, "", 0, fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
	}
	return f, after, limit, nil
}
