package casework_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// deeds are what people try on the small procedure, in any order; note gives a reason where an act wants one.
var deeds = []struct {
	person, role, action string
	amount               bool
}{
	{"a", "dir.expert", "ask", false}, {"ceo", "unit.ceo", "answer", false}, {"a", "dir.expert", "amend", true}, {"a", "dir.expert", "transfer", false},
	{"a", "dir.expert", casework.CorrectAction, true}, {"b", "dir.deputy", casework.ConfirmAction, false}, {"b", "dir.deputy", casework.DeclineAction, false},
	{"b", "dir.deputy", "reopen", false}, {"a", "dir.expert", casework.CorrectAction, true}, {"b", "dir.deputy", casework.ConfirmAction, false},
	{"a", "dir.expert", "approve", false}, {"b", "dir.deputy", "finish", false}, {"b", "dir.deputy", "approve", false}, {"ceo", "unit.ceo", casework.NoteAction, false},
}

// walk lets people and clocks act on a case in a drawn order; what is refused changes nothing. draw gives a number below n.
func (k *desk) walk(draw func(n int) int, steps int) {
	k.t.Helper()
	for range steps {
		k.now = k.now.Add(time.Duration(draw(90)) * time.Hour)
		for _, id := range slices.Sorted(maps.Keys(k.s.Clocks)) {
			if c := k.s.Clocks[id]; c.State == casework.ClockRunning && c.Due <= k.now.UnixMicro() {
				k.tick(id)
			}
		}
		d := deeds[draw(len(deeds))]
		c := casework.Command{Key: "k", Case: "c1", Action: d.action, Version: k.s.Version, Note: "x"}
		if d.amount {
			c.Facts = map[string]any{"amount": int64(draw(4) + 1)}
		}
		if e, err := casework.Step(k.d, k.s, c, k.env(d.person, d.role)); err == nil {
			k.apply(e)
		}
	}
}

// judge is what a law needs of a test.
type judge interface {
	Helper()
	Fatalf(format string, args ...any)
}

// lawsOfAWalk are what holds of a case whatever happened to it, folded in some way from some journal.
var lawsOfAWalk = []func(t judge, k *desk, fold folder, log []*casework.Entry){oneHolder, journalFolds, correctionsKept}

func TestWhateverHappensTheLawsOfACaseHold(t *testing.T) {
	t.Parallel()
	d, cals := small(t), alborz(t)
	rapid.Check(t, func(r *rapid.T) {
		k := newDesk(t, d, cals, rapid.IntRange(1, 8).Draw(r, "month"), rapid.IntRange(1, 30).Draw(r, "day"))
		k.walk(func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "draw") }, rapid.IntRange(0, 40).Draw(r, "steps"))
		for _, law := range lawsOfAWalk {
			law(r, k, casework.Apply, k.log)
		}
	})
}

// oneHolder: at each instant exactly one is accountable until the case is done, and the times by side sum to the time that
// passed, each to its own holder.
func oneHolder(t judge, k *desk, fold folder, log []*casework.Entry) {
	t.Helper()
	want, side, at := map[string]int64{}, "", int64(0)
	var s *casework.State
	for _, e := range log {
		if side != "" && e.At > at {
			want[side] += e.At - at
		}
		s = fold(s, e, e.ID)
		final := k.d.Stage(s.Stage).Final
		if held := s.Holder.Role != "" && s.Holder.Side != ""; held == final {
			t.Fatalf("after entry %d in %s the holder is %+v", e.Seq, s.Stage, s.Holder)
		}
		side, at = s.Holder.Side, e.At
		var sum int64
		for _, spent := range s.SpentAt(e.At) {
			sum += spent
		}
		if !final && sum != e.At-s.Opened {
			t.Fatalf("at entry %d times sum to %v of %v", e.Seq, sum, e.At-s.Opened)
		}
	}
	got := s.SpentAt(k.now.UnixMicro())
	if side != "" && k.now.UnixMicro() > at {
		want[side] += k.now.UnixMicro() - at
	}
	for _, side := range []string{"unit", "directorate"} {
		if got[side] != want[side] {
			t.Fatalf("%s held it for %v, and is charged %v", side, want[side], got[side])
		}
	}
}

// journalFolds: the entries as the journal keeps them fold to the stored case, after each of them; and folding one changes
// nothing of what was before.
func journalFolds(t judge, k *desk, fold folder, log []*casework.Entry) {
	t.Helper()
	var s *casework.State
	var states []*casework.State
	for i, e := range log {
		s = fold(s, reread(t, e), e.ID)
		if states = append(states, s); i >= len(k.kept) || canonical(k.t, s) != k.kept[i] {
			t.Fatalf("entry %d folds to another case than is stored", e.Seq)
		}
	}
	for i, s := range states {
		if canonical(k.t, s) != k.kept[i] {
			t.Fatalf("a later entry changed the case after entry %d", i+1)
		}
	}
	if len(log) != len(k.kept) {
		t.Fatalf("%d entries, and the stored case knows %d", len(log), len(k.kept))
	}
}

// reread writes an entry as the journal does and reads it back; what stands in its leaf comes from there.
func reread(t judge, e *casework.Entry) *casework.Entry {
	t.Helper()
	raw, err := json.Marshal(e)
	out := &casework.Entry{}
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		t.Fatalf("entry %d: %v", e.Seq, err)
	}
	out.Province, out.Case, out.Seq, out.At = e.Province, e.Case, e.Seq, e.At
	out.Kind, out.Definition, out.Cause = e.Kind, e.Definition, e.Cause
	return out
}

// correctionsKept: a proposal changes no fact; confirmed by another person it sets what it said and nothing is lost, for
// what it replaces is said by an earlier entry; declined it sets nothing.
func correctionsKept(t judge, k *desk, fold folder, log []*casework.Entry) {
	t.Helper()
	said := map[string][]any{}
	var s *casework.State
	for _, e := range log {
		before := s
		s = fold(s, e, e.ID)
		proposed := slices.ContainsFunc(e.Changes, func(c casework.Change) bool { return c.Awaiting != nil || c.Declined })
		if proposed && !reflect.DeepEqual(before.Facts, s.Facts) {
			t.Fatalf("entry %d, a proposal or its refusal, changes a fact", e.Seq)
		}
		for _, c := range e.Changes {
			if c.Confirmed && before.Awaiting.Action == casework.CorrectAction {
				confirmed(t, e, before, s, said)
			}
		}
		for _, c := range e.Changes {
			if c.Fact != nil {
				said[c.Fact.Name] = append(said[c.Fact.Name], c.Fact.Value.V)
			}
		}
	}
	for name, v := range s.Facts {
		if n := len(said[name]); n == 0 || !reflect.DeepEqual(said[name][n-1], v.V) {
			t.Fatalf("the fact %s is %v, and the journal says %v", name, v.V, said[name])
		}
	}
}

func confirmed(t judge, e *casework.Entry, before, after *casework.State, said map[string][]any) {
	t.Helper()
	for _, f := range before.Awaiting.Facts {
		now := after.Facts[f.Name]
		if !reflect.DeepEqual(now.V, f.Value.V) || now.By != before.Awaiting.By || now.Verified != e.Actor.Person || now.By == now.Verified {
			t.Fatalf("entry %d confirms %v and sets %+v", e.Seq, f.Value.V, now)
		}
		if old := before.Facts[f.Name].V; !slices.ContainsFunc(said[f.Name], func(v any) bool { return reflect.DeepEqual(v, old) }) {
			t.Fatalf("no entry before %d says %v, which it replaces", e.Seq, old)
		}
	}
}

// walked is a long walk in which a correction was confirmed, the same each time.
func walked(t testing.TB) *desk {
	t.Helper()
	d, cals, rnd := small(t), alborz(t), rand.New(rand.NewPCG(1, 3))
	for range 400 {
		k := newDesk(t, d, cals, 2, 7)
		k.walk(rnd.IntN, 40)
		if confirms(k.log) > 0 && len(k.log) > 12 {
			return k
		}
	}
	t.Fatal("no walk confirmed a correction")
	return nil
}

func confirms(log []*casework.Entry) (n int) {
	for _, e := range log {
		if e.Kind == casework.KindCorrect && e.Action == casework.ConfirmAction {
			n++
		}
	}
	return n
}

// Each law finds its own fault: time lost at a hand-over, a case that nobody holds, an entry taken out, an entry that
// changes what was before it, a proposal that takes effect at once, and a correction that forgets who asked for it.
func TestTheLawsOfACaseFindPlantedFaults(t *testing.T) {
	t.Parallel()
	k := walked(t)
	for words, c := range map[string]struct {
		fold folder
		log  func([]*casework.Entry) []*casework.Entry
	}{
		"times sum to":              {fold: losesTime},
		"the holder is":             {fold: holdsNothing},
		"than is stored":            {log: func(log []*casework.Entry) []*casework.Entry { return slices.Delete(slices.Clone(log), 2, 3) }},
		"changed the case after":    {fold: writesBack},
		"or its refusal, changes a": {fold: takesAtOnce},
		"and sets":                  {fold: forgetsWho},
	} {
		control.Finds(t, words, func(t testing.TB) {
			fold, log := casework.Apply, k.log
			if c.fold != nil {
				fold = c.fold
			}
			if c.log != nil {
				log = c.log(log)
			}
			for _, law := range lawsOfAWalk {
				for _, said := range control.Reports(t, func(t testing.TB) { law(t, k, fold, log) }) {
					t.Errorf("%s", said)
				}
			}
		})
	}
}

func losesTime(s *casework.State, e *casework.Entry, hash string) *casework.State {
	out := casework.Apply(s, e, hash)
	if s != nil {
		out.Spent = maps.Clone(s.Spent)
	}
	return out
}

func holdsNothing(s *casework.State, e *casework.Entry, hash string) *casework.State {
	out := casework.Apply(s, e, hash)
	if s != nil && s.Stage != out.Stage {
		out.Holder = casework.Holder{Since: e.At}
	}
	return out
}

func writesBack(s *casework.State, e *casework.Entry, hash string) *casework.State {
	out := casework.Apply(s, e, hash)
	if s != nil {
		maps.Copy(s.Facts, out.Facts)
	}
	return out
}

func takesAtOnce(s *casework.State, e *casework.Entry, hash string) *casework.State {
	out := casework.Apply(s, e, hash)
	if out.Awaiting != nil {
		for _, f := range out.Awaiting.Facts {
			out.Facts[f.Name] = f.Value
		}
	}
	return out
}

func forgetsWho(s *casework.State, e *casework.Entry, hash string) *casework.State {
	out := casework.Apply(s, e, hash)
	if e.Action == casework.ConfirmAction {
		for name, v := range out.Facts {
			v.By = e.Actor.Person
			out.Facts[name] = v
		}
	}
	return out
}
