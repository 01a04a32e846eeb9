package casework

import (
	"cmp"
	"maps"
	"slices"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Picture is what the managers of a procedure see, computed from its counters on a day. Amounts are rial.
type Picture struct {
	Open, Overdue int64
	Steps         []PictureStep
	Waiting       []Waiting   // by stage, the most days waited first
	Subjects      []ByOne     // whom the funnel compares by
	Reasons       []ReasonSum // the most frequent first
	Ages          []Age       // open cases by days with their present holder
	Late          []LateClock // clocks that ended late, the most frequent first
}

// LateClock counts the cases in which a clock ended after its due; Last is the latest day on which one was due.
type LateClock struct {
	Clock string
	Title locale.Text
	N     int64
	Last  string
}

// PictureStep is one step of the funnel: confirmed by acts in the system, and claimed by sheets, never added up.
type PictureStep struct {
	ID                 string
	Title              locale.Text
	N, Amount          int64
	Claimed, ClaimedIn int64 // cases, rial
}

// Waiting is what waits at a stage. Days is the sum of days that the open cases have been with their holder; Late names
// the subjects with cases past due, the most first.
type Waiting struct {
	Stage, Holder    string
	Title            locale.Text
	N, Amount, Days  int64
	Overdue, Longest int64
	Late             []ByOne
}

// ByOne is one subject's figures: Steps by step id, Open and Overdue now.
type ByOne struct {
	Subject       string
	Open, Overdue int64
	Steps         map[string]Tally
}

// ReasonSum counts one coded reason.
type ReasonSum struct {
	Code, Side string
	Title      locale.Text
	N          int64
}

// Age counts open cases whose holder has had them for up to Most days; the last is open-ended (Most 0).
type Age struct {
	Most, N, Amount int64
}

var ageBounds = []int64{7, 30, 90, 0}

// PictureOf computes the picture of a procedure on a day. A deadline is past once its day is over.
func PictureOf(d *procedure.Definition, tallies []Tally, today jalali.Date) Picture {
	b := pictureBuilder{d: d, today: today, waiting: map[string]*Waiting{}, steps: map[string]*PictureStep{}, by: map[string]*ByOne{},
		late: map[string]map[string]int64{}, reasons: map[string]int64{}, ended: map[string]*LateClock{}, ages: make([]Age, len(ageBounds))}
	for _, c := range tallies {
		b.take(c)
	}
	return b.picture()
}

type pictureBuilder struct {
	d       *procedure.Definition
	today   jalali.Date
	waiting map[string]*Waiting
	steps   map[string]*PictureStep
	by      map[string]*ByOne
	late    map[string]map[string]int64 // stage, subject: overdue cases
	reasons map[string]int64
	ended   map[string]*LateClock
	ages    []Age
}

func (b *pictureBuilder) take(c Tally) {
	switch c.What {
	case TallyDue:
		b.due(c)
	case TallySince:
		b.since(c)
	case TallyStep:
		s := b.step(c.Key)
		s.N, s.Amount = s.N+c.N, s.Amount+c.Amount
		b.one(c.Subject).add(c)
	case TallyClaim:
		s := b.step(c.Key)
		s.Claimed, s.ClaimedIn = s.Claimed+c.N, s.ClaimedIn+c.Amount
	case TallyReason:
		b.reasons[c.Key] += c.N
	case TallyLate:
		b.endedLate(c)
	}
}

func (b *pictureBuilder) due(c Tally) {
	w, one := b.stage(c.Key), b.one(c.Subject)
	w.N, w.Amount, one.Open = w.N+c.N, w.Amount+c.Amount, one.Open+c.N
	if c.Day == "" || c.Day >= b.today.Civil() {
		return
	}
	w.Overdue, one.Overdue = w.Overdue+c.N, one.Overdue+c.N
	if b.late[c.Key] == nil {
		b.late[c.Key] = map[string]int64{}
	}
	b.late[c.Key][c.Subject] += c.N
}

func (b *pictureBuilder) since(c Tally) {
	since, err := jalali.FromCivil(c.Day)
	if err != nil {
		return
	}
	n := int64(max(0, days(since, b.today)))
	w := b.stage(c.Key)
	w.Days, w.Longest = w.Days+n*c.N, max(w.Longest, n)
	i := slices.IndexFunc(ageBounds, func(most int64) bool { return n <= most || most == 0 })
	b.ages[i].N, b.ages[i].Amount = b.ages[i].N+c.N, b.ages[i].Amount+c.Amount
}

func (b *pictureBuilder) endedLate(c Tally) {
	l := b.ended[c.Key]
	if l == nil {
		l = &LateClock{Clock: c.Key, Title: locale.Text{FA: c.Key, EN: c.Key}}
		if def := b.d.Clock(c.Key); def != nil {
			l.Title = def.Title
		}
		b.ended[c.Key] = l
	}
	l.N, l.Last = l.N+c.N, max(l.Last, c.Day)
}

func (b *pictureBuilder) stage(id string) *Waiting {
	if b.waiting[id] == nil {
		w := &Waiting{Stage: id, Title: locale.Text{FA: id, EN: id}}
		if st := b.d.Stage(id); st != nil {
			w.Title, w.Holder = st.Title, st.Holder
		}
		b.waiting[id] = w
	}
	return b.waiting[id]
}

func (b *pictureBuilder) step(id string) *PictureStep {
	if b.steps[id] == nil {
		b.steps[id] = &PictureStep{ID: id}
	}
	return b.steps[id]
}

func (b *pictureBuilder) one(subject string) *ByOne {
	if b.by[subject] == nil {
		b.by[subject] = &ByOne{Subject: subject, Steps: map[string]Tally{}}
	}
	return b.by[subject]
}

func (o *ByOne) add(c Tally) {
	t := o.Steps[c.Key]
	o.Steps[c.Key] = Tally{N: t.N + c.N, Amount: t.Amount + c.Amount}
}

func (b *pictureBuilder) picture() Picture {
	var p Picture
	if b.d.Funnel != nil {
		for _, st := range b.d.Funnel.Steps {
			s := *b.step(st.ID)
			s.Title = st.Title
			p.Steps = append(p.Steps, s)
		}
	}
	for _, w := range b.waiting {
		w.Late = b.lateAt(w.Stage)
		p.Open, p.Overdue = p.Open+w.N, p.Overdue+w.Overdue
		p.Waiting = append(p.Waiting, *w)
	}
	slices.SortFunc(p.Waiting, func(x, y Waiting) int {
		return cmp.Or(cmp.Compare(y.Days, x.Days), cmp.Compare(y.N, x.N), cmp.Compare(x.Stage, y.Stage))
	})
	for _, o := range b.by {
		if o.Subject != "" {
			p.Subjects = append(p.Subjects, *o)
		}
	}
	slices.SortFunc(p.Subjects, func(x, y ByOne) int {
		return cmp.Or(cmp.Compare(y.Overdue, x.Overdue), cmp.Compare(y.Open, x.Open), cmp.Compare(x.Subject, y.Subject))
	})
	p.Reasons = b.reasonSums()
	for _, l := range b.ended {
		p.Late = append(p.Late, *l)
	}
	slices.SortFunc(p.Late, func(x, y LateClock) int { return cmp.Or(cmp.Compare(y.N, x.N), cmp.Compare(x.Clock, y.Clock)) })
	for i, a := range b.ages {
		a.Most = ageBounds[i]
		p.Ages = append(p.Ages, a)
	}
	return p
}

func (b *pictureBuilder) lateAt(stage string) []ByOne {
	var out []ByOne
	for _, subject := range slices.Sorted(maps.Keys(b.late[stage])) {
		out = append(out, ByOne{Subject: subject, Overdue: b.late[stage][subject]})
	}
	slices.SortStableFunc(out, func(x, y ByOne) int { return cmp.Compare(y.Overdue, x.Overdue) })
	return out
}

func (b *pictureBuilder) reasonSums() []ReasonSum {
	var out []ReasonSum
	for _, code := range slices.Sorted(maps.Keys(b.reasons)) {
		sum := ReasonSum{Code: code, Title: locale.Text{FA: code, EN: code}, N: b.reasons[code]}
		for _, t := range b.d.Reasons {
			if i := slices.IndexFunc(t.Rows, func(r procedure.ReasonRow) bool { return r.Code == code }); i >= 0 {
				sum.Title, sum.Side = t.Rows[i].Title, t.Rows[i].Side
			}
		}
		out = append(out, sum)
	}
	slices.SortStableFunc(out, func(x, y ReasonSum) int { return cmp.Compare(y.N, x.N) })
	return out
}

// Bottleneck is the stage that has cost the most days among those with something past due; nil when nothing is late.
func (p Picture) Bottleneck() *Waiting {
	if i := slices.IndexFunc(p.Waiting, func(w Waiting) bool { return w.Overdue > 0 }); i >= 0 {
		return &p.Waiting[i]
	}
	return nil
}
