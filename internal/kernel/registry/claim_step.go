package registry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/journal"
)

// ClaimStep asks to move a claim to a state, with the reason: every state but verified needs one.
type ClaimStep struct{ ID, State, Reason string }

// DecideClaim is an officer's step. Verifying a claim to lead a unit ends the verified claim of who led it before. Nobody
// decides on their own claim: forbidden registry.claim_own; a step that the state does not allow is a conflict
// registry.claim_state.
func (s *Service) DecideClaim(ctx context.Context, by access.Principal, d ClaimStep) (Claim, error) {
	if err := access.Authorize(by, claimsResource, "decide"); err != nil {
		return Claim{}, err
	}
	return s.step(ctx, by, d, func(_ context.Context, _ Tx, c Claim) error {
		if c.Person == by.Person {
			return fault.New(fault.Forbidden, "registry.claim_own")
		}
		return nil
	})
}

// ContestClaim is the step of who leads the unit by a verified claim against somebody else's: it stops that person from
// acting until an officer decides. Forbidden registry.claim_not_holder for anybody else.
func (s *Service) ContestClaim(ctx context.Context, by access.Principal, id, reason string) (Claim, error) {
	return s.step(ctx, by, ClaimStep{ID: id, State: ClaimContested, Reason: reason}, func(ctx context.Context, tx Tx, c Claim) error {
		all, err := tx.ClaimsOf(ctx, c.Province, c.Unit, by.Person)
		holds := slices.ContainsFunc(all, func(o Claim) bool { return o.Post == PostCEO && s.holds(o) })
		if err == nil && (!holds || c.Person == by.Person) {
			err = fault.New(fault.Forbidden, "registry.claim_not_holder")
		}
		return err
	})
}

// WithdrawClaim ends the claim of who asks; forbidden registry.claim_not_yours for another's.
func (s *Service) WithdrawClaim(ctx context.Context, by access.Principal, id, reason string) (Claim, error) {
	return s.step(ctx, by, ClaimStep{ID: id, State: ClaimEnded, Reason: reason}, func(_ context.Context, _ Tx, c Claim) error {
		if c.Person != by.Person {
			return fault.New(fault.Forbidden, "registry.claim_not_yours")
		}
		return nil
	})
}

// claimsResource is the policy resource of claims.
const claimsResource = "claims"

// step moves a claim where the caller may and the state allows it.
func (s *Service) step(ctx context.Context, by access.Principal, d ClaimStep,
	may func(context.Context, Tx, Claim) error) (c Claim, err error) {
	d.Reason = strings.TrimSpace(d.Reason)
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.LoadClaim(ctx, by.Province, d.ID); err != nil {
			return err
		}
		if err := may(ctx, tx, c); err != nil {
			return err
		}
		switch {
		case !slices.Contains(steps[c.State], d.State):
			return fault.New(fault.Conflict, "registry.claim_state", "state", claimWord(c.State))
		case d.State != ClaimVerified && d.Reason == "":
			return fault.New(fault.Invalid, "registry.claim_reason").At("reason")
		}
		if d.State == ClaimVerified {
			if err := s.succeed(ctx, tx, c, by.Person); err != nil {
				return err
			}
		}
		c, err = s.move(ctx, tx, c, d, by.Person)
		return err
	})
	return c, err
}

func claimWord(state string) locale.Text { return locale.Of("registry.claim_is_"+state, nil) }

// move writes what became of a claim. The reason is sealed with the key of its person: it may tell of them.
func (s *Service) move(ctx context.Context, tx Tx, c Claim, d ClaimStep, by string) (Claim, error) {
	c.State, c.Reason, c.DecidedBy, c.DecidedAt = d.State, d.Reason, by, s.now()
	stored := c
	if d.Reason != "" {
		raw, err := json.Marshal(d.Reason)
		if err != nil {
			return c, fault.Wrap(err, fault.Internal, "registry.value", "field", "reason")
		}
		if stored.Reason, err = sealed(ctx, tx, c.Person, reasonPlace(c), raw); err != nil {
			return c, err
		}
	}
	if err := tx.SaveClaim(ctx, stored); err != nil {
		return c, err
	}
	if c.State == ClaimRefused || c.State == ClaimEnded {
		if _, err := tx.EndMembership(ctx, c.Province, c.ID, s.now()); err != nil {
			return c, err
		}
	}
	return c, s.recordClaim(ctx, tx, c.State, c, by)
}

func reasonPlace(c Claim) []byte {
	return journal.AD(c.Province, journal.PersonKey(c.Person), "claim:"+c.ID)
}

// succeed ends the verified claims that a newly verified one replaces.
func (s *Service) succeed(ctx context.Context, tx Tx, next Claim, by string) error {
	all, err := tx.ClaimsOf(ctx, next.Province, next.Unit, "")
	if err != nil {
		return err
	}
	for _, o := range all {
		if !rivals(o, next) || o.State != ClaimVerified {
			continue
		}
		ended := ClaimStep{ID: o.ID, State: ClaimEnded, Reason: locale.T(locale.FA, "registry.claim_succeeded", map[string]any{"claim": next.ID})}
		if _, err := s.move(ctx, tx, o, ended, by); err != nil {
			return err
		}
	}
	return nil
}

// recordClaim journals a step in the unit's chain: who did what to which claim. Ids only, so that nothing personal stands
// in the leaf; the principal changes with it, so what sessions remember is forgotten.
func (s *Service) recordClaim(ctx context.Context, tx Tx, what string, c Claim, by string) error {
	if s.cfg.Moved != nil {
		tx.OnCommit(s.cfg.Moved)
	}
	return tx.Record(ctx, journal.Leaf{
		Province: c.Province, Case: unitChain(c.Unit), Kind: "claim." + what, At: s.now(), Actor: by, Cause: c.ID,
	})
}
