package casework

import (
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/procedure"
)

// paused stops a clock for a cause. Of a limit in working days it notes those left, counted by the calendar in force now:
// what the calendar says later of days already used changes nothing.
func paused(c *procedure.Clock, cal *calendar.Calendar, t Ticking, at int64, cause string) Ticking {
	t.State, t.Paused, t.Cause, t.Calendar = ClockPaused, at, cause, cal.Version()
	if c.Limit.Unit == calendar.WorkingDays {
		t.N = max(0, t.N-cal.WorkingDaysBetween(day(t.From), day(at)))
	}
	return t
}

// resumed gives a paused clock its time back: the working days left count on from the resumption; a limit in calendar days
// or months moves by the paused calendar days (kernel.md 17); hours by the paused hours.
func resumed(c *procedure.Clock, cal *calendar.Calendar, t Ticking, at int64) Ticking {
	switch c.Limit.Unit {
	case calendar.WorkingDays:
		t.From = at
	case calendar.Hours:
		t.From += at - t.Paused
	default:
		t.Shift += days(day(t.Paused), day(at))
	}
	t.State, t.Paused, t.Cause, t.Calendar = ClockRunning, 0, "", cal.Version()
	t.Due, t.Warn = dueOf(c, cal, t)
	return t
}

// dueOf computes the instant after a clock's last, and when to warn.
func dueOf(c *procedure.Clock, cal *calendar.Calendar, t Ticking) (due, warn int64) {
	if due = t.Due; !t.Fixed {
		due = endOf(c, cal, t).UnixMicro()
	}
	if c.Warn != nil {
		warn = max(before(*c.Warn, cal, due), t.From)
	}
	return due, warn
}

func endOf(c *procedure.Clock, cal *calendar.Calendar, t Ticking) time.Time {
	limit := calendar.Limit{N: t.N, Unit: c.Limit.Unit}
	if limit.Unit == calendar.Hours {
		return limit.Due(nil, micros(t.From))
	}
	last := limit.LastDay(cal, day(t.From)).AddDays(t.Shift)
	if limit.Unit == calendar.WorkingDays && t.N == 0 || closedEnd(c) == calendar.Next {
		last = cal.NextWorking(last) // the pauses first: a day they lead to may be closed
	}
	return last.AddDays(1).Start()
}

func closedEnd(c *procedure.Clock) string {
	if c.Closed != "" {
		return c.Closed
	}
	return c.Limit.ClosedEnd
}

// before is the instant from which a whole warning limit is left until due.
func before(w calendar.Limit, cal *calendar.Calendar, due int64) int64 {
	if w.Unit == calendar.Hours {
		return due - int64(w.N)*int64(time.Hour/time.Microsecond)
	}
	last := day(due - 1)
	if w.Unit == calendar.SolarMonths {
		return last.AddMonths(-w.N).Start().UnixMicro() + due - last.Start().UnixMicro()
	}
	end := day(due)
	start := end.AddDays(-w.N)
	if w.Unit == calendar.WorkingDays {
		start = cal.AddWorkingDays(end, -w.N)
	}
	return start.Start().UnixMicro() + due - end.Start().UnixMicro()
}

func micros(us int64) time.Time { return time.UnixMicro(us).UTC() }

func day(us int64) jalali.Date { return jalali.FromTime(micros(us)) }

func days(a, b jalali.Date) int { return b.Index() - a.Index() }
