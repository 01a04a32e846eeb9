package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/web"
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

// All gives the calendars by id as they stand, for an act as its own transaction sees them.
func (c *Calendars) All(ctx context.Context) (map[string]*calendar.Calendar, error) {
	specs, err := referenceSpecs()
	if err != nil {
		return nil, err
	}
	out := map[string]*calendar.Calendar{}
	err = c.st.Within(ctx, func(ctx context.Context, tx storeTx) error {
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
	tx.Known(func() {
		c.mu.Lock()
		c.made[spec.ID] = cal
		c.mu.Unlock()
	})
	return cal, nil
}

// Closing is a change of one working day: a sudden closing, or a day opened again.
type Closing struct {
	Calendar, Date string // civil Gregorian
	Open           bool
	Reason         locale.Text
	Source, By     string
}

// Moved is what a change of the calendar does: cases with deadlines that move, and the deadlines.
type Moved struct {
	Cases, Deadlines int
	Numbers          []string // of the first cases that move
}

// shownMoves is how many cases a forecast names.
const shownMoves = 20

func (m *Moved) add(number string, deadlines int) {
	if deadlines == 0 {
		return
	}
	m.Cases, m.Deadlines = m.Cases+1, m.Deadlines+deadlines
	if number != "" && len(m.Numbers) < shownMoves {
		m.Numbers = append(m.Numbers, number)
	}
}

// check wants a date, a reason and a source, and a calendar that there is.
func (c Closing) check() error {
	if _, err := jalali.FromCivil(c.Date); err != nil {
		return err
	}
	if c.Reason.FA == "" {
		return fault.New(fault.Invalid, "app.closing_reason").At("reason")
	}
	if c.Source == "" {
		return fault.New(fault.Invalid, "app.closing_reason").At("source")
	}
	specs, err := referenceSpecs()
	if err == nil && !slices.ContainsFunc(specs, func(s calendar.Spec) bool { return s.ID == c.Calendar }) {
		err = fault.New(fault.Invalid, "app.no_calendar", "calendar", c.Calendar).At("calendar")
	}
	return err
}

// kind is that of the entry which a change of a day leaves in its calendar's chain; its cause is the day and the
// calendar's new version, under which reason and source stand.
func (c Closing) kind() string {
	if c.Open {
		return "calendar.opened"
	}
	return "calendar.closed"
}

// CloseDay enters a change of a working day and moves the deadlines that it moves, each with an entry that says why.
func (a *App) CloseDay(ctx context.Context, c Closing) (Moved, error) {
	if err := c.check(); err != nil {
		return Moved{}, err
	}
	err := a.Store.Write(ctx, func(ctx context.Context, tx storeTx) error {
		now := a.Clock.Now().UnixMicro()
		version, err := tx.SetCalendarDay(ctx, store.CalendarDay{
			Calendar: c.Calendar, Date: c.Date, Open: c.Open, Reason: c.Reason, Source: c.Source, EnteredBy: c.By, EnteredAt: now,
		})
		if err != nil {
			return err
		}
		return tx.Record(ctx, journal.Leaf{Province: a.Province, Case: "calendar:" + c.Calendar, Kind: c.kind(), At: now, Actor: c.By,
			Cause: c.Date + " " + strconv.FormatInt(version, 10)})
	})
	if err != nil {
		return Moved{}, err
	}
	cause := c.Calendar + " " + c.Date + " " + c.Reason.FA
	return a.eachRunning(ctx, func(id string) (string, int, error) {
		n, err := a.Engine.Recalendar(ctx, a.Province, id, cause)
		return "", n, err
	})
}

// ForecastClosing tells what CloseDay would move, and writes nothing.
func (a *App) ForecastClosing(ctx context.Context, c Closing) (Moved, error) {
	if err := c.check(); err != nil {
		return Moved{}, err
	}
	cals, err := a.Cals.All(ctx)
	if err != nil {
		return Moved{}, err
	}
	on, err := jalali.FromCivil(c.Date)
	if err != nil {
		return Moved{}, err
	}
	spec := cals[c.Calendar].Spec()
	spec.Version += "?"
	spec.Days = append(slices.Clone(spec.Days), calendar.Day{Date: on, Open: c.Open, Reason: c.Reason, Source: c.Source, EnteredBy: c.By})
	if cals[c.Calendar], err = calendar.New(spec); err != nil {
		return Moved{}, err
	}
	return a.eachRunning(ctx, func(id string) (string, int, error) { return a.Engine.Forecast(ctx, a.Province, id, cals) })
}

// chunk is how many cases are recomputed between looks at the context.
const chunk = 200

// eachRunning goes over the province's cases with a running clock, in chunks (kernel.md 17).
func (a *App) eachRunning(ctx context.Context, look func(id string) (string, int, error)) (out Moved, err error) {
	after := ""
	for ctx.Err() == nil {
		var ids []string
		err := a.Store.Read(ctx, func(ctx context.Context, tx storeTx) error {
			var err error
			ids, err = tx.RunningCases(ctx, a.Province, after, chunk)
			return err
		})
		if err != nil || len(ids) == 0 {
			return out, err
		}
		for _, id := range ids {
			number, n, err := look(id)
			if err != nil {
				return out, err
			}
			out.add(number, n)
		}
		after = ids[len(ids)-1]
	}
	return out, ctx.Err()
}

type workdays struct{ a *App }

// Calendars lists the calendars with the days entered in them.
func (x workdays) Calendars(ctx context.Context) ([]calendar.Spec, error) {
	cals, err := x.a.Cals.All(ctx)
	var out []calendar.Spec
	for _, id := range slices.Sorted(maps.Keys(cals)) {
		out = append(out, cals[id].Spec())
	}
	return out, err
}

// Forecast tells what closing a day would move.
func (x workdays) Forecast(ctx context.Context, p access.Principal, c web.Closing) (web.Moved, error) {
	if err := x.a.served(p); err != nil {
		return web.Moved{}, err
	}
	m, err := x.a.ForecastClosing(ctx, closing(p, c))
	return web.Moved(m), err
}

// Close closes a day in the name of the principal, and tells what moved.
func (x workdays) Close(ctx context.Context, p access.Principal, c web.Closing) (web.Moved, error) {
	if err := cmp.Or(access.Authorize(p, "calendar", "close"), x.a.served(p)); err != nil {
		return web.Moved{}, err
	}
	m, err := x.a.CloseDay(ctx, closing(p, c))
	return web.Moved(m), err
}

func closing(p access.Principal, c web.Closing) Closing {
	return Closing{Calendar: c.Calendar, Date: c.Date, Reason: locale.Text{FA: c.Reason, EN: c.Reason}, Source: c.Source, By: p.Person}
}
