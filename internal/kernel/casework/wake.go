package casework

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/procedure"
)

// Wake fires the clocks that are due: at most limit of them, each in a transaction of its own. It returns how many it
// looked at; deadlines are rows, so a wake-up that comes late, twice or on two nodes changes nothing.
func (g *Engine) Wake(ctx context.Context, limit int) (int, error) {
	now := g.Clock.Now().UnixMicro()
	var due []Deadline
	if err := g.Read(ctx, func(ctx context.Context, r Reader) error {
		var err error
		due, err = r.DueClocks(ctx, now, limit)
		return err
	}); err != nil {
		return 0, fmt.Errorf("due clocks: %w", err)
	}
	var failed []error
	for _, d := range due {
		if err := g.fire(ctx, d); err != nil {
			failed = append(failed, fmt.Errorf("clock %s of case %s: %w", d.Clock, d.Case, err))
		}
	}
	return len(due), errors.Join(failed...)
}

func (g *Engine) fire(ctx context.Context, d Deadline) error {
	return g.system(ctx, d.Province, d.Case, func(r *run, s *State, env Env) (*Entry, error) {
		def, err := g.Defs.ByHash(r.ctx, s.Definition)
		if err != nil {
			return nil, err
		}
		return r.tick(def, s, d.Clock, env)
	})
}

// tick decides what a due clock does, with what its consequences need.
func (r *run) tick(def *procedure.Definition, s *State, clock string, env Env) (*Entry, error) {
	if c := def.Clock(clock); c != nil {
		for _, b := range c.Breach {
			if b.Kind == "open" {
				env.ChildIDs = append(env.ChildIDs, r.g.NewID())
			}
			if a := def.Action(b.Name); b.Kind == "act" && a != nil && deems(s, clock, a, env.Now) {
				if err := r.supplies(def, s, a, Command{}, &env); err != nil {
					return nil, err
				}
			}
		}
	}
	return StepClock(def, s, clock, env)
}

// overtake fires what had been due before an act, the earliest first: that a wake-up comes late must not let an act pass a
// deadline unseen (kernel.md 17).
func (r *run) overtake(d *procedure.Definition, s *State) (*State, error) {
	sys := &run{g: r.g, ctx: r.ctx, tx: r.tx, who: System(r.key.Province), key: r.key, hash: r.hash, received: r.received}
	now := r.now()
	for range len(s.Clocks) {
		id := earliestDue(s, now)
		if id == "" {
			break
		}
		env, err := sys.env(d, s, nil, Command{})
		if err != nil {
			return nil, err
		}
		e, err := sys.tick(d, s, id, env)
		if err != nil || e == nil {
			return s, err
		}
		if s, err = sys.write(d, s, e); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func earliestDue(s *State, now int64) string {
	id, due := "", now+1
	for _, name := range slices.Sorted(maps.Keys(s.Clocks)) {
		if c := s.Clocks[name]; c.State == ClockRunning && c.Due < due {
			id, due = name, c.Due
		}
	}
	return id
}

// deems says whether a clock's end, not its warning, has come in a stage where the system's act is still open: numbers
// drawn for anything else would leave gaps.
func deems(s *State, clock string, a *procedure.Action, now int64) bool {
	c := s.Clocks[clock]
	return c != nil && c.State == ClockRunning && now >= c.Due && slices.Contains(a.In, s.Stage)
}

// Recalendar recomputes the running clocks of a case after a change of the calendar; cause says which. It tells how many
// deadlines moved.
func (g *Engine) Recalendar(ctx context.Context, province, id, cause string) (moved int, err error) {
	err = g.system(ctx, province, id, func(r *run, s *State, env Env) (*Entry, error) {
		def, err := g.Defs.ByHash(r.ctx, s.Definition)
		if err != nil {
			return nil, err
		}
		e, err := StepCalendar(def, s, cause, env)
		moved = moves(e)
		return e, err
	})
	return moved, err
}

// Forecast tells how many deadlines of a case would move under other calendars, and the case's number. It writes nothing.
func (g *Engine) Forecast(ctx context.Context, province, id string, cals map[string]*calendar.Calendar) (number string, n int, err error) {
	err = g.Read(ctx, func(ctx context.Context, r Reader) error {
		raw, err := r.LoadCase(ctx, province, id)
		if err != nil {
			return err
		}
		s, err := sealer{ctx: ctx, keys: r.Keys(), province: province, id: id}.state(raw)
		if err != nil {
			return err
		}
		def, err := g.Defs.ByHash(ctx, s.Definition)
		if err != nil {
			return err
		}
		e, err := StepCalendar(def, s, "", Env{Now: g.Clock.Now().UnixMicro(), Calendars: cals})
		number, n = s.Number, moves(e)
		return err
	})
	return number, n, err
}

func moves(e *Entry) int {
	if e == nil {
		return 0
	}
	return len(e.Changes)
}

// system writes one entry of the system on a case, when there is one.
func (g *Engine) system(ctx context.Context, province, id string, decide func(*run, *State, Env) (*Entry, error)) error {
	who := System(province)
	err := g.Write(ctx, func(ctx context.Context, tx Tx) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: who, key: ReplayKey{Province: province}}
		s, d, err := r.load(id)
		if err != nil {
			return err
		}
		env, err := r.env(d, s, nil, Command{})
		if err != nil {
			return err
		}
		e, err := decide(r, s, env)
		if err != nil || e == nil {
			return err
		}
		_, err = r.write(d, s, e)
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return nil // somebody acted at the same instant: the next wake-up looks again
	}
	return err
}
