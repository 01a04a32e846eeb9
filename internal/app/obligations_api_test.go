package app_test

import (
	"net/http"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
)

// A program asks for what waits for its person as the page shows it: filtered, page by page, and of nobody else.
func TestAProgramListsWhatIsOwed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.secondBank(t)
		first, second := w.toNotice(t), w.toNotice(t)
		m := newMachine(t, w)
		list := func(login, query string) (items []map[string]any, total float64, next string) {
			t.Helper()
			status, out := m.call(login, http.MethodGet, "/obligations"+query, "", nil)
			page := m.want(http.StatusOK, status, out, login+" "+query)
			total, _ = page["total"].(float64)
			next, _ = page["next"].(string)
			return under(page, "items"), total, next
		}
		hidden := func(login string) func(testing.TB) {
			return func(t testing.TB) {
				if items, total, _ := list(login, ""); len(items) != 0 || total != 0 {
					t.Errorf("%s reads what bank 1 owes: %v", login, items)
				}
			}
		}
		for _, login := range []string{"bank.head.2", "bank.branch", "dir.registry", "auditor"} {
			hidden(login)(t)
		}
		control.Finds(t, "reads what bank 1 owes", hidden("bank.head"))
		if status, _ := m.call("", http.MethodGet, "/obligations", "", nil); status != http.StatusUnauthorized {
			t.Errorf("nobody signed in: %d", status)
		}
		seen := map[any]bool{}
		for after, n := "", 0; n < 3; n++ {
			items, total, next := list("bank.head", "?limit=1&state=open&holder=bank-1&after="+after)
			if len(items) != 1 || total != 2 || items[0]["key"] != "resolution:1" || items[0]["owner"] != "bank.head" || items[0]["due"].(float64) == 0 { //nolint:forcetypeassert // the test fails otherwise
				t.Fatalf("%v of %v", items, total)
			}
			seen[items[0]["case"].(map[string]any)["id"]] = true //nolint:forcetypeassert // the test fails otherwise
			if after = next; after == "" {
				break
			}
		}
		if len(seen) != 2 || !seen[first] || !seen[second] {
			t.Errorf("page by page: %v", seen)
		}
		rows := w.owes(t, w.as(t, "bank.head"))
		dayBefore, last := civilOf(rows[0].Due-24*3600*1e6-1), civilOf(rows[1].Due-1)
		for query, want := range map[string]int{"?due=" + last: 2, "?due=" + dayBefore: 0, "?state=claimed": 0, "?holder=bank-2": 0} {
			if items, _, _ := list("bank.head", query); len(items) != want {
				t.Errorf("%s gives %d, want %d", query, len(items), want)
			}
		}
		for query, key := range map[string]string{"?state=late": "api.obligation_state", "?due=1405/02/01": "api.day", "?limit=0": "api.limit", "?x=1": "api.parameter", "?after=!": "store.cursor_invalid"} {
			status, out := m.call("bank.head", http.MethodGet, "/obligations"+query, "", nil)
			if m.want(http.StatusUnprocessableEntity, status, out, query); out["key"] != key {
				t.Errorf("%s: %v, want %s", query, out["key"], key)
			}
		}
	})
}

func civilOf(at int64) string { return jalali.FromTime(time.UnixMicro(at)).Civil() }

// A program learns what a row of a table holds, and the choices of its columns, also from the answer of an act.
func TestAProgramLearnsTheColumnsOfATable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	status, out := m.call("dir.expert", http.MethodPost, "/cases", app.NewID(), map[string]any{"procedure": "bank-council"})
	if status != http.StatusForbidden && status != http.StatusNotFound {
		t.Errorf("an expert opens a session of the banks' council: %d %v", status, out)
	}
	w.toBranch(t)
	w.clock.Advance(10 * 24 * time.Hour)
	w.wake(t)
	id := w.opened(t, "bank.council", "bank-council", "")
	status, out = m.call("bank.council", http.MethodPost, "/cases/"+id+"/actions/convene", app.NewID(), map[string]any{
		"version": w.look(t, "bank.council", id).Version, "facts": map[string]any{"held_on": "1405/02/20"}})
	answer := m.want(http.StatusOK, status, out, "convene")
	table := columnsIn(answer["case"].(map[string]any), "resolutions") //nolint:forcetypeassert // the test fails otherwise
	if len(table) != 5 || len(under(table["owner"], "options")) != 4 || table["until"]["type"] != "date" || table["text"]["max"] != 500.0 {
		t.Fatalf("the columns of resolutions: %v", table)
	}
	at, _ := table["bank"]["choices"].(string)
	if at != "/api/v1/cases/"+id+"/choices/resolutions.bank" {
		t.Fatalf("the choices of its bank: %q", at)
	}
	if got := m.firstOf("bank.council", at[len("/api/v1"):]); got != "bank-1" {
		t.Errorf("the first bank is %v", got)
	}
	status, out = m.call("bank.head", http.MethodGet, at[len("/api/v1"):], "", nil)
	m.want(http.StatusNotFound, status, out, "who does not write the resolutions")
}

// columnsIn are the columns of a table's question in the open forms, by name.
func columnsIn(view map[string]any, fact string) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, a := range under(view, "actions") {
		form, _ := a["form"].(map[string]any)
		for _, p := range under(form, "pages") {
			for _, f := range under(p, "fields") {
				if f["fact"].(map[string]any)["name"] == fact { //nolint:forcetypeassert // every field has a fact
					for _, c := range under(f, "columns") {
						out[c["name"].(string)] = c //nolint:forcetypeassert // the test fails otherwise
					}
				}
			}
		}
	}
	return out
}
