package web

import (
	"time"

	"rahgosha/internal/kernel/casework"
)

// pending is what waits for a second person, with each value as it stands and as it would be.
type pending struct {
	Title, Who, Reason string
	Since              time.Time
	Rows               []changeRow
	Actions            []Action
}

type changeRow struct{ Name, Now, To string }

func (v *visit) pending(c *casework.View, t teller) *pending {
	w := c.Awaiting
	if w == nil {
		return nil
	}
	out := &pending{Title: v.T("desk.pending.act", "action", w.Title.In(v.l)), Who: t.name(w.By), Reason: w.Reason, Since: timeOf(w.Since)}
	if w.Action == casework.CorrectAction {
		out.Title = v.T("desk.pending.correct")
	}
	for _, k := range w.Changes {
		out.Rows = append(out.Rows, changeRow{Name: k.Now.Title.In(v.l), Now: t.value(k.Now), To: t.value(k.To)})
	}
	return out
}
