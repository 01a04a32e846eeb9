package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/surface/httpkit"
)

// ReferralReviews are the rows of sheets of referrals on which a person must decide; it asks itself who may.
type ReferralReviews interface {
	Reviews(ctx context.Context, by access.Principal, batch string) ([]referral.Review, error)
	// Review gives one row with the units and referrals that it may be.
	Review(ctx context.Context, by access.Principal, batch string, line int) (referral.Review, error)
	// DecideReview gives the case that came of the row, "" for none.
	DecideReview(ctx context.Context, by access.Principal, d referral.Decision) (caseID string, err error)
}

func (s *Server) referralRoutes() []httpkit.Route {
	may := May("referrals", "review")
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/referrals/reviews", Policy: may, Handler: s.referralReviews},
		{Method: http.MethodGet, Pattern: "/referrals/reviews/{batch}/{line}", Policy: may, Handler: s.referralReview},
		{Method: http.MethodPost, Pattern: "/referrals/reviews/{batch}/{line}", Policy: may, Handler: s.decideReferral, MaxBody: formBody},
	}
}

// referralReviews is the queue of rows.
func (s *Server) referralReviews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Referrals == nil {
		return missing("reviews")
	}
	list, err := s.cfg.Desk.Referrals.Reviews(v.ctx, v.p, "")
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.reviews.title.referrals")
	p.Crumbs = []Crumb{{Label: v.T("desk.nav.referrals"), Href: "/referrals/import"}, {Label: p.Title}}
	p.flash(r)
	view := reviewsView{Page: p, Lede: v.T("desk.reviews.lede.referrals"), More: max(0, len(list)-shownReviews)}
	for _, x := range list[:min(len(list), shownReviews)] {
		view.Rows = append(view.Rows, v.referralLine(x))
	}
	return s.Render(w, r, http.StatusOK, "unit/reviews", view)
}

func (v *visit) referralLine(x referral.Review) reviewLine {
	name := x.Name
	if name == "" && len(x.Cells) > 0 {
		name = x.Cells[0].Text
	}
	return reviewLine{Href: "/referrals/reviews/" + x.Batch + "/" + strconv.Itoa(x.Line), Name: name, File: x.File,
		Why: v.T("referral.waits." + x.Reason), Line: x.Line}
}

// referralOf gives the row that the address names.
func (v *visit) referralOf() (referral.Review, error) {
	if v.s.cfg.Desk.Referrals == nil {
		return referral.Review{}, missing("reviews")
	}
	line, err := strconv.Atoi(v.r.PathValue("line"))
	if err != nil {
		return referral.Review{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return v.s.cfg.Desk.Referrals.Review(v.ctx, v.p, v.r.PathValue("batch"), line)
}

func (s *Server) referralReview(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showReferral(w, http.StatusOK, nil)
}

func (v *visit) showReferral(w http.ResponseWriter, status int, wrong map[string]string) error {
	x, err := v.referralOf()
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.review.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.reviews.title.referrals"), Href: "/referrals/reviews"}, {Label: p.Title}}
	view := reviewView{Page: p, Row: v.referralLine(x)}
	for _, c := range x.Cells {
		view.Compare = append(view.Compare, comparedLine{Name: c.Header, Sheet: c.Text})
	}
	fields, err := v.referralFields(x, wrong)
	if err != nil {
		return err
	}
	view.Form = Form{Action: view.Row.Href, Fields: fields, Errors: topped(wrong, fields), Submit: v.T("desk.review.decide")}
	return v.s.Render(w, v.r, status, "unit/review", view)
}

// Answers of the form; each of the first two is followed by an id.
const (
	sameCase  = "case:"
	newOfUnit = "new:"
)

func (v *visit) referralFields(x referral.Review, wrong map[string]string) ([]Field, error) {
	do := Field{ID: "do", Name: "do", Kind: "choice", Label: v.T("desk.review.referral.do"), Value: v.r.PostFormValue("do"), Error: wrong["do"], Required: true}
	option := func(value, label, hint string) {
		do.Options = append(do.Options, Option{Value: value, Label: label, Hint: hint, Chosen: do.Value == value})
	}
	var ids []string
	for _, u := range x.Units {
		ids = append(ids, u.Unit)
	}
	names, err := v.names(ids)
	if err != nil {
		return nil, err
	}
	for _, u := range x.Units {
		for _, c := range u.Cases {
			option(sameCase+c.ID, v.T("desk.review.referral.case", "name", names[u.Unit]),
				v.T("desk.review.referral.case.hint", "number", c.Number, "amount", v.T("web.rial", "n", Num(v.l, c.Amount)), "day", jalali.FromTime(timeOf(c.Opened)).Long(v.l)))
		}
		option(newOfUnit+u.Unit, v.T("desk.review.referral.new", "name", names[u.Unit]), v.T("desk.review.referral.new.hint"))
	}
	if x.New {
		option(newOfUnit, v.T("desk.review.referral.unit"), v.T("desk.review.referral.unit.hint"))
	}
	option(notUnit, v.T("desk.review.referral.not"), v.T("desk.review.not.hint"))
	out := []Field{do}
	if x.Unitless {
		out = append(out, v.amountUnitField(wrong))
	}
	return append(out, v.whyField(wrong)), nil
}

// decideReferral carries out what the form says and goes on to the queue.
func (s *Server) decideReferral(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if err := parse(r); err != nil {
		return err
	}
	x, err := v.referralOf()
	if err != nil {
		return err
	}
	d := referral.Decision{Batch: x.Batch, Line: x.Line, Why: r.PostFormValue("why"), AmountUnit: money.Unit(r.PostFormValue("amount_unit"))}
	switch do := r.PostFormValue("do"); {
	case strings.HasPrefix(do, sameCase):
		d.Do, d.Case = referral.DecideCase, strings.TrimPrefix(do, sameCase)
	case strings.HasPrefix(do, newOfUnit):
		d.Do, d.Unit = referral.DecideNew, strings.TrimPrefix(do, newOfUnit)
	case do == notUnit:
		d.Do = referral.DecideReject
	default:
		return v.showReferral(w, http.StatusUnprocessableEntity, map[string]string{"do": v.T("desk.review.choose.referral")})
	}
	_, err = s.cfg.Desk.Referrals.DecideReview(v.ctx, v.p, d)
	if wrong, ok := v.wrongOf(err); ok {
		return v.showReferral(w, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/referrals/reviews?said=reviewed", http.StatusSeeOther)
	return nil
}

func (v *visit) amountUnitField(wrong map[string]string) Field {
	unit := Field{ID: "amount_unit", Name: "amount_unit", Kind: "choice", Label: v.T("desk.import.amount_unit"), Error: wrong["amount_unit"], Required: true}
	for _, u := range registry.AmountUnits() {
		unit.Options = append(unit.Options, Option{Value: string(u), Label: v.T("desk.import.amount_unit." + string(u)), Chosen: v.r.PostFormValue("amount_unit") == string(u)})
	}
	return unit
}

func (v *visit) whyField(wrong map[string]string) Field {
	return Field{ID: "why", Name: "why", Kind: "area", Label: v.T("desk.review.reason"), Hint: v.T("desk.review.reason.hint"),
		Value: v.r.PostFormValue("why"), Error: wrong["why"], Required: true}
}
