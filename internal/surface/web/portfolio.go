package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/programme/trade"
)

// Briefs gives every case of a procedure in brief, to who may see them all.
type Briefs interface {
	Briefs(ctx context.Context, who casework.Caller, d *procedure.Definition, facts ...string) ([]casework.Brief, error)
}

const outcomeProcedure = "export-outcome"

type portfolioView struct {
	*Page
	Lede    string
	None    string
	Strip   []Figure
	Steps   []pictureStep
	Amounts []portfolioLine
	Jobs    string
	Groups  []groupLine
	Open    *openedFigure
	Picture string
}

type portfolioLine struct{ Title, Count, Amount, Href string }

// groupLine is what came of selected and compared after so many months.
type groupLine struct {
	Months string
	Cells  [2]groupCell // selected, compared
}

type groupCell struct {
	Group                             string
	Asked, Answered, Alive, Exporting Link
	Exported, Gain, Jobs, Markets     string
}

// openedFigure lists the cases of one figure.
type openedFigure struct {
	Title string
	Cases []Link
}

// portfolio is the directorate's page of the accelerator: every figure opens the cases that it is of.
func (s *Server) portfolio(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Briefs == nil || s.cfg.Desk.Definitions == nil {
		return missing("briefs")
	}
	view := portfolioView{Page: s.Page(r, "portfolio.title"), Lede: v.T("portfolio.lede"), Picture: "/picture?procedure=" + choiceProcedure}
	main, outcome, err := v.accelerator()
	if err != nil {
		return err
	}
	if main == nil || outcome == nil {
		view.None = v.T("portfolio.none")
		return s.Render(w, r, http.StatusOK, "trade/portfolio", view)
	}
	cases, err := s.cfg.Desk.Briefs.Briefs(v.ctx, v.who, main, trade.AcceleratorFacts...)
	if err != nil {
		return err
	}
	outcomes, err := s.cfg.Desk.Briefs.Briefs(v.ctx, v.who, outcome, trade.OutcomeFacts...)
	if err != nil {
		return err
	}
	var steps [][2]string
	for _, st := range main.Funnel.Steps {
		steps = append(steps, [2]string{st.ID, st.Action})
	}
	b := portfolioBuilder{v: v, d: main, p: trade.PortfolioOf(steps, cases, outcomes), view: &view}
	b.build()
	if id := r.URL.Query().Get("figure"); id != "" {
		f, ok := b.p.Tied(id)
		if !ok {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		view.Open = b.opened(f)
	}
	return s.Render(w, r, http.StatusOK, "trade/portfolio", view)
}

// accelerator finds the newest version of the accelerator and of its outcomes; nil where none is published.
func (v *visit) accelerator() (main, outcome *procedure.Definition, err error) {
	defs, err := v.definitions()
	if err != nil {
		return nil, nil, err
	}
	for _, d := range defs {
		switch {
		case d.ID == choiceProcedure && d.Funnel != nil:
			main = d
		case d.ID == outcomeProcedure:
			outcome = d
		}
	}
	return main, outcome, nil
}

// acceleratorDoors lead to the choice, for who speaks for a unit, and to the portfolio, for managers.
func (v *visit) acceleratorDoors() (out []Link) {
	if v.p.Unit != "" && v.s.cfg.Desk.Choices != nil {
		out = append(out, Link{Label: v.T("choice.title"), Href: "/trade/choose"})
	}
	if slices.Contains(pictureRoles, v.p.Role) && v.s.cfg.Desk.Briefs != nil {
		out = append(out, Link{Label: v.T("portfolio.title"), Href: "/trade/portfolio"})
	}
	return out
}

type portfolioBuilder struct {
	v    *visit
	d    *procedure.Definition
	p    trade.Portfolio
	view *portfolioView
}

func (b portfolioBuilder) num(n int64) string { return Num(b.v.l, n) }

func (b portfolioBuilder) usd(n int64) string { return b.v.T("portfolio.usd", "n", b.num(n)) }

func (b portfolioBuilder) href(f trade.Tied) string {
	return "/trade/portfolio?figure=" + url.QueryEscape(f.ID) + "#opened"
}

func (b portfolioBuilder) link(f trade.Tied) Link {
	return Link{Label: b.num(int64(f.N())), Href: b.href(f)}
}

func (b portfolioBuilder) build() {
	b.steps()
	for _, f := range []trade.Tied{b.p.Contract, b.p.Shipped, b.p.Settled, b.p.Repeat} {
		b.view.Amounts = append(b.view.Amounts, portfolioLine{Title: b.v.T("portfolio.amount." + f.ID), Count: b.num(int64(f.N())), Amount: b.usd(f.Sum), Href: b.href(f)})
	}
	share := "–"
	if b.p.Share >= 0 {
		share = Percent(b.v.l, float64(b.p.Share)/100)
	}
	b.view.Strip = []Figure{
		{Value: b.num(int64(b.p.Shipped.N())), Label: b.v.T("portfolio.first"), Href: b.href(b.p.Shipped), Tone: "good"},
		{Value: b.num(int64(b.p.Repeat.N())), Label: b.v.T("portfolio.again"), Href: b.href(b.p.Repeat), Tone: "good"},
		{Value: b.usd(b.p.Shipped.Sum), Label: b.v.T("portfolio.amount.shipped"), Href: b.href(b.p.Shipped)},
		{Value: share, Label: b.v.T("portfolio.share"), Href: b.href(b.p.Settled)},
	}
	b.view.Jobs = b.v.T("portfolio.jobs.none")
	if b.p.PerJob >= 0 {
		b.view.Jobs = b.v.T("portfolio.jobs", "money", b.v.T("web.rial", "n", b.num(b.p.PerJob)), "jobs", b.num(b.p.Jobs), "n", b.num(int64(b.p.Spent.N())))
	}
	b.groups()
}

func (b portfolioBuilder) steps() {
	var most int64
	for _, s := range b.p.Steps {
		most = max(most, int64(s.N()))
	}
	add := func(title string, f trade.Tied) {
		n := int64(f.N())
		b.view.Steps = append(b.view.Steps, pictureStep{Title: title, Count: b.num(n), Href: b.href(f), Bar: Bar{Percent: int(n * 100 / max(1, most))}})
	}
	for i, s := range b.p.Steps {
		if add(b.d.Funnel.Steps[i].Title.In(b.v.l), s); i == 0 {
			for _, f := range b.p.Ranked {
				add(b.v.T("portfolio.group."+f.ID), f)
			}
		}
	}
}

func (b portfolioBuilder) groups() {
	half := len(b.p.Groups) / 2
	for i := range half {
		line := groupLine{Months: b.v.T("portfolio.months", "n", locale.Digits(b.v.l, strconv.Itoa(b.p.Groups[i].Months)))}
		for side, g := range []trade.GroupOutcome{b.p.Groups[i], b.p.Groups[half+i]} {
			line.Cells[side] = b.cell(g)
		}
		b.view.Groups = append(b.view.Groups, line)
	}
}

// cell writes the means of those who answered.
func (b portfolioBuilder) cell(g trade.GroupOutcome) groupCell {
	c := groupCell{Group: b.v.T("portfolio.group." + g.Group), Asked: b.link(g.Asked), Answered: b.link(g.Answered), Alive: b.link(g.Alive), Exporting: b.link(g.Exporting),
		Exported: "–", Gain: "–", Jobs: "–", Markets: "–"}
	if n := int64(g.Answered.N()); n > 0 {
		c.Exported, c.Gain = b.usd(g.Exported/n), b.signed((g.Exported-g.Before)/n)
		c.Jobs, c.Markets = Figured(b.v.l, float64(g.Jobs-g.JobsBefore)/float64(n), 1), Figured(b.v.l, float64(g.Markets)/float64(n), 1)
	}
	return c
}

// signed writes an amount that may be below 0.
func (b portfolioBuilder) signed(n int64) string {
	if n >= 0 {
		return b.usd(n)
	}
	return b.v.T("portfolio.usd", "n", minus+b.num(-n))
}

// opened lists the cases of a figure by the names of their units.
func (b portfolioBuilder) opened(f trade.Tied) *openedFigure {
	out := &openedFigure{Title: b.v.T("portfolio.opened", "n", b.num(int64(f.N())))}
	for _, c := range f.Cases {
		name, _ := c.Facts["unit.name"].(string)
		out.Cases = append(out.Cases, Link{Label: cmp.Or(name, c.Number, c.Case), Href: "/cases/" + c.Case})
	}
	return out
}
