package sample

import (
	"container/heap"
	"errors"
	"fmt"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// act is one act of a story: by whom, after how many days since the one before.
type act struct {
	who, action  string
	facts        map[string]any
	cites        string // condition that must be failing; "?" cites the first that is
	reason, note string
	after        int
	child        string // the procedure of the case opened by this one in which the act is; "" for the case itself
}

// story is one case's acts in order, with when it goes on.
type story struct {
	n      int
	unit   unitRef
	flaw   string // the condition that is to fail, "" for none
	bank   int
	branch int
	next   int
	at     time.Time
	acts   []act
	id     string
}

// queue orders stories by when they go on.
type queue []*story

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].n < q[j].n
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*story)) } //nolint:forcetypeassert // heap's own type

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// plan says how many referrals end where.
var plan = []struct {
	stage string
	count int
}{
	{"draft", 7}, {"completeness", 8}, {"returned", 6}, {"eligibility", 4}, {"visit", 1}, {"inquiry", 1}, {"decision", 5}, {"committee", 3}, {"signing", 3}, {"branch_receipt", 12},
	{"branch_file", 9}, {"branch_returned", 5}, {"bank_assessment", 11}, {"bank_valuation", 1}, {"bank_level", 1}, {"bank_contract", 8}, {"bank_payment", 6}, {"refused_open", 4},
	{"appealed", 3}, {"bank_refused", 5}, {"working_group", 4}, {"art62", 1}, {"paid", 11}, {"rejected", 5}, {"bank_rejected", 3},
	{"withdrawn", 3}, {"expired", 2}, {"payment_word", 1}, {"payment_mismatch", 1}, {"conditional", 1},
	{"bank_answer", 1}, {"board", 1}, {"board_ruling", 1}, {"board_signing", 1}, {"board_obliged", 1}, {"board_disciplinary", 1}, {"board_accepted", 1}, {"board_obeyed", 1}, {"board_moot", 1}, {"board_disciplined", 1},
	{"use_report", 1}, {"use_check", 1}, {"repayment", 1}, {"settled", 1}, {"misused", 1},
}

// cases plays all stories in the order of time; between two acts the due clocks do their work.
func (f *filler) cases() error {
	var q queue
	n := 0
	for _, p := range plan {
		for range p.count {
			s := f.story(n, p.stage)
			q = append(q, s)
			n++
		}
	}
	heap.Init(&q)
	if err := f.owners(q); err != nil {
		return err
	}
	closings := f.closings()
	for q.Len() > 0 {
		s := heap.Pop(&q).(*story) //nolint:forcetypeassert // heap's own type
		if err := f.until(s.at, &closings); err != nil {
			return err
		}
		more, err := f.goOn(s)
		if err != nil {
			return fmt.Errorf("case %d, act %d: %w", s.n, s.next, err)
		}
		if more {
			heap.Push(&q, s)
		}
	}
	if err := errors.Join(f.until(f.end, &closings), f.waiting()); err != nil {
		return err
	}
	f.sum.Cases = n
	return f.count()
}

// until moves the clock on, a day at a time, and lets clocks and sudden closings happen on the way.
func (f *filler) until(at time.Time, closings *[]time.Time) error {
	for {
		now := f.Clock.Now()
		next := jalali.FromTime(now).AddDays(1).Start().Add(8 * time.Hour)
		if next.After(at) {
			f.Clock.Set(at)
			return errors.Join(f.Wake(f.ctx), f.happen())
		}
		f.Clock.Set(next)
		if c := *closings; len(c) > 0 && next.After(c[0]) {
			*closings = c[1:]
			if err := f.CloseDay(f.ctx, workday(jalali.FromTime(next).AddDays(1)).Civil(), both(say("closing"))); err != nil {
				return err
			}
		}
		if err := errors.Join(f.Wake(f.ctx), f.happen()); err != nil {
			return err
		}
	}
}

func (f *filler) closings() []time.Time {
	return []time.Time{f.end.AddDate(-1, 0, 0), f.end.AddDate(0, 0, -9)}
}

// workday is the day, or the first after the weekend: a closing of a Friday moves nothing.
func workday(d jalali.Date) jalali.Date {
	for d.Weekday() == jalali.Thursday || d.Weekday() == jalali.Friday {
		d = d.AddDays(1)
	}
	return d
}

// goOn does the next act of a story and says whether there is more. A story whose case has gone its own way meanwhile (a
// deadline passed) ends.
func (f *filler) goOn(s *story) (bool, error) {
	a := s.acts[s.next]
	f.date(a.facts)
	who := casework.CallerOf(f.principal(s, a.who))
	cmd := casework.Command{
		Key: fmt.Sprintf("sample-%d-%d", s.n, s.next), Case: s.id, Action: a.action, Facts: a.facts, Reason: a.reason, Note: a.note,
	}
	if a.action == casework.OpenAction {
		cmd.Action, cmd.Procedure, cmd.Unit, cmd.Sample = "", "referral", s.unit.id, true
	} else if err := f.within(&cmd, a); err != nil {
		return false, err
	} else if err := f.see(who, &cmd, a); err != nil {
		return false, gone(err)
	}
	ans, err := f.Engine.Act(f.ctx, who, cmd)
	if err != nil {
		return false, gone(err)
	}
	if a.child == "" {
		s.id = ans.Case
	}
	s.next++
	if s.next == len(s.acts) {
		return false, nil
	}
	s.at = f.workTime(s.at, s.acts[s.next].after)
	if s.at.After(f.end) {
		s.at = f.end.Add(-time.Hour)
	}
	return true, nil
}

// within finds the case that an act is in: one that the story's case opened.
func (f *filler) within(cmd *casework.Command, a act) error {
	if a.child == "" {
		return nil
	}
	v, err := f.Engine.Look(f.ctx, casework.CallerOf(f.who["dir.dg"]), cmd.Case)
	if err != nil {
		return err
	}
	for _, c := range v.Children {
		if c.Procedure == a.child {
			cmd.Case = c.Case
			return nil
		}
	}
	return fmt.Errorf("%w: no case of %s was opened", errOver, a.child)
}

// date writes the days that an act tells of: yesterday for an inquiry, today for a payment.
func (f *filler) date(facts map[string]any) {
	today := jalali.FromTime(f.Clock.Now())
	if facts["cheque_read_on"] == readOn {
		facts["cheque_read_on"] = today.AddDays(-1).Civil()
	}
	if facts["visit_on"] == readOn {
		facts["visit_on"] = today.AddDays(3).Civil()
	}
	for _, day := range []string{"paid_on", "unit_paid_on", "met_on", "seen_on"} {
		if _, ok := facts[day]; ok {
			facts[day] = today.Civil()
		}
	}
	if _, ok := facts["minutes_date"]; ok {
		facts["minutes_date"] = today.AddDays(-1).Civil()
	}
}

var errOver = errors.New("over")

func gone(err error) error {
	if errors.Is(err, errOver) {
		return nil
	}
	if f, ok := fault.As(err); ok && f.Key == "casework.not_open_here" {
		return nil
	}
	return err
}

// see looks at the case as its person does: the version, and a failing condition to cite.
func (f *filler) see(who casework.Caller, cmd *casework.Command, a act) error {
	v, err := f.Engine.Look(f.ctx, who, cmd.Case)
	if err != nil {
		return err
	}
	if v.Outcome != "" {
		return errOver
	}
	cmd.Version = v.Version
	if a.cites == "" {
		return nil
	}
	for _, c := range v.Conditions {
		if c.Is == "not_met" {
			cmd.Cites = []string{c.ID}
			return nil
		}
	}
	return fmt.Errorf("%w: no condition fails", errOver)
}

// principal is who acts: an account, the unit's own person, or the branch the case was sent to.
func (f *filler) principal(s *story, who string) access.Principal {
	switch who {
	case "unit":
		for _, login := range []string{"unit.ceo", "unit.ceo.2"} {
			if f.who[login].Unit == s.unit.id {
				return f.who[login]
			}
		}
		return f.owner(s.unit.id)
	case "branch":
		if s.bank < 2 && s.branch == 0 {
			return f.who[[]string{"bank.branch", "bank.branch.2"}[s.bank]]
		}
		return access.Principal{Person: "sample-" + branchID(s.bank, s.branch), Role: "bank.branch", Body: branchID(s.bank, s.branch), Province: f.Province}
	default:
		return f.who[who]
	}
}

// workTime is an instant in working hours, days later; offices work from Saturday to Wednesday.
func (f *filler) workTime(from time.Time, days int) time.Time {
	d := jalali.FromTime(from)
	for days > 0 {
		d = d.AddDays(1)
		if wd := d.Weekday(); wd != jalali.Thursday && wd != jalali.Friday {
			days--
		}
	}
	at := d.Start().Add(8*time.Hour + time.Duration(f.r.IntN(6*60))*time.Minute)
	if !at.After(from) {
		at = from.Add(time.Duration(5+f.r.IntN(40)) * time.Minute)
	}
	return at
}

// count tells how many cases stand in each stage.
func (f *filler) count() error {
	who := casework.CallerOf(f.who["dir.dg"])
	after := ""
	for {
		page, err := f.Engine.List(f.ctx, who, casework.Query{Limit: 200, After: after, Sort: "opened"})
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			f.sum.Stages[r.Stage]++
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}
