package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/store"
)

// toBranch carries a fresh request until its letter has gone to the branch.
func (w *world) toBranch(t testing.TB) string {
	t.Helper()
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request()},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}},
		act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"},
	)
	return id
}

// toNotice carries a request on: refused by the bank, approved by the working group, the bank given notice.
func (w *world) toNotice(t testing.TB) string {
	t.Helper()
	id := w.toBranch(t)
	w.carry(t, id,
		act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "77"}},
		act{who: "bank.branch", action: "start_assessment"},
		act{who: "bank.branch", action: "bank_refuse", reason: "R03"},
		act{who: "unit.ceo", action: "object", facts: map[string]any{"appeal_text": "وثیقه کافی است"}},
		act{who: "council.sec", action: "notice_resolution", facts: map[string]any{"resolution_no": "5"}},
	)
	return id
}

func (w *world) look(t testing.TB, login, id string) *casework.View {
	t.Helper()
	v, err := w.Engine.Look(t.Context(), w.as(t, login), id)
	must(t, err)
	return v
}

func clockOf(t testing.TB, v *casework.View, id string) casework.ClockView {
	t.Helper()
	for _, c := range v.Clocks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no clock %s", id)
	return casework.ClockView{}
}

// Domain 7.2, scenario 3: sent on Wednesday 1405/06/25; Thursday and Friday are the weekend; Saturday is closed that very
// morning. The reminder falls on the fifth working day, and the case says that the deadline moved, and why.
func TestASuddenClosingMovesTheReminderAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wednesday, err := jalali.New(1405, 6, 25)
	must(t, err)
	w.clock.Set(wednesday.Start().Add(8 * time.Hour))
	id := w.open(t)
	r := w.request()
	r["cheque_read_on"] = "1405/06/20"
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: r},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}},
		act{who: "dir.deputy", action: "approve"},
		act{who: "dir.deputy", action: "sign"},
	)
	before := clockOf(t, w.look(t, "dir.expert", id), "branch_receipt_late")
	version := w.look(t, "dir.expert", id).Version
	w.clock.Set(wednesday.AddDays(3).Start().Add(7 * time.Hour))
	_, err = w.CloseDay(t.Context(), app.Closing{
		Calendar: "ir-alborz", Date: wednesday.AddDays(3).Civil(), Reason: name("آلودگی هوا"), Source: "بخشنامه", By: "p-dir.dg",
	})
	must(t, err)
	v := w.look(t, "dir.expert", id)
	after := clockOf(t, v, "branch_receipt_late")
	if got := time.UnixMicro(after.Due).Sub(time.UnixMicro(before.Due)); got < 24*time.Hour {
		t.Errorf("the deadline moved by %v, want at least a day", got)
	}
	if v.Version != version {
		t.Errorf("version %d, want %d: a moved deadline raises none", v.Version, version)
	}
	last := v.Timeline[len(v.Timeline)-1]
	if last.Kind != casework.KindMoved || last.Old == 0 || last.Cause == "" {
		t.Errorf("last event %+v, want a moved deadline with old, new and cause", last)
	}
	fifth := jalali.FromTime(time.UnixMicro(after.Due - 1))
	w.clock.Set(fifth.Start().Add(20 * time.Hour))
	w.wake(t)
	if clockOf(t, w.look(t, "dir.expert", id), "branch_receipt_late").State == casework.ClockBreach {
		t.Error("the reminder fell before the fifth working day was over")
	}
	w.clock.Set(fifth.AddDays(1).Start())
	w.wake(t)
	if clockOf(t, w.look(t, "dir.expert", id), "branch_receipt_late").State != casework.ClockBreach {
		t.Error("the reminder did not fall after the fifth working day")
	}
	w.untouched(t)
}

func (w *world) wake(t testing.TB) {
	t.Helper()
	_, err := w.Engine.Wake(t.Context(), 100)
	must(t, err)
}

// Domain 7.2, scenario 5: refused with R03, approved by the working group; on the day after one solar month of silence the
// case of article 62 opens by itself.
func TestASilentMonthOpensTheBoardsCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := silenceOpensTheBoard(t, w)
	child := w.look(t, "council.sec", w.look(t, "dir.expert", id).Children[0].Case)
	b := enter(t, w.App, "dir.expert", password)
	b.lang = string(locale.FA)
	page := b.send(http.MethodGet, "/cases/"+id, nil).Body.String()
	if want := `href="/cases/` + child.ID + `"`; !strings.Contains(page, want) {
		t.Errorf("the page does not lead to the case that opened (%s)", want)
	}
	if text := readable(page); !strings.Contains(text, child.Procedure.Title.FA) || strings.Contains(text, child.Procedure.ID) {
		t.Errorf("the page must name the case that opened %q, and not %q", child.Procedure.Title.FA, child.Procedure.ID)
	}
}

// silenceOpensTheBoard gives the case whose bank was silent.
func silenceOpensTheBoard(t testing.TB, w *world) (id string) {
	t.Helper()
	id = w.toNotice(t)
	noticed := jalali.FromTime(w.clock.Now())
	w.clock.Set(noticed.AddMonths(1).Start().Add(23 * time.Hour))
	w.wake(t)
	if n := len(w.look(t, "dir.expert", id).Children); n != 0 {
		t.Fatalf("%d cases opened within the month", n)
	}
	w.clock.Set(noticed.AddMonths(1).AddDays(1).Start())
	w.wake(t)
	w.wake(t)
	v := w.look(t, "dir.expert", id)
	if len(v.Children) != 1 || v.Children[0].Procedure != "experts-board-62" {
		t.Fatalf("children %+v, want one case of the experts' board", v.Children)
	}
	child := w.look(t, "council.sec", v.Children[0].Case)
	if child.Parent != id || child.Stage.ID != "opened" {
		t.Errorf("child %+v", child.Stage)
	}
	w.untouched(t)
	return id
}

func TestARedChequeIsRefusedByItsConditionWithTheSmallestRemedy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	r := w.request()
	r["cheque_colour"] = "R"
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: r},
		act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "چک برگشتی دارد"}},
	)
	for _, wrong := range []struct {
		action string
		cites  []string
		key    string
	}{{"approve", nil, "casework.grant_not_met"}, {"refuse", nil, "casework.cite_needed"}, {"refuse", []string{"C4"}, "casework.cite_not_failing"}} {
		v := w.look(t, "dir.deputy", id)
		_, err := w.Engine.Act(t.Context(), w.as(t, "dir.deputy"), casework.Command{
			Key: "wrong-" + app.NewID(), Case: id, Action: wrong.action, Version: v.Version, Cites: wrong.cites,
		})
		if f, ok := fault.As(err); !ok || f.Key != wrong.key {
			t.Errorf("%s citing %v: %v, want %s", wrong.action, wrong.cites, err, wrong.key)
		}
	}
	w.carry(t, id, act{who: "dir.deputy", action: "refuse", cites: []string{"C7"}})
	v := w.look(t, "unit.ceo", id)
	if v.Stage.ID != "refused_open" || v.Letters[len(v.Letters)-1].Code != "L08" {
		t.Errorf("stage %s, letters %+v", v.Stage.ID, v.Letters)
	}
	for _, c := range v.Conditions {
		if c.ID == "C7" && (c.Is != "not_met" || len(c.Remedy) != 1 || c.Remedy[0].Value != "W") {
			t.Errorf("C7 %+v, want not met with the remedy white", c)
		}
	}
	w.carry(t, id, act{who: "unit.ceo", action: "appeal", facts: map[string]any{"appeal_text": "رفع شد"}})
	_, err := w.Engine.Act(t.Context(), w.as(t, "dir.deputy"), casework.Command{
		Key: "own-appeal-1", Case: id, Action: "overturn", Version: w.look(t, "dir.deputy", id).Version, Note: "x",
	})
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("the decider answering the appeal got %v, want forbidden", err)
	}
}

func TestAKeyActsOnceAndAStaleVersionIsToldWhatChanged(t *testing.T) {
	t.Parallel()
	aKeyActsOnce(t, newWorld(t))
}

func aKeyActsOnce(t testing.TB, w *world) {
	t.Helper()
	id := w.open(t)
	ceo := w.as(t, "unit.ceo")
	cmd := casework.Command{Key: "submit-once", Case: id, Action: "submit", Version: w.look(t, "unit.ceo", id).Version, Facts: w.request()}
	first, err := w.Engine.Act(t.Context(), ceo, cmd)
	must(t, err)
	again, err := w.Engine.Act(t.Context(), ceo, cmd)
	if err != nil || again.Entry != first.Entry || !again.Replay {
		t.Errorf("again %+v, %v, want the first answer %+v", again, err, first)
	}
	other := cmd
	other.Note = "another body"
	if _, err := w.Engine.Act(t.Context(), ceo, other); !fault.Is(err, fault.Invalid) {
		t.Errorf("the same key with another body: %v, want invalid", err)
	}
	stale := casework.Command{Key: "stale-version", Case: id, Action: "withdraw", Version: cmd.Version, Note: "x"}
	_, err = w.Engine.Act(t.Context(), ceo, stale)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Conflict || len(f.Details) == 0 {
		t.Errorf("a stale version: %v, want a conflict that says what changed", err)
	}
}

func TestARefusedAttemptIsJournalledAndRaisesNoVersion(t *testing.T) {
	t.Parallel()
	refusalsJournalled(t, newWorld(t))
}

func refusalsJournalled(t testing.TB, w *world) {
	t.Helper()
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	before := w.look(t, "dir.expert", id)
	if _, err := w.Engine.Act(t.Context(), w.as(t, "dir.expert"), casework.Command{
		Key: "not-mine-1", Case: id, Action: "withdraw", Version: before.Version, Note: "x",
	}); !fault.Is(err, fault.Forbidden) {
		t.Fatalf("got %v, want forbidden", err)
	}
	after := w.look(t, "dir.expert", id)
	if after.Version != before.Version || len(after.Timeline) != len(before.Timeline)+1 || after.Timeline[len(after.Timeline)-1].Kind != casework.KindRefused {
		t.Errorf("version %d → %d, timeline %d → %d", before.Version, after.Version, len(before.Timeline), len(after.Timeline))
	}
	w.untouched(t)
}

// The negative controls of replay and verify: planted damage is named.
func TestReplayAndVerifyNamePlantedDamage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toBranch(t)
	w.untouched(t)
	db, err := sql.Open("sqlite", filepath.Join(w.Data, store.DatabaseFile))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	plant := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	named := func() (found []casework.Difference) {
		t.Helper()
		_, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { found = append(found, d) })
		must(t, err)
		return found
	}
	var state []byte
	must(t, db.QueryRowContext(t.Context(), "SELECT state FROM cases WHERE id = ?", id).Scan(&state))
	plant("UPDATE cases SET state = ? WHERE id = ?", bytes.Replace(state, []byte("20000000000"), []byte("90000000000"), 1), id)
	if d := named(); len(d) != 1 || d[0].Case != id || d[0].What != "state" {
		t.Errorf("a mutated row: %+v", d)
	}
	plant("UPDATE cases SET state = ? WHERE id = ?", state, id)
	if d := named(); len(d) != 0 {
		t.Errorf("the row put back: %+v", d)
	}
	for column, change := range map[string][2]string{
		"stage":     {"UPDATE cases SET stage = 'paid' WHERE id = ?", "UPDATE cases SET stage = 'branch_receipt' WHERE id = ?"},
		"amount":    {"UPDATE cases SET amount = amount + 1 WHERE id = ?", "UPDATE cases SET amount = amount - 1 WHERE id = ?"},
		"deadlines": {"UPDATE deadline SET calendar = calendar || 'x' WHERE case_id = ?", "UPDATE deadline SET calendar = substr(calendar, 1, length(calendar) - 1) WHERE case_id = ?"},
		"counters":  {"UPDATE case_tally SET key = key || 'x' WHERE case_id = ?", "UPDATE case_tally SET key = substr(key, 1, length(key) - 1) WHERE case_id = ?"},
	} {
		plant(change[0], id)
		if d := named(); len(d) == 0 || d[0].Case != id || d[0].What != casework.DiffersRow || d[0].Detail != column {
			t.Errorf("a changed %s: %+v", column, d)
		}
		plant(change[1], id)
	}
	verified := func() journal.Report {
		t.Helper()
		report, err := w.VerifyJournal(t.Context())
		must(t, err)
		return report
	}
	plant("UPDATE entry SET at = at + 1 WHERE case_id = ? AND seq = 3", id)
	if r := verified(); r.Total != 1 || r.Findings[0].Case != id || r.Findings[0].Seq != 3 {
		t.Errorf("an entry's moved time: %+v", r.Findings)
	}
	plant("UPDATE entry SET at = at - 1 WHERE case_id = ? AND seq = 3", id)
	plant("UPDATE cases SET id = 'hidden' WHERE id = ?", id)
	if d := named(); !slices.ContainsFunc(d, func(d casework.Difference) bool { return d.Case == id && d.What == casework.DiffersRowGone }) {
		t.Errorf("a case without its row: %+v", d)
	}
	plant("UPDATE cases SET id = ? WHERE id = 'hidden'", id)
	var index int64
	must(t, db.QueryRowContext(t.Context(), "SELECT leaf FROM entry WHERE case_id = ? AND seq = 3", id).Scan(&index))
	plant("DELETE FROM entry WHERE case_id = ? AND seq = 3", id)
	if d := named(); len(d) != 1 || d[0].Case != id || d[0].Seq != 3 {
		t.Errorf("a removed entry: %+v", d)
	}
	// That entry is named, and the one that does not follow on; no other is blamed.
	if r := verified(); r.Total != 2 || r.Findings[0].What != journal.WhatGone || r.Findings[0].Index != index || r.Findings[1].Case != id {
		t.Errorf("entry %d is missing: %+v", index, r.Findings)
	}
}

// Erasure: nothing personal lies in the database in clear, and the case still folds once the person's key is gone.
func TestAnErasedPersonLeavesTheJournalWhole(t *testing.T) {
	t.Parallel()
	nothingPersonalInClear(t, newWorld(t))
}

func nothingPersonalInClear(t testing.TB, w *world) {
	t.Helper()
	id := w.open(t)
	w.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: w.request(), note: "یادداشت محرمانه"},
	)
	v := w.look(t, "dir.expert", id)
	code := ""
	for _, f := range v.Facts {
		if f.Name == "unit.owner_nc" {
			code, _ = f.Value.(string)
		}
	}
	if code != "9705430713" {
		t.Fatalf("the expert reads %q, want the owner's code", code)
	}
	must(t, w.Close())
	for _, canary := range []string{"9705430713", "یادداشت محرمانه"} {
		found := 0
		must(t, filepath.WalkDir(w.Data, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if bytes.Contains(raw, []byte(canary)) {
				found++
			}
			return err
		}))
		if found > 0 {
			t.Errorf("%q lies in clear in %d files", canary, found)
		}
	}
	again, err := app.Open(t.Context(), w.Config)
	must(t, err)
	w.App = again
	var subject string
	must(t, w.Store.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		subject, err = tx.SubjectOf(ctx, w.Province, w.unit)
		return err
	}))
	must(t, w.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Erase(ctx, journal.PersonKey(subject))
	}))
	w.untouched(t)
}

// A wake-up that comes late must not let an act pass a deadline unseen: the payment that comes a month too late finds the
// board's case open.
func TestALateWakeUpLetsNoActPassADeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.toNotice(t)
	w.clock.Set(jalali.FromTime(w.clock.Now()).AddMonths(1).AddDays(3).Start())
	w.carry(t, id, act{who: "bank.branch", action: "approve_facility", facts: map[string]any{"approved_rial": "1000000000"}})
	v := w.look(t, "dir.expert", id)
	if len(v.Children) != 1 {
		t.Errorf("children %+v, want the board's case though nobody woke the clocks", v.Children)
	}
	w.untouched(t)
}
