package casework

import (
	"context"
	"errors"
	"fmt"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Running lists the running cases of a definition.
type Running interface {
	// RunningOn gives ids after one, in order, of cases without outcome on a definition's hash.
	RunningOn(ctx context.Context, province, definition, after string, limit int) ([]string, error)
}

// MigrationTally counts what one look over an old version's running cases came to.
type MigrationTally struct{ Over, Asked, Left int }

// Migrate carries the running cases of an old definition over to a newer one that covers it, limit at a time, each in a
// transaction of its own; who was asked or went over before is passed by, so that it may run twice or on two nodes. A
// case that fails is told in the error and the others go on.
func (g *Engine) Migrate(ctx context.Context, province string, old, next *procedure.Definition, limit int) (MigrationTally, error) {
	var tally MigrationTally
	var failed []error
	for after := ""; ; {
		ids, err := g.runningOn(ctx, province, old.Hash, after, limit)
		if err != nil || len(ids) == 0 {
			return tally, errors.Join(append(failed, err)...)
		}
		for _, id := range ids {
			if err := g.migrate(ctx, province, id, next, &tally); err != nil {
				failed = append(failed, fmt.Errorf("migrate case %s: %w", id, err))
			}
		}
		after = ids[len(ids)-1]
	}
}

func (g *Engine) runningOn(ctx context.Context, province, definition, after string, limit int) (ids []string, err error) {
	err = g.Read(ctx, func(ctx context.Context, tx Reader) error {
		ids, err = tx.RunningOn(ctx, province, definition, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("running cases of %s: %w", definition, err)
	}
	return ids, nil
}

// migrate fires what was due first: a deadline that passed under the old version has passed.
func (g *Engine) migrate(ctx context.Context, province, id string, next *procedure.Definition, tally *MigrationTally) error {
	var kind string
	met := &trips{}
	try := func(ctx context.Context, tx Tx) error {
		kind = ""
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}, trips: met}
		s, old, err := r.load(id)
		if err != nil {
			return err
		}
		if s, err = r.overtake(old, s); err != nil {
			return err
		}
		env, err := r.env(next, s, nil, Command{})
		if err != nil {
			return err
		}
		e := StepMigration(old, next, s, env)
		if e == nil {
			return nil
		}
		kind = e.Kind
		_, err = r.write(r.standsOn(e, old, next), s, e)
		return err
	}
	err := g.Write(ctx, try)
	for met.learn(err) {
		err = g.Write(ctx, try)
	}
	if fault.Is(err, fault.Conflict) {
		return nil // somebody acted at the same instant: the next look comes to it again
	}
	switch {
	case err != nil:
	case kind == KindMigrated:
		tally.Over++
	case kind == KindAsked:
		tally.Asked++
	default:
		tally.Left++
	}
	return err
}

// standsOn gives the definition a case is on after an entry.
func (r *run) standsOn(e *Entry, old, next *procedure.Definition) *procedure.Definition {
	if e.Kind == KindMigrated {
		return next
	}
	return old
}

// decide steps a command, or the holder's answer to whether the case goes over, and gives the definition it is on then.
func (r *run) decide(d *procedure.Definition, s *State, c Command, env Env) (*Entry, *procedure.Definition, error) {
	if c.Action != MigrateAction && c.Action != StayAction || d.Action(c.Action) != nil {
		e, err := Step(d, s, c, env)
		return e, d, err
	}
	next := d
	if s.Ask != nil {
		var err error
		if next, err = r.g.Defs.ByHash(r.ctx, s.Ask.To); err != nil {
			return nil, nil, err
		}
		fresh, err := r.env(next, s, nil, Command{})
		if err != nil {
			return nil, nil, err
		}
		env.Registry = fresh.Registry
	}
	e, err := StepAnswer(d, next, s, c, env)
	if err != nil {
		return nil, nil, err
	}
	return e, r.standsOn(e, d, next), nil
}

// answers are the two buttons of the holder who is asked whether the case goes over.
func (l *looker) answers() []ActionView {
	if l.s.Ask == nil || l.s.Ask.Stays || !holds(l.s.Holder, l.who.Actor.Role, l.who.Grants) {
		return nil
	}
	var out []ActionView
	for _, id := range []string{StayAction, MigrateAction} {
		out = append(out, ActionView{ID: id, Title: locale.Of("casework.ask_"+id, map[string]any{"version": l.s.Ask.Version}), Kind: id, Note: "none"})
	}
	return out
}

// formerly are the older definitions a case's entries were made by: their stages and acts keep their names in its history.
func (r *run) formerly(s *State, log []LogEntry) (out []*procedure.Definition, err error) {
	seen := map[string]bool{s.Definition: true}
	for _, le := range log {
		if h := le.Leaf.Definition; !seen[h] {
			seen[h] = true
			d, err := r.g.Defs.ByHash(r.ctx, h)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}
