package party

import (
	"context"
	"math"
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

// Chains answers for the delegations of one instant. It reads each term and what was given to it once, however many
// delegations two people have given each other, and lives for one transaction.
type Chains struct {
	t     Powers
	now   time.Time
	terms map[holder]*Membership // nil for one that does not run
	given map[holder][]Delegation
	held  map[power]int64
}

type holder struct{ province, membership string }

type power struct {
	holder
	scope string
}

// NewChains begins with nothing read.
func NewChains(t Powers, now time.Time) *Chains {
	return &Chains{t: t, now: now, terms: map[holder]*Membership{}, given: map[holder][]Delegation{}, held: map[power]int64{}}
}

// Standing gives the ceiling in rial that a delegation carries, the largest number without one, and whether it stands at
// all. What is given never exceeds nor outlives the giver's own power: it falls with the giver's term, with what the giver
// was given, and with every link above.
func (c *Chains) Standing(ctx context.Context, d Delegation) (ceiling int64, stands bool, err error) {
	if !d.Current(c.now) {
		return noPower, false, nil
	}
	ceiling = d.most()
	if d.Giver != "" {
		own, err := c.power(ctx, power{holder{d.Province, d.Giver}, d.Scope})
		if err != nil {
			return noPower, false, err
		}
		ceiling = min(ceiling, own)
	}
	return ceiling, ceiling != noPower, nil
}

// power is the highest ceiling that a term holds in a scope: that of the widest chain down from one's own signature or from
// the table. The chains are followed upwards, the widest so far first, and each term once: a chain that comes back to a
// term is no wider than without that round, so that two who empower each other hold by it what came from elsewhere, and
// nothing if nothing did.
func (c *Chains) power(ctx context.Context, p power) (int64, error) {
	if known, ok := c.held[p]; ok {
		return known, nil
	}
	open, done, best := map[string]int64{p.membership: math.MaxInt64}, map[string]bool{}, noPower
	for len(open) > 0 && best == noPower {
		at, width := widest(open)
		delete(open, at)
		done[at] = true
		above, source, err := c.above(ctx, power{holder{p.province, at}, p.scope})
		if err != nil {
			return noPower, err
		}
		if source {
			best = width
		}
		for _, d := range above {
			if before, ok := open[d.Giver]; !done[d.Giver] && (!ok || before < min(width, d.most())) {
				open[d.Giver] = min(width, d.most())
			}
		}
	}
	c.held[p] = best
	return best, nil
}

// widest gives the term to which the widest chain leads.
func widest(open map[string]int64) (at string, width int64) {
	found := false
	for m, w := range open {
		if !found || w > width {
			at, width, found = m, w, true
		}
	}
	return at, width
}

// above gives what a running term was given in a scope and holds now, or says that a chain begins here: the scope is the
// term's own signature, or what was given comes from no term but from the table.
func (c *Chains) above(ctx context.Context, p power) (given []Delegation, source bool, err error) {
	if p.membership == "" {
		return nil, true, nil
	}
	m, err := c.term(ctx, p.holder)
	if err != nil || m == nil || m.Role == p.scope {
		return nil, m != nil, err
	}
	all, ok := c.given[p.holder]
	if !ok {
		if all, err = c.t.DelegationsTo(ctx, p.province, p.membership); err != nil {
			return nil, false, err
		}
		c.given[p.holder] = all
	}
	for _, d := range all {
		if d.Scope == p.scope && d.Current(c.now) {
			given = append(given, d)
		}
	}
	return given, false, nil
}

// term gives a term that runs, nil for any other.
func (c *Chains) term(ctx context.Context, h holder) (*Membership, error) {
	if m, ok := c.terms[h]; ok {
		return m, nil
	}
	m, err := c.t.MembershipByID(ctx, h.province, h.membership)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	c.terms[h] = nil
	if err == nil && m.Current(c.now) {
		c.terms[h] = &m
	}
	return c.terms[h], nil
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
