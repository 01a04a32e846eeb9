package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/casework"
)

// short is call for a program that prefers the short answer; it gives the headers too.
func (m *machine) short(login, path, key string, body any) (int, http.Header, map[string]any) {
	m.t.Helper()
	raw, err := json.Marshal(body)
	must(m.t, err)
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+path, bytes.NewReader(raw))
	must(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+m.token(login))
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Prefer", "respond-async, Return=minimal; x=1")
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer func() { must(m.t, res.Body.Close()) }()
	out := map[string]any{}
	must(m.t, json.NewDecoder(res.Body).Decode(&out))
	return res.StatusCode, res.Header, out
}

func TestAProgramOpensAndSubmitsInOneRequestAndIsAnsweredInShort(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := newMachine(t, w)
		key := app.NewID()
		asked := map[string]any{"procedure": "referral", "unit": w.unit, "facts": w.request(), "action": "submit"}
		status, head, out := m.short("unit.ceo", "/cases", key, asked)
		m.want(http.StatusCreated, status, out, "open and submit")
		id, _ := out["id"].(string)
		if len(out) != 4 || out["entry"] == "" || out["seq"] != 2.0 || head.Get("Preference-Applied") != "return=minimal" || head.Get("Location") != "/api/v1/cases/"+id {
			t.Errorf("the short answer is %v with %v", out, head)
		}
		status, head, again := m.short("unit.ceo", "/cases", key, asked)
		m.want(http.StatusCreated, status, again, "the same again")
		if again["id"] != id || again["entry"] != out["entry"] || again["version"] != out["version"] || head.Get("Idempotency-Replayed") != "true" {
			t.Errorf("a repeated key gave %v, want %v", again, out)
		}
		status, whole := m.call("unit.ceo", http.MethodPost, "/cases", key, asked)
		if m.want(http.StatusCreated, status, whole, "the same, answered whole"); whole["id"] != id || whole["number"] == "" || whole["version"] != out["version"] {
			t.Errorf("answered whole it is %v %v", whole["id"], whole["version"])
		}
		status, _, moved := m.short("dir.expert", "/cases/"+id+"/actions/accept_documents", app.NewID(), map[string]any{"version": out["version"]})
		m.want(http.StatusOK, status, moved, "act on the version of the short answer")
		w.journalHolds(t)
	})
}

// journalHolds says that every case is the fold of its entries.
func (w *world) journalHolds(t testing.TB) {
	t.Helper()
	_, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { t.Errorf("replay: %+v", d) })
	must(t, err)
}

func TestWhatCannotBeSubmittedOpensNothingAndWhatIsRefusedLeavesADraft(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		m := newMachine(t, w)
		asked := func(fact string, v any) map[string]any {
			facts := w.request()
			facts[fact] = v
			return map[string]any{"procedure": "referral", "unit": w.unit, "facts": facts, "action": "submit"}
		}
		count := func() any {
			_, out := m.call("dir.dg", http.MethodGet, "/cases?unit="+w.unit, "", nil)
			return out["total"]
		}
		status, head, out := m.short("unit.ceo", "/cases", app.NewID(), asked("purpose", nil))
		m.want(http.StatusUnprocessableEntity, status, out, "a form that lacks an answer")
		if errs, _ := out["errors"].([]any); len(errs) == 0 || head.Get("Location") != "" || count() != 0.0 {
			t.Errorf("it says %v at %q and leaves %v cases", out, head.Get("Location"), count())
		}
		status, _, out = m.short("unit.ceo", "/cases", app.NewID(), map[string]any{"procedure": "referral", "unit": w.unit, "action": "no_such"})
		m.want(http.StatusNotFound, status, out, "an act the procedure does not have")
		key := app.NewID()
		status, head, out = m.short("unit.ceo", "/cases", key, asked("consent_share_with_bank", "false"))
		m.want(http.StatusUnprocessableEntity, status, out, "a guard that is not met")
		draft := head.Get("Location")
		status, head, out = m.short("unit.ceo", "/cases", key, asked("consent_share_with_bank", "false"))
		if m.want(http.StatusUnprocessableEntity, status, out, "refused again"); draft == "" || head.Get("Location") != draft || count() != 1.0 {
			t.Errorf("the draft is %q, then %q, and there are %v", draft, head.Get("Location"), count())
		}
		status, out = m.call("unit.ceo", http.MethodGet, draft[len("/api/v1"):], "", nil)
		m.want(http.StatusOK, status, out, "look at the draft")
		if out["stage"].(map[string]any)["id"] != "draft" || out["version"] != 1.0 { //nolint:forcetypeassert // the test fails otherwise
			t.Errorf("the draft stands at %v, version %v", out["stage"], out["version"])
		}
		w.journalHolds(t)
	})
}
