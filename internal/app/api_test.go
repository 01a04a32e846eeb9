package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/journal"
)

// machine is the API as a program meets it.
type machine struct {
	t      testing.TB
	url    string
	tokens map[string]string
	words  string // what a list is searched for, by a header
}

func newMachine(t testing.TB, w *world) *machine {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	if w.front != nil {
		h = w.front(h)
	}
	srv := listens(t, h)
	return &machine{t: t, url: srv.URL + "/api/v1", tokens: map[string]string{}}
}

func (m *machine) call(login, method, path, key string, body any) (int, map[string]any) {
	m.t.Helper()
	raw := &bytes.Buffer{}
	if body != nil {
		must(m.t, json.NewEncoder(raw).Encode(body))
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, raw)
	must(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	if login != "" {
		req.Header.Set("Authorization", "Bearer "+m.token(login))
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if m.words != "" {
		req.Header.Set("Search-Words", m.words)
	}
	res, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer func() { must(m.t, res.Body.Close()) }()
	all, err := io.ReadAll(res.Body)
	must(m.t, err)
	out := map[string]any{}
	if len(all) > 0 && json.Unmarshal(all, &out) != nil {
		out["text"] = string(all)
	}
	return res.StatusCode, out
}

func (m *machine) token(login string) string {
	m.t.Helper()
	if m.tokens[login] == "" {
		status, out := m.call("", http.MethodPost, "/sessions", "", map[string]string{"login": login, "password": password})
		if status != http.StatusCreated {
			m.t.Fatalf("sign in as %s: %d %v", login, status, out)
		}
		m.tokens[login], _ = out["token"].(string)
	}
	return m.tokens[login]
}

func (m *machine) want(status int, got int, out map[string]any, what string) map[string]any {
	m.t.Helper()
	if got != status {
		m.t.Fatalf("%s: %d %v, want %d", what, got, out, status)
	}
	return out
}

func TestTheAPICarriesARequestAndKeepsItsPromises(t *testing.T) {
	onBoth(t, theAPI)
}

func theAPI(t testing.TB, w *world) {
	m := newMachine(t, w)
	status, out := m.call("", http.MethodGet, "/cases", "", nil)
	m.want(http.StatusUnauthorized, status, out, "cases without a session")
	status, out = m.call("unit.ceo", http.MethodPost, "/cases", app.NewID(), map[string]any{"procedure": "referral", "unit": w.unit, "facts": map[string]any{"purpose": "WC"}})
	draft := m.want(http.StatusCreated, status, out, "open a case")
	id, _ := draft["id"].(string)
	act := func(login, action, key string, version any, facts map[string]any) (int, map[string]any) {
		return m.call(login, http.MethodPost, "/cases/"+id+"/actions/"+action, key, map[string]any{"version": version, "facts": facts})
	}
	bad := w.request()
	bad["amount_rial"] = "many"
	status, out = act("unit.ceo", "submit", app.NewID(), draft["version"], bad)
	m.want(http.StatusUnprocessableEntity, status, out, "a malformed amount")
	if errs, _ := out["errors"].([]any); len(errs) == 0 {
		t.Errorf("the problem names no field: %v", out)
	}
	for _, body := range []map[string]any{{"facts": w.request()}, {"version": nil}, {"version": -1}} {
		status, out = m.call("unit.ceo", http.MethodPost, "/cases/"+id+"/actions/submit", app.NewID(), body)
		m.want(http.StatusUnprocessableEntity, status, out, "an act without version")
		if out["key"] != "api.version" || out["field"] != "version" {
			t.Errorf("an act without version is told %v", out)
		}
	}
	key := app.NewID()
	status, out = act("unit.ceo", "submit", key, draft["version"], w.request())
	first := m.want(http.StatusOK, status, out, "submit")
	status, out = act("unit.ceo", "submit", key, draft["version"], w.request())
	if again := m.want(http.StatusOK, status, out, "submit again"); again["entry"] != first["entry"] {
		t.Errorf("a repeated key gave entry %v, want %v", again["entry"], first["entry"])
	}
	status, out = act("dir.expert", "accept_documents", app.NewID(), 1, nil)
	m.want(http.StatusConflict, status, out, "a stale version")
	if errs, _ := out["errors"].([]any); len(errs) == 0 {
		t.Errorf("the conflict does not say what changed: %v", out)
	}
	status, out = m.call("bank.branch", http.MethodGet, "/cases/"+id, "", nil)
	m.want(http.StatusNotFound, status, out, "a case that is not at the bank yet")
	status, out = m.call("dir.expert", http.MethodGet, "/cases?q=سپيدتار&open=true&limit=10", "", nil)
	if list := m.want(http.StatusOK, status, out, "search with an Arabic yeh"); list["total"] != float64(1) {
		t.Errorf("total %v, want 1", list["total"])
	}
	status, out = m.call("dir.expert", http.MethodGet, "/units?q=سپیدتار", "", nil)
	m.want(http.StatusOK, status, out, "search units")
	w.settle(t.Context(), t)
	m.proves(w, first["entry"])
}

// proves checks an entry's inclusion proof as an outsider would.
func (m *machine) proves(w *world, entry any) {
	t := m.t
	t.Helper()
	id, _ := entry.(string)
	status, out := m.call("unit.ceo", http.MethodGet, "/journal/proof/"+id, "", nil)
	m.want(http.StatusOK, status, out, "proof")
	vkey, err := w.VKey()
	must(t, err)
	keys, err := journal.VerifierOf(vkey)
	must(t, err)
	note, _ := out["checkpoint"].(string)
	cp, err := journal.OpenCheckpoint([]byte(note), keys)
	must(t, err)
	leaf, err := base64.StdEncoding.DecodeString(out["leaf"].(string)) //nolint:forcetypeassert // the test fails otherwise
	must(t, err)
	var path tlog.RecordProof
	for _, h := range out["hashes"].([]any) { //nolint:forcetypeassert // the test fails otherwise
		x, err := tlog.ParseHash(h.(string)) //nolint:forcetypeassert // the test fails otherwise
		must(t, err)
		path = append(path, x)
	}
	index, _ := out["index"].(float64)
	must(t, journal.CheckProof(path, cp, int64(index), journal.RecordHash(leaf)))
	leaf[len(leaf)-1] ^= 1
	if journal.CheckProof(path, cp, int64(index), journal.RecordHash(leaf)) == nil {
		t.Error("a flipped bit is proved too")
	}
}
