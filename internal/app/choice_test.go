package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/programme/trade"
)

// selected opens a case of the accelerator for the world's unit, ranks it in a call and takes it to the stage in which it chooses.
func (w *world) selected(t testing.TB) string {
	t.Helper()
	for _, p := range []string{"export-outcome", "export-accelerator", "export-cohort"} {
		must(t, w.PublishBuiltin(t.Context(), p, [2]string{"first", "second"}))
	}
	answers, ready, levels := map[string]any{"goods": "فرش", "base_usd": "0", "base_markets": "0", "base_jobs": "20"}, map[string]any{}, map[string]any{}
	for i, side := range []string{"product", "capacity", "price", "standard", "packaging", "people", "catalogue", "card", "settlement", "finance"} {
		answers[fmt.Sprint("q", i+1)], ready["r_"+side], ready["e_"+side], levels["v_"+side] = "yes", "working", "سند", "working"
	}
	id, call := w.opened(t, "unit.ceo", "export-accelerator", w.unit), w.opened(t, "dir.expert", "export-cohort", "")
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: answers}, act{who: "dir.expert", action: "pass_on"})
	w.carry(t, call, act{who: "dir.expert", action: "announce", facts: map[string]any{"call_title": "فراخوان", "criteria": "امتیاز", "places": "15", "closes_on": "1405/02/08"}})
	w.clock.Advance(48 * time.Hour)
	w.carry(t, call, act{who: "dir.expert", action: "convene"}, act{who: "dir.expert", action: "decide", facts: map[string]any{"session.1": "select"}},
		act{who: "dir.deputy", action: "sign"}, act{who: "dir.dg", action: "sign"})
	must(t, w.Engine.CarryRound(t.Context(), w.Province, call, casework.RoundMessage{Round: "session", Member: id}))
	w.carry(t, id, act{who: "unit.ceo", action: "tell_readiness", facts: ready}, act{who: "dir.expert", action: "check_readiness", facts: levels},
		act{who: "dir.expert", action: "record_test", facts: map[string]any{"trained_hours": "30", "test_score": "80", "tested_on": "1405/02/08"}})
	return id
}

// A unit chooses on the page; what the tables said that day stays in its case though they are replaced afterwards, a page that was
// opened before they were is shown the new figures instead, and nobody can type figures of their own.
func TestAChoiceKeepsTheFiguresOfItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.selected(t)
	unit := newReader(t, w, "unit.ceo")
	at := "/cases/" + id + "/choose"
	_, page := unit.get(at)
	holds(t, page, "هنوز")
	w.loadTrade(t, plainWorld, "57020010,1000\n57030010,1000\n")

	_, page = unit.get(at + "?p1=5702&m1=TUR&p2=5702&m2=TUR")
	holds(t, page, "دو بار برگزیده")
	_, page = unit.get(at + "?p1=9999&m1=TUR")
	holds(t, page, "در قطب‌نما نیست")
	_, page = unit.get(at + "?p1=5702&m1=TUR")
	// half of Iran's trade is of 5702, of the world's 39 of 120
	holds(t, page, "۱٫۵۴", ">HS2022<", "میلیارد دلار")
	form := formOf(page)
	form.Set("seen", seenIn(page))
	form.Set("p1", "5702")
	form.Set("m1", "TUR")
	form.Set("plan", "نمونه تا دو ماه")
	status, page := unit.post(at, form)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "بنویسید چرا") {
		t.Fatalf("without a reason: %d", status)
	}
	form.Set("why1", "خریدار داریم")
	w.revise(t, strings.Replace(plainWorld, "irn,5702,20000000000", "irn,5702,20000000001", 1))
	if status, page = unit.post(at, form); status != http.StatusConflict || !strings.Contains(page, "جدول‌های تجارت نو شد") {
		t.Fatalf("on a page of before the revision: %d", status)
	}
	form.Set("seen", seenIn(page))
	form.Set("_key", formOf(page).Get("_key"))
	if status, page = unit.post(at, form); status >= 400 {
		t.Fatal(status, between(page, "<main", "</main>"))
	}
	frozen := w.chosen(t, id)
	if !slices.Contains(frozen, "5702  value 20000000001 Somebody, HS2022, 2024 2") || !slices.Contains(frozen, "5702 TUR market_en TUR Somebody, HS2022, 2024 2") {
		t.Errorf("the case holds %q", frozen)
	}
	law := func(now func() []string) func(t testing.TB) {
		return func(t testing.TB) {
			if got := now(); !slices.Equal(got, frozen) {
				t.Errorf("after a revision the case holds %q", got)
			}
		}
	}
	w.revise(t, strings.Replace(plainWorld, "irn,5702,20000000000", "irn,5702,19500000000", 1))
	law(func() []string { return w.chosen(t, id) })(t)
	control.Finds(t, "after a revision the case holds", law(func() []string { return w.nowKnown(t) })) // a page that reads the tables anew
	_, page = newReader(t, w, "dir.deputy").get("/cases/" + id)
	holds(t, page, "کالا و بازار برگزیده", "خریدار داریم", "۱٫۵۴")
	w.carry(t, id, act{who: "dir.deputy", action: "return_choice", note: "دلیل کوتاه است"})
	typed := casework.Command{Key: "typed", Case: id, Action: "choose", Version: w.look(t, "unit.ceo", id).Version, Facts: map[string]any{
		"pairs": []map[string]any{{"product": "5703", "market": "TUR", "why": "x"}}, "plan": "x", "figures": []map[string]any{{"product": "5703", "figure": "rca", "value": "9"}}}}
	if _, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), typed); err == nil {
		t.Error("figures that somebody typed are taken")
	}
	w.carry(t, id, act{who: "unit.ceo", action: "choose", facts: map[string]any{"pairs": []map[string]any{{"product": "5703", "market": "IND", "why": "x"}}, "plan": "x"}}, act{who: "dir.deputy", action: "sign_choice"})
	if got := w.chosen(t, id); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "5702") }) || len(got) == 0 {
		t.Errorf("chosen anew, the case holds %q", got)
	}
	w.folds(t)
}

// seenIn is the fingerprint of the figures that a page shows.
func seenIn(page string) string { return between(page, `name="seen" value="`, `"`) }

// chosen are the figures of a case, each in a line.
func (w *world) chosen(t testing.TB, id string) (out []string) {
	t.Helper()
	for _, f := range w.look(t, "dir.expert", id).Facts {
		if f.Name != "figures" {
			continue
		}
		rows, _ := f.Value.([]map[string]any)
		for _, row := range rows {
			text := func(name string) string { s, _ := row[name].(string); return s }
			out = append(out, strings.Join([]string{text("product"), text("market"), text("figure"), text("value"), text("source"), text("sha256")}, " "))
		}
	}
	return out
}

// nowKnown are the same figures as the tables have them now.
func (w *world) nowKnown(t testing.TB) (out []string) {
	t.Helper()
	figures, err := w.Trade.Figures(t.Context(), w.Province, []trade.Pair{{Product: "5702", Market: "TUR"}})
	must(t, err)
	for _, f := range figures {
		out = append(out, strings.Join([]string{f.Product, f.Market, f.Name, f.Value, f.Source, f.SHA256}, " "))
	}
	return out
}

// revise replaces the world's exports of 2024.
func (w *world) revise(t testing.TB, world string) {
	t.Helper()
	w.clock.Advance(time.Hour) // the last loaded counts
	source := trade.Source{Province: w.Province, Kind: trade.Exports, Edition: "HS2022", Year: 2024, Publisher: "Somebody", Licence: "not stated", File: "world.csv", SHA256: "2"}
	if strings.Contains(world, "5702,19500000000") {
		source.SHA256 = "3"
	}
	in, _, err := trade.Reader{Kind: trade.Exports, File: source.File}.Read(strings.NewReader(world))
	must(t, err)
	_, err = w.Trade.Load(t.Context(), trade.Load{Source: source, Table: in})
	must(t, err)
}
