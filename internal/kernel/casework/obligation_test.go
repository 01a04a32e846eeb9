package casework_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// council plays the owing procedure up to the meeting; bank is the body of bank.head.
type council struct{ *desk }

func owing(t testing.TB) *procedure.Definition {
	t.Helper()
	d, problems := procedure.ParseAndCheck(os.DirFS("testdata/owing"), procedure.CheckContext{})
	for _, p := range procedure.Errors(problems) {
		t.Fatal(p.String(locale.EN))
	}
	return d
}

func meet(t testing.TB) council {
	t.Helper()
	k := council{&desk{t: t, d: owing(t), cals: alborz(t), fold: casework.Apply}}
	k.at(2, 7, 10)
	e, err := casework.Open(k.d, casework.Command{}, k.env("sec", "council.sec"))
	k.must(err)
	k.apply(e)
	return k
}

func (k council) as(person, role, body string) casework.Env {
	env := k.env(person, role)
	env.Grants.Unit, env.Grants.Body, env.Actor.Unit, env.Actor.Body = "", body, "", body
	env.Documents = map[string]bool{"hash-1": true}
	return env
}

// on tries an act on an obligation.
func (k council) on(env casework.Env, action, note string, facts map[string]any) error {
	e, err := casework.Step(k.d, k.s, casework.Command{Key: "k", Case: "c1", Action: action, Version: k.s.Version, Note: note, Facts: facts}, env)
	if err == nil {
		k.apply(e)
	}
	return err
}

func (k council) resolve(rows ...map[string]any) {
	k.t.Helper()
	k.do("sec", "council.sec", "resolve", map[string]any{"resolutions": rows})
}

func resolution(change map[string]any) map[string]any {
	row := map[string]any{"text": "بانک تصمیم خود را اعلام کند", "owner": "bank.head", "bank": "bank-1", "until": "1405/02/20", "measure": "ثبت پاسخ"}
	maps.Copy(row, change)
	return row
}

func (k council) obligation(i int) casework.Obligation { return k.s.Obligations[i] }

var proof = map[string]any{"proof": "hash-1"}

// Each row is owed by whom it names, until the day it names; done is what its owner shows and another person confirms; the
// council cannot close before, and then it can.
func owedToTheEnd(t testing.TB, plant func(k council)) {
	k := meet(t)
	k.resolve(resolution(nil), resolution(map[string]any{"owner": "dir.dg", "bank": "", "until": ""}))
	plant(k)
	if len(k.s.Obligations) != 2 || k.s.Facts["open_resolution"].V != int64(2) {
		t.Fatalf("owed %+v, open %v", k.s.Obligations, k.s.Facts["open_resolution"].V)
	}
	if got := lastDay(k.clock("resolution:1")).Civil(); got != "2026-05-10" {
		t.Errorf("the first ends on %s, want 1405/02/20", got)
	}
	if got, want := lastDay(k.clock("resolution:2")), k.cals["ir-alborz"].AddWorkingDays(dayOf(k.now.UnixMicro()), 10); got != want {
		t.Errorf("the second ends on %v, want %v", got, want)
	}
	refused(t, k.on(k.as("b2", "bank.head", "bank-2"), "fulfil:resolution:1", "", proof), "casework.not_your_action")
	refused(t, k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", nil), "casework.form")
	refused(t, k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", map[string]any{"proof": "hash-2"}), "casework.form")
	k.must(k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", proof))
	if got := k.obligation(0); got.State != casework.ObligationClaimed || got.Papers["proof"] != "hash-1" || k.clock("resolution:1").State != casework.ClockStopped {
		t.Errorf("claimed: %+v", got)
	}
	refused(t, k.on(k.as("b1", "council.sec", ""), "accept:resolution:1", "", nil), "casework.not_your_action") // the same person
	_, err := k.try("sec", "council.sec", "close", nil)
	refused(t, err, "casework.guards")
	k.must(k.on(k.as("sec", "council.sec", ""), "accept:resolution:1", "", nil))
	refused(t, k.on(k.as("sec", "council.sec", ""), "accept:resolution:2", "", nil), "casework.note_needed") // nobody has shown anything
	k.must(k.on(k.as("sec", "council.sec", ""), "accept:resolution:2", "در جلسه گفته شد", nil))
	k.do("sec", "council.sec", "close", nil)
	if k.s.Stage != "done" || k.obligation(1).State != casework.ObligationDone || k.obligation(0).Seen != "sec" {
		t.Errorf("closed as %s with %+v", k.s.Stage, k.s.Obligations)
	}
}

func TestWhatACouncilResolvesIsOwedToItsEnd(t *testing.T) {
	t.Parallel()
	owedToTheEnd(t, func(council) {})
	control.Finds(t, "casework.not_your_action", func(t testing.TB) {
		owedToTheEnd(t, func(k council) { k.s.Obligations[0].Subject = "" }) // any bank may say it is done
	})
	control.Finds(t, "casework.guards", func(t testing.TB) {
		owedToTheEnd(t, func(k council) { k.d.Action("close").Guards = nil })
	})
}

// The worker finds a day passed: an entry of the system says so, its own bank alone is told, and a late word still counts.
func TestAnObligationIsLateByItsClock(t *testing.T) {
	t.Parallel()
	k := meet(t)
	k.resolve(resolution(nil))
	k.now = time.UnixMicro(k.clock("resolution:1").Due - 1)
	if e := k.tick("resolution:1"); e == nil || e.Changes[0].Clock.What != "warned" || e.Changes[1].Notify.Subject != "bank-1" {
		t.Fatalf("a day before its end: %+v", e)
	}
	k.now = time.UnixMicro(k.clock("resolution:1").Due)
	version := k.s.Version
	e := k.tick("resolution:1")
	if e == nil || e.Kind != casework.KindClock || k.clock("resolution:1").State != casework.ClockBreach || k.s.Version != version {
		t.Fatalf("after its end: %+v", e)
	}
	for _, c := range e.Changes[1:] {
		if c.Notify.Role == "bank.head" && c.Notify.Subject != "bank-1" || c.Notify.Role == "dir.dg" && c.Notify.Subject != "" {
			t.Errorf("told %+v", *c.Notify)
		}
	}
	k.must(k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", proof))
	k.must(k.on(k.as("sec", "council.sec", ""), "reject:resolution:1", "مدرک ناقص است", nil))
	if c := k.clock("resolution:1"); c.State != casework.ClockBreach || k.obligation(0).State != casework.ObligationOpen || k.obligation(0).Papers != nil {
		t.Errorf("given back: %+v, clock %+v", k.obligation(0), c)
	}
}

// What the council cancels nobody owes any more; its clocks rest.
func TestWhatIsCancelledIsOwedByNobody(t *testing.T) {
	t.Parallel()
	k := meet(t)
	k.resolve(resolution(nil))
	k.do("sec", "council.sec", "cancel", nil)
	if k.obligation(0).State != casework.ObligationDropped || k.clock("resolution:1").State != casework.ClockStopped || k.s.Facts["open_resolution"].V != int64(0) {
		t.Errorf("cancelled: %+v", k.s.Obligations)
	}
	refused(t, k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", proof), "casework.obligation_state")
}

// A resolution that does not say who, what, by which measure and until when is not taken down.
func TestAVagueResolutionIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]map[string]any{
		"no matter": {"text": " "}, "no owner": {"owner": ""}, "no measure": {"measure": ""}, "a day that has passed": {"until": "1405/02/06"},
	} {
		k := meet(t)
		_, err := k.try("sec", "council.sec", "resolve", map[string]any{"resolutions": []map[string]any{resolution(change)}})
		if err == nil {
			t.Errorf("%s: taken down", name)
			continue
		}
		refused(t, err, "casework.obligation_rows")
	}
}

// What a bank owes is one bank's: a row that names none is not taken down, wherever it stands, and the fault says which and what
// to choose. A row of a role that is one office needs no name.
func owedByOneBank(t testing.TB, plant func(k council)) {
	k := meet(t)
	plant(k)
	_, err := k.try("sec", "council.sec", "resolve", map[string]any{"resolutions": []map[string]any{
		resolution(map[string]any{"owner": "dir.dg", "bank": ""}), resolution(nil), resolution(map[string]any{"bank": " "}),
	}})
	refused(t, err, "casework.obligation_rows")
	if f, ok := fault.As(err); !ok || len(f.Details) != 1 || f.Details[0].Key != "casework.obligation_whom" ||
		f.Details[0].Field != "resolutions.2.bank" || !strings.HasPrefix(locale.T(locale.EN, f.Details[0].Key, f.Details[0].Args), "Row 3: its owner is “Bank”") {
		t.Errorf("told %v", err)
	}
}

func TestAResolutionIsOwedByOneBank(t *testing.T) {
	t.Parallel()
	owedByOneBank(t, func(council) {})
	control.Finds(t, "want casework.obligation_rows", func(t testing.TB) {
		owedByOneBank(t, func(k council) { k.d.Obligation[0].Each.Whom = "" }) // nobody asks which bank
	})
}

// A pause holds a limit and not a day that was decided; a closed day moves the one and not the other.
func TestADecidedDayStandsWhateverTheCalendarSays(t *testing.T) {
	t.Parallel()
	k := meet(t)
	k.resolve(resolution(nil), resolution(map[string]any{"until": ""}))
	fixed, counted := k.clock("resolution:1"), k.clock("resolution:2")
	k.cals = closing(t, k.cals, "2", dayOf(k.now.UnixMicro()).AddDays(2))
	e, err := casework.StepCalendar(k.d, k.s, "closing", k.env("", "system"))
	k.must(err)
	k.apply(e)
	if k.clock("resolution:1").Due != fixed.Due || k.clock("resolution:2").Due <= counted.Due {
		t.Errorf("the decided day moved to %v; the counted one from %v to %v", lastDay(k.clock("resolution:1")), lastDay(counted), lastDay(k.clock("resolution:2")))
	}
	k.do("sec", "council.sec", "halt", nil)
	if k.clock("resolution:1").State != casework.ClockRunning || k.clock("resolution:2").State != casework.ClockPaused {
		t.Errorf("halted: %+v and %+v", k.clock("resolution:1"), k.clock("resolution:2"))
	}
	k.now = k.now.Add(72 * time.Hour)
	k.do("sec", "council.sec", "resume", nil)
	if k.clock("resolution:2").State != casework.ClockRunning {
		t.Error("the counted one did not go on")
	}
}

// What is stored of the entries folds into what the steps worked on.
func TestObligationsFold(t *testing.T) {
	t.Parallel()
	k := meet(t)
	k.resolve(resolution(nil), resolution(map[string]any{"until": ""}))
	k.must(k.on(k.as("b1", "bank.head", "bank-1"), "fulfil:resolution:1", "", proof))
	k.must(k.on(k.as("sec", "council.sec", ""), "reject:resolution:1", "مدرک ناقص است", nil))
	var s *casework.State
	for _, e := range k.log {
		raw, err := json.Marshal(e.Changes)
		k.must(err)
		e.Changes = nil
		k.must(json.Unmarshal(raw, &e.Changes))
		s = casework.Apply(s, e, e.ID)
	}
	if canonical(t, s) != canonical(t, k.s) {
		t.Error("the fold of the entries is another case")
	}
}
