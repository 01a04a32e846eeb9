package casework

import (
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
)

// States of an obligation. That it is late is what its clock says.
const (
	ObligationOpen    = "open"
	ObligationClaimed = "claimed" // its owner says it was done; somebody must see to it
	ObligationDone    = "done"
	ObligationDropped = "dropped" // it fell away with what it rested on
)

// KindObligation is the entry of an act on one obligation.
const KindObligation = "obligation"

// Obligation is what somebody owes the case. Its clock is the one of the same key.
type Obligation struct {
	Key     string            `json:"key"`
	Owner   string            `json:"owner"`             // role
	Subject string            `json:"subject,omitempty"` // whose of the role: a unit, person or body; empty: all of it
	What    string            `json:"what,omitempty"`    // of a row
	Measure string            `json:"measure,omitempty"`
	State   string            `json:"state"`
	Laid    int64             `json:"laid"`
	At      int64             `json:"at"`                // of the last act on it
	By      string            `json:"by,omitempty"`      // person who said it was done
	Seen    string            `json:"seen,omitempty"`    // person who agreed
	Entered string            `json:"entered,omitempty"` // how the owner's word came, where By entered it for them
	Papers  map[string]string `json:"papers,omitempty"`  // file fact → content hash
}

// standing says that something is still to be done about it.
func (o Obligation) standing() bool {
	return o.State == ObligationOpen || o.State == ObligationClaimed
}

func (s *State) obligation(key string) *Obligation {
	if i := slices.IndexFunc(s.Obligations, func(o Obligation) bool { return o.Key == key }); i >= 0 {
		return &s.Obligations[i]
	}
	return nil
}

func (s *State) foldObligation(o Obligation) {
	if old := s.obligation(o.Key); old != nil {
		*old = o
		return
	}
	s.Obligations = append(s.Obligations, o)
}

// obligations lets what is owed hear the act's events as clocks do: what fulfils them in the case itself ends them, what
// stops their clock or ends the case takes them away, what starts it lays them, anew where they were laid before.
func (t *step) obligations(final bool) error {
	for _, o := range t.d.Obligation {
		c := t.d.Clock(o.Clock)
		begins := !final && heard(c.Start, t.events)
		if heard(o.Done, t.events) {
			t.done(o)
		}
		if begins || final || heard(c.Stop, t.events) {
			t.drop(o)
		}
		if begins {
			if err := t.lay(o); err != nil {
				return err
			}
		}
		for _, x := range t.s.Obligations {
			if t.d.ObligationOf(x.Key) == o {
				if err := t.pauseOrResume(t.d.Clock(x.Key)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// done ends what is owed by the act itself, which the case records with all that shows it.
func (t *step) done(o *procedure.Obligation) {
	for _, x := range slices.Clone(t.s.Obligations) {
		if t.d.ObligationOf(x.Key) == o && x.standing() {
			x.State, x.At, x.By = ObligationDone, t.e.At, t.env.Actor.Person
			if b := t.env.Actor.OnBehalf; b != nil {
				x.Entered = b.Source
			}
			t.owe(x)
			t.rest(x.Key)
		}
	}
}

// drop takes away what of an obligation is not done.
func (t *step) drop(o *procedure.Obligation) {
	for _, x := range slices.Clone(t.s.Obligations) {
		if t.d.ObligationOf(x.Key) == o && x.standing() {
			x.State, x.At = ObligationDropped, t.e.At
			t.owe(x)
			t.rest(x.Key)
		}
	}
	t.countOpen(o)
}

// rest stops the clock of an obligation that runs.
func (t *step) rest(key string) {
	if now := t.s.Clocks[key]; now != nil && now.State != ClockStopped {
		t.stop(t.d.Clock(key), now)
	}
}

func (t *step) owe(o Obligation) { t.add(Change{Obligation: &o}) }

// lay makes what is owed: one obligation, or one for each row of a table. Its owner is told.
func (t *step) lay(o *procedure.Obligation) error {
	rows, err := t.owed(o, 0)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range t.s.Obligations {
		if t.d.ObligationOf(x.Key) == o {
			n++
		}
	}
	for _, r := range rows {
		n++
		r.Key, r.State, r.Laid, r.At = procedure.ObligationKey(o.ID, n), ObligationOpen, t.e.At, t.e.At
		t.owe(r.Obligation)
		c := t.d.Clock(r.Key)
		if err := t.start(c); err != nil {
			return err
		}
		if r.due != nil {
			t.until(c, *r.due)
		}
		t.add(Change{Notify: &NotifyChange{Role: r.Owner, Subject: r.Subject, How: ToldNotify, Text: locale.Text{
			FA: locale.T(locale.FA, "casework.obligation_laid", map[string]any{"title": o.Title.FA}),
			EN: locale.T(locale.EN, "casework.obligation_laid", map[string]any{"title": o.Title.In(locale.EN)}),
		}}})
	}
	t.countOpen(o)
	return nil
}

// until sets the end of an obligation's clock to the end of a day that was decided: no calendar moves it.
func (t *step) until(c *procedure.Clock, last jalali.Date) {
	next := *t.s.Clocks[c.ID]
	next.Fixed, next.Due = true, last.AddDays(1).Start().UnixMicro()
	next.Due, next.Warn = dueOf(c, t.calendar(c), next)
	t.add(Change{Clock: &ClockChange{ID: c.ID, What: "started", State: next}})
}

// laying is an obligation about to be laid, with its own day where one is said.
type laying struct {
	Obligation
	due *jalali.Date
}

// whole refuses a table whose rows will be owed when one lacks its matter, owner or measure, does not say whose of several bodies it is,
// or names a day that has passed: whoever owes must know that, what, and until when. What was taken down whole is laid whatever day it has become.
func (t *step) whole(typed map[string]any) error {
	for _, o := range t.d.Obligation {
		if o.Each == nil || typed[o.Each.Table] == nil {
			continue
		}
		if _, err := t.owed(o, t.e.At); err != nil {
			return err
		}
	}
	return nil
}

// owed gives what will be laid, of days not before an instant.
func (t *step) owed(o *procedure.Obligation, since int64) ([]laying, error) {
	one := laying{Obligation: Obligation{Owner: o.Owner[0]}}
	if o.Each == nil {
		if r := t.d.Role(one.Owner); r != nil && r.Relation != "" {
			one.Subject = t.s.Parties[r.Relation]
		}
		return []laying{one}, nil
	}
	var out []laying
	var faults []*fault.Fault
	rows, _ := t.s.Facts[o.Each.Table].V.([]map[string]any)
	for i, row := range rows {
		r, column := t.ofRow(o, row, since)
		if column != "" {
			title := columnTitle(t.d, o, column)
			f := fault.New(fault.Refused, "casework.obligation_row", "row", i+1, "column", title)
			if column == o.Each.Whom {
				f = fault.New(fault.Refused, "casework.obligation_whom", "row", i+1, "column", title, "role", roleTitle(t.d, r.Owner))
			}
			faults = append(faults, f.At(fmt.Sprintf("%s.%d.%s", o.Each.Table, i, column)))
			continue
		}
		out = append(out, r)
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Refused, "casework.obligation_rows", "count", len(faults)).With(faults...)
	}
	return out, nil
}

// ofRow reads one row; column names what it lacks.
func (t *step) ofRow(o *procedure.Obligation, row map[string]any, since int64) (out laying, column string) {
	e := o.Each
	text := func(id string) string {
		s, _ := row[id].(string)
		return strings.TrimSpace(s)
	}
	out.What, out.Measure, out.Subject, out.Owner = text(e.What), text(e.Measure), text(e.Whom), o.Owner[0]
	if e.Owner != "" {
		out.Owner = text(e.Owner)
	}
	switch {
	case out.What == "":
		return out, e.What
	case !slices.Contains(o.Owner, out.Owner):
		return out, e.Owner
	case e.Measure != "" && out.Measure == "" && o.Measure.IsZero():
		return out, e.Measure
	case out.Subject == "" && t.several(o, out.Owner):
		return out, e.Whom
	}
	if civil := text(e.Due); civil != "" {
		d, err := jalali.FromCivil(civil)
		if err != nil || since > 0 && d.Compare(day(since)) < 0 {
			return out, e.Due
		}
		out.due = &d
	}
	return out, ""
}

// several says whether a row must say whose of its owner's role it is: where its column names the bodies that fill the role, what none
// of them is named for would be shown to all, and any could end it. Of another role, as the council's secretary, there is one.
func (t *step) several(o *procedure.Obligation, role string) bool {
	c := column(t.d, o, o.Each.Whom)
	return c != nil && access.Fills(strings.TrimPrefix(c.Type, "body:"), role)
}

func column(d *procedure.Definition, o *procedure.Obligation, id string) *procedure.Fact {
	list := d.Fact(o.Each.Table).Columns
	if i := slices.IndexFunc(list, func(c *procedure.Fact) bool { return c.ID == id }); i >= 0 {
		return list[i]
	}
	return nil
}

func columnTitle(d *procedure.Definition, o *procedure.Obligation, id string) locale.Text {
	if c := column(d, o, id); c != nil {
		return c.Title
	}
	return locale.Text{FA: id, EN: id}
}

// countOpen tells rules how many are still to be done, where the definition has a fact for it.
func (t *step) countOpen(o *procedure.Obligation) {
	if t.d.Fact(o.Fact()) == nil {
		return
	}
	n := int64(0)
	for _, x := range t.s.Obligations {
		if t.d.ObligationOf(x.Key) == o && x.standing() {
			n++
		}
	}
	if !same(t.s.Facts[o.Fact()].V, n) {
		t.setFact(o.Fact(), Value{V: n, Source: procedure.SourceSystem, AsOf: t.e.At})
	}
}

// owns says whether an obligation is the caller's to do.
func (o Obligation) owns(role string, g Grants) bool {
	return o.Owner == role && (o.Subject == "" || slices.Contains(present(g.Unit, g.Person, g.Body), o.Subject))
}

// onObligation carries out an act on one obligation.
func (t *step) onObligation(verb, key string) (*Entry, error) {
	if err := t.speaker(); err != nil {
		return nil, err
	}
	if err := impartial(t.env); err != nil {
		return nil, err
	}
	o, x := t.d.ObligationOf(key), t.s.obligation(key)
	if x == nil {
		return nil, fault.New(fault.NotFound, "casework.no_obligation")
	}
	if !t.mayOn(verb, o, *x) {
		return nil, fault.New(fault.Forbidden, "casework.not_your_action", "action", verbTitle(verb))
	}
	if err := t.version(); err != nil {
		return nil, err
	}
	if !opens(verb, *x) {
		return nil, fault.New(fault.Refused, "casework.obligation_state", "action", verbTitle(verb))
	}
	if err := provedOn(verb, o, t.env); err != nil {
		return nil, err
	}
	if err := t.vouchFor(x.Subject); err != nil {
		return nil, err
	}
	next := *x
	next.At = t.e.At
	t.e.Kind = KindObligation
	if err := t.verb(verb, o, &next); err != nil {
		return nil, err
	}
	t.owe(next)
	t.countOpen(o)
	t.compute()
	return t.e, t.move("")
}

// mayOn says who does what: the owner says it is done, or an officer for them; another person of those who confirm agrees or
// does not.
func (t *step) mayOn(verb string, o *procedure.Obligation, x Obligation) bool {
	a := t.env.Actor
	if a.OnBehalf != nil {
		return verb == procedure.VerbFulfil && t.enters(o.OnBehalf, x.Owner)
	}
	if verb == procedure.VerbFulfil {
		return x.owns(a.Role, t.env.Grants)
	}
	return slices.Contains(o.Confirm, a.Role) && (x.By == "" || x.By != a.Person)
}

// opens says in which states an act is open. Who confirms may also agree before the owner has said anything.
func opens(verb string, x Obligation) bool {
	switch verb {
	case procedure.VerbFulfil:
		return x.State == ObligationOpen
	case procedure.VerbAccept:
		return x.standing()
	default:
		return x.State == ObligationClaimed
	}
}

func (t *step) verb(verb string, o *procedure.Obligation, x *Obligation) error {
	switch verb {
	case procedure.VerbFulfil:
		return t.fulfil(o, x)
	case procedure.VerbAccept:
		return t.accept(x)
	default:
		return t.reject(x)
	}
}

// fulfil takes the owner's word with the papers that show it. The clock rests while others see to it.
func (t *step) fulfil(o *procedure.Obligation, x *Obligation) error {
	form := o.EvidenceForm()
	papers, err := t.coerce(form, t.cmd.Facts)
	if err != nil {
		return err
	}
	if err := t.owns(papers); err != nil {
		return err
	}
	x.Papers = map[string]string{}
	var lacking []*fault.Fault
	for _, id := range o.Evidence {
		hash, _ := papers[id].(string)
		if hash == "" {
			lacking = append(lacking, fault.New(fault.Invalid, "casework.obligation_paper", "fact", t.d.Fact(id).Title).At(id))
			continue
		}
		x.Papers[id] = hash
	}
	if len(lacking) > 0 {
		return fault.New(fault.Invalid, "casework.form", "count", len(lacking)).With(lacking...)
	}
	if err := t.wordOn(len(o.Evidence) == 0); err != nil {
		return err
	}
	t.e.Files = t.cmd.Files
	x.By, x.State = t.env.Actor.Person, ObligationDone
	if b := t.env.Actor.OnBehalf; b != nil {
		x.Entered = b.Source
	}
	if len(o.Confirm) > 0 {
		x.State = ObligationClaimed
		for _, role := range o.Confirm {
			t.add(Change{Notify: &NotifyChange{Role: role, How: ToldNotify, Text: locale.Of("casework.obligation_claimed", nil)}})
		}
	}
	t.rest(x.Key)
	return nil
}

// accept ends an obligation. Without the owner's own word it needs another one.
func (t *step) accept(x *Obligation) error {
	if err := t.wordOn(x.State == ObligationOpen); err != nil {
		return err
	}
	x.State, x.Seen = ObligationDone, t.env.Actor.Person
	t.rest(x.Key)
	return nil
}

// reject gives an obligation back to its owner, with the reason; its clock goes on to the end it had.
func (t *step) reject(x *Obligation) error {
	if err := t.wordOn(true); err != nil {
		return err
	}
	x.State, x.By, x.Entered, x.Papers = ObligationOpen, "", "", nil
	next := *t.s.Clocks[x.Key]
	next.State, next.Ended = ClockRunning, 0
	if next.Breached > 0 {
		next.State, next.Ended = ClockBreach, next.Breached
	}
	t.add(Change{Clock: &ClockChange{ID: x.Key, What: "resumed", State: next, Old: next.Due}})
	t.add(Change{Notify: &NotifyChange{Role: x.Owner, Subject: x.Subject, How: ToldNotify, Text: locale.Of("casework.obligation_back", nil)}})
	return nil
}

// wordOn takes the note, which must be there where nothing else shows what happened.
func (t *step) wordOn(needed bool) error {
	if needed {
		return t.saysWhy()
	}
	if text := strings.TrimSpace(t.cmd.Note); text != "" {
		t.setNote(text)
	}
	return nil
}

func verbTitle(verb string) locale.Text { return locale.Of("casework.obligation_"+verb, nil) }
