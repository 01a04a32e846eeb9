package web

import (
	"context"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/sheet"
)

// mostExported is how many cases a sheet takes: what a person can still work with, made within seconds.
const mostExported = 50_000

// columns of the queue's sheet: the locale key of the header, its width in characters, and the cell, made of a case and of
// what the list says of it. They are the list's own columns, so that nobody takes away what the list does not show them.
var columns = []struct {
	key   string
	width float64
	cell  func(l *lister, r casework.Row, said QueueRow) any
}{
	{"queue.sheet.number", 18, func(_ *lister, r casework.Row, _ QueueRow) any { return r.Number }},
	{"queue.sheet.unit", 34, func(_ *lister, r casework.Row, _ QueueRow) any { return r.UnitName }},
	{"queue.sheet.county", 14, func(_ *lister, r casework.Row, _ QueueRow) any { return r.County }},
	{"queue.sheet.procedure", 30, func(l *lister, r casework.Row, _ QueueRow) any { return l.procedure(r) }},
	{"queue.sheet.stage", 26, func(_ *lister, _ casework.Row, said QueueRow) any { return said.Stage.Text }},
	{"queue.sheet.turn", 28, func(l *lister, r casework.Row, _ QueueRow) any { return l.holder(r) }},
	{"queue.sheet.due", 12, func(l *lister, _ casework.Row, said QueueRow) any { return l.day(said.Due) }},
	{"queue.sheet.left", 20, func(_ *lister, _ casework.Row, said QueueRow) any { return said.Left }},
	{"queue.sheet.amount", 20, func(_ *lister, r casework.Row, _ QueueRow) any { return amountCell(r.Amount) }},
	{"queue.sheet.opened", 12, func(l *lister, r casework.Row, _ QueueRow) any { return l.day(timeOf(r.Opened)) }},
	{"queue.sheet.changed", 12, func(l *lister, r casework.Row, _ QueueRow) any { return l.day(timeOf(r.Changed)) }},
}

// amountCell leaves the cell of an amount that is unknown, or not the reader's to see, empty.
func amountCell(rial int64) any {
	if rial == 0 {
		return nil
	}
	return rial
}

func (l *lister) procedure(r casework.Row) string {
	if d := l.defs[r.Definition]; d != nil {
		return d.Title.In(l.v.l)
	}
	return r.Procedure
}

// day is a solar date in the digits of the reader's language, "" for none.
func (l *lister) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return jalali.FromTime(t).Slash(l.v.l)
}

// fill writes the cases of a query and tells how many there are, and on the way how many were written.
func (v *visit) fill(t *sheet.Table, q casework.Query, progress func(int64)) (n int64, err error) {
	heads, widths := make([]string, len(columns)), make([]float64, len(columns))
	for i, c := range columns {
		heads[i], widths[i] = v.T(c.key), c.width
	}
	if err := t.Head(heads, widths); err != nil {
		return 0, err
	}
	l, err := v.lister(nil)
	if err != nil {
		return 0, err
	}
	err = v.s.cfg.Desk.Cases.Each(v.ctx, v.who, q, mostExported, func(ctx context.Context, rows []casework.Row) error {
		on := *v
		on.ctx = ctx // names are read on the same snapshot
		l.v = &on
		if err := l.learn(rows); err != nil {
			return err
		}
		for _, r := range rows {
			n++
			if err := t.Row(cellsOf(l, r)...); err != nil {
				return err
			}
		}
		progress(n)
		return ctx.Err()
	})
	return n, err
}

func cellsOf(l *lister, r casework.Row) []any {
	cells, said := make([]any, len(columns)), l.row(r)
	for i, c := range columns {
		cells[i] = c.cell(l, r, said)
	}
	return cells
}

// about says what a sheet of the queue is: the question, when and by whom it was asked, and how many cases answered it.
func (v *visit) about(a asked, defs []*procedure.Definition, n int64) [][2]string {
	var q Queue
	v.filters(&q, a, defs)
	var filters []string
	for _, c := range q.Chips {
		filters = append(filters, c.Label)
	}
	at := v.s.cfg.Clock.Now()
	out := [][2]string{
		{v.T("queue.sheet.about.list"), v.T("desk.queue.caption." + a.view)},
		{v.T("queue.sheet.about.filters"), strings.Join(filters, v.T("web.comma"))},
		{v.T("desk.filter.sort"), v.T("desk.sort." + a.sort)},
		{v.T("queue.sheet.about.rows"), Num(v.l, n)},
		{v.T("queue.sheet.about.at"), jalali.FromTime(at).Slash(v.l) + v.T("web.comma") + locale.Digits(v.l, at.In(clock.Tehran).Format("15:04"))},
		{v.T("queue.sheet.about.by"), v.p.Name + v.T("web.comma") + v.word("desk.role.", v.p.Role)},
	}
	if v.s.cfg.Sample {
		out = append(out, [2]string{v.T("web.sample.label"), v.T("web.sample")})
	}
	return out
}
