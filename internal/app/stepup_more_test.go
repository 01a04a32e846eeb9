package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// everyDecisionAsks is the law of stepping up beside the acts that a procedure calls decisions: a whole file taken home, a
// claim to speak for a unit, and what somebody owes.
func everyDecisionAsks(t testing.TB, w *world) {
	t.Helper()
	id := w.resolves(t)
	w.carry(t, id, act{who: "bank.head", action: "fulfil:resolution:1", facts: map[string]any{"proof": w.upload(t, "bank.head", 7)}})
	claim, file := w.claimed(t, "new.rep"), "/cases/"+w.anyCase(t)+"/file.pdf"
	signed := strings.TrimSuffix(file, "file.pdf") + "container.zip"
	council, expert := enter(t, w.App, "bank.council", password), enter(t, w.App, "dir.expert", password)
	codes := map[*browser]func() string{council: council.enrols(w), expert: expert.enrols(w)}
	w.clock.Advance(16 * time.Minute)
	owed := func() string { return w.look(t, "dir.dg", id).Obligations[0].State }
	decided := func() string {
		c, err := w.Registry.ReadClaim(t.Context(), w.expert(), claim.ID)
		must(t, err)
		return c.State
	}
	stepClaim, accept := url.Values{"do": {registry.ClaimVerified}, "reason": {typedNote}}, url.Values{
		"_key": {"key-of-the-form-2"}, "version": {fmt.Sprint(w.look(t, "dir.dg", id).Version)}, "note": {typedNote}, "_do": {"submit"},
	}
	for what, ask := range map[string]func() (code int, body string){
		"a whole file": func() (int, string) {
			got := expert.send(http.MethodGet, file, nil)
			return got.Code, got.Body.String() + typedNote
		},
		"a signed file": func() (int, string) {
			got := expert.send(http.MethodGet, signed, nil)
			return got.Code, got.Body.String() + typedNote
		},
		"a claim": func() (int, string) {
			got := expert.send(http.MethodPost, "/claims/"+claim.ID, stepClaim)
			return got.Code, got.Body.String()
		},
		"what is owed": func() (int, string) {
			got := council.send(http.MethodPost, "/cases/"+id+"/act/accept:resolution:1", accept)
			return got.Code, got.Body.String()
		},
	} {
		code, body := ask()
		if code != http.StatusUnauthorized || !strings.Contains(body, `name="_code"`) || !strings.Contains(body, typedNote) {
			t.Errorf("%s does not ask for the second factor: %d", what, code)
		}
	}
	if got := expert.api(http.MethodPost, "/api/v1/claims/"+claim.ID+"/actions/verify", "key-of-program-2", `{}`); got.Code != http.StatusUnauthorized {
		t.Errorf("a program decides a claim and does not ask for the second factor: %d %s", got.Code, got.Body)
	}
	if got := expert.api(http.MethodGet, "/api/v1"+strings.TrimSuffix(signed, ".zip"), "", ""); got.Code != http.StatusUnauthorized {
		t.Errorf("a program takes a signed file and does not ask for the second factor: %d %s", got.Code, got.Body)
	}
	if owed() != casework.ObligationClaimed || decided() != registry.ClaimMade {
		t.Fatalf("decided without the second factor: %s, %s", owed(), decided())
	}
	stepClaim.Set("_code", codes[expert]())
	accept.Set("_code", codes[council]())
	want(t, http.StatusSeeOther, expert.send(http.MethodPost, "/claims/"+claim.ID, stepClaim).Code, "a claim with the code")
	want(t, http.StatusSeeOther, council.send(http.MethodPost, "/cases/"+id+"/act/accept:resolution:1", accept).Code, "what is owed with the code")
	want(t, http.StatusOK, expert.send(http.MethodGet, file, nil).Code, "a whole file after the code")
	if owed() != casework.ObligationDone || decided() != registry.ClaimVerified {
		t.Errorf("with the code: %s, %s", owed(), decided())
	}
}

// anyCase gives a case that the expert may see.
func (w *world) anyCase(t testing.TB) string {
	t.Helper()
	page, err := w.Engine.List(t.Context(), w.as(t, "dir.expert"), casework.Query{Limit: 1})
	must(t, err)
	if len(page.Rows) == 0 {
		t.Fatal("no case to look at")
	}
	return page.Rows[0].ID
}

func TestEveryDecisionAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	everyDecisionAsks(t, newWorld(t))
}

func TestTheLawOfEveryDecisionFindsAFactorThatNeverAges(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, app.Config{StepUp: 1000 * time.Hour})
	control.Finds(t, "does not ask for the second factor", func(tb testing.TB) { everyDecisionAsks(tb, w) })
}

// Whom the catalogue of roles wants to have a second factor lands, signing in without one, where it is set up, and decides
// nothing before.
func TestWhoDecidesSetsUpASecondFactorFirst(t *testing.T) {
	t.Parallel()
	law := func(must []string) func(testing.TB) {
		return func(t testing.TB) {
			w := newWorldWith(t, app.Config{MustSecond: must})
			h, _, err := w.Handler()
			if err != nil {
				t.Fatal(err)
			}
			deputy := &browser{t: t, h: h}
			in := deputy.send(http.MethodPost, "/sign-in", url.Values{"login": {"dir.deputy"}, "password": {password}})
			if got := in.Header().Get("Location"); in.Code != http.StatusSeeOther || got != "/account" {
				t.Errorf("who decides lands at %q (%d), without a second factor", got, in.Code)
			}
			want(t, http.StatusUnauthorized, deputy.send(http.MethodGet, "/cases.xlsx", nil).Code, "a list taken away without one")
			deputy.enrols(w)
			want(t, http.StatusOK, deputy.send(http.MethodGet, "/cases.xlsx", nil).Code, "with one")
			if got := (&browser{t: t, h: h}).send(http.MethodPost, "/sign-in", url.Values{"login": {"bank.branch"}, "password": {password}}).Header().Get("Location"); got != "/desk" {
				t.Errorf("who need not lands at %q", got)
			}
		}
	}
	law(access.MustSecond())(t)
	control.Finds(t, `who decides lands at "/desk"`, law(nil))
	want(t, len(access.Roles())-1, len(access.Everybody()), "roles of --must-second all")
	h, _, err := newWorldWith(t, app.Config{MustSecond: access.Everybody()}).Handler()
	must(t, err)
	for _, login := range []string{"unit.ceo", "bank.branch", "dir.expert"} {
		if got := (&browser{t: t, h: h}).send(http.MethodPost, "/sign-in", url.Values{"login": {login}, "password": {password}}).Header().Get("Location"); got != "/account" {
			t.Errorf("where all must have one %s lands at %q", login, got)
		}
	}
	for _, role := range []string{"dir.dg", "dir.deputy", "dir.head", "admin"} {
		if !slices.Contains(access.MustSecond(), role) {
			t.Errorf("the catalogue wants no second factor of %s", role)
		}
	}
}
