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
