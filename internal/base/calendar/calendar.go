// Package calendar is the working calendar of a province and authority: which days are worked, and when a limit in
// working days, calendar days, solar months or hours falls due. A calendar is a value made from a versioned
// specification; a sudden closing is a new version, and whoever holds deadlines computes them anew.
package calendar

import (
	"slices"
	"strings"
	"sync"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
)

// Spec specifies a calendar. Of several entries for one date the later wins.
type Spec struct {
	ID      string           `json:"id"`
	Name    locale.Text      `json:"name"`
	Version string           `json:"version"`
	Weekend []jalali.Weekday `json:"weekend"`
	Days    []Day            `json:"days"`
}

// Day closes one day, or (Open) opens a day of the weekend or a holiday, with its reason and who entered it. Sure is empty
// for what is certain; announced, computed or confirm for what is to be confirmed from the official calendar of the year.
type Day struct {
	Date      jalali.Date `json:"date"`
	Open      bool        `json:"open"`
	Reason    locale.Text `json:"reason"`
	Source    string      `json:"source"`
	EnteredBy string      `json:"entered_by"`
	Sure      string      `json:"sure,omitempty"`
}

// Calendar answers in constant time, whatever the distance: worked[i] counts the worked days up to and with day i, and
// nth lists the worked days in order. It is safe for concurrent use.
type Calendar struct {
	spec    Spec
	weekend [7]bool
	days    map[jalali.Date]Day
	worked  []int32
	nth     []int32
}

// New makes a calendar. A calendar without an id, with a date that does not exist or with no worked weekday is a fault.
func New(spec Spec) (*Calendar, error) {
	c := &Calendar{spec: spec, days: make(map[jalali.Date]Day, len(spec.Days))}
	if spec.ID == "" {
		return nil, fault.New(fault.Invalid, "calendar.no_id")
	}
	for _, w := range spec.Weekend {
		if w < jalali.Saturday || w > jalali.Friday {
			return nil, fault.New(fault.Invalid, "calendar.weekday", "weekday", int(w))
		}
		c.weekend[w] = true
	}
	if c.weekend == [7]bool{true, true, true, true, true, true, true} {
		return nil, fault.New(fault.Invalid, "calendar.no_working_day", "id", spec.ID)
	}
	for _, d := range spec.Days {
		if _, err := jalali.New(d.Date.Year, d.Date.Month, d.Date.Day); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "calendar.date", "date", d.Date.String())
		}
		c.days[d.Date] = d
	}
	c.count()
	return c, nil
}

// count fills the two tables for the whole span of the Jalali package.
func (c *Calendar) count() {
	n := jalali.Last.Index() + 1
	c.worked = make([]int32, n)
	c.nth = make([]int32, 0, n)
	weekday := jalali.First.Weekday()
	exceptions := make(map[int]bool, len(c.days))
	for d, day := range c.days {
		exceptions[d.Index()] = day.Open
	}
	for i := range n {
		open, listed := exceptions[i]
		if listed && open || !listed && !c.weekend[weekday] {
			c.nth = append(c.nth, int32(i))
		}
		c.worked[i] = int32(len(c.nth)) // #nosec G115 -- days of a calendar
		weekday = (weekday + 1) % 7
	}
}

// ID names the calendar.
func (c *Calendar) ID() string { return c.spec.ID }

// Version names the state of its entries, recorded with every deadline computed from it.
func (c *Calendar) Version() string { return c.spec.Version }

// Spec gives back the specification.
func (c *Calendar) Spec() Spec { return c.spec }

// Working tells whether a day is worked, and why when an entry or the weekend decides.
func (c *Calendar) Working(d jalali.Date) (bool, locale.Text) {
	if day, ok := c.days[d]; ok {
		return day.Open, day.Reason
	}
	if c.weekend[d.Weekday()] {
		return false, locale.Of("calendar.weekend", nil)
	}
	return true, locale.Text{}
}

// AddWorkingDays is the n-th worked day after from; from itself is not counted. A negative n counts back. Zero gives from.
func (c *Calendar) AddWorkingDays(from jalali.Date, n int) jalali.Date {
	i := from.Index()
	before := int(c.worked[i])
	switch {
	case n > 0:
		return c.at(before + n - 1)
	case n < 0:
		if c.isWorked(i) {
			before--
		}
		return c.at(before + n)
	}
	return from
}

// at is the k-th worked day of the span, held inside it.
func (c *Calendar) at(k int) jalali.Date {
	return jalali.AtIndex(int(c.nth[min(max(k, 0), len(c.nth)-1)]))
}

func (c *Calendar) isWorked(i int) bool {
	return i == 0 && c.worked[0] == 1 || i > 0 && c.worked[i] > c.worked[i-1]
}

// NextWorking is d when it is worked, else the first worked day after it.
func (c *Calendar) NextWorking(d jalali.Date) jalali.Date {
	if c.isWorked(d.Index()) {
		return d
	}
	return c.AddWorkingDays(d, 1)
}

// WorkingDaysBetween counts the worked days after a up to and with b, negative when b lies before a.
func (c *Calendar) WorkingDaysBetween(a, b jalali.Date) int {
	return int(c.worked[b.Index()] - c.worked[a.Index()])
}

// IranHolidays lists the official holidays of a year that fall on fixed solar days, 30 Esfand of leap years included.
func IranHolidays(year int) ([]Day, error) {
	if _, err := jalali.New(year, 1, 1); err != nil {
		return nil, err
	}
	var out []Day
	for _, h := range refdata.FixedHolidays() {
		d := jalali.Date{Year: year, Month: h.Month, Day: h.Day}
		if strings.HasPrefix(h.Calendar, "solar") && h.Day <= jalali.MonthDays(year, h.Month) {
			out = append(out, Day{Date: d, Reason: h.Name, Source: "holidays-fixed", Sure: unsure(h.Sure)})
		}
	}
	return out, nil
}

// unsure is what a day of a table is marked with: nothing for one that is certain.
func unsure(sure string) string {
	if sure == "high" {
		return ""
	}
	return "confirm"
}

// LunarHolidays lists the lunar holidays of a year as far as the embedded table has them (1403 to 1405). They are
// announced or computed and must be confirmed from the official calendar of the year; disputed ones are left out.
func LunarHolidays(year int) ([]Day, error) {
	all, err := lunarTable(year)
	return slices.DeleteFunc(all, func(d Day) bool { return d.Sure == disputed }), err
}

// disputed marks a day of the table that is no holiday here until somebody enters it.
const disputed = "disputed"

// Doubt is what nobody can be sure of in a year, since the lunar holidays follow the sighting of the moon: that the table
// has none of them, or days that are left out because they are disputed.
type Doubt struct {
	Unknown  bool
	Disputed []Day
}

// DoubtOf tells what is doubtful in a year.
func DoubtOf(year int) (Doubt, error) {
	all, err := lunarTable(year)
	return Doubt{
		Unknown:  len(all) == 0,
		Disputed: slices.DeleteFunc(all, func(d Day) bool { return d.Sure != disputed }),
	}, err
}

func lunarTable(year int) ([]Day, error) {
	all, err := lunarDays()
	return slices.Clone(all[year]), err
}

// lunarDays is the embedded table by year, read once.
var lunarDays = sync.OnceValues(func() (map[int][]Day, error) {
	out := map[int][]Day{}
	for _, h := range refdata.LunarHolidays() {
		d, err := jalali.Parse(h.Date)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "calendar.date", "date", h.Date)
		}
		out[d.Year] = append(out[d.Year], Day{Date: d, Reason: h.Name, Source: "lunar-holidays", Sure: h.Sure})
	}
	return out, nil
})
