package casework

import (
	"context"
	"slices"

	"rahgosha/internal/kernel/procedure"
)

// What counters count.
const (
	TallyDue    = "due"    // open cases by stage and day of the nearest deadline
	TallySince  = "since"  // open cases by stage and day since which the holder has it
	TallyStep   = "step"   // cases that have reached a step of the funnel
	TallyClaim  = "claim"  // the same as only a sheet claims it: never added to what is confirmed
	TallyReason = "reason" // coded reasons of refusals that stand
	TallyLate   = "late"   // clocks that an act ended after their due, by clock and the day they were due
)

// TallyKey names one counter of a province. Key is a stage, step or reason; Subject is whom the funnel compares by (a
// branch), empty before one is bound; Day is civil, empty where none applies.
type TallyKey struct {
	Procedure, What, Key, Subject, Day string
}

// Tally is a counter: cases, and rial.
type Tally struct {
	TallyKey
	N, Amount int64
}

// talliesOf gives what one case adds to the counters, by its state alone. A deadline is counted on its day, so that the
// counters need no change when the clock moves.
func talliesOf(d *procedure.Definition, s *State, row Row) []Tally {
	if d.Funnel == nil {
		return nil
	}
	c := tallier{d: d, s: s, amount: row.Amount}
	if s.Outcome == "" {
		due := ""
		if row.Due > 0 {
			due = day(row.Due - 1).Civil()
		}
		c.add(TallyDue, s.Stage, due, row.Amount)
		c.add(TallySince, s.Stage, day(s.Holder.Since).Civil(), row.Amount)
	}
	c.steps()
	c.reason()
	c.late()
	return c.out
}

type tallier struct {
	d      *procedure.Definition
	s      *State
	amount int64
	out    []Tally
}

func (c *tallier) add(what, key, day string, amount int64) {
	subject := ""
	if c.d.Funnel.By != "" {
		subject = c.s.Parties[c.d.Funnel.By]
	}
	c.out = append(c.out, Tally{TallyKey{c.d.ID, what, key, subject, day}, 1, amount})
}

// steps counts what acts have confirmed, and apart from it what only sheets claim.
func (c *tallier) steps() {
	for _, st := range c.d.Funnel.Steps {
		if len(c.s.Actors[st.Action]) > 0 {
			amount, _ := c.s.Facts[st.Amount].V.(int64)
			c.add(TallyStep, st.ID, "", amount)
			continue
		}
		for _, claim := range c.s.Claims {
			if claim.Step == st.ID {
				c.add(TallyClaim, st.ID, "", claim.Amount)
			}
		}
	}
}

// reason counts the last coded refusal that has not been voided.
func (c *tallier) reason() {
	for _, x := range slices.Backward(c.s.Decisions) {
		if x.Reason != "" && !x.Void {
			c.add(TallyReason, x.Reason, "", c.amount)
			return
		}
	}
}

// late counts the clocks whose last run ended after its due.
func (c *tallier) late() {
	for id, k := range c.s.Clocks {
		if k.State == ClockStopped && k.Breached > 0 && c.s.obligation(id) == nil {
			c.add(TallyLate, id, day(k.Breached-1).Civil(), c.amount)
		}
	}
}

// Tallies gives the counters of a procedure. Who asks must see every case of it: a counter tells of all.
func (g *Engine) Tallies(ctx context.Context, who Caller, d *procedure.Definition) ([]Tally, error) {
	if err := MayCount(d, who); err != nil {
		return nil, err
	}
	var out []Tally
	err := g.Read(ctx, func(ctx context.Context, r Reader) error {
		var err error
		out, err = r.Tallies(ctx, who.Grants.Province, d.ID)
		return err
	})
	return out, err
}
