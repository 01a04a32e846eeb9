package web

import (
	"net/http"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/httpkit"
)

// answerGroup is the answers of one page of a form.
type answerGroup struct {
	Title   string
	Answers []Answer
}

// doubt is an amount that looks ten times too large or too small, said in plain words.
type doubt struct{ Text, Change string }

type checkView struct {
	*Page
	Head    caseHead
	Groups  []answerGroup
	Doubts  []doubt
	Errors  []FieldError
	Verdict *Verdict
	Blocked []string
	Behalf  []Question
	Action  string
	Key     string
	Version int64
	Confirm bool
	Submit  string
	Cancel  string
}

// check shows every answer with the way to change it, the amounts in words, and where the conditions stand.
func (s *Server) check(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	if !f.ready() {
		http.Redirect(w, r, f.base()+"/apply", http.StatusSeeOther)
		return nil
	}
	return v.showCheck(w, http.StatusOK, f, &sent{errs: map[string]string{}}, nil)
}

func (v *visit) showCheck(w http.ResponseWriter, status int, f *filling, x *sent, changed []string) error {
	t, err := v.teller(f.c)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "desk.check.title")
	p.Crumbs = []Crumb{{Label: v.caseTitle(f.c), Href: f.base()}, {Label: f.a.Form.Title.In(v.l), Href: f.base() + "/apply"}, {Label: p.Title}}
	view := checkView{Page: p, Head: v.head(f.c), Doubts: t.doubts(f), Action: f.base() + "/check", Key: p.Key, Version: f.c.Version,
		Submit: f.a.Title.In(v.l), Cancel: f.base() + "/apply", Confirm: v.r.PostFormValue("sure") != ""}
	for _, pg := range f.a.Form.Pages {
		view.Groups = append(view.Groups, t.answers(f, pg))
	}
	for _, b := range f.a.Blocked {
		view.Blocked = append(view.Blocked, b.In(v.l))
	}
	if len(f.c.Conditions) > 0 {
		view.Verdict = t.verdict(f.c)
	}
	if f.a.Behalf {
		view.Behalf = append(v.behalf(f.a, x), v.callNote(x))
	}
	view.Errors = v.checkErrors(x, f)
	if len(changed) > 0 {
		p.Flash = &Flash{Tone: "warn", Text: changed[0]}
	}
	return v.s.Render(w, v.r, status, "apply/check", view)
}

// checkErrors lists what keeps the form from being filed; errors of answers lead to their pages' answers here.
func (v *visit) checkErrors(x *sent, f *filling) []FieldError {
	var out []FieldError
	for _, q := range fieldsOf(f.a.Form) {
		if text := x.errs[q.Fact.Name]; text != "" {
			out = append(out, FieldError{ID: "answers", Text: q.Fact.Title.In(v.l) + ": " + text})
		}
	}
	for _, id := range []string{"sure", "behalf", "evidence", "note"} {
		if text := x.errs[id]; text != "" {
			out = append(out, FieldError{ID: id, Text: text})
		}
	}
	for _, text := range x.general {
		out = append(out, FieldError{ID: "answers", Text: text})
	}
	return out
}

func (t teller) answers(f *filling, pg casework.PageView) answerGroup {
	g := answerGroup{Title: pg.Title.In(t.l)}
	for _, q := range pg.Fields {
		if !q.Visible {
			continue
		}
		a := Answer{Question: q.Fact.Title.In(t.l), Value: t.value(q.Fact), Change: f.base() + "/apply/" + pg.ID + "?back=check#" + fieldID(q.Fact.Name)}
		switch {
		case q.Fact.Value == nil && q.Required != "hard":
			a.Value = t.T("desk.check.open")
		case q.Fact.Type == "money":
			if n, ok := rialOf(q.Fact.Value); ok {
				a.Echo = money.Echo(money.Rial(n), t.l)
			}
		case q.Fact.Type == "table":
			if n := sumOf(q.Fact); n > 0 {
				a.Echo = t.T("desk.sum", "amount", money.Echo(money.Rial(n), t.l))
			}
		}
		g.Answers = append(g.Answers, a)
	}
	return g
}

func rialOf(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), true
	}
	return 0, false
}

// sumOf adds the amounts of a table's rows.
func sumOf(f casework.FactView) int64 {
	var total int64
	for _, c := range f.Columns {
		if c.Type != "money" {
			continue
		}
		for _, row := range tableOf(f.Value) {
			n, _ := rialOf(row[c.ID])
			total += n
		}
	}
	return total
}

// tenfold is how far apart two amounts are when a zero was lost or gained, or toman was taken for rial.
const tenfold = 10

// doubts finds amounts that look ten times wrong: against the sum of the uses, against last year's sales, and against the
// ceiling of what was chosen. A doubt never refuses: it asks.
func (t teller) doubts(f *filling) []doubt {
	var out []doubt
	facts := map[string]int64{}
	for _, x := range f.c.Facts {
		if n, ok := rialOf(x.Value); ok && x.Type == "money" {
			facts[x.Name] = n
		}
	}
	for _, pg := range f.a.Form.Pages {
		for _, q := range pg.Fields {
			n, ok := rialOf(q.Fact.Value)
			if !ok || q.Fact.Type != "money" || n == 0 || q.Fact.Group != "request" {
				continue
			}
			if text := t.doubt(f, q, n, facts); text != "" {
				out = append(out, doubt{Text: text, Change: f.base() + "/apply/" + pg.ID + "?back=check#" + fieldID(q.Fact.Name)})
			}
		}
	}
	return out
}

func (t teller) doubt(f *filling, q casework.FieldView, n int64, facts map[string]int64) string {
	name, said := q.Fact.Title.In(t.l), money.Echo(money.Rial(n), t.l)
	for _, other := range fieldsOf(f.a.Form) {
		sum := sumOf(other.Fact)
		if sum > 0 && (sum/tenfold == n || n/tenfold == sum) {
			return t.T("desk.doubt.sum", "fact", name, "said", said, "other", other.Fact.Title.In(t.l), "sum", money.Echo(money.Rial(sum), t.l))
		}
	}
	if ceiling := facts["package.ceiling"]; ceiling > 0 && n > ceiling && n/tenfold <= ceiling {
		return t.T("desk.doubt.ceiling", "fact", name, "said", said, "ceiling", money.Echo(money.Rial(ceiling), t.l))
	}
	if sales := facts["unit.sales_last_year"]; sales > 0 && n/tenfold > sales {
		return t.T("desk.doubt.sales", "fact", name, "said", said, "sales", money.Echo(money.Rial(sales), t.l))
	}
	return ""
}

// submit files the form, unless an amount is in doubt and the person has not said that it is right.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	f, err := v.filling()
	if err != nil {
		return err
	}
	t, err := v.teller(f.c)
	if err != nil {
		return err
	}
	x := &sent{note: r.PostFormValue("note"), errs: map[string]string{}}
	if x.word, err = v.wordFrom(); err != nil {
		return err
	}
	if len(t.doubts(f)) > 0 && r.PostFormValue("sure") == "" {
		x.errs["sure"] = v.T("desk.error.sure")
	}
	if f.a.Behalf && onBehalf(f.a, x.word) == nil {
		x.errs["behalf"] = v.T("desk.error.behalf")
	}
	if len(x.errs) > 0 {
		return v.showCheck(w, http.StatusUnprocessableEntity, f, x, nil)
	}
	return v.file(w, f, x)
}

func (v *visit) file(w http.ResponseWriter, f *filling, x *sent) error {
	key, err := httpkit.IdempotencyKey(v.r)
	if err != nil {
		return err
	}
	_, err = v.s.cfg.Desk.Cases.Act(v.ctx, v.who, casework.Command{Key: key, Case: f.c.ID, Action: f.a.ID,
		Version: numberOf(v.r.PostFormValue("version")), Note: x.note, Files: x.word.files, OnBehalf: onBehalf(f.a, x.word)})
	if err == nil {
		http.Redirect(w, v.r, f.base()+"/receipt", http.StatusSeeOther)
		return nil
	}
	flt, ok := fault.As(err)
	switch {
	case !ok:
		return err
	case flt.Kind == fault.Conflict:
		return v.showCheck(w, http.StatusConflict, f, x, changes(v.l, flt))
	case flt.Kind != fault.Invalid && flt.Kind != fault.Refused:
		return err
	}
	x.errs, x.general = errorsOf(v.l, flt)
	x.general = append(x.general, strays(x.errs, f.a)...)
	return v.showCheck(w, http.StatusUnprocessableEntity, f, x, nil)
}

type receiptView struct {
	*Page
	Receipt Receipt
	Next    []string
	Letter  *File
	Facts   []Fact
}

// receipt confirms what was filed: number, date, who acts next and by when, and the letter that says so.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.Timeline, func(e casework.EventView) bool { return e.Kind == casework.KindActed })
	if i < 0 {
		http.Redirect(w, r, "/cases/"+c.ID, http.StatusSeeOther)
		return nil
	}
	t, err := v.teller(c)
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.receipt.title")
	p.Crumbs = []Crumb{{Label: v.T("desk.queue.title"), Href: "/cases"}, {Label: v.caseTitle(c), Href: "/cases/" + c.ID}, {Label: p.Title}}
	view := receiptView{Page: p, Receipt: Receipt{Title: p.T("desk.receipt.title"), Code: c.Number, Text: p.T("desk.receipt.text", "what", c.Procedure.Title.In(v.l)), At: timeOf(c.Timeline[i].At),
		Actions: []Action{{Label: p.T("desk.receipt.case"), Href: "/cases/" + c.ID, Icon: "eye", Main: true}}}, Next: v.next(c)}
	if len(c.Letters) > 0 {
		letter := t.letters(&casework.View{Letters: c.Letters[:1]})[0]
		view.Letter = &letter
	}
	return s.Render(w, r, http.StatusOK, "apply/receipt", view)
}

// next says what happens after filing.
func (v *visit) next(c *casework.View) []string {
	out := []string{v.T("desk.receipt.stage", "stage", stageTitle(v, c.Stage.Title, c.Stage.Public))}
	if c.Holder.Role != "" {
		out = append(out, v.T("desk.receipt.turn", "who", c.Holder.Title.In(v.l)))
	}
	if c.Holder.Due > 0 {
		out = append(out, v.T("desk.receipt.due", "date", longDate(v.l, c.Holder.Due-1)))
	}
	if o := c.Holder.Otherwise.In(v.l); o != "" {
		out = append(out, v.T("desk.receipt.otherwise", "what", o))
	}
	return append(out, locale.T(v.l, "desk.receipt.told", nil))
}
