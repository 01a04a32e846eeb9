package store

import (
	"context"
	"math"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// noDue stands in the due column where no clock runs, so that such cases come last.
const noDue = math.MaxInt64

// LoadCase gives the stored state of a case; not_found store.no_case. While writing, the case stays the caller's until
// the transaction ends: several are loaded in order of their ids.
func (t *Tx) LoadCase(ctx context.Context, province, id string) (state []byte, err error) {
	query := "SELECT state FROM cases WHERE province = $1 AND id = $2"
	if t.writing {
		query += t.s.eng.forUpdate()
	}
	found, err := t.row(ctx, query, []any{province, id}, &state)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_case", "case", id)
	}
	return state, err
}

const insertCase = `INSERT INTO cases (province, id, number, procedure, definition, unit, unit_name, county, stage, outcome,
	holder_role, holder_subject, side, version, seq, due, amount, opened, changed, search, sample, state)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
	ON CONFLICT (province, id) DO NOTHING`

const updateCase = `UPDATE cases SET number = $3, procedure = $4, definition = $5, unit = $6, unit_name = $7, county = $8,
	stage = $9, outcome = $10, holder_role = $11, holder_subject = $12, side = $13, version = $14, seq = $15, due = $16,
	amount = $17, opened = $18, changed = $19, search = $20, sample = $21, state = $22
	WHERE province = $1 AND id = $2 AND seq = $15 - 1`

// SaveCase inserts a case at its first entry, and afterwards updates it where nobody was first: conflict
// store.case_changed.
func (t *Tx) SaveCase(ctx context.Context, row casework.Row, state []byte) error {
	query := updateCase
	if row.Seq == 1 {
		query = insertCase
	}
	due := row.Due
	if due == 0 {
		due = noDue
	}
	n, err := t.exec(ctx, query, row.Province, row.ID, row.Number, row.Procedure, row.Definition, row.Unit, row.UnitName,
		row.County, row.Stage, row.Outcome, row.HolderRole, row.HolderSubject, row.Side, row.Version, row.Seq, due,
		row.Amount, row.Opened, row.Changed, row.Search, flag(row.Sample), blob(state))
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "store.case_changed", "case", row.ID)
	}
	if err := t.saveParties(ctx, row); err != nil {
		return err
	}
	if err := t.saveTallies(ctx, row); err != nil {
		return err
	}
	return t.saveClocks(ctx, row)
}

// saveParties makes the stored parties those of the row, writing only what differs.
func (t *Tx) saveParties(ctx context.Context, row casework.Row) error {
	old := map[string]string{}
	if row.Seq > 1 {
		var err error
		if old, err = t.parties(ctx, row.Province, row.ID); err != nil {
			return err
		}
	}
	for relation := range old {
		if row.Parties[relation] == "" {
			if _, err := t.exec(ctx, "DELETE FROM case_party WHERE province = $1 AND case_id = $2 AND relation = $3",
				row.Province, row.ID, relation); err != nil {
				return err
			}
		}
	}
	for relation, subject := range row.Parties {
		if subject == "" || old[relation] == subject {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO case_party (province, case_id, relation, subject) VALUES ($1, $2, $3, $4)
			ON CONFLICT (province, case_id, relation) DO UPDATE SET subject = excluded.subject`,
			row.Province, row.ID, relation, subject); err != nil {
			return err
		}
	}
	return nil
}

// deadline is a stored clock; comparable, to write only what differs.
type deadline struct {
	state             string
	due, warn, warned int64
	calendar          string
}

func (d deadline) wake() int64 {
	if d.warn > 0 && d.warned == 0 && d.warn < d.due {
		return d.warn
	}
	return d.due
}

// saveClocks keeps a row for each clock that runs or is breached: deadlines are rows, jobs only wake up (kernel.md 17).
func (t *Tx) saveClocks(ctx context.Context, row casework.Row) error {
	old, err := t.clocks(ctx, row)
	if err != nil {
		return err
	}
	for clock, c := range row.Clocks {
		if c == nil || (c.State != casework.ClockRunning && c.State != casework.ClockBreach) {
			continue
		}
		d := deadline{c.State, c.Due, c.Warn, flag(c.Warned), c.Calendar}
		was, known := old[clock]
		delete(old, clock)
		if known && was == d {
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO deadline (province, case_id, clock, state, due, warn, warned, wake, calendar)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (province, case_id, clock) DO UPDATE SET
			state = excluded.state, due = excluded.due, warn = excluded.warn, warned = excluded.warned,
			wake = excluded.wake, calendar = excluded.calendar`,
			row.Province, row.ID, clock, d.state, d.due, d.warn, d.warned, d.wake(), d.calendar); err != nil {
			return err
		}
	}
	for clock := range old {
		if _, err := t.exec(ctx, "DELETE FROM deadline WHERE province = $1 AND case_id = $2 AND clock = $3",
			row.Province, row.ID, clock); err != nil {
			return err
		}
	}
	return nil
}

// clocks gives the deadlines of a case that was stored before.
func (t *Tx) clocks(ctx context.Context, row casework.Row) (map[string]deadline, error) {
	if row.Seq == 1 {
		return map[string]deadline{}, nil
	}
	return t.deadlines(ctx, row.Province, row.ID)
}

func (t *Tx) deadlines(ctx context.Context, province, id string) (map[string]deadline, error) {
	out := map[string]deadline{}
	err := t.few(ctx, `SELECT clock, state, due, warn, warned, calendar FROM deadline
		WHERE province = $1 AND case_id = $2`, []any{province, id}, func(scan func(...any) error) error {
		var clock string
		var d deadline
		err := scan(&clock, &d.state, &d.due, &d.warn, &d.warned, &d.calendar)
		out[clock] = d
		return err
	})
	return out, err
}

// DueClocks gives running clocks whose warning or end has come, the longest due first.
func (t *Tx) DueClocks(ctx context.Context, now int64, limit int) ([]casework.Deadline, error) {
	var out []casework.Deadline
	err := t.each(ctx, `SELECT province, case_id, clock, due FROM deadline WHERE state = 'running' AND wake <= $1
		ORDER BY wake, province, case_id, clock LIMIT $2`, []any{now, limit}, func(scan func(...any) error) error {
		var d casework.Deadline
		err := scan(&d.Province, &d.Case, &d.Clock, &d.Due)
		d.Warn = d.Due > now
		out = append(out, d)
		return err
	})
	return out, err
}

// CaseIDs walks all cases of a province in order of id.
func (t *Tx) CaseIDs(ctx context.Context, province, after string, limit int) ([]string, error) {
	var out []string
	err := t.each(ctx, "SELECT id FROM cases WHERE province = $1 AND id > $2 ORDER BY id LIMIT $3",
		[]any{province, after, limit}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// RunningOn gives the ids of cases without outcome on a definition's hash, in order, after one.
func (t *Tx) RunningOn(ctx context.Context, province, definition, after string, limit int) ([]string, error) {
	var out []string
	err := t.each(ctx, "SELECT id FROM cases WHERE province = $1 AND definition = $2 AND outcome = '' AND id > $3 ORDER BY id LIMIT $4",
		[]any{province, definition, after, limit}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// CaseRow gives a case's list columns as they are stored, with parties, counters and deadlines; not_found store.no_case.
func (t *Tx) CaseRow(ctx context.Context, province, id string) (row casework.Row, err error) {
	found := false
	err = t.few(ctx, "SELECT "+listColumns+" FROM cases c WHERE c.province = $1 AND c.id = $2", []any{province, id},
		func(scan func(...any) error) (err error) {
			found = true
			row, err = scanRow(scan)
			return err
		})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_case", "case", id)
	}
	if err != nil {
		return row, err
	}
	if row.Parties, err = t.parties(ctx, province, id); err != nil {
		return row, err
	}
	tallies, err := t.caseTallies(ctx, province, id)
	if err != nil {
		return row, err
	}
	for k, amount := range tallies {
		row.Tallies = append(row.Tallies, casework.Tally{TallyKey: k, N: 1, Amount: amount})
	}
	clocks, err := t.deadlines(ctx, province, id)
	row.Clocks = make(map[string]*casework.Ticking, len(clocks))
	for clock, d := range clocks {
		row.Clocks[clock] = &casework.Ticking{State: d.state, Due: d.due, Warn: d.warn, Warned: d.warned != 0}
	}
	return row, err
}

// parties gives whom a case is bound to, by relation.
func (t *Tx) parties(ctx context.Context, province, id string) (map[string]string, error) {
	out := map[string]string{}
	err := t.few(ctx, "SELECT relation, subject FROM case_party WHERE province = $1 AND case_id = $2",
		[]any{province, id}, func(scan func(...any) error) error {
			var relation, subject string
			err := scan(&relation, &subject)
			out[relation] = subject
			return err
		})
	return out, err
}
