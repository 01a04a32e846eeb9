package web

import (
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// formGroup is one page of a form as a group of questions.
type formGroup struct {
	ID, Title, Text string
	Questions       []Question
}

type actView struct {
	*Page
	Head    caseHead
	Act     actForm
	Changed []string // what happened since the page was opened
	Pending *pending // what is confirmed or declined by the act
	Facts   []Fact   // what the decision rests on, beside the form
}

// actForm is the form of one act.
type actForm struct {
	Action, Key   string
	Version       int64
	Title, Submit string
	About         string // the obligation the act is about
	Danger        bool
	Errors        []FieldError
	Blocked       []string
	Groups        []formGroup
	Cites         *citing
	Reason, Note  *Field
	Behalf        []Question
	Prove         *proof   // the second factor, where it is to be shown first
	Asked         []string // soft questions already asked once more
	Cancel        string
}

// citing are the conditions that a refusal may name.
type citing struct {
	Error   string
	Options []Option
}

// sent is one submission of an act's form.
type sent struct {
	in      *typed
	cites   []string
	reason  string
	note    string
	word    word // of somebody else
	general []string
	proof   string // what is wrong with the second factor
	errs    map[string]string
}

// journey tells a form that is filled page by page, over days, from one that is sent at once.
func journey(a casework.ActionView) bool { return a.Form != nil && len(a.Form.Pages) > 1 }

// action finds the act that the address names among those open to the visitor.
func (v *visit) action(c *casework.View) (casework.ActionView, error) {
	i := slices.IndexFunc(c.Actions, func(a casework.ActionView) bool { return a.ID == v.r.PathValue("action") })
	if i < 0 {
		return casework.ActionView{}, fault.New(fault.Refused, "desk.error.not_open")
	}
	return c.Actions[i], nil
}

func fieldsOf(f *casework.FormView) []casework.FieldView {
	var out []casework.FieldView
	if f != nil {
		for _, p := range f.Pages {
			out = append(out, p.Fields...)
		}
	}
	return out
}

func (s *Server) actForm(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	a, err := v.action(c)
	if err != nil {
		return err
	}
	if journey(a) {
		http.Redirect(w, r, "/cases/"+c.ID+"/apply", http.StatusSeeOther)
		return nil
	}
	return v.showAct(w, http.StatusOK, c, a, nil, nil)
}

func (v *visit) showAct(w http.ResponseWriter, status int, c *casework.View, a casework.ActionView, x *sent, changed []string) error {
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	form, err := v.actFormOf(c, a, t, x)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, a.Title.In(v.l))
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, {Label: v.caseTitle(c), Href: "/cases/" + c.ID}, {Label: a.Title.In(v.l)}}
	view := actView{Page: p, Head: v.head(c), Act: form, Changed: changed}
	view.Act.Key = p.Key
	if a.Kind == casework.ConfirmAction || a.Kind == casework.DeclineAction {
		view.Pending = v.pending(c, t)
	}
	for _, f := range c.Facts {
		if f.Group == "request" && f.Value != nil {
			view.Facts = append(view.Facts, t.fact(c.ID, f))
		}
	}
	return v.s.Render(w, v.r, status, "case/act", view)
}

func (v *visit) actFormOf(c *casework.View, a casework.ActionView, t teller, x *sent) (actForm, error) {
	if x == nil {
		x = &sent{errs: map[string]string{}}
	}
	out := actForm{Action: "/cases/" + c.ID + "/act/" + a.ID, Version: c.Version, Title: a.Title.In(v.l), Submit: a.Title.In(v.l), Cancel: "/cases/" + c.ID,
		Danger: a.Kind == "refuse" || a.Kind == "withdraw"}
	if a.Kind == casework.KindObligation {
		out.About = t.about(c, a.ID)
	}
	for _, b := range a.Blocked {
		out.Blocked = append(out.Blocked, b.In(v.l))
	}
	ask := v.asker(c, t, x.in, x.errs)
	if a.Form != nil {
		for _, pg := range a.Form.Pages {
			g, err := ask.group(pg)
			if err != nil {
				return out, err
			}
			out.Groups = append(out.Groups, g)
		}
	}
	v.reasons(&out, a, x)
	if a.Prove {
		var err error
		if out.Prove, err = v.proofField(x.errs[httpkit.CodeField]); err != nil {
			return out, err
		}
	}
	out.Errors = summary(out, x)
	if x.in != nil {
		out.Asked = sortedSet(x.in.asked)
	}
	return out, nil
}

// group is one page's questions: those that the rules show now, and those that were shown or are wrong.
func (a *asker) group(pg casework.PageView) (formGroup, error) {
	g := formGroup{ID: "p-" + pg.ID, Title: pg.Title.In(a.t.l), Text: pg.Text.In(a.t.l)}
	for _, f := range pg.Fields {
		name := f.Fact.Name
		if !f.Visible && a.errs[name] == "" && (a.typed == nil || !a.typed.shown[name]) {
			continue
		}
		q, err := a.question(f)
		if err != nil {
			return g, err
		}
		g.Questions = append(g.Questions, q)
	}
	return g, nil
}

// reasons adds what an act asks besides its form: conditions, a coded reason, a note, whose word it is.
func (v *visit) reasons(out *actForm, a casework.ActionView, x *sent) {
	if a.Citing {
		out.Cites = &citing{Error: x.errs["cites"]}
		for _, k := range a.Cites {
			no := locale.Digits(v.l, strings.TrimPrefix(k.ID, "C"))
			out.Cites.Options = append(out.Cites.Options, Option{Value: k.ID, Chosen: slices.Contains(x.cites, k.ID), Label: v.T("desk.cite", "no", no, "text", k.Text.In(v.l))})
		}
	}
	if len(a.Reasons) > 0 {
		out.Reason = &Field{ID: "reason", Name: "reason", Kind: "select", Label: v.T("desk.reason"), Hint: v.T("desk.reason.hint"), Required: true, Error: x.errs["reason"],
			Options: []Option{{Label: v.T("desk.choose")}}}
		for _, row := range a.Reasons {
			out.Reason.Options = append(out.Reason.Options, Option{Value: row.Code, Chosen: row.Code == x.reason, Label: row.Title.In(v.l)})
		}
	}
	if a.Note != "none" {
		out.Note = &Field{ID: "note", Name: "note", Kind: "area", Label: v.T("desk.note"), Hint: v.T("desk.note.hint"), Value: x.note, Required: a.Note == "required", Error: x.errs["note"]}
		if a.Note != "required" {
			out.Note.Optional = v.T("desk.optional")
		}
	}
	out.Behalf = v.behalf(a, x)
}

// summary lists every error with a link to its place.
func summary(out actForm, x *sent) []FieldError {
	errs := wrongIn(out.Groups)
	if out.Cites != nil && out.Cites.Error != "" {
		errs = append(errs, FieldError{ID: "cites", Text: out.Cites.Error})
	}
	for _, f := range []*Field{out.Reason, out.Note} {
		if f != nil && f.Error != "" {
			errs = append(errs, FieldError{ID: f.ID, Text: f.Error})
		}
	}
	if out.Prove != nil {
		errs = append(errs, Wrong([]Field{out.Prove.Code})...)
	}
	errs = append(errs, wrongQuestions(out.Behalf)...)
	for _, text := range x.general {
		errs = append(errs, FieldError{ID: "act-form", Text: text})
	}
	return errs
}

func wrongIn(groups []formGroup) []FieldError {
	var out []FieldError
	for _, g := range groups {
		for _, q := range g.Questions {
			if q.Error != "" {
				out = append(out, FieldError{ID: q.ID, Text: q.Error})
			}
			if q.Grid == nil {
				continue
			}
			for _, r := range q.Grid.Rows {
				for _, c := range r.Cells {
					if c.Error != "" {
						out = append(out, FieldError{ID: c.ID, Text: c.Label + ": " + c.Error})
					}
				}
			}
		}
	}
	return out
}

// act carries out one act. Whatever goes wrong, the page comes back with everything that was typed.
func (s *Server) act(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	a, err := v.action(c)
	if err != nil {
		return err
	}
	fields := fieldsOf(a.Form)
	in, err := v.typedFrom(fields)
	if err != nil {
		return err
	}
	x := &sent{in: in, cites: r.PostForm["cites"], reason: r.PostForm.Get("reason"), note: r.PostForm.Get("note"), errs: map[string]string{}}
	if x.word, err = v.wordFrom(); err != nil {
		return err
	}
	if in.reshape(r.PostForm) {
		return v.showAct(w, http.StatusOK, c, a, x, nil)
	}
	if a.Prove && v.s.cfg.Kit.StepUp != nil && httpkit.Shown(r) {
		if c, a, err = v.proveAct(w, c, a, x); err != nil {
			return err
		}
	}
	if x.errs = in.lacking(v.l, fields); a.Behalf && onBehalf(a, x.word) == nil {
		x.errs["behalf"] = v.T("desk.error.behalf")
	}
	if x.proof != "" {
		x.errs[httpkit.CodeField] = x.proof
	}
	if len(x.errs) > 0 {
		return v.showAct(w, http.StatusUnprocessableEntity, c, a, x, nil)
	}
	return v.doAct(w, c, a, x)
}

// proveAct takes the second factor that the act's form shows; what is wrong with it becomes an error of the form.
func (v *visit) proveAct(w http.ResponseWriter, c *casework.View, a casework.ActionView, x *sent) (*casework.View, casework.ActionView, error) {
	next, err := v.s.cfg.Kit.StepUp(w, v.r)
	if f, ok := fault.As(err); ok && f.Key == httpkit.StepUpKey {
		x.proof = wrongProof(v.l, f)
		return c, a, nil
	}
	if err != nil {
		return c, a, err
	}
	*v = *v.s.visit(next)
	if c, err = v.caseOf(); err != nil {
		return c, a, err
	}
	a, err = v.action(c)
	return c, a, err
}

func (v *visit) doAct(w http.ResponseWriter, c *casework.View, a casework.ActionView, x *sent) error {
	key, err := httpkit.IdempotencyKey(v.r)
	if err != nil {
		return err
	}
	cmd := casework.Command{Key: key, Case: c.ID, Action: a.ID, Version: numberOf(v.r.PostForm.Get("version")), Cites: x.cites, Reason: x.reason, Note: x.note,
		NoteFor: "all", Files: slices.Concat(x.in.files, x.word.files), OnBehalf: onBehalf(a, x.word)}
	if a.Form != nil {
		cmd.Facts = x.in.facts(fieldsOf(a.Form))
	}
	_, err = v.s.cfg.Desk.Cases.Act(v.ctx, v.who, cmd)
	if err == nil {
		http.Redirect(w, v.r, "/cases/"+c.ID+"?said=done", http.StatusSeeOther)
		return nil
	}
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	switch f.Kind {
	case fault.Unauthenticated:
		if f.Key != httpkit.StepUpKey {
			return err
		}
		x.errs = map[string]string{httpkit.CodeField: locale.T(v.l, f.Key, f.Args)}
		a.Prove = true
		return v.showAct(w, http.StatusUnauthorized, c, a, x, nil)
	case fault.Invalid, fault.Refused:
		x.errs, x.general = errorsOf(v.l, f)
		x.general = append(x.general, strays(x.errs, a)...)
		return v.showAct(w, http.StatusUnprocessableEntity, c, a, x, nil)
	case fault.Conflict:
		return v.showAct(w, http.StatusConflict, c, a, x, changes(v.l, f))
	}
	return err
}

// strays takes out the errors that no question of the page shows, so that none is lost.
func strays(errs map[string]string, a casework.ActionView) []string {
	known := map[string]bool{"cites": a.Citing, "reason": len(a.Reasons) > 0, "note": a.Note != "none", "behalf": a.Behalf, "source": a.Behalf, evidenceName: a.Behalf}
	for _, f := range fieldsOf(a.Form) {
		known[f.Fact.Name] = true
	}
	var out []string
	for name, text := range errs {
		if !known[name] && !inGrid(name, known) {
			out = append(out, text)
			delete(errs, name)
		}
	}
	slices.Sort(out)
	return out
}

// inGrid reports that NAME.ROW.COLUMN is a box of a known table.
func inGrid(name string, known map[string]bool) bool {
	before, _, ok := cutLast(name, ".")
	table, _, cut := cutLast(before, ".")
	return ok && cut && known[table]
}

// changes are what happened since the page was opened, in the words of the timeline.
func changes(l locale.Lang, f *fault.Fault) []string {
	out := []string{locale.T(l, f.Key, f.Args)}
	for _, d := range f.Details {
		out = append(out, locale.T(l, d.Key, d.Args))
	}
	return out
}

func sortedSet(m map[string]bool) []string {
	var out []string
	for k, on := range m {
		if on {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}
