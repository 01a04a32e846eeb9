package convert_test

import (
	"testing"

	"rahgosha/internal/base/convert"
)

func TestDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1405/09/02": "2026-11-23", "2026-11-23": "1405/09/02", "۱۴۰۵-۹-۲": "2026-11-23", "۲ آذر ۱۴۰۵": "2026-11-23",
		"1399/12/30": "2021-03-20", "1979-02-11": "1357/11/22",
	} {
		if got, err := convert.Date(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "2026-13-01", "2026-02-30", "1404/12/30", "05/09/02", "1850-01-01"} {
		if got, err := convert.Date(in); err == nil {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"70000000000": "هفتاد میلیارد", "7 میلیارد تومان": "هفتاد میلیارد", "۱٬۰۰۱": "یک هزار و یک", "0": "صفر",
	} {
		if got, err := convert.Words(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	if got, err := convert.Words("abc"); err == nil {
		t.Errorf("abc gave %q", got)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	if got := convert.Key("مي‌شود"); got != "میشود\tمی شود" {
		t.Errorf("%q", got)
	}
}
