package web

import (
	"context"
	"net/http"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/surface/httpkit"
)

// Counter hands credentials on paper to people of units; it asks itself who may.
type Counter interface {
	Speakers(ctx context.Context, by access.Principal, unit string) ([]party.Colleague, error)
	ReissueAtCounter(ctx context.Context, by access.Principal, unit, person string) (party.Printed, error)
}

func (s *Server) counterRoutes() []httpkit.Route {
	may := May("credentials", "reissue")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/counter/{id}", Policy: may, Handler: s.counter},
		{Method: http.MethodPost, Pattern: "/counter/{id}/reissue", Policy: may, Handler: s.reissueAtCounter, MaxBody: formBody, Fresh: true},
	}
}

type counterView struct {
	*Page
	Unit, Name, Apply string
	Rows              []counterLine
}

type counterLine struct{ Person, Name, Role string }

// counter is what the office does for a unit that came in person: its paper form, and its people's credentials.
func (s *Server) counter(w http.ResponseWriter, r *http.Request) error {
	v, unit := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Counter == nil {
		return missing("counter")
	}
	if s.cfg.Desk.Units == nil {
		return missing("units")
	}
	file, err := s.cfg.Desk.Units.UnitFile(v.ctx, v.p, unit) // only of a unit that there is
	if err != nil {
		return err
	}
	all, err := s.cfg.Desk.Counter.Speakers(v.ctx, v.p, unit)
	if err != nil {
		return err
	}
	view := counterView{Page: s.Page(r, "desk.counter.title"), Unit: unit, Name: file.Name, Apply: "/apply?unit=" + queryEscape(unit)}
	for _, c := range all {
		view.Rows = append(view.Rows, counterLine{Person: c.Person, Name: c.Name, Role: access.RoleTitle(c.Role).In(v.l)})
	}
	return s.Render(w, r, http.StatusOK, "unit/counter", view)
}

// reissueAtCounter shows the new credentials once, to be printed.
func (s *Server) reissueAtCounter(w http.ResponseWriter, r *http.Request) error {
	v, unit := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Counter == nil {
		return missing("counter")
	}
	out, err := s.cfg.Desk.Counter.ReissueAtCounter(v.ctx, v.p, unit, r.PostFormValue("person"))
	if err != nil {
		return err
	}
	names, err := v.names([]string{out.Person})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.Render(w, r, http.StatusOK, "admin/printed", printedView{Page: s.Page(r, "admin.printed.title"), Name: names[out.Person],
		Href: "/counter/" + unit, Password: out.Password, Codes: out.Codes})
}
