package casework

import (
	"maps"
	"slices"
	"strings"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// clocks lets every clock of the definition hear the act's events: stop first, then start, then pause or resume by the
// stage the case now stands in. A final stage stops what still runs.
func (t *step) clocks() error {
	final := false
	if st := t.d.Stage(t.s.Stage); st != nil {
		final = st.Final
	}
	for _, c := range t.d.Clocks {
		if t.d.OfObligations(c.ID) {
			continue
		}
		now := t.s.Clocks[c.ID]
		if now != nil && now.State != ClockStopped && (final || heard(c.Stop, t.events)) {
			t.stop(c, now)
		}
		if !final && heard(c.Start, t.events) {
			if err := t.start(c); err != nil {
				return err
			}
		}
		if err := t.pauseOrResume(c); err != nil {
			return err
		}
	}
	if err := t.consult(final); err != nil {
		return err
	}
	return t.obligations(final)
}

// ticking gives the clocks that may run in the case: those of the definition, and one of each obligation.
func (t *step) ticking() []*procedure.Clock {
	out := slices.Clone(t.d.Clocks)
	for _, o := range t.s.Obligations {
		if c := t.d.Clock(o.Key); c != nil {
			out = append(out, c)
		}
	}
	return out
}

func heard(wanted, events []procedure.Event) bool {
	return slices.ContainsFunc(wanted, func(w procedure.Event) bool {
		return slices.ContainsFunc(events, func(e procedure.Event) bool { return e.Kind == w.Kind && e.Name == w.Name })
	})
}

func (t *step) stop(c *procedure.Clock, now *Ticking) {
	next := *now
	next.State, next.Ended, next.Paused = ClockStopped, t.e.At, 0
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "stopped", State: next}})
}

func (t *step) start(c *procedure.Clock) error {
	cal, err := t.workdays(c)
	if err != nil {
		return err
	}
	round := 1
	if old := t.s.Clocks[c.ID]; old != nil {
		round = old.Round + 1
	}
	next := Ticking{State: ClockRunning, Started: t.e.At, From: t.e.At, N: c.Limit.N, Calendar: cal.Version(), Round: round}
	next.Due, next.Warn = dueOf(c, cal, next)
	t.used("calendar."+t.calendarID(c), cal.Version())
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "started", State: next}})
	return nil
}

func (t *step) pauseOrResume(c *procedure.Clock) error {
	now := t.s.Clocks[c.ID]
	if now == nil || now.Fixed || now.State != ClockRunning && now.State != ClockPaused {
		return nil
	}
	i := slices.IndexFunc(c.Pauses, func(p *procedure.Pause) bool { return slices.Contains(p.In, t.s.Stage) })
	if (i >= 0) == (now.State == ClockPaused) {
		return nil
	}
	cal, err := t.workdays(c)
	if err != nil {
		return err
	}
	if i >= 0 {
		next := paused(c, cal, *now, t.e.At, c.Pauses[i].Cause)
		t.add(Change{Clock: &ClockChange{ID: c.ID, What: "paused", State: next, Cause: next.Cause}})
		return nil
	}
	next := resumed(c, cal, *now, t.e.At)
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "resumed", State: next, Old: now.Due, Cause: now.Cause}})
	return nil
}

func (t *step) calendarID(c *procedure.Clock) string {
	if c.Calendar != "" {
		return c.Calendar
	}
	return t.d.Calendar
}

func (t *step) workdays(c *procedure.Clock) (*calendar.Calendar, error) {
	if cal := t.calendar(c); cal != nil {
		return cal, nil
	}
	return nil, fault.New(fault.Internal, "casework.no_calendar", "clock", c.ID)
}

func (t *step) calendar(c *procedure.Clock) *calendar.Calendar {
	return t.env.Calendars[t.calendarID(c)]
}

// StepClock decides what happens when a clock's warning or end has come: reminders, escalation, publication, a case that
// opens by itself, an act by the system. It gives nil when there is nothing to do any more. An
// act that cannot be done is the error; with it as env.Failed the clock ends without the act and says so.
func StepClock(d *procedure.Definition, s *State, clock string, env Env) (*Entry, error) {
	now := s.Clocks[clock]
	c := d.Clock(clock)
	if c == nil || now == nil || now.State != ClockRunning {
		return nil, nil
	}
	env.Actor = Actor{Person: "", Role: systemRole}
	t := begin(d, s, Command{Action: "", Key: "clock:" + clock}, env)
	t.e.Kind = KindClock
	switch {
	case env.Now >= now.Due:
		return t.e, t.breach(c, *now)
	case now.Warn > 0 && !now.Warned && env.Now >= now.Warn:
		next := *now
		next.Warned = true
		t.add(Change{Clock: &ClockChange{ID: c.ID, What: "warned", State: next}})
		t.remind(c)
		return t.e, nil
	default:
		return nil, nil
	}
}

// remind tells who has to act before a clock ends: the owner of an obligation, those asked for an opinion, else the holder.
func (t *step) remind(c *procedure.Clock) {
	told := []NotifyChange{{Role: t.s.Holder.Role}}
	if o := t.s.obligation(c.ID); o != nil {
		told = []NotifyChange{{Role: o.Owner, Subject: o.Subject}}
	}
	if asked := t.askedBy(c); len(asked) > 0 {
		told = asked
	}
	for _, n := range told {
		n.How, n.Text = ToldRemind, c.Title
		t.add(Change{Notify: &n})
	}
}

func (t *step) breach(c *procedure.Clock, now Ticking) error {
	next := now
	next.State, next.Ended, next.Breached, next.Warned = ClockBreach, t.e.At, now.Due, true
	next.Undone = t.env.Failed != nil && slices.ContainsFunc(c.Breach, func(b *procedure.Breach) bool { return b.Kind == "act" })
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "breached", State: next}})
	t.fallSilent(c)
	for _, b := range c.Breach {
		switch b.Kind {
		case "remind", "escalate":
			told := &NotifyChange{Role: b.Name, How: b.Kind, Text: c.Title}
			if o := t.s.obligation(c.ID); o != nil && o.Owner == b.Name {
				told.Subject = o.Subject // one bank's lateness is no other bank's
			}
			t.add(Change{Notify: told})
		case "publish":
			t.add(Change{Publish: b.Name})
		case "open":
			if err := t.open(&procedure.Effect{Kind: "open", Name: b.Name, Give: b.Give}); err != nil {
				return err
			}
		case "act":
			if t.env.Failed != nil {
				t.undone(b.Name)
				continue
			}
			if err := t.deem(b.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// deem lets the system act at the end of a clock.
func (t *step) deem(action string) error {
	a := t.d.Action(action)
	if a == nil || !slices.Contains(a.In, t.s.Stage) {
		return nil // the case has gone on: nothing to deem
	}
	t.e.Action = action
	t.lapse(action)
	t.refresh()
	t.compute()
	return t.carry(a)
}

// undone tells the holder, and who may correct what the case has recorded, that the system's act failed, and of what: the
// deadline has passed all the same, and a person must look.
func (t *step) undone(action string) {
	a := t.d.Action(action)
	if a == nil || !slices.Contains(a.In, t.s.Stage) {
		return
	}
	roles := []string{t.s.Holder.Role}
	if t.d.Correct != nil {
		roles = append(roles, t.d.Correct.By...)
	}
	text := locale.Of("casework.act_failed", map[string]any{"action": a.Title, "why": wordsOf(t.env.Failed)})
	for i, role := range roles {
		if role != "" && !slices.Contains(roles[:i], role) {
			t.add(Change{Notify: &NotifyChange{Role: role, How: ToldNotify, Text: text}})
		}
	}
}

// wordsOf says what is wrong, in whole sentences, without the values that it is about: what a case tells is kept in clear.
func wordsOf(f *fault.Fault) locale.Text {
	if len(f.Details) == 0 {
		args := maps.Clone(f.Args)
		if _, ok := args["value"]; ok {
			args["value"] = "…"
		}
		return sentence(locale.Of(f.Key, args))
	}
	var out locale.Text
	for _, d := range f.Details {
		w := wordsOf(d)
		out.FA, out.EN = strings.TrimSpace(out.FA+" "+w.FA), strings.TrimSpace(out.EN+" "+w.EN)
	}
	return out
}

// sentence ends a text with a full stop, where nothing else ends it: another one follows.
func sentence(t locale.Text) locale.Text {
	end := func(s string) string {
		if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") || strings.HasSuffix(s, "\u061F") {
			return s
		}
		return s + "."
	}
	return locale.Text{FA: end(t.FA), EN: end(t.EN)}
}

// lapse ends an act that awaited its confirmation: what the case came to meanwhile leaves nothing to confirm.
func (t *step) lapse(cause string) {
	if w := t.s.Awaiting; w != nil {
		t.add(Change{Lapsed: &LapseChange{Action: w.Action, Cause: cause}})
	}
}

// StepCalendar recomputes the running clocks of a case with a changed calendar; every moved deadline is a change with old,
// new and cause. A breach that fired stays fired. It gives nil when nothing moved.
func StepCalendar(d *procedure.Definition, s *State, cause string, env Env) (*Entry, error) {
	env.Actor = Actor{Role: systemRole}
	t := begin(d, s, Command{Key: "calendar:" + cause}, env)
	t.e.Kind = KindMoved
	for _, c := range t.ticking() {
		now := t.s.Clocks[c.ID]
		cal := t.calendar(c)
		if now == nil || now.State != ClockRunning || cal == nil || now.Calendar == cal.Version() || t.e.At >= now.Due {
			continue
		}
		next := *now
		next.Calendar = cal.Version()
		next.Due, next.Warn = dueOf(c, cal, next)
		if next.Due == now.Due {
			continue
		}
		t.add(Change{Clock: &ClockChange{ID: c.ID, What: "moved", State: next, Old: now.Due, Cause: cause}})
	}
	if len(t.e.Changes) == 0 {
		return nil, nil
	}
	return t.e, nil
}
