package procedure

import (
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/procedure/rule"
)

// dated prints each dated table with the days its rows are in force.
func (w *manualWriter) dated() {
	for _, t := range w.d.Dated {
		if table := w.d.datedRows(t); table != nil {
			w.m.Sections = append(w.m.Sections, w.datedTable(t, table, table.Rows))
		}
	}
}

// datedRows gives a dated table as read, nil where it holds nothing.
func (d *Definition) datedRows(t *Dated) *rule.Dated {
	if d.Compile() != nil {
		return nil
	}
	return d.compiled.dated[t.ID]
}

// DatedOn words the rows of a dated table that are in force on a day, as the manual does; without rows where none is.
func (d *Definition) DatedOn(t *Dated, l locale.Lang, day jalali.Date) (out ManualSection) {
	if table := d.datedRows(t); table != nil {
		var rows []rule.Row
		if on := table.On(day); on != nil {
			rows = on.Rows
		}
		out = (&manualWriter{d: d, lang: l}).datedTable(t, table, rows)
	}
	return out
}

// NextRows gives the first day after a day on which other rows of a dated table come into force, zero for none.
func (d *Definition) NextRows(t *Dated, day jalali.Date) jalali.Date {
	if table := d.datedRows(t); table != nil {
		return table.Next(day)
	}
	return jalali.Date{}
}

// datedTable prints rows of a dated table under the titles of its facts.
func (w *manualWriter) datedTable(t *Dated, table *rule.Dated, rows []rule.Row) ManualSection {
	s := ManualSection{ID: "dated-" + t.ID, Title: t.Title.In(w.lang), Head: []string{w.t("from_day"), w.t("to_day")}}
	if f := w.d.Fact(t.DatedBy); f != nil {
		s.Text = []string{locale.T(w.lang, "procedure.manual.dated_by", map[string]any{"fact": f.Title})}
	}
	for _, c := range append(table.Inputs[:len(table.Inputs):len(table.Inputs)], table.Outputs...) {
		s.Head = append(s.Head, w.d.Fact(c.Name).Title.In(w.lang))
	}
	for _, r := range rows {
		row := []string{w.day(r.From), w.day(r.To)}
		for i, c := range r.Cells {
			row = append(row, w.cell(w.d.Fact(table.Inputs[i].Name), c))
		}
		for i, v := range r.Out {
			row = append(row, w.given(w.d.Fact(table.Outputs[i].Name), v))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (w *manualWriter) day(d jalali.Date) string {
	if d.IsZero() {
		return w.t("open_day")
	}
	return d.Slash(w.lang)
}

// cell words a test: up to, from, between, or one value.
func (w *manualWriter) cell(f *Fact, c rule.Cell) string {
	if c.Any {
		return w.t("any_value")
	}
	var out []string
	for _, s := range c.Spans {
		switch {
		case !s.Ordered:
			out = append(out, w.given(f, s.Text))
		case s.Lo == nil && f.Min != nil && *f.Min == *s.Hi:
			out = append(out, w.number(f, *s.Hi)) // nothing is less
		case s.Lo == nil:
			out = append(out, locale.T(w.lang, "procedure.manual.up_to", map[string]any{"value": w.number(f, *s.Hi)}))
		case s.Hi == nil:
			out = append(out, locale.T(w.lang, "procedure.manual.at_least", map[string]any{"value": w.number(f, *s.Lo)}))
		case *s.Lo == *s.Hi:
			out = append(out, w.number(f, *s.Lo))
		default:
			out = append(out, locale.T(w.lang, "procedure.manual.between", map[string]any{"from": w.number(f, *s.Lo), "to": w.number(f, *s.Hi)}))
		}
	}
	return strings.Join(out, w.comma())
}

// number writes a bound in the fact's own unit: a day, a percentage, a count or rial.
func (w *manualWriter) number(f *Fact, n int64) string {
	if KindOf(f.Type) == rule.Date {
		return w.day(jalali.AtIndex(int(n)))
	}
	if KindOf(f.Type) == rule.Percent {
		return locale.Digits(w.lang, boundText(f.Type, n))
	}
	return money.Rial(n).Format(w.lang)
}

// given writes a value that is a code by its title.
func (w *manualWriter) given(f *Fact, v any) string {
	switch x := v.(type) {
	case int64:
		return w.number(f, x)
	case jalali.Date:
		return w.day(x)
	case bool:
		if x {
			return locale.T(w.lang, "procedure.word.yes", nil)
		}
		return locale.T(w.lang, "procedure.word.no", nil)
	case string:
		for _, o := range f.Options {
			if o.Code == x {
				return o.Title.In(w.lang)
			}
		}
		return x
	}
	return ""
}
