package web

import (
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// teller writes values of a case in words: choices by their labels, persons, bodies and register items by their names.
type teller struct {
	l     locale.Lang
	names map[string]string
	items map[string]map[string]string // register → item → name
}

func (t teller) T(key string, kv ...any) string { return locale.T(t.l, key, pairs(kv)) }

// name gives the name behind an id, "" where there is none to show.
func (t teller) name(id string) string { return t.names[id] }

// teller looks up every name that the pages of a case will show.
func (v *visit) teller(c *casework.View) (teller, error) {
	t := teller{l: v.l, items: map[string]map[string]string{}}
	facts := shownFacts(c)
	ids := []string{c.Unit, c.Holder.Subject}
	for _, e := range c.Timeline {
		ids = append(ids, e.By)
	}
	for _, d := range c.Decisions {
		ids = append(ids, d.By)
	}
	for _, f := range facts {
		ids = append(ids, f.By, f.Verified)
		if s, ok := f.Value.(string); ok && strings.HasPrefix(f.Type, "body:") {
			ids = append(ids, s)
		}
		ids = append(ids, bodiesIn(f)...)
	}
	for _, o := range c.Opinions {
		ids = append(ids, o.Subject, o.By)
	}
	for _, o := range c.Obligations {
		ids = append(ids, o.Subject, o.By, o.Seen)
	}
	ids = append(ids, signers(c)...)
	if c.Awaiting != nil {
		ids = append(ids, c.Awaiting.By)
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(s string) bool { return s == "" })
	var err error
	if t.names, err = v.names(ids); err != nil {
		return t, err
	}
	return t, v.registers(t, facts)
}

// bodiesIn are the bodies that a table names.
func bodiesIn(f casework.FactView) (ids []string) {
	for _, c := range f.Columns {
		for _, row := range tableOf(f.Value) {
			if s, ok := row[c.ID].(string); ok && strings.HasPrefix(c.Type, "body:") {
				ids = append(ids, s)
			}
		}
	}
	return ids
}

// shownFacts are the facts of a case with those of its conditions.
func shownFacts(c *casework.View) []casework.FactView {
	facts := slices.Clone(c.Facts)
	for _, k := range c.Conditions {
		facts = append(append(facts, k.Facts...), k.Remedy...)
	}
	if c.Awaiting != nil {
		for _, k := range c.Awaiting.Changes {
			facts = append(facts, k.Now, k.To)
		}
	}
	return facts
}

// registers fills the names of the items that facts chose from live registers; an item no longer offered keeps its code.
func (v *visit) registers(t teller, facts []casework.FactView) error {
	for _, f := range facts {
		if f.Def == nil || f.Def.Register == "" || f.Value == nil || t.items[f.Def.Register] != nil || v.s.cfg.Desk.Items == nil {
			continue
		}
		options, err := v.items(f.Def.Register)
		if err != nil {
			return err
		}
		m := map[string]string{}
		for _, o := range options {
			m[o.Value] = o.Label
		}
		t.items[f.Def.Register] = m
	}
	return nil
}

// value writes a fact's value; what is not known is said so.
func (t teller) value(f casework.FactView) string {
	switch x := f.Value.(type) {
	case nil:
		return t.T("desk.unknown")
	case bool:
		return t.yesNo(x)
	case int64:
		return t.number(f.Type, x)
	case int:
		return t.number(f.Type, int64(x))
	case float64:
		return t.number(f.Type, int64(x))
	case string:
		return t.text(f, x)
	case []string:
		return strings.Join(x, t.T("web.comma"))
	}
	if rows := tableOf(f.Value); rows != nil {
		return t.table(f, rows)
	}
	return t.list(f.Value)
}

func (t teller) yesNo(b bool) string {
	if b {
		return t.T("web.yes")
	}
	return t.T("web.no")
}

func (t teller) number(typ string, n int64) string {
	switch typ {
	case "money":
		return t.T("web.rial", "n", Num(t.l, n))
	case "percent":
		return Percent(t.l, float64(n)/100)
	case "decimal":
		return strings.TrimRight(Percent(t.l, float64(n)/100), percentSign+"%")
	}
	return Num(t.l, n)
}

func (t teller) text(f casework.FactView, s string) string {
	switch {
	case s == casework.Erased:
		return t.T("desk.erased")
	case !f.Label.IsZero():
		return f.Label.In(t.l)
	case f.Type == "date":
		if d, err := jalali.FromCivil(s); err == nil {
			return d.Long(t.l)
		}
	case f.Type == "file":
		return t.T("desk.file.attached")
	case strings.HasPrefix(f.Type, "body:") && t.names[s] != "":
		return t.names[s]
	case f.Def != nil && t.items[f.Def.Register][s] != "":
		return t.items[f.Def.Register][s]
	}
	return s
}

func (t teller) list(v any) string {
	items, ok := v.([]any)
	if !ok {
		return ""
	}
	words := []string{}
	for _, x := range items {
		if s, ok := x.(string); ok {
			words = append(words, s)
		}
	}
	return strings.Join(words, t.T("web.comma"))
}

// tableOf gives the rows of a table fact, as stored or as read back from JSON; nil for anything else.
func tableOf(v any) []map[string]any {
	switch x := v.(type) {
	case []map[string]any:
		return x
	case []any:
		var out []map[string]any
		for _, e := range x {
			if m, ok := e.(map[string]any); ok {
				out = append(out, m)
			}
		}
		return out
	}
	return nil
}

func (t teller) table(f casework.FactView, rows []map[string]any) string {
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		var cells []string
		for _, c := range f.Columns {
			if row[c.ID] != nil {
				cells = append(cells, t.value(casework.FactView{Type: c.Type, Value: row[c.ID], Label: optionTitle(c, row[c.ID]), Def: c, Columns: c.Columns}))
			}
		}
		lines = append(lines, strings.Join(cells, t.T("desk.colon")))
	}
	return strings.Join(lines, t.T("desk.semicolon"))
}

// optionTitle is the label of a column's answer, zero where it is none of a few.
func optionTitle(c *procedure.Fact, v any) locale.Text {
	for _, o := range c.Options {
		if o.Code == v {
			return o.Title
		}
	}
	return locale.Text{}
}

// isCode reports that a value runs left to right as a code.
func isCode(f casework.FactView) bool {
	s, ok := f.Value.(string)
	return ok && (strings.HasPrefix(f.Type, "id:") || f.Type == "text" && !strings.ContainsFunc(s, func(r rune) bool { return r > 127 || r == ' ' }))
}

// source says where a value came from: who said it or which register, and by what means.
func (t teller) source(f casework.FactView) string {
	if f.Value == nil {
		return ""
	}
	s := wordOf(t.l, "desk.source.", f.Source)
	if from := "desk.behalf." + f.From; f.From != "" && locale.Has(t.l, from) {
		s += t.T("web.comma") + t.T(from)
	}
	if f.Table != nil {
		s += t.T("web.comma") + t.T("desk.source.table", "table", *f.Table)
	}
	if f.Stale {
		s += t.T("web.comma") + t.T("desk.stale")
	}
	return s
}

// fact makes the component of one value.
func (t teller) fact(caseID string, f casework.FactView) Fact {
	out := Fact{Name: f.Title.In(t.l), Value: t.value(f), Code: isCode(f), Source: t.source(f), Verifier: t.name(f.Verified)}
	if f.Value != nil && f.AsOf > 0 {
		out.At = time.UnixMicro(f.AsOf)
	}
	if hash, ok := f.Value.(string); ok && f.Type == "file" && hash != casework.Erased {
		out.Href = "/cases/" + caseID + "/files/" + hash
	}
	return out
}

// claimLine is a step that only a sheet says was reached.
type claimLine struct{ Step, Amount, On string }

func (t teller) claims(c *casework.View) (out []claimLine) {
	for _, k := range c.Claims {
		line := claimLine{Step: k.Title.In(t.l)}
		if k.Amount > 0 {
			line.Amount = t.number("money", k.Amount)
		}
		if d, err := jalali.FromCivil(k.On); err == nil {
			line.On = d.Long(t.l)
		}
		out = append(out, line)
	}
	return out
}

// timeOf is an instant in µs, zero for none.
func timeOf(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}
