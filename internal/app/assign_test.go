package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// secondExpert adds a colleague of dir.expert.
func (w *world) secondExpert(t testing.TB) {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Persons:     []party.Person{{ID: "p-dir.expert.2", Name: "سارا آزمون"}},
		Memberships: []party.Membership{{ID: "m-dir.expert.2", Person: "p-dir.expert.2", Role: "dir.expert", Body: "dir", Document: "حکم", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-dir.expert.2", Login: "dir.expert.2", Password: password}},
	}))
}

func (w *world) requested(t testing.TB) string {
	t.Helper()
	return w.submitted(t, w.request())
}

// A head gives cases out singly, in bulk and through the API; the list, the case and its journal say to whom, in the
// officer's own list only; colleagues may still act, and the case comes back to the same officer. The unit is not told
// which officer it is.
func TestAHeadGivesCasesToOfficers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secondExpert(t)
	one, two := w.requested(t), w.requested(t)
	since := w.look(t, "dir.expert", one).Holder.Since
	w.clock.Advance(time.Hour)
	head := enter(t, w.App, "dir.head", password)
	got := head.send(http.MethodPost, "/assign", url.Values{"_key": {"k"}, "case": {one, two}, "assignee": {"p-dir.expert.2"}})
	if got.Code != http.StatusSeeOther || !strings.Contains(got.Header().Get("Location"), "n=2&of=2") {
		t.Fatalf("giving two: %d %s", got.Code, got.Header().Get("Location"))
	}
	mine := func(login string) string {
		return enter(t, w.App, login, password).send(http.MethodGet, "/cases?v=mine", nil).Body.String()
	}
	if !strings.Contains(mine("dir.expert.2"), one) || strings.Contains(mine("dir.expert"), one) {
		t.Error("the case is not in its officer's list alone")
	}
	v := w.look(t, "dir.expert.2", one)
	if !v.Holder.Mine || v.Holder.Since != since || w.look(t, "unit.ceo", one).Holder.Subject != "" {
		t.Errorf("holder %+v; seen by the unit %q", v.Holder, w.look(t, "unit.ceo", one).Holder.Subject)
	}
	version := v.Version
	ans, code := w.assignByAPI(t, "dir.head", two, "p-dir.expert")
	if code != http.StatusOK || ans.Case.Holder.Subject != "p-dir.expert" || ans.Case.Version != version {
		t.Errorf("by API: %d %+v", code, ans.Case.Holder)
	}
	w.carry(t, one, act{who: "dir.expert", action: "return_defects", facts: map[string]any{"defects": "مدرک ناقص است"}}, // a colleague acts
		act{who: "unit.ceo", action: "submit", facts: w.request()})
	if got := w.look(t, "dir.expert", one).Holder.Subject; got != "p-dir.expert.2" {
		t.Errorf("back from the unit it is with %q", got)
	}
	if kinds := w.kindsIn(t, one); strings.Count(kinds, casework.KindAssigned) != 1 {
		t.Errorf("the journal holds %q", kinds)
	}
	w.untouched(t)
}

func (w *world) assignByAPI(t testing.TB, login, id, to string) (out struct{ Case casework.View }, code int) {
	t.Helper()
	b := enter(t, w.App, login, password)
	raw, err := json.Marshal(map[string]any{"version": 0, "assignee": to})
	must(t, err)
	got := b.api(http.MethodPost, "/api/v1/cases/"+id+"/actions/assign", app.NewID(), string(raw))
	if got.Code == http.StatusOK {
		must(t, json.Unmarshal(got.Body.Bytes(), &out))
	}
	return out, got.Code
}

// Only heads give cases out, only to who holds the role in their own office now, and never what an office does not hold.
func TestWhoMayGiveWhatToWhom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secondExpert(t)
	id := w.requested(t)
	for name, c := range map[string]struct {
		by, to string
		want   int
	}{
		"an expert gives":      {"dir.expert", "p-dir.expert.2", http.StatusForbidden},
		"a bank gives":         {"bank.head", "p-dir.expert.2", http.StatusNotFound},
		"to a deputy":          {"dir.head", "p-dir.deputy", http.StatusUnprocessableEntity},
		"to a bank's clerk":    {"dir.head", "p-bank.branch", http.StatusUnprocessableEntity},
		"to nobody, as it is":  {"dir.head", "", http.StatusUnprocessableEntity},
		"to an unknown person": {"dir.head", "p-nobody", http.StatusUnprocessableEntity},
	} {
		if _, got := w.assignByAPI(t, c.by, id, c.to); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	_, got := w.assignByAPI(t, "dir.dg", id, "p-dir.expert")
	want(t, http.StatusOK, got, "to an officer")
	draft := w.open(t)
	if _, got := w.assignByAPI(t, "dir.head", draft, "p-dir.expert"); got == http.StatusOK {
		t.Error("a draft with the unit was given to an officer")
	}
	for _, login := range []string{"dir.expert", "auditor", "unit.ceo", "bank.head"} {
		want(t, http.StatusForbidden, enter(t, w.App, login, password).send(http.MethodGet, "/assign", nil).Code, login+" opens the page")
	}
}

// While an officer is away the substitute has the officer's cases among their own, and no longer once the leave is over
// or ended; a substitute is a colleague of the same role who is not away; each step stands in the officer's chain.
func TestASubstituteLooksAfterTheCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secondExpert(t)
	id := w.requested(t)
	if _, code := w.assignByAPI(t, "dir.head", id, "p-dir.expert"); code != http.StatusOK {
		t.Fatal(code)
	}
	head := enter(t, w.App, "dir.head", password)
	form := url.Values{"absent": {"m-dir.expert"}, "substitute": {"m-dir.expert.2"}, "from": {"1405/02/07"}, "to": {"1405/02/09"}, "document": {"۱۲"}}
	mine := func() bool {
		return strings.Contains(enter(t, w.App, "dir.expert.2", password).send(http.MethodGet, "/cases?v=mine", nil).Body.String(), id)
	}
	if mine() {
		t.Error("a colleague has the case before any leave")
	}
	for field, value := range map[string]string{"substitute": "m-dir.deputy", "to": "1405/02/01", "absent": "m-bank.head", "from": "soon"} {
		wrong := url.Values{}
		for k := range form {
			wrong.Set(k, form.Get(k))
		}
		wrong.Set(field, value)
		got := head.send(http.MethodPost, "/leave", wrong)
		if got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="`+field+`-error"`) {
			t.Errorf("%s = %q: %d", field, value, got.Code)
		}
	}
	want(t, http.StatusSeeOther, head.send(http.MethodPost, "/leave", form).Code, "entering")
	want(t, http.StatusUnprocessableEntity, head.send(http.MethodPost, "/leave", form).Code, "entering it twice")
	if !mine() || !w.look(t, "dir.expert.2", id).Holder.Mine {
		t.Error("the substitute does not have the case")
	}
	w.clock.Set(jalali.FromTime(w.clock.Now()).AddDays(3).Start().Add(10 * time.Hour))
	if mine() {
		t.Error("the leave is over and the substitute still has the case")
	}
	if got := w.kindsIn(t, "person:p-dir.expert"); got != "people.leave" {
		t.Errorf("the journal holds %q", got)
	}
	want(t, http.StatusForbidden, enter(t, w.App, "dir.expert", password).send(http.MethodGet, "/leave", nil).Code, "an expert enters leaves")
}
