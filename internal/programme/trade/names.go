package trade

import (
	"context"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
)

// columns are which columns of names a table fills.
func (t Table) columns() string {
	var fa, en, number bool
	for _, r := range t.Rows {
		fa, en, number = fa || r.FA != "", en || r.EN != "", number || r.Value != 0
	}
	var out []string
	for _, c := range []struct {
		name   string
		filled bool
	}{{"fa", fa}, {"en", en}, {"number", number}} {
		if c.filled {
			out = append(out, c.name)
		}
	}
	return strings.Join(out, " ")
}

// fills gives the columns of names of a source; one of a program that did not note them may fill all.
func (s Source) fills() []string {
	if s.Columns == "" {
		return []string{"fa", "en", "number"}
	}
	return strings.Fields(s.Columns)
}

// like tells whether two sources say something of the same.
func (s Source) like(o Source) bool {
	return s.Kind == o.Kind && s.Edition == o.Edition && s.To == o.To && s.Year == o.Year
}

// replaces tells whether nothing of a former source counts any more beside s.
func (s Source) replaces(former Source) bool {
	if !s.like(former) || !s.Kind.names() {
		return s.like(former)
	}
	return !slices.ContainsFunc(former.fills(), func(c string) bool { return !slices.Contains(s.fills(), c) })
}

// Counting tells of each source, by id, whether anything of it counts; all comes the last loaded first.
func Counting(all []Source) map[string]bool {
	out := map[string]bool{}
	for i, s := range all {
		columns := []string{""}
		if s.Kind.names() {
			columns = s.fills()
		}
		for _, newer := range all[:i] {
			if newer.like(s) {
				columns = slices.DeleteFunc(columns, func(c string) bool { return c == "" || slices.Contains(newer.fills(), c) })
			}
		}
		out[s.ID] = len(columns) > 0
	}
	return out
}

// namings are the sources whose names count, the last loaded first.
func namings(all []Source, kind Kind, edition string) (out []Source) {
	counts := Counting(all)
	for _, s := range all {
		if s.Kind == kind && s.Edition == edition && counts[s.ID] {
			out = append(out, s)
		}
	}
	return out
}

// merged makes one table of names of sources, the last loaded first: each of the columns is that of the first which fills it.
func merged(ctx context.Context, tx Tx, province string, from []Source, columns ...string) (t Table, err error) {
	rows, order := map[string]*Row{}, []string{}
	for _, column := range columns {
		s := counted(from, func(s Source) bool { return slices.Contains(s.fills(), column) })
		if s == nil {
			continue
		}
		part, err := tableOf(ctx, tx, province, s.ID)
		if err != nil {
			return t, err
		}
		for _, r := range part.Rows {
			into := rows[r.Key]
			if into == nil {
				into = &Row{Key: r.Key}
				rows[r.Key], order = into, append(order, r.Key)
			}
			switch column {
			case "fa":
				into.FA = r.FA
			case "en":
				into.EN = r.EN
			default:
				into.Value = r.Value
			}
		}
	}
	slices.Sort(order)
	for _, key := range order {
		t.Rows = append(t.Rows, *rows[key])
	}
	return t, nil
}

// standing is what the register says already of what a source tells: of names only in the columns that it fills.
func standing(ctx context.Context, tx Tx, former []Source, s Source) (t Table, err error) {
	if s.Kind.names() {
		return merged(ctx, tx, s.Province, namings(former, s.Kind, s.Edition), s.fills()...)
	}
	if f := counted(former, s.like); f != nil {
		return tableOf(ctx, tx, s.Province, f.ID)
	}
	return t, nil
}

// namesOf gives the names of products of an edition: those that are loaded, and where a heading has none in a language, that of
// our own list.
func namesOf(ctx context.Context, tx Tx, province string, all []Source, edition string) (map[string]locale.Text, error) {
	t, err := merged(ctx, tx, province, namings(all, Products, edition), "fa", "en")
	if err != nil {
		return nil, err
	}
	out := t.named()
	for _, h := range refdata.HSHeadings() {
		out[h.Code] = orElse(out[h.Code], h.Name)
	}
	return out, nil
}

// activitiesOf gives the names of activities: those that are loaded, and where there is none that of our own list.
func activitiesOf(ctx context.Context, tx Tx, province string, all []Source) (map[string]locale.Text, error) {
	t, err := merged(ctx, tx, province, namings(all, Activities, ""), "fa", "en")
	if err != nil {
		return nil, err
	}
	out := t.named()
	for _, a := range refdata.ISIC() {
		if a.Rev31 != "" { // our list gives those of revision 3.1 too, which correspond to none
			out[a.Code] = orElse(out[a.Code], a.Name)
		}
	}
	return out, nil
}

func orElse(n, other locale.Text) locale.Text {
	if n.FA == "" {
		n.FA = other.FA
	}
	if n.EN == "" {
		n.EN = other.EN
	}
	return n
}

// named gives a table's names by code.
func (t Table) named() map[string]locale.Text {
	out := make(map[string]locale.Text, len(t.Rows))
	for _, r := range t.Rows {
		out[r.Key] = locale.Text{FA: r.FA, EN: r.EN}
	}
	return out
}
