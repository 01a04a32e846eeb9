package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
)

func aClaim(person, state string) registry.Claim {
	return registry.Claim{Province: "alborz", ID: "C1", Unit: "u1", Person: person, Post: registry.PostCEO, Evidence: "aa", State: state, Reason: "امضا ندارد",
		DecidedBy: "p2", Created: us(-2), DecidedAt: us(-1)}
}

func (b *bench) ClaimsBy(_ context.Context, _, person string) ([]registry.Claim, error) {
	return []registry.Claim{aClaim(person, registry.ClaimVerified)}, nil
}

func (b *bench) ClaimsOn(context.Context, string, string) ([]registry.Claim, error) {
	return []registry.Claim{aClaim("p2", registry.ClaimContested)}, nil
}

func (b *bench) WaitingClaims(context.Context, access.Principal) ([]registry.Claim, error) {
	return []registry.Claim{aClaim("p2", registry.ClaimMade)}, nil
}

func (b *bench) ReadClaim(context.Context, access.Principal, string) (registry.Claim, error) {
	return aClaim("p2", registry.ClaimMade), nil
}

func (b *bench) MaySpeak(context.Context, string, string, string, string) (bool, error) {
	return true, nil
}

func (b *bench) ClaimUnit(_ context.Context, c registry.Claim, _ registry.Named) (registry.Claim, error) {
	return c, b.fault
}

func (b *bench) ClaimSteps(_ context.Context, by access.Principal, c registry.Claim) ([]string, error) {
	switch by.Role {
	case "dir.expert":
		return c.Next(), nil
	case registry.PostCEO:
		return []string{registry.ClaimContested}, nil
	}
	return nil, nil
}

func (b *bench) StepClaim(_ context.Context, _ access.Principal, d registry.ClaimStep) (registry.Claim, error) {
	b.step = d.State
	return registry.Claim{}, b.fault
}

// A step that is open to the visitor is taken, and no other: an officer decides, who leads the unit contests, who only
// reads does neither.
func TestAClaimMovesAsWhoTheVisitorIsToIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ role, do, want string }{
		{"dir.expert", registry.ClaimVerified, registry.ClaimVerified}, {"unit.ceo", registry.ClaimContested, registry.ClaimContested},
		{"unit.ceo", registry.ClaimVerified, ""}, {"auditor", registry.ClaimVerified, ""}, {"dir.expert", "", ""},
	} {
		b := newBench(t)
		_, h := newServer(t, b.config)
		w := post(h, "/claims/C1", url.Values{"do": {c.do}, "reason": {"دلیل"}}.Encode(), "Role", c.role)
		if b.step != c.want || (w.Code == http.StatusSeeOther) != (c.want != "") {
			t.Errorf("%s asks %q: %d, did %q", c.role, c.do, w.Code, b.step)
		}
	}
}

// Who tries identifiers is slowed down.
func TestClaimsAreThrottled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, h := newServer(t, b.config)
	last := 0
	for range 11 {
		last = post(h, "/claims", url.Values{"identifier": {"1"}}.Encode(), "Role", "public").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the eleventh claim at once: %d", last)
	}
	if body := get(h, "/register", "Cookie", "lang=en").Body.String(); !strings.Contains(body, `autocomplete="new-password"`) {
		t.Error("the page of registration asks for no new password")
	}
}
