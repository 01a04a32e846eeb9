package casework

import (
	"maps"
	"slices"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Entries of a case's way to a newer definition.
const (
	KindMigrated = "migrated" // went over; raises the version: forms drawn before show questions and ways that are gone
	KindAsked    = "asked"    // its holder must say whether it goes over
	KindStayed   = "stayed"   // its holder kept it on its definition
)

// The holder's two answers to Ask.
const (
	MigrateAction = "migrate"
	StayAction    = "stay"
)

// MigrateChange puts a case on another definition; From and To are hashes.
type MigrateChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Ask is the open question whether a case goes over to the definition To; Stays once its holder said no.
type Ask struct {
	To      string      `json:"to"`
	Version string      `json:"version"`
	Since   int64       `json:"since"`
	Reasons []AskReason `json:"reasons,omitempty"` // none: the procedure asks for this group
	Stays   bool        `json:"stays,omitempty"`
}

// AskReason is one thing that would not come over as it is. What: fact (its value cannot be read as the new type), clock
// (it would be late at once), obligation (nobody would be held to it any more), awaiting (the act that waits for confirmation is gone), stage (the new version lacks it).
type AskReason struct {
	What  string      `json:"what"`
	ID    string      `json:"id"`
	Title locale.Text `json:"title"`
}

// Crossing is what going over to another definition comes to for one case. Entry is nil where it cannot go over at all.
type Crossing struct {
	Mode    string // pin, forward, ask
	Reasons []AskReason
	Entry   *Entry
	After   *State // as it would stand
}

// Cross works out how a running case of old comes over to next, which must cover old's version. It is pure and folds
// into nothing: what it gives is as true for a dry run as for the real thing.
func Cross(old, next *procedure.Definition, s *State, env Env) Crossing {
	m := next.Migration
	out := Crossing{Mode: m.Mode(s.Stage, decided(s)), Reasons: obstacles(old, next, s)}
	if next.Stage(m.Stage(s.Stage)) == nil {
		out.Mode = procedure.MigrateAsk
		return out
	}
	t := begin(next, s, Command{Key: "migration:" + next.Hash}, env)
	t.e.Kind = KindMigrated
	late := t.cross(old)
	out.Reasons = append(out.Reasons, late...)
	if len(out.Reasons) > 0 && out.Mode == procedure.MigrateForward {
		out.Mode = procedure.MigrateAsk
	}
	out.Entry, out.After = t.e, t.s
	return out
}

func decided(s *State) bool {
	return slices.ContainsFunc(s.Decisions, func(d Decision) bool { return !d.Void })
}

// obstacles names what would be lost if the case went over without anybody looking.
func obstacles(old, next *procedure.Definition, s *State) (out []AskReason) {
	to := next.Migration.Stage(s.Stage)
	if next.Stage(to) == nil {
		out = append(out, AskReason{What: "stage", ID: to, Title: stageName(old, s.Stage)})
	}
	for _, f := range old.Facts {
		if v := s.Facts[f.ID].V; v != nil && v != Erased && !carries(f, next.Fact(f.ID), v) {
			out = append(out, AskReason{What: "fact", ID: f.ID, Title: f.Title})
		}
	}
	for _, o := range s.Obligations {
		if ob := old.ObligationOf(o.Key); o.standing() && ob != nil && next.ObligationOf(o.Key) == nil {
			out = append(out, AskReason{What: "obligation", ID: o.Key, Title: ob.Title})
		}
	}
	if s.Awaiting != nil && s.Awaiting.Action != CorrectAction && next.Action(s.Awaiting.Action) == nil {
		out = append(out, AskReason{What: "awaiting", ID: s.Awaiting.Action, Title: actionName(old, s.Awaiting.Action)})
	}
	return out
}

func stageName(d *procedure.Definition, id string) locale.Text {
	if st := d.Stage(id); st != nil {
		return st.Title
	}
	return locale.Text{FA: id, EN: id}
}

func actionName(d *procedure.Definition, id string) locale.Text {
	if a := d.Action(id); a != nil {
		return a.Title
	}
	return locale.Text{FA: id, EN: id}
}

// carries says whether a value means the same to the new fact. A fact the new version dropped keeps its value unread; what
// is computed or read from a register is taken anew.
func carries(old, next *procedure.Fact, v any) bool {
	if next == nil || next.Source == procedure.SourceComputed || next.Source == procedure.SourceRegistry {
		return true
	}
	if old.Type != next.Type {
		return false
	}
	if code, ok := v.(string); ok && next.Type == "choice" && len(next.Options) > 0 {
		return slices.ContainsFunc(next.Options, func(o procedure.Option) bool { return o.Code == code })
	}
	return sameColumns(old.Columns, next.Columns)
}

// sameColumns holds when every column that both tables have is of one type.
func sameColumns(old, next []*procedure.Fact) bool {
	types := map[string]string{}
	for _, c := range next {
		types[c.ID] = c.Type
	}
	return !slices.ContainsFunc(old, func(c *procedure.Fact) bool { return types[c.ID] != "" && types[c.ID] != c.Type })
}

// cross makes the entry's changes: definition, facts that cannot be read, stage, voided decisions, clocks, holder. It
// names the clocks that would be late on arrival.
func (t *step) cross(old *procedure.Definition) []AskReason {
	m, from := t.d.Migration, t.s.Stage
	t.add(Change{Migrated: &MigrateChange{From: old.Hash, To: t.d.Hash}})
	t.unread(old)
	if to := m.Stage(from); to != from {
		t.add(Change{Stage: &StageChange{From: from, To: to, Outcome: t.d.Stage(to).Outcome}})
	}
	for _, a := range m.Voided {
		if slices.ContainsFunc(t.s.Decisions, func(d Decision) bool { return d.Action == a && !d.Void }) {
			t.add(Change{Void: &VoidChange{Action: a, Cause: KindMigrated}})
		}
	}
	t.refresh()
	t.compute()
	late := t.crossClocks(old, from)
	t.handOver()
	return late
}

// unread makes what the new type cannot read unknown, so that it is asked again; the journal keeps what was said.
func (t *step) unread(old *procedure.Definition) {
	for _, f := range old.Facts {
		if v, ok := t.s.Facts[f.ID]; ok && v.V != nil && v.V != Erased && !carries(f, t.d.Fact(f.ID), v.V) {
			t.add(Change{Fact: &FactChange{Name: f.ID, Value: Value{Source: procedure.SourceSystem, From: KindMigrated, AsOf: t.e.At}}})
		}
	}
}

// crossClocks gives running clocks the new limits, counted from where they were counted before; a clock that is gone
// stops, and one that is new and starts with the stage starts now.
func (t *step) crossClocks(old *procedure.Definition, from string) (late []AskReason) {
	for _, id := range slices.Sorted(maps.Keys(t.s.Clocks)) {
		now, c := t.s.Clocks[id], t.d.Clock(id)
		switch {
		case now.State == ClockStopped || now.State == ClockBreach && c != nil:
		case c == nil || t.final():
			t.stop(&procedure.Clock{ID: id}, now)
		default:
			if t.relimit(old.Clock(id), c, *now) {
				late = append(late, AskReason{What: "clock", ID: id, Title: c.Title})
			}
			if t.pauseOrResume(c) != nil { // no calendar to count by: a person must look
				late = append(late, AskReason{What: "clock", ID: id, Title: c.Title})
			}
		}
	}
	return append(late, t.newClocks(old, from)...)
}

func (t *step) final() bool {
	st := t.d.Stage(t.s.Stage)
	return st != nil && st.Final
}

// relimit moves a clock's end to the new limit; it is true when an end that lay ahead would lie behind.
func (t *step) relimit(old, c *procedure.Clock, now Ticking) bool {
	cal := t.calendar(c)
	if cal == nil || old == nil {
		return false
	}
	next := now
	next.Calendar = cal.Version()
	if old.Limit.Unit == c.Limit.Unit {
		next.N = max(0, now.N+c.Limit.N-old.Limit.N)
	} else {
		next.From, next.N, next.Shift = now.Started, c.Limit.N, 0
	}
	ends := next
	if now.State == ClockPaused {
		ends = resumed(c, cal, next, t.e.At) // what is left counts on from the resumption
	}
	next.Due, next.Warn = dueOf(c, cal, ends)
	if next.Due == now.Due && next.Warn == now.Warn && next.N == now.N {
		return false
	}
	next.Warned = now.Warned && next.Warn <= t.e.At
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "moved", State: next, Old: now.Due, Cause: KindMigrated}})
	return next.Due <= t.e.At && now.Due > t.e.At
}

// newClocks starts the clocks that the old version did not have, or that begin with a stage the case is put into.
func (t *step) newClocks(old *procedure.Definition, from string) (failed []AskReason) {
	entered := []procedure.Event{{Kind: "enter", Name: t.s.Stage}}
	for _, c := range t.d.Clocks {
		if t.final() || !heard(c.Start, entered) || old.Clock(c.ID) != nil && t.s.Stage == from {
			continue
		}
		if now := t.s.Clocks[c.ID]; now != nil && now.State != ClockStopped {
			continue
		}
		if t.start(c) != nil || t.pauseOrResume(c) != nil {
			failed = append(failed, AskReason{What: "clock", ID: c.ID, Title: c.Title})
		}
	}
	return failed
}

// StepMigration decides what a newer definition that covers a case's own does with it: an entry that carries it over, one
// that asks its holder, or nil when it stays, is closed, or was asked before.
func StepMigration(old, next *procedure.Definition, s *State, env Env) *Entry {
	if s.Outcome != "" || s.Definition == next.Hash || !next.Migration.Covers(old.Version) || s.Ask != nil && s.Ask.To == next.Hash {
		return nil
	}
	env.Actor = Actor{Role: systemRole}
	c := Cross(old, next, s, env)
	switch c.Mode {
	case procedure.MigrateForward:
		return c.Entry
	case procedure.MigrateAsk:
		t := begin(old, s, Command{Key: "migration:" + next.Hash}, env)
		t.e.Kind = KindAsked
		t.add(Change{Ask: &Ask{To: next.Hash, Version: next.Version, Since: t.e.At, Reasons: c.Reasons}})
		return t.e
	default:
		return nil
	}
}

// StepAnswer carries out the holder's answer to Ask. Faults: NotFound, Forbidden (not the holder), Conflict (version),
// Refused (nothing is asked, or the new version has no stage for it).
func StepAnswer(old, next *procedure.Definition, s *State, c Command, env Env) (*Entry, error) {
	t := begin(old, s, c, env)
	if !Sees(old, s, env.Actor.Role, env.Grants) {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	if !holds(s.Holder, env.Actor.Role, env.Grants) {
		return nil, fault.New(fault.Forbidden, "casework.ask_holder")
	}
	if err := t.voiced(); err != nil {
		return nil, err
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if s.Ask == nil || s.Ask.Stays || s.Ask.To != next.Hash {
		return nil, fault.New(fault.Refused, "casework.ask_nothing")
	}
	if c.Action == StayAction {
		kept := *s.Ask
		kept.Stays = true
		t.e.Kind = KindStayed
		t.add(Change{Ask: &kept})
		return t.e, nil
	}
	over := Cross(old, next, s, env)
	if over.Entry == nil {
		return nil, fault.New(fault.Refused, "casework.ask_no_stage", "stage", stageName(old, s.Stage))
	}
	over.Entry.Action, over.Entry.Cause = c.Action, c.Key
	return over.Entry, nil
}

// holds says whether somebody in a role is the accountable holder.
func holds(h Holder, role string, g Grants) bool {
	return h.Role == role && (h.Subject == "" || slices.Contains([]string{g.Person, g.Body, g.Unit}, h.Subject) || slices.Contains(g.StandsFor, h.Subject))
}

// limitText gives a clock's limit in both languages.
func limitText(l calendar.Limit) locale.Text {
	return locale.Text{FA: l.Text(locale.FA), EN: l.Text(locale.EN)}
}
