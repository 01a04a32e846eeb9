package store

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

const unitColumns = "province, id, kind, name, search, county, status, merged_into, sample, version, created, changed"

// LoadUnit gives a unit's head; not_found registry.no_unit.
func (t *Tx) LoadUnit(ctx context.Context, province, id string) (h registry.Head, err error) {
	found := false
	err = t.each(ctx, "SELECT "+unitColumns+" FROM unit WHERE province = $1 AND id = $2", []any{province, id},
		func(scan func(...any) error) error {
			found = true
			h, err = scanUnit(scan)
			return err
		})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "registry.no_unit", "unit", id)
	}
	return h, err
}

func scanUnit(scan func(...any) error) (h registry.Head, err error) {
	var sample int64
	err = scan(&h.Province, &h.ID, &h.Kind, &h.Name, &h.Search, &h.County, &h.Status, &h.MergedInto, &sample, &h.Version,
		&h.Created, &h.Changed)
	h.Sample = sample != 0
	return h, err
}

// AddUnits writes units that are not in the register yet, with their company files, keys and words, while they come: only
// what they are found by is kept until the end. Keys go in the order of their table, so that those which lie together are
// written together.
func (t *Tx) AddUnits(ctx context.Context, us iter.Seq2[registry.NewUnit, error]) error {
	names := t.s.eng.names()
	mark, err := names.mark(ctx, t)
	if err != nil {
		return err
	}
	var named []registry.Head
	var keys []keyRow
	rows := bulk{t: t, into: "unit (" + unitColumns + ", file)"}
	for u, err := range us {
		if err != nil {
			return err
		}
		file, err := encodeFile(u.Values)
		if err != nil {
			return err
		}
		if err := rows.add(ctx, append(headRow(u.Head), file)...); err != nil {
			return err
		}
		named = append(named, u.Head)
		for _, k := range u.Keys {
			keys = append(keys, keyRow{u.Province, u.ID, k})
		}
	}
	if err := rows.end(ctx); err != nil {
		return err
	}
	if err := names.add(ctx, t, mark, named); err != nil {
		return err
	}
	return t.addKeys(ctx, keys)
}

// keyRow is a key of a unit.
type keyRow struct {
	province, unit string
	registry.Key
}

const intoKeys = "unit_key (province, kind, key, unit)"

// addKeys writes keys in the order of their table.
func (t *Tx) addKeys(ctx context.Context, keys []keyRow) error {
	slices.SortFunc(keys, func(a, b keyRow) int {
		return cmp.Or(strings.Compare(a.province, b.province), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value), strings.Compare(a.unit, b.unit))
	})
	rows := bulk{t: t, into: intoKeys}
	for _, k := range keys {
		if err := rows.add(ctx, k.province, k.Kind, []byte(k.Value), k.unit); err != nil {
			return err
		}
	}
	return rows.end(ctx)
}

// inOrder sorts rows by their first columns, which are texts.
func inOrder(rows [][]any, columns int) [][]any {
	slices.SortFunc(rows, func(a, b []any) int {
		for i := range columns {
			if c := strings.Compare(a[i].(string), b[i].(string)); c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

func headRow(h registry.Head) []any {
	row := make([]any, 0, 13) // with the file
	return append(row, h.Province, h.ID, h.Kind, h.Name, h.Search, h.County, h.Status, h.MergedInto, flag(h.Sample), h.Version,
		h.Created, h.Changed)
}

func valueRow(province, unit string, v registry.Stored) []any {
	return []any{province, unit, v.Field, v.Value, v.Sealed, v.Source, v.Origin, v.AsOf, v.EnteredBy, v.EnteredAt,
		v.VerifiedBy, v.VerifiedAt}
}

// SaveUnit updates a head whose stored version is one less; conflict registry.changed otherwise.
func (t *Tx) SaveUnit(ctx context.Context, h registry.Head) error {
	return t.s.eng.names().save(ctx, t, h, func() error {
		n, err := t.exec(ctx, `UPDATE unit SET kind = $3, name = $4, search = $5, county = $6, status = $7, merged_into = $8,
			sample = $9, version = $10, created = $11, changed = $12
			WHERE province = $1 AND id = $2 AND version = $10 - 1`, headRow(h)...)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "registry.changed", "unit", h.ID)
		}
		return err
	})
}

// FindUnits lists heads by a query, in order of id.
func (t *Tx) FindUnits(ctx context.Context, q registry.Query) (out []registry.Head, err error) {
	c := &condition{}
	c.equal("province", q.Province)
	c.equal("county", q.County)
	c.equal("kind", q.Kind)
	c.equal("status", q.Status)
	if q.After != "" {
		c.and("id > " + c.arg(q.After))
	}
	if q.IDs != nil {
		c.and("id IN (" + c.list(q.IDs) + ")")
	}
	if len(q.Like) > 0 {
		c.and(c.likeAny("search", q.Like))
	}
	query := "SELECT " + unitColumns + " FROM unit WHERE " + c.String() + " ORDER BY id LIMIT " + c.arg(q.Limit)
	err = t.each(ctx, query, c.args, func(scan func(...any) error) error {
		h, err := scanUnit(scan)
		out = append(out, h)
		return err
	})
	return out, err
}

// list adds arguments and gives their places, NULL for none, which equals nothing.
func (c *condition) list(vs []string) string {
	if len(vs) == 0 {
		return "NULL"
	}
	places := make([]string, len(vs))
	for i, v := range vs {
		places[i] = c.arg(v)
	}
	return strings.Join(places, ", ")
}

var likeText = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// likeAny is an alternative of lists of words that a column must all contain.
func (c *condition) likeAny(column string, alternatives [][]string) string {
	var any []string
	for _, words := range alternatives {
		var all []string
		for _, w := range words {
			all = append(all, column+" LIKE "+c.arg("%"+likeText.Replace(w)+"%")+` ESCAPE '\'`)
		}
		any = append(any, "("+strings.Join(all, " AND ")+")")
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

const (
	valueColumns = "field, value, sealed, source, origin, as_of, entered_by, entered_at, verified_by, verified_at"
	valueCount   = 12 // with the province and the unit
)

// LoadValues gives the values of a unit by field, and the past ones before them when past is set.
func (t *Tx) LoadValues(ctx context.Context, province, unit string, past bool) ([]registry.Stored, error) {
	present, err := t.file(ctx, province, unit, "")
	if err != nil || !past {
		return present, err
	}
	out, err := t.pastValues(ctx, province, unit)
	if err != nil {
		return nil, err
	}
	out = append(out, present...)
	slices.SortStableFunc(out, byField)
	return out, nil
}

// file gives the present values of a unit by field; lock ends the query.
func (t *Tx) file(ctx context.Context, province, unit, lock string) ([]registry.Stored, error) {
	var text string
	_, err := t.row(ctx, "SELECT file FROM unit WHERE province = $1 AND id = $2"+lock, []any{province, unit}, &text)
	if err != nil {
		return nil, err
	}
	return decodeFile(text)
}

func (t *Tx) pastValues(ctx context.Context, province, unit string) (out []registry.Stored, err error) {
	err = t.each(ctx, "SELECT "+valueColumns+", until FROM unit_fact_past WHERE province = $1 AND unit = $2 ORDER BY field, n",
		[]any{province, unit}, func(scan func(...any) error) error {
			var s registry.Stored
			err := scanValue(scan, &s, &s.Until)
			out = append(out, s)
			return err
		})
	return out, err
}

func scanValue(scan func(...any) error, s *registry.Stored, more ...any) error {
	return scan(append([]any{&s.Field, &s.Value, &s.Sealed, &s.Source, &s.Origin, &s.AsOf, &s.EnteredBy, &s.EnteredAt,
		&s.VerifiedBy, &s.VerifiedAt}, more...)...)
}

// nothing is the JSON of a value that is known no more.
const nothing = "null"

// SaveValues writes values into a unit's file; what stood in their place is kept as past since at. A null value leaves
// the field unknown. Fault: not_found registry.no_unit.
func (t *Tx) SaveValues(ctx context.Context, province, unit string, vs []registry.Stored, at int64) error {
	if len(vs) == 0 {
		return nil
	}
	stay, err := t.file(ctx, province, unit, t.s.eng.forUpdate())
	if err != nil {
		return err
	}
	var past []registry.Stored
	for _, v := range vs {
		stay = slices.DeleteFunc(stay, func(s registry.Stored) bool {
			if s.Field == v.Field {
				s.Until = at
				past = append(past, s)
			}
			return s.Field == v.Field
		})
	}
	if err := t.keepPast(ctx, province, unit, past); err != nil {
		return err
	}
	file, err := encodeFile(append(stay, vs...))
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, "UPDATE unit SET file = $3 WHERE province = $1 AND id = $2", province, unit, file)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "registry.no_unit", "unit", unit)
	}
	return err
}

// keepPast adds to the past values of a unit.
func (t *Tx) keepPast(ctx context.Context, province, unit string, vs []registry.Stored) error {
	var rows [][]any
	for _, v := range vs {
		var n int64
		_, err := t.row(ctx, "SELECT count(*) FROM unit_fact_past WHERE province = $1 AND unit = $2 AND field = $3",
			[]any{province, unit, v.Field}, &n)
		if err != nil {
			return err
		}
		rows = append(rows, append(valueRow(province, unit, v), n+1, v.Until))
	}
	return t.insert(ctx, "unit_fact_past (province, unit, "+valueColumns+", n, until)", rows)
}

// PutKeys takes keys from a unit and gives it others. One to take that has no value is looked for among all of its kind.
func (t *Tx) PutKeys(ctx context.Context, province, unit string, take, give []registry.Key) error {
	for _, k := range take {
		query, args := "DELETE FROM unit_key WHERE province = $1 AND kind = $2 AND unit = $3", []any{province, k.Kind, unit}
		if k.Value != "" {
			query, args = query+" AND key = $4", append(args, []byte(k.Value))
		}
		if _, err := t.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	rows := make([]keyRow, len(give))
	for i, k := range give {
		rows[i] = keyRow{province, unit, k}
	}
	return t.addKeys(ctx, rows)
}

// keysAtOnce bounds the parameters of one look-up.
const keysAtOnce = 500

// UnitsByKeys gives who has one of the keys, in order of unit for each kind. One look-up is of one kind, joined from the
// keys asked for: over a long list, or over pairs of kind and key, SQLite reads all keys of the province instead.
func (t *Tx) UnitsByKeys(ctx context.Context, province string, keys []registry.Key) (out []registry.KeyOf, err error) {
	var kinds []string
	byKind := map[string][]string{}
	for _, k := range keys {
		if byKind[k.Kind] == nil {
			kinds = append(kinds, k.Kind)
		}
		byKind[k.Kind] = append(byKind[k.Kind], k.Value)
	}
	for _, kind := range kinds {
		for part := range slices.Chunk(byKind[kind], keysAtOnce) {
			if out, err = t.unitsByKind(ctx, out, province, kind, part); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (t *Tx) unitsByKind(ctx context.Context, out []registry.KeyOf, province, kind string, values []string) ([]registry.KeyOf, error) {
	c := &condition{}
	asked := make([]string, len(values))
	for i, v := range values {
		place := c.arg([]byte(v))
		if i == 0 {
			place = t.s.eng.bytesWord(place) // the rest are what the first is
		}
		asked[i] = "(" + place + ")"
	}
	query := "WITH asked (key) AS (VALUES " + strings.Join(asked, ", ") + ") SELECT u.key, u.unit FROM asked CROSS JOIN unit_key u WHERE u.province = " +
		c.arg(province) + " AND u.kind = " + c.arg(kind) + " AND u.key = asked.key ORDER BY u.unit, u.key"
	err := t.each(ctx, query, c.args, func(scan func(...any) error) error {
		k, key := registry.KeyOf{Key: registry.Key{Kind: kind}}, []byte(nil)
		err := scan(&key, &k.Unit)
		k.Value = string(key)
		out = append(out, k)
		return err
	})
	return out, err
}

// UnitNames gives every unit's county and folded name, by county. A county's names come in one text: a row for each costs
// more, and an import looks at all of them.
func (t *Tx) UnitNames(ctx context.Context, province string, f func(registry.NameOf)) error {
	const between, after = "\x1f", "\x1e" // no id and no folded name has them
	return t.each(ctx, "SELECT county, string_agg(id || $2 || search, $3) FROM unit WHERE province = $1 GROUP BY county",
		[]any{province, between, after}, func(scan func(...any) error) error {
			var county, all string
			err := scan(&county, &all)
			for part := range strings.SplitSeq(all, after) {
				id, name, _ := strings.Cut(part, between)
				f(registry.NameOf{Unit: id, County: county, Name: name})
			}
			return err
		})
}
