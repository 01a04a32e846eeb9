package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// A power of attorney lets its holder speak as the representative and as nothing more: who also claims to lead the unit, on
// any paper, may draft in that post until an officer has seen the paper, whatever else of theirs is verified.
func TestARepresentativeIsNotTheOneWhoLeads(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { repIsNoLeader(t, w, false) })
}

func TestARepresentativeWhoLeadsIsFound(t *testing.T) {
	t.Parallel()
	control.Finds(t, "as who leads", func(t testing.TB) { repIsNoLeader(t, newWorld(t), true) })
}

// inPost is a signed-in person in the post that a claim gives.
func (w *world) inPost(t testing.TB, login, membership string) access.Principal {
	t.Helper()
	token, _, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
	must(t, err)
	_, p, err := w.Party.Switch(t.Context(), token, membership)
	must(t, err)
	return p
}

func repIsNoLeader(t testing.TB, w *world, believed bool) {
	t.Helper()
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	w.stranger(t, "both")
	rep := verified(t, w, "p-both", w.unit, registry.PostRep)
	ref, err := w.Document.Put(t.Context(), w.Province, "p-both", "any.txt", strings.NewReader("any paper"))
	must(t, err)
	lead, err := w.Registry.MakeClaim(t.Context(), registry.Claim{Province: w.Province, Unit: w.unit, Person: "p-both", Post: registry.PostCEO, Evidence: ref.Hash})
	must(t, err)
	if believed {
		must(t, w.contestsNone(t))
		w.decides(t, lead.ID, registry.ClaimVerified, "")
	} else if lead.State != registry.ClaimContested {
		t.Errorf("a second claim to lead is %s", lead.State)
	}

	asLead, asRep := w.inPost(t, "both", lead.ID), w.inPost(t, "both", rep.ID)
	if asLead.Role != registry.PostCEO {
		t.Fatalf("the post that the claim gives is %q", asLead.Role)
	}
	leader := casework.CallerOf(asLead)
	if _, err := w.Engine.Look(t.Context(), leader, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("as who leads: the unit's case is seen: %v", err)
	}
	page, err := w.Engine.List(t.Context(), leader, casework.Query{Total: true})
	must(t, err)
	if page.Total != 0 {
		t.Errorf("as who leads: %d cases of the unit in the list", page.Total)
	}
	v, err := w.Engine.Look(t.Context(), w.as(t, "unit.ceo"), id)
	must(t, err)
	if !slices.ContainsFunc(v.Actions, func(a casework.ActionView) bool { return a.ID == "withdraw" }) {
		t.Fatal("who leads may not withdraw here: the test proves nothing")
	}
	_, err = w.Engine.Act(t.Context(), leader, casework.Command{Key: app.NewID(), Case: id, Action: "withdraw", Version: v.Version, Note: "x"})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("as who leads: withdrawing the unit's case: %v", err)
	}

	if may, err := w.Registry.MaySpeak(t.Context(), w.Province, w.unit, "p-both", registry.PostRep); err != nil || !may {
		t.Errorf("as the representative: may not speak: %v", err)
	}
	if _, err := w.Engine.Look(t.Context(), casework.CallerOf(asRep), id); err != nil {
		t.Errorf("as the representative: the unit's case: %v", err)
	}
	b := enter(t, w.App, "both", password)
	for membership, status := range map[string]int{lead.ID: http.StatusNotFound, rep.ID: http.StatusOK} {
		b.send(http.MethodPost, "/switch", map[string][]string{"membership": {membership}})
		if got := b.send(http.MethodGet, "/units/"+w.unit, nil).Code; got != status {
			t.Errorf("as %s: the company file: %d, want %d", map[bool]string{true: "who leads", false: "the representative"}[membership == lead.ID], got, status)
		}
	}
}

// contestsNone ends the standing claim to lead the unit, so that another can be verified.
func (w *world) contestsNone(t testing.TB) error {
	t.Helper()
	all, err := w.Registry.ClaimsOn(t.Context(), w.Province, w.unit)
	for _, c := range all {
		if err == nil && c.Post == registry.PostCEO && c.Person == "p-unit.ceo" {
			_, err = w.Registry.DecideClaim(t.Context(), w.expert(), registry.ClaimStep{ID: c.ID, State: registry.ClaimContested, Reason: "x"})
		}
	}
	return err
}
