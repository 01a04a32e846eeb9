package casework

import (
	"fmt"
	"maps"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// registry reads the registers a definition's facts come from into the environment: the unit's fields and those of the
// items chosen by the command, by the correction it confirms, or in the case already.
func (r *run) registry(d *procedure.Definition, s *State, c Command, env *Env) error {
	env.Registry, env.Registers = map[string]RegistryFact{}, map[string]bool{}
	if s.Unit != "" {
		facts, err := r.unitFacts(s.Unit)
		if err != nil {
			return fmt.Errorf("facts of unit: %w", err)
		}
		maps.Copy(env.Registry, facts)
	}
	for _, f := range d.Facts {
		if f.Register == "" {
			continue
		}
		env.Registers[f.Register] = true
		item := chosen(f, s, c)
		if item == "" {
			continue
		}
		facts, err := r.tx.ItemFacts(r.ctx, s.Province, f.Register, item)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("facts of %s: %w", f.Register, err)
		}
		maps.Copy(env.Registry, facts)
	}
	return nil
}

// unitFacts reads the facts of a unit once for a command.
func (r *run) unitFacts(unit string) (map[string]RegistryFact, error) {
	if r.unit != unit {
		facts, err := r.tx.UnitFacts(r.ctx, r.key.Province, unit)
		if err != nil {
			return nil, err
		}
		r.unit, r.facts = unit, facts
	}
	return r.facts, nil
}

// chosen is the item of a register that a fact will name when the command is done.
func chosen(f *procedure.Fact, s *State, c Command) string {
	if raw, ok := c.Facts[f.ID]; ok && c.Action != CorrectAction {
		if v, flt := procedure.Coerce(f, raw); flt == nil {
			item, _ := v.(string)
			return item
		}
	}
	if c.Action == ConfirmAction && s.Awaiting != nil {
		for _, x := range s.Awaiting.Facts {
			if x.Name == f.ID {
				item, _ := x.Value.V.(string)
				return item
			}
		}
	}
	item, _ := s.Facts[f.ID].V.(string)
	return item
}
