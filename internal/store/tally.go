package store

import (
	"cmp"
	"context"
	"slices"

	"rahgosha/internal/kernel/casework"
)

// saveTallies makes the counters tell of the row as it now is: what differs from what the case added before is taken off
// and added, in the same transaction, so that they equal a recount at every commit.
func (t *Tx) saveTallies(ctx context.Context, row casework.Row) error {
	old, err := t.formerTallies(ctx, row)
	if err != nil {
		return err
	}
	now := talliesByKey(row.Tallies)
	var gone, come []casework.TallyKey
	for k, amount := range old {
		if kept, ok := now[k]; !ok || kept != amount {
			gone = append(gone, k)
		}
	}
	for k, amount := range now {
		if kept, ok := old[k]; !ok || kept != amount {
			come = append(come, k)
		}
	}
	slices.SortFunc(gone, byTally) // transactions that meet at counters come in one order
	slices.SortFunc(come, byTally)
	if err := t.moveCaseTallies(ctx, row, gone, come, now); err != nil {
		return err
	}
	var deltas []tallyDelta
	for _, k := range gone {
		deltas = append(deltas, tallyDelta{row.Province, k, -1, -old[k]})
	}
	for _, k := range come {
		deltas = append(deltas, tallyDelta{row.Province, k, 1, now[k]})
	}
	if t.tails != nil { // with those of the other commands of the group
		t.tails.count(deltas)
		return nil
	}
	return t.count(ctx, sumDeltas(deltas)) // in one order, so that two commands never wait for each other
}

func talliesByKey(list []casework.Tally) map[casework.TallyKey]int64 {
	out := make(map[casework.TallyKey]int64, len(list))
	for _, c := range list {
		out[c.TallyKey] = c.Amount
	}
	return out
}

func byTally(a, b casework.TallyKey) int {
	return cmp.Or(cmp.Compare(a.Procedure, b.Procedure), cmp.Compare(a.What, b.What), cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Day, b.Day))
}

// formerTallies are what the case adds to the counters until now.
func (t *Tx) formerTallies(ctx context.Context, row casework.Row) (map[casework.TallyKey]int64, error) {
	switch {
	case isNew(row):
		return nil, nil
	case row.Was != nil:
		return talliesByKey(row.Was.Tallies), nil
	}
	return t.caseTallies(ctx, row.Province, row.ID)
}

// moveCaseTallies keeps what the case itself adds. A stage that is left and one that is entered are one row.
func (t *Tx) moveCaseTallies(ctx context.Context, row casework.Row, gone, come []casework.TallyKey, now map[casework.TallyKey]int64) error {
	come = slices.Clone(come)
	for _, same := range []func(was, is casework.TallyKey) bool{
		func(was, is casework.TallyKey) bool { return was.Key == is.Key }, // first: two rows of one key never stand
		func(_, _ casework.TallyKey) bool { return true },
	} {
		var left []casework.TallyKey
		for _, k := range gone {
			i := slices.IndexFunc(come, func(c casework.TallyKey) bool {
				return c.Procedure == k.Procedure && c.What == k.What && same(k, c)
			})
			if i < 0 {
				left = append(left, k)
				continue
			}
			if err := t.moveCaseTally(ctx, row, k, come[i], now[come[i]]); err != nil {
				return err
			}
			come = slices.Delete(come, i, i+1)
		}
		gone = left
	}
	for _, k := range gone {
		if _, err := t.exec(ctx, "DELETE FROM case_tally WHERE province = $1 AND case_id = $2 AND what = $3 AND key = $4",
			row.Province, row.ID, k.What, k.Key); err != nil {
			return err
		}
	}
	rows := make([][]any, len(come))
	for i, c := range come {
		rows[i] = []any{row.Province, row.ID, c.Procedure, c.What, c.Key, c.Subject, c.Day, now[c]}
	}
	return t.later(ctx, "case_tally (province, case_id, procedure, what, key, subject, day, amount)", rows...)
}

func (t *Tx) moveCaseTally(ctx context.Context, row casework.Row, was, is casework.TallyKey, amount int64) error {
	_, err := t.exec(ctx, `UPDATE case_tally SET key = $1, subject = $2, day = $3, amount = $4
		WHERE province = $5 AND case_id = $6 AND what = $7 AND key = $8`,
		is.Key, is.Subject, is.Day, amount, row.Province, row.ID, was.What, was.Key)
	return err
}

// tallyDelta is what a command adds to a counter, or takes off.
type tallyDelta struct {
	province string
	casework.TallyKey
	n, amount int64
}

// sumDeltas joins those of one counter, in order of their keys, and leaves out what comes to nothing.
func sumDeltas(list []tallyDelta) []tallyDelta {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b tallyDelta) int {
		return cmp.Or(cmp.Compare(a.province, b.province), byTally(a.TallyKey, b.TallyKey))
	})
	out := list[:0]
	for _, d := range list {
		if n := len(out); n > 0 && out[n-1].province == d.province && out[n-1].TallyKey == d.TallyKey {
			out[n-1].n, out[n-1].amount = out[n-1].n+d.n, out[n-1].amount+d.amount
			continue
		}
		out = append(out, d)
	}
	return slices.DeleteFunc(out, func(d tallyDelta) bool { return d.n == 0 && d.amount == 0 })
}

// count changes the counters.
func (t *Tx) count(ctx context.Context, deltas []tallyDelta) error {
	for _, d := range deltas {
		args := []any{d.n, d.amount, d.province, d.Procedure, d.What, d.Key, d.Subject, d.Day}
		n, err := t.exec(ctx, `UPDATE tally SET n = n + $1, amount = amount + $2 WHERE province = $3 AND procedure = $4
			AND what = $5 AND key = $6 AND subject = $7 AND day = $8`, args...)
		if err == nil && n == 0 && d.n > 0 {
			_, err = t.exec(ctx, `INSERT INTO tally (n, amount, province, procedure, what, key, subject, day)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (province, procedure, what, key, subject, day)
				DO UPDATE SET n = tally.n + excluded.n, amount = tally.amount + excluded.amount`, args...)
		}
		if err != nil {
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

// Tallies gives the counters of a procedure that are not zero, in order, as they are committed.
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
