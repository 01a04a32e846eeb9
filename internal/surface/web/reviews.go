package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/httpkit"
)

// Reviews are the rows of sheets on which a person must decide; it asks itself who may.
type Reviews interface {
	Reviews(ctx context.Context, by access.Principal, batch string) ([]registry.Review, error)
	// Review gives one row with the units that it may be.
	Review(ctx context.Context, by access.Principal, batch string, line int) (registry.Review, error)
	// DecideReview gives the unit that came of the row, "" for none.
	DecideReview(ctx context.Context, by access.Principal, d registry.Decision) (unit string, err error)
}

var reviewRoles = []string{"dir.expert", "dir.head"}

func (s *Server) reviewRoutes() []httpkit.Route {
	may := May("units", "review")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/units/reviews", Policy: may, Handler: s.reviews},
		{Method: http.MethodGet, Pattern: "/units/reviews/{batch}/{line}", Policy: may, Handler: s.review},
		{Method: http.MethodPost, Pattern: "/units/reviews/{batch}/{line}", Policy: may, Handler: s.decideReview, MaxBody: formBody},
	}
}

type reviewsView struct {
	*Page
	Lede string
	Rows []reviewLine
	More int // rows that wait and are not shown: they come as these are decided
}

type reviewLine struct {
	Href, Name, Place, File, Why string
	Line                         int
}

// shownReviews is how many rows the queue shows at once.
const shownReviews = 100

// reviews is the queue: the rows of each sheet in its own order.
func (s *Server) reviews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Reviews == nil {
		return missing("reviews")
	}
	list, err := s.cfg.Desk.Reviews.Reviews(v.ctx, v.p, "")
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.reviews.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.units.title"), Href: "/units"}, {Label: p.Title}}
	p.flash(r)
	view := reviewsView{Page: p, Lede: v.T("desk.reviews.lede"), More: max(0, len(list)-shownReviews)}
	for _, x := range list[:min(len(list), shownReviews)] {
		view.Rows = append(view.Rows, v.reviewLine(x))
	}
	return s.Render(w, r, http.StatusOK, "unit/reviews", view)
}

func (v *visit) reviewLine(x registry.Review) reviewLine {
	name, _ := x.Values[registry.FieldName].(string)
	county, _ := x.Values[registry.FieldCounty].(string)
	return reviewLine{Href: "/units/reviews/" + x.Batch + "/" + strconv.Itoa(x.Line), Name: name, Place: county, File: x.File,
		Why: v.T("desk.review.why." + x.Reason), Line: x.Line}
}

type reviewView struct {
	*Page
	Row     reviewLine
	Units   []Link // the units that it may be, numbered: their names stand in the first row
	Compare []comparedLine
	Form    Form
}

// comparedLine is one field: what the sheet says, and what each unit that it may be has.
type comparedLine struct {
	Name, Sheet string
	Proposed    bool // zeros were put back
	Units       []comparedCell
}

type comparedCell struct {
	Text   string
	Differ bool
}

func (s *Server) review(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showReview(w, http.StatusOK, nil)
}

// reviewOf gives the row that the address names.
func (v *visit) reviewOf() (registry.Review, error) {
	if v.s.cfg.Desk.Reviews == nil || v.s.cfg.Desk.Units == nil {
		return registry.Review{}, missing("reviews")
	}
	line, err := strconv.Atoi(v.r.PathValue("line"))
	if err != nil {
		return registry.Review{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return v.s.cfg.Desk.Reviews.Review(v.ctx, v.p, v.r.PathValue("batch"), line)
}

func (v *visit) showReview(w http.ResponseWriter, status int, wrong map[string]string) error {
	x, err := v.reviewOf()
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.review.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.reviews.title"), Href: "/units/reviews"}, {Label: p.Title}}
	view := reviewView{Page: p, Row: v.reviewLine(x)}
	var files []*UnitFile
	for _, id := range x.Candidates {
		u, err := v.s.cfg.Desk.Units.UnitFile(v.ctx, v.p, id)
		if err != nil {
			return err
		}
		files = append(files, u)
		view.Units = append(view.Units, Link{Label: v.T("desk.review.unit", "n", Num(v.l, int64(len(files)))), Href: "/units/" + u.ID})
	}
	view.Compare = v.compare(x, files)
	fields := v.reviewFields(x, files, wrong)
	view.Form = Form{Action: view.Row.Href, Fields: fields, Errors: topped(wrong, fields), Submit: v.T("desk.review.decide")}
	return v.s.Render(w, v.r, status, "unit/review", view)
}

// compare sets the row beside the units, field by field; a field that only units have is left out.
func (v *visit) compare(x registry.Review, files []*UnitFile) (out []comparedLine) {
	t := teller{l: v.l}
	for _, f := range registry.Fields() {
		val, proposed := x.Values[f.ID], x.Proposed[f.ID]
		line := comparedLine{Name: f.Title.In(v.l), Proposed: proposed != nil, Sheet: x.Unitless[f.ID]}
		if proposed != nil {
			val = proposed
		}
		if val != nil {
			line.Sheet = t.value(casework.FactView{Type: f.Type, Value: val, Label: f.ChoiceTitle(val)})
		}
		if line.Sheet == "" {
			continue
		}
		for _, u := range files {
			line.Units = append(line.Units, t.beside(u, f.ID, line.Sheet))
		}
		out = append(out, line)
	}
	return out
}

func (t teller) beside(u *UnitFile, field, sheet string) comparedCell {
	for _, f := range u.Values {
		if f.Name == "unit."+field {
			c := comparedCell{Text: t.value(f)}
			c.Differ = c.Text != sheet
			return c
		}
	}
	return comparedCell{Text: t.T("desk.unknown")}
}

// Answers of the form; sameAs is followed by the unit's id.
const (
	sameAs    = "same:"
	different = "different"
	notUnit   = "not"
)

func (v *visit) reviewFields(x registry.Review, files []*UnitFile, wrong map[string]string) []Field {
	do := Field{ID: "do", Name: "do", Kind: "choice", Label: v.T("desk.review.do"), Value: v.r.PostFormValue("do"), Error: wrong["do"], Required: true}
	option := func(value, label, hint string) {
		do.Options = append(do.Options, Option{Value: value, Label: label, Hint: hint, Chosen: do.Value == value})
	}
	for _, u := range files {
		option(sameAs+u.ID, v.T("desk.review.same", "name", u.Name), v.T("desk.review.same.hint"))
	}
	apart := "desk.review.different.hint"
	if len(x.Proposed) > 0 {
		apart = "desk.review.padded.hint"
	}
	option(different, v.T("desk.review.different"), v.T(apart))
	option(notUnit, v.T("desk.review.not"), v.T("desk.review.not.hint"))
	out := []Field{do}
	if len(x.Unitless) > 0 {
		out = append(out, v.amountUnitField(wrong))
	}
	return append(out, v.whyField(wrong))
}

// decideReview carries out what the form says and goes on to the queue.
func (s *Server) decideReview(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if err := parse(r); err != nil {
		return err
	}
	x, err := v.reviewOf()
	if err != nil {
		return err
	}
	d := registry.Decision{Batch: x.Batch, Line: x.Line, Why: r.PostFormValue("why"), AmountUnit: money.Unit(r.PostFormValue("amount_unit"))}
	switch do := r.PostFormValue("do"); {
	case strings.HasPrefix(do, sameAs):
		d.Do, d.Unit = registry.DecideUpdate, strings.TrimPrefix(do, sameAs)
	case do == notUnit:
		d.Do = registry.DecideReject
	case do == different && len(x.Proposed) > 0:
		d.Do = registry.DecidePadded
	case do == different:
		d.Do = registry.DecideNew
	default:
		return v.showReview(w, http.StatusUnprocessableEntity, map[string]string{"do": v.T("desk.review.choose")})
	}
	_, err = s.cfg.Desk.Reviews.DecideReview(v.ctx, v.p, d)
	if wrong, ok := v.wrongOf(err); ok {
		return v.showReview(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/units/reviews?said=reviewed", http.StatusSeeOther)
	return nil
}
