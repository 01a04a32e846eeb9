package web

import (
	"context"
	"net/http"
	"strconv"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// News waits for a case to change.
type News interface {
	// Next gives a case's version once it is later than the one seen, or after a while the one seen.
	Next(ctx context.Context, p access.Principal, id string, seen int64) int64
}

// NewsPath ends the addresses that pages ask by themselves while somebody reads: asking there is no use of a session.
const NewsPath = "/news"

// caseNews says to who may see a case that it has a later version than the one they read, as soon as it has: 200, or 204
// after a while. What changed stands on the page.
func (s *Server) caseNews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(r.URL.Query().Get("seen"), 10, 64) // none has been seen
	version := c.Version
	if version <= seen && s.cfg.Desk.News != nil {
		version = s.cfg.Desk.News.Next(v.ctx, v.p, c.ID, seen)
	}
	w.Header().Set("Cache-Control", "no-store")
	if version <= seen {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write([]byte(`{"version":` + itoa(version) + "}\n"))
	return err
}

// newsOf is where a page asks whether its case has changed. An auditor's page does not ask: each look of theirs is an entry
// of the journal.
func (v *visit) newsOf(c *casework.View) string {
	if v.s.cfg.Desk.News == nil || v.p.Role == "auditor" {
		return ""
	}
	return "/cases/" + c.ID + NewsPath + "?seen=" + itoa(c.Version)
}
