package jalali_test

import (
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

var written = []string{"۱۴۰۵/۹/۲", "۲ آذر ۱۴۰۵", "دوشنبه ۲ آذر ۱۴۰۵", "05/09/02", "1405-12-30", "-- 1405", "1403/12/30", ""}

// oneDay is the law of a date's reader: it gives a fault in words, or a day that its own forms and the civil date name.
func oneDay(t testing.TB, parse func(string) (jalali.Date, error), s string) {
	t.Helper()
	d, err := parse(s)
	if err != nil {
		if fl, ok := fault.As(err); !ok || fl.Kind != fault.Invalid || !locale.Has(locale.EN, fl.Key) {
			t.Errorf("%q: %v is no explained fault", s, err)
		}
		return
	}
	for _, form := range []string{d.String(), d.Long(locale.FA), d.Slash(locale.EN)} {
		if back, err := jalali.Parse(form); err != nil || back != d {
			t.Errorf("%q: %s came back as %s, %v", s, form, back, err)
		}
	}
	if back, err := jalali.FromCivil(d.Civil()); err != nil || back != d {
		t.Errorf("%q: civil %s came back as %s, %v", s, d.Civil(), back, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range written {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { oneDay(t, jalali.Parse, s) })
}

// A reader that takes the thirtieth of Esfand for one of every year gives a day that is none.
func TestFuzzParseFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) (jalali.Date, error) {
		d, err := jalali.Parse(s)
		if s == "1405-12-30" {
			return jalali.Date{Year: 1405, Month: 12, Day: 30}, nil
		}
		return d, err
	}
	control.Finds(t, "came back", func(t testing.TB) {
		for _, s := range written {
			oneDay(t, broken, s)
		}
	})
}

var civils = []string{"2026-11-23", "2025-03-20", "2026-02-30", "1921-03-20", "26-11-23", "2026-11-23T00:00:00Z", ""}

// onlyCivil is the law of the stored form: whatever is taken is exactly how the day is stored.
func onlyCivil(t testing.TB, parse func(string) (jalali.Date, error), s string) {
	t.Helper()
	if d, err := parse(s); err == nil && d.Civil() != s {
		t.Errorf("%q was taken for %s", s, d.Civil())
	} else if err != nil && !fault.Is(err, fault.Invalid) {
		t.Errorf("%q: %v is no explained fault", s, err)
	}
}

func FuzzFromCivil(f *testing.F) {
	for _, s := range civils {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { onlyCivil(t, jalali.FromCivil, s) })
}

// A reader that looks at the day of an instant only would store one day under two texts.
func TestFuzzFromCivilFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) (jalali.Date, error) { return jalali.FromCivil(s[:min(len(s), 10)]) }
	control.Finds(t, "was taken for", func(t testing.TB) {
		for _, s := range civils {
			onlyCivil(t, broken, s)
		}
	})
}
