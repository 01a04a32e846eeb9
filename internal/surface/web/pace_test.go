package web_test

import (
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/surface/web"
)

// smallStaysBack is the law of published figures: from what is shown no group of one up to least-1 cases can be told, also
// not by taking one figure from another.
func smallStaysBack(public func(casework.Pace, int) *web.ManualPace) func(testing.TB) {
	return func(tb testing.TB) {
		for won := range 12 {
			for lost := range 12 {
				p := casework.Pace{Outcomes: map[string]casework.Spread{"granted": {N: won, Twice: 7}, "refused": {N: lost}}}
				got := public(p, 5)
				for what, n := range map[string]int{"ended": got.Ended, "granted": got.Granted, "the others": got.Ended - got.Granted} {
					if got.Granted < 0 && what != "ended" {
						continue
					}
					if n > 0 && n < 5 {
						tb.Errorf("%d granted and %d others: %s tells of %d cases", won, lost, what, n)
					}
				}
				if got.Days >= 0 && won < 5 {
					tb.Errorf("the days of %d cases are shown", won)
				}
			}
		}
	}
}

func TestAPublishedFigureTellsOfNoSmallGroup(t *testing.T) {
	t.Parallel()
	smallStaysBack(web.PublicPace)(t)
	control.Finds(t, "the others tells of", smallStaysBack(func(p casework.Pace, least int) *web.ManualPace {
		out := web.PublicPace(p, least)
		if n := p.Outcomes["granted"].N; n >= least {
			out.Granted = n // large enough, and yet it gives the rest away
		}
		return out
	}))
}

func TestALengthReadsAsPeopleSayIt(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"همان روز": web.Lasted(locale.FA, calendar.WorkingDays, 0), "۲٫۵ روز کاری": web.Lasted(locale.FA, calendar.WorkingDays, 5),
		"1 working day": web.Lasted(locale.EN, calendar.WorkingDays, 2), "31 calendar days": web.Lasted(locale.EN, calendar.SolarMonths, 62),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 500).Draw(t, "n")
		if s := web.Lasted(locale.FA, calendar.CalendarDays, n); strings.ContainsAny(s, "0123456789.") {
			t.Fatalf("%d: %q", n, s)
		}
	})
}

// The sheet for a meeting holds the sentence, every table and what to decide; the page on the screen leads to it.
func TestTheManagersSheetHoldsThePicture(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	if w := get(h, "/picture", "Role", "dir.dg"); !strings.Contains(w.Body.String(), `href="/picture?print=1&amp;procedure=referral"`) {
		t.Error("the picture does not lead to its sheet")
	}
	w := get(h, "/picture?print=1", "Role", "dir.dg")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	for _, id := range []string{"s-funnel", "s-wait", "s-rate", "s-banks", "s-age", "s-why", "s-today"} {
		if !strings.Contains(w.Body.String(), `id="`+id+`"`) {
			t.Errorf("the sheet lacks %s", id)
		}
	}
}
