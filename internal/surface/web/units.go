package web

import (
	"context"
	"net/http"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// Units is the register of production units, as far as the principal may see it.
type Units interface {
	// FindUnits gives a page of the units whose name or number matches; After "" begins, Next "" ends.
	FindUnits(ctx context.Context, p access.Principal, q UnitQuery) (UnitPage, error)
	// UnitFile gives one unit's file, or a NotFound fault.
	UnitFile(ctx context.Context, p access.Principal, id string) (*UnitFile, error)
}

// UnitQuery is what a search of units asks for.
type UnitQuery struct {
	Text, County, After string
	Limit               int
}

// UnitRow is one unit found. Kind and Status are codes of the register.
type UnitRow struct{ ID, Name, Kind, County, Status string }

// UnitPage is one page of a search. Total counts all that match.
type UnitPage struct {
	Rows  []UnitRow
	Next  string
	Total int
}

// UnitFile is a unit's file: values with source, date and verifier. Expiry is the licence's last day, a Gregorian civil
// date, "" when not known.
type UnitFile struct {
	UnitRow
	Values []casework.FactView
	Expiry string
}

type unitsView struct {
	*Page
	Field  Field
	Rows   []unitLine
	Pager  Pager
	Import bool
	Empty  string
}

type unitLine struct {
	Name, Href, Kind, County string
	Status                   Pill
}

var statusTone = map[string]string{"active": "good", "half_active": "warn", "idle": "warn", "closed": "bad"}

func (v *visit) unitLine(u UnitRow) unitLine {
	return unitLine{Name: u.Name, Href: "/units/" + u.ID, Kind: v.word("desk.kind.", u.Kind), County: u.County, Status: Pill{Text: v.word("desk.status.", u.Status), Tone: statusTone[u.Status]}}
}

// units searches the register.
func (s *Server) units(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Units == nil {
		return missing("units")
	}
	q, err := v.wordsIn(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := s.cfg.Desk.Units.FindUnits(v.ctx, v.p, UnitQuery{Text: q, After: r.URL.Query().Get("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.units.title")
	view := unitsView{Page: p, Empty: p.T("desk.units.empty"), Import: link{roles: importRoles}.forRole(v.p),
		Field: Field{ID: "f-q", Name: "q", Kind: "search", Label: p.T("desk.search.units"), Value: q}, Pager: v.unitPager(q, page)}
	for _, u := range page.Rows {
		view.Rows = append(view.Rows, v.unitLine(u))
	}
	return s.Render(w, r, http.StatusOK, "unit/units", view)
}

func (v *visit) unitPager(q string, page UnitPage) Pager {
	from := int(numberOf(v.r.URL.Query().Get("from")))
	out := Pager{From: min(from+1, page.Total), To: from + len(page.Rows), Total: max(page.Total, from+len(page.Rows))}
	address := v.withWords("/units", q)
	if page.Next != "" {
		out.Next = address + "&after=" + queryEscape(page.Next) + "&from=" + itoa(int64(out.To))
	}
	if from > 0 {
		out.Prev = address
	}
	return out
}

type unitView struct {
	*Page
	Unit    unitLine
	Groups  []factGroup
	Expiry  *Flash
	Cases   Queue
	Start   string
	Counter string
	Goods   string // what the unit makes
}

// myUnit is the file of the unit that the visitor speaks for.
func (s *Server) myUnit(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if v.p.Unit == "" {
		return fault.New(fault.NotFound, "desk.error.no_unit")
	}
	return v.showUnit(w, v.p.Unit)
}

func (s *Server) unit(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showUnit(w, r.PathValue("id"))
}

func (v *visit) showUnit(w http.ResponseWriter, id string) error {
	if v.s.cfg.Desk.Units == nil || v.s.cfg.Desk.Cases == nil {
		return missing("units")
	}
	u, err := v.s.cfg.Desk.Units.UnitFile(v.ctx, v.p, id)
	if err != nil {
		return err
	}
	cases, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, casework.Query{Unit: id, Sort: "changed", Limit: pageRows, Total: true})
	if err != nil {
		return err
	}
	l, err := v.lister(cases.Rows)
	if err != nil {
		return err
	}
	t, err := v.teller(&casework.View{Facts: u.Values})
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, u.Name)
	if !isOutsider(v.p.Role) {
		p.Crumbs = []Crumb{{Label: v.T("desk.units.title"), Href: "/units"}, {Label: u.Name}}
	}
	view := unitView{Page: p, Unit: v.unitLine(u.UnitRow), Groups: t.groups(&casework.View{Facts: u.Values}), Expiry: v.expiry(u.Expiry, p.Now),
		Cases: Queue{Caption: v.T("desk.unit.cases"), Rows: l.rows(cases.Rows), Empty: v.T("desk.unit.no_cases"), Pager: first(len(cases.Rows), int(cases.Total), v.withWords("/cases?v=open", u.Name))}}
	if v.p.Unit == id || v.p.Is("dir.expert", "dir.registry") {
		view.Start = "/apply?unit=" + queryEscape(id)
	}
	if access.Authorize(v.p, "credentials", "reissue") == nil {
		view.Counter = "/counter/" + id
	}
	if v.s.cfg.Desk.Goods != nil {
		view.Goods = goodsAt(id)
	}
	return v.s.Render(w, v.r, http.StatusOK, "unit/unit", view)
}

// expiryWarning is how many days before its end a licence asks for renewal.
const expiryWarning = 60

// expiry warns of a licence that has ended or ends soon; nil when it has time or is not known.
func (v *visit) expiry(civil string, now time.Time) *Flash {
	last, err := jalali.FromCivil(civil)
	if err != nil {
		return nil
	}
	today := jalali.FromTime(now)
	switch left := last.Index() - today.Index(); {
	case left < 0:
		return &Flash{Tone: "bad", Text: v.T("desk.unit.expired", "date", last.Long(v.l), "n", -left)}
	case left <= expiryWarning:
		return &Flash{Tone: "warn", Text: v.T("desk.unit.expires", "date", last.Long(v.l), "n", left)}
	}
	return nil
}
