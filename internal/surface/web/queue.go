package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/httpkit"
)

// views are the saved views of the queue, in the order of their tabs.
var views = []string{"mine", "overdue", "open", "closed", "all"}

// sorts are the orders of the queue; the first is the default.
var sorts = []string{"due", "changed", "opened", "amount"}

// pageRows is how many cases one page of the queue shows.
const pageRows = 25

type queueView struct {
	*Page
	Heading, Finding string
	Strip            []Figure
	Queue            Queue
	Keys             bool
	News             *newsBox
}

// asked is what a queue's address asks for.
type asked struct {
	view, stage, county, text, sort string
	after                           string
	count                           casework.TallyKey                       // the cases behind a counter of the managers' page
	trail                           []string                                // cursors of the pages before
	seal                            func(words string) (name, value string) // for addresses; nil writes them in clear
}

func askedOf(q url.Values) asked {
	a := asked{view: q.Get("v"), stage: q.Get("stage"), county: text.Display(q.Get("county")), text: text.Display(q.Get("q")),
		sort: q.Get("sort"), after: q.Get("after")}
	a.count = casework.TallyKey{Procedure: q.Get("procedure"), What: q.Get("count"), Key: q.Get("key"), Subject: q.Get("of"), Day: q.Get("day")}
	if !slices.Contains(views, a.view) {
		a.view = "mine"
	}
	if !slices.Contains(sorts, a.sort) {
		a.sort = sorts[0]
	}
	a.trail = q["trail"]
	return a
}

// href is the address of the same question with some answers replaced; empty ones are left out.
func (a asked) href(change func(*asked)) string {
	change(&a)
	q := url.Values{"v": {a.view}}
	for name, v := range map[string]string{"procedure": a.count.Procedure, "count": a.count.What, "key": a.count.Key, "of": a.count.Subject, "day": a.count.Day, "stage": a.stage, "county": a.county, "q": a.text, "after": a.after} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if a.seal != nil && a.text != "" {
		q.Del(httpkit.ClearWords)
		q.Set(a.seal(a.text))
	}
	if a.sort != sorts[0] {
		q.Set("sort", a.sort)
	}
	if len(a.trail) > 0 { // one for each page before; that of the first page is blank
		q["trail"] = a.trail
	}
	return "/cases?" + q.Encode()
}

// sheet is the address of the whole answer as a workbook.
func (a asked) sheet() string {
	return strings.Replace(a.href(restart(func(*asked) {})), "/cases?", "/cases.xlsx?", 1)
}

// restart leaves the page numbers behind when the question changes.
func restart(change func(*asked)) func(*asked) {
	return func(a *asked) { a.after, a.trail = "", nil; change(a) }
}

func (s *Server) queue(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	if to, err := v.firstAsk(); err != nil || to != "" {
		return v.goTo(w, to, err)
	}
	a, err := v.queueAsk(r.URL.Query())
	if err != nil {
		return err
	}
	defs, err := v.definitions()
	if err != nil {
		return err
	}
	page, err := s.cfg.Desk.Cases.List(v.ctx, v.who, v.query(a, defs))
	if err != nil {
		return err
	}
	l, err := v.lister(page.Rows)
	if err != nil {
		return err
	}
	p := s.Page(r, "desk.queue.title")
	view := queueView{Page: p, Heading: p.T("desk.queue.title"), Keys: len(page.Rows) > 1,
		Queue: Queue{Caption: p.T("desk.queue.caption." + a.view), Rows: l.rows(page.Rows), Empty: p.T("desk.queue.empty." + a.view), At: "cases", Pager: pager(a, page)}}
	v.filters(&view.Queue, a, defs)
	if len(page.Rows) > 0 {
		view.Queue.Sheet = a.sheet()
	}
	p.flash(r)
	_, question, _ := strings.Cut(a.href(func(*asked) {}), "?")
	if view.News, err = v.listNews("/cases", question, shownCases(page.Rows), v.laterCases(v.query(a, defs))); err != nil {
		return err
	}
	if err := errors.Join(v.tabs(&view, a, defs), v.savedTabs(&view.Queue, a)); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "queue/queue", view)
}

// goTo leads on to another address, unless something failed.
func (v *visit) goTo(w http.ResponseWriter, to string, err error) error {
	if err == nil {
		http.Redirect(w, v.r, to, http.StatusSeeOther)
	}
	return err
}

func (v *visit) definitions() ([]*procedure.Definition, error) {
	if v.s.cfg.Desk.Definitions == nil {
		return nil, missing("definitions")
	}
	return v.s.cfg.Desk.Definitions.All(v.ctx)
}

// query turns the address into the engine's question.
func (v *visit) query(a asked, defs []*procedure.Definition) casework.Query {
	q := casework.Query{County: a.county, Text: a.text, Sort: a.sort, After: a.after, Limit: pageRows, Total: true}
	switch a.view {
	case "mine":
		q.Holder, q.Mine, q.Open = v.p.Role, v.mine(), true
	case "overdue":
		q.Overdue, q.Open = v.s.cfg.Clock.Now().UnixMicro(), true
	case "open":
		q.Open = true
	case "closed":
		q.Stages = finals(defs)
	}
	if a.stage != "" {
		q.Stages = []string{a.stage}
	}
	if a.count.What != "" {
		q.Procedure, q.Tally = a.count.Procedure, a.count
	}
	return q
}

func finals(defs []*procedure.Definition) []string {
	var out []string
	for _, d := range defs {
		for _, st := range d.Stages {
			if st.Final && !slices.Contains(out, st.ID) {
				out = append(out, st.ID)
			}
		}
	}
	return out
}

func pager(a asked, page casework.Page) Pager {
	from := len(a.trail)*pageRows + 1
	out := Pager{From: from, To: from + len(page.Rows) - 1, Total: int(page.Total)}
	if page.Next != "" {
		out.Next = a.href(func(x *asked) { x.trail, x.after = append(slices.Clone(a.trail), a.after), page.Next })
	}
	if n := len(a.trail); n > 0 {
		out.Prev = a.href(func(x *asked) { x.after, x.trail = a.trail[n-1], a.trail[:n-1] })
	}
	return out
}

// tabs counts every saved view under the same filters and says the finding above them.
func (v *visit) tabs(view *queueView, a asked, defs []*procedure.Definition) error {
	counts := map[string]int{}
	for _, name := range views {
		b := a
		b.view, b.after = name, ""
		q := v.query(b, defs)
		q.Limit = 1
		page, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, q)
		if err != nil {
			return err
		}
		n := int(page.Total)
		counts[name] = n
		view.Queue.Tabs = append(view.Queue.Tabs, Tab{Label: v.T("desk.view." + name), Count: n, Hot: name == "overdue" && n > 0, Current: name == a.view,
			Href: a.href(restart(func(x *asked) { x.view = name }))})
	}
	view.Finding = v.finding(counts["mine"], counts["overdue"])
	return nil
}

// finding is the sentence that a list begins with.
func (v *visit) finding(mine, late int) string {
	switch {
	case mine == 0 && late == 0:
		return v.T("desk.finding.none")
	case late == 0:
		return v.T("desk.finding.mine", "mine", mine)
	case mine == 0:
		return v.T("desk.finding.late", "late", late)
	}
	return v.T("desk.finding.both", "mine", mine, "late", late)
}

func (v *visit) filters(q *Queue, a asked, defs []*procedure.Definition) {
	q.Hidden = []Param{{"v", a.view}}
	for _, h := range []Param{{"procedure", a.count.Procedure}, {"count", a.count.What}, {"key", a.count.Key}, {"of", a.count.Subject}, {"day", a.count.Day}} {
		if h.Value != "" {
			q.Hidden = append(q.Hidden, h)
		}
	}
	q.Filters = []Field{
		{ID: "f-q", Name: "q", Kind: "search", Label: v.T("desk.filter.text"), Value: a.text},
		{ID: "f-stage", Name: "stage", Kind: "select", Label: v.T("desk.filter.stage"), Options: v.stageOptions(a, defs)},
		{ID: "f-county", Name: "county", Kind: "search", Label: v.T("desk.filter.county"), Value: a.county},
		{ID: "f-sort", Name: "sort", Kind: "select", Label: v.T("desk.filter.sort"), Options: v.sortOptions(a, defs)},
	}
	chip := func(label, value string, off func(*asked)) {
		if value != "" {
			q.Chips = append(q.Chips, Chip{Label: label + v.T("desk.colon") + value, Href: a.href(restart(off))})
		}
	}
	chip(v.T("desk.filter.text"), a.text, func(x *asked) { x.text = "" })
	chip(v.T("desk.filter.stage"), chosen(q.Filters[1].Options, a.stage), func(x *asked) { x.stage = "" })
	chip(v.T("desk.filter.county"), a.county, func(x *asked) { x.county = "" })
	if a.count.What != "" {
		chip(v.T("desk.picture.title"), v.T("desk.picture.behind"), func(x *asked) { x.count = casework.TallyKey{} })
	}
	q.Clear = "/cases?v=" + a.view
}

func chosen(options []Option, value string) string {
	for _, o := range options {
		if o.Value == value && value != "" {
			return o.Label
		}
	}
	return ""
}

func (v *visit) stageOptions(a asked, defs []*procedure.Definition) []Option {
	out := []Option{{Label: v.T("desk.filter.all_stages")}}
	seen := map[string]bool{}
	for _, d := range defs {
		for _, st := range d.Stages {
			if seen[st.ID] {
				continue
			}
			seen[st.ID] = true
			out = append(out, Option{Value: st.ID, Label: stageTitle(v, st.Title, st.Public), Chosen: st.ID == a.stage})
		}
	}
	return out
}

// sortOptions are the orders of the queue; an order by amounts is not for who may not read them.
func (v *visit) sortOptions(a asked, defs []*procedure.Definition) []Option {
	var out []Option
	for _, s := range sorts {
		if s != "amount" || casework.SeesAmounts(defs, v.p.Role) {
			out = append(out, Option{Value: s, Label: v.T("desk.sort." + s), Chosen: s == a.sort})
		}
	}
	return out
}
