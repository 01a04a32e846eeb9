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
// looked at; deadlines are rows, so a wake-up that comes late, twice or on two nodes changes nothing. Behind clocks that
// cannot end now it looks further: they must not keep others from ending.
func (g *Engine) Wake(ctx context.Context, limit int) (int, error) {
	now := g.Clock.Now().UnixMicro()
	looked, stood := 0, map[Deadline]bool{}
	var failed []error
	for further := true; further; {
		var due []Deadline
		if err := g.Read(ctx, func(ctx context.Context, r Reader) error {
			var err error
			due, err = r.DueClocks(ctx, now, limit+len(stood))
			return err
		}); err != nil {
			return looked, errors.Join(append(failed, fmt.Errorf("due clocks: %w", err))...)
		}
		full := len(due) == limit+len(stood)
		due = slices.DeleteFunc(due, func(d Deadline) bool { return stood[d] })
		looked, further = looked+len(due), false
		for _, d := range due {
			err := g.fire(ctx, d)
			if err == nil {
				continue
			}
			failed = append(failed, fmt.Errorf("clock %s of case %s: %w", d.Clock, d.Case, err))
			if errors.As(err, new(*stuck)) {
				stood[d], further = true, full
			}
		}
	}
	return looked, errors.Join(failed...)
}

// fire ends a clock; where the system's act at its end fails, it ends without the act.
func (g *Engine) fire(ctx context.Context, d Deadline) error {
	met := &trips{}
	for {
		acts := false
		err := g.system(ctx, d.Province, d.Case, func(r *run, s *State, env Env) (*Entry, error) {
			def, err := g.Defs.ByHash(r.ctx, s.Definition)
			if err != nil {
				return nil, err
			}
			r.trips = met
			e, err := r.tick(def, s, d.Clock, env)
			acts = e != nil && e.Action != ""
			return e, err
		})
		err = stuckAt(d.Clock, acts, err)
		if !met.learn(err) || met.passes(d.Clock) {
			return err
		}
	}
}

// tick decides what a due clock does, with what its consequences need.
func (r *run) tick(def *procedure.Definition, s *State, clock string, env Env) (*Entry, error) {
	acts := false
	env.Failed = r.trips.failed(clock)
	if c := def.Clock(clock); c != nil {
		for _, b := range c.Breach {
			if b.Kind == "open" {
				env.ChildIDs = append(env.ChildIDs, r.g.NewID())
			}
			if a := def.Action(b.Name); b.Kind == "act" && a != nil && env.Failed == nil && deems(s, clock, a, env.Now) {
				acts = true
				if err := r.supplies(def, s, a, Command{}, &env); err != nil {
					return nil, stuckAt(clock, true, unasked(err))
				}
			}
		}
	}
	e, err := StepClock(def, s, clock, env)
	if f, ok := fault.As(err); ok {
		return nil, &stuck{clock, acts, f}
	}
	return e, err
}

// unasked says of an act at a clock's end that it takes what only a person's act asks a register for.
func unasked(err error) error {
	if want := (*wanting)(nil); errors.As(err, &want) {
		for _, fact := range slices.Sorted(maps.Keys(want.from)) {
			return fault.New(fault.Refused, "casework.no_register", "register", want.from[fact])
		}
	}
	return err
}

// system is the system in the same transaction, at the same time.
func (r *run) system() *run {
	return &run{g: r.g, ctx: r.ctx, tx: r.tx, who: System(r.key.Province), key: r.key, hash: r.hash, received: r.received, trips: r.trips}
}

// overtake fires what had been due before an act, the earliest first: that a wake-up comes late must not let an act pass a
// deadline unseen (kernel.md 17). A clock that cannot end is left to the waker, and refuses no act of anybody.
func (r *run) overtake(d *procedure.Definition, s *State) (*State, error) {
	sys := r.system()
	now := r.now()
	for range len(s.Clocks) {
		id := earliestDue(s, now, r.trips)
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
			return nil, stuckAt(id, e.Action != "", err)
		}
	}
	return s, nil
}

func earliestDue(s *State, now int64, met *trips) string {
	id, due := "", now+1
	for _, name := range slices.Sorted(maps.Keys(s.Clocks)) {
		if c := s.Clocks[name]; c.State == ClockRunning && c.Due < due && !met.passes(name) {
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
	if fault.Is(err, fault.Conflict) && !errors.As(err, new(*shortfall)) {
		return nil // somebody acted at the same instant: the next wake-up looks again
	}
	return err
}
