package money_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
)

func TestWordsByStyle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		r     money.Rial
		style money.Style
		want  string
	}{
		{1_342_000_000_000, money.Press, "یک تریلیون و سیصد و چهل و دو میلیارد"},
		{1_342_000_000_000, money.Letter, "یک هزار و سیصد و چهل و دو میلیارد"},
		{10_000_000_000_000, money.Letter, "ده هزار میلیارد"},
		{1_000_000_000_005, money.Letter, "یک هزار میلیارد و پنج"},
		{-21, money.Press, "منفی بیست و یک"},
		{0, money.Letter, "صفر"},
		{math.MaxInt64, money.Press, "نه کوینتیلیون و دویست و بیست و سه کوادریلیون و سیصد و هفتاد و دو تریلیون و سی و شش میلیارد و هشتصد و پنجاه و چهار میلیون و هفتصد و هفتاد و پنج هزار و هشتصد و هفت"},
	} {
		if got := money.Words(tc.r, tc.style); got != tc.want {
			t.Errorf("%d %s: %q, want %q", tc.r, tc.style, got, tc.want)
		}
	}
	if money.Words(math.MinInt64, money.Letter) == "" {
		t.Error("least amount has no words")
	}
}

func TestFormatAndEcho(t *testing.T) {
	t.Parallel()
	r := money.Rial(70_000_000_000)
	if got := r.Format(locale.FA); got != "۷۰٬۰۰۰٬۰۰۰٬۰۰۰" {
		t.Errorf("fa %q", got)
	}
	if got := money.Rial(-1234).Format(locale.EN); got != "−1,234" {
		t.Errorf("en %q", got)
	}
	if got, want := money.Echo(r, locale.FA), "۷۰٬۰۰۰٬۰۰۰٬۰۰۰ ریال (هفتاد میلیارد ریال؛ هفت میلیارد تومان)"; got != want {
		t.Errorf("echo %q, want %q", got, want)
	}
	if got, want := money.Echo(15, locale.EN), "15 rial (fifteen rial; one toman five rial)"; got != want {
		t.Errorf("echo %q, want %q", got, want)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		unit money.Unit
		want money.Rial
	}{
		{"۷۰٬۰۰۰٬۰۰۰٬۰۰۰", money.UnitRial, 70_000_000_000},
		{"70,000 000,000 ریال", money.UnitRial, 70_000_000_000},
		{"7000000000 toman", money.UnitToman, 70_000_000_000},
		{"۱٫۵", money.UnitBillionToman, 15_000_000_000},
		{"۱/۵", money.UnitHemat, 15_000_000_000_000},
		{"1.250.000", money.UnitRial, 1_250_000},
		{"0.1", money.UnitToman, 1},
		{"100.00", money.UnitRial, 100},
	} {
		got, err := money.Parse(tc.in, tc.unit)
		if err != nil || got != tc.want {
			t.Errorf("%q %s: %d, %v; want %d", tc.in, tc.unit, got, err, tc.want)
		}
	}
}

func TestParseRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		unit money.Unit
		key  string
	}{
		{"", money.UnitRial, "money.shape"},
		{"1,00", money.UnitRial, "money.shape"},
		{"12abc", money.UnitRial, "money.shape"},
		{"-5", money.UnitRial, "money.negative"},
		{"1.5", money.UnitRial, "money.fraction"},
		{"1.250", money.UnitRial, "money.fraction"},
		{"0.01", money.UnitToman, "money.fraction"},
		{"9223372036854775808", money.UnitRial, "money.overflow"},
		{"922338", money.UnitHemat, "money.overflow"},
		{"7 toman", money.UnitRial, "money.unit_mismatch"},
		{"7", "dollar", "money.unit"},
	} {
		_, err := money.Parse(tc.in, tc.unit)
		if f, ok := fault.As(err); !ok || f.Key != tc.key || !locale.Has(locale.FA, f.Key) {
			t.Errorf("%q %s: %v, want %s", tc.in, tc.unit, err, tc.key)
		}
	}
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := money.Rial(rapid.Int64Min(0).Draw(rt, "rial"))
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			if got, err := money.Parse(r.Format(l), money.UnitRial); err != nil || got != r {
				rt.Fatalf("%d as %q came back as %d, %v", r, r.Format(l), got, err)
			}
		}
	})
}

func TestPercent(t *testing.T) {
	t.Parallel()
	p, err := money.ParsePercent("۱۲٫۵٪")
	if err != nil || p != 1250 || p.Format(locale.FA) != "۱۲٫۵٪" || p.Format(locale.EN) != "12.5%" {
		t.Errorf("%d %v %q", p, err, p.Format(locale.FA))
	}
	if got, err := p.Of(70_000_000_001); err != nil || got != 8_750_000_000 {
		t.Errorf("share %d %v", got, err)
	}
	if got, err := money.Percent(10000).Of(math.MaxInt64); err != nil || got != math.MaxInt64 {
		t.Errorf("all of it: %d %v", got, err)
	}
	if _, err := money.Percent(10001).Of(math.MaxInt64); err == nil {
		t.Error("overflow passed")
	}
	for _, s := range []string{"", "x", "1.234", "-3", "99999"} {
		if _, err := money.ParsePercent(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
}
