package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
)

// tale carries cases through the API, as programs and pages do.
type tale struct {
	*machine
	w  *world
	id string
}

// say does one act and gives the answer's status and body; who holds the version does not matter to it.
func (s *tale) say(id, login, action string, body map[string]any) (int, map[string]any) {
	s.t.Helper()
	clear(s.tokens) // days pass between two acts: everybody signs in again
	_, seen := s.call(login, http.MethodGet, "/cases/"+id, "", nil)
	sent := map[string]any{"version": seen["version"]}
	for k, v := range body {
		sent[k] = v
	}
	status, out := s.call(login, http.MethodPost, "/cases/"+id+"/actions/"+action, app.NewID(), sent)
	s.w.clock.Advance(time.Minute)
	return status, out
}

// does wants an act to succeed.
func (s *tale) does(login, action string, body map[string]any) {
	s.t.Helper()
	s.doesIn(s.id, login, action, body)
}

func (s *tale) doesIn(id, login, action string, body map[string]any) {
	s.t.Helper()
	status, out := s.say(id, login, action, body)
	s.want(http.StatusOK, status, out, action+" by "+login)
}

// fails wants an act to be refused with a status.
func (s *tale) fails(id, login, action string, status int, body map[string]any) {
	s.t.Helper()
	got, out := s.say(id, login, action, body)
	s.want(status, got, out, action+" by "+login)
}

func (s *tale) stands(stage string) {
	s.t.Helper()
	if got := s.w.look(s.t, "dir.dg", s.id).Stage.ID; got != stage {
		s.t.Fatalf("the case stands in %s, want %s", got, stage)
	}
}

// until lets the clocks work day by day up to an instant.
func (s *tale) until(at time.Time) {
	s.t.Helper()
	for s.w.clock.Now().Before(at) {
		s.w.clock.Set(s.w.clock.Now().Add(24 * time.Hour))
		s.w.wake(s.t)
	}
}

// child is the case of a procedure that the story's case opened.
func (s *tale) child(procedure string) string {
	s.t.Helper()
	for _, c := range s.w.look(s.t, "dir.dg", s.id).Children {
		if c.Procedure == procedure {
			return c.Case
		}
	}
	s.t.Fatalf("no case of %s was opened", procedure)
	return ""
}

func (s *tale) today() string { return jalali.FromTime(s.w.clock.Now()).Slash("en") }

func facts(kv ...any) map[string]any {
	f := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		f[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return map[string]any{"facts": f}
}

// The whole road of one referral, over the API: a slip of toman, a red cheque refused, appealed and remedied, a letter "not
// received", a silent branch, the working group, a silent month, the board, a payment that the unit saw otherwise, and
// figures that agree.
func TestTheStoryOfAReferral(t *testing.T) { onBoth(t, theStory) }

func theStory(t testing.TB, w *world) {
	s := &tale{machine: newMachine(t, w), w: w, id: w.open(t)}
	s.applied()
	s.refusedAndAppealed()
	s.notReceived()
	s.silentBranch()
	s.workingGroup()
	s.board()
	s.paid()
	s.figures()
	w.untouched(t)
}

func (s *tale) applied() {
	slip := s.w.request()
	slip["amount_rial"], slip["cheque_colour"] = "2000000000", "R" // toman written for rial: the uses do not sum to it
	s.fails(s.id, "unit.ceo", "submit", http.StatusUnprocessableEntity, map[string]any{"facts": slip})
	slip["amount_rial"] = "۲۰٬۰۰۰٬۰۰۰٬۰۰۰"
	s.does("unit.ceo", "submit", map[string]any{"facts": slip})
	s.does("dir.expert", "accept_documents", nil)
	s.does("dir.expert", "recommend", facts("opinion", "چک برگشتی رفع نشده است"))
}

func (s *tale) refusedAndAppealed() {
	s.fails(s.id, "dir.deputy", "approve", http.StatusUnprocessableEntity, nil)
	s.does("dir.deputy", "refuse", map[string]any{"cites": []string{"C7"}})
	s.does("unit.ceo", "appeal", facts("appeal_text", "چک در حال رفع سوء اثر است"))
	s.fails(s.id, "dir.deputy", "overturn", http.StatusForbidden, map[string]any{"note": "x"})
	s.does("dir.head", "overturn", map[string]any{"note": "مهلت رفع سوء اثر داده می‌شود"})
	s.does("dir.expert", "recommend", facts("opinion", "با رفع چک فراهم است"))
	s.does("dir.dg", "approve_conditional", map[string]any{"cites": []string{"C7"}})
	s.does("unit.ceo", "meet", facts("cheque_colour", "W", "cheque_read_on", s.today()))
	s.does("dir.expert", "recommend", facts("opinion", "شرایط فراهم است"))
	s.does("dir.dg", "approve", nil)
	s.does("dir.dg", "sign", nil)
	s.stands("branch_receipt")
}

// notReceived is scenario 4 of domain 7.2.
func (s *tale) notReceived() {
	s.fails(s.id, "bank.branch", "say_not_received", http.StatusUnprocessableEntity, nil)
	for _, a := range s.w.look(s.t, "dir.registry", s.id).Actions {
		if a.ID == "dispatch" && len(a.Blocked) > 0 {
			s.t.Errorf("before the form is answered the registry reads: %v", a.Blocked)
		}
	}
	s.does("dir.registry", "dispatch", facts("dispatch_no", "1405/77", "dispatched_on", s.today(), "dispatch_way", "courier"))
	s.does("bank.branch", "receive", facts("bank_file_no", "77"))
	s.fails(s.id, "bank.branch", "bank_refuse", http.StatusUnprocessableEntity, map[string]any{"reason": "R21"})
	s.does("bank.branch", "say_not_received", nil)
	s.stands("branch_receipt")
	if f := factOf(s.w.look(s.t, "bank.head", s.id), "dispatch_no"); f != "1405/77" {
		s.t.Errorf("the bank's head office reads dispatch %v", f)
	}
}

// silentBranch is scenario 3: a closing entered that morning moves the reminder; ten silent days bring the working group.
func (s *tale) silentBranch() {
	before := clockOf(s.t, s.w.look(s.t, "dir.expert", s.id), "branch_receipt_late").Due
	tomorrow := jalali.FromTime(s.w.clock.Now()).AddDays(1)
	s.w.clock.Set(tomorrow.Start().Add(7 * time.Hour))
	_, err := s.w.CloseDay(s.t.Context(), app.Closing{Calendar: "ir-alborz", Date: tomorrow.Civil(), Reason: name("آلودگی هوا"), Source: "بخشنامه", By: "p-dir.dg"})
	must(s.t, err)
	after := clockOf(s.t, s.w.look(s.t, "dir.expert", s.id), "branch_receipt_late").Due
	if after <= before {
		s.t.Error("the closing moved no deadline")
	}
	s.fails(s.id, "dir.expert", "to_working_group", http.StatusUnprocessableEntity, map[string]any{"note": "x"})
	s.until(time.UnixMicro(after))
	if late := clockOf(s.t, s.w.look(s.t, "dir.expert", s.id), "branch_receipt_late"); late.State != casework.ClockBreach {
		s.t.Errorf("the reminder did not fall: %+v", late)
	}
	s.stands("branch_receipt")
	s.until(time.UnixMicro(clockOf(s.t, s.w.look(s.t, "dir.expert", s.id), "branch_silent").Due))
	s.stands("working_group")
}

// workingGroup is scenario 20 beside the road: a member with a declared conflict does not vote, and the attempt is kept.
func (s *tale) workingGroup() {
	id := s.w.opened(s.t, "council.sec", "working-group", "")
	s.doesIn(id, "council.sec", "convene", facts("held_on", s.today()))
	s.doesIn(id, "council.sec", "decide", facts("session.1", "resolve", "session.1.note", "بانک الف تا یک ماه پاسخ دهد"))
	s.doesIn(id, "council.member", "declare_conflict", facts("conflict", "سهام‌دار واحدم"))
	s.fails(id, "council.member", "sign", http.StatusForbidden, nil)
	last := s.w.look(s.t, "council.sec", id).Timeline
	if e := last[len(last)-1]; e.Kind != casework.KindRefused || e.Refusal != "casework.separation" {
		s.t.Errorf("the attempt to vote is kept as %+v", e)
	}
	s.doesIn(id, "dir.deputy", "sign", nil)
	s.doesIn(id, "dir.dg", "sign", nil)
	s.w.drain(s.t)
	s.stands("bank_answer")
	v := s.w.look(s.t, "bank.branch", s.id)
	l, err := s.w.Engine.Letter(s.t.Context(), s.w.as(s.t, "bank.branch"), s.id, v.Letters[len(v.Letters)-1].Token)
	must(s.t, err)
	if text := strings.Join(l.Paragraphs, "\n"); l.Code != "L11" || !strings.Contains(text, "بانک الف تا یک ماه پاسخ دهد") || !strings.Contains(text, "WG-") {
		s.t.Errorf("%s says %s", l.Code, text)
	}
}

// board is scenario 5: one solar month after the notice, without payment or reasons, the board's case opens by itself.
func (s *tale) board() {
	month := clockOf(s.t, s.w.look(s.t, "dir.expert", s.id), "art62")
	s.until(time.UnixMicro(month.Due).Add(-25 * time.Hour))
	if n := len(s.w.look(s.t, "dir.expert", s.id).Children); n != 0 {
		s.t.Fatalf("%d cases opened within the month", n)
	}
	s.until(time.UnixMicro(month.Due).Add(time.Hour))
	id := s.child("experts-board-62")
	s.doesIn(id, "council.sec", "no_reasons", nil)
	s.doesIn(id, "council.sec", "rule", facts("met_on", s.today(), "decided", "oblige", "ruling", "بانک باید بپردازد"))
	s.doesIn(id, "dir.deputy", "sign", nil)
	s.doesIn(id, "dir.dg", "sign", nil)
	if v := s.w.look(s.t, "bank.branch", id); v.Stage.ID != "obliged" {
		s.t.Errorf("the board's case stands in %s", v.Stage.ID)
	}
	s.does("council.sec", "board_oblige", nil)
	s.stands("bank_contract")
}

func (s *tale) paid() {
	s.fails(s.id, "bank.branch", "record_contract", http.StatusUnprocessableEntity, facts("contracted_rial", "20000000001"))
	s.does("bank.branch", "record_contract", facts("contracted_rial", "20000000000"))
	s.fails(s.id, "bank.branch", "pay", http.StatusUnprocessableEntity, facts("paid_rial", "20000000001", "paid_on", s.today()))
	s.does("bank.branch", "pay", facts("paid_rial", "20000000000", "paid_on", s.today()))
	s.does("unit.ceo", "differ_payment", facts("unit_paid_rial", "18000000000", "unit_paid_on", s.today()))
	s.stands("payment_mismatch")
	s.does("dir.expert", "settle_payment", facts("settled_rial", "18000000000", "settled_on", s.today(), "settled_why", "گردش حساب"))
	s.does("unit.ceo", "confirm_payment", nil)
	s.stands("paid")
	if got := factOf(s.w.look(s.t, "dir.expert", s.child("facility-supervision")), "paid_rial"); got != int64(18_000_000_000) {
		s.t.Errorf("the supervision knows of %v rial", got)
	}
}

// figures wants the managers' funnel to say what the case says.
func (s *tale) figures() {
	clear(s.tokens)
	status, out := s.call("dir.dg", http.MethodGet, "/procedures/referral/picture", "", nil)
	s.want(http.StatusOK, status, out, "picture")
	steps, _ := out["steps"].([]any)
	got := map[string]string{}
	for _, x := range steps {
		step, _ := x.(map[string]any)
		got[fmt.Sprint(step["id"])] = fmt.Sprintf("%v %.0f", step["n"], step["amount"])
	}
	for id, want := range map[string]string{"registered": "1 20000000000", "referred": "1 20000000000", "received": "1 20000000000", "contracted": "1 20000000000", "paid": "1 18000000000"} {
		if got[id] != want {
			s.t.Errorf("funnel step %s: %q, want %q", id, got[id], want)
		}
	}
}
