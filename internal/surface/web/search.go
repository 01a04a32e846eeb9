package web

import (
	"net/http"
	"strings"

	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// searchRows is how many of each kind one search shows; the list of the kind has the rest.
const searchRows = 8

type searchView struct {
	*Page
	Field  Field
	Asked  bool
	Groups []foundGroup
}

// foundGroup is what a search found of one kind. More leads to the list of the kind, where it has one.
type foundGroup struct {
	ID, Title string
	Rows      []foundRow
	More      *Link
}

type foundRow struct {
	Title, Href, Code, Sub string
	Pill                   *Pill
}

// search looks for what was typed among everything the visitor may see. The exact number of a case or a letter leads
// straight to it.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	q, err := v.wordsIn(r.URL.Query())
	if err != nil {
		return err
	}
	q = strings.TrimSpace(q)
	p := s.Page(r, "search.title")
	view := searchView{Page: p, Asked: text.Fold(q) != "",
		Field: Field{ID: "q", Name: "q", Kind: "search", Label: p.T("search.all"), Hint: p.T("search.hint"), Value: q, Focus: q == ""}}
	if !view.Asked {
		return s.Render(w, r, http.StatusOK, "queue/search", view)
	}
	found, err := s.cfg.Desk.Cases.Find(v.ctx, v.who, q, searchRows)
	if err != nil {
		return err
	}
	if to := straight(found); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther) // #nosec G710 -- a path of this host, with the id of a case that was found
		return nil
	}
	view.Groups, err = v.groups(q, found)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "queue/search", view)
}

// straight is the address of the one thing that bears exactly the number typed, "" for none.
func straight(f casework.Found) string {
	switch {
	case !f.Exact:
		return ""
	case len(f.Cases) == 1:
		return "/cases/" + f.Cases[0].ID
	case len(f.Letters) == 1:
		return "/letters/" + f.Letters[0].Token
	}
	return ""
}

// groups are what was found, by kind; a kind of which nothing was found is left out.
func (v *visit) groups(q string, found casework.Found) ([]foundGroup, error) {
	cases, err := v.foundCases(q, found.Cases)
	if err != nil {
		return nil, err
	}
	units, err := v.foundUnits(q)
	if err != nil {
		return nil, err
	}
	pages, err := v.foundPages(q)
	if err != nil {
		return nil, err
	}
	var out []foundGroup
	for _, g := range []foundGroup{cases, v.foundLetters(found.Letters), units, pages} {
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

func (v *visit) foundCases(q string, rows []casework.Row) (foundGroup, error) {
	g := foundGroup{ID: "found-cases", Title: v.T("desk.queue.title")}
	l, err := v.lister(rows)
	if err != nil {
		return g, err
	}
	for _, r := range rows {
		said := l.row(r)
		sub := l.procedure(r)
		if said.Title == sub {
			sub = ""
		}
		g.Rows = append(g.Rows, foundRow{Title: said.Title, Href: said.Href, Code: said.Code, Sub: joined(v, sub, said.Place), Pill: &said.Stage})
	}
	if len(rows) == searchRows {
		g.More = &Link{Label: v.T("search.more_cases"), Href: v.withWords("/cases?v=all", q)}
	}
	return g, nil
}

// joined puts what is there of two texts side by side.
func joined(v *visit, a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + v.T("web.comma") + b
}

func (v *visit) foundLetters(letters []casework.FoundLetter) foundGroup {
	g := foundGroup{ID: "found-letters", Title: v.T("desk.letters")}
	for _, x := range letters {
		g.Rows = append(g.Rows, foundRow{Title: x.Title.In(v.l), Href: "/letters/" + x.Token, Code: x.Number, Sub: joined(v, x.Of.UnitName, longDate(v.l, x.At))})
	}
	return g
}

// foundUnits searches the register for who may read it; for all others there are no units to find.
func (v *visit) foundUnits(q string) (foundGroup, error) {
	g := foundGroup{ID: "found-units", Title: v.T("desk.units.title")}
	if v.s.cfg.Desk.Units == nil || access.Authorize(v.p, "units", "read") != nil {
		return g, nil
	}
	page, err := v.s.cfg.Desk.Units.FindUnits(v.ctx, v.p, UnitQuery{Text: q, Limit: searchRows})
	if err != nil {
		return g, err
	}
	for _, u := range page.Rows {
		line := v.unitLine(u)
		g.Rows = append(g.Rows, foundRow{Title: line.Name, Href: line.Href, Sub: joined(v, line.Kind, line.County), Pill: &line.Status})
	}
	if len(g.Rows) == searchRows {
		g.More = &Link{Label: v.T("search.more_units"), Href: v.withWords("/units", q)}
	}
	return g, nil
}

// foundPages are the visitor's own pages and the procedures in force whose title has every typed word.
func (v *visit) foundPages(q string) (foundGroup, error) {
	g := foundGroup{ID: "found-pages", Title: v.T("search.pages")}
	add := func(title, href string) {
		if hasWords(title, q) {
			g.Rows = append(g.Rows, foundRow{Title: title, Href: href})
		}
	}
	for _, l := range deskLinks {
		if l.forRole(v.p) {
			add(v.T(l.key), l.href)
		}
	}
	for _, n := range publicNav {
		add(v.T(n.key), n.href)
	}
	if v.s.cfg.Manuals == nil {
		return g, nil
	}
	manuals, err := v.s.cfg.Manuals.List(v.ctx)
	for _, m := range manuals {
		add(m.Title.In(v.l), "/procedures/"+m.ID)
	}
	return g, err
}

// hasWords says whether a title has every typed word in it, however it is spelt.
func hasWords(title, typed string) bool {
	title = text.Fold(title)
	for _, word := range strings.Fields(text.Fold(strings.ReplaceAll(typed, "\u200c", " "))) {
		if !strings.Contains(title, word) {
			return false
		}
	}
	return true
}

// searchLink is where the box on top of a page looks: everything, for who signed in; letters, for everybody else.
func searchLink(p *Page, who access.Principal) Link {
	if who.SignedIn() {
		return Link{Href: "/search", Label: p.T("search.all")}
	}
	return Link{Href: "/verify", Label: p.T("web.search.letters")}
}
