package casework

import (
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
)

// Sees reports whether a role of an actor may see a case: the definition knows the role, and the actor's own unit,
// person or body is bound under the role's relation, or the case lies in the role's scope. Nothing else grants access:
// before a claim to speak for the unit is verified, its person sees the drafts they opened.
func Sees(d *procedure.Definition, s *State, role string, g Grants) bool {
	r := d.Role(role)
	if r == nil || s.Province != g.Province {
		return false
	}
	if r.Relation != "" {
		return related(d, s, r.Relation, g)
	}
	switch r.Scope {
	case "province":
		return true
	case "county":
		county, _ := s.Facts["unit.county"].V.(string)
		return g.County != "" && g.County == county
	default:
		return false
	}
}

// related compares the subject bound under a relation with the actor's own id of that relation's sort.
func related(d *procedure.Definition, s *State, relation string, g Grants) bool {
	i := slices.IndexFunc(d.Relations, func(r *procedure.Relation) bool { return r.ID == relation })
	if i < 0 {
		return false
	}
	subject := s.Parties[relation]
	if subject == "" {
		return false
	}
	switch d.Relations[i].As {
	case "unit":
		return subject == g.Unit && (g.Speaks || draftOf(d, s, g.Person))
	case "person":
		return subject == g.Person
	case "body":
		return subject == g.Body
	default:
		return false
	}
}

// SeesFact reports whether a role may read a fact of a case it sees.
func SeesFact(d *procedure.Definition, role string, f *procedure.Fact) bool {
	r := d.Role(role)
	return r != nil && f != nil && (slices.Contains(r.Sees, "*") || slices.Contains(r.Sees, f.Group))
}

// authorize says whether the actor may do the action on the case now, but for the amount, of which the act's form may still ask
// (withinCeiling). A case that the actor may not even see does not exist for it.
func authorize(d *procedure.Definition, s *State, a *procedure.Action, env Env) error {
	actor := env.Actor
	if !actor.engine() && !Sees(d, s, actor.Role, env.Grants) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if !mayDo(a, actor) {
		return fault.New(fault.Forbidden, "casework.not_your_action", "action", a.Title)
	}
	if err := behalf(actor.OnBehalf); err != nil {
		return err
	}
	if err := voiced(d, actor, env.Grants); err != nil {
		return err
	}
	if err := impartial(env); err != nil {
		return err
	}
	if err := separated(d, s, a, actor.Person); err != nil {
		return err
	}
	return delegated(a, env)
}

// answersFor says whether who confirms an act may answer for it as who began it does: the acts kept apart, the power and its ceiling
// are asked of both.
func answersFor(d *procedure.Definition, s *State, a *procedure.Action, env Env) error {
	if err := separated(d, s, a, env.Actor.Person); err != nil {
		return err
	}
	return withinCeiling(s, a, env)
}

// proved wants a second factor shown lately before an act that decides or signs, of who has one or is to have one, and of
// everybody where the procedure says so. It hides no act: what is missing is a code, not a right, and nothing is recorded.
func proved(a *procedure.Action, env Env) error {
	if env.Actor.engine() || !a.StepUp && !decisive(a) {
		return nil
	}
	g := env.Grants
	return access.Proved(g.Second, g.MustSecond || a.StepUp, g.SteppedUp)
}

// provedOn wants the same before an act that settles what somebody owes: who sees to it agrees or does not, or the owner's
// word is the last one.
func provedOn(verb string, o *procedure.Obligation, env Env) error {
	if verb == procedure.VerbFulfil && len(o.Confirm) > 0 {
		return nil
	}
	g := env.Grants
	return access.Proved(g.Second, g.MustSecond, g.SteppedUp)
}

// decisive says that an act signs, grants or refuses, or decides over others' requests.
func decisive(a *procedure.Action) bool {
	switch a.Kind {
	case "grant", "refuse", "conditional", "sign":
		return true
	}
	return slices.ContainsFunc(a.Effects, func(e *procedure.Effect) bool { return e.Kind == "decide" || e.Kind == "issue" })
}

// unseen answers for what there is not in the words for what is not the caller's to see: the two are not told apart.
func unseen(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.NotFound, "fault.not_found")
	}
	return err
}

const systemRole = "system"

// engine says that no person acts: the system, or a round's answer. A person whose role were called round is not one.
func (a Actor) engine() bool {
	return a.Role == systemRole || a.Role == procedure.RoundRole && a.Round != nil
}

func mayDo(a *procedure.Action, actor Actor) bool {
	if actor.OnBehalf != nil {
		return slices.Contains(a.OnBehalf, actor.Role) && slices.Contains(a.By, actor.OnBehalf.Role)
	}
	return slices.Contains(a.By, actor.Role)
}

func separated(d *procedure.Definition, s *State, a *procedure.Action, person string) error {
	if person == "" {
		return nil
	}
	for _, sep := range d.Separation {
		if !slices.Contains(sep.Actions, a.ID) {
			continue
		}
		for _, other := range sep.Actions {
			if other != a.ID && slices.Contains(s.Actors[other], person) {
				return fault.New(fault.Forbidden, "casework.separation", "rule", sep.Text)
			}
		}
	}
	return nil
}

// part asks whether who acts for an office has a part in the case's unit. Who speaks for the unit in its own post, and the
// machine, are not asked about.
func (r *run) part(s *State, env *Env) (err error) {
	a := env.Actor
	if s == nil || s.Unit == "" || a.Person == "" || a.engine() || access.UnitRole(a.Role) {
		return nil
	}
	env.Part, err = r.tx.PartOf(r.ctx, r.key.Province, s.Unit, a.Person, env.Now)
	return err
}

// impartial refuses every act of an office on a case of a unit that the officer has a part in: nobody examines, decides or
// confirms their own request, in whichever post. Not the kind of an act counts, for an opinion, a visit or a word entered
// from paper carries the decision as much as the signature. They may read the case and leave notes.
func impartial(env Env) error {
	if env.Part {
		return fault.New(fault.Forbidden, "casework.own_unit")
	}
	return nil
}

// delegated checks the delegation table: the actor must hold the scope.
func delegated(a *procedure.Action, env Env) error {
	if _, ok := env.Grants.Ceilings[a.Delegate]; a.Delegate != "" && !env.Actor.engine() && !ok {
		return fault.New(fault.Forbidden, "casework.no_delegation", "action", a.Title)
	}
	return nil
}

// withinCeiling checks that the act's amount, as its form and all that is computed of it have it, does not pass the ceiling of the
// actor's power.
func withinCeiling(s *State, a *procedure.Action, env Env) error {
	if err := delegated(a, env); err != nil || a.Delegate == "" || a.Ceiling == "" || env.Actor.engine() {
		return err
	}
	ceiling := env.Grants.Ceilings[a.Delegate]
	amount, known := s.Facts[a.Ceiling].V.(int64)
	if !known { // an amount that nobody knows is under no ceiling
		return fault.New(fault.Forbidden, "casework.ceiling_unknown", "ceiling", ceiling)
	}
	if amount > ceiling {
		return fault.New(fault.Forbidden, "casework.over_ceiling", "ceiling", ceiling, "amount", amount)
	}
	return nil
}

// bringsAmount says whether an act's own form asks for the amount that its ceiling is measured by, or for what that is computed of:
// nobody can say before whether it is within.
func bringsAmount(d *procedure.Definition, a *procedure.Action) bool {
	form := d.Form(a.Form)
	return form != nil && slices.ContainsFunc(d.Facts, func(f *procedure.Fact) bool { return asks(form, f.ID) && reads(d, a.Ceiling, f.ID) })
}
