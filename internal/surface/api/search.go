package api

import (
	"net/http"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// SearchResult is what a search found of each kind. Exact says that the only thing found bears exactly the number asked.
type SearchResult struct {
	Exact   bool         `json:"exact"`
	Cases   []ListItem   `json:"cases"`
	Letters []LetterItem `json:"letters"`
	Units   []Unit       `json:"units"`
}

// LetterItem is one letter found; token opens it.
type LetterItem struct {
	Number     string      `json:"number"`
	Title      locale.Text `json:"title"`
	Token      string      `json:"token"`
	Issued     int64       `json:"issued"`
	Case       string      `json:"case"`
	CaseNumber string      `json:"case_number"`
	UnitName   string      `json:"unit_name"`
}

// Bounds of a search: of each kind found, and of what is asked, bytes.
const (
	searchMost  = 20
	searchBytes = 400
)

func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	p := httpkit.PrincipalOf(r)
	q, err := httpkit.WordsOf(r)
	if err != nil {
		return err
	}
	if q == "" || len(q) > searchBytes {
		return fault.New(fault.Invalid, "api.search").At("q")
	}
	found, err := s.cfg.Cases.Find(r.Context(), casework.CallerOf(p), q, searchMost)
	if err != nil {
		return err
	}
	out := SearchResult{Exact: found.Exact, Cases: []ListItem{}, Letters: []LetterItem{}, Units: []Unit{}}
	for _, c := range found.Cases {
		out.Cases = append(out.Cases, item(c))
	}
	for _, l := range found.Letters {
		out.Letters = append(out.Letters, LetterItem{
			Number: l.Number, Title: l.Title, Token: l.Token, Issued: l.At, Case: l.Case, CaseNumber: l.Of.Number, UnitName: l.Of.UnitName,
		})
	}
	if !found.Exact && access.Authorize(p, "units", "read") == nil {
		if out.Units, err = s.cfg.Units.SearchUnits(r.Context(), p, q, searchMost); err != nil {
			return err
		}
	}
	out.Units = orEmpty(out.Units)
	return httpkit.JSON(w, r, http.StatusOK, out)
}
