package jalali_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

func TestKnownDates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		jalali, civil string
		weekday       jalali.Weekday
	}{
		{"1399/12/30", "2021-03-20", jalali.Saturday}, {"1403/12/30", "2025-03-20", jalali.Thursday},
		{"1400/01/01", "2021-03-21", jalali.Sunday}, {"1404/01/01", "2025-03-21", jalali.Friday},
		{"1405/01/01", "2026-03-21", jalali.Saturday}, {"1405/09/02", "2026-11-23", jalali.Monday},
		{"1405/06/31", "2026-09-22", jalali.Tuesday}, {"1405/07/01", "2026-09-23", jalali.Wednesday},
		{"1408/12/30", "2030-03-20", jalali.Wednesday}, {"1357/11/22", "1979-02-11", jalali.Sunday},
		{"1300/01/01", "1921-03-21", jalali.Monday},
	} {
		d, err := jalali.Parse(tc.jalali)
		if err != nil || d.Civil() != tc.civil || d.Weekday() != tc.weekday {
			t.Errorf("%s: %s weekday %d, %v; want %s, %d", tc.jalali, d.Civil(), d.Weekday(), err, tc.civil, tc.weekday)
		}
		if back, err := jalali.FromCivil(tc.civil); err != nil || back.String() != tc.jalali {
			t.Errorf("%s: back %s, %v", tc.civil, back, err)
		}
	}
}

// breakLeap is the leap rule by the table of years where the 33-year pattern shifts, an independent account of the same
// calendar: within a span, the years are counted from its start and every fourth after a first group is a leap year.
func breakLeap(year int) bool {
	breaks := []int{-61, 9, 38, 199, 426, 686, 756, 818, 1111, 1181, 1210, 1635, 2060}
	start, next := 0, 0
	for i := 1; i < len(breaks); i++ {
		if start, next = breaks[i-1], breaks[i]; year < next {
			break
		}
	}
	n, jump := year-start, next-start
	if jump-n < 6 {
		n = n - jump + (jump+4)/33*33
	}
	return ((n+1)%33-1)%4 == 0 && (n+1)%33 != 0
}

func TestLeapYearsAgreeWithTheBreakTable(t *testing.T) {
	t.Parallel()
	for y := jalali.MinYear; y <= jalali.MaxYear; y++ {
		if jalali.IsLeap(y) != breakLeap(y) {
			t.Errorf("%d: rule %v, table %v", y, jalali.IsLeap(y), breakLeap(y))
		}
	}
}

// TestEveryDayOfTheSpan walks all days: dates, weekdays and Gregorian days advance together, and each day begins at its
// first instant in Tehran, summer time or not.
func TestEveryDayOfTheSpan(t *testing.T) {
	t.Parallel()
	civil := time.Date(1921, 3, 21, 0, 0, 0, 0, time.UTC)
	prev := jalali.Date{}
	for i := 0; i <= jalali.Last.Index(); i++ {
		d := jalali.AtIndex(i)
		if d.Index() != i || d.Civil() != civil.Format(time.DateOnly) || prev.Compare(d) >= 0 {
			t.Fatalf("day %d: %s %s after %s", i, d, d.Civil(), prev)
		}
		if int(d.Weekday()) != (int(civil.Weekday())+1)%7 {
			t.Fatalf("%s: weekday %d", d, d.Weekday())
		}
		if back, err := jalali.FromGregorian(d.Gregorian()); err != nil || back != d {
			t.Fatalf("%s: back %s, %v", d, back, err)
		}
		start := d.Start()
		if jalali.FromTime(start) != d || i > 0 && jalali.FromTime(start.Add(-time.Microsecond)) != prev {
			t.Fatalf("%s: starts at %s", d, start.In(clock.Tehran))
		}
		prev, civil = d, civil.AddDate(0, 0, 1)
	}
	if prev != jalali.Last {
		t.Errorf("the walk ended at %s", prev)
	}
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from   string
		months int
		want   string
	}{
		{"1405/06/31", 1, "1405/07/30"}, {"1405/11/30", 1, "1405/12/29"}, {"1403/11/30", 1, "1403/12/30"},
		{"1405/12/29", 1, "1406/01/29"}, {"1405/01/31", -1, "1404/12/29"}, {"1405/01/15", 24, "1407/01/15"},
		{"1500/12/01", 5, "1500/12/29"}, {"1300/01/05", -1, "1300/01/01"},
	} {
		if got := must(t, tc.from).AddMonths(tc.months).String(); got != tc.want {
			t.Errorf("%s %+d months: %s, want %s", tc.from, tc.months, got, tc.want)
		}
	}
	if got := must(t, "1405/12/29").AddDays(1).String(); got != "1406/01/01" {
		t.Errorf("the day after 29 Esfand 1405 is %s", got)
	}
}

func must(t testing.TB, s string) jalali.Date {
	t.Helper()
	d, err := jalali.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseForms(t *testing.T) {
	t.Parallel()
	want := jalali.Date{Year: 1405, Month: 9, Day: 2}
	for _, s := range []string{
		"1405/09/02", "۱۴۰۵/۹/۲", "1405-09-02", "1405.9.2", "۱۴۰۵ / ۹ / ۲", "۲ آذر ۱۴۰۵", " ۲  آذر ۱۴۰۵ ",
		"دوشنبه ۲ آذر ۱۴۰۵", "٢ آذر ١٤٠٥", "2 Azar 1405", "1405–09–02", "monday 02 azar 1405",
	} {
		if d, err := jalali.Parse(s); err != nil || d != want {
			t.Errorf("%q: %s, %v", s, d, err)
		}
	}
}

func TestAnHourIsThatOfTehran(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 12, 1, 10, 30, 0, 0, time.UTC)
	for s, at := range map[string]time.Time{
		"1405/09/10 14:00": want, "۱۴۰۵/۹/۱۰ ۱۴:۰۰": want, " 10 Azar 1405  14:00:01": want.Add(time.Second), "1405/09/10 0:00": want.Add(-14 * time.Hour),
	} {
		if got, err := jalali.ParseHour(s); err != nil || !got.Equal(at) {
			t.Errorf("%q: %s, %v", s, got, err)
		}
	}
	for s, key := range map[string]string{
		"": "jalali.hour", "1405/09/10": "jalali.hour", "14:00": "jalali.hour", "1405/09/10 24:00": "jalali.hour", "1405/09/10 14:60": "jalali.hour",
		"1405/09/10 14:00:60": "jalali.hour", "1405/09/31 14:00": "jalali.day_range",
	} {
		if _, err := jalali.ParseHour(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want %s", s, err, key)
		} else if f, _ := fault.As(err); f.Key != key || !locale.Has(locale.FA, f.Key) {
			t.Errorf("%q: %v, want %s", s, err, key)
		}
	}
}

func TestParseRefusals(t *testing.T) {
	t.Parallel()
	for s, key := range map[string]string{
		"": "jalali.empty", "05/09/02": "jalali.two_digit_year", "۲ آذر ۰۵": "jalali.two_digit_year",
		"2026-11-23": "jalali.gregorian_year", "1299/01/01": "jalali.year_range", "02/09/1405": "jalali.year_first",
		"1405/13/01": "jalali.month_range", "1405/00/10": "jalali.month_range", "1405/07/31": "jalali.day_range",
		"1405/06/32": "jalali.day_range", "1404/12/30": "jalali.not_leap", "فردا": "jalali.shape",
		"۲ نوامبر ۱۴۰۵": "jalali.month_name", "شنبه ۲ آذر ۱۴۰۵": "jalali.weekday_wrong", "xx ۲ آذر ۱۴۰۵": "jalali.weekday_name",
		"99999999999999999999/1/1": "jalali.year_range",
	} {
		_, err := jalali.Parse(s)
		if f, ok := fault.As(err); !ok || f.Key != key || !locale.Has(locale.FA, f.Key) {
			t.Errorf("%q: %v, want %s", s, err, key)
		}
	}
	for _, s := range []string{"", "2026-2-30", "2026-02-30", "1405/09/02", "1850-01-01", "2200-01-01"} {
		if d, err := jalali.FromCivil(s); err == nil {
			t.Errorf("civil %q gave %s", s, d)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	d := jalali.Date{Year: 1405, Month: 9, Day: 2}
	for got, want := range map[string]string{
		d.Long(locale.FA): "دوشنبه ۲ آذر ۱۴۰۵", d.Short(locale.FA): "۲ آذر", d.Slash(locale.FA): "۱۴۰۵/۰۹/۰۲",
		d.Long(locale.EN): "Monday 2 Azar 1405", d.Slash(locale.EN): "1405/09/02",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	zero := jalali.Date{}
	if zero.Civil()+zero.String()+zero.Long(locale.FA)+zero.Slash(locale.FA) != "" {
		t.Error("no date has a text")
	}
}

func TestANearDateNamesItsYearWhenItIsAnother(t *testing.T) {
	t.Parallel()
	today := jalali.Date{Year: 1405, Month: 9, Day: 8}
	for want, d := range map[string]jalali.Date{
		"۲۲ شهریور":      jalali.Date{Year: 1405, Month: 6, Day: 22},
		"۲۲ شهریور ۱۴۰۴": jalali.Date{Year: 1404, Month: 6, Day: 22},
		"۶ تیر ۱۴۱۰":     jalali.Date{Year: 1410, Month: 4, Day: 6},
	} {
		if got := d.Near(locale.FA, today); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStoredForm(t *testing.T) {
	t.Parallel()
	type holder struct{ From, To jalali.Date }
	in := holder{From: jalali.Date{Year: 1405, Month: 9, Day: 2}}
	raw, err := json.Marshal(in)
	if err != nil || string(raw) != `{"From":"2026-11-23","To":""}` {
		t.Errorf("%s %v", raw, err)
	}
	var out holder
	if err := json.Unmarshal(raw, &out); err != nil || out != in {
		t.Errorf("%v %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"From":"2026-02-30"}`), &out); err == nil {
		t.Error("30 February read")
	}
}

func TestTextsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := jalali.AtIndex(rapid.IntRange(0, jalali.Last.Index()).Draw(rt, "day"))
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			for _, s := range []string{d.Long(l), d.Slash(l)} {
				if back, err := jalali.Parse(s); err != nil || back != d {
					rt.Fatalf("%s as %q came back as %s, %v", d, s, back, err)
				}
			}
		}
		n := rapid.IntRange(-1000, 1000).Draw(rt, "n")
		if e := d.AddDays(n); e != jalali.First && e != jalali.Last && e.AddDays(-n) != d {
			rt.Fatalf("%s %+d days and back is %s", d, n, e.AddDays(-n))
		}
	})
}
