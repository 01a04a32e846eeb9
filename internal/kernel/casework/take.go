package casework

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// wanting ends a write that needs registers which were not asked yet: an act's transaction never waits for what they compute.
type wanting struct {
	from  map[string]string // fact → register
	facts map[string]any    // of the case, with what the act brings
}

// Error is never shown: Act asks the registers and writes again.
func (*wanting) Error() string { return "registers are to be asked" }

// wants stops a write until the registers of which an act takes something were asked.
func (r *run) wants(d *procedure.Definition, s *State, a *procedure.Action, c Command) error {
	if r.taken != nil {
		return nil
	}
	var out *wanting
	for _, ef := range a.Effects {
		if ef.Kind != procedure.EffectTake {
			continue
		}
		if out == nil {
			out = &wanting{from: map[string]string{}, facts: brought(d, s, c)}
		}
		out.from[ef.Name] = ef.From
	}
	if out == nil {
		return nil
	}
	return out
}

// brought are a case's facts with what a command brings, or confirms; what is wrong with its form the step will say.
func brought(d *procedure.Definition, s *State, c Command) map[string]any {
	out := valuesOf(s)
	if c.Action == ConfirmAction && s.Awaiting != nil {
		for _, f := range s.Awaiting.Facts {
			out[f.Name] = f.Value.V
		}
	}
	for name, raw := range c.Facts {
		if f := d.Fact(name); f != nil {
			if v, flt := procedure.Coerce(f, raw); flt == nil {
				out[name] = v
			}
		}
	}
	return out
}

// take asks the registers.
func (g *Engine) take(ctx context.Context, who Caller, want *wanting) map[string]Taking {
	out := map[string]Taking{}
	for fact, from := range want.from {
		ask := g.Registers[from]
		if ask == nil {
			out[fact] = Taking{Err: fault.New(fault.Refused, "casework.no_register", "register", from)}
			continue
		}
		v, err := ask(ctx, who, want.facts)
		out[fact] = Taking{Value: v, Err: err}
	}
	return out
}
