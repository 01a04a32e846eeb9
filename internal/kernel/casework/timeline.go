package casework

import (
	"errors"
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// timeline gives the case's entries as the caller may read them, oldest first. Drafts show in none; notes for staff and
// refused attempts show to staff only.
func (l *looker) timeline() ([]EventView, error) {
	out := make([]EventView, 0, len(l.log))
	for _, le := range l.log {
		if le.Leaf.Kind == KindDraft || le.Leaf.Kind == KindRefused && !l.staff() {
			continue // not even that it was
		}
		e, err := l.z.read(le)
		if errors.Is(err, journal.ErrErased) {
			out = append(out, EventView{Seq: le.Leaf.Seq, Entry: le.ID, At: le.Leaf.At, Kind: le.Leaf.Kind, Index: le.Index})
			continue
		}
		if err != nil {
			return nil, err
		}
		if !l.lists(e) {
			continue
		}
		v, err := l.event(e, le)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (l *looker) staff() bool { return !l.outside(l.role.ID) }

// readsNote says whether the role may read an entry's note: none, those for everybody, or the office's own too. A message
// that a unit or a bank left for its own people alone nobody else reads but who looks over everything; the note of an act of
// theirs is the office's to read.
func (l *looker) readsNote(e *Entry) bool {
	if e.Kind == KindNoted && e.NoteFor == "staff" && l.outside(e.Actor.Role) {
		return l.colleague(e.Actor) || l.role.Side == "body" && l.role.Notes == "all"
	}
	switch l.role.Notes {
	case "all":
		return true
	case "public":
		return e.NoteFor != "staff"
	default:
		return false
	}
}

// outside says whether a role is of a unit or of a bank.
func (l *looker) outside(role string) bool {
	r := l.d.Role(role)
	return r != nil && (r.Side == "unit" || r.Side == "bank")
}

// colleague says whether the caller is of the same unit, or of the same body, as who acted.
func (l *looker) colleague(a Actor) bool {
	own := l.who.Grants
	return a.Unit != "" && a.Unit == own.Unit || a.Body != "" && a.Body == own.Body
}

// seesFile says whether the role may read a document: those of the file facts that carry its code (or its id) decide, the
// closest of them.
func (l *looker) seesFile(document string) bool {
	if code, ok := strings.CutPrefix(document, scanCode); ok {
		return l.seesLetter(code)
	}
	found := document == EvidenceCode && l.seesAll(procedure.SeesLetters)
	for _, f := range l.d.Facts {
		if f.ID != document && (f.Document == "" || f.Document != document) {
			continue
		}
		if !l.seesFact(f) {
			return false
		}
		found = true
	}
	return found
}

func (l *looker) event(e *Entry, le LogEntry) (EventView, error) {
	v := EventView{
		Seq: e.Seq, Entry: e.ID, At: e.At, Kind: e.Kind, Action: e.Action, By: e.Actor.Person, Role: e.Actor.Role,
		RoleText: roleTitle(l.d, e.Actor.Role), OnBehalf: e.Actor.OnBehalf, Round: e.Actor.Round, NoteFor: e.NoteFor, Index: le.Index, Refusal: e.Refusal,
	}
	v.Text = l.words(e)
	for _, c := range e.Changes {
		l.eventChange(&v, c)
	}
	if e.Note != nil && l.readsNote(e) {
		if err := l.z.open(e.Note, noteLabel(e.Seq)); err != nil {
			return v, err
		}
		v.Note, _ = e.Note.V.(string)
	}
	for i := range e.Files {
		f := &e.Files[i]
		if !l.seesFile(f.Document) {
			continue
		}
		if err := l.z.open(&f.Name, "file:"+f.Hash); err != nil {
			return v, err
		}
		name, _ := f.Name.V.(string)
		v.Files = append(v.Files, FileView{Document: f.Document, Hash: f.Hash, Name: name, Size: f.Size, Media: f.Media})
	}
	return v, nil
}

// words says what was done: the action in the past tense, or the kind's own text.
func (l *looker) words(e *Entry) locale.Text {
	if a := l.action(e.Action); a != nil && e.Kind == KindActed {
		if slices.ContainsFunc(e.Changes, func(c Change) bool { return c.Awaiting != nil }) {
			return locale.Of("casework.event_awaits", map[string]any{"action": a.Title}) // declined, it was never done
		}
		if !a.Done.IsZero() {
			return a.Done
		}
		return a.Title
	}
	key := "casework.event_" + e.Kind
	if e.Kind != KindRefused && (e.Action == ConfirmAction || e.Action == DeclineAction) {
		key = "casework.event_" + e.Action
	}
	if e.Kind == KindClock && silent(e) > 0 {
		return locale.Of("casework.event_silent", map[string]any{"n": silent(e)})
	}
	if verb, _, ok := l.d.OnObligation(e.Action); ok && e.Kind == KindObligation {
		key = "casework.event_" + verb
	}
	if _, ok := againAt(e.Action); ok && e.Kind == KindActed {
		key = "casework.event_again"
	}
	if e.Kind == KindAssigned && e.Changes[0].Assigned.Person == "" {
		key = "casework.event_unassigned"
	}
	if e.Kind == KindRefused {
		title := locale.Text{FA: e.Action, EN: e.Action}
		if a := l.action(e.Action); a != nil {
			title = a.Title
		} else if verb, _, ok := l.d.OnObligation(e.Action); ok {
			title = verbTitle(verb)
		} else if _, ok := l.d.OnConsult(e.Action); ok {
			title = locale.Of("casework.opine", nil)
		} else if clock, ok := againAt(e.Action); ok {
			title = l.againAt(clock)
		}
		return locale.Text{
			FA: locale.T(locale.FA, key, map[string]any{"action": title.FA}),
			EN: locale.T(locale.EN, key, map[string]any{"action": title.In(locale.EN)}),
		}
	}
	return locale.Of(key, nil)
}

// action finds an act by its name, in the case's definition or those it was on before.
func (l *looker) action(id string) *procedure.Action {
	for _, d := range append([]*procedure.Definition{l.d}, l.old...) {
		if a := d.Action(id); a != nil {
			return a
		}
	}
	return nil
}

func (l *looker) eventChange(v *EventView, c Change) {
	switch {
	case c.Scan != nil:
		if i := slices.IndexFunc(l.s.Letters, func(r LetterRef) bool { return r.Token == c.Scan.Token }); i >= 0 && l.seesLetter(l.s.Letters[i].Code) {
			v.Scan = c.Scan
		}
	case c.Assigned != nil:
		v.Assignee = c.Assigned.Person
	case c.Stage != nil:
		to := l.stage(c.Stage.To)
		v.To = &to
		if c.Stage.From != "" {
			from := l.stage(c.Stage.From)
			v.From = &from
		}
	case c.Agenda != nil && c.Agenda.Round != nil:
		v.Round = c.Agenda.Round
	case c.Letter != nil && l.seesLetter(c.Letter.Code):
		ref := l.letter(*c.Letter)
		v.Letter = &ref
	case c.Opinion != nil && c.Opinion.State == OpinionSilent:
		v.Silent++
	case c.Obligation != nil && v.Kind == KindObligation:
		v.Obligation = c.Obligation.Key
	case c.Notify != nil:
		v.Told = append(v.Told, l.told(c.Notify)...)
	case c.Fact != nil || c.Awaiting != nil:
		for _, f := range c.facts() {
			l.named(v, f.Name)
		}
	case c.Lapsed != nil:
		if a := l.d.Action(c.Lapsed.Action); a != nil {
			v.Lapsed = a.Title
		}
	case c.Clock != nil && c.Clock.What == "stopped" && c.Clock.State.Breached > 0:
		if def := l.d.Clock(c.Clock.ID); def != nil {
			v.Late = append(v.Late, def.Title)
		}
	case c.Clock != nil && (v.Kind == KindClock || v.Kind == KindMoved):
		v.What, v.Old, v.Due, v.Cause = c.Clock.What, c.Clock.Old, c.Clock.State.Due, c.Clock.Cause
		if def := l.d.Clock(c.Clock.ID); def != nil {
			v.Clock = def.Title
		}
	}
}

// named lists a fact that an entry sets or would set, by its title.
func (l *looker) named(v *EventView, fact string) {
	if f := l.d.Fact(fact); f != nil && l.sees(f.ID) && !slices.Contains(v.Facts, f.Title) {
		v.Facts = append(v.Facts, f.Title)
	}
}

// seesAll says whether the role sees a group that is no group of facts: conditions, letters.
func (l *looker) seesAll(group string) bool {
	return slices.Contains(l.role.Sees, "*") || slices.Contains(l.role.Sees, group)
}
