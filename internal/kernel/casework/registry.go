package casework

import (
	"fmt"
	"maps"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// registry reads the registers a definition's facts come from into the environment: the unit's fields and those of the
// items chosen by the command, by the correction it confirms, or in the case already.
func (r *run) registry(d *procedure.Definition, s *State, c Command, env *Env) error {
	env.Registry, env.Registers, env.Unlisted = map[string]RegistryFact{}, map[string]bool{}, map[string]bool{}
	if s.Unit != "" {
		facts, err := r.unitFacts(d, s.Unit)
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
		if err := r.itemOf(f, s, c, env); err != nil {
			return err
		}
	}
	return nil
}

// unitFacts reads what a definition takes of a unit, once for a command: what nobody asks for is not unsealed.
func (r *run) unitFacts(d *procedure.Definition, unit string) (map[string]RegistryFact, error) {
	if r.read.d == d && r.read.unit == unit {
		return r.read.facts, nil
	}
	named := []string{"unit.id"} // a unit that is not there is said even where nothing is taken of it
	for _, f := range d.Facts {
		if f.Source == procedure.SourceRegistry && strings.HasPrefix(f.From, "unit.") {
			named = append(named, f.From)
		}
	}
	facts, err := r.tx.UnitFacts(r.ctx, r.key.Province, unit, named...)
	if err == nil {
		r.read = unitRead{d, unit, facts}
	}
	return facts, err
}

// unitRead is what was read of a unit for a definition.
type unitRead struct {
	d     *procedure.Definition
	unit  string
	facts map[string]RegistryFact
}

// itemOf reads the item that a fact will name. What the command itself names must stand in the register, also where it
// only proposes it: a case must not go to a branch that nobody is.
func (r *run) itemOf(f *procedure.Fact, s *State, c Command, env *Env) error {
	item, named := chosen(f, s, c), namedBy(f, c)
	if item != "" {
		facts, err := r.item(s.Province, f.Register, item)
		if err != nil {
			return err
		}
		maps.Copy(env.Registry, facts)
		env.Unlisted[f.ID] = item == named && !inTerm(facts, f.Register, env.Now)
	}
	if named != "" && named != item {
		facts, err := r.item(s.Province, f.Register, named)
		if err != nil {
			return err
		}
		env.Unlisted[f.ID] = !inTerm(facts, f.Register, env.Now)
	}
	return nil
}

// inTerm says whether an item stands in its register on the day of an instant, µs: one whose time is past or to come is no choice.
func inTerm(facts map[string]RegistryFact, register string, now int64) bool {
	if facts == nil {
		return false
	}
	today := day(now).Civil()
	from, _ := facts[register+".valid_from"].Value.(string)
	to, _ := facts[register+".valid_to"].Value.(string)
	return from <= today && (to == "" || today <= to)
}

// item reads one item of a register; nil when there is none.
func (r *run) item(province, register, item string) (map[string]RegistryFact, error) {
	facts, err := r.tx.ItemFacts(r.ctx, province, register, item)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", register, err)
	}
	return facts, nil
}

// namedBy is the item that the command itself gives for a fact.
func namedBy(f *procedure.Fact, c Command) string {
	raw, ok := c.Facts[f.ID]
	if !ok {
		return ""
	}
	v, flt := procedure.Coerce(f, raw)
	if flt != nil {
		return ""
	}
	item, _ := v.(string)
	return item
}

// typed reads one answer; a choice of a register must stand in it. What the engine hands over from another case was
// chosen there.
func (t *step) typed(f *procedure.Fact, raw any) (any, *fault.Fault) {
	v, flt := procedure.Coerce(f, raw)
	if flt == nil && t.env.Unlisted[f.ID] && t.env.Actor.Role != systemRole {
		return nil, fault.New(fault.Invalid, "procedure.field.option", "field", f.Title, "value", v).At(f.ID)
	}
	return v, flt
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
