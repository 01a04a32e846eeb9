package app_test

import (
	"net/http"
	"strings"
	"testing"

	"rahgosha/internal/app"
)

// A program that knows nothing but the API learns what to send for the questions of a register, and is believed.
func TestAProgramLearnsTheChoicesOfARegister(t *testing.T) {
	onBoth(t, learnsChoices)
}

func learnsChoices(t testing.TB, w *world) {
	m := newMachine(t, w)
	status, out := m.call("unit.ceo", http.MethodPost, "/cases", app.NewID(), map[string]any{"procedure": "referral", "unit": w.unit})
	draft := m.want(http.StatusCreated, status, out, "open a draft")
	id, _ := draft["id"].(string)
	status, out = m.call("unit.ceo", http.MethodGet, "/cases/"+id, "", nil)
	at := choicesNamed(m.want(http.StatusOK, status, out, "the draft"))
	if len(at) != 2 || at["package"] == "" || at["bank_branch"] == "" {
		t.Fatalf("the form names choices of %v, want package and bank_branch", at)
	}
	facts := w.request()
	for fact, address := range at {
		facts[fact] = m.firstOf("unit.ceo", address)
	}
	status, out = m.call("unit.ceo", http.MethodPost, "/cases/"+id+"/actions/submit", app.NewID(), map[string]any{"version": draft["version"], "facts": facts})
	m.want(http.StatusOK, status, out, "submit what was chosen")
	m.guardsChoices(id, at["package"])
}

// choicesNamed are the addresses that questions of the open forms name, by fact.
func choicesNamed(view map[string]any) map[string]string {
	at := map[string]string{}
	for _, a := range under(view, "actions") {
		form, _ := a["form"].(map[string]any)
		for _, p := range under(form, "pages") {
			for _, f := range under(p, "fields") {
				if address, _ := f["choices"].(string); address != "" {
					name, _ := f["fact"].(map[string]any)["name"].(string) //nolint:forcetypeassert // every field has a fact
					at[name] = strings.TrimPrefix(address, "/api/v1")
				}
			}
		}
	}
	return at
}

func under(v map[string]any, key string) (out []map[string]any) {
	list, _ := v[key].([]any)
	for _, x := range list {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// firstOf pages through a list one by one, wants each choice once with a name, and gives the first.
func (m *machine) firstOf(login, address string) any {
	m.t.Helper()
	seen, first, after := map[any]bool{}, any(nil), ""
	for {
		status, out := m.call(login, http.MethodGet, address+"?limit=1&after="+after, "", nil)
		page := m.want(http.StatusOK, status, out, address)
		items := under(page, "items")
		if len(items) != 1 || seen[items[0]["value"]] || items[0]["label"].(map[string]any)["fa"] == "" { //nolint:forcetypeassert // the test fails otherwise
			m.t.Fatalf("%s after %q: %v", address, after, page)
		}
		seen[items[0]["value"]] = true
		if first == nil {
			first = items[0]["value"]
		}
		if after, _ = page["next"].(string); after == "" {
			if page["total"] != float64(len(seen)) {
				m.t.Errorf("%s: total %v, %d were given", address, page["total"], len(seen))
			}
			return first
		}
	}
}

// guardsChoices wants the list given to nobody who has no such question: its unit once the request is sent, another who may
// not see the case, or who is not signed in; nor for a question without a list.
func (m *machine) guardsChoices(id, address string) {
	m.t.Helper()
	for _, c := range []struct {
		login, address, key string
		status              int
	}{
		{"unit.ceo", address, "api.no_choices", http.StatusNotFound},
		{"bank.branch", address, "", http.StatusNotFound},
		{"", address, "", http.StatusUnauthorized},
		{"dir.expert", "/cases/" + id + "/choices/amount_rial", "api.no_choices", http.StatusNotFound},
		{"dir.expert", address + "?limit=0", "api.limit", http.StatusUnprocessableEntity},
		{"dir.expert", address + "?q=x", "api.parameter", http.StatusUnprocessableEntity},
	} {
		status, out := m.call(c.login, http.MethodGet, c.address, "", nil)
		m.want(c.status, status, out, c.login+" "+c.address)
		if c.key != "" && out["key"] != c.key {
			m.t.Errorf("%s %s: %v, want %s", c.login, c.address, out["key"], c.key)
		}
	}
}
