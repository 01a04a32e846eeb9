package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// paceIsARecount is the law of the medians: whatever was kept, they are those of the cases as they stand, counted day by
// day on the calendar.
func paceIsARecount(w *world, d *procedure.Definition, cal *calendar.Calendar, views []*casework.View, read func() casework.Pace) func(testing.TB) {
	return func(t testing.TB) {
		got := map[string]casework.ClockPace{}
		for _, k := range read().Clocks {
			got[k.Clock.ID] = k
		}
		counted := 0
		for _, c := range d.Clocks {
			if c.Limit.Unit != calendar.WorkingDays || len(c.Pauses) > 0 || c.Calendar != "" {
				continue
			}
			took := recounted(cal, c.ID, views)
			counted += len(took)
			k := got[c.ID]
			if k.N != len(took) || k.N > 0 && k.Twice != took[(k.N-1)/2]+took[k.N/2] {
				t.Errorf("%s: %d runs with twice the median %d, a recount finds %v", c.ID, k.N, k.Twice, took)
			}
		}
		if counted == 0 {
			t.Error("no run was counted")
		}
	}
}

func recounted(cal *calendar.Calendar, clock string, views []*casework.View) (out []int) {
	for _, v := range views {
		for _, k := range v.Clocks {
			if k.ID == clock && k.State == casework.ClockStopped {
				out = append(out, worked(cal, k.Start, k.Ended))
			}
		}
	}
	slices.Sort(out)
	return out
}

// worked counts the working days after one instant up to another, one by one.
func worked(cal *calendar.Calendar, from, to int64) (n int) {
	last := jalali.FromTime(time.UnixMicro(to))
	for day := jalali.FromTime(time.UnixMicro(from)); day != last; {
		if day = day.AddDays(1); cal.WorkingDaysBetween(day.AddDays(-1), day) == 1 {
			n++
		}
	}
	return n
}

func TestTheMediansEqualARecount(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		d, err := w.Defs.Current(t.Context(), "referral")
		must(t, err)
		cals, err := w.Cals.All(t.Context())
		must(t, err)
		cal, chief := cals[d.Calendar], w.as(t, "dir.dg")
		read := func() casework.Pace {
			p, err := w.Pace(t.Context(), chief, d)
			must(t, err)
			return p
		}
		var ids []string
		for days := range 3 {
			id := w.open(t)
			ids = append(ids, id)
			w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
			w.clock.Set(w.clock.Now().AddDate(0, 0, 2*days))
			w.carry(t, id, act{who: "dir.expert", action: "accept_documents"})
			paceIsARecount(w, d, cal, views(t, w, ids), read)(t)
			w.clock.Set(w.clock.Now().AddDate(0, 0, 1))
			w.carry(t, id, act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}}, act{who: "dir.deputy", action: "approve"}, act{who: "dir.deputy", action: "sign"})
			paceIsARecount(w, d, cal, views(t, w, ids), read)(t)
		}
		control.Finds(t, "a recount finds", paceIsARecount(w, d, cal, views(t, w, ids), func() casework.Pace {
			var laps []casework.Lap // what was kept before the last case came
			must(t, w.Engine.Laps(t.Context(), w.Province, d.ID, 0, func(id string, _ int64, of []casework.Lap) {
				if id != ids[2] {
					laps = append(laps, of...)
				}
			}))
			return casework.PaceOf(d, laps, 0)
		}))
		if _, err := w.Pace(t.Context(), w.as(t, "bank.branch"), d); err == nil {
			t.Error("a branch reads the pace of all cases")
		}
	})
}

func views(t *testing.T, w *world, ids []string) (out []*casework.View) {
	for _, id := range ids {
		out = append(out, w.look(t, "dir.dg", id))
	}
	return out
}

// The public page tells of the year, but of no group that is smaller than the procedure publishes.
func TestThePublicPageKeepsSmallGroupsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	w.carry(t, id, act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}})
	status, page := newReader(t, w, "unit.ceo").get("/procedures/referral")
	want(t, http.StatusOK, status, "the manual")
	if !strings.Contains(page, "هیچ پرونده‌ای پایان نیافته") || strings.Contains(page, "همان روز") {
		t.Error("one case's times stand on the public page")
	}
}
