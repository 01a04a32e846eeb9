package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/registry"
)

// stranger adds a person with an account who holds nothing, and who put a document of theirs.
func (w *world) stranger(t testing.TB, login string) {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Persons:  []party.Person{{ID: "p-" + login, Name: "رهگذر آزمون"}},
		Accounts: []party.Account{{Person: "p-" + login, Login: login, Password: password}},
	}))
}

// claimed is a stranger's claim to lead the world's unit.
func (w *world) claimed(t testing.TB, login string) registry.Claim {
	t.Helper()
	w.stranger(t, login)
	ref, err := w.Document.Put(t.Context(), w.Province, "p-"+login, "licence.txt", strings.NewReader("licence of "+login))
	must(t, err)
	c, err := w.Registry.MakeClaim(t.Context(), registry.Claim{
		Province: w.Province, Unit: w.unit, Person: "p-" + login, Post: registry.PostRep, Evidence: ref.Hash,
	})
	must(t, err)
	return c
}

func (w *world) opens(t testing.TB, e *casework.Engine, who casework.Caller) string {
	t.Helper()
	ans, err := e.Act(t.Context(), who, casework.Command{Key: app.NewID(), Procedure: "referral", Unit: w.unit})
	must(t, err)
	return ans.Case
}

func submit(t testing.TB, e *casework.Engine, who casework.Caller, id string, facts map[string]any) error {
	t.Helper()
	v, err := e.Look(t.Context(), who, id)
	must(t, err)
	_, err = e.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: "submit", Version: v.Version, Facts: facts})
	return err
}

// Until a claim is verified its person may draft and nothing else: no submit, no note, no sight of the unit's other cases
// or of what the registers know of it. Verified, the same draft is handed in; contested again, acting stops at once.
func TestOnlyDraftsBeforeAClaimIsVerified(t *testing.T) { onBoth(t, onlyDrafts) }

func onlyDrafts(t testing.TB, w *world) {
	t.Helper()
	others := w.opens(t, w.Engine, w.as(t, "unit.ceo"))
	c := w.claimed(t, "new.rep")
	who := w.as(t, "new.rep")
	id := w.opens(t, w.Engine, who)
	v, err := w.Engine.Look(t.Context(), who, id)
	must(t, err)
	_, err = w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: casework.DraftAction, Version: v.Version, Facts: map[string]any{"purpose": "WC"}})
	must(t, err)
	if key := keyOf(submit(t, w.Engine, who, id, w.request())); key != "casework.claim_needed" {
		t.Errorf("submitting before the claim is verified: %q", key)
	}
	_, err = w.Engine.Act(t.Context(), who, casework.Command{Key: app.NewID(), Case: id, Action: casework.NoteAction, Note: "یادداشت"})
	if key := keyOf(err); key != "casework.claim_needed" {
		t.Errorf("a note before the claim is verified: %q", key)
	}
	if _, err = w.Engine.Look(t.Context(), who, others); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's case is seen before the claim is verified: %v", err)
	}
	page, err := w.Engine.List(t.Context(), who, casework.Query{Total: true})
	must(t, err)
	if page.Total != 1 || page.Rows[0].ID != id {
		t.Errorf("the list before the claim is verified holds %d cases", page.Total)
	}
	w.tellsWhyAndHow(t, who, id)
	w.decides(t, c.ID, registry.ClaimVerified, "")
	must(t, submit(t, w.Engine, who, id, w.request()))
	w.decides(t, c.ID, registry.ClaimContested, "مدیرعامل اعتراض کرد")
	if _, err = w.Engine.Look(t.Context(), who, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a contested claim still sees what was handed in: %v", err)
	}
}

func (w *world) decides(t testing.TB, id, state, reason string) {
	t.Helper()
	_, err := w.Registry.DecideClaim(t.Context(), w.expert(), registry.ClaimStep{ID: id, State: state, Reason: reason})
	must(t, err)
}

// tellsWhyAndHow wants the act offered with what it waits for, and nothing that a register says.
func (w *world) tellsWhyAndHow(t testing.TB, who casework.Caller, id string) {
	t.Helper()
	v, err := w.Engine.Look(t.Context(), who, id)
	must(t, err)
	for _, f := range v.Facts {
		if strings.HasPrefix(f.Name, "unit.") {
			t.Errorf("a register's %s is shown before the claim is verified", f.Name)
		}
	}
	for _, a := range v.Actions {
		if a.ID == "submit" && slices.ContainsFunc(a.Blocked, func(b locale.Text) bool { return strings.Contains(b.EN, "claim") }) {
			return
		}
	}
	t.Errorf("submitting is not offered with what it waits for: %+v", v.Actions)
}

// The API says it as a problem with a status, a key and how to mend it.
func TestTheAPIRefusesWhoMayNotSpeakYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.claimed(t, "new.rep")
	m := newMachine(t, w)
	status, out := m.call("new.rep", http.MethodPost, "/cases", app.NewID(), map[string]any{"procedure": "referral", "unit": w.unit})
	if status != http.StatusCreated {
		t.Fatalf("a draft: %d %v", status, out)
	}
	id, _ := out["id"].(string)
	status, out = m.call("new.rep", http.MethodPost, "/cases/"+id+"/actions/submit", app.NewID(), map[string]any{"version": out["version"], "facts": w.request()})
	if status != http.StatusForbidden || !strings.Contains(fmt.Sprint(out), "claim_needed") {
		t.Errorf("submitting: %d %v", status, out)
	}
}
