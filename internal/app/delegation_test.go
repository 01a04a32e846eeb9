package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// What the table gives on its page is what the engine lets pass: after the deputy's own power ended and a smaller one was
// given, an approval above its ceiling is refused, and passes under a ceiling that covers it.
func TestAnActAboveTheDelegatedCeilingIsRefused(t *testing.T) {
	t.Parallel()
	withinTheCeiling(t, newWorld(t))
}

func withinTheCeiling(t testing.TB, w *world) {
	t.Helper()
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()}, act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}})
	chief := enter(t, w.App, "dir.dg", password)
	want(t, http.StatusSeeOther, chief.send(http.MethodPost, "/admin/delegation/end", url.Values{"delegation": {"d1"}}).Code, "ending")
	if err := w.approve(t, id); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without any power: %v", err)
	}
	want(t, http.StatusSeeOther, chief.send(http.MethodPost, "/admin/delegation", power("19999999999")).Code, "giving")
	if err := w.approve(t, id); !strings.Contains(keyOf(err), "over_ceiling") {
		t.Errorf("above the ceiling: %v", err)
	}
	want(t, http.StatusSeeOther, chief.send(http.MethodPost, "/admin/delegation", power("۲۰٬۰۰۰٬۰۰۰٬۰۰۰")).Code, "giving more")
	must(t, w.approve(t, id))
	if got, want := w.kindsIn(t, "person:p-dir.deputy"), "people.delegation_ended people.delegated people.delegated"; got != want {
		t.Errorf("the journal holds %q, want %q", got, want)
	}
}

func power(ceiling string) url.Values {
	return url.Values{"taker": {"m-dir.deputy"}, "scope": {"referral"}, "ceiling": {ceiling}, "document": {"ابلاغ ۹"}, "from": {"1405/02/01"}, "to": {""}}
}

func keyOf(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Key
	}
	return ""
}

func want(t testing.TB, want, got int, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (w *world) approve(t testing.TB, id string) error {
	t.Helper()
	who := w.as(t, "dir.deputy")
	v, err := w.Engine.Look(t.Context(), who, id)
	must(t, err)
	_, err = w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: "approve", Version: v.Version})
	return err
}

// Nobody gives more than they hold, to a stranger, or without a document; and only who may give sees the form.
func TestWhoMayDelegate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deputy := enter(t, w.App, "dir.deputy", password)
	for field, value := range map[string]string{"taker": "m-bank.head", "document": "", "ceiling": "much", "from": "soon"} {
		form := power("1")
		form.Set("taker", "m-dir.expert")
		form.Set(field, value)
		got := deputy.send(http.MethodPost, "/admin/delegation", form)
		if got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="`+field+`-error"`) {
			t.Errorf("%s = %q: %d", field, value, got.Code)
		}
	}
	form := power("50000000001")
	form.Set("taker", "m-dir.expert")
	want(t, http.StatusUnprocessableEntity, deputy.send(http.MethodPost, "/admin/delegation", form).Code, "more than is held")
	want(t, http.StatusForbidden, deputy.send(http.MethodPost, "/admin/delegation/end", url.Values{"delegation": {"d2"}}).Code, "ending what another gave")
	auditor := enter(t, w.App, "auditor", password)
	want(t, http.StatusForbidden, auditor.send(http.MethodPost, "/admin/delegation", power("1")).Code, "the auditor gives")
	if page := auditor.send(http.MethodGet, "/admin/delegation", nil); page.Code != http.StatusOK || strings.Contains(page.Body.String(), `name="taker"`) {
		t.Errorf("the auditor's page: %d", page.Code)
	}
	want(t, http.StatusForbidden, enter(t, w.App, "bank.head", password).send(http.MethodGet, "/admin/delegation", nil).Code, "a bank looks")
}

// What was given falls with the giver's own power: when the giver's term ends, when what the giver held is taken, and
// through every link of a chain. The row of the delegation itself still stands all the while, so that nothing but the law
// of the chain refuses the act.
func TestADelegationDoesNotOutliveItsGiver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		take func(t *testing.T, w *world)
		want string // fault of the act, "" when it passes
	}{
		"nothing taken": {func(*testing.T, *world) {}, ""},
		"the giver's term": {func(t *testing.T, w *world) {
			want(t, http.StatusSeeOther, w.endTerm(t, "p-dir.deputy", "m-dir.deputy"), "term")
		}, "casework.no_delegation"},
		"the giver's power": {func(t *testing.T, w *world) { w.revoke(t, "d1") }, "casework.no_delegation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.open(t)
			w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()}, act{who: "dir.expert", action: "accept_documents"},
				act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}})
			form := power("۲۰٬۰۰۰٬۰۰۰٬۰۰۰")
			form.Set("taker", "m-dir.deputy.2")
			w.secondDeputy(t)
			want(t, http.StatusSeeOther, enter(t, w.App, "dir.deputy", password).send(http.MethodPost, "/admin/delegation", form).Code, "giving")
			c.take(t, w)
			page := enter(t, w.App, "auditor", password).send(http.MethodGet, "/admin/delegation", nil).Body.String()
			if over := strings.Contains(page, "Over"); over != (c.want != "") {
				t.Errorf("the page says over: %v", over)
			}
			who := w.as(t, "dir.deputy.2")
			v, err := w.Engine.Look(t.Context(), who, id)
			must(t, err)
			_, err = w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: "approve", Version: v.Version})
			if keyOf(err) != c.want {
				t.Errorf("the act under it: %v, want %q", err, c.want)
			}
		})
	}
}

func (w *world) secondDeputy(t testing.TB) {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Persons:     []party.Person{{ID: "p-dir.deputy.2", Name: "آزمون معاون دوم"}},
		Memberships: []party.Membership{{ID: "m-dir.deputy.2", Person: "p-dir.deputy.2", Role: "dir.deputy", Body: "dir", Document: "حکم", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-dir.deputy.2", Login: "dir.deputy.2", Password: password}},
	}))
}

func (w *world) endTerm(t testing.TB, person, membership string) int {
	t.Helper()
	return w.office(t).send(http.MethodPost, "/admin/users/"+person+"/end", url.Values{"membership": {membership}}).Code
}

func (w *world) revoke(t testing.TB, id string) {
	t.Helper()
	got := enter(t, w.App, "dir.dg", password).send(http.MethodPost, "/admin/delegation/end", url.Values{"delegation": {id}})
	want(t, http.StatusSeeOther, got.Code, "revoking")
}
