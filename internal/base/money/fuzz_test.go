package money_test

import (
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
)

var amounts = []string{"۷۰٬۰۰۰", "1.5 همت", "1,00", "-1", "۱/۵", "0", "1 000 000", "9223372036854775808"}

// readsBack is the law of an amount's reader: what it takes is not negative, and what is shown of it reads back the same.
func readsBack(t testing.TB, parse func(string, money.Unit) (money.Rial, error), s string) {
	t.Helper()
	for _, u := range []money.Unit{money.UnitRial, money.UnitHemat} {
		r, err := parse(s, u)
		if err != nil {
			continue
		}
		if r < 0 || money.Words(r, money.Press) == "" {
			t.Errorf("%q: %d %q", s, r, money.Words(r, money.Press))
		}
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			if back, err := parse(r.Format(l), money.UnitRial); err != nil || back != r {
				t.Errorf("%q: %d is shown as %q and reads back as %d, %v", s, r, r.Format(l), back, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range amounts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { readsBack(t, money.Parse, s) })
}

// A reader that takes a comma for a decimal mark, as many programs do, makes a thousandth of an amount.
func TestFuzzParseFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string, u money.Unit) (money.Rial, error) {
		r, err := money.Parse(s, u)
		if strings.ContainsAny(s, ",٬") {
			r /= 1000
		}
		return r, err
	}
	control.Finds(t, "reads back", func(t testing.TB) {
		for _, s := range amounts {
			readsBack(t, broken, s)
		}
	})
}

var shares = []string{"25%", "۱۲٫۵٪", "0", "100.25", "1000", "1.234", "-3", "%"}

// shareReadsBack is the law of a share's reader.
func shareReadsBack(t testing.TB, parse func(string) (money.Percent, error), s string) {
	t.Helper()
	p, err := parse(s)
	if err != nil {
		return
	}
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		if back, err := parse(p.Format(l)); err != nil || back != p || p < 0 || p > 100_000 {
			t.Errorf("%q: %d is shown as %q and reads back as %d, %v", s, p, p.Format(l), back, err)
		}
	}
}

func FuzzParsePercent(f *testing.F) {
	for _, s := range shares {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { shareReadsBack(t, money.ParsePercent, s) })
}

// A reader that drops the decimals reads another share than the one that is shown.
func TestFuzzParsePercentFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	broken := func(s string) (money.Percent, error) {
		p, err := money.ParsePercent(s)
		if strings.HasSuffix(s, "٪") {
			p -= p % 100
		}
		return p, err
	}
	control.Finds(t, "reads back", func(t testing.TB) {
		for _, s := range shares {
			shareReadsBack(t, broken, s)
		}
	})
}
