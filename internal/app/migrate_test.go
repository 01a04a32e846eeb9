package app_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/procedures"
)

// edition is the referral with words of its procedure.yaml replaced, pair by pair.
func edition(t testing.TB, pairs ...string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	sub, err := fs.Sub(procedures.Files, "referral")
	must(t, err)
	must(t, fs.WalkDir(sub, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(sub, path)
		out[path] = &fstest.MapFile{Data: raw}
		return err
	}))
	text := string(out["procedure.yaml"].Data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("procedure.yaml does not say %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	out["procedure.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return out
}

// second is version 1.1 of the referral: seven working days to decide, and a migration with the given groups.
func second(t testing.TB, groups string, more ...string) fstest.MapFS {
	t.Helper()
	return edition(t, append([]string{
		`version: "1.0"`, `version: "1.1"`, "from: 1403/01/01", "from: 1405/02/07",
		"stop: [leave(decision)], limit: 5 working days", "stop: [leave(decision)], limit: 7 working days",
		"\nletters:\n", "\nmigration: {from: [\"1.0\"], groups: " + groups + "}\n\nletters:\n",
	}, more...)...)
}

func (w *world) publish(t testing.TB, folder fs.FS) string {
	t.Helper()
	def, problems, err := w.Publish(t.Context(), folder, [2]string{"first", "second"})
	if err != nil {
		t.Fatal(err, problems)
	}
	return def.Hash
}

// folds fails unless every case is the fold of its entries.
func (w *world) folds(t testing.TB) {
	t.Helper()
	_, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { t.Errorf("replay differs: %+v", d) })
	must(t, err)
}

func due(t testing.TB, v *casework.View, clock string) int64 {
	t.Helper()
	i := slices.IndexFunc(v.Clocks, func(c casework.ClockView) bool { return c.ID == clock })
	if i < 0 {
		t.Fatalf("the case has no clock %s", clock)
	}
	return v.Clocks[i].Due
}

// toDecision carries a request to the deputy's desk.
func (w *world) toDecision(t testing.TB) string {
	t.Helper()
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request()},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است", "minutes_no": "12", "minutes_date": "1405/02/07"}},
	)
	return id
}

func TestRunningCasesGoOverToANewVersionByTheirGroup(t *testing.T) { onBoth(t, byGroup) }

func byGroup(t testing.TB, w *world) {
	draft, forward := w.open(t), w.toDecision(t)
	before := w.look(t, "dir.deputy", forward)
	hash := w.publish(t, second(t, "{draft: pin, decision: forward}"))
	for range 2 { // a second look finds nothing to do
		must(t, w.MigrateRunning(t.Context()))
	}

	after := w.look(t, "dir.deputy", forward)
	if after.Procedure.Hash != hash || after.Procedure.Version != "1.1" {
		t.Errorf("a case of the forward group stands on version %s", after.Procedure.Version)
	}
	if after.Version != before.Version+1 {
		t.Errorf("version %d became %d: a form drawn by the old definition must be refused", before.Version, after.Version)
	}
	if old, now := due(t, before, "decision_due"), due(t, after, "decision_due"); now-old < 2*24*time.Hour.Microseconds() {
		t.Errorf("two working days more moved the end by %v", time.Duration(now-old)*time.Microsecond)
	}
	if len(after.Facts) != len(before.Facts) || len(after.Timeline) != len(before.Timeline)+1 {
		t.Errorf("%d facts and %d events became %d and %d", len(before.Facts), len(before.Timeline), len(after.Facts), len(after.Timeline))
	}
	if v := w.look(t, "unit.ceo", draft); v.Procedure.Version != "1.0" {
		t.Errorf("a pinned case stands on version %s", v.Procedure.Version)
	}
	_, err := w.Engine.Act(t.Context(), w.as(t, "dir.deputy"), casework.Command{Key: "stale", Case: forward, Action: "approve", Version: before.Version})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("an act on the form of the old version: %v", err)
	}
	w.carry(t, forward, act{who: "dir.deputy", action: "approve"}, act{who: "dir.deputy", action: "sign"})
	w.folds(t)
}

func TestTheHolderSaysWhetherAnAskedCaseGoesOver(t *testing.T) { onBoth(t, byAnswer) }

func byAnswer(t testing.TB, w *world) {
	goes, stays := w.toDecision(t), w.toDecision(t)
	hash := w.publish(t, second(t, "{other: ask}"))
	must(t, w.MigrateRunning(t.Context()))

	for _, c := range []struct{ id, answer, version string }{{goes, casework.MigrateAction, "1.1"}, {stays, casework.StayAction, "1.0"}} {
		v := w.look(t, "dir.deputy", c.id)
		if v.Ask == nil || v.Ask.To != hash || v.Procedure.Version != "1.0" {
			t.Fatalf("asked %+v on version %s", v.Ask, v.Procedure.Version)
		}
		if offered(w.look(t, "dir.expert", c.id), c.answer) {
			t.Error("who does not hold the case is offered the answer")
		}
		_, err := w.Engine.Act(t.Context(), w.as(t, "dir.expert"), casework.Command{Key: "x" + c.id, Case: c.id, Action: c.answer, Version: v.Version})
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("an answer by somebody else: %v", err)
		}
		w.carry(t, c.id, act{who: "dir.deputy", action: c.answer})
		must(t, w.MigrateRunning(t.Context()))
		v = w.look(t, "dir.deputy", c.id)
		if v.Ask != nil || v.Procedure.Version != c.version || offered(v, c.answer) {
			t.Errorf("after %s: version %s, asked %+v", c.answer, v.Procedure.Version, v.Ask)
		}
		w.carry(t, c.id, act{who: "dir.deputy", action: "approve"})
	}
	w.folds(t)
}

func offered(v *casework.View, action string) bool {
	return slices.ContainsFunc(v.Actions, func(a casework.ActionView) bool { return a.ID == action })
}

func TestWhatWouldBeLostIsAskedAboutAndStaysInTheJournal(t *testing.T) { onBoth(t, notLost) }

func notLost(t testing.TB, w *world) {
	id := w.toDecision(t)
	// The minutes' number becomes a date: the text that stands there cannot be read as one.
	folder := second(t, "{other: forward}", "minutes_no: {type: text,", "minutes_no: {type: date,", "source: body, group: conditions, max: 40}", "source: body, group: conditions}")
	maps.DeleteFunc(folder, func(path string, f *fstest.MapFile) bool {
		return strings.HasPrefix(path, "examples/") && strings.Contains(string(f.Data), "minutes_no")
	})
	w.publish(t, folder)
	must(t, w.MigrateRunning(t.Context()))
	v := w.look(t, "dir.deputy", id)
	if v.Ask == nil || len(v.Ask.Reasons) != 1 || v.Ask.Reasons[0].ID != "minutes_no" {
		t.Fatalf("a fact of another type did not make the case ask: %+v", v.Ask)
	}
	entries := len(v.Timeline)
	w.carry(t, id, act{who: "dir.deputy", action: casework.MigrateAction})
	v = w.look(t, "dir.deputy", id)
	for _, f := range v.Facts {
		if f.Name == "minutes_no" && f.Value != nil {
			t.Errorf("a text is read as a date: %v", f.Value)
		}
	}
	if len(v.Timeline) != entries+1 {
		t.Errorf("%d events became %d", entries, len(v.Timeline))
	}
	w.folds(t)
}

func TestAShorterDeadlineMakesNoCaseLateByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toDecision(t)
	w.clock.Advance(3 * 24 * time.Hour)
	w.publish(t, edition(t, `version: "1.0"`, `version: "1.1"`, "from: 1403/01/01", "from: 1405/02/07",
		"stop: [leave(decision)], limit: 5 working days", "stop: [leave(decision)], limit: 1 working day",
		"\nletters:\n", "\nmigration: {from: [\"1.0\"], groups: {other: forward}}\n\nletters:\n"))
	must(t, w.MigrateRunning(t.Context()))
	if v := w.look(t, "dir.deputy", id); v.Ask == nil || v.Ask.Reasons[0].What != "clock" || v.Holder.Late {
		t.Errorf("asked %+v, late %t", v.Ask, v.Holder.Late)
	}
}

func TestAVersionWithoutAMigrationIsNotPublishedOverAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, problems, err := w.Publish(t.Context(), edition(t, `version: "1.0"`, `version: "1.1"`), [2]string{"first", "second"})
	if !fault.Is(err, fault.Invalid) || len(problems) == 0 || problems[0].Key != "procedure.migration_missing" {
		t.Errorf("%v %+v", err, problems)
	}
}
