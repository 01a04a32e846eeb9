package casework

import (
	"context"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// OpenerRelation binds a draft to the person who opened it. Who does not speak for the unit yet finds their own drafts by
// it, and nothing else of the unit's; it ends when the draft is handed in.
const OpenerRelation = "@opener"

// hear asks whether the caller's claim to speak for their unit is verified, in the transaction of what follows: what a
// session remembered does not count.
func (r *run) hear() (err error) {
	r.who, err = r.g.hear(r.ctx, r.tx, r.who)
	return err
}

// hear gives the caller with their voice as the registry has it now. A claim is for one post: who may act as the
// representative does not act as the one who leads the unit, and the post that an unverified claim gives says nothing.
func (g *Engine) hear(ctx context.Context, tx People, who Caller) (Caller, error) {
	grants := &who.Grants
	grants.Speaks = false
	if grants.Unit == "" {
		return who, nil
	}
	var err error
	today := day(g.Clock.Now().UnixMicro()).Civil()
	grants.Speaks, err = tx.MaySpeak(ctx, grants.Province, grants.Unit, grants.Person, who.Actor.Role, today)
	return who, err
}

// mute says that an actor would speak for a unit in their own name without a verified claim. An officer who enters the
// unit's word from paper speaks for the office.
func mute(d *procedure.Definition, a Actor, g Grants) bool {
	r := d.Role(a.Role)
	return a.OnBehalf == nil && r != nil && relationAs(d, r.Relation) == "unit" && !g.Speaks
}

// voiced refuses every act but a draft to who may not speak for the unit yet.
func (t *step) voiced() error { return voiced(t.d, t.env.Actor, t.env.Grants) }

func voiced(d *procedure.Definition, a Actor, g Grants) error {
	if mute(d, a, g) {
		return fault.New(fault.Forbidden, "casework.claim_needed")
	}
	return nil
}

// draftOf says whether a case is still the draft that a person opened.
func draftOf(d *procedure.Definition, s *State, person string) bool {
	st := startStage(d)
	return st != nil && s.Stage == st.ID && person != "" && slices.Contains(s.Actors[OpenAction], person)
}

// opener is who opened a case that is still a draft, "" afterwards.
func opener(d *procedure.Definition, s *State) string {
	for _, person := range s.Actors[OpenAction] {
		if draftOf(d, s, person) {
			return person
		}
	}
	return ""
}

// seesFact says whether the caller may read a fact. Who does not speak for the unit yet sees what was typed into the
// draft; what the registers know of the unit is not theirs to see.
func (l *looker) seesFact(f *procedure.Fact) bool {
	return SeesFact(l.d, l.role.ID, f) && (f.Source == procedure.SourceAsked || !l.mute())
}

func (l *looker) mute() bool { return mute(l.d, l.who.Actor, l.who.Grants) }

// partiesOf are the subjects a case is bound to, and of a draft its opener.
func partiesOf(d *procedure.Definition, s *State) map[string]string {
	person := opener(d, s)
	if person == "" {
		return s.Parties
	}
	out := maps.Clone(s.Parties)
	out[OpenerRelation] = person
	return out
}
