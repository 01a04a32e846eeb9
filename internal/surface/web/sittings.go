package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// sittingRoles hold the sessions of a council, or follow them.
var sittingRoles = []string{"bank.council", "council.sec", "council.member", "dir.deputy", "dir.dg", "auditor"}

// Sittings is what the desk of a council needs beside its cases.
type Sittings interface {
	// Upcoming gives what a round would list if it were frozen now.
	Upcoming(ctx context.Context, who casework.Caller, d *procedure.Definition, round string) (*casework.RoundView, error)
	// Banks gives the bank of each branch, both by id.
	Banks(ctx context.Context, p access.Principal) (map[string]string, error)
}

// Lines of a council's desk.
type (
	lateBank struct {
		Name, Href, Open, Late, Amount, Longest string
		Bank                                    bool // the sum of a bank above its branches
	}
	followed struct {
		Case             Link
		Unit, Decision   string
		Note, Now, State string
		Left             string
		Tone             string
	}
	sitting struct {
		Title, Href, Print, Day string
		Lines                   []followed
	}
	sittingsView struct {
		*Page
		Heading, Finding string
		Others           []Link
		Strip            []Figure
		Open             string // address that opens a session; empty where the visitor may not
		Running          Queue
		Banks            []lateBank
		Next             *roundTable
		Held             []sitting
	}
)

// heldSessions is how many sessions of the past are followed on the page.
const heldSessions = 3

// sittings is the desk of a council: what is past its time by bank and branch, what would come before the next session, the
// sessions under way, and what became of what was decided.
func (s *Server) sittings(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Sittings == nil || s.cfg.Desk.Cases == nil || s.cfg.Desk.Tallies == nil {
		return missing("sessions")
	}
	all, err := v.definitions()
	if err != nil {
		return err
	}
	d, others := v.council(all, r.URL.Query().Get("procedure"))
	if d == nil {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	p := s.Page(r, "sitting.title")
	p.flash(r)
	b := sittingBuilder{v: v, d: d, round: d.Rounds[0], all: all, view: &sittingsView{Page: p, Heading: d.Title.In(v.l), Others: others}}
	for _, part := range []func() error{b.next, b.running, b.late, b.held} {
		if err := part(); err != nil {
			return err
		}
	}
	b.finish()
	return s.Render(w, r, http.StatusOK, "case/sittings", *b.view)
}

// council is the procedure of sessions to show: the one that is asked for, else the first that is the visitor's own to
// hold, of those whose rounds they may see.
func (v *visit) council(all []*procedure.Definition, id string) (*procedure.Definition, []Link) {
	newest := map[string]*procedure.Definition{}
	var order []string
	for _, d := range all {
		if len(d.Rounds) == 0 || !casework.SeesRounds(d.Role(v.p.Role)) || d.Role(v.p.Role).Scope != "province" {
			continue
		}
		if newest[d.ID] == nil {
			order = append(order, d.ID)
		}
		newest[d.ID] = d
	}
	slices.SortStableFunc(order, func(x, y string) int { return mainFirst(v.holds(newest[x])) - mainFirst(v.holds(newest[y])) })
	if id == "" && len(order) > 0 {
		id = order[0]
	}
	var others []Link
	for _, o := range order {
		if o != id {
			others = append(others, Link{Label: newest[o].Title.In(v.l), Href: "/sessions?procedure=" + url.QueryEscape(o)})
		}
	}
	return newest[id], others
}

func (v *visit) holds(d *procedure.Definition) bool {
	s := d.StartStage()
	return s != nil && s.Holder == v.p.Role
}

type sittingBuilder struct {
	v        *visit
	d        *procedure.Definition
	round    *procedure.Round
	all      []*procedure.Definition
	view     *sittingsView
	upcoming int
	overdue  int64
	branches int
}

// next lists what would come before the session if its agenda were closed now.
func (b *sittingBuilder) next() error {
	list, err := b.v.s.cfg.Desk.Sittings.Upcoming(b.v.ctx, b.v.who, b.d, b.round.ID)
	if err != nil {
		return err
	}
	t := teller{l: b.v.l, items: map[string]map[string]string{}}
	tables := t.rounds(&casework.View{Rounds: []casework.RoundView{*list}})
	b.view.Next, b.upcoming = &tables[0], len(list.Members)
	return nil
}

func (b *sittingBuilder) running() error {
	page, err := b.v.s.cfg.Desk.Cases.List(b.v.ctx, b.v.who, casework.Query{Procedure: b.d.ID, Open: true, Sort: "due", Limit: deskRows, Total: true})
	if err != nil {
		return err
	}
	l, err := b.v.lister(page.Rows)
	if err != nil {
		return err
	}
	b.view.Running = Queue{Caption: b.v.T("sitting.running"), Rows: l.rows(page.Rows), Empty: b.v.T("sitting.running.none"), Pager: first(len(page.Rows), int(page.Total), "/cases?v=open")}
	if b.v.holds(b.d) {
		b.view.Open = "/apply/" + b.d.ID
	}
	return nil
}

// late counts the open cases in the round's stages by bank and branch, those past due apart.
func (b *sittingBuilder) late() error {
	of := b.newest(b.round.Of)
	if of == nil || casework.MayCount(of, b.v.who) != nil {
		return nil
	}
	tallies, err := b.v.s.cfg.Desk.Tallies.Tallies(b.v.ctx, b.v.who, of)
	if err != nil {
		return err
	}
	banks, err := b.v.s.cfg.Desk.Sittings.Banks(b.v.ctx, b.v.p)
	if err != nil {
		return err
	}
	sums := LateByBranch(tallies, b.round.In, jalali.FromTime(b.v.s.cfg.Clock.Now()))
	ids := make([]string, 0, 2*len(sums))
	for _, s := range sums {
		ids = append(ids, s.Branch, banks[s.Branch])
	}
	names, err := b.v.names(ids)
	if err != nil {
		return err
	}
	b.byBank(sums, banks, names)
	return nil
}

func (b *sittingBuilder) newest(id string) (out *procedure.Definition) {
	for _, d := range b.all {
		if d.ID == id {
			out = d
		}
	}
	return out
}

// BranchSum is what stands at one branch: cases and rial, those past due apart, and the days that the oldest is late.
type BranchSum struct {
	Branch                   string
	Open, Late, Amount, Days int64
}

// LateByBranch sums the counters of deadlines by branch, over some stages and on a day.
func LateByBranch(tallies []casework.Tally, stages []string, today jalali.Date) []BranchSum {
	by := map[string]*BranchSum{}
	for _, c := range tallies {
		if c.What != casework.TallyDue || c.Subject == "" || !slices.Contains(stages, c.Key) {
			continue
		}
		s := by[c.Subject]
		if s == nil {
			s = &BranchSum{Branch: c.Subject}
			by[c.Subject] = s
		}
		s.Open += c.N
		if due, err := jalali.FromCivil(c.Day); err == nil && due.Compare(today) < 0 {
			s.Late, s.Amount, s.Days = s.Late+c.N, s.Amount+c.Amount, max(s.Days, int64(today.Index()-due.Index()))
		}
	}
	var out []BranchSum
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(x, y BranchSum) int {
		return cmp.Or(cmp.Compare(y.Late, x.Late), cmp.Compare(y.Open, x.Open), cmp.Compare(x.Branch, y.Branch))
	})
	return out
}

// byBank sets the branches under their banks, the bank with the most late first.
func (b *sittingBuilder) byBank(sums []BranchSum, banks, names map[string]string) {
	totals := map[string]BranchSum{}
	var order []string
	for _, s := range sums {
		bank := banks[s.Branch]
		t, ok := totals[bank]
		if !ok {
			order = append(order, bank)
		}
		totals[bank] = BranchSum{Branch: bank, Open: t.Open + s.Open, Late: t.Late + s.Late, Amount: t.Amount + s.Amount, Days: max(t.Days, s.Days)}
		b.overdue += s.Late
		if s.Late > 0 {
			b.branches++
		}
	}
	slices.SortStableFunc(order, func(x, y string) int { return cmp.Compare(totals[y].Late, totals[x].Late) })
	for _, bank := range order {
		line := b.lateLine(totals[bank], names, "")
		line.Bank = true
		b.view.Banks = append(b.view.Banks, line)
		for _, s := range sums {
			if banks[s.Branch] == bank {
				b.view.Banks = append(b.view.Banks, b.lateLine(s, names, "/cases?"+url.Values{"v": {"all"}, "count": {casework.TallyDue}, "procedure": {b.round.Of}, "of": {s.Branch}}.Encode()))
			}
		}
	}
}

func (b *sittingBuilder) lateLine(s BranchSum, names map[string]string, href string) lateBank {
	l, name := b.v.l, cmp.Or(names[s.Branch], s.Branch, b.v.T("sitting.no_bank"))
	amount := "–"
	if s.Late > 0 {
		amount = b.v.T("web.rial", "n", Num(l, s.Amount))
	}
	return lateBank{Name: name, Href: href, Open: Num(l, s.Open), Late: Num(l, s.Late), Amount: amount, Longest: Num(l, s.Days)}
}

// held follows what the last sessions decided: where each case stands now, and until when.
func (b *sittingBuilder) held() error {
	page, err := b.v.s.cfg.Desk.Cases.List(b.v.ctx, b.v.who, casework.Query{Procedure: b.d.ID, Sort: "changed", Limit: deskRows})
	if err != nil {
		return err
	}
	for _, r := range page.Rows {
		if len(b.view.Held) == heldSessions {
			break
		}
		c, err := b.v.s.cfg.Desk.Cases.Look(b.v.ctx, b.v.who, r.ID)
		if err != nil {
			return err
		}
		if err := b.follow(c); err != nil {
			return err
		}
	}
	return nil
}

func (b *sittingBuilder) follow(c *casework.View) error {
	for _, round := range c.Rounds {
		if round.Issued == 0 {
			continue
		}
		out := sitting{Title: c.Number, Href: "/cases/" + c.ID, Print: "/cases/" + c.ID + "/file", Day: longDate(b.v.l, round.Issued)}
		rows, err := b.rowsOf(round)
		if err != nil {
			return err
		}
		for _, m := range round.Members {
			out.Lines = append(out.Lines, b.line(m, rows[m.Case]))
		}
		b.view.Held = append(b.view.Held, out)
	}
	return nil
}

func (b *sittingBuilder) rowsOf(round casework.RoundView) (map[string]QueueRow, error) {
	ids := make([]string, len(round.Members))
	for i, m := range round.Members {
		ids[i] = m.Case
	}
	page, err := b.v.s.cfg.Desk.Cases.List(b.v.ctx, b.v.who, casework.Query{IDs: ids, Sort: "opened", Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	l, err := b.v.lister(page.Rows)
	if err != nil {
		return nil, err
	}
	out := map[string]QueueRow{}
	for _, r := range l.rows(page.Rows) {
		out[r.ID] = r
	}
	return out, nil
}

// line is one decision with where its case stands; a case that the visitor may not see is left to its number.
func (b *sittingBuilder) line(m casework.MemberView, q QueueRow) followed {
	out := followed{Case: Link{Label: cmp.Or(m.Number, m.Case), Href: q.Href}, Unit: q.Title, Decision: m.Answered.In(b.v.l), Note: m.Note, Now: q.Stage.Text, Left: q.Left, Tone: q.Bar.Tone}
	if r := m.Result; r != nil && !r.Done {
		out.State = b.v.T("desk.round.missed", "why", r.Text.In(b.v.l))
	}
	return out
}

func (b *sittingBuilder) finish() {
	n := func(n int) string { return Num(b.v.l, int64(n)) }
	b.view.Finding = b.v.T("sitting.finding.none", "next", n(b.upcoming))
	if b.overdue > 0 {
		b.view.Finding = b.v.T("sitting.finding", "late", Num(b.v.l, b.overdue), "branches", n(b.branches), "next", n(b.upcoming))
	}
	b.view.Strip = []Figure{
		{Value: Num(b.v.l, b.overdue), Label: b.v.T("desk.picture.overdue"), Href: "#banks", Tone: toneIf(b.overdue > 0, "bad")},
		{Value: n(b.upcoming), Label: b.v.T("sitting.next"), Href: "#next"},
		{Value: n(b.view.Running.Pager.Total), Label: b.v.T("sitting.running"), Href: "#running", Tone: toneIf(b.view.Running.Pager.Total > 0, "warn")},
	}
	if len(b.view.Banks) == 0 {
		b.view.Strip = b.view.Strip[1:]
	}
}
