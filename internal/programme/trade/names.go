package trade

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
)

// like tells whether two sources say something of the same.
func (s Source) like(o Source) bool {
	return s.Kind == o.Kind && s.Edition == o.Edition && s.To == o.To && s.Year == o.Year
}

// Counting tells of each source, by id, whether anything of it counts; all comes the last loaded first. Tables of names add to
// each other, so that one counts until a later one gives all that it gave.
func Counting(all []Source) map[string]bool {
	out := map[string]bool{}
	for i, s := range all {
		replaced := slices.ContainsFunc(all[:i], func(newer Source) bool {
			return newer.like(s) && (!s.Kind.names() || slices.Contains(strings.Fields(newer.Covers), s.ID))
		})
		out[s.ID] = !replaced
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

// merged makes one table of names of sources, the last loaded first: of each code and language the last name that was given.
func merged(ctx context.Context, tx Tx, province string, from []Source) (t Table, err error) {
	for _, s := range slices.Backward(from) {
		part, err := tableOf(ctx, tx, province, s.ID)
		if err != nil {
			return t, err
		}
		t = t.with(part)
	}
	return t, nil
}

// with lays names over others: what the newer leaves blank stays.
func (t Table) with(newer Table) (out Table) {
	rows := make(map[string]Row, len(t.Rows))
	for _, r := range t.Rows {
		rows[r.Key] = r
	}
	for _, r := range newer.Rows {
		was := rows[r.Key]
		r.FA, r.EN = cmp.Or(r.FA, was.FA), cmp.Or(r.EN, was.EN)
		if r.Value == 0 {
			r.Value = was.Value
		}
		rows[r.Key] = r
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		out.Rows = append(out.Rows, rows[key])
	}
	return out
}

// covers tells whether a table of names gives all that another gives.
func (t Table) covers(former Table) bool {
	rows := make(map[string]Row, len(t.Rows))
	for _, r := range t.Rows {
		rows[r.Key] = r
	}
	return !slices.ContainsFunc(former.Rows, func(r Row) bool {
		now, there := rows[r.Key]
		return !there || r.FA != "" && now.FA == "" || r.EN != "" && now.EN == "" || r.Value != 0 && now.Value == 0
	})
}

// anyName tells whether a table of names has any.
func (t Table) anyName() bool {
	return slices.ContainsFunc(t.Rows, func(r Row) bool { return r.FA != "" || r.EN != "" })
}

// replace says in a source which former ones it replaces.
func (in Load) replace(ctx context.Context, tx Tx, former []Source, out *Source) error {
	counts := Counting(former)
	var covers []string
	for _, f := range former {
		if !counts[f.ID] || !f.like(*out) {
			continue
		}
		if f.SHA256 == in.SHA256 {
			return fault.New(fault.Refused, "trade.loaded_already", "file", in.File, "title", f.Title()).At("file")
		}
		if in.Kind.names() {
			was, err := tableOf(ctx, tx, in.Province, f.ID)
			if err != nil {
				return err
			}
			if !in.Table.covers(was) {
				continue
			}
			covers = append(covers, f.ID)
		}
		out.Replaces = cmp.Or(out.Replaces, f.ID)
	}
	out.Covers = strings.Join(covers, " ")
	return nil
}

// standing is what the register says already of what a source tells, and says once the source is loaded.
func (in Load) standing(ctx context.Context, tx Tx, former []Source, s Source) (before, after Table, err error) {
	if s.Kind.names() {
		before, err = merged(ctx, tx, s.Province, namings(former, s.Kind, s.Edition))
		return before, before.with(in.Table), err
	}
	if f := counted(former, s.like); f != nil {
		before, err = tableOf(ctx, tx, s.Province, f.ID)
	}
	return before, in.Table, err
}

// namesOf gives the names of products of an edition: those that are loaded, and where a heading has none in a language, that of
// our own list.
func namesOf(ctx context.Context, tx Tx, province string, all []Source, edition string) (map[string]locale.Text, error) {
	t, err := merged(ctx, tx, province, namings(all, Products, edition))
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
	t, err := merged(ctx, tx, province, namings(all, Activities, ""))
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
