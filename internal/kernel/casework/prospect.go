package casework

import (
	"context"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Prospect is a procedure that a caller may start for a unit, answered before anything is filled: what is known already,
// and how the conditions stand on that.
type Prospect struct {
	Definition *procedure.Definition
	View       *View
	For        string // the role whose word it would be, when an officer starts it
}

// Prospects lists the procedures in force that the caller may start for a unit. Nothing is written.
func (g *Engine) Prospects(ctx context.Context, who Caller, unit string) ([]Prospect, error) {
	defs, err := g.Defs.InForce(ctx)
	if err != nil {
		return nil, err
	}
	var out []Prospect
	err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
		out = nil
		for _, d := range defs {
			p, err := g.prospect(ctx, tx, who, unit, d)
			if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, *p)
		}
		return nil
	})
	return out, err
}

// aboutUnits says whether a procedure's cases are about a unit; a committee's session is about none.
func aboutUnits(d *procedure.Definition) bool {
	return slices.ContainsFunc(d.Relations, func(r *procedure.Relation) bool { return r.As == "unit" })
}

func (g *Engine) prospect(ctx context.Context, tx Reader, who Caller, unit string, d *procedure.Definition) (*Prospect, error) {
	st := startStage(d)
	if st == nil || len(d.Forms) == 0 || d.Role(who.Actor.Role) == nil || (unit != "") != aboutUnits(d) {
		return nil, fault.New(fault.Forbidden, "casework.may_not_open", "procedure", d.Title)
	}
	out := &Prospect{Definition: d}
	if who.Actor.Role != st.Holder {
		for _, a := range d.Actions {
			if who.Actor.OnBehalf = nil; mayDo(a, Actor{Role: who.Actor.Role, OnBehalf: &OnBehalf{Role: st.Holder}}) {
				out.For = st.Holder
				who.Actor.OnBehalf = &OnBehalf{Role: st.Holder, Source: "paper"}
				break
			}
		}
	}
	r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: who.Grants.Province}}
	if err := r.hear(); err != nil {
		return nil, err
	}
	who.Grants = r.who.Grants
	s := &State{Province: r.key.Province, Unit: unit}
	env, err := r.env(d, s, nil, Command{})
	if err != nil {
		return nil, err
	}
	e, err := Open(d, Command{Unit: unit}, env)
	if err != nil {
		return nil, err
	}
	s = Apply(nil, e, "")
	l := &looker{d: d, s: s, who: who, role: d.Role(who.Actor.Role), env: env}
	l.input = InputOf(d, s, valuesOf(s), env)
	out.View = &View{Facts: l.facts()}
	l.conditions(out.View)
	return out, nil
}
