package casework

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// States of an opinion that was asked.
const (
	OpinionAsked    = "asked"
	OpinionAnswered = "answered"
	OpinionSilent   = "silent"  // its time passed: never taken for agreement
	OpinionDropped  = "dropped" // nothing was left to ask
)

// KindOpinion is the entry of an opinion given.
const KindOpinion = "opinion"

// Opinion is one body's opinion that a case asked. Its text is the note of the entry Seq.
type Opinion struct {
	Key     string `json:"key"`
	Role    string `json:"role"`
	Subject string `json:"subject,omitempty"` // whose of the role: a body, unit or person; empty: all of it
	State   string `json:"state"`
	Late    bool   `json:"late,omitempty"` // given after its time
	Asked   int64  `json:"asked"`
	At      int64  `json:"at"`
	By      string `json:"by,omitempty"`      // person
	Entered string `json:"entered,omitempty"` // how the opinion came, where By entered it for its body
	Seq     int64  `json:"seq,omitempty"`
}

func (s *State) opinion(key string) *Opinion {
	if i := slices.IndexFunc(s.Opinions, func(o Opinion) bool { return o.Key == key }); i >= 0 {
		return &s.Opinions[i]
	}
	return nil
}

func (s *State) foldOpinion(o Opinion) {
	if old := s.opinion(o.Key); old != nil {
		*old = o
		return
	}
	s.Opinions = append(s.Opinions, o)
}

// opinions are those of one consultation.
func (t *step) opinions(x *procedure.Consult) (out []Opinion) {
	for _, o := range t.s.Opinions {
		if t.d.ConsultOf(o.Key) == x {
			out = append(out, o)
		}
	}
	return out
}

// consult asks when a consultation's clock starts and lets go of those still asked when it stops or the case ends.
func (t *step) consult(final bool) error {
	for _, x := range t.d.Consult {
		c := t.d.Clock(x.Clock)
		switch {
		case !final && heard(c.Start, t.events):
			if err := t.ask(x); err != nil {
				return err
			}
		case final || heard(c.Stop, t.events):
			for _, o := range t.opinions(x) {
				if o.State == OpinionAsked {
					o.State, o.At = OpinionDropped, t.e.At
					t.add(Change{Opinion: &o})
				}
			}
		}
	}
	return nil
}

// ask asks everybody once; when the clock starts again, those who have not answered are asked once more.
func (t *step) ask(x *procedure.Consult) error {
	list := t.opinions(x)
	if len(list) == 0 {
		whom, err := t.whom(x)
		if err != nil {
			return err
		}
		list = whom
	}
	for _, o := range list {
		if o.State == OpinionAnswered {
			continue
		}
		o.State, o.Asked, o.At = OpinionAsked, t.e.At, t.e.At
		t.add(Change{Opinion: &o})
		t.add(Change{Notify: &NotifyChange{Role: o.Role, Subject: o.Subject, How: ToldNotify, Text: locale.Text{
			FA: locale.T(locale.FA, "casework.opinion_asked", map[string]any{"title": x.Title.FA}),
			EN: locale.T(locale.EN, "casework.opinion_asked", map[string]any{"title": x.Title.In(locale.EN)}),
		}}})
	}
	t.countOpinions(x)
	return nil
}

// whom lists who will be asked: each role, or each row of a table. Nobody to ask is refused: it would be no consultation.
func (t *step) whom(x *procedure.Consult) ([]Opinion, error) {
	var out []Opinion
	if x.Each == nil {
		for i, role := range x.Roles {
			o := Opinion{Key: procedure.ObligationKey(x.ID, i+1), Role: role}
			if r := t.d.Role(role); r != nil && r.Relation != "" {
				o.Subject = t.s.Parties[r.Relation]
			}
			out = append(out, o)
		}
		return out, nil
	}
	rows, _ := t.s.Facts[x.Each.Table].V.([]map[string]any)
	for i, row := range rows {
		o := Opinion{Key: procedure.ObligationKey(x.ID, len(out)+1), Role: x.Roles[0]}
		if x.Each.Role != "" {
			o.Role, _ = row[x.Each.Role].(string)
		}
		o.Subject, _ = row[x.Each.Whom].(string)
		if !slices.Contains(x.Roles, o.Role) || x.Each.Whom != "" && o.Subject == "" {
			return nil, fault.New(fault.Refused, "casework.opinion_row", "row", i+1).At(fmt.Sprintf("%s.%d", x.Each.Table, i))
		}
		if slices.ContainsFunc(out, func(p Opinion) bool { return p.Role == o.Role && p.Subject == o.Subject }) {
			continue // named twice, asked once
		}
		out = append(out, o)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Refused, "casework.opinion_nobody", "title", x.Title)
	}
	return out, nil
}

// countOpinions tells rules whether anybody is waited for and how many have answered, where the definition has facts for it.
func (t *step) countOpinions(x *procedure.Consult) {
	waiting, answered := false, int64(0)
	for _, o := range t.opinions(x) {
		waiting = waiting || o.State == OpinionAsked
		if o.State == OpinionAnswered {
			answered++
		}
	}
	for id, v := range map[string]any{x.Fact(): !waiting, x.Count(): answered} {
		if t.d.Fact(id) != nil && !same(t.s.Facts[id].V, v) {
			t.setFact(id, Value{V: v, Source: procedure.SourceSystem, AsOf: t.e.At})
		}
	}
}

// askedBy are those whom a clock's consultations still wait for.
func (t *step) askedBy(c *procedure.Clock) (out []NotifyChange) {
	for _, x := range t.d.Consult {
		for _, o := range t.opinions(x) {
			if x.Clock == c.ID && o.State == OpinionAsked {
				out = append(out, NotifyChange{Role: o.Role, Subject: o.Subject})
			}
		}
	}
	return out
}

// fallSilent records at the end of a consultation's clock who has not answered.
func (t *step) fallSilent(c *procedure.Clock) {
	for _, x := range t.d.Consult {
		if x.Clock != c.ID {
			continue
		}
		for _, o := range t.opinions(x) {
			if o.State == OpinionAsked {
				o.State, o.At = OpinionSilent, t.e.At
				t.add(Change{Opinion: &o})
			}
		}
		t.countOpinions(x)
	}
}

// silent counts the bodies whose silence an entry records.
func silent(e *Entry) (n int) {
	for _, c := range e.Changes {
		if c.Opinion != nil && c.Opinion.State == OpinionSilent {
			n++
		}
	}
	return n
}

func (o Opinion) owns(role string, g Grants) bool {
	return o.Role == role && (o.Subject == "" || slices.Contains(present(g.Unit, g.Person, g.Body), o.Subject))
}

// open says whether an opinion can be given now: while it is asked, and late until the case ends.
func (o Opinion) open(s *State) bool {
	return s.Outcome == "" && (o.State == OpinionAsked || o.State == OpinionSilent)
}

// opine takes down a body's opinion. It is kept for good, and marked when it comes after its time.
func (t *step) opine(key string) (*Entry, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	if err := impartial(t.env); err != nil {
		return nil, err
	}
	x, o := t.d.ConsultOf(key), t.s.opinion(key)
	if o == nil {
		return nil, fault.New(fault.NotFound, "casework.no_opinion")
	}
	if b := t.env.Actor.OnBehalf; b == nil && !o.owns(t.env.Actor.Role, t.env.Grants) || b != nil && !t.enters(x.OnBehalf, o.Role) {
		return nil, fault.New(fault.Forbidden, "casework.not_your_action", "action", locale.Of("casework.opine", nil))
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if !o.open(t.s) {
		return nil, fault.New(fault.Refused, "casework.opinion_state")
	}
	if err := t.vouchFor(o.Subject); err != nil {
		return nil, err
	}
	if err := t.saysWhy(); err != nil {
		return nil, err
	}
	if err := t.owns(nil); err != nil {
		return nil, err
	}
	t.e.Kind = KindOpinion
	next := *o
	next.Late, next.State, next.At, next.By, next.Seq = o.State == OpinionSilent, OpinionAnswered, t.e.At, t.env.Actor.Person, t.e.Seq
	if b := t.env.Actor.OnBehalf; b != nil {
		next.Entered = b.Source
	}
	t.add(Change{Opinion: &next})
	t.countOpinions(x)
	if !slices.ContainsFunc(t.opinions(x), func(o Opinion) bool { return o.State != OpinionAnswered }) {
		t.events = append(t.events, procedure.Event{Kind: "answered", Name: x.ID})
	}
	t.compute()
	return t.e, t.move("")
}

// OpinionView is one opinion as the caller may see it.
type OpinionView struct {
	Key      string      `json:"key"`
	Title    locale.Text `json:"title"`
	Role     string      `json:"role"`
	RoleText locale.Text `json:"role_text"`
	Subject  string      `json:"subject,omitempty"`
	State    string      `json:"state"`
	Late     bool        `json:"late"`
	Asked    int64       `json:"asked"`
	Due      int64       `json:"due,omitempty"`
	Left     int         `json:"left"`
	At       int64       `json:"at"`
	By       string      `json:"by,omitempty"`
	Entered  string      `json:"entered,omitempty"` // how it came, where By entered it for the body
	Text     string      `json:"text,omitempty"`
	Mine     bool        `json:"mine"`
}

// opinions lists who was asked and what they said: to the office all of it, to a body its own.
func (l *looker) opinions() ([]OpinionView, error) {
	out := []OpinionView{}
	for _, o := range l.s.Opinions {
		mine := o.owns(l.role.ID, l.who.Grants)
		if !mine && (!l.staff() || l.role.Notes == "none") {
			continue
		}
		v := l.opinion(o)
		text, err := l.saidIn(o.Seq)
		if err != nil {
			return nil, err
		}
		v.Text = text
		out = append(out, v)
	}
	return out, nil
}

func (l *looker) opinion(o Opinion) OpinionView {
	v := OpinionView{
		Key: o.Key, Role: o.Role, RoleText: roleTitle(l.d, o.Role), Subject: o.Subject, State: o.State, Late: o.Late, Asked: o.Asked, At: o.At,
		By: o.By, Entered: o.Entered, Mine: o.owns(l.role.ID, l.who.Grants), Title: locale.Text{FA: o.Key, EN: o.Key},
	}
	x := l.d.ConsultOf(o.Key)
	if x == nil {
		return v
	}
	v.Title = x.Title
	if k, c := l.s.Clocks[x.Clock], l.d.Clock(x.Clock); k != nil && c != nil && o.State == OpinionAsked {
		v.Due = k.Due
		if cal := l.calendar(c); cal != nil {
			v.Left = left(cal, l.env.Now, k.Due)
		}
	}
	return v
}

// askedFor shows an opinion that is waited for as a line of its body's list.
func (l *looker) askedFor(o Opinion) ObligationView {
	v := l.opinion(o)
	_, n, _ := strings.Cut(o.Key, ":")
	return ObligationView{
		Key: o.Key, Number: l.s.Number + "/" + n, Title: v.Title, Owner: o.Role, OwnerText: v.RoleText, Subject: o.Subject, State: o.State,
		Laid: o.Asked, Due: v.Due, Left: v.Left, At: o.At, Mine: v.Mine, Papers: []FactView{},
	}
}

// saidIn is the note of an entry.
func (l *looker) saidIn(seq int64) (string, error) {
	for _, le := range l.log {
		if seq == 0 || le.Leaf.Seq != seq {
			continue
		}
		e, err := l.z.read(le)
		if errors.Is(err, journal.ErrErased) {
			return Erased, nil
		}
		if err != nil || e.Note == nil {
			return "", err
		}
		if err := l.z.open(e.Note, noteLabel(e.Seq)); err != nil {
			return "", err
		}
		text, _ := e.Note.V.(string)
		return text, nil
	}
	return "", nil
}

// onConsult offers the opinions that the caller may give now.
func (l *looker) onConsult() []ActionView {
	var out []ActionView
	for _, o := range l.s.Opinions {
		x, mine := l.d.ConsultOf(o.Key), o.owns(l.role.ID, l.who.Grants)
		if x == nil || !o.open(l.s) || !mine && !slices.Contains(x.OnBehalf, l.role.ID) {
			continue
		}
		v := ActionView{ID: procedure.VerbOpine + ":" + o.Key, Title: locale.Of("casework.opine", nil), Kind: KindOpinion, Note: "required"}
		if !mine {
			v.Behalf, v.For = true, o.Role
		}
		out = append(out, v)
	}
	return out
}

// askedOf gives whom a case's opinions wait for.
func askedOf(d *procedure.Definition, s *State) (out []Owed) {
	for _, o := range s.Opinions {
		x, due := d.ConsultOf(o.Key), int64(0)
		if x == nil || o.State != OpinionAsked {
			continue
		}
		if k := s.Clocks[x.Clock]; k != nil {
			due = k.Due
		}
		out = append(out, Owed{o.Key, o.Role, o.Subject, o.State, due})
	}
	return out
}
