package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/jalali"
)

// A closing on its page: the forecast writes nothing and tells what would move; the confirmed closing moves exactly that
// and stands in the calendar with its source and author; only who may close days gets there.
func TestAClosingIsForecastAndThenMovesWhatItSaid(t *testing.T) {
	t.Parallel()
	closingsMove(t, newWorld(t))
}

func closingsMove(t testing.TB, w *world) {
	t.Helper()
	id := w.toBranch(t)
	due := func() int64 { return clockOf(t, w.look(t, "dir.expert", id), "branch_receipt_late").Due }
	before := due()
	day := jalali.FromTime(w.clock.Now().Add(24 * time.Hour))
	form := url.Values{"calendar": {"ir-alborz"}, "date": {day.Civil()}, "reason": {"آلودگی هوا"}, "source": {"بخشنامهٔ ۱۲"}}
	chief := enter(t, w.App, "dir.dg", password)
	form.Set("date", "tomorrow")
	want(t, http.StatusUnprocessableEntity, chief.send(http.MethodPost, "/admin/calendar", form).Code, "no date")
	form.Set("date", strings.ReplaceAll(day.Slash("en"), "-", "/"))
	asked := chief.send(http.MethodPost, "/admin/calendar", form)
	if asked.Code != http.StatusOK || !strings.Contains(asked.Body.String(), "in 1 cases would move") {
		t.Fatalf("the forecast: %d %s", asked.Code, asked.Body)
	}
	if due() != before {
		t.Error("the forecast moved a deadline")
	}
	form.Set("_do", "confirm")
	done := chief.send(http.MethodPost, "/admin/calendar", form).Body.String()
	if !strings.Contains(done, "in 1 cases moved") || !strings.Contains(done, "بخشنامهٔ ۱۲") || !strings.Contains(done, "آزمون dir.dg") {
		t.Errorf("the closing says: %s", done)
	}
	if due() <= before {
		t.Error("the deadline did not move")
	}
	w.settle(t.Context(), t)
	if got := w.kindsIn(t, "calendar:ir-alborz"); got != "calendar.closed" {
		t.Errorf("the calendar's chain holds %q", got)
	}
	form.Del("source")
	want(t, http.StatusUnprocessableEntity, chief.send(http.MethodPost, "/admin/calendar", form).Code, "no source")
	for _, login := range []string{"dir.expert", "unit.ceo", "auditor"} {
		want(t, http.StatusForbidden, enter(t, w.App, login, password).send(http.MethodPost, "/admin/calendar", form).Code, login+" closes a day")
	}
	w.untouched(t)
}

// What the moon decides is said where it is used: on the calendar's page of a year that has no table, beside each lunar
// day of one that has, and beside a deadline that is counted in working days of such a year.
func TestWhatTheMoonDecidesIsSaidOnThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chief := enter(t, w.App, "dir.dg", password)
	page := func(path string) string { return chief.send(http.MethodGet, path, nil).Body.String() }
	for path, say := range map[string]string{
		"/admin/calendar?year=1406": "moon-sighted holidays of 1406 are to be confirmed", "/admin/calendar?year=1405": "computed by the moon, to be confirmed",
		"/admin/calendar": "is disputed and counts as worked here",
	} {
		if !strings.Contains(page(path), say) {
			t.Errorf("%s does not say %q", path, say)
		}
	}
	if strings.Contains(page("/admin/calendar?year=1405"), "moon-sighted holidays of 1405") {
		t.Error("a year with a table is said to have none")
	}
	id := w.toBranch(t)
	if strings.Contains(page("/cases/"+id), "moon-sighted") || w.look(t, "dir.dg", id).Clocks[0].Unsure {
		t.Error("a deadline of this year is said to be unsure")
	}
	late, err := jalali.New(1405, 12, 26)
	must(t, err)
	w.clock.Set(late.Start().Add(10 * time.Hour))
	id = w.submitted(t, w.asks("20000000000"))
	chief = enter(t, w.App, "dir.dg", password)
	if !strings.Contains(page("/cases/"+id), "moon-sighted holidays of 1406 are to be confirmed") {
		t.Error("a deadline that falls in a year without a table is not said to be unsure")
	}
}
