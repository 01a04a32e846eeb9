package party

import (
	"context"
	"math"
	"slices"
	"time"

	"rahgosha/internal/base/fault"
)

// Powers is what the law of delegation reads. MembershipByID of an unknown term is not_found party.no_membership.
type Powers interface {
	DelegationsTo(ctx context.Context, province, membership string) ([]Delegation, error)
	MembershipByID(ctx context.Context, province, id string) (Membership, error)
}

// noPower is less than every ceiling.
const noPower = int64(-1)

// Standing gives the ceiling in rial that a delegation carries at an instant, the largest number without one, and whether
// it stands at all. What is given never exceeds nor outlives the giver's own power: it falls with the giver's term, with
// what the giver was given, and with every link above.
func Standing(ctx context.Context, t Powers, d Delegation, now time.Time) (ceiling int64, stands bool, err error) {
	ceiling, err = link{ctx, t, now}.standing(d, nil)
	return ceiling, ceiling != noPower, err
}

type link struct {
	ctx context.Context //nolint:containedctx // lives for one call
	t   Powers
	now time.Time
}

// standing follows the chain upwards; above are the delegations it came by, so that two who empower each other hold
// nothing by it.
func (l link) standing(d Delegation, above []string) (int64, error) {
	if !d.Current(l.now) || slices.Contains(above, d.ID) {
		return noPower, nil
	}
	if d.Giver == "" {
		return d.most(), nil
	}
	giver, err := l.t.MembershipByID(l.ctx, d.Province, d.Giver)
	if fault.Is(err, fault.NotFound) {
		return noPower, nil
	}
	switch {
	case err != nil || !giver.Current(l.now):
		return noPower, err
	case giver.Role == d.Scope: // one's own signature
		return d.most(), nil
	}
	own, err := l.held(giver, d.Scope, append(slices.Clone(above), d.ID))
	return min(own, d.most()), err
}

// held is the highest ceiling that a term holds in a scope by delegation.
func (l link) held(m Membership, scope string, above []string) (int64, error) {
	all, err := l.t.DelegationsTo(l.ctx, m.Province, m.ID)
	best := noPower
	for _, d := range all {
		if d.Scope != scope {
			continue
		}
		ceiling, err := l.standing(d, above)
		if err != nil {
			return noPower, err
		}
		best = max(best, ceiling)
	}
	return best, err
}

// most is the delegation's own ceiling.
func (d Delegation) most() int64 {
	if d.Ceiling == nil {
		return math.MaxInt64
	}
	return *d.Ceiling
}

// covers reports whether a power held, which carries ceiling, contains the one given: scope, ceiling and term.
func covers(held, given Delegation, ceiling int64) bool {
	term := held.From <= given.From && (held.To == "" || given.To != "" && given.To <= held.To)
	return held.Scope == given.Scope && given.most() <= ceiling && term
}
