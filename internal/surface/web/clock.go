package web

import (
	"context"
	"slices"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
)

// soon is how many working days before its end a deadline asks for attention.
const soon = 2

// leftWords says how much time is left: working days to the due day, 0 on it, negative when it is past.
func leftWords(l locale.Lang, left int, late bool) string {
	switch {
	case late && left == 0:
		return locale.T(l, "desk.left.late_today", nil)
	case late:
		return locale.T(l, "desk.left.late", map[string]any{"n": -left})
	case left <= 0:
		return locale.T(l, "desk.left.today", nil)
	}
	return locale.T(l, "desk.left.days", map[string]any{"n": left})
}

// leftTone is the tone of a deadline: bad when past, warn when near.
func leftTone(left int, late bool) string {
	switch {
	case late:
		return "bad"
	case left <= soon:
		return "warn"
	}
	return ""
}

// leftPill is the deadline as a status.
func leftPill(l locale.Lang, left int, late bool) *Pill {
	return &Pill{Text: leftWords(l, left, late), Tone: leftTone(left, late)}
}

// share is the passed part of a span, in percent from 0 to 100.
func share(from, to, now int64) int {
	if to <= from || now >= to {
		return 100
	}
	return int(max(0, now-from) * 100 / (to - from))
}

// running reports a clock that is still to be met.
func running(state string) bool {
	return state == casework.ClockRunning || state == casework.ClockBreach
}

// limits are the deadlines of a case that are to be met, the first first. A case may have several at once, a reminder beside a
// statutory month, so each says what it is and from which day it counts.
func (v *visit) limits(c *casework.View) []Limit {
	var out []Limit
	for _, k := range c.Clocks {
		if running(k.State) {
			out = append(out, Limit{Title: k.Title.In(v.l), Count: v.counted(k), By: timeOf(k.Due - 1)})
		}
	}
	slices.SortStableFunc(out, func(a, b Limit) int { return a.By.Compare(b.By) })
	return out
}

// counted says how long a clock is and from which day it counts.
func (v *visit) counted(k casework.ClockView) string {
	return v.T("desk.limit.counted", "limit", k.Limit.In(v.l), "date", shortDate(v.l, k.Start))
}

// limitLine says a deadline in one line, for papers.
func (v *visit) limitLine(x Limit) string {
	return v.T("desk.limit.line", "title", x.Title, "count", x.Count, "date", longDate(v.l, x.By.UnixMicro()))
}

// nextClock is the clock of a case that ends first; nil when none runs.
func nextClock(clocks []casework.ClockView) *casework.ClockView {
	var next *casework.ClockView
	for i := range clocks {
		c := &clocks[i]
		if running(c.State) && (next == nil || c.Due < next.Due) {
			next = c
		}
	}
	return next
}

// pausedClock is a clock of a case that stands still.
func pausedClock(clocks []casework.ClockView) *casework.ClockView {
	for i := range clocks {
		if clocks[i].State == casework.ClockPaused {
			return &clocks[i]
		}
	}
	return nil
}

// sla draws the deadline that counts now, or nil.
func (v *visit) sla(c *casework.View) *SLA {
	k := nextClock(c.Clocks)
	if k == nil {
		if k = pausedClock(c.Clocks); k == nil || c.Outcome != "" {
			return nil
		}
		return &SLA{Tone: "off", Percent: 100, Stopped: v.word("desk.cause.", k.Cause), Label: k.Title.In(v.l), From: timeOf(k.Start), To: timeOf(k.Due)}
	}
	now := v.s.cfg.Clock.Now().UnixMicro()
	late := k.Due <= now
	out := &SLA{Limit: k.Title.In(v.l) + v.T("desk.colon") + v.counted(*k), Percent: share(k.Start, k.Due, now), Tone: leftTone(k.Left, late), From: timeOf(k.Start), To: timeOf(k.Due - 1),
		Label: k.Title.In(v.l) + v.T("desk.colon") + leftWords(v.l, k.Left, late)}
	if len(v.limits(c)) == 1 { // of several, what follows is not the first one's
		out.Otherwise = c.Holder.Otherwise.In(v.l)
	}
	out.Big, out.Unit = Num(v.l, int64(max(k.Left, -k.Left))), v.T("desk.left.unit")
	if late {
		out.Unit = v.T("desk.left.unit_late")
	}
	return out
}

// clockLine is one clock of a case in the list of all its clocks.
type clockLine struct {
	Title, Limit, State, Law string
	Tone                     string
	Unsure                   string    // why the day may move yet
	Due, Ended               time.Time // Ended only once it is no longer to be met
}

func (v *visit) clockLines(c *casework.View) []clockLine {
	var out []clockLine
	for _, k := range c.Clocks {
		line := clockLine{Title: k.Title.In(v.l), Limit: v.counted(k), State: v.T("desk.clock." + k.State), Law: k.Law, Due: timeOf(k.Due - 1)}
		if !running(k.State) {
			line.Ended = timeOf(k.Ended)
		}
		if k.Breached > 0 || k.State == casework.ClockBreach {
			line.Tone = "bad"
		}
		if k.Breached > 0 && k.State == casework.ClockStopped {
			line.State = v.T("desk.clock.late")
		}
		if k.Unsure {
			line.Unsure = v.T("calendar.moon_unknown", "year", locale.Digits(v.l, itoa(int64(jalali.FromTime(timeOf(k.Due-1)).Year))))
		}
		out = append(out, line)
	}
	return out
}

// calendars gives the working calendars; without them lists count no days.
func (s *Server) calendars(ctx context.Context) (map[string]*calendar.Calendar, error) {
	if s.cfg.Desk.Calendars == nil {
		return nil, nil
	}
	return s.cfg.Desk.Calendars(ctx)
}

// workingDays counts the working days from now to a deadline, negative when it is past.
func workingDays(cal *calendar.Calendar, now, due int64) int {
	today, last := jalali.FromTime(time.UnixMicro(now)), jalali.FromTime(time.UnixMicro(due-1))
	if due > now {
		return cal.WorkingDaysBetween(today, last)
	}
	return -cal.WorkingDaysBetween(last, today)
}
