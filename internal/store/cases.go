package store

import (
	"context"
	"maps"
	"math"
	"strconv"
	"strings"

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
		if err := t.holdBeside("case\x1f" + province + "\x1f" + id); err != nil {
			return nil, err
		}
		query += t.s.eng.forUpdate()
	}
	found, err := t.lookUp(ctx, func() (bool, error) { return t.row(ctx, query, []any{province, id}, &state) })
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_case", "case", id)
	}
	return state, err
}

// caseColumns are those of a case after province and id; state comes last.
var caseColumns = [...]string{"number", "procedure", "definition", "unit", "unit_name", "county", "stage", "outcome",
	"holder_role", "holder_subject", "side", "version", "seq", "due", "amount", "opened", "changed", "search", "sample"}

// caseValues are what stands in caseColumns.
func caseValues(r casework.Row) [len(caseColumns)]any {
	due := r.Due
	if due == 0 {
		due = noDue
	}
	return [...]any{r.Number, r.Procedure, r.Definition, r.Unit, r.UnitName, r.County, r.Stage, r.Outcome,
		r.HolderRole, r.HolderSubject, r.Side, r.Version, r.Seq, due, r.Amount, r.Opened, r.Changed, r.Search, flag(r.Sample)}
}

// SaveCase inserts a case that was never stored, and afterwards updates it where nobody was first: conflict
// store.case_changed. It writes what differs from the row as it was.
func (t *Tx) SaveCase(ctx context.Context, row casework.Row, state []byte) error {
	save := t.updateCase
	if isNew(row) {
		save = t.insertCase
	}
	n, err := save(ctx, row, state)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "store.case_changed", "case", row.ID)
	}
	return t.saveBeside(ctx, row)
}

// saveBeside writes what lists, counters and wake-ups read beside a case's own row.
func (t *Tx) saveBeside(ctx context.Context, row casework.Row) error {
	if err := t.saveParties(ctx, row); err != nil {
		return err
	}
	if err := t.saveTallies(ctx, row); err != nil {
		return err
	}
	if err := t.saveOwed(ctx, row); err != nil {
		return err
	}
	return t.saveClocks(ctx, row)
}

// isNew says that nothing of a case is stored yet.
func isNew(row casework.Row) bool {
	if row.Was != nil {
		return row.Was.Seq == 0
	}
	return row.Seq == 1
}

func (t *Tx) insertCase(ctx context.Context, row casework.Row, state []byte) (int64, error) {
	values := caseValues(row)
	args := append(append([]any{row.Province, row.ID}, values[:]...), blob(state))
	return t.exec(ctx, insertCaseText, args...)
}

var insertCaseText = insertText("cases (province, id, "+strings.Join(caseColumns[:], ", ")+", state)", 1, len(caseColumns)+3) +
	" ON CONFLICT (province, id) DO NOTHING"

// updateCase writes a case where the stored one is that before its last entry.
func (t *Tx) updateCase(ctx context.Context, row casework.Row, state []byte) (int64, error) {
	return t.changeCase(ctx, row, state, row.Seq-1)
}

// changeCase names only columns that change: SQLite writes anew every index of a column that a statement names. Without
// a state the stored one stays.
func (t *Tx) changeCase(ctx context.Context, row casework.Row, state []byte, seq int64) (int64, error) {
	var was [len(caseColumns)]any
	if row.Was != nil {
		was = caseValues(*row.Was)
	}
	text, args := []byte("UPDATE cases SET state = state"), []any(nil)
	if state != nil {
		text, args = []byte("UPDATE cases SET state = $1"), []any{blob(state)}
	}
	for i, v := range caseValues(row) {
		if v != was[i] {
			args = append(args, v)
			text = strconv.AppendInt(append(append(append(text, ", "...), caseColumns[i]...), " = $"...), int64(len(args)), 10)
		}
	}
	for i, where := range [...]string{" WHERE province = $", " AND id = $", " AND seq = $"} {
		text = strconv.AppendInt(append(text, where...), int64(len(args)+1+i), 10)
	}
	return t.exec(ctx, string(text), append(args, row.Province, row.ID, seq)...)
}

// unitRelation binds a case to its unit where none of its parties is that unit. So an index of parties finds a unit's cases,
// and units need none of their own, which would change another page with every case.
const unitRelation = "@unit"

// partyRows are the parties of a case as they are stored.
func partyRows(row casework.Row) map[string]string {
	if row.Unit == "" {
		return row.Parties
	}
	for _, subject := range row.Parties {
		if subject == row.Unit {
			return row.Parties
		}
	}
	out := map[string]string{unitRelation: row.Unit}
	maps.Copy(out, row.Parties)
	return out
}

// partiesOf are the parties that partyRows made these rows of. Other rows keep the unit's, or that it is missing, and so
// differ from the case.
func partiesOf(row casework.Row) map[string]string {
	stored, parties := row.Parties, maps.Clone(row.Parties)
	delete(parties, unitRelation)
	if row.Parties = parties; !maps.Equal(partyRows(row), stored) {
		parties[unitRelation] = stored[unitRelation]
	}
	return parties
}

// formerParties are the parties as they are stored.
func (t *Tx) formerParties(ctx context.Context, row casework.Row) (map[string]string, error) {
	switch {
	case isNew(row):
		return nil, nil
	case row.Was != nil:
		return partyRows(*row.Was), nil
	}
	return t.parties(ctx, row.Province, row.ID)
}

// saveParties makes the stored parties those of the row, writing only what differs.
func (t *Tx) saveParties(ctx context.Context, row casework.Row) error {
	old, err := t.formerParties(ctx, row)
	if err != nil {
		return err
	}
	rows := partyRows(row)
	var added [][]any
	for relation, subject := range old {
		if subject != "" && rows[relation] == "" {
			if _, err := t.exec(ctx, "DELETE FROM case_party WHERE province = $1 AND case_id = $2 AND relation = $3",
				row.Province, row.ID, relation); err != nil {
				return err
			}
		}
	}
	for relation, subject := range rows {
		if subject == "" || old[relation] == subject {
			continue
		}
		if isNew(row) {
			added = append(added, []any{row.Province, row.ID, relation, subject})
			continue
		}
		if _, err := t.exec(ctx, `INSERT INTO case_party (province, case_id, relation, subject) VALUES ($1, $2, $3, $4)
			ON CONFLICT (province, case_id, relation) DO UPDATE SET subject = excluded.subject`,
			row.Province, row.ID, relation, subject); err != nil {
			return err
		}
	}
	return t.later(ctx, "case_party (province, case_id, relation, subject)", added...)
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

// deadlinesOf are the rows of clocks that run or are breached.
func deadlinesOf(clocks map[string]*casework.Ticking) map[string]deadline {
	out := map[string]deadline{}
	for clock, c := range clocks {
		if c != nil && (c.State == casework.ClockRunning || c.State == casework.ClockBreach) {
			out[clock] = deadline{c.State, c.Due, c.Warn, flag(c.Warned), c.Calendar}
		}
	}
	return out
}

// saveClocks keeps a row for each clock that runs or is breached: deadlines are rows, jobs only wake up (kernel.md 17).
func (t *Tx) saveClocks(ctx context.Context, row casework.Row) error {
	old, err := t.clocks(ctx, row)
	if err != nil {
		return err
	}
	now := deadlinesOf(row.Clocks)
	var added [][]any
	for clock, d := range now {
		if was, known := old[clock]; known && was == d {
			continue
		}
		if isNew(row) {
			added = append(added, []any{row.Province, row.ID, clock, d.state, d.due, d.warn, d.warned, d.wake(), d.calendar})
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
		if _, runs := now[clock]; runs {
			continue
		}
		if _, err := t.exec(ctx, "DELETE FROM deadline WHERE province = $1 AND case_id = $2 AND clock = $3",
			row.Province, row.ID, clock); err != nil {
			return err
		}
	}
	return t.later(ctx, "deadline (province, case_id, clock, state, due, warn, warned, wake, calendar)", added...)
}

// clocks gives the deadlines of a case as they are stored.
func (t *Tx) clocks(ctx context.Context, row casework.Row) (map[string]deadline, error) {
	switch {
	case isNew(row):
		return nil, nil
	case row.Was != nil:
		return deadlinesOf(row.Was.Clocks), nil
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
	row.Parties = partiesOf(row)
	tallies, err := t.caseTallies(ctx, province, id)
	if err != nil {
		return row, err
	}
	for k, amount := range tallies {
		row.Tallies = append(row.Tallies, casework.Tally{TallyKey: k, N: 1, Amount: amount})
	}
	if row.Owed, err = t.owed(ctx, province, id); err != nil {
		return row, err
	}
	clocks, err := t.deadlines(ctx, province, id)
	row.Clocks = make(map[string]*casework.Ticking, len(clocks))
	for clock, d := range clocks {
		row.Clocks[clock] = &casework.Ticking{State: d.state, Due: d.due, Warn: d.warn, Warned: d.warned != 0, Calendar: d.calendar}
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
