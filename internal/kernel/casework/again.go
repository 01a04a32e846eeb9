package casework

import (
	"errors"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
)

// AgainVerb is the kernel's own act "again:CLOCK": an officer has the system try once more what it could not do at a deadline. The
// officer's word and the system's act are two entries of one transaction, so that nobody counts as having done the system's act.
const AgainVerb = "again"

func againAt(action string) (clock string, ok bool) { return strings.CutPrefix(action, AgainVerb+":") }

// undoneAt gives the system's acts that a deadline passed without; none where the case has gone on, or somebody did what the
// deadline was for.
func undoneAt(d *procedure.Definition, s *State, clock string) (out []*procedure.Action) {
	now, c := s.Clocks[clock], d.Clock(clock)
	if now == nil || c == nil || !now.Undone || now.State != ClockBreach {
		return nil
	}
	for _, b := range c.Breach {
		if a := d.Action(b.Name); b.Kind == "act" && a != nil && slices.Contains(a.In, s.Stage) {
			out = append(out, a)
		}
	}
	return out
}

// mayAgain lets an officer who sees the case have the system try again, in their own name alone.
func mayAgain(a Actor) error {
	if a.OnBehalf != nil || !access.Allows(a.Role, "cases", "again") {
		return fault.New(fault.Forbidden, "casework.again_not_yours")
	}
	return nil
}

// again is an officer's word that what kept the system's act is mended.
func (t *step) again(clock string) (*Entry, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	if err := impartial(t.env); err != nil {
		return nil, err
	}
	if err := mayAgain(t.env.Actor); err != nil {
		return nil, err
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if t.s.Awaiting != nil {
		return nil, fault.New(fault.Refused, "casework.awaiting")
	}
	acts := undoneAt(t.d, t.s, clock)
	if len(acts) == 0 {
		return nil, fault.New(fault.Refused, "casework.nothing_undone")
	}
	for _, a := range acts {
		if err := proved(a, t.env); err != nil {
			return nil, err
		}
	}
	if text := strings.TrimSpace(t.cmd.Note); text != "" {
		t.setNote(text)
	}
	return t.e, nil
}

// StepAgain decides the system's acts that a deadline passed without. An act that still cannot be done is the error.
func StepAgain(d *procedure.Definition, s *State, clock string, env Env) (*Entry, error) {
	env.Actor = Actor{Role: systemRole}
	t := begin(d, s, Command{Key: "clock:" + clock}, env)
	t.e.Kind = KindClock
	acts := undoneAt(d, s, clock)
	done := *s.Clocks[clock]
	done.Undone = false
	t.add(Change{Clock: &ClockChange{ID: clock, What: "done", State: done}})
	for _, a := range acts {
		if err := t.deem(a.ID); err != nil {
			return nil, err
		}
	}
	return t.e, nil
}

// again has the system try; what keeps its act is a refusal, with which the whole command is undone.
func (r *run) again(d *procedure.Definition, s *State, clock string) (*State, error) {
	sys := r.system()
	acts := undoneAt(d, s, clock)
	env, err := sys.env(d, s, nil, Command{})
	for _, a := range acts {
		if err == nil {
			err = unasked(sys.supplies(d, s, a, Command{}, &env))
		}
	}
	var e *Entry
	if err == nil {
		e, err = StepAgain(d, s, clock, env)
	}
	if err == nil {
		s, err = sys.write(d, s, e)
	}
	if still := (*stuck)(nil); errors.As(stuckAt(clock, true, err), &still) {
		return nil, fault.New(fault.Refused, "casework.again_failed", "action", acts[0].Title, "why", wordsOf(still.fault))
	}
	r.state = sys.state
	return s, err
}

// undone offers to have the system try again what it could not do at deadlines.
func (l *looker) undone() (out []ActionView) {
	if mayAgain(l.who.Actor) != nil {
		return nil
	}
	for _, c := range l.d.Clocks {
		acts := undoneAt(l.d, l.s, c.ID)
		if len(acts) == 0 {
			continue
		}
		v := ActionView{ID: AgainVerb + ":" + c.ID, Title: againTitle(acts[0].Title), Kind: AgainVerb, Note: "optional"}
		v.Prove = slices.ContainsFunc(acts, func(a *procedure.Action) bool { return proved(a, l.env) != nil })
		out = append(out, v)
	}
	return out
}

func againTitle(action locale.Text) locale.Text {
	return locale.Of("casework.again", map[string]any{"action": action})
}

// againAt names in the timeline what was to be tried again at a clock.
func (l *looker) againAt(clock string) locale.Text {
	if c := l.d.Clock(clock); c != nil {
		return againTitle(c.Title)
	}
	return againTitle(locale.Text{FA: clock, EN: clock})
}
