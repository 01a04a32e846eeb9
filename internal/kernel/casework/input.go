package casework

import (
	"reflect"
	"strconv"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/procedure/rule"
)

// InputOf gives the rules' view of a case's values at the environment's now: what is missing, erased or stale is absent,
// and so enters the rules as unknown (kernel.md 9).
func InputOf(d *procedure.Definition, s *State, values map[string]any, env Env) rule.Input {
	in := rule.Input{
		Facts: make(map[string]any, len(values)), Now: micros(env.Now), Today: day(env.Now), Calendar: env.Calendars[d.Calendar],
	}
	for name, v := range values {
		f := d.Fact(name)
		if f == nil || v == nil || v == Erased || stale(d, s, f, values, env.Now) {
			continue
		}
		in.Facts[name] = procedure.ToRule(f, v)
	}
	return in
}

// stale says whether a reading is older than its fact stays valid: by the date fact that dates it, else by when it was said.
func stale(d *procedure.Definition, s *State, f *procedure.Fact, values map[string]any, now int64) bool {
	n := validDays(f.Valid)
	if n == 0 {
		return false
	}
	read := s.Facts[f.ID].AsOf
	if f.DatedBy != "" {
		civil, ok := values[f.DatedBy].(string)
		if !ok {
			return true // a reading without its date cannot be known to be fresh
		}
		dated, err := jalali.FromCivil(civil)
		if err != nil {
			return true
		}
		read = dated.Start().UnixMicro()
	}
	return read > 0 && day(read).AddDays(n).Compare(day(now)) < 0
}

func validDays(s string) int {
	if s == "" { // most facts never grow old
		return 0
	}
	num, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	n, err := strconv.Atoi(num)
	if err != nil {
		return 0
	}
	return n
}

// same compares two stored values.
func same(a, b any) bool { return reflect.DeepEqual(normal(a), normal(b)) }

// normal makes values comparable that differ only by how JSON read them back.
func normal(v any) any {
	switch x := v.(type) {
	case int:
		return int64(x)
	case float64:
		if x == float64(int64(x)) {
			return int64(x)
		}
		return x
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = normal(x[i])
		}
		return out
	case []string:
		out := make([]any, len(x))
		for i := range x {
			out[i] = x[i]
		}
		return out
	case []map[string]any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = normal(x[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k := range x {
			out[k] = normal(x[k])
		}
		return out
	default:
		return v
	}
}

// remedyOf gives what one condition's part of the smallest remedy sets, as stored values: the one answer of pages, API and
// decisions. Personal facts stay out, since a decision is not sealed with a person's key.
func remedyOf(d *procedure.Definition, r procedure.ConditionResult) map[string]any {
	if !r.RemedyOK {
		return nil
	}
	out := make(map[string]any, len(r.Remedy))
	for name, v := range r.Remedy {
		if f := d.Fact(name); f != nil && f.Personal == nil {
			out[name] = v
		}
	}
	return out
}

func roleTitle(d *procedure.Definition, role string) locale.Text {
	if r := d.Role(role); r != nil {
		return r.Title
	}
	return locale.Text{FA: role, EN: role}
}

// factTitles joins the titles of facts, in both languages.
func factTitles(d *procedure.Definition, facts []string) locale.Text {
	var fa, en []string
	for _, id := range facts {
		title := locale.Text{FA: id, EN: id}
		if f := d.Fact(id); f != nil {
			title = f.Title
		}
		fa, en = append(fa, title.FA), append(en, title.In(locale.EN))
	}
	return locale.Text{FA: strings.Join(fa, "\u060C "), EN: strings.Join(en, ", ")}
}

// reasonRow finds a coded reason that is in force at an instant.
func reasonRow(d *procedure.Definition, table, code string, at int64) *procedure.ReasonRow {
	for _, r := range d.Reasons {
		if r.ID != table {
			continue
		}
		for i := range r.Rows {
			row := &r.Rows[i]
			if row.Code == code && inForce(row, day(at)) {
				return row
			}
		}
	}
	return nil
}

func inForce(row *procedure.ReasonRow, on jalali.Date) bool {
	zero := jalali.Date{}
	return (row.From == zero || row.From.Compare(on) <= 0) && (row.To == zero || row.To.Compare(on) >= 0)
}
