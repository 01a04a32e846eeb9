package jalali

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
)

var (
	numeric  = regexp.MustCompile(`^([0-9]+) ?[-/.] ?([0-9]+) ?[-/.] ?([0-9]+)$`)
	worded   = regexp.MustCompile(`^(?:(\D+) )?([0-9]{1,2}) (\D+) ([0-9]+)$`)
	dashes   = strings.NewReplacer("\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-")
	months   = names("jalali.month.", 12)
	weekdays = names("jalali.weekday.", 7)
)

// names lists the folded names, in both languages, of the numbered locale entries.
func names(prefix string, n int) map[string]int {
	m := map[string]int{}
	for i := 1; i <= n; i++ {
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			m[text.Keys(locale.T(l, prefix+strconv.Itoa(i), nil))[0]] = i
		}
	}
	return m
}

// Parse reads a date as people write it: year, month and day in figures with / - or . between them, or day, month name
// and year, with or without the weekday; any kind of digits. Two-digit years are refused: 05 could be 1305 or 1405.
// A weekday that does not fit the date is refused too, since one of the two is a slip.
func Parse(s string) (Date, error) {
	in := text.Digits(dashes.Replace(strings.Join(strings.Fields(text.Display(s)), " ")))
	if in == "" {
		return Date{}, fault.New(fault.Invalid, "jalali.empty")
	}
	if m := numeric.FindStringSubmatch(in); m != nil {
		return parseNumeric(m[1], m[2], m[3])
	}
	if m := worded.FindStringSubmatch(in); m != nil {
		return parseWorded(m[1], m[2], m[3], m[4])
	}
	return Date{}, fault.New(fault.Invalid, "jalali.shape", "text", short(s))
}

// hours is the end of an hour of a day: hours and minutes, and seconds where somebody cares.
var hours = regexp.MustCompile(`^(.*\S) ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$`)

// ParseHour reads an instant as people write it: a date as Parse has it, then the hour in Tehran, such as 1405/09/10 14:00.
func ParseHour(s string) (time.Time, error) {
	m := hours.FindStringSubmatch(text.Digits(strings.Join(strings.Fields(text.Display(s)), " ")))
	if m == nil || number(m[2]) > 23 || number(m[3]) > 59 || m[4] != "" && number(m[4]) > 59 {
		return time.Time{}, fault.New(fault.Invalid, "jalali.hour", "text", short(s))
	}
	d, err := Parse(m[1])
	if err != nil {
		return time.Time{}, err
	}
	seconds := 0
	if m[4] != "" {
		seconds = number(m[4])
	}
	year, month, day := d.Gregorian()
	return time.Date(year, time.Month(month), day, number(m[2]), number(m[3]), seconds, 0, clock.Tehran).UTC(), nil
}

func parseNumeric(year, month, day string) (Date, error) {
	if len(year) <= 2 && len(day) == 4 {
		return Date{}, fault.New(fault.Invalid, "jalali.year_first", "text", year+"/"+month+"/"+day)
	}
	return newFromText(year, number(month), day)
}

func parseWorded(weekday, day, month, year string) (Date, error) {
	m, ok := months[key(month)]
	if !ok {
		return Date{}, fault.New(fault.Invalid, "jalali.month_name", "text", short(month))
	}
	d, err := newFromText(year, m, day)
	if err != nil || weekday == "" {
		return d, err
	}
	w, ok := weekdays[key(weekday)]
	if !ok {
		return Date{}, fault.New(fault.Invalid, "jalali.weekday_name", "text", short(weekday))
	}
	if Weekday(w-1) != d.Weekday() {
		return Date{}, fault.New(fault.Invalid, "jalali.weekday_wrong", "date", d.String(), "weekday", locale.Of(weekdayKey(d.Weekday()), nil))
	}
	return d, nil
}

func newFromText(year string, month int, day string) (Date, error) {
	if len(year) < 4 {
		return Date{}, fault.New(fault.Invalid, "jalali.two_digit_year", "year", year)
	}
	return New(number(year), month, number(day))
}

// number reads ASCII digits; one too long to be a part of a date gives -1, which no part allows.
func number(s string) int {
	if len(s) > 6 {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func key(s string) string {
	if k := text.Keys(s); len(k) > 0 {
		return k[0]
	}
	return ""
}

// short keeps a quoted input short enough for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "\u2026"
	}
	return s
}

func weekdayKey(w Weekday) string { return "jalali.weekday." + strconv.Itoa(int(w)+1) }

// Name is the name of the weekday.
func (w Weekday) Name(l locale.Lang) string { return locale.T(l, weekdayKey(w), nil) }

// MonthName is the name of a month from 1 to 12.
func MonthName(l locale.Lang, month int) string {
	return locale.T(l, "jalali.month."+strconv.Itoa(month), nil)
}

// Long is weekday, day, month name and year.
func (d Date) Long(l locale.Lang) string {
	if d.IsZero() {
		return ""
	}
	return d.Weekday().Name(l) + " " + d.Medium(l)
}

// Medium is day, month name and year.
func (d Date) Medium(l locale.Lang) string {
	if d.IsZero() {
		return ""
	}
	return d.Short(l) + " " + locale.Digits(l, strconv.Itoa(d.Year))
}

// Near is day and month name, and the year where it is not that of today: a deadline of years ago must not read as one
// of this year.
func (d Date) Near(l locale.Lang, today Date) string {
	if d.Year == today.Year {
		return d.Short(l)
	}
	return d.Medium(l)
}

// Short is day and month name.
func (d Date) Short(l locale.Lang) string {
	if d.IsZero() {
		return ""
	}
	return locale.Digits(l, strconv.Itoa(d.Day)) + " " + MonthName(l, d.Month)
}

// Slash is year/month/day, in Persian digits for Persian.
func (d Date) Slash(l locale.Lang) string { return locale.Digits(l, d.String()) }

// MarshalText is the stored form (Civil), so that dates in entries and files are Gregorian and sort.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.Civil()), nil }

// UnmarshalText reads the stored form; empty is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	read, err := FromCivil(string(b))
	if err != nil {
		return err
	}
	*d = read
	return nil
}
