package store

import (
	"context"
	"maps"

	"rahgosha/internal/kernel/casework"
)

// saveTallies makes the counters tell of the row as it now is: what differs from what the case added before is taken off
// and added, in the same transaction, so that they equal a recount at every commit.
func (t *Tx) saveTallies(ctx context.Context, row casework.Row) error {
	old := map[casework.TallyKey]int64{}
	if row.Seq > 1 {
		var err error
		if old, err = t.caseTallies(ctx, row.Province, row.ID); err != nil {
			return err
		}
	}
	now := map[casework.TallyKey]int64{}
	for _, c := range row.Tallies {
		now[c.TallyKey] = c.Amount
	}
	if maps.Equal(old, now) {
		return nil
	}
	for k, amount := range old {
		if kept, ok := now[k]; ok && kept == amount {
			continue
		}
		if err := t.takeOff(ctx, row, k, amount); err != nil {
			return err
		}
	}
	for k, amount := range now {
		if kept, ok := old[k]; ok && kept == amount {
			continue
		}
		if err := t.count(ctx, row, k, amount); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) caseTallies(ctx context.Context, province, id string) (map[casework.TallyKey]int64, error) {
	out := map[casework.TallyKey]int64{}
	err := t.few(ctx, "SELECT procedure, what, key, subject, day, amount FROM case_tally WHERE province = $1 AND case_id = $2",
		[]any{province, id}, func(scan func(...any) error) error {
			var k casework.TallyKey
			var amount int64
			err := scan(&k.Procedure, &k.What, &k.Key, &k.Subject, &k.Day, &amount)
			out[k] = amount
			return err
		})
	return out, err
}

func (t *Tx) takeOff(ctx context.Context, row casework.Row, k casework.TallyKey, amount int64) error {
	if _, err := t.exec(ctx, "DELETE FROM case_tally WHERE province = $1 AND case_id = $2 AND what = $3 AND key = $4",
		row.Province, row.ID, k.What, k.Key); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE tally SET n = n - 1, amount = amount - $7 WHERE province = $1 AND procedure = $2
		AND what = $3 AND key = $4 AND subject = $5 AND day = $6`, row.Province, k.Procedure, k.What, k.Key, k.Subject, k.Day, amount)
	return err
}

func (t *Tx) count(ctx context.Context, row casework.Row, k casework.TallyKey, amount int64) error {
	if _, err := t.exec(ctx, `INSERT INTO case_tally (province, case_id, procedure, what, key, subject, day, amount)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, row.Province, row.ID, k.Procedure, k.What, k.Key, k.Subject, k.Day, amount); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO tally (province, procedure, what, key, subject, day, n, amount)
		VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (province, procedure, what, key, subject, day)
		DO UPDATE SET n = tally.n + 1, amount = tally.amount + excluded.amount`,
		row.Province, k.Procedure, k.What, k.Key, k.Subject, k.Day, amount)
	return err
}

// Tallies gives the counters of a procedure that are not zero, in order.
func (t *Tx) Tallies(ctx context.Context, province, procedure string) ([]casework.Tally, error) {
	var out []casework.Tally
	err := t.each(ctx, `SELECT procedure, what, key, subject, day, n, amount FROM tally WHERE province = $1 AND procedure = $2
		AND n > 0 ORDER BY what, key, subject, day`, []any{province, procedure}, func(scan func(...any) error) error {
		var c casework.Tally
		err := scan(&c.Procedure, &c.What, &c.Key, &c.Subject, &c.Day, &c.N, &c.Amount)
		out = append(out, c)
		return err
	})
	return out, err
}
