package casework

import "fmt"

// quickState reads a stored case; personal values stay sealed.
func quickState(raw []byte) (*State, error) {
	s, err := quickly(raw, func(q *quick, s *State) {
		q.object(func(key string) {
			if !q.stateText(s, key) && !q.stateFold(s, key) {
				q.stateRest(s, key)
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("a case: %w", err)
	}
	return s, nil
}

func (q *quick) stateText(s *State, key string) bool {
	switch key {
	case "province":
		s.Province = q.text()
	case "id":
		s.ID = q.text()
	case "number":
		s.Number = q.text()
	case "procedure":
		s.Procedure = q.text()
	case "definition":
		s.Definition = q.text()
	case "unit":
		s.Unit = q.text()
	case "subject":
		s.Subject = q.text()
	case "stage":
		s.Stage = q.text()
	case "outcome":
		s.Outcome = q.text()
	case "prev":
		s.Prev = q.text()
	case "parent":
		s.Parent = q.text()
	default:
		return false
	}
	return true
}

func (q *quick) stateFold(s *State, key string) bool {
	switch key {
	case "version":
		s.Version = q.number()
	case "seq":
		s.Seq = q.number()
	case "facts":
		s.Facts = quickMap(q, q.value)
	case "parties":
		s.Parties = quickMap(q, q.text)
	case "holder":
		q.holder(&s.Holder)
	case "spent":
		s.Spent = quickMap(q, q.number)
	case "clocks":
		s.Clocks = quickMap(q, q.clock)
	case "actors":
		s.Actors = quickMap(q, q.texts)
	case "assigned":
		s.Assigned = quickMap(q, q.text)
	case "opened":
		s.Opened = q.number()
	case "changed":
		s.Changed = q.number()
	case "sample":
		s.Sample = q.flag()
	case "imported":
		s.Imported = q.flag()
	case "erased":
		s.Erased = q.number()
	default:
		return false
	}
	return true
}

func (q *quick) stateRest(s *State, key string) {
	into, ok := map[string]any{
		"letters": &s.Letters, "decisions": &s.Decisions, "children": &s.Children, "published": &s.Published, "alike": &s.Alike,
		"awaiting": &s.Awaiting, "ask": &s.Ask, "scorings": &s.Scorings, "rounds": &s.Rounds, "agenda": &s.Agenda, "claims": &s.Claims,
		"draws": &s.Draws,
	}[key]
	if !ok {
		q.unknown()
		return
	}
	q.rest(into)
}

// quickEntry reads an entry's body; sealed values stay sealed.
func quickEntry(raw []byte) (*Entry, error) {
	e, err := quickly(raw, func(q *quick, e *Entry) {
		q.object(func(key string) {
			switch key {
			case "id":
				e.ID = q.text()
			case "actor":
				q.actor(&e.Actor)
			case "action":
				e.Action = q.text()
			case "refusal":
				e.Refusal = q.text()
			case "note":
				q.rest(&e.Note)
			case "note_for":
				e.NoteFor = q.text()
			case "files":
				q.rest(&e.Files)
			case "changes":
				e.Changes = q.changes()
			case "used":
				e.Used = quickMap(q, q.text)
			default:
				q.unknown()
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("an entry: %w", err)
	}
	return e, nil
}

func (q *quick) actor(a *Actor) {
	q.object(func(key string) {
		switch key {
		case "person":
			a.Person = q.text()
		case "name":
			a.Name = q.text()
		case "role":
			a.Role = q.text()
		case "body":
			a.Body = q.text()
		case "unit":
			a.Unit = q.text()
		case "on_behalf":
			q.rest(&a.OnBehalf)
		case "round":
			q.rest(&a.Round)
		default:
			q.unknown()
		}
	})
}

// usualChanges is how many changes most entries make at most.
const usualChanges = 4

func (q *quick) changes() (out []Change) {
	if q.list(func() {
		if out == nil {
			out = make([]Change, 0, usualChanges)
		}
		out = append(out, Change{})
		q.change(&out[len(out)-1])
	}) && out == nil {
		out = []Change{}
	}
	return out
}

// change reads the changes that most entries make; one of another sort is encoding/json's as a whole.
func (q *quick) change(c *Change) {
	at := *q
	q.object(func(key string) {
		switch key {
		case "fact":
			c.Fact = &FactChange{}
			q.fact(c.Fact)
		case "stage":
			c.Stage = &StageChange{}
			q.stage(c.Stage)
		case "holder":
			if c.Holder = (&Holder{}); !q.holder(c.Holder) {
				q.unknown()
			}
		case "clock":
			c.Clock = &ClockChange{}
			q.clockChange(c.Clock)
		case "number":
			c.Number = q.text()
		case "publish":
			c.Publish = q.text()
		default:
			q.unknown()
		}
	})
	if q.lost {
		*q, *c = at, Change{}
		q.rest(c)
	}
}

func (q *quick) fact(f *FactChange) {
	q.mustObject(func(key string) {
		switch key {
		case "name":
			f.Name = q.text()
		case "value":
			f.Value = q.value()
		default:
			q.unknown()
		}
	})
}

func (q *quick) stage(s *StageChange) {
	q.mustObject(func(key string) {
		switch key {
		case "from":
			s.From = q.text()
		case "to":
			s.To = q.text()
		case "outcome":
			s.Outcome = q.text()
		default:
			q.unknown()
		}
	})
}

func (q *quick) clockChange(c *ClockChange) {
	q.mustObject(func(key string) {
		switch key {
		case "id":
			c.ID = q.text()
		case "what":
			c.What = q.text()
		case "state":
			q.ticking(&c.State)
		case "old":
			c.Old = q.number()
		case "cause":
			c.Cause = q.text()
		default:
			q.unknown()
		}
	})
}

// mustObject is object where null would mean another thing: that there is no such change.
func (q *quick) mustObject(f func(key string)) {
	if !q.object(f) {
		q.lost = true
	}
}
