package faults

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
)

// lastMinute is how many applications come in a second, and for how long on each side of the closing hour.
type lastMinute struct {
	rate int
	half time.Duration
}

func (m lastMinute) all() int { return int(2 * m.half.Seconds() * float64(m.rate)) }

func lastMinuteOf() lastMinute {
	if soaking {
		return lastMinute{300, 15 * time.Second}
	}
	return lastMinute{120, 500 * time.Millisecond}
}

// callCloses is the closing hour, in the product's time.
var callCloses = time.Date(2026, 12, 1, 10, 30, 0, 0, time.UTC)

// ticking goes on with every request: on a machine of any speed half of them come before the hour, and one at it.
type ticking struct {
	*clock.Manual
	step time.Duration
}

func (c ticking) Now() time.Time {
	c.Advance(c.step)
	return c.Manual.Now()
}

// callField serves a province shortly before a call closes.
func callField(t testing.TB, fresh storetest.Config, with plants) *field {
	t.Helper()
	m := lastMinuteOf()
	with.clock = clock.NewManual(callCloses.Add(-m.half))
	f := newField(t, fresh, 1<<60, with)
	f.Engine.Clock = ticking{with.clock, time.Second / time.Duration(m.rate)}
	return f
}

// opens publishes a call that closes at an hour.
func (f *field) opens(t testing.TB, closing time.Time) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "call", "procedure.yaml"))
	must(t, err)
	local := closing.In(clock.Tehran)
	hour := jalali.FromTime(closing).String() + local.Format(" 15:04:05")
	folder := fstest.MapFS{"procedure.yaml": {Data: []byte(strings.Replace(string(raw), "CLOSES", hour, 1))}}
	_, problems, err := f.Publish(t.Context(), folder, [2]string{"first", "second"})
	if err != nil {
		t.Fatalf("%v: %v", err, problems)
	}
}

// form is one application: its key and what was answered.
type form struct {
	key  string
	body map[string]any
	got  answer
	err  error
}

func (a *form) taken() bool { return a.got.status == http.StatusCreated }

// known says that the application was taken, or refused by the procedure.
func (a *form) known() bool {
	return a.err == nil && (a.taken() || a.got.status == http.StatusUnprocessableEntity)
}

// application is a request to the call, opened and submitted at once.
func (p province) application(wanted int) map[string]any {
	return map[string]any{"procedure": "call", "unit": p.Unit, "action": "submit", "facts": map[string]any{"wanted": wanted}}
}

// rush sends applications at their times, whether or not those before have their answers.
func (f *field) rush(c *caller, m lastMinute) []*form {
	all := make([]*form, m.all())
	begin := time.Now()
	var g sync.WaitGroup
	for i := range all {
		a := &form{key: app.NewID(), body: f.of.application(i + 1)}
		all[i] = a
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(m.rate))))
		g.Go(func() { a.got, a.err = c.post("/cases", a.key, a.body) })
	}
	g.Wait()
	return all
}

// again asks once more for an application under its key.
func (a *form) again(c *caller) (answer, error) { return c.post("/cases", a.key, a.body) }

// submitted is what the journal says of an application.
type submitted struct {
	opened, acted, refused int
	at                     int64 // of the act or the refusal
}

// journalled gives what the journal says, by the key that caused it.
func (f *field) journalled(t testing.TB) map[string]submitted {
	t.Helper()
	out := map[string]submitted{}
	must(t, f.Store.Read(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		ids, err := tx.CaseIDs(ctx, f.Province, "", 1<<30)
		for _, id := range ids {
			entries, failed := tx.CaseEntries(ctx, f.Province, id)
			err = errors.Join(err, failed)
			for _, e := range entries {
				s := out[e.Leaf.Cause]
				switch e.Leaf.Kind {
				case casework.KindOpened:
					s.opened++
				case casework.KindActed:
					s.acted, s.at = s.acted+1, e.Leaf.At
				case casework.KindRefused:
					s.refused, s.at = s.refused+1, e.Leaf.At
				}
				out[e.Leaf.Cause] = s
			}
		}
		return err
	}))
	return out
}

// closesOnTime is the law: whoever applies around the closing hour is taken or refused by the time of the entry that says so, and
// by nothing else; what is acknowledged is in the journal, once; and whoever was told so hears the same again under the same key.
func closesOnTime(t testing.TB, f *field) {
	m := lastMinuteOf()
	if f.plants.never {
		f.opens(t, callCloses.Add(24*time.Hour))
	} else {
		f.opens(t, callCloses)
	}
	c := f.as("unit.ceo")
	defer c.CloseIdleConnections()
	all := f.rush(c, m)
	taken, refused := 0, 0
	for _, a := range all {
		for try := 0; !a.known() && try < 5; try++ { // the outcome is unknown: the key finds it
			a.got, a.err = a.again(c)
		}
		if !a.known() {
			t.Fatalf("an application is answered %d %s (%v)", a.got.status, a.got.body, a.err)
		}
		if a.taken() {
			taken++
		} else {
			refused++
		}
	}
	t.Logf("%d applications in %v: %d taken, %d refused", len(all), 2*m.half, taken, refused)
	f.judged(t, all, callCloses.UnixMicro())
	if taken == 0 || refused == 0 {
		t.Fatal("nothing came near the hour")
	}
	var g sync.WaitGroup
	for part := range callers {
		g.Go(func() {
			for i := part; i < len(all); i += callers {
				a := all[i]
				if got, err := a.again(c); err != nil || got.status != a.got.status || a.taken() && got.body != a.got.body { // a refusal names its own request
					t.Errorf("told %d %s, and under the same key %d %s (%v)", a.got.status, a.got.body, got.status, got.body, err)
				}
			}
		})
	}
	g.Wait()
	f.untouched(t)
}

// judged compares what was answered with the journal.
func (f *field) judged(t testing.TB, all []*form, closing int64) {
	t.Helper()
	said := f.journalled(t)
	for _, a := range all {
		s := said[a.key]
		switch {
		case s.opened != 1 || s.acted+s.refused != 1 || a.taken() != (s.acted == 1):
			t.Errorf("told %d, and the journal has %+v", a.got.status, s)
		case a.taken() && s.at >= closing:
			t.Errorf("taken %d µs after the hour", s.at-closing)
		case !a.taken() && s.at < closing:
			t.Errorf("refused %d µs before the hour", closing-s.at)
		}
	}
	if len(said) != len(all) {
		t.Errorf("%d applications, and the journal has %d", len(all), len(said))
	}
}

func TestACallClosesOnTime(t *testing.T) {
	storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
		closesOnTime(t, callField(t, fresh, plants{}))
	})
}

func TestTheClosingFindsPlantedFaults(t *testing.T) {
	var lost atomic.Int64
	for words, with := range map[string]plants{
		"after the hour":         {front: doorkeeper, never: true},
		"the journal has {":      {tx: func(tx *store.Tx) casework.Tx { return absent{tx, &lost} }},
		"and under the same key": {tx: func(tx *store.Tx) casework.Tx { return forgetful{tx, true} }},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			f := callField(t, storetest.SQLite, with)
			control.Finds(t, words, func(t testing.TB) { closesOnTime(t, f) })
		})
	}
}

// inTime is the law: who was there before the hour is taken, however long the queue.
func inTime(t testing.TB, f *field) {
	t.Helper()
	c := f.as("unit.ceo")
	defer c.CloseIdleConnections()
	got, err := c.post("/cases", app.NewID(), f.of.application(1))
	must(t, err)
	if got.status != http.StatusCreated {
		t.Errorf("who was there in time is answered %d %s", got.status, got.body)
	}
}

func TestWhoWaitsInTheQueueIsNotLate(t *testing.T) {
	t.Parallel()
	f := callField(t, storetest.SQLite, plants{})
	write := f.Engine.Write
	f.Engine.Write = func(ctx context.Context, fn func(context.Context, casework.Tx) error) error {
		f.plants.clock.Advance(time.Hour)
		return write(ctx, fn)
	}
	f.opens(t, callCloses)
	inTime(t, f)
	late := callField(t, storetest.SQLite, plants{front: func(f *field, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the hour passes before the request is there
			f.plants.clock.Advance(time.Hour)
			next.ServeHTTP(w, r)
		})
	}})
	late.opens(t, callCloses)
	control.Finds(t, "is answered 422", func(t testing.TB) { inTime(t, late) })
}

// doorkeeper judges by the time at the door instead of the entry's: who is let in waits behind it.
func doorkeeper(f *field, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.Clock.Now().Before(callCloses) {
			http.Error(w, "closed", http.StatusUnprocessableEntity)
			return
		}
		time.Sleep(100 * time.Millisecond)
		next.ServeHTTP(w, r)
	})
}

// absent loses one act of a few on its way into the journal.
type absent struct {
	*store.Tx
	n *atomic.Int64
}

func (a absent) AppendEntry(ctx context.Context, e casework.LogEntry) error {
	if e.Leaf.Kind == casework.KindActed && a.n.Add(1)%8 == 0 {
		return nil
	}
	return a.Tx.AppendEntry(ctx, e)
}
