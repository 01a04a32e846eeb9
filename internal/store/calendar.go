package store

import (
	"context"

	"rahgosha/internal/base/locale"
)

// CalendarDay is one dated entry of a working calendar: the latest version of a date counts. Date is civil Gregorian.
type CalendarDay struct {
	Calendar, Date    string
	Open              bool
	Reason            locale.Text
	Source, EnteredBy string
	EnteredAt         int64
	Version           int64
}

// SetCalendarDay enters a day and gives the calendar's new version. What was entered before stays.
func (t *Tx) SetCalendarDay(ctx context.Context, d CalendarDay) (version int64, err error) {
	if err := t.s.eng.hold(ctx, t, "calendar\x1f"+d.Calendar); err != nil {
		return 0, err
	}
	if version, err = t.CalendarVersion(ctx, d.Calendar); err != nil {
		return 0, err
	}
	version++
	open := 0
	if d.Open {
		open = 1
	}
	_, err = t.exec(ctx, `INSERT INTO calendar_day (calendar, date, open, reason_fa, reason_en, source, entered_by, entered_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.Calendar, d.Date, open, d.Reason.FA, d.Reason.EN, d.Source, d.EnteredBy, d.EnteredAt, version)
	return version, err
}

// CalendarVersion is the number of the last entry of a calendar, 0 when it has none.
func (t *Tx) CalendarVersion(ctx context.Context, calendar string) (version int64, err error) {
	_, err = t.row(ctx, "SELECT COALESCE(MAX(version), 0) FROM calendar_day WHERE calendar = $1", []any{calendar}, &version)
	return version, err
}

// CalendarDays gives the entries of a calendar in the order they were made.
func (t *Tx) CalendarDays(ctx context.Context, calendar string) (out []CalendarDay, err error) {
	err = t.each(ctx, `SELECT calendar, date, open, reason_fa, reason_en, source, entered_by, entered_at, version
		FROM calendar_day WHERE calendar = $1 ORDER BY version`, []any{calendar}, func(scan func(...any) error) error {
		var d CalendarDay
		var open int
		if err := scan(&d.Calendar, &d.Date, &open, &d.Reason.FA, &d.Reason.EN, &d.Source, &d.EnteredBy, &d.EnteredAt, &d.Version); err != nil {
			return err
		}
		d.Open = open == 1
		out = append(out, d)
		return nil
	})
	return out, err
}

// RunningCases gives the ids of a province's cases with a running clock, by id after the one given.
func (t *Tx) RunningCases(ctx context.Context, province, after string, limit int) (ids []string, err error) {
	err = t.each(ctx, `SELECT DISTINCT case_id FROM deadline WHERE province = $1 AND case_id > $2 AND state = 'running'
		ORDER BY case_id LIMIT $3`, []any{province, after, limit}, func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}
