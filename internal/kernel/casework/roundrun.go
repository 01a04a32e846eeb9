package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// RoundTopic is the outbox topic of a round's answers; the payload is a RoundMessage.
const RoundTopic = "round"

// RoundMessage asks for one member's answer to be carried out.
type RoundMessage struct {
	Round  string `json:"round"`
	Member string `json:"member"`
}

// listings finds the members of the rounds that an act will freeze.
func (r *run) listings(d *procedure.Definition, a *procedure.Action, env *Env) error {
	for _, ef := range a.Effects {
		round := d.Round(ef.Name)
		if ef.Kind != procedure.EffectFreeze || round == nil {
			continue
		}
		list, err := r.listing(round)
		if err != nil {
			return err
		}
		if env.Listings == nil {
			env.Listings = map[string]Listing{}
		}
		env.Listings[round.ID] = list
	}
	return nil
}

// listing loads the open cases that may be listed, in order of id: two rounds that freeze at once wait for one another.
func (r *run) listing(round *procedure.Round) (Listing, error) {
	var out Listing
	of, err := r.g.Defs.At(r.ctx, round.Of, r.now())
	if err != nil {
		return out, err
	}
	out.Columns = columnsOf(of, round)
	ids, err := r.standing(round)
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		s, d, err := r.load(id)
		if err != nil {
			return out, err
		}
		if s.Outcome == "" && slices.Contains(round.In, s.Stage) {
			out.Cases = append(out.Cases, listed(d, s, round))
		}
	}
	return out, nil
}

// standing gives the ids of the open cases in the round's stages.
func (r *run) standing(round *procedure.Round) ([]string, error) {
	q := Query{
		Province: r.key.Province, Scopes: []Scope{{Procedure: round.Of}}, Procedure: round.Of, Stages: round.In, Open: true,
		Sort: "opened", Limit: maxPage,
	}
	var ids []string
	for {
		page, err := r.tx.ListCases(r.ctx, q)
		if err != nil {
			return nil, fmt.Errorf("members of round %s: %w", round.ID, err)
		}
		for _, row := range page.Rows {
			ids = append(ids, row.ID)
		}
		if q.After = page.Next; page.Next == "" {
			slices.Sort(ids)
			return ids, nil
		}
	}
}

func columnsOf(of *procedure.Definition, round *procedure.Round) []Column {
	var out []Column
	for _, id := range round.Copied() {
		if f := of.Fact(id); f != nil {
			out = append(out, Column{Fact: f.ID, Title: f.Title, Type: f.Type, Options: f.Options})
		}
	}
	return out
}

// listed copies what a round may know of a case: by the case's own definition, whatever it calls personal stays behind.
func listed(d *procedure.Definition, s *State, round *procedure.Round) Listed {
	out := Listed{
		Case: s.ID, Number: s.Number, Version: s.Version, Seq: s.Seq, Facts: map[string]Value{},
		Busy: s.Agenda != nil || s.Awaiting != nil,
	}
	names := round.Copied()
	for theirs := range round.Same {
		names = append(names, theirs)
	}
	for _, name := range names {
		f := d.Fact(name)
		if v, ok := s.Facts[name]; ok && f != nil && f.Personal == nil && v.Sealed == nil {
			v.By, v.Verified = "", ""
			out.Facts[name] = v
		}
	}
	return out
}

// round does what a change of a round means outside its own case: agendas and messages.
func (r *run) round(s *State, e *Entry, i int, c *RoundChange) error {
	round := s.round(c.ID)
	switch {
	case c.Frozen != nil:
		ref, err := r.refOf(s, round)
		if err != nil {
			return err
		}
		return r.agendas(round, KindListed, &ref)
	case c.Dropped:
		return r.agendas(round, KindUnlisted, nil)
	case c.Issued != nil:
		for _, m := range round.Members {
			if err := r.enqueue(s, e, i, RoundTopic, RoundMessage{Round: round.ID, Member: m.Case}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) refOf(s *State, round *Round) (RoundRef, error) {
	d, err := r.g.Defs.ByHash(r.ctx, s.Definition)
	if err != nil {
		return RoundRef{}, err
	}
	ref := RoundRef{Case: s.ID, Number: s.Number, Round: round.ID, At: round.Frozen, Persons: round.Signed}
	if def := d.Round(round.ID); def != nil {
		ref.Title = def.Title
	}
	return ref, nil
}

// agendas tells every member, in order of id, that it is on the round's agenda or no longer.
func (r *run) agendas(round *Round, kind string, ref *RoundRef) error {
	ids := make([]string, 0, len(round.Members))
	for _, m := range round.Members {
		ids = append(ids, m.Case)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := r.agenda(id, kind, ref); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) agenda(id, kind string, ref *RoundRef) error {
	return r.mark(id, func(_ *State, t *step) {
		t.e.Kind = kind
		t.add(Change{Agenda: &Agenda{Round: ref}})
	})
}

// mark writes an entry of the engine's own on a case. It raises no version: nobody's form is made stale by it.
func (r *run) mark(id string, change func(*State, *step)) error {
	sys := &run{g: r.g, ctx: r.ctx, tx: r.tx, who: System(r.key.Province), key: r.key, hash: r.hash, received: r.received}
	s, d, err := sys.load(id)
	if err != nil {
		return err
	}
	env := Env{Now: r.now(), Actor: sys.who.Actor, Grants: sys.who.Grants, EntryID: r.g.NewID()}
	t := begin(d, s, Command{Key: r.key.Key}, env)
	change(s, t)
	_, err = sys.write(d, s, t.e)
	return err
}

// CarryRound carries out the answer on one member and records in the round what came of it. It can be called again at any
// time, by anybody: the command has one key, and what has landed is not touched.
func (g *Engine) CarryRound(ctx context.Context, province, roundCase string, m RoundMessage) error {
	who, cmd, err := g.roundCommand(ctx, province, roundCase, m)
	if err != nil || cmd.Key == "" {
		return err
	}
	landing := Landing{Done: true}
	if _, err := g.Act(ctx, who, cmd); err != nil {
		if !final(err) {
			return err // the outcome is unknown: the outbox asks again with the same key
		}
		f, _ := fault.As(err)
		landing = Landing{Fault: f.Key, Text: locale.Of(f.Key, f.Args)}
	}
	return g.land(ctx, province, roundCase, m, landing)
}

// final says that a member's answer will fail the same way whenever it is tried.
func final(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Refused, fault.Forbidden:
		return true
	}
	f, ok := fault.As(err)
	return ok && f.Key == "store.balance_short"
}

// roundCommand is the one command of a member: the same each time it is made. It is empty once the member has landed.
func (g *Engine) roundCommand(ctx context.Context, province, roundCase string, m RoundMessage) (Caller, Command, error) {
	who := Caller{Grants: Grants{Province: province}}
	var cmd Command
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: province}}
		s, d, err := r.load(roundCase)
		if err != nil {
			return err
		}
		round, def := s.round(m.Round), d.Round(m.Round)
		if round == nil || def == nil || round.Issued == 0 {
			return fault.New(fault.NotFound, "casework.no_round", "round", m.Round)
		}
		i := slices.IndexFunc(round.Members, func(x Member) bool { return x.Case == m.Member })
		if i < 0 || round.Members[i].Result != nil {
			return nil
		}
		ref, err := r.refOf(s, round)
		if err != nil {
			return err
		}
		note, _ := round.Members[i].Note.V.(string)
		who.Actor = Actor{Role: procedure.RoundRole, Round: &ref}
		cmd = Command{
			Key: "round:" + roundCase + ":" + m.Member, Case: m.Member, Action: def.Answer(round.Members[i].Answer).Action, Note: note,
		}
		return nil
	})
	return who, cmd, err
}

// land records what came of a member, and takes a member that the answer did not reach off the agenda.
func (g *Engine) land(ctx context.Context, province, roundCase string, m RoundMessage, landing Landing) error {
	return g.Write(ctx, func(ctx context.Context, tx Tx) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province, Key: "round:" + roundCase + ":" + m.Member}}
		s, _, err := r.load(roundCase)
		if err != nil {
			return err
		}
		round := s.round(m.Round)
		if i := slices.IndexFunc(round.Members, func(x Member) bool { return x.Case == m.Member }); i < 0 || round.Members[i].Result != nil {
			return nil
		}
		if err := r.mark(roundCase, func(_ *State, t *step) {
			t.e.Kind, landing.At = KindLanded, t.e.At
			t.add(Change{Round: &RoundChange{ID: m.Round, Landed: &MemberLanding{Case: m.Member, Landing: landing}}})
		}); err != nil {
			return err
		}
		if landing.Done {
			return nil // its own act took it off
		}
		member, _, err := r.load(m.Member)
		if err != nil || member.Agenda == nil || member.Agenda.Case != roundCase {
			return err
		}
		return r.agenda(m.Member, KindUnlisted, nil)
	})
}

// ParseRoundMessage reads the payload of a message of RoundTopic.
func ParseRoundMessage(payload []byte) (RoundMessage, error) {
	var m RoundMessage
	if err := json.Unmarshal(payload, &m); err != nil || m.Round == "" || m.Member == "" {
		return m, fault.New(fault.Invalid, "casework.round_message")
	}
	return m, nil
}
