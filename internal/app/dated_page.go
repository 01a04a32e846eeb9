package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/web"
)

// tables gives a procedure's dated tables with the rows in force today, and who published them when.
func (m manuals) tables(ctx context.Context, d *procedure.Definition) ([]web.ManualTable, error) {
	today := jalali.FromTime(m.a.Clock.Now())
	var out []web.ManualTable
	for _, t := range d.Dated {
		fa, en := d.DatedOn(t, locale.FA, today), d.DatedOn(t, locale.EN, today)
		if len(fa.Head) == 0 {
			continue
		}
		x := web.ManualTable{ID: fa.ID, Title: t.Title, Head: daysLast(pair(fa.Head, en.Head)), Rests: first(pair(fa.Text, en.Text))}
		for i := range fa.Rows {
			x.Rows = append(x.Rows, daysLast(pair(fa.Rows[i], en.Rows[i])))
		}
		if l := d.Law(t.Law); l != nil {
			x.Law = l.Title
		}
		if next := d.NextRows(t, today); !next.IsZero() {
			x.Next = next.Start()
		}
		var err error
		if x.Published, x.By, err = m.publishedRows(ctx, d, t.File); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// publishedRows says when the rows of a dated table came, and by whom; rows of before this was kept name nobody.
func (m manuals) publishedRows(ctx context.Context, d *procedure.Definition, file string) (at time.Time, by []string, err error) {
	var ids []string
	err = m.a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
		items, err := tx.LoadItems(ctx, m.a.Province, RegisterDated, d.ID+"/"+file, "")
		if err == nil && len(items) > 0 {
			at, ids = time.UnixMicro(items[0].AsOf), strings.Fields(text(items[0].Fields["approvers"]))
		}
		return err
	})
	if err != nil || len(ids) == 0 {
		return at, nil, err
	}
	known, err := m.a.Party.Names(ctx, ids)
	for _, id := range ids {
		by = append(by, known[id])
	}
	if err != nil || slices.Contains(by, "") { // erased since, or published before anybody could sign in
		return at, nil, err
	}
	return at, by, nil
}

// pair joins texts of both languages.
func pair(fa, en []string) []locale.Text {
	out := make([]locale.Text, len(fa))
	for i := range fa {
		out[i] = locale.Text{FA: fa[i], EN: en[i]}
	}
	return out
}

// daysLast puts what a row says before the days on which it holds: on a page all rows of today share most of them.
func daysLast(row []locale.Text) []locale.Text { return append(row[2:len(row):len(row)], row[:2]...) }

// first gives the first text, if any.
func first(list []locale.Text) locale.Text {
	if len(list) == 0 {
		return locale.Text{}
	}
	return list[0]
}
