package web

import (
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
)

// roundTable is a round on its case's page: the ranking as it was frozen, the cut line of the budget, what was decided and
// what came of it.
type roundTable struct {
	ID, Title, Line string
	Columns         []string
	Span            int // cells of a row
	Rows            []roundRow
}

// roundRow is one member. Cut says that the budget's line runs above it.
type roundRow struct {
	Rank             string
	Case             Link
	Cells            []string
	Proposal, Answer string
	Note             string
	Result           Pill
	Cut              bool
}

func (t teller) rounds(c *casework.View) []roundTable {
	var out []roundTable
	for _, r := range c.Rounds {
		table := roundTable{ID: "round-" + r.ID, Title: r.Title.In(t.l), Line: t.roundLine(r)}
		for _, k := range r.Columns {
			table.Columns = append(table.Columns, k.Title.In(t.l))
		}
		table.Span = len(r.Columns) + 5
		for _, m := range r.Members {
			table.Rows = append(table.Rows, t.roundRow(r, m))
		}
		out = append(out, table)
	}
	return out
}

// roundLine says when the list was frozen, what there is to spend and what is spent.
func (t teller) roundLine(r casework.RoundView) string {
	parts := []string{t.T("desk.round.frozen", "at", shortDate(t.l, r.Frozen))}
	if r.Budget != nil {
		spent := r.Proposed
		key := "desk.round.proposed"
		if r.Spent > 0 || r.Issued > 0 {
			key, spent = "desk.round.spent", r.Spent
		}
		unit := ""
		if r.Places {
			unit = ".places"
		}
		parts = append(parts, t.T("desk.round.budget"+unit, "n", Num(t.l, *r.Budget)), t.T(key+unit, "n", Num(t.l, spent)))
	}
	switch {
	case r.Issued > 0:
		parts = append(parts, t.T("desk.round.issued", "at", shortDate(t.l, r.Issued)))
	case r.Dropped:
		parts = append(parts, t.T("desk.round.dropped"))
	}
	return strings.Join(parts, t.T("web.comma"))
}

func (t teller) roundRow(r casework.RoundView, m casework.MemberView) roundRow {
	row := roundRow{
		Rank: locale.Digits(t.l, strconv.Itoa(m.Rank)), Case: Link{Label: m.Number, Href: "/cases/" + m.Case}, Proposal: m.Proposed.In(t.l),
		Answer: m.Answered.In(t.l), Note: m.Note, Cut: m.Cut,
	}
	if row.Case.Label == "" {
		row.Case.Label = m.Case
	}
	for i, k := range r.Columns {
		row.Cells = append(row.Cells, t.value(casework.FactView{Name: k.Fact, Type: k.Type, Value: m.Values[i], Label: k.Label(m.Values[i])}))
	}
	switch l := m.Result; {
	case l == nil && r.Issued > 0:
		row.Result = Pill{Text: t.T("desk.round.waiting")}
	case l != nil && l.Done:
		row.Result = Pill{Text: t.T("desk.round.done"), Tone: "good"}
	case l != nil:
		row.Result = Pill{Text: t.T("desk.round.missed", "why", l.Text.In(t.l)), Tone: "warn"}
	}
	return row
}

// session names the round that decided, with its number, its date and who signed it.
func (t teller) session(r *casework.RoundRef) string {
	var names []string
	for _, p := range r.Persons {
		if n := t.name(p); n != "" {
			names = append(names, n)
		}
	}
	key := "desk.round.by"
	if len(names) > 0 {
		key = "desk.round.signed"
	}
	return t.T(key, "title", r.Title.In(t.l), "number", r.Number, "at", shortDate(t.l, r.At), "who", strings.Join(names, t.T("web.comma")))
}

// signers are those whose names the sessions of a case show.
func signers(c *casework.View) []string {
	var out []string
	for _, e := range c.Timeline {
		if e.Round != nil {
			out = append(out, e.Round.Persons...)
		}
	}
	for _, sc := range c.Scores {
		for _, g := range sc.Scorings {
			out = append(out, g.Person)
		}
	}
	return out
}

// scoreLine is one score: how far it has come, and the points that may be seen.
type scoreLine struct {
	Title, State string
	Points       []string
}

func (t teller) scores(c *casework.View) []scoreLine {
	var out []scoreLine
	for _, sc := range c.Scores {
		line := scoreLine{Title: sc.Title.In(t.l), State: t.T("desk.score.given", "given", Num(t.l, int64(sc.Given)), "need", Num(t.l, int64(sc.Need)))}
		if sc.Complete {
			line.State = t.T("desk.score.mean", "mean", Percent(t.l, float64(sc.Mean)/100))
		}
		for _, g := range sc.Scorings {
			line.Points = append(line.Points, t.scoring(g))
		}
		out = append(out, line)
	}
	return out
}

func (t teller) scoring(g casework.ScoringView) string {
	if g.Conflict {
		return t.T("desk.score.conflict", "who", t.name(g.Person))
	}
	var parts []string
	for _, p := range g.Points {
		parts = append(parts, p.Title.In(t.l)+": "+Num(t.l, p.Points))
	}
	return t.T("desk.score.points", "who", t.name(g.Person), "points", strings.Join(parts, t.T("web.comma")))
}
