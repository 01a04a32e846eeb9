package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/party"
)

// A person wishes to be erased; one officer asks, another carries it out with the second factor shown. An officer alone, a
// hold and the law stop it.
func TestErasureByTwoOfficersOnThePages(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { erasedOnPages(t, w, nil) })
}

// secondOfficer is the administrator, who decides.
func secondOfficer(t testing.TB, w *world) {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Persons:     []party.Person{{ID: "p-admin", Name: "راهبر آزمون"}},
		Memberships: []party.Membership{{ID: "m-admin", Province: w.Province, Person: "p-admin", Role: "admin", Body: "dir", Document: "حکم", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-admin", Login: "admin", Password: password}},
	}))
}

// The same over the API, by programs: one officer looks and asks, another decides; a hold stops it.
func TestErasureByTwoOfficersOverTheAPI(t *testing.T) { onBoth(t, erasedOverAPI) }

func erasedOverAPI(t testing.TB, w *world) {
	t.Helper()
	s := leaver(t, w)
	secondOfficer(t, w)
	m := newMachine(t, w)
	code, _ := m.call(s.login, http.MethodGet, "/personal/erasures", "", nil)
	want(t, http.StatusForbidden, code, "the list for who may not")
	w.clock.Set(jalali.FromTime(w.clock.Now()).AddMonths(25).Start())
	m = newMachine(t, w)
	call := func(login, method, path string, body map[string]any, status int) map[string]any {
		t.Helper()
		code, out := m.call(login, method, "/personal/"+path, "", body)
		if code != status {
			t.Fatalf("%s %s by %s: %d, want %d: %v", method, path, login, code, status, out)
		}
		return out
	}
	held := map[string]any{"case": s.cases[0], "reason": "دستور ۳"}
	call("dir.dg", "POST", "holds", held, http.StatusNoContent)
	ask := map[string]any{"person": s.person, "basis": "request", "reason": "درخواست ۹"}
	call("dir.dg", "POST", "erasures", ask, http.StatusUnprocessableEntity)
	seen := call("dir.dg", "POST", "previews", map[string]any{"person": "0499370899"}, http.StatusOK)
	if stops := seen["stops"].([]any); seen["person"] != s.person || len(stops) != 1 || stops[0].(map[string]any)["why"] != "held" {
		t.Errorf("the preview: %v", seen)
	}
	if due := call("dir.dg", "GET", "due", nil, http.StatusOK)["items"].([]any); len(due) != 1 || len(due[0].(map[string]any)["holds"].([]any)) != 1 {
		t.Errorf("due: %v", due)
	}
	call("dir.dg", "POST", "lifts", map[string]any{"case": s.cases[0]}, http.StatusNoContent)
	id := call("dir.dg", "POST", "erasures", ask, http.StatusCreated)["id"]
	if all := call("admin", "GET", "erasures?state=asked", nil, http.StatusOK)["items"].([]any); len(all) != 1 || all[0].(map[string]any)["reason"] != "درخواست ۹" {
		t.Errorf("what waits: %v", all)
	}
	decide := map[string]any{"erasure": id, "approve": true}
	call("dir.dg", "POST", "decisions", decide, http.StatusForbidden)
	if done := call("admin", "POST", "decisions", decide, http.StatusOK); done["state"] != "done" {
		t.Errorf("decided: %v", done)
	}
	call("admin", "POST", "decisions", decide, http.StatusConflict)
	if _, _, err := w.Party.SignIn(t.Context(), s.login, password, "", "local"); err == nil {
		t.Error("who was erased signs in")
	}
}

func TestErasureOnThePagesIsGuarded(t *testing.T) {
	t.Parallel()
	for words, plant := range map[string]planting{
		"one officer alone":   triggers("CREATE TRIGGER planted AFTER INSERT ON erasure BEGIN UPDATE erasure SET asked_by = '' WHERE id = NEW.id; END"),
		"a case that is held": forgets("INSERT", "case_hold", "1"),
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			control.Finds(t, words, func(t testing.TB) { erasedOnPages(t, newWorld(t), plant) })
		})
	}
}

func erasedOnPages(t testing.TB, w *world, plant planting) {
	t.Helper()
	s := leaver(t, w)
	secondOfficer(t, w)
	own := enter(t, w.App, s.login, password)
	want(t, http.StatusSeeOther, own.send(http.MethodPost, "/account/erasure", url.Values{}).Code, "a wish")
	want(t, http.StatusConflict, own.send(http.MethodPost, "/account/erasure", url.Values{}).Code, "the same wish again")
	want(t, http.StatusForbidden, own.send(http.MethodGet, "/admin/personal", nil).Code, "the list for who wishes")
	w.clock.Set(jalali.FromTime(w.clock.Now()).AddMonths(25).Start())
	if plant != nil {
		plant(t, w)
	}
	dg, admin := enter(t, w.App, "dir.dg", password), enter(t, w.App, "admin", password)
	code := admin.enrols(w)
	if page := dg.send(http.MethodGet, "/admin/personal", nil).Body.String(); !strings.Contains(page, "زکنام") || !strings.Contains(page, "?person="+s.person) {
		t.Error("the wish does not wait on the officers' page")
	}
	found := dg.send(http.MethodPost, "/admin/personal/erasures", url.Values{"do": {"find"}, "who": {"۰۴۹۹۳۷۰۸۹۹"}})
	if to := found.Header().Get("Location"); to != "/admin/personal?person="+s.person {
		t.Fatalf("by the national code: %d %s", found.Code, to)
	}
	ask := url.Values{"do": {"ask"}, "person": {s.person}, "basis": {"request"}, "reason": {"درخواست ۹"}}
	hold := url.Values{"do": {"hold"}, "case": {s.cases[0]}, "reason": {"دستور ۳"}}
	want(t, http.StatusSeeOther, dg.send(http.MethodPost, "/admin/personal/holds", hold).Code, "a hold")
	if got := dg.send(http.MethodPost, "/admin/personal/erasures", ask); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "held by an officer") {
		t.Fatalf("a case that is held does not stop the erasure: %d", got.Code)
	}
	hold.Set("do", "lift")
	want(t, http.StatusSeeOther, dg.send(http.MethodPost, "/admin/personal/holds", hold).Code, "no hold")
	want(t, http.StatusUnprocessableEntity, dg.send(http.MethodPost, "/admin/personal/erasures", url.Values{"do": {"ask"}, "person": {s.person}, "basis": {"request"}}).Code, "no reason")
	want(t, http.StatusSeeOther, dg.send(http.MethodPost, "/admin/personal/erasures", ask).Code, "asked")
	list, err := w.Privacy.List(t.Context(), officer(w, "p-dir.dg", "dir.dg"), "asked")
	must(t, err)
	approve := url.Values{"do": {"approve"}, "erasure": {list[0].ID}}
	if got := dg.send(http.MethodPost, "/admin/personal/erasures", approve); got.Code != http.StatusForbidden {
		t.Fatalf("one officer alone erases: %d", got.Code)
	}
	w.clock.Advance(16 * time.Minute)
	want(t, http.StatusUnauthorized, admin.send(http.MethodPost, "/admin/personal/erasures", approve).Code, "without the second factor")
	if _, _, err := w.Party.SignIn(t.Context(), s.login, password, "", "local"); err != nil {
		t.Fatalf("erased before anybody decided: %v", err)
	}
	approve.Set("_code", code())
	want(t, http.StatusSeeOther, admin.send(http.MethodPost, "/admin/personal/erasures", approve).Code, "with the second factor")
	if _, _, err := w.Party.SignIn(t.Context(), s.login, password, "", "local"); err == nil {
		t.Error("who was erased signs in")
	}
	w.settle(t.Context(), t)
	if page := admin.send(http.MethodGet, "/admin/personal", nil); page.Code != http.StatusOK || strings.Contains(page.Body.String(), "زکنام") {
		t.Errorf("the page after: %d", page.Code)
	}
}
