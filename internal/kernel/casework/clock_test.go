package casework_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
)

func dayOf(us int64) jalali.Date { return jalali.FromTime(time.UnixMicro(us)) }

func lastDay(t casework.Ticking) jalali.Date { return dayOf(t.Due - 1) }

// span is a stretch in which the clocks ran.
type span struct{ from, to int64 }

// Wherever pauses fall, a clock runs for its whole limit and no longer, and a pause never brings its end nearer.
func TestPausesNeitherShortenNorStretchALimit(t *testing.T) {
	t.Parallel()
	d, cals := small(t), alborz(t)
	rapid.Check(t, func(r *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "draw") }
		limitsHold(r, newDesk(t, d, cals, 1+draw(8), 1+draw(30)), draw)
	})
}

// A pause whose end is forgotten shortens a limit; one that is counted twice stretches it.
func TestThePausesFindPlantedFaults(t *testing.T) {
	t.Parallel()
	d, cals := small(t), alborz(t)
	resumed := func(spoil func(was, now *casework.Ticking)) folder {
		return func(s *casework.State, e *casework.Entry, hash string) *casework.State {
			out := casework.Apply(s, e, hash)
			for _, c := range e.Changes {
				if c.Clock != nil && c.Clock.What == "resumed" {
					spoil(s.Clocks[c.Clock.ID], out.Clocks[c.Clock.ID])
				}
			}
			return out
		}
	}
	for words, fold := range map[string]folder{
		"working days counted": resumed(func(was, now *casework.Ticking) { now.Due = was.Due }),
		"calendar days":        resumed(func(_, now *casework.Ticking) { now.Due += 24 * 3_600_000_000 }),
		"moved the end":        resumed(func(was, now *casework.Ticking) { now.Due = was.Due - 1 }),
		"statutory clock": func(s *casework.State, e *casework.Entry, hash string) *casework.State {
			out := casework.Apply(s, e, hash)
			if c := out.Clocks["statute"]; c != nil && out.Stage == "waiting" {
				paused := *c
				paused.State = casework.ClockPaused
				out.Clocks["statute"] = &paused
			}
			return out
		},
	} {
		control.Finds(t, words, func(t testing.TB) {
			for seed := range uint64(20) {
				k := openDesk(t, d, cals, fold, 2, 7)
				for _, said := range control.Reports(t, func(t testing.TB) { limitsHold(t, k, rand.New(rand.NewPCG(seed, 1)).IntN) }) {
					t.Errorf("%s", said)
				}
			}
		})
	}
}

// limitsHold lets a case be paused and resumed at drawn times, and wants every limit whole. draw gives a number below n.
func limitsHold(t judge, k *desk, draw func(n int) int) {
	t.Helper()
	cal := k.cals["ir-alborz"]
	start, statute := k.now.UnixMicro(), k.clock("statute")
	from, ran, stood := start, []span(nil), 0
	live := map[string]bool{"office": true, "days": true, "month": true, "hours": true}
	for range draw(6) {
		k.now = k.now.Add(time.Duration(draw(71)) * time.Hour)
		before := k.s.Clocks
		for id := range live {
			live[id] = live[id] && k.now.UnixMicro() < before[id].Due
		}
		ran = append(ran, span{from, k.now.UnixMicro()})
		k.do("a", "dir.expert", "ask", nil)
		began := dayOf(k.now.UnixMicro())
		k.now = k.now.Add(time.Duration(draw(401)) * time.Hour)
		from = k.now.UnixMicro()
		stood += dayOf(from).Index() - began.Index()
		k.do("ceo", "unit.ceo", "answer", nil)
		for id, c := range k.s.Clocks {
			if live[id] && c.Due < before[id].Due {
				t.Fatalf("%s: a pause moved the end from %v back to %v", id, before[id].Due, c.Due)
			}
		}
	}
	wholeLimit(t, k, cal, live, append(ran, span{from: from}), stood)
	if got := k.clock("statute"); got.Due != statute.Due || got.State != casework.ClockRunning {
		t.Fatalf("a statutory clock paused: %+v", got)
	}
}

func wholeLimit(r judge, k *desk, cal *calendar.Calendar, live map[string]bool, ran []span, stood int) {
	worked, hours := 0, time.Duration(0)
	count := func(id string, visit func(from, to int64)) {
		for _, s := range ran {
			if s.to == 0 {
				s.to = k.clock(id).Due - 1
			}
			visit(s.from, s.to)
		}
	}
	count("office", func(from, to int64) { worked += cal.WorkingDaysBetween(dayOf(from), dayOf(to)) })
	count("hours", func(from, to int64) { hours += time.Duration(to-from) * time.Microsecond })
	if spent := k.clock("office").N == 0; live["office"] && !spent && worked != 10 {
		r.Fatalf("working days counted: %d, want 10", worked)
	}
	if got := hours.Round(time.Millisecond); live["hours"] && got != 100*time.Hour {
		r.Fatalf("hours counted: %v, want 100", got)
	}
	first := dayOf(ran[0].from)
	if want := first.AddDays(20 + stood); live["days"] && lastDay(k.clock("days")) != want {
		r.Fatalf("calendar days end on %v, want %v", lastDay(k.clock("days")), want)
	}
	if want := cal.NextWorking(first.AddMonths(1).AddDays(stood)); live["month"] && lastDay(k.clock("month")) != want {
		r.Fatalf("the month ends on %v, want %v", lastDay(k.clock("month")), want)
	}
	if last := lastDay(k.clock("office")); cal.NextWorking(last) != last {
		r.Fatalf("a limit in working days ends on the closed day %v", last)
	}
}

// Paused on its last working day and resumed on a closed one, a limit ends with the next working day.
func TestNoWorkingDayLeftNeverEndsOnAClosedDay(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	last := lastDay(k.clock("office"))
	k.now = last.Start().Add(9 * time.Hour)
	k.do("a", "dir.expert", "ask", nil)
	thursday := last
	for thursday.Weekday() != jalali.Thursday {
		thursday = thursday.AddDays(1)
	}
	k.now = thursday.Start().Add(9 * time.Hour)
	k.do("ceo", "unit.ceo", "answer", nil)
	if got, want := lastDay(k.clock("office")), k.cals["ir-alborz"].NextWorking(thursday); got != want {
		t.Errorf("ends on %v, want %v", got, want)
	}
}

// Days closed during a pause, before it or within it, leave what remains as it was when the pause began.
func TestACalendarChangedDuringAPauseKeepsWhatRemains(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	k.at(2, 12, 10) // Saturday; 8, 9 Ordibehesht and this day are used
	used := k.cals["ir-alborz"].WorkingDaysBetween(dayOf(k.clock("office").From), dayOf(k.now.UnixMicro()))
	k.do("a", "dir.expert", "ask", nil)
	shut := []jalali.Date{}
	for _, d := range []int{8, 14, 15} {
		date, err := jalali.New(1405, 2, d)
		k.must(err)
		shut = append(shut, date)
	}
	k.cals = closing(t, k.cals, "2", shut...)
	k.at(2, 16, 10)
	k.do("ceo", "unit.ceo", "answer", nil)
	got := k.cals["ir-alborz"].WorkingDaysBetween(dayOf(k.now.UnixMicro()), lastDay(k.clock("office")))
	if want := 10 - used; got != want {
		t.Errorf("%d working days remain, want %d", got, want)
	}
}

// A warning comes when so much is left as the definition says, each unit counted as itself.
func TestAWarningIsCountedInItsOwnUnit(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	cal := k.cals["ir-alborz"]
	office, month, days, hours := k.clock("office"), k.clock("month"), k.clock("days"), k.clock("hours")
	if got := cal.WorkingDaysBetween(dayOf(office.Warn-1), lastDay(office)); got != 2 {
		t.Errorf("%d working days left at the warning, want 2", got)
	}
	if got := lastDay(days).Index() - dayOf(days.Warn-1).Index(); got != 3 {
		t.Errorf("%d calendar days left at the warning, want 3", got)
	}
	if got := time.Duration(hours.Due-hours.Warn) * time.Microsecond; got != 5*time.Hour {
		t.Errorf("%v left at the warning, want 5h", got)
	}
	if want := lastDay(month).AddMonths(-1).AddDays(1).Start().UnixMicro(); month.Warn != max(want, month.From) {
		t.Errorf("a month's warning at %v, want a solar month before the end", time.UnixMicro(month.Warn))
	}
}

// A clock ended after its due says so for good; a round started anew is clean, and the log keeps the former.
func TestABreachOutlivesTheActThatEndsTheClock(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	due := k.clock("office").Due
	k.now = time.UnixMicro(due).Add(time.Hour)
	k.tick("office")
	k.now = k.now.Add(time.Hour)
	k.do("b", "dir.deputy", "finish", nil)
	if c := k.clock("office"); c.State != casework.ClockStopped || c.Breached != due {
		t.Errorf("ended late: %+v, want stopped with its breach at %d", c, due)
	}
	k.do("b", "dir.deputy", "reopen", nil)
	if c := k.clock("office"); c.State != casework.ClockRunning || c.Breached != 0 || c.Round != 2 {
		t.Errorf("a new round: %+v, want a clean one", c)
	}
	breaches := 0
	for _, e := range k.log {
		for _, c := range e.Changes {
			if c.Clock != nil && c.Clock.What == "breached" && c.Clock.State.Breached == due {
				breaches++
			}
		}
	}
	if breaches != 1 {
		t.Errorf("the log tells of %d breaches, want 1", breaches)
	}
}

// Days closed after a breach do not undo it: not the calendar's change, not a later wake-up, not a pause.
func TestACalendarChangeRevivesNoBreachedClock(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	due := k.clock("office").Due
	k.now = time.UnixMicro(due).Add(time.Hour)
	k.tick("office")
	k.cals = closing(t, k.cals, "2", dayOf(due-1), dayOf(due-1).AddDays(-1))
	e, err := casework.StepCalendar(k.d, k.s, "closed", k.env("", "system"))
	k.must(err)
	if e != nil {
		k.apply(e)
	}
	if k.tick("office") != nil {
		t.Error("a breached clock fired again")
	}
	k.do("a", "dir.expert", "ask", nil)
	k.do("ceo", "unit.ceo", "answer", nil)
	if c := k.clock("office"); c.State != casework.ClockBreach || c.Due != due || c.Breached != due {
		t.Errorf("%+v, want breached at %d", c, due)
	}
}

// The system's act at the end of a clock leaves no act waiting for a confirmation that could come afterwards.
func TestADeemedActLeavesNothingAwaiting(t *testing.T) {
	t.Parallel()
	k := newDesk(t, small(t), alborz(t), 2, 7)
	k.do("a", "dir.expert", "transfer", nil)
	if k.s.Awaiting == nil {
		t.Fatal("the transfer awaits no confirmation")
	}
	k.now = time.UnixMicro(k.clock("statute").Due)
	e := k.tick("statute")
	if k.s.Stage != "done" || k.s.Awaiting != nil {
		t.Errorf("stage %s, awaiting %+v", k.s.Stage, k.s.Awaiting)
	}
	recorded := 0
	for _, c := range e.Changes {
		if c.Lapsed != nil && c.Lapsed.Action == "transfer" && c.Lapsed.Cause == "lapse" {
			recorded++
		}
	}
	if recorded != 1 {
		t.Errorf("the lapse of the transfer is recorded %d times, want once with its cause", recorded)
	}
}
