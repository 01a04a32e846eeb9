package casework

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Upcoming gives the members that a round would list if it were frozen now, ranked and with its proposals, and freezes
// nothing. A round that wants a fact of its session (a package, a budget) lists none before there is one. Forbidden to who
// may not see the rounds of the procedure.
func (g *Engine) Upcoming(ctx context.Context, who Caller, d *procedure.Definition, round string) (*RoundView, error) {
	def, role := d.Round(round), d.Role(who.Actor.Role)
	if def == nil || !SeesRounds(role) || role.Scope != "province" {
		return nil, fault.New(fault.Forbidden, "fault.forbidden")
	}
	var out *RoundView
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: who.Grants.Province}}
		list, err := r.listing(def)
		if err != nil {
			return err
		}
		env := Env{Now: g.Clock.Now().UnixMicro(), Actor: who.Actor, Grants: who.Grants, Listings: map[string]Listing{round: list}}
		if env.Calendars, err = g.Calendars(ctx); err != nil {
			return err
		}
		out, err = upcoming(d, def, list, env)
		return err
	})
	return out, err
}

func upcoming(d *procedure.Definition, def *procedure.Round, list Listing, env Env) (*RoundView, error) {
	t := begin(d, &State{Province: env.Grants.Province, Definition: d.Hash, Facts: map[string]Value{}, Clocks: map[string]*Ticking{}}, Command{}, env)
	t.compute()
	round := &Round{ID: def.ID, Columns: list.Columns}
	switch err := t.freeze(def); {
	case fault.Is(err, fault.Refused): // nothing to list yet
	case err != nil:
		return nil, err
	default:
		round = t.s.round(def.ID)
	}
	v := roundView(def, round, d.Places(def))
	return &v, nil
}

// SeesRounds says whether a role may see the rounds of its procedure.
func SeesRounds(r *procedure.Role) bool {
	return r != nil && (slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, procedure.SeesRounds))
}
