package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

func (w *world) visitor(t testing.TB) *browser {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	return &browser{t: t, h: h}
}

const ownPassword = "four quiet green kettles"

func newcomer(code string) url.Values {
	return url.Values{"name": {"زهرا دوزنده"}, "national_code": {code}, "mobile": {"۰۹۱۲۱۲۳۴۵۶۸"}, "password": {ownPassword}, "again": {ownPassword}}
}

var claimLink = regexp.MustCompile(`/claims/(C[0-9A-Z]+)`)

// Acceptance scenario 1: a sewing workshop with a guild permit and no legal person's id registers with its owner's
// national code and asks for a service; no field blocks it. The expert verifies the permit, and the request goes in.
func TestAWorkshopWithOnlyANationalCodeRegistersAndApplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.visitor(t)
	if got := owner.send(http.MethodPost, "/register", newcomer("۹۷۰۵۴۳۰۷۲۱")); got.Code != http.StatusOK {
		t.Fatalf("registering: %d %s", got.Code, got.Body)
	}
	in := owner.send(http.MethodPost, "/sign-in", url.Values{"login": {"9705430721"}, "password": {ownPassword}})
	if in.Code != http.StatusSeeOther || in.Header().Get("Location") != "/claims" {
		t.Fatalf("signing in: %d to %q", in.Code, in.Header().Get("Location"))
	}
	w.claimsWorkshop(t, owner)
	id := w.applies(t, owner)
	if got := owner.send(http.MethodGet, "/apply", nil).Body.String(); !strings.Contains(got, "not verified") {
		t.Error("the page of offers does not say why only drafts are possible")
	}
	who := w.signed(t, "9705430721", ownPassword)
	if key := keyOf(submit(t, w.Engine, who, id, w.request())); key != "casework.claim_needed" {
		t.Errorf("handing in before the expert: %q", key)
	}
	claim := claimLink.FindStringSubmatch(owner.send(http.MethodGet, "/claims", nil).Body.String())[1]
	w.verifies(t, claim)
	must(t, submit(t, w.Engine, who, id, w.request()))
	c, err := w.Registry.ReadClaim(t.Context(), w.expert(), claim)
	must(t, err)
	w.settle(t.Context(), t)
	if got, want := w.kindsIn(t, "unit:"+c.Unit), "unit.entered claim.made claim.verified"; got != want {
		t.Errorf("the journal holds %q, want %q", got, want)
	}
}

// claimsWorkshop claims by national code: the register does not know it, so the page asks for name and kind, keeping the
// file that was chosen.
func (w *world) claimsWorkshop(t testing.TB, owner *browser) {
	t.Helper()
	form := url.Values{"identifier": {"۹۷۰۵۴۳۰۷۲۱"}, "post": {registry.PostCEO}}
	asked := owner.uploadWith(form, "/claims", "evidence._file", "permit.txt", []byte("guild permit 77"))
	held := regexp.MustCompile(`name="EVIDENCE" value="([0-9a-f]{64})"`).FindStringSubmatch(strings.ReplaceAll(asked.Body.String(), `name="evidence"`, `name="EVIDENCE"`))
	if asked.Code != http.StatusUnprocessableEntity || !strings.Contains(asked.Body.String(), `id="kind-error"`) || held == nil {
		t.Fatalf("an unknown unit: %d %s", asked.Code, asked.Body)
	}
	form.Set("evidence", held[1])
	form.Set("name", "دوزندگی نرگس")
	form.Set("kind", "guild")
	form.Set("county", "کرج")
	if got := owner.uploadWith(form, "/claims", "evidence._file", "", nil); got.Code != http.StatusSeeOther {
		t.Fatalf("claiming: %d %s", got.Code, got.Body)
	}
}

// applies opens a draft from the page of offers.
func (w *world) applies(t testing.TB, owner *browser) string {
	t.Helper()
	page := owner.send(http.MethodGet, "/apply", nil)
	unit := regexp.MustCompile(`name="unit" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
	if unit == nil {
		t.Fatalf("nothing is offered: %d %s", page.Code, page.Body)
	}
	got := owner.send(http.MethodPost, "/apply/referral", url.Values{"_key": {app.NewID()}, "unit": {unit[1]}})
	m := regexp.MustCompile(`^/cases/([^/]+)/`).FindStringSubmatch(got.Header().Get("Location"))
	if m == nil {
		t.Fatalf("opening a draft: %d %s", got.Code, got.Body)
	}
	return m[1]
}

func (w *world) signed(t testing.TB, login, password string) casework.Caller {
	t.Helper()
	_, p, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
	must(t, err)
	return casework.CallerOf(p)
}

// verifies goes the expert's way through the pages: queue, document, decision.
func (w *world) verifies(t testing.TB, claim string) {
	t.Helper()
	expert := enter(t, w.App, "dir.expert", password)
	if got := expert.send(http.MethodGet, "/claims/waiting", nil); !strings.Contains(got.Body.String(), claim) {
		t.Fatalf("the claim is not in the queue: %d %s", got.Code, got.Body)
	}
	if got := expert.send(http.MethodGet, "/claims/"+claim+"/evidence", nil); got.Body.String() != "guild permit 77" {
		t.Errorf("the evidence: %d %q", got.Code, got.Body)
	}
	if got := expert.send(http.MethodPost, "/claims/"+claim, url.Values{"do": {registry.ClaimRefused}}); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `id="reason-error"`) {
		t.Errorf("refusing without a reason: %d", got.Code)
	}
	if got := expert.send(http.MethodPost, "/claims/"+claim, url.Values{"do": {registry.ClaimVerified}}); got.Code != http.StatusSeeOther {
		t.Fatalf("verifying: %d %s", got.Code, got.Body)
	}
}

// A known national code and a new one get the same bytes, so that nobody learns whose code has an account.
func TestRegisteringTellsNobodyWhoIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.visitor(t)
	first := b.send(http.MethodPost, "/register", newcomer("9705430721"))
	again := b.send(http.MethodPost, "/register", newcomer("9705430721"))
	if first.Code != http.StatusOK || again.Code != first.Code || again.Body.String() != first.Body.String() {
		t.Errorf("the answers differ: %d and %d", first.Code, again.Code)
	}
	wrong := b.send(http.MethodPost, "/register", newcomer("9705430722"))
	if wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body.String(), `id="national_code-error"`) {
		t.Errorf("a wrong check digit: %d", wrong.Code)
	}
}

// Who leads a unit contests another's claim with a reason; the other's person reads it and stops acting; an expert
// refuses, and the post is over. A stranger sees none of it.
func TestAClaimIsContestedByWhoLeadsTheUnit(t *testing.T) {
	t.Parallel()
	claimsContested(t, newWorld(t))
}

func claimsContested(t testing.TB, w *world) {
	t.Helper()
	c := w.claimed(t, "new.rep")
	w.decides(t, c.ID, registry.ClaimVerified, "")
	w.stranger(t, "passer.by")
	path := "/claims/" + c.ID
	if got := enter(t, w.App, "passer.by", password).send(http.MethodGet, path, nil); got.Code != http.StatusNotFound {
		t.Errorf("a stranger sees a claim: %d", got.Code)
	}
	ceo, rep := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "new.rep", password)
	if got := ceo.send(http.MethodGet, "/claims", nil); !strings.Contains(got.Body.String(), c.ID) {
		t.Errorf("who leads the unit is not told of the claim")
	}
	if got := ceo.send(http.MethodGet, path+"/evidence", nil); got.Code != http.StatusNotFound {
		t.Errorf("who contests reads the other's document: %d", got.Code)
	}
	const why = "the power of attorney was revoked"
	if got := ceo.send(http.MethodPost, path, url.Values{"do": {registry.ClaimContested}, "reason": {why}}); got.Code != http.StatusSeeOther {
		t.Fatalf("contesting: %d %s", got.Code, got.Body)
	}
	if got := rep.send(http.MethodGet, path, nil); !strings.Contains(got.Body.String(), why) {
		t.Errorf("the reason is not told: %d", got.Code)
	}
	if got := rep.send(http.MethodGet, "/unit", nil); got.Code == http.StatusOK {
		t.Error("a contested claim still opens the company file")
	}
	w.decides(t, c.ID, registry.ClaimRefused, why)
	if got := rep.send(http.MethodGet, "/apply", nil); got.Code == http.StatusOK && strings.Contains(got.Body.String(), "/apply/referral") {
		t.Error("a refused claim still drafts")
	}
	w.settle(t.Context(), t)
	if got := w.kindsIn(t, "unit:"+w.unit); !strings.HasSuffix(got, "claim.made claim.verified claim.contested claim.refused") {
		t.Errorf("the journal holds %q", got)
	}
}
