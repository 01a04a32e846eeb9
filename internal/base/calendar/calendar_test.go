package calendar_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

func iran(t testing.TB, years ...int) calendar.Spec {
	t.Helper()
	spec := calendar.Spec{ID: "ir-alborz", Version: "1", Weekend: []jalali.Weekday{jalali.Thursday, jalali.Friday}}
	for _, y := range years {
		solar, err := calendar.IranHolidays(y)
		if err != nil {
			t.Fatal(err)
		}
		lunar, err := calendar.LunarHolidays(y)
		if err != nil {
			t.Fatal(err)
		}
		spec.Days = append(append(spec.Days, solar...), lunar...)
	}
	return spec
}

func build(t testing.TB, spec calendar.Spec) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func date(t testing.TB, s string) jalali.Date {
	t.Helper()
	d, err := jalali.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestYear1405HasTheAnnouncedHolidays(t *testing.T) {
	t.Parallel()
	days := map[jalali.Date]bool{}
	for _, d := range iran(t, 1405).Days {
		days[d.Date] = true
	}
	byWeekday := map[jalali.Weekday]int{}
	for d := range days {
		byWeekday[d.Weekday()]++
	}
	if len(days) != 25 || byWeekday[jalali.Thursday] != 6 || byWeekday[jalali.Friday] != 3 {
		t.Errorf("1405: %d holidays, %d on Thursday, %d on Friday; want 25, 6, 3",
			len(days), byWeekday[jalali.Thursday], byWeekday[jalali.Friday])
	}
}

// tabular is the Jalali day of a date of the tabular Islamic calendar (30-year cycle, civil epoch).
func tabular(y, m, d int) jalali.Date {
	days := d + (59*(m-1)+1)/2 + (y-1)*354 + (3+11*y)/30 // day of the era, from 1
	epoch := time.Date(622, 7, 19, 0, 0, 0, 0, time.UTC) // 16 July 622 of the Julian calendar
	return jalali.FromTime(epoch.AddDate(0, 0, days-1).Add(12 * time.Hour))
}

func TestLunarHolidaysLieWithinTwoDaysOfTheTabularCalendar(t *testing.T) {
	t.Parallel()
	dates := [][2]int{{1, 9}, {1, 10}, {2, 20}, {2, 28}, {2, 29}, {3, 8}, {3, 17}, {6, 3}, {7, 13}, {7, 27}, {8, 15},
		{9, 21}, {10, 1}, {10, 2}, {12, 10}, {12, 18}, {10, 25}}
	near := map[jalali.Date]bool{}
	for y := 1445; y <= 1448; y++ {
		for _, md := range dates {
			for off := -2; off <= 2; off++ {
				near[tabular(y, md[0], md[1]).AddDays(off)] = true
			}
		}
	}
	for y := 1403; y <= 1405; y++ {
		list, err := calendar.LunarHolidays(y)
		if err != nil || len(list) < 16 {
			t.Fatalf("%d: %d lunar holidays, %v", y, len(list), err)
		}
		for _, d := range list {
			if !near[d.Date] {
				t.Errorf("%s %s: no lunar holiday within two days", d.Date, d.Reason.EN)
			}
		}
	}
}

// What the moon decides is marked: each lunar day says how sure it is, a year without a table says so, and a disputed day
// is told and not closed.
func TestWhatTheMoonDecidesIsToBeConfirmed(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]struct {
		unknown  bool
		disputed int
	}{1402: {true, 0}, 1404: {false, 0}, 1405: {false, 1}, 1406: {true, 0}} {
		d, err := calendar.DoubtOf(year)
		if err != nil || d.Unknown != want.unknown || len(d.Disputed) != want.disputed {
			t.Errorf("%d: %+v, %v", year, d, err)
		}
		lunar, err := calendar.LunarHolidays(year)
		if err != nil || (len(lunar) == 0) != want.unknown {
			t.Errorf("%d: %d lunar holidays, %v", year, len(lunar), err)
		}
		for _, day := range lunar {
			if day.Sure != "computed" && day.Sure != "announced" || slices.ContainsFunc(d.Disputed, func(o calendar.Day) bool { return o.Date == day.Date }) {
				t.Errorf("%s is %q", day.Date, day.Sure)
			}
		}
	}
	leap, err := calendar.IranHolidays(1403)
	if err != nil || leap[len(leap)-1].Sure != "confirm" || leap[0].Sure != "" {
		t.Errorf("30 Esfand %+v, Nowruz %+v, %v", leap[len(leap)-1], leap[0], err)
	}
}

func TestLeapYearClosesThirtyEsfand(t *testing.T) {
	t.Parallel()
	for year, want := range map[int]int{1403: 11, 1405: 10} {
		days, err := calendar.IranHolidays(year)
		if err != nil || len(days) != want {
			t.Errorf("%d: %d solar holidays, %v; want %d", year, len(days), err, want)
		}
	}
	if _, err := calendar.IranHolidays(1299); err == nil {
		t.Error("1299 accepted")
	}
}

func TestLaterEntryWinsAndCanReopenAFriday(t *testing.T) {
	t.Parallel()
	spec := iran(t, 1405)
	friday, monday := date(t, "1405/09/06"), date(t, "1405/09/02")
	pollution := locale.Text{FA: "آلودگی هوا", EN: "air pollution"}
	spec.Days = append(spec.Days, calendar.Day{Date: friday, Open: true},
		calendar.Day{Date: monday, Open: true}, calendar.Day{Date: monday, Reason: pollution})
	c := build(t, spec)
	if ok, _ := c.Working(friday); !ok {
		t.Error("reopened Friday is closed")
	}
	if ok, why := c.Working(monday); ok || why != pollution {
		t.Errorf("closed Monday: %v %v", ok, why)
	}
	if got := c.NextWorking(monday); got != date(t, "1405/09/03") {
		t.Errorf("next worked day %s", got)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	c := build(t, iran(t, 1404, 1405, 1406))
	at := func(s string) time.Time { return date(t, s).Start().Add(10 * time.Hour) }
	for _, tc := range []struct{ limit, closed, start, last string }{
		{"5 working days", "", "1405/09/02", "1405/09/09"},       // Thursday and Friday between
		{"1 working day", "", "1404/12/28", "1405/01/05"},        // over Nowruz
		{"1 solar month", "", "1405/06/31", "1405/07/30"},        // clamped
		{"1 solar month", "", "1405/11/30", "1405/12/29"},        // Esfand of a common year, a holiday, stays
		{"1 solar month", "next", "1405/11/30", "1406/01/07"},    // over Nowruz and the weekend
		{"30 calendar days", "", "1405/09/02", "1405/10/02"},     // a holiday, stays
		{"30 calendar days", "next", "1405/09/02", "1405/10/05"}, // holiday, then the weekend
	} {
		l, err := calendar.ParseLimit(tc.limit)
		if err != nil {
			t.Fatal(err)
		}
		l.ClosedEnd = tc.closed
		want := date(t, tc.last)
		due := l.Due(c, at(tc.start))
		if got := jalali.FromTime(due.Add(-time.Microsecond)); got != want {
			t.Errorf("%s from %s: last day %s, want %s", tc.limit, tc.start, got, want)
		}
		if due.In(clock.Tehran).Format("15:04:05") != "00:00:00" {
			t.Errorf("%s: due %s is not midnight in Tehran", tc.limit, due.In(clock.Tehran))
		}
	}
	start := at("1405/09/02")
	if got := (calendar.Limit{N: 48, Unit: calendar.Hours}).Due(nil, start); got != start.Add(48*time.Hour) {
		t.Errorf("48 hours: %s", got)
	}
}

func TestParseLimitRoundTripAndRefusals(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"5 working days", "1 working day", "1 solar month", "30 calendar days", "48 hours"} {
		l, err := calendar.ParseLimit(s)
		if err != nil || l.String() != s {
			t.Errorf("%q: %v %v", s, l, err)
		}
		if fa := l.Text(locale.FA); fa == "" || fa == l.Text(locale.EN) {
			t.Errorf("%q: Persian text %q", s, fa)
		}
	}
	for _, s := range []string{"", "5", "5 days", "0 hours", "-1 hours", "1.5 hours", "99999 working days", "working days"} {
		if l, err := calendar.ParseLimit(s); err == nil {
			t.Errorf("%q accepted as %v", s, l)
		}
	}
}

func TestNewRefusesCalendarsThatCannotWork(t *testing.T) {
	t.Parallel()
	all := []jalali.Weekday{0, 1, 2, 3, 4, 5, 6}
	for name, spec := range map[string]calendar.Spec{
		"no id":        {},
		"all closed":   {ID: "x", Weekend: all},
		"bad weekday":  {ID: "x", Weekend: []jalali.Weekday{7}},
		"missing date": {ID: "x", Days: []calendar.Day{{Date: jalali.Date{Year: 1404, Month: 12, Day: 30}}}},
	} {
		if _, err := calendar.New(spec); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWorkingDaysAgreeWithCountingOneByOne(t *testing.T) {
	t.Parallel()
	c := build(t, iran(t, 1403, 1404, 1405))
	rapid.Check(t, func(rt *rapid.T) {
		from := jalali.AtIndex(rapid.IntRange(103*365, 106*365).Draw(rt, "from"))
		n := rapid.IntRange(-60, 60).Draw(rt, "n")
		want, step := from, 1
		if n < 0 {
			step = -1
		}
		for left := n * step; left > 0; {
			want = want.AddDays(step)
			if ok, _ := c.Working(want); ok {
				left--
			}
		}
		got := c.AddWorkingDays(from, n)
		if got != want {
			rt.Fatalf("%s %+d: got %s, want %s", from, n, got, want)
		}
		if n > 0 && c.WorkingDaysBetween(from, got) != n {
			rt.Fatalf("%s to %s: %d worked days, want %d", from, got, c.WorkingDaysBetween(from, got), n)
		}
	})
}

func BenchmarkAddWorkingDays(b *testing.B) {
	c := build(b, iran(b, 1405))
	d := date(b, "1405/09/02")
	for b.Loop() {
		c.AddWorkingDays(d, 5)
	}
}
