package registry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/registry"
)

// grid writes a sheet as lines of cells parted by bars.
func grid(lines ...string) (rows [][]string) {
	for _, l := range lines {
		var row []string
		for _, c := range strings.Split(l, "|") {
			row = append(row, strings.TrimSpace(c))
		}
		rows = append(rows, row)
	}
	return rows
}

func (w world) take(t testing.TB, dry bool, rows [][]string) registry.Outcome {
	t.Helper()
	out, err := w.Import(context.Background(), registry.Import{Province: province, File: "x.csv", By: "p1", Rows: rows, Dry: dry})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w world) names(t testing.TB) (out []string) {
	t.Helper()
	for after := ""; ; {
		page := must[[]registry.Head](t)(w.List(context.Background(), registry.Query{Province: province, After: after}))
		if len(page) == 0 {
			slices.Sort(out)
			return out
		}
		for _, h := range page {
			out, after = append(out, h.Name), h.ID
		}
	}
}

func counts(o registry.Outcome) string {
	var bad []string
	for _, b := range o.Bad {
		bad = append(bad, fmt.Sprintf("%d:%s", b.Row, b.Column))
	}
	return fmt.Sprintf("%d=%d+%d [%s]", o.Rows, o.Landed, o.Review, strings.Join(bad, " "))
}

// lostZero is a legal person's id that begins with a zero; sheets drop it.
var lostZero = legalID(101234567)

// TestDirtySheets: sheets as offices keep them. Each row of the table is one sheet on a fresh register.
func TestDirtySheets(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		a, b, nc := legalID(9912300001), legalID(9912300002), nationalCode(970000011)
		const head = "نام واحد | شناسه ملی | کد ملی | شهرستان | اشتغال"
		for name, c := range map[string]struct {
			rows [][]string
			want string
		}{
			"title, blank lines, Arabic letters, half-space": {grid("فهرست واحدهای نساجی استان سال ۱۴۰۵", "", "رديف | نام واحد توليدی | شناسه\u200cملي | شهرستان:",
				"", "1 | نساجی سپیدتار | "+persian(a)+" | كرج", " | | | ", "2 | بافندگی البرز | "+b+".0 | شهر کرج"), "2=2+0 []"},
			"people, blanks inside, marks": {grid(head, "خیاطی مریم | - | "+nc[:3]+" "+nc[3:]+" | کرج | ۱۲ نفر"), "1=1+0 []"},
			"dropped zero":                 {grid(head, "نساجی سپیدتار | "+strings.TrimLeft(lostZero, "0")+" | | کرج |"), "1=0+1 []"},
			"E notation with all digits":   {grid(head, "نساجی سپیدتار | "+a[:1]+"."+a[1:]+"E+10 | | کرج |"), "1=1+0 []"},
			"E notation that lost digits":  {grid(head, "نساجی سپیدتار | 9.9E+10 | | کرج |"), "1=0+0 [2:شناسه ملی]"},
			"every bad cell by its own header": {grid("نام شرکت | شناسه ملي | تعداد پرسنل | شهر | تاریخ صدور پروانه",
				"نساجی سپیدتار | 12345 | چند | تهران بزرگ | 1405/13/01"), "1=0+0 [2:شناسه ملي 2:تعداد پرسنل 2:شهر 2:تاریخ صدور پروانه]"},
			"no identifier":                    {grid(head, "نساجی سپیدتار | | | کرج |"), "1=0+0 [2:شناسه ملی]"},
			"no name":                          {grid(head, " | "+a+" | | کرج |"), "1=0+0 [2:نام واحد]"},
			"one column for both identifiers":  {grid("نام | شناسه/کد ملی", "نساجی سپیدتار | "+a, "خیاطی مریم | "+nc, "گلیم زهرا | 55"), "3=2+0 [4:شناسه/کد ملی]"},
			"same identifier twice":            {grid(head, "نساجی سپیدتار | "+a+" | | کرج |", "بافندگی البرز | "+a+" | | کرج |"), "2=1+1 []"},
			"same name in one county":          {grid(head, "نساجی سپیدتار | "+a+" | | کرج |", "نساجي سپيد تار | "+b+" | | کرج |"), "2=1+1 []"},
			"same name in two counties":        {grid(head, "نساجی سپیدتار | "+a+" | | کرج |", "نساجی سپیدتار | "+b+" | | فردیس |"), "2=2+0 []"},
			"nearly the same name":             {grid(head, "نساجی سپیدتار | "+a+" | | کرج |", "نساجی سپیدثار | "+b+" | | کرج |"), "2=1+1 []"},
			"the form of a company":            {grid(head, "نساجی سپیدتار | "+a+" | | کرج |", "شرکت نساجی سپیدتار | "+b+" | | کرج |"), "2=1+1 []"},
			"numbered names are different":     {grid(head, "کارگاه ۱ نساجی | "+a+" | | کرج |", "کارگاه ۲ نساجی | "+b+" | | کرج |"), "2=2+0 []"},
			"one person, two companies":        {grid(head, "نساجی سپیدتار | "+a+" | "+nc+" | کرج |", "رنگرزی خورشید | "+b+" | "+nc+" | کرج |"), "2=2+0 []"},
			"header again, totals, row number": {grid("ردیف | "+head, "1 | نساجی سپیدتار | "+a+" | | کرج | 5", "ردیف | "+head, "2", "جمع | | | | | 5"), "1=1+0 []"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				dry := w.take(t, true, c.rows)
				if n := len(w.names(t)); n != 0 {
					t.Errorf("a trial wrote %d units", n)
				}
				if got := counts(w.take(t, false, c.rows)); got != c.want || counts(dry) != c.want {
					t.Errorf("%s, trial %s, want %s", got, counts(dry), c.want)
				}
				before := w.names(t)
				if got := counts(w.take(t, false, c.rows)); got != c.want || !slices.Equal(before, w.names(t)) {
					t.Errorf("the second time: %s, want %s; %v", got, c.want, w.names(t))
				}
			})
		}
	})
}

// TestMoneyFollowsItsHeader: the header's unit counts, the cell's own stands over it.
func TestMoneyFollowsItsHeader(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		for header, c := range map[string]struct {
			cell string
			want any
		}{
			"فروش سال گذشته":                 {"۱۲٬۰۰۰ تومان", int64(120_000)},
			"فروش سال گذشته (ریال)":          {"12000", int64(12_000)},
			"فروش سال گذشته (تومان)":         {"12,000", int64(120_000)},
			"فروش سالانه به تومان":           {"12000", int64(120_000)},
			"فروش - میلیون تومان":            {"1.5", int64(15_000_000)},
			"میزان فروش (میلیون ریال)":       {"250", int64(250_000_000)},
			"گردش مالی (هزار تومان)":         {"3", int64(30_000)},
			"مبلغ فروش (میلیارد تومان)":      {"۲", int64(20_000_000_000)},
			"فروش سال قبل (میلیون تومان)":    {"۵۰۰۰ ریال", int64(5_000)},
			"فروش سال گذشته\n(میلیون‌تومان)": {"7", int64(70_000_000)},
		} {
			w := newWorld(t)
			out := w.take(t, false, [][]string{{"نام واحد", "شناسه ملی", header}, {"نساجی سپیدتار", legalID(9912300001), c.cell}})
			found := must[[]registry.Head](t)(w.Search(t.Context(), province, "سپیدتار", 1))
			if len(found) != 1 {
				t.Errorf("%q: %s", header, counts(out))
				continue
			}
			if got := w.facts(t, found[0].ID)["unit.sales_last_year"]; got.Value != c.want || got.Source != "import" {
				t.Errorf("%q %q is %v, want %v", header, c.cell, got.Value, c.want)
			}
		}
	})
}

func TestASheetWithoutHeaderIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		for key, rows := range map[string][][]string{
			"registry.no_header":     grid("الف | ب", "1 | 2"),
			"registry.no_header_for": grid("نام واحد | شهرستان", "نساجی | کرج"),
		} {
			_, err := w.Import(t.Context(), registry.Import{Province: province, Rows: rows})
			if f, _ := fault.As(err); f == nil || f.Key != key {
				t.Errorf("%v, want %s", err, key)
			}
		}
	})
}

// TestThePrintedOutcome is what programs read.
func TestThePrintedOutcome(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		w := newWorld(t)
		out := w.take(t, true, grid("نام واحد | شناسه ملی", "نساجی سپیدتار | 12345", "بافندگی البرز | "+legalID(9912300001)))
		got := string(must[[]byte](t)(out.JSON(locale.EN)))
		want := `{"rows":2,"landed":1,"review":0,"bad":[{"row":2,"column":"شناسه ملی","reason":"It has 5 digits and must have 11; compare with the document."}]}`
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		header, rows := out.Rejects(locale.FA)
		if len(rows) != 1 || len(header) != 5 || rows[0][1] != "شناسه ملی" || rows[0][4] != "12345" || rows[0][2] == "" {
			t.Errorf("rejects: %q %q", header, rows)
		}
		empty := must[[]byte](t)(w.take(t, true, grid("نام واحد | شناسه ملی")).JSON(locale.FA))
		if string(empty) != `{"rows":0,"landed":0,"review":0,"bad":[]}` {
			t.Errorf("%s", empty)
		}
	})
}

// TestAnAmountWithoutUnitWaits: it is never taken as rial; a unit that a person says lands it, and takes it off the list.
func TestAnAmountWithoutUnitWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		for unit, want := range map[money.Unit]int64{money.UnitRial: 12_000, money.UnitToman: 120_000, money.UnitMillionToman: 120_000_000_000} {
			w := newWorld(t)
			in := registry.Import{Province: province, Rows: grid("نام واحد | شناسه ملی | فروش سال گذشته", "نساجی سپیدتار | "+legalID(9912300001)+" | ۱۲٬۰۰۰")}
			out := must[registry.Outcome](t)(w.Import(t.Context(), in))
			list := must[[]registry.Review](t)(w.Reviews(t.Context(), expert, ""))
			if counts(out) != "1=0+1 []" || len(out.Amounts) != 0 || len(list) != 1 || list[0].Reason != registry.ReviewAmount {
				t.Fatalf("%s %+v", counts(out), list)
			}
			d := registry.Decision{Batch: out.Batch, Line: 2, Do: registry.DecideNew, Why: "به گفتهٔ واحد"}
			if _, err := w.DecideReview(t.Context(), expert, d); keyOf(err) != "registry.review_amount" {
				t.Errorf("without a unit: %v", err)
			}
			id := ""
			if unit == money.UnitToman {
				d.AmountUnit = unit
				id = must[string](t)(w.DecideReview(t.Context(), expert, d))
			} else {
				in.AmountUnit = unit
				out = must[registry.Outcome](t)(w.Import(t.Context(), in))
				if counts(out) != "1=1+0 []" || len(out.Amounts) != 1 || int64(out.Amounts[0].Rial) != want {
					t.Fatalf("%s: %s %+v", unit, counts(out), out.Amounts)
				}
				id = must[[]registry.Head](t)(w.Search(t.Context(), province, "سپیدتار", 1))[0].ID
			}
			if got := w.facts(t, id)["unit.sales_last_year"].Value; got != want {
				t.Errorf("%s: %v, want %d", unit, got, want)
			}
			if left := must[[]registry.Review](t)(w.Reviews(t.Context(), expert, "")); len(left) != 0 {
				t.Errorf("%s: %+v still waits", unit, left)
			}
		}
		_, err := newWorld(t).Import(t.Context(), registry.Import{Province: province, AmountUnit: "dollar", Rows: grid("نام واحد | شناسه ملی", "x | y")})
		if keyOf(err) != "registry.amount_unit" {
			t.Error(err)
		}
	})
}

func keyOf(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Key
	}
	return ""
}
