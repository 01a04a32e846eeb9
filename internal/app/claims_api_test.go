package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/registry"
)

// claimIDs lists the ids of a list of claims.
func claimIDs(out map[string]any) (ids []string) {
	items, _ := out["items"].([]any)
	for _, x := range items {
		c, _ := x.(map[string]any)
		ids = append(ids, fmt.Sprint(c["id"]))
	}
	return ids
}

// A program claims to speak for a unit, an officer and who leads the unit move the claim, each as on the pages; a repeated
// key acts once, whatever happened since; and who is nothing to a claim learns nothing of it.
func TestClaimsAreMadeAndMovedOverTheAPI(t *testing.T) { onBoth(t, claimsOverTheAPI) }

func claimsOverTheAPI(t testing.TB, w *world) {
	t.Helper()
	w.stranger(t, "new.rep")
	w.stranger(t, "passer.by")
	m := newMachine(t, w)
	status, out := m.send("new.rep", http.MethodPost, "/documents?name=licence.txt", "licence of the new representative")
	want(t, http.StatusCreated, status, "a document: "+out)
	hash := between(out, `"hash":"`, `"`)
	at := "/units/" + w.unit + "/claims"
	ask := map[string]any{"post": registry.PostRep, "evidence": hash}

	got, _ := m.call("new.rep", http.MethodPost, at, "", ask)
	want(t, http.StatusUnprocessableEntity, got, "a claim without a key")
	got, problem := m.call("passer.by", http.MethodPost, at, app.NewID(), ask)
	want(t, http.StatusUnprocessableEntity, got, "a claim on another's document")
	if !strings.Contains(fmt.Sprint(problem), "claim_evidence") {
		t.Errorf("the problem says %v", problem)
	}
	key := app.NewID()
	got, made := m.call("new.rep", http.MethodPost, at, key, ask)
	m.want(http.StatusCreated, got, made, "a claim")
	id := fmt.Sprint(made["id"])
	if made["state"] != registry.ClaimMade || fmt.Sprint(made["actions"]) != "[end]" {
		t.Errorf("made as %v with the steps %v", made["state"], made["actions"])
	}
	got, again := m.call("new.rep", http.MethodPost, at, key, ask)
	if got != http.StatusCreated || again["id"] != id {
		t.Errorf("the same key again: %d %v", got, again)
	}
	got, _ = m.call("new.rep", http.MethodPost, at, key, map[string]any{"post": registry.PostCEO, "evidence": hash})
	want(t, http.StatusUnprocessableEntity, got, "the same key with another body")
	m.seen(w, id, hash)
	m.moved(w, id)
	w.settle(t.Context(), t)
	if got := w.kindsIn(t, "unit:"+w.unit); !strings.HasSuffix(got, "claim.made claim.verified claim.contested claim.refused") {
		t.Errorf("the journal holds %q", got)
	}
	m.newUnit(hash)
}

// seen: officers and who leads the unit find the claim, the document is for officers and its person, others find nothing.
func (m *machine) seen(w *world, id, hash string) {
	t := m.t
	t.Helper()
	for _, c := range []struct {
		login, path string
		status      int
		lists       bool
	}{
		{"dir.expert", "/claims?waiting=true", http.StatusOK, true}, {"unit.ceo", "/claims?waiting=true", http.StatusForbidden, false},
		{"new.rep", "/claims", http.StatusOK, true}, {"passer.by", "/claims", http.StatusOK, false}, {"new.rep", "/claims?mine=1", http.StatusUnprocessableEntity, false},
		{"dir.expert", "/units/" + w.unit + "/claims", http.StatusOK, true}, {"unit.ceo", "/units/" + w.unit + "/claims", http.StatusOK, true},
		{"new.rep", "/units/" + w.unit + "/claims", http.StatusNotFound, false}, {"dir.expert", "/units/none/claims", http.StatusNotFound, false},
		{"passer.by", "/claims/" + id, http.StatusNotFound, false}, {"unit.ceo", "/claims/" + id, http.StatusOK, false},
		{"unit.ceo", "/claims/" + id + "/evidence", http.StatusNotFound, false}, {"auditor", "/claims/" + id + "/evidence", http.StatusOK, false},
		{"new.rep", "/claims/" + id + "/evidence", http.StatusOK, false},
	} {
		status, out := m.call(c.login, http.MethodGet, c.path, "", nil)
		want(t, c.status, status, c.login+" reads "+c.path)
		if got := slices.Contains(claimIDs(out), id); got != c.lists {
			t.Errorf("%s finds the claim at %s: %v, want %v", c.login, c.path, got, c.lists)
		}
		if c.login == "unit.ceo" && strings.Contains(fmt.Sprint(out), hash) {
			t.Errorf("who may contest is told of the document at %s", c.path)
		}
	}
}

// moved carries the claim through its states, each step by who may, and no other.
func (m *machine) moved(w *world, id string) {
	t := m.t
	t.Helper()
	step := func(login, action, key, reason string, status int) map[string]any {
		t.Helper()
		got, out := m.call(login, http.MethodPost, "/claims/"+id+"/actions/"+action, key, map[string]any{"reason": reason})
		want(t, status, got, fmt.Sprintf("%s by %s: %v", action, login, out["detail"]))
		return out
	}
	verify := app.NewID()
	step("new.rep", "verify", app.NewID(), "", http.StatusForbidden)
	step("unit.ceo", "verify", app.NewID(), "", http.StatusForbidden)
	step("passer.by", "contest", app.NewID(), "x", http.StatusNotFound)
	step("dir.expert", "approve", app.NewID(), "", http.StatusNotFound)
	step("dir.expert", "verify", "", "", http.StatusUnprocessableEntity)
	if out := step("dir.expert", "verify", verify, "", http.StatusOK); out["state"] != registry.ClaimVerified {
		t.Errorf("verified: %v", out["state"])
	}
	step("unit.ceo", "contest", app.NewID(), "", http.StatusUnprocessableEntity)
	if out := step("unit.ceo", "contest", app.NewID(), "the power was revoked", http.StatusOK); out["reason"] != "the power was revoked" {
		t.Errorf("contested because of %v", out["reason"])
	}
	if out := step("dir.expert", "verify", verify, "", http.StatusOK); out["state"] != registry.ClaimContested {
		t.Errorf("a late retry of verifying made a contested claim %v", out["state"])
	}
	step("dir.expert", "refuse", app.NewID(), "the power was revoked", http.StatusOK)
	step("dir.expert", "verify", app.NewID(), "", http.StatusConflict)
	step("new.rep", "end", app.NewID(), "x", http.StatusConflict)
}

// newUnit claims a workshop that the register does not have: what it needs is said, field by field.
func (m *machine) newUnit(hash string) {
	t := m.t
	t.Helper()
	ask := map[string]any{"post": registry.PostCEO, "evidence": hash, "identifier": "۹۷۰۵۴۳۰۷۲۱"}
	status, out := m.call("new.rep", http.MethodPost, "/claims", app.NewID(), ask)
	want(t, http.StatusUnprocessableEntity, status, "an unknown unit")
	if !strings.Contains(fmt.Sprint(out["errors"]), "kind") {
		t.Errorf("the problem names no field: %v", out)
	}
	ask["name"], ask["kind"], ask["county"] = "دوزندگی نرگس", "guild", "کرج"
	status, out = m.call("new.rep", http.MethodPost, "/claims", app.NewID(), ask)
	if m.want(http.StatusCreated, status, out, "a new unit"); out["unit_name"] != "دوزندگی نرگس" {
		t.Errorf("claimed %v", out["unit_name"])
	}
}
