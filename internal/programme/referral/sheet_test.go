package referral

import (
	"testing"

	"rahgosha/internal/base/fault"
)

// A state is understood as a whole phrase only: a word that says "paid" may stand in one that says "not paid".
func TestAStateIsAWholePhrase(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"پرداخت شد": "paid", "پرداخت‌شده": "paid", "پرداخت شد (۱۴۰۴/۰۵/۰۱)": "paid", "پرداخت شده - قسط اول": "paid",
		"پرداخت نشده": "referred", "عدم پرداخت": "referred", "در انتظار پرداخت": "contracted", "معرفي به بانك": "referred",
		"معرفی نشده": "registered", "عدم موافقت بانک": "refused", "انصراف متقاضی": "withdrawn", "نامعلوم": "unknown",
		"پرداخت نخواهد شد": "", "بخشی پرداخت شد": "", "؟؟": "",
	} {
		got, err := stageOf(cell)
		if want == "" {
			if f, ok := fault.As(err); !ok || f.Key != "referral.stage" {
				t.Errorf("%q is read as %v, %v", cell, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q is %v, %v; want %s", cell, got, err, want)
		}
	}
}

// What a row says was reached follows from its words, numbers and amounts; a blank or a nought says nothing.
func TestWhatARowSaysWasReached(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"نام واحد", "شماره معرفی‌نامه", "مبلغ مصوب (میلیون ریال)", "مبلغ پرداختی (میلیارد تومان)", "وضعیت", "ستون ناشناس"}}
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{"الف", "", "", "", ""}, "registered"}, {[]string{"الف", "12", "", "", ""}, "referred"},
		{[]string{"الف", "12", "500", "0", ""}, "approved"}, {[]string{"الف", "", "", "۱", ""}, "paid"},
		{[]string{"الف", "", "", "", "رد شد"}, "referred"}, {[]string{"الف", "12", "", "", "ثبت شده"}, "referred"},
	} {
		table, err := findHeader(append(rows[:1:1], c.cells))
		if err != nil {
			t.Fatal(err)
		}
		lines := table.read("2026-11-24")
		if len(lines) != 1 || len(lines[0].bad) > 0 || lines[0].unitless || lines[0].reached() != c.want {
			t.Errorf("%q reached %s, want %s; bad %v", c.cells, lines[0].reached(), c.want, lines[0].bad)
		}
		if u := table.unknown(); len(u) != 1 || u[0] != "ستون ناشناس" {
			t.Errorf("not understood: %q", u)
		}
		if c.cells[2] == "500" && lines[0].amount("approved") != 500_000_000 || c.cells[3] == "۱" && lines[0].amount("paid") != 10_000_000_000 {
			t.Errorf("amounts: %v", lines[0].values)
		}
	}
}
