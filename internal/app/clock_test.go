package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/jobs"
)

// jumps are what the machine's clock does between two rounds of work: from a day on it goes by these steps.
var jumps = map[string]struct {
	from  string // a Jalali day, at 23:00
	steps []time.Duration
}{
	"a day back":                         {"1405/02/10", []time.Duration{-24 * time.Hour, time.Hour}},
	"ten years on and back":              {"1405/02/10", []time.Duration{3652 * 24 * time.Hour, -3652 * 24 * time.Hour}},
	"over the turn of the year and back": {"1405/12/29", []time.Duration{2 * time.Hour, -2 * time.Hour, 25 * time.Hour}},
	"the leap day":                       {"1408/12/29", []time.Duration{24 * time.Hour, 24 * time.Hour, -24 * time.Hour}},
	"a second twice":                     {"1405/02/07", []time.Duration{-time.Second, time.Second}},
}

func TestTheClockJumps(t *testing.T) {
	for name, j := range jumps {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) { jumping(t, w, j.from, j.steps) })
		})
	}
}

// licence is when that of the world's unit ends.
var licence = jalali.Date{Year: 1407, Month: 1, Day: 1}

// work is what people and jobs do between two jumps: a request is filed and looked at, a letter goes to a bank, what is due
// is fired and what waits is carried out.
func (w *world) work(t testing.TB) (ids []string) {
	t.Helper()
	for range 2 {
		id, r := w.open(t), w.request()
		r["cheque_read_on"] = jalali.FromTime(w.clock.Now()).Slash("en")
		w.actsNow(t, id, act{who: "unit.ceo", action: "submit", facts: r}, act{who: "dir.expert", action: "accept_documents"})
		ids = append(ids, id)
	}
	if w.clock.Now().After(licence.Start()) { // which the unit's lasts: nothing is approved any more
		w.jobs(t)
		return ids
	}
	w.actsNow(t, ids[0], act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "x"}}, act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"})
	w.jobs(t)
	return ids
}

// actsNow carries a case on without letting time pass.
func (w *world) actsNow(t testing.TB, id string, acts ...act) {
	t.Helper()
	now := w.clock.Now()
	for _, a := range acts {
		w.carry(t, id, a)
		w.clock.Set(now)
	}
}

// jobs does all that waits.
func (w *world) jobs(t testing.TB) {
	t.Helper()
	worker, err := w.Outbox()
	must(t, err)
	for n := 1; n > 0; {
		w.settle(t.Context(), t)
		drained, err := worker.Drain(t.Context(), jobs.Topics)
		must(t, err)
		woken, err := w.Engine.Wake(t.Context(), 100)
		must(t, err)
		n = drained + woken
	}
}

// jumping is the law: whatever the clock does, entries stand in the order of their numbers with times that never go back,
// each deadline that is past has fired, and once, messages leave, numbers are each given once and of the year that the entry
// is of, a key acts once and nobody's session lives longer.
func jumping(t testing.TB, w *world, from string, steps []time.Duration) {
	start, err := jalali.Parse(from)
	must(t, err)
	w.clock.Set(start.Start().Add(23 * time.Hour))
	ids := w.work(t)
	sent := casework.Command{Key: "once", Procedure: "referral", Unit: w.unit}
	first, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), sent)
	must(t, err)
	for _, step := range steps {
		token, _, err := w.Party.SignIn(t.Context(), "unit.ceo", password, "", "127.0.0.1")
		must(t, err)
		w.clock.Set(w.clock.Now().Add(step))
		if _, err := w.Party.Resolve(t.Context(), token); step < -time.Minute && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a session lives on after the clock went back by %v: %v", -step, err)
		}
		again, err := w.Engine.Act(t.Context(), w.as(t, "unit.ceo"), sent)
		if err != nil || !again.Replay || again.Entry != first.Entry {
			t.Errorf("after %v a key gives %+v (%v), at first %+v", step, again, err, first)
		}
		w.jobs(t)
		for _, id := range ids {
			if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "x", NoteFor: "staff"}); got != "" {
				t.Errorf("a note after %v: %s", step, got)
			}
		}
		ids = append(ids, w.work(t)...)
	}
	for range 3 { // work goes on in the usual time
		w.clock.Advance(24 * time.Hour)
		w.jobs(t)
	}
	w.fired(t, ids)
	w.ordered(t)
	w.untouched(t)
}

// fired wants each clock of these cases to have fired once when it is past, and not before.
func (w *world) fired(t testing.TB, ids []string) {
	t.Helper()
	for _, id := range ids {
		v, times := w.look(t, "dir.dg", id), map[string]int{}
		for _, e := range v.Timeline {
			if e.Kind == casework.KindClock && e.What == "breached" {
				if times[e.Clock.EN]++; times[e.Clock.EN] > 1 {
					t.Errorf("case %s: %q fires twice", v.Number, e.Clock.EN)
				}
			}
		}
		for _, c := range v.Clocks {
			if c.State == casework.ClockRunning && c.Due <= w.clock.Now().UnixMicro() {
				t.Errorf("case %s: %s is past and was skipped", v.Number, c.ID)
			}
		}
	}
}

// ordered reads what is stored.
func (w *world) ordered(t testing.TB) {
	t.Helper()
	driver, at := "sqlite", "file:"+filepath.Join(w.Data, store.DatabaseFile)+"?_pragma=busy_timeout(5000)"
	if w.Database != "" {
		driver, at = "pgx", w.Database
	}
	db, err := sql.Open(driver, at)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	each := func(query string, row func(text string, a, b int64)) {
		rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
		must(t, err)
		defer func() { must(t, rows.Close()) }()
		for rows.Next() {
			var text string
			var a, b int64
			must(t, rows.Scan(&text, &a, &b))
			row(text, a, b)
		}
		must(t, rows.Err())
	}
	last, latest := "", int64(0)
	each("SELECT case_id, at, seq FROM entry ORDER BY case_id, seq", func(chain string, at, seq int64) {
		if chain == last && at < latest {
			t.Errorf("entry %d of %s goes back in time by %v", seq, chain, time.Duration(latest-at)*time.Microsecond)
		}
		last, latest = chain, at
	})
	each("SELECT state || ' ' || topic || ' ' || entry, available, at FROM outbox WHERE state <> 'done'", func(what string, available, at int64) {
		t.Errorf("the message %s is not carried out (%d, %d)", what, available, at)
	})
	each("SELECT number, issued, dispatched FROM letter WHERE direction = 'out'", func(number string, issued, dispatched int64) {
		if year := fmt.Sprint(jalali.FromTime(time.UnixMicro(issued)).Year); !strings.Contains(number, year) {
			t.Errorf("letter %s is of %s", number, year)
		}
		if dispatched == 0 {
			t.Errorf("letter %s never left", number)
		}
	})
}

// slipping gives every entry the clock's own time.
type slipping struct {
	*store.Tx
	now int64
}

func (s slipping) AppendEntry(ctx context.Context, e casework.LogEntry) error {
	e.Leaf.At = s.now
	e.Bytes = e.Leaf.Encode()
	return s.Tx.AppendEntry(ctx, e)
}

// punctual fires only what has come due in the last hour.
type punctual struct{ casework.Reader }

func (p punctual) DueClocks(ctx context.Context, now int64, limit int) ([]casework.Deadline, error) {
	all, err := p.Reader.DueClocks(ctx, now, limit)
	kept := all[:0]
	for _, d := range all {
		if d.Due > now-time.Hour.Microseconds() {
			kept = append(kept, d)
		}
	}
	return kept, err
}

func TestTheJumpsFindPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, plant := range map[string]func(*world, *casework.Engine){
		"goes back in time": func(w *world, g *casework.Engine) {
			g.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
				return w.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
					return fn(ctx, slipping{tx, w.clock.Now().UnixMicro()})
				})
			}
		},
		"was skipped": func(w *world, g *casework.Engine) {
			read := app.InTx[casework.Reader](w.Store.Read)
			g.Read = func(ctx context.Context, fn func(context.Context, casework.Reader) error) error {
				return read(ctx, func(ctx context.Context, r casework.Reader) error { return fn(ctx, punctual{r}) })
			}
		},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			engine := *w.Engine
			plant(w, &engine)
			w.Engine = &engine
			control.Finds(t, words, func(t testing.TB) {
				jumping(t, w, "1405/02/10", []time.Duration{-24 * time.Hour, 3652 * 24 * time.Hour})
			})
		})
	}
}
