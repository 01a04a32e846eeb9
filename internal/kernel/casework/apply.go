package casework

import (
	"maps"
	"slices"
)

// Apply folds one entry into a case and gives the new one; it evaluates no rule and changes nothing of the old. hash is
// the entry's leaf hash in hex. A nil state with an opening entry starts a case.
func Apply(old *State, e *Entry, hash string) *State {
	s := clone(old, e)
	s.Seq, s.Prev, s.Changed = e.Seq, hash, max(e.At, s.Changed)
	if raises(e.Kind) {
		s.Version++
	}
	if e.Action != "" && e.Kind != KindRefused {
		s.did(e.Action, e.Actor.Person)
	}
	for _, c := range e.Changes {
		s.fold(c, e)
	}
	return s
}

func (s *State) did(action, person string) {
	if person != "" && !slices.Contains(s.Actors[action], person) {
		s.Actors[action] = append(slices.Clone(s.Actors[action]), person)
	}
}

// raises says which entries a person's form must have seen: refused attempts and system entries are not
// among them, but for going over to another definition, which changes what may be done.
func raises(kind string) bool {
	switch kind {
	case KindOpened, KindActed, KindDraft, KindCorrect, KindImported, KindMigrated, KindObligation, KindOpinion:
		return true
	default:
		return false
	}
}

func clone(old *State, e *Entry) *State {
	if old == nil {
		return &State{
			Province: e.Province, ID: e.Case, Definition: e.Definition, Opened: e.At, Changed: e.At,
			Facts: map[string]Value{}, Parties: map[string]string{}, Spent: map[string]int64{},
			Clocks: map[string]*Ticking{}, Actors: map[string][]string{},
		}
	}
	s := *old
	s.Facts, s.Parties, s.Spent = maps.Clone(old.Facts), maps.Clone(old.Parties), maps.Clone(old.Spent)
	s.Clocks, s.Actors, s.Assigned = maps.Clone(old.Clocks), maps.Clone(old.Actors), maps.Clone(old.Assigned)
	s.Letters, s.Decisions = slices.Clone(old.Letters), slices.Clone(old.Decisions)
	s.Children, s.Published = slices.Clone(old.Children), slices.Clone(old.Published)
	s.Claims, s.Obligations, s.Opinions = slices.Clone(old.Claims), slices.Clone(old.Obligations), slices.Clone(old.Opinions)
	s.Draws = slices.Clone(old.Draws)
	s.Scorings, s.Rounds = slices.Clone(old.Scorings), cloneRounds(old.Rounds)
	return &s
}

func (s *State) fold(c Change, e *Entry) {
	switch {
	case c.Opened != nil:
		o := c.Opened
		s.Procedure, s.Unit, s.Subject, s.Parent = o.Procedure, o.Unit, o.Subject, o.Parent
		s.Sample, s.Imported = o.Sample, o.Imported
	case c.Fact != nil:
		s.Facts[c.Fact.Name] = c.Fact.Value
	case c.Stage != nil:
		s.Stage, s.Outcome = c.Stage.To, c.Stage.Outcome
	case c.Holder != nil:
		s.hold(*c.Holder)
	case c.Bind != nil:
		s.bind(*c.Bind)
	case c.Clock != nil:
		t := c.Clock.State
		s.Clocks[c.Clock.ID] = &t
	case c.Letter != nil:
		s.Letters = append(s.Letters, *c.Letter)
	case c.Decision != nil:
		s.Decisions = append(s.Decisions, *c.Decision)
	case c.Void != nil:
		s.void(*c.Void)
	case c.Reserve != nil:
		s.draw(*c.Reserve)
	case c.Scoring != nil:
		s.Scorings = append(s.Scorings, *c.Scoring)
	case c.Round != nil:
		s.foldRound(*c.Round, e)
	case c.Agenda != nil:
		s.Agenda = c.Agenda.Round
	case c.Claim != nil:
		s.claim(*c.Claim)
	case c.Opinion != nil:
		s.foldOpinion(*c.Opinion)
	case c.Obligation != nil:
		s.foldObligation(*c.Obligation)
	case c.Assigned != nil:
		s.assign(*c.Assigned)
	case c.Number != "":
		s.Number = c.Number
	case c.Child != nil:
		s.Children = append(s.Children, *c.Child)
	case c.Publish != "":
		if !slices.Contains(s.Published, c.Publish) {
			s.Published = append(s.Published, c.Publish)
		}
	case c.Alike != nil:
		s.Alike = c.Alike.Cases
	case c.Awaiting != nil:
		a := *c.Awaiting
		s.Awaiting = &a
	case c.Confirmed, c.Declined, c.Lapsed != nil:
		s.Awaiting = nil
	case c.Did != "":
		s.did(c.Did, e.Actor.Person)
	case c.Migrated != nil:
		s.Definition, s.Ask = c.Migrated.To, nil
	case c.Ask != nil:
		a := *c.Ask
		s.Ask = &a
	}
}

// hold hands the case over; the time since the last hand-over is the former holder's, so that the times by side sum to
// the elapsed time with no remainder (kernel.md 12).
func (s *State) hold(h Holder) {
	if s.Holder.Since > 0 && s.Holder.Side != "" {
		s.Spent[s.Holder.Side] += h.Since - s.Holder.Since
	}
	s.Holder = h
}

func (s *State) assign(a AssignChange) {
	if a.Person == "" {
		delete(s.Assigned, a.Role)
		return
	}
	if s.Assigned == nil {
		s.Assigned = map[string]string{}
	}
	s.Assigned[a.Role] = a.Person
}

func (s *State) bind(b BindChange) {
	if b.Subject == "" {
		delete(s.Parties, b.Relation)
		return
	}
	s.Parties[b.Relation] = b.Subject
}

func (s *State) void(v VoidChange) {
	for i, d := range slices.Backward(s.Decisions) {
		if d.Action != v.Action {
			continue
		}
		if v.Partial && d.Last {
			return
		}
		s.Decisions[i].Void = true
	}
	if v.Partial {
		return
	}
	s.voidDraws(v.Action)
	for i, g := range s.Scorings {
		if g.Action == v.Action {
			s.Scorings[i].Void = true
		}
	}
}

// SpentAt gives the time by side up to now, the present holder's included.
func (s *State) SpentAt(now int64) map[string]int64 {
	out := maps.Clone(s.Spent)
	if out == nil {
		out = map[string]int64{}
	}
	if s.Holder.Side != "" {
		out[s.Holder.Side] += max(0, now-s.Holder.Since)
	}
	return out
}
