package casework_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"testing"
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// desk plays the small procedure by steps alone, without a store.
type desk struct {
	t    testing.TB
	d    *procedure.Definition
	cals map[string]*calendar.Calendar
	now  time.Time
	s    *casework.State
	log  []*casework.Entry
	fold folder
	kept []string // the case after each entry, as it was written then
}

// folder folds an entry into a case, as casework.Apply does.
type folder func(s *casework.State, e *casework.Entry, hash string) *casework.State

func small(t testing.TB) *procedure.Definition {
	t.Helper()
	d, problems := procedure.Parse(os.DirFS("testdata/small"))
	for _, p := range procedure.Errors(problems) {
		t.Error(p.String(locale.EN))
	}
	if t.Failed() {
		t.FailNow()
	}
	return d
}

// newDesk opens a case on a Jalali day of 1405 at ten in the morning and submits it.
func newDesk(t testing.TB, d *procedure.Definition, cals map[string]*calendar.Calendar, month, day int) *desk {
	t.Helper()
	return openDesk(t, d, cals, casework.Apply, month, day)
}

// openDesk is newDesk with another way to fold.
func openDesk(t testing.TB, d *procedure.Definition, cals map[string]*calendar.Calendar, fold folder, month, day int) *desk {
	t.Helper()
	k := &desk{t: t, d: d, cals: cals, fold: fold}
	k.at(month, day, 10)
	e, err := casework.Open(d, casework.Command{Unit: "u1"}, k.env("ceo", "unit.ceo"))
	k.must(err)
	k.apply(e)
	k.do("ceo", "unit.ceo", "submit", map[string]any{"amount": int64(5)})
	return k
}

func (k *desk) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) at(month, day, hour int) {
	k.t.Helper()
	d, err := jalali.New(1405, month, day)
	k.must(err)
	k.now = d.Start().Add(time.Duration(hour) * time.Hour)
}

func (k *desk) env(person, role string) casework.Env {
	id := fmt.Sprintf("e%d", len(k.log)+1)
	return casework.Env{
		Now: k.now.UnixMicro(), Actor: casework.Actor{Person: person, Role: role, Unit: "u1"},
		Grants: casework.Grants{Province: "p", Unit: "u1", Person: person, Speaks: true}, Calendars: k.cals, EntryID: id, CaseID: "c1",
		Numbers: map[string][]string{"SM": {"SM-1"}},
	}
}

func (k *desk) apply(e *casework.Entry) {
	k.s = k.fold(k.s, e, e.ID)
	k.log, k.kept = append(k.log, e), append(k.kept, canonical(k.t, k.s))
}

func (k *desk) try(person, role, action string, facts map[string]any) (*casework.Entry, error) {
	return casework.Step(k.d, k.s, casework.Command{
		Key: "k", Case: "c1", Action: action, Version: k.s.Version, Facts: facts,
	}, k.env(person, role))
}

func (k *desk) do(person, role, action string, facts map[string]any) *casework.Entry {
	k.t.Helper()
	e, err := k.try(person, role, action, facts)
	k.must(err)
	k.apply(e)
	return e
}

func (k *desk) tick(clock string) *casework.Entry {
	k.t.Helper()
	e, err := casework.StepClock(k.d, k.s, clock, k.env("", "system"))
	k.must(err)
	if e != nil {
		k.apply(e)
	}
	return e
}

func (k *desk) clock(id string) casework.Ticking { return *k.s.Clocks[id] }

// refused wants a fault by its key.
func refused(t testing.TB, err error, key string) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

// closing gives the calendars of a later version, with more days closed.
func closing(t testing.TB, cals map[string]*calendar.Calendar, version string, days ...jalali.Date) map[string]*calendar.Calendar {
	t.Helper()
	spec := cals["ir-alborz"].Spec()
	spec.Version = version
	for _, d := range days {
		spec.Days = append(spec.Days, calendar.Day{Date: d})
	}
	cal, err := calendar.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	out := maps.Clone(cals)
	out["ir-alborz"] = cal
	return out
}

func canonical(t testing.TB, s *casework.State) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
