package web

import (
	"slices"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// lister turns rows of a list into components: stages and roles by their titles, deadlines in working days.
type lister struct {
	v     *visit
	defs  map[string]*procedure.Definition // by hash
	cals  map[string]*calendar.Calendar
	names map[string]string
	now   int64
}

func (v *visit) lister(rows []casework.Row) (*lister, error) {
	l := &lister{v: v, defs: map[string]*procedure.Definition{}, now: v.s.cfg.Clock.Now().UnixMicro()}
	if v.s.cfg.Desk.Definitions == nil {
		return nil, missing("definitions")
	}
	defs, err := v.s.cfg.Desk.Definitions.All(v.ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range defs {
		l.defs[d.Hash] = d
	}
	if l.cals, err = v.s.calendars(v.ctx); err != nil {
		return nil, err
	}
	return l, l.learn(rows)
}

// learn looks up the names of those who have the rows' cases; a unit's stands in its row.
func (l *lister) learn(rows []casework.Row) (err error) {
	var ids []string
	for _, r := range rows {
		if r.HolderSubject != "" && r.HolderSubject != r.Unit && !slices.Contains(ids, r.HolderSubject) {
			ids = append(ids, r.HolderSubject)
		}
	}
	l.names, err = l.v.names(ids)
	return err
}

func (l *lister) rows(rows []casework.Row) []QueueRow {
	out := make([]QueueRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, l.row(r))
	}
	return out
}

func (l *lister) row(r casework.Row) QueueRow {
	q := QueueRow{ID: r.ID, Title: r.UnitName, Href: "/cases/" + r.ID, Code: r.Number, Place: r.County, Amount: r.Amount,
		Stage: Pill{Text: r.Stage, Tone: stageTone(r)}, TurnIcon: sideIcon[r.Side], TurnOf: l.turn(r)}
	if d := l.defs[r.Definition]; d != nil {
		q.Stage.Text = l.stage(d, r.Stage)
		if q.Title == "" {
			q.Title = d.Title.In(l.v.l)
		}
	}
	if q.Code == "" {
		q.Place = l.v.T("desk.no_number")
	}
	l.deadline(&q, r)
	return q
}

// stage is the title of a stage: the office's own for staff, the public one for everybody else.
func (l *lister) stage(d *procedure.Definition, id string) string {
	st := d.Stage(id)
	if st == nil {
		return id
	}
	return stageTitle(l.v, st.Title, st.Public)
}

func stageTitle(v *visit, title, public locale.Text) string {
	if isOutsider(v.p.Role) && !public.IsZero() {
		return public.In(v.l)
	}
	return title.In(v.l)
}

func stageTone(r casework.Row) string {
	switch r.Outcome {
	case "granted":
		return "good"
	case "refused":
		return "bad"
	case "":
		return "info"
	}
	return ""
}

var sideIcon = map[string]string{"unit": "factory", "directorate": "user", "bank": "landmark", "association": "users", "body": "users"}

func (l *lister) turn(r casework.Row) string {
	if l.mine(r) {
		return l.v.T("desk.you")
	}
	return l.holder(r)
}

// holder names who has a case: the unit or body, for the office its officer, else the role.
func (l *lister) holder(r casework.Row) string {
	if r.HolderRole == "" {
		return l.v.T("desk.nobody")
	}
	if r.HolderSubject != "" && r.HolderSubject == r.Unit && r.UnitName != "" {
		return r.UnitName
	}
	if name := l.names[r.HolderSubject]; name != "" && (r.Side != "directorate" || !isOutsider(l.v.p.Role)) {
		return name
	}
	if d := l.defs[r.Definition]; d != nil {
		if role := d.Role(r.HolderRole); role != nil {
			return role.Title.In(l.v.l)
		}
	}
	return r.HolderRole
}

// mine reports that the visitor must act: the case is held by their role, and by them where a subject holds it.
func (l *lister) mine(r casework.Row) bool {
	if r.HolderRole != l.v.p.Role || r.Outcome != "" {
		return false
	}
	return slices.Contains(l.v.mine(), r.HolderSubject)
}

// mine are the subjects under which a case of the visitor's role is theirs to do: nobody's in particular, their own, and
// those of the colleagues whom they stand in for.
func (v *visit) mine() []string {
	return append([]string{"", v.p.Person, v.p.Body, v.p.Unit}, v.p.StandsFor...)
}

func (l *lister) deadline(q *QueueRow, r casework.Row) {
	id, k := earliest(r)
	d := l.defs[r.Definition]
	if k == nil || d == nil {
		q.Left, q.Bar = l.v.T("desk.left.none"), Bar{Tone: "off"}
		return
	}
	if k.State == casework.ClockPaused {
		q.Left, q.Bar = l.v.T("desk.left.stopped"), Bar{Tone: "off", Percent: 100}
		return
	}
	late := k.Due <= l.now
	q.Due, q.Bar.Percent = timeOf(k.Due-1), share(k.Started, k.Due, l.now)
	cal := l.calendar(d, id)
	if cal == nil {
		q.Left, q.Bar.Tone = l.v.T("desk.left.until"), leftTone(soon+1, late)
		return
	}
	left := workingDays(cal, l.now, k.Due)
	q.Left, q.Bar.Tone = leftWords(l.v.l, left, late), leftTone(left, late)
}

func (l *lister) calendar(d *procedure.Definition, clock string) *calendar.Calendar {
	if c := d.Clock(clock); c != nil && c.Calendar != "" {
		return l.cals[c.Calendar]
	}
	return l.cals[d.Calendar]
}

// earliest is the running clock that ends first; without one, a paused one; nil for a case without clocks.
func earliest(r casework.Row) (string, *casework.Ticking) {
	id, next := "", (*casework.Ticking)(nil)
	for name, k := range r.Clocks {
		switch {
		case k == nil || r.Outcome != "":
		case running(k.State) && (next == nil || !running(next.State) || k.Due < next.Due):
			id, next = name, k
		case k.State == casework.ClockPaused && next == nil:
			id, next = name, k
		}
	}
	if next == nil && r.Due > 0 && r.Outcome == "" { // a list's rows carry the earliest end, not the clocks
		next = &casework.Ticking{State: casework.ClockRunning, Started: r.Changed, Due: r.Due}
	}
	return id, next
}
