package registry

import (
	"context"
	"crypto/rand"
	"slices"

	"rahgosha/internal/base/fault"
)

// States of a claim. Before it is verified its person may only draft.
const (
	ClaimMade      = "claimed"
	ClaimVerified  = "verified"
	ClaimContested = "contested"
	ClaimRefused   = "refused"
	ClaimEnded     = "ended"
)

// Claim is a person's word that they may speak for a unit in a post (unit.ceo, unit.rep), on the evidence of a document
// (its hash: gazette, licence, power of attorney), until a civil date or "" for open.
type Claim struct {
	Province, ID, Unit, Person, Post, Evidence, State, Reason, DecidedBy, ValidTo string
	Created, DecidedAt                                                            int64
}

// steps are the states a claim may pass to.
var steps = map[string][]string{
	ClaimMade:      {ClaimVerified, ClaimContested, ClaimRefused, ClaimEnded},
	ClaimContested: {ClaimVerified, ClaimRefused, ClaimEnded},
	ClaimVerified:  {ClaimContested, ClaimEnded},
}

// MakeClaim records a claim. A verified claim of somebody else in the same post makes the new one contested from the
// start. Faults: invalid registry.claim_evidence without a document, not_found registry.no_unit, conflict
// registry.claim_repeated when the person's claim stands already.
func (s *Service) MakeClaim(ctx context.Context, c Claim) (Claim, error) {
	if c.Evidence == "" || c.Person == "" || c.Post == "" {
		return Claim{}, fault.New(fault.Invalid, "registry.claim_evidence").At("evidence")
	}
	c.ID, c.State, c.Created, c.DecidedBy, c.DecidedAt = "C"+rand.Text()[:12], ClaimMade, s.now(), "", 0
	err := s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.LoadUnit(ctx, c.Province, c.Unit); err != nil {
			return err
		}
		others, err := tx.ClaimsOf(ctx, c.Province, c.Unit, "")
		if err != nil {
			return err
		}
		if c.State, err = startState(c, others); err != nil {
			return err
		}
		return tx.SaveClaim(ctx, c)
	})
	return c, err
}

func startState(c Claim, others []Claim) (string, error) {
	state := ClaimMade
	for _, o := range others {
		standing := o.State == ClaimMade || o.State == ClaimVerified || o.State == ClaimContested
		if standing && o.Person == c.Person && o.Post == c.Post {
			return "", fault.New(fault.Conflict, "registry.claim_repeated", "claim", o.ID)
		}
		if o.State == ClaimVerified && o.Post == c.Post && c.Post != "unit.rep" {
			state = ClaimContested
		}
	}
	return state, nil
}

// DecideClaim moves a claim to a state with a reason. Nobody decides on their own claim: forbidden registry.claim_own;
// a step that the state does not allow is a conflict registry.claim_state.
func (s *Service) DecideClaim(ctx context.Context, province, id, state, reason, by string) (c Claim, err error) {
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.LoadClaim(ctx, province, id); err != nil {
			return err
		}
		switch {
		case c.Person == by:
			return fault.New(fault.Forbidden, "registry.claim_own")
		case !slices.Contains(steps[c.State], state):
			return fault.New(fault.Conflict, "registry.claim_state", "state", c.State)
		case state != ClaimVerified && reason == "":
			return fault.New(fault.Invalid, "registry.claim_reason").At("reason")
		}
		c.State, c.Reason, c.DecidedBy, c.DecidedAt = state, reason, by, s.now()
		return tx.SaveClaim(ctx, c)
	})
	return c, err
}

// ClaimsOn lists the claims on a unit, the oldest first.
func (s *Service) ClaimsOn(ctx context.Context, province, unit string) ([]Claim, error) {
	return s.claims(ctx, province, unit, "")
}

// ClaimsBy lists a person's claims.
func (s *Service) ClaimsBy(ctx context.Context, province, person string) ([]Claim, error) {
	return s.claims(ctx, province, "", person)
}

func (s *Service) claims(ctx context.Context, province, unit, person string) (out []Claim, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		out, err = tx.ClaimsOf(ctx, province, unit, person)
		return err
	})
	return out, err
}

// MaySpeak reports whether a person's claim on the unit is verified and still holds today; otherwise they may only draft.
func (s *Service) MaySpeak(ctx context.Context, province, unit, person string) (bool, error) {
	claims, err := s.claims(ctx, province, unit, person)
	today := s.today()
	return slices.ContainsFunc(claims, func(c Claim) bool {
		return c.Unit == unit && c.Person == person && c.State == ClaimVerified && (c.ValidTo == "" || c.ValidTo >= today)
	}), err
}
