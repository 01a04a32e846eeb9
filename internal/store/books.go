package store

import (
	"context"

	"rahgosha/internal/kernel/casework"
)

// LostCases gives the ids of cases that were opened, by their entries, and have no row.
func (t *Tx) LostCases(ctx context.Context, province string) ([]string, error) {
	var out []string
	err := t.each(ctx, `SELECT e.case_id FROM entry e WHERE e.province = $1 AND e.seq = 1 AND e.kind = $2
		AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.province = e.province AND c.id = e.case_id) ORDER BY e.case_id`,
		[]any{province, casework.KindOpened}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// Loose gives rows of lists, counters and letter book whose case is not there, and wake-ups at another time than their
// deadline has.
func (t *Tx) Loose(ctx context.Context, province string) ([]casework.Loose, error) {
	var out []casework.Loose
	query := "SELECT 'wake', case_id FROM deadline WHERE province = $1 AND wake <> " +
		"CASE WHEN warn > 0 AND warned = 0 AND warn < due THEN warn ELSE due END"
	for _, table := range []string{"case_party", "case_tally", "deadline", "obligation", "letter"} {
		query += " UNION SELECT '" + table + "', x.case_id FROM " + table + " x WHERE x.province = $1 AND NOT EXISTS " +
			"(SELECT 1 FROM cases c WHERE c.province = x.province AND c.id = x.case_id)"
	}
	err := t.each(ctx, query+" ORDER BY 1, 2", []any{province}, func(scan func(...any) error) error {
		var l casework.Loose
		err := scan(&l.Table, &l.Case)
		out = append(out, l)
		return err
	})
	return out, err
}

// Miscounted gives the counters that are not the sum of what the cases add, in order.
func (t *Tx) Miscounted(ctx context.Context, province string) ([]casework.Miscount, error) {
	var out []casework.Miscount
	err := t.each(ctx, `SELECT procedure, what, key, subject, day, CAST(sum(n) AS BIGINT), CAST(sum(amount) AS BIGINT),
		CAST(sum(cases) AS BIGINT), CAST(sum(rial) AS BIGINT) FROM (
			SELECT procedure, what, key, subject, day, n, amount, 0 AS cases, 0 AS rial FROM tally WHERE province = $1
			UNION ALL SELECT procedure, what, key, subject, day, 0, 0, 1, amount FROM case_tally WHERE province = $1) AS sides
		GROUP BY procedure, what, key, subject, day HAVING sum(n) <> sum(cases) OR sum(amount) <> sum(rial)
		ORDER BY procedure, what, key, subject, day`, []any{province}, func(scan func(...any) error) error {
		var m casework.Miscount
		err := scan(&m.Procedure, &m.What, &m.Key, &m.Subject, &m.Day, &m.N, &m.Amount, &m.CountedN, &m.CountedAmount)
		out = append(out, m)
		return err
	})
	return out, err
}

// Numbers gives how far each series was drawn, and then every number of a case or letter, in order.
func (t *Tx) Numbers(ctx context.Context, province string, drawn func(casework.Drawn), given func(letter bool, number string)) error {
	err := t.each(ctx, "SELECT series, year, last FROM series WHERE province = $1 ORDER BY series, year", []any{province},
		func(scan func(...any) error) error {
			var d casework.Drawn
			err := scan(&d.Series, &d.Year, &d.Last)
			drawn(d)
			return err
		})
	if err != nil {
		return err
	}
	return t.each(ctx, `SELECT 0 AS letter, number FROM cases WHERE province = $1 AND number <> ''
		UNION ALL SELECT 1, number FROM letter WHERE province = $1 AND direction = 'out' ORDER BY 1, 2`, []any{province},
		func(scan func(...any) error) error {
			var letter int64
			var number string
			err := scan(&letter, &number)
			given(letter != 0, number)
			return err
		})
}
