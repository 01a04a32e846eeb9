package web

import (
	"net/url"
	"slices"
)

// sheetRows is how many lines of each table one sheet of A4 has room for.
const sheetRows = 6

// sheetPart is one table of the managers' sheet. Wide goes over the whole line. More says what was left off.
type sheetPart struct {
	ID, Title, Empty, More string
	Table                  grid
	Wide                   bool
}

type sheetView struct {
	pictureView
	Screen, Foot string
	Parts        []sheetPart
}

// oneSheet puts the picture on one sheet of A4: the same figures, the first lines of each table, and what to decide today.
func (b *pictureBuilder) oneSheet() sheetView {
	view := sheetView{pictureView: *b.view, Screen: "/picture?procedure=" + url.QueryEscape(b.d.ID)}
	view.Foot = b.v.T("desk.picture.sheet.foot", "who", b.v.p.Name, "at", b.v.momentText(b.v.s.cfg.Clock.Now().UnixMicro()))
	view.Parts = []sheetPart{b.funnelPart(), b.reasonPart(), b.waitingPart(), b.bankPart(), b.ratePart(), b.agePart(), b.todayPart()}
	return view
}

// part makes a table of the sheet, cut to the lines it has room for.
func (b *pictureBuilder) part(id, title string, head []string, rows [][]cell, wide bool) sheetPart {
	out := sheetPart{ID: id, Title: b.v.T(title), Table: grid{Head: head, Rows: rows}, Wide: wide, Empty: "–"}
	if n := len(rows) - sheetRows; n > 0 {
		out.Table.Rows, out.More = rows[:sheetRows], b.v.T("desk.picture.more", "n", b.num(int64(n)))
	}
	return out
}

func (b *pictureBuilder) heads(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = b.v.T("desk.picture." + k)
	}
	return out
}

func (b *pictureBuilder) funnelPart() sheetPart {
	var rows [][]cell
	head := b.heads("step", "cases", "amount")
	if b.view.Claimed {
		head = append(head, b.v.T("desk.picture.claims"))
	}
	for _, s := range b.view.Steps {
		line := []string{s.Title, s.Count, s.Amount, s.Claimed}
		rows = append(rows, row(line[:len(head)]...))
	}
	return b.part("s-funnel", "desk.picture.funnel", head, rows, false)
}

func (b *pictureBuilder) waitingPart() sheetPart {
	var rows [][]cell
	for _, s := range b.view.Stages {
		rows = append(rows, row(s.Title, s.Holder, s.Count, s.Overdue, s.Mean, s.Longest))
	}
	return b.part("s-wait", "desk.picture.waiting", b.heads("stage", "holder", "cases", "overdue", "mean", "longest"), rows, true)
}

func (b *pictureBuilder) ratePart() sheetPart {
	rates := slices.Clone(b.view.Rates)
	slices.SortStableFunc(rates, func(x, y pictureRate) int { return len(y.Tone) - len(x.Tone) }) // what is over its limit first
	var rows [][]cell
	for _, k := range rates {
		rows = append(rows, row(k.Title, k.Limit, k.Median, k.Count, k.Late))
	}
	return b.part("s-rate", "desk.picture.rates", b.heads("rate", "limit", "median", "runs", "late"), rows, false)
}

func (b *pictureBuilder) bankPart() sheetPart {
	var rows [][]cell
	for _, k := range b.view.Banks {
		rows = append(rows, row(slices.Concat([]string{k.Name}, k.Steps, []string{k.Open, k.Overdue})...))
	}
	head := slices.Concat(b.heads("bank"), b.view.BankSteps, b.heads("open", "overdue"))
	return b.part("s-banks", "desk.picture.banks", head, rows, true)
}

func (b *pictureBuilder) agePart() sheetPart {
	var rows [][]cell
	for _, a := range b.view.Ages {
		rows = append(rows, row(a.Label, a.Count, a.Amount))
	}
	return b.part("s-age", "desk.picture.ages", b.heads("age", "cases", "amount"), rows, false)
}

func (b *pictureBuilder) reasonPart() sheetPart {
	var rows [][]cell
	for _, r := range b.view.Reasons {
		rows = append(rows, row(r.Code, r.Title, r.Side, r.Count))
	}
	return b.part("s-why", "desk.picture.reasons", b.heads("code", "reason", "side", "cases"), rows, false)
}

func (b *pictureBuilder) todayPart() sheetPart {
	var rows [][]cell
	for _, q := range b.view.Today.Rows {
		rows = append(rows, row(q.Code, q.Title, q.Stage.Text, q.Left))
	}
	out := b.part("s-today", "desk.picture.today", b.heads("number", "case", "stage", "left"), rows, true)
	out.Empty = b.view.Today.Empty
	if n := b.view.Today.Pager.Total - len(rows); n > 0 && len(rows) > 0 {
		out.More = b.v.T("desk.picture.more", "n", b.num(int64(n)))
	}
	return out
}
