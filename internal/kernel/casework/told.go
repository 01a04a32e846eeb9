package casework

import (
	"context"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Ways in which a case tells somebody something.
const (
	ToldNotify   = "notify"   // an act's effect
	ToldRemind   = "remind"   // a deadline is near, or has passed
	ToldEscalate = "escalate" // a deadline of somebody else has passed
	ToldAssigned = "assigned" // the case was given to an officer
)

// Telling is one thing that an entry told somebody: whoever holds Role and stands to the case as Subject (a unit, person or
// body; empty: all of the role), or Person alone.
type Telling struct {
	Province, Entry, Case string
	N                     int // place among the entry's changes
	Role, Subject, Person string
	How                   string
	Text                  locale.Text
	At                    int64
}

// ToldQuery asks for what was told to one caller, the newest first. Scopes are the caller's; Subjects are the unit, person
// and body under which it stands to cases.
type ToldQuery struct {
	Province, Role, Person string
	Subjects               []string
	Scopes                 []Scope
	Since                  int64 // only later than this instant
	Limit                  int
}

// Tellings keeps what cases tell.
type Tellings interface {
	Tell(ctx context.Context, t Telling) error
}

func present(ids ...string) (out []string) {
	for _, id := range ids {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

// tell keeps a telling in the transaction that makes it, for whom the role's relation binds to the case now, and leaves a
// message for whoever sends mail or SMS.
func (r *run) tell(s *State, e *Entry, i int, c *NotifyChange) error {
	d, err := r.g.Defs.ByHash(r.ctx, s.Definition)
	if err != nil {
		return err
	}
	t := Telling{
		Province: s.Province, Entry: e.ID, Case: s.ID, N: i, Role: c.Role, Subject: toldSubject(d, s, c), Person: c.Person, How: c.How,
		Text: c.Text, At: e.At,
	}
	if err := r.tx.Tell(r.ctx, t); err != nil {
		return err
	}
	return r.enqueue(s, e, i, "notify", c)
}

func toldSubject(d *procedure.Definition, s *State, c *NotifyChange) string {
	if c.Subject != "" {
		return c.Subject
	}
	if r := d.Role(c.Role); r != nil && r.Relation != "" && c.Person == "" {
		return s.Parties[r.Relation]
	}
	return ""
}

// ToldView is what an entry told somebody.
type ToldView struct {
	Role     string      `json:"role"`
	RoleText locale.Text `json:"role_text"`
	How      string      `json:"how"` // notify, remind, escalate
	Text     locale.Text `json:"text"`
}

// told lists what an entry told: the office reads all of it, a party what was told to its role.
func (l *looker) told(c *NotifyChange) []ToldView {
	if c.How == ToldAssigned || !l.staff() && c.Role != l.role.ID {
		return nil
	}
	return []ToldView{{Role: c.Role, RoleText: roleTitle(l.d, c.Role), How: c.How, Text: c.Text}}
}
