package casework

import (
	"slices"

	"rahgosha/internal/kernel/procedure"
)

// last says whether the actor's decision completes an act that needs several persons. The system's act, which a law puts in
// the place of all of them, always does.
func (t *step) last(a *procedure.Action) bool {
	if t.env.Actor.Role == systemRole {
		return true
	}
	for _, ap := range t.d.Approvals {
		if ap.Action != a.ID {
			continue
		}
		persons := t.approvers(ap)
		if counts(ap, t.env.Actor.Role) {
			persons[t.env.Actor.Person] = true
		}
		if len(persons) < ap.Min {
			return false
		}
	}
	return true
}

// approvers are the persons whose decision stands and counts since the act last happened: whoever decides anew about a case
// that has come back, decides with the others once more.
func (t *step) approvers(ap *procedure.Approval) map[string]bool {
	persons := map[string]bool{}
	for _, d := range t.s.Decisions {
		switch {
		case d.Action != ap.Action || d.Void:
		case d.Last:
			clear(persons)
		case counts(ap, d.By.Role):
			persons[d.By.Person] = true
		}
	}
	return persons
}

// voidPartial voids approvals that wait for others once the case stands where the act is not open: whoever sees the case
// again decides on what it has become, and so do all.
func (t *step) voidPartial(stage string) {
	for _, ap := range t.d.Approvals {
		a := t.d.Action(ap.Action)
		if a != nil && !slices.Contains(a.In, stage) && len(t.approvers(ap)) > 0 {
			t.add(Change{Void: &VoidChange{Action: ap.Action, Cause: t.e.Action, Partial: true}})
		}
	}
}

func several(d *procedure.Definition, a *procedure.Action) bool {
	return slices.ContainsFunc(d.Approvals, func(ap *procedure.Approval) bool { return ap.Action == a.ID })
}

func counts(ap *procedure.Approval, role string) bool {
	return len(ap.Of) == 0 || slices.Contains(ap.Of, role)
}

// approvedBy says whether a person's approval of the act stands and waits for the others.
func (t *step) approvedBy(a *procedure.Action, person string) bool {
	return person != "" && slices.ContainsFunc(t.d.Approvals, func(ap *procedure.Approval) bool {
		return ap.Action == a.ID && t.approvers(ap)[person]
	})
}

// happens says whether a command would carry its act out, not only add one of several approvals or scores: numbers drawn for less
// would leave gaps. Refused commands draw what they like, for all of it is rolled back.
func happens(d *procedure.Definition, s *State, a *procedure.Action, c Command, env Env) bool {
	if !several(d, a) && a.Score == "" {
		return true
	}
	t := begin(d, s, c, env)
	if c.Action != ConfirmAction && t.take(a) != nil {
		return false
	}
	return t.last(a) && !t.unscored(a)
}
