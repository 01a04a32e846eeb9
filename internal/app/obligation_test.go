package app_test

import (
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/store"
)

// secondBank seats the head of another bank.
func (w *world) secondBank(t *testing.T) {
	t.Helper()
	must(t, w.Party.Add(t.Context(), party.Roster{
		Persons:     []party.Person{{ID: "p-bank.head.2", Name: "آزمون بانک ب"}},
		Memberships: []party.Membership{{ID: "m-bank.head.2", Person: "p-bank.head.2", Role: "bank.head", Body: "bank-2", Document: "حکم", From: "2024-01-01"}},
		Accounts:    []party.Account{{Person: "p-bank.head.2", Login: "bank.head.2", Password: password}},
	}))
}

// resolves holds a session of the banks' council over a file past its time; the council resolves one thing that bank 1 owes
// within ten days.
func (w *world) resolves(t testing.TB) string {
	t.Helper()
	w.toBranch(t)
	w.clock.Advance(10 * 24 * time.Hour)
	w.wake(t)
	id := w.opened(t, "bank.council", "bank-council", "")
	today := jalali.FromTime(w.clock.Now())
	w.carry(t, id,
		act{who: "bank.council", action: "convene", facts: map[string]any{"held_on": today.Civil()}},
		act{who: "bank.council", action: "decide", facts: map[string]any{"session.1": "urge"}},
		act{who: "bank.council", action: "resolve", facts: map[string]any{"resolutions": []map[string]any{{
			"text": "بانک الف تصمیم خود را اعلام کند", "owner": "bank.head", "bank": "bank-1", "until": today.AddDays(10).Civil(), "measure": "ثبت در سامانه",
		}}}},
		act{who: "council.sec", action: "sign"},
		act{who: "dir.deputy", action: "sign"},
	)
	w.drain(t)
	return id
}

func (w *world) owes(t testing.TB, who casework.Caller) (out []casework.OwedRow) {
	page, err := w.Engine.OwedBy(t.Context(), who, casework.OwedFilter{}, "", 10)
	must(t, err)
	return page.Rows
}

// A resolution is followed to its end: it stands in the list of the bank that owes it and of no other, is late by an entry
// of the worker, is shown to be done and confirmed by somebody else, and only then the session closes.
func TestACouncilsResolutionIsFollowedToItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.secondBank(t)
		id := w.resolves(t)
		ones := func(login string) func(testing.TB) {
			return func(t testing.TB) {
				if got := w.owes(t, w.as(t, login)); len(got) != 0 {
					t.Errorf("%s is asked for %s of another bank", login, got[0].Key)
				}
			}
		}
		ones("bank.head.2")(t)
		control.Finds(t, "of another bank", ones("bank.head"))
		if v := w.look(t, "bank.head.2", id); len(v.Obligations) != 0 {
			t.Errorf("another bank sees what bank 1 owes: %+v", v.Obligations)
		}
		w.clock.Advance(12 * 24 * time.Hour)
		w.wake(t)
		got := w.owes(t, w.as(t, "bank.head"))
		if len(got) != 1 || !got[0].View.Late || got[0].View.Left >= 0 || got[0].Case.ID != id || got[0].View.What == "" {
			t.Fatalf("owed by bank 1: %+v", got)
		}
		timeline := w.look(t, "dir.dg", id).Timeline
		if last := timeline[len(timeline)-1]; last.Kind != casework.KindClock || last.What != "breached" || last.By != "" {
			t.Errorf("its lateness is no entry of the worker: %+v", last)
		}
		if !strings.Contains(enter(t, w.App, "bank.head", password).send(http.MethodGet, "/obligations", nil).Body.String(), got[0].View.What) {
			t.Error("the page of obligations does not show it")
		}
		w.carry(t, id, act{who: "bank.head", action: "fulfil:resolution:1", facts: map[string]any{"proof": w.upload(t, "bank.head", 7)}})
		if len(w.owes(t, w.as(t, "bank.head"))) != 0 || len(w.owes(t, w.as(t, "bank.council"))) != 1 {
			t.Error("what was said to be done does not wait for who sees to it")
		}
		w.carry(t, id, act{who: "bank.council", action: "accept:resolution:1"}, act{who: "bank.council", action: "close"})
		v := w.look(t, "dir.dg", id)
		if v.Outcome != "closed" || v.Obligations[0].State != casework.ObligationDone || len(v.Obligations[0].Papers) != 1 || v.Obligations[0].Seen != "p-bank.council" {
			t.Errorf("%s, %+v", v.Outcome, v.Obligations)
		}
		w.untouched(t)
	})
}

// A list that was changed alone would hide what somebody owes: the replay names it.
func TestAReplayNamesAnObligationThatWasTakenOffAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.resolves(t)
	law := func(t testing.TB) {
		if _, err := w.Engine.Replay(t.Context(), w.Province, func(d casework.Difference) { t.Errorf("replay: %v", d) }); err != nil {
			t.Error(err)
		}
	}
	law(t)
	db, err := sql.Open("sqlite", filepath.Join(w.Data, store.DatabaseFile))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "DELETE FROM obligation WHERE case_id = ?", id)
	must(t, errors.Join(err, db.Close()))
	control.Finds(t, "row: The stored obligations", law)
}
