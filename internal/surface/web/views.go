package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// Views keeps questions of the queue under names, for one person or for all of a body.
type Views interface {
	Views(ctx context.Context, p access.Principal) ([]casework.SavedView, error)
	KeepView(ctx context.Context, p access.Principal, v casework.SavedView) (string, error)
	RenameView(ctx context.Context, p access.Principal, id, name string) error
	RemoveView(ctx context.Context, p access.Principal, id string) error
	// BeginWithView makes a view the one that the queue begins with; "" none.
	BeginWithView(ctx context.Context, p access.Principal, id string) error
}

type savedView struct {
	*Page
	Keep   *keepForm // nil where no question was brought
	Rows   []savedLine
	Errors []FieldError
}

// keepForm gives the question that a queue asks a name.
type keepForm struct {
	Ask, Words string
	Field      Field
	Share      bool // the visitor may share it with their body
	Shared     bool
}

type savedLine struct {
	ID, Words string
	Link      Link
	Field     Field
	Mine      bool
	First     bool
	Pills     []Pill
}

// ask is the query that asks the same question from its first page.
func (a asked) ask() string {
	return strings.TrimPrefix(a.href(restart(func(*asked) {})), "/cases?")
}

func (s *Server) savedViews(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showViews(w, http.StatusOK, viewsTyped{ask: r.URL.Query().Get("ask")}, nil)
}

// viewsTyped is what came with a form that could not be carried out: it is shown again.
type viewsTyped struct {
	ask, name, of string // of is the view to be renamed
	shared        bool
}

func (v *visit) showViews(w http.ResponseWriter, status int, typed viewsTyped, wrong map[string]string) error {
	if v.s.cfg.Desk.Views == nil {
		return missing("views")
	}
	defs, err := v.definitions()
	if err != nil {
		return err
	}
	all, err := v.s.cfg.Desk.Views.Views(v.ctx, v.p)
	if err != nil {
		return err
	}
	p := v.s.Page(v.r, "views.title")
	p.Crumbs = []Crumb{{Label: p.T("desk.queue.title"), Href: "/cases"}, {Label: p.Title}}
	p.flash(v.r)
	view, fields := savedView{Page: p}, []Field{}
	if typed.ask != "" {
		view.Keep = v.keepForm(typed, defs, wrong)
		fields = append(fields, view.Keep.Field)
	}
	for _, x := range all {
		line := v.savedLine(x, typed, defs, wrong)
		view.Rows, fields = append(view.Rows, line), append(fields, line.Field)
	}
	view.Errors = topped(wrong, fields)
	return v.s.Render(w, v.r, status, "queue/views", view)
}

func (v *visit) keepForm(typed viewsTyped, defs []*procedure.Definition, wrong map[string]string) *keepForm {
	a := v.askOf(typed.ask)
	k := &keepForm{Ask: a.ask(), Words: v.words(a, defs), Shared: typed.shared, Share: v.p.Body != "" && access.Allows(v.p.Role, "views", "share"),
		Field: Field{ID: "name", Name: "name", Kind: "text", Label: v.T("views.name"), Hint: v.T("views.name.hint"), Required: true, Autocomplete: "off"}}
	if typed.of == "" {
		k.Field.Value, k.Field.Error = typed.name, wrong["name"]
	}
	return k
}

func (v *visit) savedLine(x casework.SavedView, typed viewsTyped, defs []*procedure.Definition, wrong map[string]string) savedLine {
	a := v.askOf(x.Ask)
	l := savedLine{ID: x.ID, Words: v.words(a, defs), Link: Link{Label: x.Name, Href: "/cases?" + a.ask()}, Mine: x.Mine, First: x.First,
		Field: Field{ID: "name-" + x.ID, Name: "name", Kind: "text", Label: v.T("views.rename"), Value: x.Name, Autocomplete: "off"}}
	if typed.of == x.ID {
		l.Field.Value, l.Field.Error = typed.name, wrong["name"]
	}
	if x.First {
		l.Pills = append(l.Pills, Pill{Text: v.T("views.first"), Tone: "brand"})
	}
	if x.Shared {
		l.Pills = append(l.Pills, Pill{Text: v.T("views.shared"), Tone: "info"})
	}
	return l
}

// words says a question of the queue in words: which list, its filters, its order.
func (v *visit) words(a asked, defs []*procedure.Definition) string {
	var q Queue
	v.filters(&q, a, defs)
	out := []string{v.T("desk.queue.caption." + a.view)}
	for _, c := range q.Chips {
		out = append(out, c.Label)
	}
	out = append(out, v.T("desk.filter.sort")+v.T("desk.colon")+v.T("desk.sort."+a.sort))
	return strings.Join(out, v.T("web.comma"))
}

func (s *Server) keepView(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Views == nil {
		return missing("views")
	}
	typed := viewsTyped{ask: r.PostFormValue("ask"), name: text.Display(r.PostFormValue("name")), shared: r.PostFormValue("shared") != ""}
	a := v.askOf(typed.ask)
	_, err := s.cfg.Desk.Views.KeepView(v.ctx, v.p, casework.SavedView{Name: typed.name, Ask: a.kept(), Shared: typed.shared})
	return v.afterViews(w, typed, "/cases?"+a.ask()+"&said=view_kept", err)
}

// changeView renames or removes a view, or makes it the first: the button says which.
func (s *Server) changeView(w http.ResponseWriter, r *http.Request) error {
	v, id := s.visit(r), r.PathValue("id")
	if s.cfg.Desk.Views == nil {
		return missing("views")
	}
	typed, said, err := viewsTyped{of: id, name: text.Display(r.PostFormValue("name"))}, "", error(nil)
	switch views := s.cfg.Desk.Views; r.PostFormValue("do") {
	case "remove":
		said, err = "view_removed", views.RemoveView(v.ctx, v.p, id)
	case "first":
		said, err = "view_first", views.BeginWithView(v.ctx, v.p, id)
	case "last":
		said, err = "view_last", views.BeginWithView(v.ctx, v.p, "")
	default:
		said, err = "view_renamed", views.RenameView(v.ctx, v.p, id, typed.name)
	}
	return v.afterViews(w, typed, "/views?said="+said, err)
}

func (v *visit) afterViews(w http.ResponseWriter, typed viewsTyped, to string, err error) error {
	if wrong, ok := v.wrongOf(err); ok {
		return v.showViews(w, http.StatusUnprocessableEntity, typed, wrong)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, v.r, to, http.StatusSeeOther)
	return nil
}

// firstAsk is where the queue begins for the visitor who asked for no list in particular: the address of their first view,
// "" without one.
func (v *visit) firstAsk() (string, error) {
	q := v.r.URL.Query()
	q.Del("lang")
	q.Del("theme")
	if len(q) > 0 || v.s.cfg.Desk.Views == nil {
		return "", nil
	}
	all, err := v.s.cfg.Desk.Views.Views(v.ctx, v.p)
	i := slices.IndexFunc(all, func(x casework.SavedView) bool { return x.First })
	if err != nil || i < 0 {
		return "", err
	}
	return "/cases?" + v.askOf(all[i].Ask).ask(), nil
}

// savedTabs are the visitor's saved views as tabs after the queue's own; the one that is open counts what it has.
func (v *visit) savedTabs(q *Queue, a asked) error {
	if v.s.cfg.Desk.Views == nil {
		return nil
	}
	all, err := v.s.cfg.Desk.Views.Views(v.ctx, v.p)
	if err != nil {
		return err
	}
	q.Keep = "/views?ask=" + queryEscape(a.ask())
	for _, x := range all {
		ask := v.askOf(x.Ask).ask()
		tab := Tab{Label: x.Name, Href: "/cases?" + ask, Bare: true}
		if ask == a.ask() {
			for i := range q.Tabs {
				q.Tabs[i].Current = false
			}
			tab.Current, tab.Bare, tab.Count, q.Keep = true, false, q.Pager.Total, ""
		}
		q.Tabs = append(q.Tabs, tab)
	}
	q.Saved = len(all) > 0
	return nil
}
