package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/casework"
)

// Domain 7.2, scenario 2: Persian digits with a ZWNJ and an Arabic yeh find the unit that is there, and make no second one.
func TestAnotherSpellingFindsTheSameUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	total := func(q string) any {
		status, out := m.call("dir.expert", http.MethodGet, "/units?q="+q, "", nil)
		m.want(http.StatusOK, status, out, "search units")
		items, _ := out["items"].([]any)
		return len(items)
	}
	for _, q := range []string{"نساجي", "سپيد‌تار", "۹۹۲۳۸۰۴۴۸۱۹"} {
		if n := total(q); n != 1 {
			t.Errorf("%q finds %v units, want 1", q, n)
		}
	}
	const sheet = "نام واحد,شناسه ملی,شهرستان\nنساجي سپيد‌تار,۹۹۲۳۸۰۴‌۴۸۱۹,کرج\n"
	status, out := m.send("dir.head", http.MethodPost, "/units/import", sheet)
	want(t, http.StatusOK, status, out)
	if n := total("سپیدتار"); n != 1 {
		t.Errorf("after the sheet %v units bear the name, want 1: %s", n, out)
	}
}

// Domain 7.2, scenario 6: a yellow cheque is cleared with its evidence; the unit is white from the day of that reading, and
// the decision taken on yellow still says yellow.
func TestAClearedChequeIsWhiteFromItsReadingAndHistoryStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &tale{machine: newMachine(t, w), w: w, id: w.open(t)}
	r := w.request()
	r["cheque_colour"] = "Y"
	s.does("unit.ceo", "submit", map[string]any{"facts": r})
	s.does("dir.expert", "accept_documents", nil)
	s.does("dir.expert", "recommend", facts("opinion", "چک زرد است"))
	s.does("dir.deputy", "approve_conditional", map[string]any{"cites": []string{"C7"}})
	evidence := w.upload(t, "unit.ceo", 40)
	s.does("unit.ceo", "meet", facts("cheque_colour", "W", "cheque_read_on", "1405/02/06", "doc_cheque_inquiry", evidence))
	v := w.look(t, "dir.expert", s.id)
	if factOf(v, "cheque_colour") != "W" || factOf(v, "cheque_read_on") != "2026-04-26" {
		t.Errorf("the case reads %v of %v", factOf(v, "cheque_colour"), factOf(v, "cheque_read_on"))
	}
	for _, c := range v.Conditions {
		if c.ID == "C7" && c.Is != "met" {
			t.Errorf("C7 is %s after the clearing", c.Is)
		}
	}
	for _, c := range v.Decisions[len(v.Decisions)-1].Conditions {
		if c.ID == "C7" && c.Is != "not_met" {
			t.Errorf("the decision on yellow now says C7 is %s", c.Is)
		}
	}
	w.untouched(t)
}

// Domain 7.2, scenario 15: the chain is verified from an export with the verifier's program alone; one changed byte is found.
func TestTheVerifierAloneProvesAnExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.toBranch(t)
	w.settle(t.Context(), t)
	var stick bytes.Buffer
	must(t, w.ExportJournal(t.Context(), &stick))
	vkey, err := w.VKey()
	must(t, err)
	dir := t.TempDir()
	program, file := filepath.Join(dir, "verify"), filepath.Join(dir, "export")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "rahgosha/cmd/rahgosha-verify").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	check := func(export []byte) error {
		must(t, os.WriteFile(file, export, 0o600))
		c := exec.CommandContext(t.Context(), program, "-key", vkey, file)
		c.Dir, c.Env = dir, []string{} // another computer: nothing of this one
		return c.Run()
	}
	if err := check(stick.Bytes()); err != nil {
		t.Errorf("the export as written: %v", err)
	}
	bad := bytes.Clone(stick.Bytes())
	i := len(bad) / 2
	for bad[i] == '\n' || bad[i] == 'A' {
		i++
	}
	bad[i] = 'A'
	if check(bad) == nil {
		t.Error("a changed byte passed")
	}
}

// Domain 7.2, scenario 17: 1404 has no 30 Esfand and 1403 has; a solar month from 31 Shahrivar ends on 30 Mehr.
func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &tale{machine: newMachine(t, w), w: w, id: w.open(t)}
	r := w.request()
	r["cheque_read_on"] = "1404/12/30"
	s.fails(s.id, "unit.ceo", "submit", http.StatusUnprocessableEntity, map[string]any{"facts": r})
	r["cheque_read_on"] = "1403/12/30"
	s.does("unit.ceo", "submit", map[string]any{"facts": r})

	last, err := jalali.New(1405, 6, 31)
	must(t, err)
	other := newWorld(t)
	other.clock.Set(last.Start().Add(9 * time.Hour).Add(-5 * time.Hour))
	id := other.open(t)
	fresh := other.request()
	fresh["cheque_read_on"] = "1405/06/30"
	other.carry(t, id,
		act{who: "unit.ceo", action: "submit", facts: fresh}, act{who: "dir.expert", action: "accept_documents"},
		act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "فراهم"}},
		act{who: "dir.deputy", action: "approve"}, act{who: "dir.deputy", action: "sign"},
		act{who: "bank.branch", action: "receive", facts: map[string]any{"bank_file_no": "1"}},
		act{who: "bank.branch", action: "bank_refuse", reason: "R05"},
		act{who: "unit.ceo", action: "object", facts: map[string]any{"appeal_text": "x"}},
		act{who: "council.sec", action: "notice_resolution", facts: map[string]any{"resolution_no": "5"}})
	due := clockOf(t, other.look(t, "dir.expert", id), "art62").Due
	if got := jalali.FromTime(time.UnixMicro(due - 1)).Slash("en"); got != "1405/07/30" {
		t.Errorf("a month from 1405/06/31 ends on %s", got)
	}
}

// Domain 7.2, scenario 18: an amount typed in toman is read back and questioned, ten times off its uses, before the
// request is filed.
func TestATomanSlipIsQuestionedBeforeItIsFiled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for amount, doubted := range map[string]bool{"700000000": true, "7000000000": false} {
		id := w.open(t)
		r := w.request()
		r["amount_rial"] = amount
		r["use_plan"] = []map[string]any{{"item": "نخ پنبه", "amount": "7000000000"}}
		if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: casework.DraftAction, Facts: r}); got != "" {
			t.Fatalf("draft: %s", got)
		}
		status, page := newReader(t, w, "unit.ceo").get("/cases/" + id + "/check")
		if status != http.StatusOK || !strings.Contains(page, "ریال") && !strings.Contains(page, "rial") {
			t.Fatalf("%d: the amount is not read back", status)
		}
		if got := strings.Contains(page, "class=\"doubt") || strings.Contains(page, "flash warn"); got != doubted {
			t.Errorf("%s rial: questioned %v, want %v", amount, got, doubted)
		}
	}
}

// Domain 7.2, scenario 20, in the committee: who declared a conflict signs no minutes, and the attempt is journalled.
func TestAMemberWithAConflictDoesNotVoteInTheCommittee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.PublishBuiltin(t.Context(), "committee-session", [2]string{"first", "second"}))
	s := &tale{machine: newMachine(t, w), w: w, id: w.open(t)}
	s.does("unit.ceo", "submit", map[string]any{"facts": w.request()})
	s.does("dir.expert", "accept_documents", nil)
	s.does("dir.expert", "recommend", facts("opinion", "فراهم"))
	s.does("dir.deputy", "to_committee", nil)
	id := w.opened(t, "council.sec", "committee-session", "")
	s.doesIn(id, "council.sec", "convene", facts("package", "P1"))
	s.doesIn(id, "council.sec", "decide", facts("session.1", "approve"))
	s.doesIn(id, "council.member", "declare_conflict", facts("conflict", "شریک متقاضی"))
	s.fails(id, "council.member", "sign", http.StatusForbidden, nil)
	events := w.look(t, "council.sec", id).Timeline
	if e := events[len(events)-1]; e.Kind != casework.KindRefused || e.Refusal != "casework.separation" {
		t.Errorf("the attempt is kept as %+v", e)
	}
	s.doesIn(id, "dir.deputy", "sign", nil)
	s.doesIn(id, "dir.dg", "sign", nil)
	w.drain(t)
	s.stands("signing")
	v := w.look(t, "unit.ceo", s.id)
	l, err := w.Engine.Letter(t.Context(), w.as(t, "unit.ceo"), s.id, v.Letters[len(v.Letters)-1].Token)
	must(t, err)
	if text := fmt.Sprint(l.Paragraphs); l.Code != "L06" || !strings.Contains(text, "CS-") {
		t.Errorf("%s does not name the session: %s", l.Code, text)
	}
}
