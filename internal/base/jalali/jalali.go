// Package jalali is the solar Hijri civil calendar of Iran for the years 1300 to 1500: conversion, arithmetic, reading
// and writing. Leap years follow the 33-year rule, which agrees with the break table and with astronomical computation
// for the whole span (domain reference 4.9).
package jalali

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

// The years this package knows.
const (
	MinYear = 1300
	MaxYear = 1500
)

// Date is a Jalali civil date, made by New, Parse or a From function. The zero Date means no date.
type Date struct{ Year, Month, Day int }

// Weekday counts from Saturday, as the Iranian week does.
type Weekday int

// The days of the week.
const (
	Saturday Weekday = iota
	Sunday
	Monday
	Tuesday
	Wednesday
	Thursday
	Friday
)

// First and Last bound the dates of this package.
var (
	First = Date{MinYear, 1, 1}
	Last  = Date{MaxYear, 12, MonthDays(MaxYear, 12)}
)

// yearStart[i] is the day number (days since 1970-01-01) of 1 Farvardin of MinYear+i; one entry more closes the last
// year. 1 Farvardin 1300 was 21 March 1921.
var yearStart = yearStarts()

func yearStarts() []int {
	starts := []int{gregorianDay(1921, 3, 21)}
	for y := MinYear; y <= MaxYear; y++ {
		starts = append(starts, starts[len(starts)-1]+yearDays(y))
	}
	return starts
}

func yearDays(y int) int {
	if IsLeap(y) {
		return 366
	}
	return 365
}

// IsLeap reports whether a year has 30 Esfand, by the 33-year rule.
func IsLeap(year int) bool {
	switch year % 33 {
	case 1, 5, 9, 13, 17, 22, 26, 30:
		return true
	}
	return false
}

// MonthDays is the number of days of a month, 0 for a month that does not exist.
func MonthDays(year, month int) int {
	switch {
	case month < 1 || month > 12:
		return 0
	case month <= 6:
		return 31
	case month <= 11 || IsLeap(year):
		return 30
	}
	return 29
}

// New makes a date, or tells which part is wrong (faults jalali.year_range, month_range, day_range, not_leap).
func New(year, month, day int) (Date, error) {
	switch days := MonthDays(year, month); {
	case year >= 0 && year < 100:
		return Date{}, fault.New(fault.Invalid, "jalali.two_digit_year", "year", year)
	case year > 1600 && year < 2500:
		return Date{}, fault.New(fault.Invalid, "jalali.gregorian_year", "year", year)
	case year < MinYear || year > MaxYear:
		return Date{}, fault.New(fault.Invalid, "jalali.year_range", "year", year, "min", MinYear, "max", MaxYear)
	case days == 0:
		return Date{}, fault.New(fault.Invalid, "jalali.month_range", "month", month)
	case month == 12 && day == 30 && days == 29:
		return Date{}, fault.New(fault.Invalid, "jalali.not_leap", "year", year)
	case day < 1 || day > days:
		return Date{}, fault.New(fault.Invalid, "jalali.day_range", "day", day, "month", month, "days", days)
	}
	return Date{year, month, day}, nil
}

// FromGregorian converts a Gregorian civil date; a date that does not exist or lies outside the span is a fault.
func FromGregorian(year, month, day int) (Date, error) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return Date{}, badCivil(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	}
	n := gregorianDay(year, month, day)
	if n < yearStart[0] || n >= yearStart[len(yearStart)-1] {
		return Date{}, fault.New(fault.Invalid, "jalali.civil_range", "text", t.Format(time.DateOnly))
	}
	return fromDay(n), nil
}

// FromCivil reads a stored civil date, Gregorian YYYY-MM-DD.
func FromCivil(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, badCivil(s)
	}
	return FromGregorian(t.Year(), int(t.Month()), t.Day())
}

func badCivil(s string) error { return fault.New(fault.Invalid, "jalali.civil", "text", s) }

// FromTime is the civil day of an instant in Tehran, held inside the span.
func FromTime(t time.Time) Date {
	y, m, d := t.In(clock.Tehran).Date()
	return fromDay(gregorianDay(y, int(m), d))
}

// gregorianDay is the day number of a Gregorian date.
func gregorianDay(y, m, d int) int {
	return int(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// fromDay is the date of a day number, held inside the span.
func fromDay(n int) Date {
	n = min(max(n, yearStart[0]), yearStart[len(yearStart)-1]-1)
	i, exact := slices.BinarySearch(yearStart, n)
	if !exact {
		i--
	}
	year, rest := MinYear+i, n-yearStart[i]
	if rest < 186 {
		return Date{year, rest/31 + 1, rest%31 + 1}
	}
	rest -= 186
	return Date{year, rest/30 + 7, rest%30 + 1}
}

// dayNumber is the day number; parts outside their range are held inside.
func (d Date) dayNumber() int {
	y := min(max(d.Year, MinYear), MaxYear)
	m := min(max(d.Month, 1), 12)
	return yearStart[y-MinYear] + monthStart(m) + min(max(d.Day, 1), MonthDays(y, m)) - 1
}

func monthStart(m int) int {
	if m <= 7 {
		return (m - 1) * 31
	}
	return 186 + (m-7)*30
}

// Index counts days from First (0), for tables by day.
func (d Date) Index() int { return d.dayNumber() - yearStart[0] }

// AtIndex is the date at an index, held inside the span.
func AtIndex(i int) Date { return fromDay(yearStart[0] + i) }

// IsZero reports no date.
func (d Date) IsZero() bool { return d == Date{} }

// Gregorian gives the Gregorian year, month and day.
func (d Date) Gregorian() (year, month, day int) {
	y, m, dd := d.utc().Date()
	return y, int(m), dd
}

// utc is the day's beginning, were it in UTC.
func (d Date) utc() time.Time { return time.Unix(int64(d.dayNumber())*86400, 0).UTC() }

// Civil is the stored form, Gregorian YYYY-MM-DD; empty for no date.
func (d Date) Civil() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// String is the canonical form 1405/09/02 in ASCII digits; empty for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d/%02d/%02d", d.Year, d.Month, d.Day)
}

// AddDays moves by n days, held inside the span.
func (d Date) AddDays(n int) Date { return fromDay(d.dayNumber() + n) }

// AddMonths moves by n months to the same day, or to the last day of a shorter month (31 Shahrivar + 1 = 30 Mehr).
func (d Date) AddMonths(n int) Date {
	m := d.Year*12 + d.Month - 1 + n
	switch year, month := m/12, m%12+1; {
	case m < MinYear*12:
		return First
	case year > MaxYear:
		return Last
	default:
		return Date{year, month, min(d.Day, MonthDays(year, month))}
	}
}

// Weekday is the day of the week. 1 January 1970 was a Thursday.
func (d Date) Weekday() Weekday {
	return Weekday(((d.dayNumber()+int(Thursday))%7 + 7) % 7)
}

// Compare is negative, zero or positive as d lies before, on or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Start is the first instant of the day in Tehran, in UTC. On the days when summer time began at midnight that was 01:00,
// and on a day whose first hour came twice it was the first of the two.
func (d Date) Start() time.Time {
	y, m, dd := d.Gregorian()
	t := time.Date(y, time.Month(m), dd, 0, 0, 0, 0, clock.Tehran)
	if t.Day() != dd {
		t = t.Add(time.Hour)
	}
	if earlier := t.Add(-time.Hour); earlier.Day() == dd {
		t = earlier
	}
	return t.UTC()
}
