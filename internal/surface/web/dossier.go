package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/paper"
)

// Dossiers gives the signed-in person all that is held of them, as one zip; the journal keeps that they took it.
type Dossiers interface {
	Dossier(ctx context.Context, p access.Principal, l locale.Lang) (io.ReadCloser, error)
}

// ownData sends the person what is held of them.
func (s *Server) ownData(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Dossiers == nil {
		return missing("dossiers")
	}
	file, err := s.cfg.Desk.Dossiers.Dossier(v.ctx, v.p, v.l)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="my-data.zip"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, file); err != nil {
		panic(http.ErrAbortHandler) // half of it must not look whole
	}
	return nil
}

// DossierPDF writes what is held of a person for reading.
func DossierPDF(l locale.Lang, d *privacy.Dossier) ([]byte, error) {
	doc := dossierTeller{teller{l: l}}.printout(d)
	var b bytes.Buffer
	err := paper.Manual(&b, doc.paper(l))
	return b.Bytes(), err
}

// dossierTeller writes a dossier in words.
type dossierTeller struct{ teller }

func (t dossierTeller) printout(d *privacy.Dossier) printout {
	doc := printout{Title: t.T("dossier.title"), Subtitle: d.Person.Name, Foot: t.T("dossier.foot", "at", t.momentText(d.Made))}
	doc.Cover = []string{t.T("dossier.made", "at", t.momentText(d.Made)), t.T("dossier.ground." + d.Ground), t.T("dossier.rest")}
	var left []string
	for _, x := range d.LeftOut {
		left = append(left, x.Why.In(t.l))
	}
	doc.add(part{ID: "left", Title: t.T("dossier.left"), List: left})
	doc.add(part{ID: "person", Title: t.T("dossier.person"), Table: t.pairs([][2]string{
		{t.T("dossier.name"), d.Person.Name}, {t.T("dossier.national_code"), d.Person.NationalCode}, {t.T("dossier.mobile"), d.Person.Mobile},
		{t.T("dossier.registered"), t.momentText(d.Person.Registered)}, {t.T("dossier.id"), d.Person.ID},
	})})
	doc.add(part{ID: "ways", Title: t.T("dossier.ways"), Table: t.ways(d)})
	doc.add(part{ID: "sessions", Title: t.T("dossier.sessions"), Table: t.sessions(d)})
	doc.add(part{ID: "posts", Title: t.T("dossier.posts"), Table: t.posts(d)})
	doc.add(part{ID: "claims", Title: t.T("dossier.claims"), Table: t.ownClaims(d)})
	for _, u := range d.Units {
		doc.add(part{ID: "unit-" + u.ID, Title: t.T("dossier.unit", "name", u.Name), Lines: []string{t.standing(u)}, Table: t.unitValues(u)})
	}
	for _, c := range d.Cases {
		t.caseParts(&doc, c)
	}
	doc.add(part{ID: "registers", Title: t.T("dossier.registers"), Table: t.registers(d)})
	doc.add(part{ID: "documents", Title: t.T("dossier.documents"), Table: t.papers(d)})
	lists := &grid{Head: []string{t.T("dossier.name"), t.T("dossier.question"), t.T("casefile.at")}}
	for _, x := range d.Lists {
		lists.Rows = append(lists.Rows, []cell{{Text: x.Name}, {Text: ltr(x.Ask)}, {Text: t.momentText(x.At)}})
	}
	doc.add(part{ID: "lists", Title: t.T("dossier.lists"), Table: lists})
	doc.add(part{ID: "looked", Title: t.T("dossier.looked"), Lines: []string{t.T("dossier.looked.lede")}, Table: t.looks(d.Looked)})
	doc.add(part{ID: "asked", Title: t.T("dossier.asked"), Table: t.looks(d.Asked)})
	erasures := &grid{Head: []string{t.T("dossier.basis"), t.T("casefile.state"), t.T("casefile.at")}}
	for _, e := range d.Erasures {
		erasures.Rows = append(erasures.Rows, row(wordOf(t.l, "privacy.ground.", e.Basis), wordOf(t.l, "privacy.state.", e.State), t.momentText(max(e.Asked, e.Decided))))
	}
	doc.add(part{ID: "erasures", Title: t.T("dossier.erasures"), Table: erasures})
	return doc
}

// pairs is a table of titles and values, without those that are empty.
func (t dossierTeller) pairs(all [][2]string) *grid {
	g := &grid{Head: []string{t.T("casefile.fact"), t.T("casefile.value")}, Widths: []float64{3, 6}}
	for _, x := range all {
		if x[1] != "" {
			g.Rows = append(g.Rows, row(x[0], x[1]))
		}
	}
	return g
}

func (t dossierTeller) ways(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("dossier.way"), t.T("dossier.since"), t.T("dossier.used")}}
	for _, x := range d.Ways {
		g.Rows = append(g.Rows, row(t.joined(wordOf(t.l, "dossier.way.", x.Kind), x.Name), t.momentText(x.Created), t.momentText(x.Used)))
	}
	if d.Codes.Given > 0 {
		g.Rows = append(g.Rows, row(t.T("dossier.codes", "n", d.Codes.Left), "", ""))
	}
	return g
}

func (t dossierTeller) registers(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("casefile.fact"), t.T("casefile.value"), t.T("casefile.at")}, Widths: []float64{3, 6, 2}}
	for _, x := range d.Registers {
		var said []string
		for _, v := range x.Values {
			said = append(said, t.T("dossier.said", "title", v.Title.In(t.l), "value", t.civil(v.Value)))
		}
		g.Rows = append(g.Rows, row(x.Register.In(t.l)+" "+x.What, t.joined(said...), t.momentText(x.At)))
	}
	return g
}

// joined puts what is there of some texts side by side.
func (t dossierTeller) joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), t.T("web.comma"))
}

func (t dossierTeller) sessions(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("dossier.since"), t.T("dossier.used"), t.T("dossier.ends")}}
	for _, x := range d.Sessions {
		g.Rows = append(g.Rows, row(t.momentText(x.Began), t.momentText(x.Seen), t.momentText(x.Ends)))
	}
	return g
}

func (t dossierTeller) civil(day string) string {
	if on, err := jalali.FromCivil(day); err == nil {
		return on.Long(t.l)
	}
	return day
}

func (t dossierTeller) posts(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("dossier.post"), t.T("dossier.from"), t.T("dossier.to"), t.T("dossier.by_paper")}, Widths: []float64{4, 2, 2, 3}}
	for _, x := range d.Posts {
		to := t.civil(x.To)
		if x.Ended != 0 {
			to = t.momentText(x.Ended)
		}
		line := row(t.joined(wordOf(t.l, "desk.role.", x.Role), x.Title.In(t.l), x.Where.In(t.l)), t.civil(x.From), to, x.Document)
		line[len(line)-1].Code = len(x.Document) == hashLength // a claim's evidence
		g.Rows = append(g.Rows, line)
	}
	for _, x := range d.Powers {
		way := "dossier.power.taken"
		if x.Given {
			way = "dossier.power.given"
		}
		g.Rows = append(g.Rows, row(t.T(way, "scope", wordOf(t.l, "desk.role.", x.Scope)), t.civil(x.From), t.civil(x.To), x.Document))
	}
	for _, x := range d.Leaves {
		g.Rows = append(g.Rows, row(t.T("dossier.leave"), t.civil(x.From), t.civil(x.To), x.Document))
	}
	return g
}

func (t dossierTeller) ownClaims(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("dossier.claim"), t.T("casefile.state"), t.T("casefile.at"), t.T("casefile.why")}, Widths: []float64{4, 2, 2, 3}}
	for _, x := range d.Claims {
		name := x.UnitName
		if name == "" {
			name = x.Unit
		}
		g.Rows = append(g.Rows, row(t.joined(name, wordOf(t.l, "desk.role.", x.Post)), wordOf(t.l, "registry.claim_is_", x.State), t.momentText(max(x.Made, x.Decided)), x.Reason))
	}
	return g
}

func (t dossierTeller) standing(u privacy.UnitPart) string {
	switch {
	case u.Owner && u.Speaks:
		return t.T("dossier.unit.both")
	case u.Owner:
		return t.T("dossier.unit.owner")
	case u.Speaks:
		return t.T("dossier.unit.speaks")
	}
	return t.T("dossier.unit.spoke")
}

func (t dossierTeller) unitValues(u privacy.UnitPart) *grid {
	g := &grid{Head: []string{t.T("casefile.fact"), t.T("casefile.value"), t.T("casefile.source")}, Widths: []float64{3, 4, 3}}
	for _, v := range u.Values {
		f, _ := registry.FieldByID(v.Field)
		said := t.value(casework.FactView{Type: f.Type, Value: v.Value, Label: f.ChoiceTitle(v.Value)})
		from := t.joined(wordOf(t.l, "desk.source.", v.Source), shortDate(t.l, v.AsOf))
		if v.Until != 0 {
			from = t.joined(from, t.T("dossier.until", "date", shortDate(t.l, v.Until)))
		}
		g.Rows = append(g.Rows, row(v.Title.In(t.l), said, from))
	}
	return g
}

// caseParts are the chapters of one case.
func (t dossierTeller) caseParts(doc *printout, c privacy.CasePart) {
	number := c.Number
	if number == "" {
		number = c.ID
	}
	lines := []string{t.joined(c.Procedure.Title.In(t.l), c.UnitName, c.Stage.In(t.l))}
	if c.Opened != 0 {
		lines = append(lines, t.T("casefile.opened", "date", longDate(t.l, c.Opened)))
	}
	switch {
	case c.Erased:
		lines = append(lines, t.T("desk.erased"))
	case c.Own:
		lines = append(lines, t.T("dossier.own"))
	}
	facts := make([]Fact, len(c.Facts))
	for i, f := range c.Facts {
		facts[i] = t.fact(c.ID, f)
	}
	view := &casework.View{ID: c.ID, Letters: c.Letters, Decisions: c.Decisions}
	doc.add(part{ID: "case-" + c.ID, Title: t.T("casefile.number", "number", number), Lines: lines, Table: t.factTable(facts)})
	doc.add(part{ID: "said-" + c.ID, Title: t.T("dossier.said"), Table: t.said(c)})
	doc.add(part{ID: "decisions-" + c.ID, Title: t.T("desk.decisions"), Table: t.decisionTable(view)})
	doc.add(part{ID: "letters-" + c.ID, Title: t.T("desk.letters"), Table: t.letterTable(view)})
	events := &grid{Head: []string{t.T("casefile.at"), t.T("casefile.event"), t.T("casefile.party")}, Widths: []float64{2, 6, 3}}
	for _, e := range c.Events {
		said := []string{e.Text.In(t.l), e.Note}
		for _, f := range e.Files {
			said = append(said, t.T("casefile.event.file", "name", f.Name))
		}
		who := e.RoleText.In(t.l)
		if e.By != "" {
			who = t.T("dossier.you")
		}
		events.Rows = append(events.Rows, row(t.momentText(e.At), strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), "\n"), who))
	}
	doc.add(part{ID: "events-" + c.ID, Title: t.T("desk.timeline"), Table: events})
}

// said is what they entered themself, each value as often as they did.
func (t dossierTeller) said(c privacy.CasePart) *grid {
	g := &grid{Head: []string{t.T("casefile.at"), t.T("casefile.event"), t.T("casefile.fact"), t.T("casefile.value")}, Widths: []float64{2, 2, 3, 4}}
	for _, x := range c.Said {
		at, what := t.momentText(x.At), x.Action.In(t.l)
		if x.Note != "" {
			g.Rows = append(g.Rows, row(at, what, t.T("dossier.note"), x.Note))
		}
		for _, f := range x.Files {
			g.Rows = append(g.Rows, row(at, what, t.T("casefile.document"), f.Name))
		}
		for _, f := range x.Facts {
			g.Rows = append(g.Rows, row(at, what, f.Title.In(t.l), t.value(casework.FactView{Value: f.Value, Type: f.Type, Label: f.Label, Columns: f.Columns})))
		}
	}
	return g
}

func (t dossierTeller) papers(d *privacy.Dossier) *grid {
	g := &grid{Head: []string{t.T("casefile.document"), t.T("casefile.kind"), t.T("casefile.at"), t.T("casefile.hash")}, Widths: []float64{3, 2, 2, 4}}
	for _, x := range d.Documents {
		g.Rows = append(g.Rows, []cell{{Text: x.Name}, {Text: t.joined(mediaKind(x.Media), sizeOf(t.l, x.Size))}, {Text: t.momentText(x.At)}, {Text: x.Hash, Code: true}})
	}
	return g
}

func (t dossierTeller) looks(all []privacy.Look) *grid {
	g := &grid{Head: []string{t.T("casefile.at"), t.T("casefile.event"), t.T("dossier.where")}, Widths: []float64{2, 3, 4}}
	for _, x := range all {
		g.Rows = append(g.Rows, []cell{{Text: t.momentText(x.At)}, {Text: wordOf(t.l, "dossier.look.", x.Kind)}, {Text: ltr(x.Route)}})
	}
	return g
}
