package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/services"
)

var _ services.Tx = (*Tx)(nil)

// ServiceRecords gives all versions of the register of exports of services with what became of them, the first entered first;
// with a unit only its own, without rates and figures. A command that asks for any of it has the register to itself.
func (t *Tx) ServiceRecords(ctx context.Context, province, unit string) ([]services.Record, error) {
	if unit == "" {
		return t.serviceRecords(ctx, province, "")
	}
	return t.serviceRecords(ctx, province, "AND r.unit = $2", unit)
}

// mostSought is how many things a statement names at most: who seeks more reads all.
const mostSought = 5000

// ServiceRecordsOf gives all versions of the things that are sought, the first entered first. A command that asks for any of it has
// the register to itself.
func (t *Tx) ServiceRecordsOf(ctx context.Context, province string, q services.Sought) ([]services.Record, error) {
	if len(q.Records)+len(q.Things)+len(q.On) > mostSought {
		return t.serviceRecords(ctx, province, "")
	}
	c := &condition{args: []any{province}}
	var found []string
	seek := func(which string) {
		found = append(found, "SELECT thing FROM service_record WHERE province = $1 AND "+which)
	}
	named := func(column string, names []string) {
		if names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" }); len(names) > 0 {
			seek(column + " IN (" + c.list(names) + ")")
		}
	}
	named("id", q.Records)
	named("thing", q.Things)
	named("of_thing", q.On)
	for _, a := range q.Alone {
		which := "kind = " + c.arg(string(a.Kind)) + " AND unit = " + c.arg(a.Unit)
		if a.Says != "" {
			which += " AND fields LIKE " + c.arg("%"+likeEscape.Replace(a.Says)+"%") + ` ESCAPE '\'`
		}
		seek(which)
	}
	if q.From > 0 {
		seek("seq >= " + c.arg(q.From))
	}
	if len(found) == 0 {
		return nil, t.deciding(ctx, "service_record", province, "")
	}
	return t.serviceRecords(ctx, province, "AND r.thing IN ("+strings.Join(found, " UNION ALL ")+")", c.args[1:]...)
}

// ServicesWaiting counts the versions of a unit that nobody has decided on.
func (t *Tx) ServicesWaiting(ctx context.Context, province, unit string) (n int, err error) {
	if err := t.deciding(ctx, "service_record", province, ""); err != nil { // more is entered by it
		return 0, err
	}
	_, err = t.row(ctx, `SELECT count(*) FROM service_record r WHERE r.province = $1 AND r.unit = $2
		AND NOT EXISTS (SELECT 1 FROM service_decision d WHERE d.province = r.province AND d.record = r.id)`, []any{province, unit}, &n)
	return n, err
}

func (t *Tx) serviceRecords(ctx context.Context, province, which string, args ...any) (out []services.Record, err error) {
	if err := t.deciding(ctx, "service_record", province, ""); err != nil { // twins and sums are judged by it
		return nil, err
	}
	err = t.each(ctx, `SELECT r.seq, r.id, r.thing, r.kind, r.of_thing, r.unit, r.entered_at, r.entered_by, r.fields, coalesce(d.state, ''),
			coalesce(d.decided_at, 0), coalesce(d.decided_by, ''), coalesce(d.word, '')
		FROM service_record r LEFT JOIN service_decision d ON d.province = r.province AND d.record = r.id
		WHERE r.province = $1 `+which, append([]any{province}, args...), func(scan func(...any) error) error {
		r := services.Record{Province: province}
		var kind, state, fields string
		if err := scan(&r.Seq, &r.ID, &r.Thing, &kind, &r.Of, &r.Unit, &r.At, &r.By, &fields, &state, &r.DecidedAt, &r.DecidedBy, &r.Word); err != nil {
			return err
		}
		if r.Kind, r.State = services.Kind(kind), services.State(state); state == "" {
			r.State = services.Submitted
		}
		err := r.ReadText(fields)
		out = append(out, r)
		return err
	})
	slices.SortFunc(out, func(a, b services.Record) int { return cmp.Compare(a.Seq, b.Seq) }) // asked of SQLite, it reads all by their place
	return out, err
}

// PutServiceRecord keeps a version at the end of the register.
func (t *Tx) PutServiceRecord(ctx context.Context, r services.Record) error {
	fields, err := r.Text()
	if err != nil {
		return err
	}
	if err := t.deciding(ctx, "service_record", r.Province, ""); err != nil { // two at once would take one number
		return err
	}
	var last int64
	if _, err := t.row(ctx, "SELECT coalesce(max(seq), 0) FROM service_record WHERE province = $1", []any{r.Province}, &last); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO service_record (province, id, thing, kind, of_thing, unit, seq, entered_at, entered_by, fields)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, r.Province, r.ID, r.Thing, string(r.Kind), r.Of, r.Unit, last+1, r.At, r.By, fields)
	return err
}

// DecideServiceRecord keeps what became of a version; conflict services.decided when it was decided before.
func (t *Tx) DecideServiceRecord(ctx context.Context, d services.Decision) error {
	n, err := t.exec(ctx, `INSERT INTO service_decision (province, record, state, decided_at, decided_by, word)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, d.Province, d.Record, string(d.State), d.At, d.By, d.Word)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "services.decided", "number", d.Record)
	}
	return err
}
