package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
)

// comingLimits ends the table of today with a day to come and begins another; the limits of the second are invented.
var comingLimits = []string{
	"1403/01/01,,<=", "1403/01/01,1405/03/03,<=",
	"1403/01/01,,-,-,R\n", "1403/01/01,1405/03/03,-,-,R\n1405/03/04,,<= 0,<= 0,W\n1405/03/04,,<= 3,<= 100_000_000,Y\n1405/03/04,,-,-,R\n",
}

// Anybody reads on a procedure's page the limits that hold on the day they look: with the days from and to, the source, who
// published them and when, and when others come. Limits of another day are not there.
func TestAnybodyReadsTheLimitsThatHoldToday(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if _, problems, err := w.Publish(t.Context(), referralFolder(t, comingLimits...), [2]string{"p-dir.deputy", "p-dir.dg"}); err != nil {
			t.Fatalf("%v: %v", err, problems)
		}
		published := jalali.FromTime(w.clock.Now())
		names, err := w.Party.Names(t.Context(), []string{"p-dir.deputy", "p-dir.dg"})
		must(t, err)
		read := func() map[string]string {
			out := map[string]string{}
			for _, l := range []string{"fa", "en"} {
				b := w.visitor(t)
				b.lang = l
				page := b.send(http.MethodGet, "/procedures/referral", nil)
				if page.Code != http.StatusOK {
					t.Fatalf("%s: %d", l, page.Code)
				}
				out[l] = readable(strings.ReplaceAll(page.Body.String(), "</td>", " "))
			}
			return out
		}
		common := map[string][]string{
			"fa": {"رنگ‌های استعلام چک صیادی", "رنگ‌بندی استعلام چک صیادی بانک مرکزی", "منتشرشده در " + published.Long("fa"), names["p-dir.deputy"], names["p-dir.dg"]},
			"en": {"Colours of the cheque inquiry", "The Central Bank's colours of the cheque inquiry", "Published on " + published.Long("en"), names["p-dir.deputy"], names["p-dir.dg"]},
		}
		law := func(pages, holds, gone map[string]string) func(testing.TB) {
			return func(t testing.TB) {
				for l, page := range pages {
					for _, want := range append(strings.Split(holds[l], "|"), common[l]...) {
						if !strings.Contains(page, want) {
							t.Errorf("%s: the page does not say %q", l, want)
						}
					}
					if strings.Contains(page, gone[l]) {
						t.Errorf("%s: the page shows %q of another day", l, gone[l])
					}
				}
			}
		}
		old := map[string]string{"fa": "تا ۴ تا " + money.Rial(200_000_000).Format(locale.FA) + " نارنجی ۱۴۰۳/۰۱/۰۱ ۱۴۰۵/۰۳/۰۳", "en": "up to 4 up to 200,000,000 orange 1403/01/01 1405/03/03"}
		next := map[string]string{"fa": "تا ۳ تا " + money.Rial(100_000_000).Format(locale.FA) + " زرد ۱۴۰۵/۰۳/۰۴ باز", "en": "up to 3 up to 100,000,000 yellow 1405/03/04 open"}
		day, err := jalali.New(1405, 3, 4)
		must(t, err)
		if published.Compare(day) >= 0 {
			t.Fatal("the new limits hold already")
		}
		before := read()
		law(before, map[string]string{"fa": old["fa"] + "|" + "سطرهای دیگر از این روز برقرار می‌شوند: " + day.Long("fa"), "en": old["en"] + "|" + "Other rows hold from " + day.Long("en")}, next)(t)
		w.clock.Set(day.Start().Add(time.Minute))
		law(read(), next, old)(t)
		control.Finds(t, "of another day", law(before, next, old))
		control.Finds(t, "does not say", law(before, next, old))
	})
}
