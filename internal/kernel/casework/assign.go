package casework

import (
	"fmt"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
)

// assign gives the case to one officer of the role that holds it, or back to all of them. It says who is accountable and
// takes nothing from colleagues, who may still act. It raises no version: what forms show does not change.
func (t *step) assign() (*Entry, error) {
	if err := t.insider(); err != nil {
		return nil, err
	}
	if err := assignable(t.d, t.s, t.env.Actor.Role); err != nil {
		return nil, err
	}
	h, to := t.s.Holder, t.cmd.Assignee
	if to == t.s.Assigned[h.Role] && to == h.Subject {
		return nil, fault.New(fault.Invalid, "casework.assigned_already").At("assignee")
	}
	if to != "" && !t.env.Fits {
		return nil, fault.New(fault.Invalid, "casework.assignee", "role", roleTitle(t.d, h.Role)).At("assignee")
	}
	t.e.Kind = KindAssigned
	t.add(Change{Assigned: &AssignChange{Role: h.Role, Person: to}})
	h.Subject = to // the stage's time runs on: who got an old case did not get a young one
	t.add(Change{Holder: &h})
	if to != "" {
		t.add(Change{Notify: &NotifyChange{Role: h.Role, Person: to, How: ToldAssigned, Text: locale.Of("casework.event_assigned", nil)}})
	}
	return t.e, nil
}

// assignable says whether a role may give the case to somebody now: an officer's case that no body of its own holds, and
// never one of the heads' own.
func assignable(d *procedure.Definition, s *State, by string) error {
	if !access.Allows(by, "cases", "assign") {
		return fault.New(fault.Forbidden, "casework.not_yours_to_assign")
	}
	r := d.Role(s.Holder.Role)
	if s.Outcome != "" || r == nil || r.Relation != "" || access.Allows(r.ID, "cases", "assign") {
		return fault.New(fault.Refused, "casework.not_assignable")
	}
	return nil
}

// officers looks up what the step asks of the officers: whether the one named fits, and who of those named before is gone.
func (r *run) officers(s *State, c Command, env *Env) (err error) {
	for role, person := range s.Assigned {
		held, err := r.tx.HoldsRole(r.ctx, r.key.Province, person, role, "", env.Now)
		if err != nil {
			return fmt.Errorf("officer of case %s: %w", s.ID, err)
		}
		if !held {
			env.Gone = append(env.Gone, person)
		}
	}
	if c.Action == AssignAction && c.Assignee != "" {
		env.Fits, err = r.tx.HoldsRole(r.ctx, r.key.Province, c.Assignee, s.Holder.Role, r.who.Grants.Body, env.Now)
	}
	return err
}
