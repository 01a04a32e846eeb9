package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

// Unit is what a limit counts.
type Unit string

// The units of limits.
const (
	WorkingDays  Unit = "working_day"
	CalendarDays Unit = "calendar_day"
	SolarMonths  Unit = "month_solar"
	Hours        Unit = "hour"
)

// Rules for a limit in calendar days or months that ends on a closed day.
const (
	Stay = "stay" // it ends there; also the meaning of ""
	Next = "next" // it ends on the next worked day
)

// Limit is a length of time that a procedure allows.
type Limit struct {
	N         int    `json:"n"`
	Unit      Unit   `json:"unit"`
	ClosedEnd string `json:"closed_end,omitempty"`
}

// maxLimit keeps a slip of the pen from making a deadline that never comes.
var maxLimit = map[Unit]int{WorkingDays: 3660, CalendarDays: 3660, SolarMonths: 240, Hours: 87840}

var (
	limitShape = regexp.MustCompile(`^([0-9]{1,6}) ([a-z]+(?: [a-z]+)?)$`)
	unitWords  = map[string]Unit{
		"working day": WorkingDays, "working days": WorkingDays, "calendar day": CalendarDays,
		"calendar days": CalendarDays, "solar month": SolarMonths, "solar months": SolarMonths,
		"hour": Hours, "hours": Hours,
	}
	unitNames = map[Unit]string{
		WorkingDays: "working days", CalendarDays: "calendar days", SolarMonths: "solar months", Hours: "hours",
	}
)

// ParseLimit reads "5 working days", "30 calendar days", "1 solar month" or "48 hours". The unit is always named,
// because plain days are where working and calendar days get confused.
func ParseLimit(s string) (Limit, error) {
	in := strings.ToLower(strings.Join(strings.Fields(text.Digits(s)), " "))
	m := limitShape.FindStringSubmatch(in)
	if m == nil {
		return Limit{}, fault.New(fault.Invalid, "calendar.limit_shape", "text", s)
	}
	unit, ok := unitWords[m[2]]
	if !ok {
		return Limit{}, fault.New(fault.Invalid, "calendar.limit_unit", "text", m[2])
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > maxLimit[unit] {
		return Limit{}, fault.New(fault.Invalid, "calendar.limit_range", "text", s, "max", maxLimit[unit])
	}
	return Limit{N: n, Unit: unit}, nil
}

// String is the form that ParseLimit reads.
func (l Limit) String() string {
	name := unitNames[l.Unit]
	if l.N == 1 {
		name = strings.TrimSuffix(name, "s")
	}
	return strconv.Itoa(l.N) + " " + name
}

// Due is the instant, in UTC, from which the limit is over. Hours are exact. Limits in days and months run to the end of
// their last day in Tehran, so Due is the midnight after it; the starting day is not counted. A solar month ends on the
// same day of the later month, clamped to its length. The calendar may be nil for hours only.
func (l Limit) Due(c *Calendar, start time.Time) time.Time {
	if l.Unit == Hours {
		return start.UTC().Add(time.Duration(l.N) * time.Hour)
	}
	return l.LastDay(c, jalali.FromTime(start)).AddDays(1).Start()
}

// LastDay is the last day of a limit in days or months that starts on a day.
func (l Limit) LastDay(c *Calendar, from jalali.Date) jalali.Date {
	end := from
	switch l.Unit {
	case WorkingDays:
		return c.AddWorkingDays(from, l.N)
	case CalendarDays:
		end = from.AddDays(l.N)
	case SolarMonths:
		end = from.AddMonths(l.N)
	}
	if l.ClosedEnd == Next {
		return c.NextWorking(end)
	}
	return end
}

// Text is the limit in words of a language.
func (l Limit) Text(lang locale.Lang) string {
	key := "calendar.limit." + string(l.Unit)
	if l.N == 1 {
		key += ".one"
	}
	return locale.T(lang, key, map[string]any{"n": l.N})
}
