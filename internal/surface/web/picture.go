package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// pictureRoles see the whole province's figures.
var pictureRoles = []string{"dir.dg", "dir.deputy", "dir.head", "auditor"}

// Tallies gives the counters of a procedure.
type Tallies interface {
	Tallies(ctx context.Context, who casework.Caller, d *procedure.Definition) ([]casework.Tally, error)
}

// Lines of the managers' page.
type (
	pictureStep struct {
		Title, Count, Amount, Claimed, Href, ClaimedHref string
		Bar                                              Bar
	}
	pictureStage struct {
		Title, Holder, Count, Overdue, Mean, Longest, Href, LateHref string
		Tone                                                         string
	}
	pictureBank struct {
		Name, Href    string
		Steps         []string
		Open, Overdue string
	}
	pictureReason struct {
		Code, Title, Side, Count, Href string
		Bar                            Bar
	}
	pictureAge struct {
		Label, Count, Amount string
		Bar                  Bar
	}
)

type pictureView struct {
	*Page
	Heading, Lede      string
	Print              string // address of the one sheet
	Finding, Detail    string
	FindingHref        string
	Strip              []Figure
	Steps              []pictureStep
	Stages             []pictureStage
	BankSteps          []string
	Banks              []pictureBank
	Reasons, Sides     []pictureReason
	EndedLate          []pictureReason
	Rates              []pictureRate
	Ages               []pictureAge
	Today              Queue
	Claimed            bool
	Others             []Link
	ReasonsFor, Bottle string
}

// picture is the managers' page: a sentence first, and every figure opens its list.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Tallies == nil || s.cfg.Desk.Cases == nil {
		return missing("tallies")
	}
	d, others, err := v.pictured(r.URL.Query().Get("procedure"))
	if err != nil {
		return err
	}
	tallies, err := s.cfg.Desk.Tallies.Tallies(v.ctx, v.who, d)
	if err != nil {
		return err
	}
	now := s.cfg.Clock.Now()
	pic := casework.PictureOf(d, tallies, jalali.FromTime(now))
	p := s.Page(r, "desk.picture.title")
	view := pictureView{Page: p, Heading: d.Title.In(v.l), Others: others}
	view.Lede = v.T("desk.picture.as_of", "day", jalali.FromTime(now).Long(v.l))
	b := pictureBuilder{v: v, d: d, p: pic, view: &view, names: map[string]string{}}
	if err := b.nameSubjects(); err != nil {
		return err
	}
	b.build()
	if err := b.today(); err != nil {
		return err
	}
	if err := b.rates(); err != nil {
		return err
	}
	view.Print = "/picture?print=1&procedure=" + url.QueryEscape(d.ID)
	if r.URL.Query().Get("print") != "" {
		return s.Render(w, r, http.StatusOK, "picture/sheet", b.oneSheet())
	}
	return s.Render(w, r, http.StatusOK, "picture/picture", view)
}

// largest gives the procedure that has most open cases, the first of those that have as many.
func (v *visit) largest(ids []string, of map[string]*procedure.Definition) (id string, err error) {
	most := int64(-1)
	for _, x := range ids {
		if len(ids) == 1 {
			return x, nil
		}
		tallies, err := v.s.cfg.Desk.Tallies.Tallies(v.ctx, v.who, of[x])
		if err != nil {
			return "", err
		}
		n := int64(0)
		for _, t := range tallies {
			if t.What == casework.TallySince {
				n += t.N
			}
		}
		if n > most {
			id, most = x, n
		}
	}
	return id, nil
}

// pictured finds the procedure to show, the newest version of those that have a funnel: the one that is asked for, else the largest.
func (v *visit) pictured(id string) (*procedure.Definition, []Link, error) {
	defs, err := v.definitions()
	if err != nil {
		return nil, nil, err
	}
	newest := map[string]*procedure.Definition{}
	var order []string
	for _, d := range defs {
		if d.Funnel == nil {
			continue
		}
		if newest[d.ID] == nil {
			order = append(order, d.ID)
		}
		newest[d.ID] = d
	}
	if id == "" {
		if id, err = v.largest(order, newest); err != nil {
			return nil, nil, err
		}
	}
	d := newest[id]
	if d == nil {
		return nil, nil, fault.New(fault.NotFound, "fault.not_found")
	}
	var others []Link
	for _, o := range order {
		if o != id {
			others = append(others, Link{Label: newest[o].Title.In(v.l), Href: "/picture?procedure=" + url.QueryEscape(o)})
		}
	}
	return d, others, nil
}

type pictureBuilder struct {
	v     *visit
	d     *procedure.Definition
	p     casework.Picture
	view  *pictureView
	names map[string]string
}

// nameSubjects looks up the names of banks and branches.
func (b *pictureBuilder) nameSubjects() error {
	var ids []string
	for _, o := range b.p.Subjects {
		ids = append(ids, o.Subject)
	}
	names, err := b.v.names(ids)
	b.names = names
	return err
}

func (b *pictureBuilder) num(n int64) string { return Num(b.v.l, n) }

// rial tells an amount in milliards of rial, as managers read it.
func (b *pictureBuilder) rial(n int64) string {
	return b.v.T("desk.picture.milliard", "n", b.num((n+500_000_000)/1_000_000_000))
}

// list is the address of the cases behind a counter.
func (b *pictureBuilder) list(what, key, subject, day string) string {
	q := url.Values{"v": {"all"}, "count": {what}, "procedure": {b.d.ID}}
	for name, s := range map[string]string{"key": key, "of": subject, "day": day} {
		if s != "" {
			q.Set(name, s)
		}
	}
	return "/cases?" + q.Encode()
}

func (b *pictureBuilder) yesterday() string {
	return jalali.FromTime(b.v.s.cfg.Clock.Now()).AddDays(-1).Civil()
}

func (b *pictureBuilder) build() {
	b.finding()
	b.funnel()
	b.stages()
	b.banks()
	b.reasons()
	b.endedLate()
	b.ages()
	b.view.Strip = []Figure{
		{Value: b.num(b.p.Open), Label: b.v.T("desk.picture.open"), Href: "/cases?v=open"},
		{Value: b.num(b.p.Overdue), Label: b.v.T("desk.picture.overdue"), Href: b.list(casework.TallyDue, "", "", b.yesterday()), Tone: toneIf(b.p.Overdue > 0, "bad")},
	}
	if n := len(b.p.Steps); n > 0 {
		last := b.p.Steps[n-1]
		b.view.Strip = append(b.view.Strip,
			Figure{Value: b.num(last.N), Label: last.Title.In(b.v.l), Href: b.list(casework.TallyStep, last.ID, "", ""), Tone: "good"},
			Figure{Value: b.rial(last.Amount), Label: b.v.T("desk.picture.amount_of", "step", last.Title.In(b.v.l)), Href: b.list(casework.TallyStep, last.ID, "", "")})
	}
}

// finding says the bottleneck in one sentence, with names.
func (b *pictureBuilder) finding() {
	w := b.p.Bottleneck()
	if w == nil {
		b.view.Finding = b.v.T("desk.picture.no_bottleneck", "open", b.num(b.p.Open))
		return
	}
	b.view.Bottle = w.Stage
	b.view.Finding = b.v.T("desk.picture.bottleneck", "stage", w.Title.In(b.v.l), "n", b.num(w.N), "late", b.num(w.Overdue), "days", b.num(w.Days/max(1, w.N)))
	b.view.FindingHref = b.list(casework.TallyDue, w.Stage, "", b.yesterday())
	var named []string
	for _, o := range w.Late {
		if name := b.names[o.Subject]; name != "" && len(named) < 3 {
			named = append(named, b.v.T("desk.picture.named", "name", name, "n", b.num(o.Overdue)))
		}
	}
	if len(named) > 0 {
		b.view.Detail = b.v.T("desk.picture.most_at", "names", strings.Join(named, b.v.T("web.comma")))
	}
}

func (b *pictureBuilder) funnel() {
	var first int64
	for _, s := range b.p.Steps {
		first = max(first, s.N)
	}
	for _, s := range b.p.Steps {
		line := pictureStep{Title: s.Title.In(b.v.l), Count: b.num(s.N), Amount: b.rial(s.Amount), Href: b.list(casework.TallyStep, s.ID, "", ""),
			Bar: Bar{Percent: int(s.N * 100 / max(1, first))}}
		if s.Claimed > 0 {
			b.view.Claimed = true
			line.Claimed = b.v.T("desk.picture.claimed", "n", b.num(s.Claimed), "amount", b.rial(s.ClaimedIn))
			line.ClaimedHref = b.list(casework.TallyClaim, s.ID, "", "")
		}
		b.view.Steps = append(b.view.Steps, line)
	}
}

func (b *pictureBuilder) stages() {
	for _, w := range b.p.Waiting {
		holder := w.Holder
		if r := b.d.Role(w.Holder); r != nil {
			holder = r.Title.In(b.v.l)
		}
		b.view.Stages = append(b.view.Stages, pictureStage{Title: w.Title.In(b.v.l), Holder: holder, Count: b.num(w.N), Overdue: b.num(w.Overdue),
			Mean: b.num(w.Days / max(1, w.N)), Longest: b.num(w.Longest), Href: b.list(casework.TallyDue, w.Stage, "", ""),
			LateHref: b.list(casework.TallyDue, w.Stage, "", b.yesterday()), Tone: toneIf(w.Overdue > 0, "bad")})
	}
}

func (b *pictureBuilder) banks() {
	for _, st := range b.p.Steps {
		b.view.BankSteps = append(b.view.BankSteps, st.Title.In(b.v.l))
	}
	for _, o := range b.p.Subjects {
		name := b.names[o.Subject]
		if name == "" {
			name = o.Subject
		}
		line := pictureBank{Name: name, Open: b.num(o.Open), Overdue: b.num(o.Overdue), Href: b.list(casework.TallyDue, "", o.Subject, "")}
		for _, st := range b.p.Steps {
			line.Steps = append(line.Steps, b.num(o.Steps[st.ID].N))
		}
		b.view.Banks = append(b.view.Banks, line)
	}
}

func (b *pictureBuilder) reasons() {
	var most, all int64
	sides := map[string]int64{}
	var order []string
	for _, r := range b.p.Reasons {
		most, all = max(most, r.N), all+r.N
		if sides[r.Side] == 0 {
			order = append(order, r.Side)
		}
		sides[r.Side] += r.N
	}
	for _, r := range b.p.Reasons {
		b.view.Reasons = append(b.view.Reasons, pictureReason{Code: r.Code, Title: r.Title.In(b.v.l), Side: b.v.word("desk.picture.side.", r.Side), Count: b.num(r.N),
			Href: b.list(casework.TallyReason, r.Code, "", ""), Bar: Bar{Percent: int(r.N * 100 / max(1, most))}})
	}
	for _, side := range order {
		b.view.Sides = append(b.view.Sides, pictureReason{Title: b.v.word("desk.picture.side.", side), Count: b.num(sides[side]), Bar: Bar{Percent: int(sides[side] * 100 / max(1, all))}})
	}
}

// endedLate lists the clocks that acts ended after their due, each opening its cases.
func (b *pictureBuilder) endedLate() {
	for _, l := range b.p.Late {
		b.view.EndedLate = append(b.view.EndedLate, pictureReason{Title: l.Title.In(b.v.l), Count: b.num(l.N), Href: b.list(casework.TallyLate, l.Clock, "", ""),
			Bar: Bar{Percent: int(l.N * 100 / max(1, b.p.Late[0].N))}})
	}
}

func (b *pictureBuilder) ages() {
	var most int64
	for _, a := range b.p.Ages {
		most = max(most, a.N)
	}
	var last int64
	for _, a := range b.p.Ages {
		label := b.v.T("desk.picture.age.over", "n", b.num(last))
		if a.Most > 0 {
			label = b.v.T("desk.picture.age.most", "n", b.num(a.Most))
			last = a.Most
		}
		b.view.Ages = append(b.view.Ages, pictureAge{Label: label, Count: b.num(a.N), Amount: b.rial(a.Amount), Bar: Bar{Percent: int(a.N * 100 / max(1, most))}})
	}
}

// today lists what the visitor's own role has to decide, the most urgent first.
func (b *pictureBuilder) today() error {
	const few = 6
	page, err := b.v.s.cfg.Desk.Cases.List(b.v.ctx, b.v.who, casework.Query{Procedure: b.d.ID, Holder: b.v.p.Role, Open: true, Sort: "due", Limit: few, Total: true})
	if err != nil {
		return err
	}
	l, err := b.v.lister(page.Rows)
	if err != nil {
		return err
	}
	b.view.Today = Queue{Caption: b.v.T("desk.picture.today"), Rows: l.rows(page.Rows), Empty: b.v.T("desk.picture.today.none"), Pager: first(len(page.Rows), int(page.Total), "/cases?v=mine")}
	return nil
}
