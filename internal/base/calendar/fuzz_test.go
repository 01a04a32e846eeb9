package calendar_test

import (
	"strings"
	"testing"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

var limits = []string{"5 working days", "۳۰ calendar days", "1 solar month", "48 Hours", "5 days", "0 hours", "  2\tsolar months", "99999 hours"}

// meansOne is the law of a limit's reader: what it takes is positive, of the unit that the text names, and reads back the
// same.
func meansOne(t testing.TB, parse func(string) (calendar.Limit, error), s string) {
	t.Helper()
	l, err := parse(s)
	if err != nil {
		if f, ok := fault.As(err); !ok || !locale.Has(locale.FA, f.Key) {
			t.Errorf("%q: %v is no explained fault", s, err)
		}
		return
	}
	unit := strings.TrimSuffix(strings.Fields(l.String())[1], "s")
	if !strings.Contains(strings.ToLower(s), unit) || l.N < 1 || l.Text(locale.FA) == "" || l.Text(locale.EN) == "" {
		t.Errorf("%q was taken for %s", s, l)
	}
	if back, err := parse(l.String()); err != nil || back != l {
		t.Errorf("%q: %s reads back as %s, %v", s, l, back, err)
	}
}

func FuzzParseLimit(f *testing.F) {
	for _, s := range limits {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { meansOne(t, calendar.ParseLimit, s) })
}

// A reader that takes working days for calendar days would bring deadlines of the law nearer.
func TestFuzzParseLimitFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) (calendar.Limit, error) {
		l, err := calendar.ParseLimit(s)
		if err == nil && l.Unit == calendar.WorkingDays {
			l.Unit = calendar.CalendarDays
		}
		return l, err
	}
	control.Finds(t, "was taken for", func(t testing.TB) {
		for _, s := range limits {
			meansOne(t, broken, s)
		}
	})
}
