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

// ClaimStep asks to move a claim to a state, with the reason: every state but verified needs one. Key is under which the
// step is done once, "" for none.
type ClaimStep struct{ ID, State, Reason, Key string }

// ClaimSteps lists the states that somebody may move a claim to: its person ends it, an officer takes any step that its
// state allows, who leads the unit by a verified claim contests.
func (s *Service) ClaimSteps(ctx context.Context, by access.Principal, c Claim) ([]string, error) {
	next := c.Next()
	only := func(state string) []string {
		return slices.DeleteFunc(next, func(s string) bool { return s != state })
	}
	switch {
	case c.Person == by.Person:
		return only(ClaimEnded), nil
	case access.Authorize(by, claimsResource, "decide") == nil:
		return next, nil
	}
	all, err := s.ClaimsOn(ctx, c.Province, c.Unit)
	if err != nil || !s.leads(all, by.Person) {
		return nil, err
	}
	return only(ClaimContested), nil
}

// StepClaim moves a claim as what somebody is to it: its person, an officer, or who leads the unit. Faults: those of
// ReadClaim, WithdrawClaim, DecideClaim and ContestClaim; forbidden registry.claim_step for a step that is not theirs.
func (s *Service) StepClaim(ctx context.Context, by access.Principal, d ClaimStep) (Claim, error) {
	c, err := s.ReadClaim(ctx, by, d.ID)
	if err != nil {
		return Claim{}, err
	}
	switch {
	case c.Person == by.Person && d.State == ClaimEnded:
		return s.withdraw(ctx, by, d)
	case access.Authorize(by, claimsResource, "decide") == nil:
		return s.DecideClaim(ctx, by, d)
	case c.Person != by.Person && d.State == ClaimContested:
		return s.contest(ctx, by, d)
	}
	return Claim{}, fault.New(fault.Forbidden, "registry.claim_step")
}

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
	return s.contest(ctx, by, ClaimStep{ID: id, State: ClaimContested, Reason: reason})
}

func (s *Service) contest(ctx context.Context, by access.Principal, d ClaimStep) (Claim, error) {
	return s.step(ctx, by, d, func(ctx context.Context, tx Tx, c Claim) error {
		all, err := tx.ClaimsOf(ctx, c.Province, c.Unit, by.Person)
		if err == nil && (!s.leads(all, by.Person) || c.Person == by.Person) {
			err = fault.New(fault.Forbidden, "registry.claim_not_holder")
		}
		return err
	})
}

// WithdrawClaim ends the claim of who asks; forbidden registry.claim_not_yours for another's.
func (s *Service) WithdrawClaim(ctx context.Context, by access.Principal, id, reason string) (Claim, error) {
	return s.withdraw(ctx, by, ClaimStep{ID: id, State: ClaimEnded, Reason: reason})
}

func (s *Service) withdraw(ctx context.Context, by access.Principal, d ClaimStep) (Claim, error) {
	return s.step(ctx, by, d, func(_ context.Context, _ Tx, c Claim) error {
		if c.Person != by.Person {
			return fault.New(fault.Forbidden, "registry.claim_not_yours")
		}
		return nil
	})
}

// claimsResource is the policy resource of claims.
const claimsResource = "claims"

// step moves a claim where the caller may and the state allows it.
func (s *Service) step(ctx context.Context, who access.Principal, d ClaimStep,
	may func(context.Context, Tx, Claim) error) (c Claim, err error) {
	d.Reason = strings.TrimSpace(d.Reason)
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.LoadClaim(ctx, who.Province, d.ID); err != nil {
			return err
		}
		if err := may(ctx, tx, c); err != nil {
			return err
		}
		c, err = s.once(ctx, tx, by{who.Province, who.Person, d.Key}, d.asked(), func() (Claim, error) { return s.take(ctx, tx, c, d, who.Person) })
		return err
	})
	return c, err
}

// take takes a step that the state allows and that says why.
func (s *Service) take(ctx context.Context, tx Tx, c Claim, d ClaimStep, person string) (Claim, error) {
	switch {
	case !slices.Contains(steps[c.State], d.State):
		return c, fault.New(fault.Conflict, "registry.claim_state", "state", claimWord(c.State))
	case d.State != ClaimVerified && d.Reason == "":
		return c, fault.New(fault.Invalid, "registry.claim_reason").At("reason")
	}
	if d.State == ClaimVerified {
		if err := s.succeed(ctx, tx, c, person); err != nil {
			return c, err
		}
	}
	return s.move(ctx, tx, c, d, person)
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
		Province: c.Province, Case: unitChain(c.Unit), Kind: kindClaim + what, At: s.now(), Actor: by, Cause: c.ID,
	})
}
