package app

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/store"
)

// Calendars serves the working calendars: the reference days with what a province has entered on top. A change is a new
// version. It is safe for concurrent use.
type Calendars struct {
	st *store.Store

	mu   sync.Mutex
	made map[string]*calendar.Calendar
}

func newCalendars(st *store.Store) *Calendars {
	return &Calendars{st: st, made: map[string]*calendar.Calendar{}}
}

// All gives the calendars by id as they stand.
func (c *Calendars) All(ctx context.Context) (map[string]*calendar.Calendar, error) {
	specs, err := referenceSpecs()
	if err != nil {
		return nil, err
	}
	out := map[string]*calendar.Calendar{}
	err = c.st.Read(ctx, func(ctx context.Context, tx storeTx) error {
		for _, spec := range specs {
			cal, err := c.one(ctx, tx, spec)
			if err != nil {
				return err
			}
			out[spec.ID] = cal
		}
		return nil
	})
	return out, err
}

var referenceSpecs = sync.OnceValues(calendar.ReferenceSpecs)

// one gives a calendar in its present version, made anew only when that has changed.
func (c *Calendars) one(ctx context.Context, tx storeTx, spec calendar.Spec) (*calendar.Calendar, error) {
	n, err := tx.CalendarVersion(ctx, spec.ID)
	if err != nil {
		return nil, err
	}
	spec.Version = strconv.FormatInt(n, 10)
	c.mu.Lock()
	cal := c.made[spec.ID]
	c.mu.Unlock()
	if cal != nil && cal.Version() == spec.Version {
		return cal, nil
	}
	entered, err := tx.CalendarDays(ctx, spec.ID)
	if err != nil {
		return nil, err
	}
	days := append([]calendar.Day{}, spec.Days...)
	for _, d := range entered {
		on, err := jalali.FromCivil(d.Date)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", spec.ID, err)
		}
		days = append(days, calendar.Day{Date: on, Open: d.Open, Reason: d.Reason, Source: d.Source, EnteredBy: d.EnteredBy})
	}
	spec.Days = days
	if cal, err = calendar.New(spec); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.made[spec.ID] = cal
	c.mu.Unlock()
	return cal, nil
}

// Closing is a change of one working day: a sudden closing, or a day opened again.
type Closing struct {
	Calendar, Date string // civil Gregorian
	Open           bool
	Reason         locale.Text
	Source, By     string
}

// Close enters a change of a working day and moves the deadlines that it moves, each with an entry that says why. It
// tells how many cases were looked at.
func (a *App) CloseDay(ctx context.Context, c Closing) (int, error) {
	if _, err := jalali.FromCivil(c.Date); err != nil {
		return 0, err
	}
	if c.Reason.FA == "" || c.Source == "" {
		return 0, fault.New(fault.Invalid, "app.closing_reason").At("reason")
	}
	err := a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		_, err := tx.SetCalendarDay(ctx, store.CalendarDay{
			Calendar: c.Calendar, Date: c.Date, Open: c.Open, Reason: c.Reason, Source: c.Source, EnteredBy: c.By,
			EnteredAt: a.Clock.Now().UnixMicro(),
		})
		return err
	})
	if err != nil {
		return 0, err
	}
	return a.moveDeadlines(ctx, c)
}

// chunk is how many cases are recomputed between looks at the context.
const chunk = 200

// moveDeadlines recomputes the running clocks of the province's open cases, in chunks (kernel.md 17).
func (a *App) moveDeadlines(ctx context.Context, c Closing) (int, error) {
	n, after := 0, ""
	cause := c.Calendar + " " + c.Date + " " + c.Reason.FA
	for ctx.Err() == nil {
		var ids []string
		err := a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
			var err error
			ids, err = tx.RunningCases(ctx, a.Province, after, chunk)
			return err
		})
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			if err := a.Engine.Recalendar(ctx, a.Province, id, cause); err != nil {
				return n, err
			}
			n++
		}
		after = ids[len(ids)-1]
	}
	return n, ctx.Err()
}
