package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// Offers tells what a unit may apply for, and how its conditions stand on what is known already.
type Offers interface {
	Offers(ctx context.Context, p access.Principal, unit string) ([]Offer, error)
}

// Offer is one procedure that a unit may start, answered before anything is filled.
type Offer struct {
	ID, Version    string
	Title, Summary locale.Text
	Facts          []casework.FactView // what is known already
	Conditions     []casework.ConditionView
	Behalf         string // the role whose word it would be; "" when the visitor applies themselves
}

type offerLine struct {
	ID, Title, Summary, Version, Key string
	Manual                           string
	Facts                            []Fact
	Verdict                          *Verdict
	Passed, Failed, Open             int
	For                              string // the role whose word it would be
	Behalf                           *Field
}

type applyView struct {
	*Page
	Unit, UnitName string
	Offers         []offerLine
	Drafts         Queue
}

// apply lists what the unit may start, with its eligibility before filling, and the drafts it has begun.
func (s *Server) apply(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Offers == nil || s.cfg.Desk.Cases == nil {
		return missing("offers")
	}
	unit := v.p.Unit
	if q := r.URL.Query().Get("unit"); unit == "" {
		unit = q
	}
	if unit == "" && strings.HasPrefix(v.p.Role, "unit.") {
		return fault.New(fault.Invalid, "desk.error.no_unit")
	}
	begun := casework.Query{Unit: unit, Open: true, Sort: "changed", Limit: pageRows, Total: true}
	if unit == "" {
		begun.Holder = v.p.Role
	}
	offers, err := s.cfg.Desk.Offers.Offers(v.ctx, v.p, unit)
	if err != nil {
		return err
	}
	page, err := s.cfg.Desk.Cases.List(v.ctx, v.who, begun)
	if err != nil {
		return err
	}
	l, err := v.lister(page.Rows)
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.apply.title")
	view := applyView{Page: p, Unit: unit, Drafts: Queue{Caption: p.T("desk.apply.open"), Rows: l.rows(page.Rows), Empty: p.T("desk.apply.none_open"), Pager: first(len(page.Rows), int(page.Total), "/cases?v=open")}}
	if err := v.tellDraftsOnly(p); err != nil {
		return err
	}
	for _, o := range offers {
		line, err := v.offer(o)
		if err != nil {
			return err
		}
		view.Offers = append(view.Offers, line)
	}
	return s.Render(w, r, http.StatusOK, "apply/apply", view)
}

func (v *visit) offer(o Offer) (offerLine, error) {
	c := &casework.View{Facts: o.Facts, Conditions: o.Conditions, Procedure: casework.ProcedureRef{ID: o.ID, Title: o.Title, Version: o.Version}}
	t, err := v.teller(c)
	if err != nil {
		return offerLine{}, err
	}
	out := offerLine{ID: o.ID, Title: o.Title.In(v.l), Summary: o.Summary.In(v.l), Version: locale.Digits(v.l, o.Version), Key: httpkit.NewKey(), Manual: "/procedures/" + o.ID}
	for _, f := range o.Facts {
		if f.Value != nil {
			out.Facts = append(out.Facts, t.fact("", f))
		}
	}
	for _, k := range o.Conditions {
		switch k.Is {
		case "met":
			out.Passed++
		case "not_met":
			out.Failed++
		default:
			out.Open++
		}
	}
	if len(o.Conditions) > 0 {
		out.Verdict = t.verdict(c)
		out.Verdict.ID, out.Verdict.Title, out.Verdict.Lede, out.Verdict.Link = "why-"+o.ID, v.T("desk.apply.eligibility"), v.T("desk.apply.eligibility.lede"), nil
	}
	if o.Behalf != "" {
		f := v.behalfField(casework.ActionView{For: o.Behalf}, "", "")
		f.ID += "-" + o.ID
		out.For, out.Behalf = o.Behalf, &f
	}
	return out, nil
}

// openCase starts a draft and leads to its task list.
func (s *Server) openCase(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	key, err := httpkit.IdempotencyKey(r)
	if err != nil {
		return err
	}
	cmd := casework.Command{Key: key, Procedure: r.PathValue("procedure"), Unit: v.p.Unit}
	if cmd.Unit == "" {
		cmd.Unit = r.PostFormValue("unit")
	}
	if role := r.PostFormValue("for"); role != "" { // whether this role may be spoken for, the engine decides
		cmd.OnBehalf = onBehalf(casework.ActionView{Behalf: true, For: role}, word{source: r.PostFormValue("behalf")})
		if cmd.OnBehalf == nil {
			return fault.New(fault.Invalid, "desk.error.behalf").At("behalf")
		}
	}
	ans, err := s.cfg.Desk.Cases.Act(v.ctx, v.who, cmd)
	if err != nil {
		return err
	}
	to := "/cases/" + ans.Case
	if cmd.Unit != "" {
		to += "/apply" // a request is filled page by page; any other case begins with its actions
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// task is one page of a form on the task list.
type task struct {
	Title, Href string
	State       Pill
	Why         string // why it cannot start yet
}

type tasksView struct {
	*Page
	Head   caseHead
	Lede   string
	Tasks  []task
	Done   int
	Cancel string
}

// filling is the form that a case is being filled with.
type filling struct {
	c *casework.View
	a casework.ActionView
}

// filling finds the form that is filled page by page, the main one first.
func (v *visit) filling() (*filling, error) {
	c, err := v.caseOf()
	if err != nil {
		return nil, err
	}
	var found *filling
	for _, a := range c.Actions {
		if journey(a) && (found == nil || a.Main) {
			found = &filling{c: c, a: a}
		}
	}
	if found == nil {
		return nil, fault.New(fault.Refused, "desk.error.not_open")
	}
	return found, nil
}

func (f *filling) base() string { return "/cases/" + f.c.ID }

// pageState says how far a page is: done, begun, not begun, or optional while nobody has written on a page that asks for
// nothing; soft questions that are open leave it begun.
func pageState(pg casework.PageView) string {
	any, open, asked := false, false, false
	for _, f := range pg.Fields {
		if !f.Visible {
			continue
		}
		if f.Fact.Value != nil {
			any = true
			continue
		}
		open = open || f.Required == "hard"
		asked = asked || f.Required != "no"
	}
	switch {
	case any && !open:
		return "done"
	case !any && !asked:
		return "optional"
	case any:
		return "begun"
	}
	return "new"
}

// ready reports that every page has its hard answers.
func (f *filling) ready() bool {
	return !slices.ContainsFunc(f.a.Form.Pages, func(pg casework.PageView) bool {
		state := pageState(pg)
		return state != "done" && state != "optional"
	})
}

var taskTone = map[string]string{"done": "good", "begun": "info", "new": "", "optional": "", "wait": ""}

func (s *Server) tasks(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	p := s.Page(r, f.a.Form.Title.In(v.l))
	p.flash(r)
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, {Label: v.caseTitle(f.c), Href: f.base()}, {Label: p.Title}}
	view := tasksView{Page: p, Head: v.head(f.c), Cancel: f.base()}
	for _, pg := range f.a.Form.Pages {
		state := pageState(pg)
		if state == "done" {
			view.Done++
		}
		view.Tasks = append(view.Tasks, task{Title: pg.Title.In(v.l), Href: f.base() + "/apply/" + pg.ID, State: Pill{Text: v.T("desk.task." + state), Tone: taskTone[state]}})
	}
	last := task{Title: v.T("desk.check.title"), State: Pill{Text: v.T("desk.task.wait")}, Why: v.T("desk.task.wait.why")}
	if f.ready() {
		last = task{Title: last.Title, Href: f.base() + "/check", State: Pill{Text: v.T("desk.task.new")}}
	}
	view.Tasks = append(view.Tasks, last)
	view.Lede = v.T("desk.task.lede", "done", view.Done, "all", len(f.a.Form.Pages))
	return s.Render(w, r, http.StatusOK, "apply/tasks", view)
}

type pageFormView struct {
	*Page
	Head     caseHead
	Form     actForm
	Step     string
	Autosave string
}

func (f *filling) page(id string) (int, error) {
	i := slices.IndexFunc(f.a.Form.Pages, func(pg casework.PageView) bool { return pg.ID == id })
	if i < 0 {
		return 0, fault.New(fault.NotFound, "fault.not_found")
	}
	return i, nil
}

func (s *Server) applyPage(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	i, err := f.page(r.PathValue("page"))
	if err != nil {
		return err
	}
	return v.showPage(w, http.StatusOK, f, i, nil, nil)
}

func (v *visit) showPage(w http.ResponseWriter, status int, f *filling, i int, x *sent, changed []string) error {
	t, err := v.teller(f.c)
	if err != nil {
		return err
	}
	if x == nil {
		x = &sent{errs: map[string]string{}}
	}
	pg := f.a.Form.Pages[i]
	g, err := v.asker(f.c, t, x.in, x.errs).group(pg)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, pg.Title.In(v.l))
	p.flash(v.r)
	p.Crumbs = []Crumb{{Label: v.caseTitle(f.c), Href: f.base()}, {Label: f.a.Form.Title.In(v.l), Href: f.base() + "/apply"}, {Label: p.Title}}
	form := actForm{Action: f.base() + "/apply/" + pg.ID, Key: p.Key, Version: f.c.Version, Title: pg.Title.In(v.l), Submit: v.T("desk.apply.continue"), Groups: []formGroup{g}, Cancel: f.base() + "/apply"}
	if v.r.FormValue("back") != "" {
		form.Submit = v.T("desk.apply.back_to_check")
		form.Action += "?back=check"
	}
	if f.a.Behalf {
		form.Behalf = v.behalf(f.a, x)[:1] // a draft states nothing yet: what shows it is asked for when it is filed
	}
	form.Errors = summary(form, x)
	if x.in != nil {
		form.Asked = sortedSet(x.in.asked)
	}
	view := pageFormView{Page: p, Head: v.head(f.c), Form: form, Step: v.T("desk.apply.step", "n", i+1, "of", len(f.a.Form.Pages)), Autosave: f.base() + "/draft"}
	if len(changed) > 0 {
		p.Flash = &Flash{Tone: "warn", Text: strings.Join(changed, " ")}
	}
	return v.s.Render(w, v.r, status, "apply/page", view)
}

// savePage saves one page as a draft and leads on: to the question that an answer has just opened, to the next page, or
// back to the answers.
func (s *Server) savePage(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	i, err := f.page(r.PathValue("page"))
	if err != nil {
		return err
	}
	pg := f.a.Form.Pages[i]
	in, err := v.typedFrom(pg.Fields)
	if err != nil {
		return err
	}
	x := &sent{in: in, word: word{source: r.PostForm.Get("behalf")}, errs: map[string]string{}}
	if in.reshape(r.PostForm) {
		return v.showPage(w, http.StatusOK, f, i, x, nil)
	}
	if f.a.Behalf && onBehalf(f.a, x.word) == nil {
		x.errs["behalf"] = v.T("desk.error.behalf")
		return v.showPage(w, http.StatusUnprocessableEntity, f, i, x, nil)
	}
	return v.savedPage(w, f, i, x)
}

func (v *visit) savedPage(w http.ResponseWriter, f *filling, i int, x *sent) error {
	pg := f.a.Form.Pages[i]
	key, err := httpkit.IdempotencyKey(v.r)
	if err != nil {
		return err
	}
	_, err = v.draft(key, f, pg, x)
	if flt, ok := fault.As(err); ok {
		switch flt.Kind {
		case fault.Invalid, fault.Refused:
			x.errs, x.general = errorsOf(v.l, flt)
			x.general = append(x.general, strays(x.errs, f.a)...)
			return v.showPage(w, http.StatusUnprocessableEntity, f, i, x, nil)
		case fault.Conflict:
			return v.showPage(w, http.StatusConflict, f, i, x, changes(v.l, flt))
		}
	}
	if err != nil {
		return err
	}
	now, err := v.filling()
	if err != nil {
		return err
	}
	if v.r.PostForm.Get("_do") == "save" && len(x.in.wrong) == 0 {
		http.Redirect(w, v.r, f.base()+"/apply?said=saved", http.StatusSeeOther)
		return nil
	}
	// The page is saved; what it lacks is asked for on the saved version.
	if x.errs = x.in.lacking(v.l, now.a.Form.Pages[i].Fields); len(x.errs) > 0 {
		return v.showPage(w, http.StatusUnprocessableEntity, now, i, x, nil)
	}
	http.Redirect(w, v.r, v.onward(now, i, x.in), http.StatusSeeOther)
	return nil
}

// onward is where a saved page leads.
func (v *visit) onward(f *filling, i int, in *typed) string {
	for _, q := range f.a.Form.Pages[i].Fields {
		if q.Visible && !in.shown[q.Fact.Name] {
			return f.base() + "/apply/" + f.a.Form.Pages[i].ID + "?said=more#" + fieldID(q.Fact.Name)
		}
	}
	switch {
	case v.r.URL.Query().Get("back") != "" && f.ready():
		return f.base() + "/check"
	case i+1 < len(f.a.Form.Pages):
		return f.base() + "/apply/" + f.a.Form.Pages[i+1].ID
	case f.ready():
		return f.base() + "/check"
	}
	return f.base() + "/apply"
}

// draft saves what a page holds; nothing need be complete.
func (v *visit) draft(key string, f *filling, pg casework.PageView, x *sent) (casework.Answer, error) {
	return v.s.cfg.Desk.Cases.Act(v.ctx, v.who, casework.Command{Key: key, Case: f.c.ID, Action: casework.DraftAction, Version: numberOf(v.r.PostForm.Get("version")),
		Facts: x.in.facts(pg.Fields), Files: x.in.files, OnBehalf: onBehalf(f.a, x.word)})
}

// autosave saves a page in the making and tells the script the version it now stands at. Each save has a key of its own:
// the version keeps two from overwriting each other.
func (s *Server) autosave(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	all := casework.PageView{Fields: fieldsOf(f.a.Form)}
	in, err := v.typedFrom(all.Fields)
	if err != nil {
		return err
	}
	for _, f := range in.wrong {
		return f
	}
	ans, err := v.draft(httpkit.NewKey(), f, all, &sent{in: in, word: word{source: r.PostForm.Get("behalf")}})
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, map[string]int64{"version": ans.Version})
}
