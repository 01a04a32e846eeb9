package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/casework"
)

// news gives an inbox: of each thing the kind or act, and the words of a note.
func (w *world) news(t testing.TB, who casework.Caller, since int64) (out []string) {
	rows, err := w.Engine.Inbox(t.Context(), who, since, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		what := r.Event.Action
		if what == "" {
			what = r.Event.Kind
		}
		if r.Turn {
			what += " turn"
		}
		out = append(out, strings.TrimSpace(what+" "+r.Event.Note))
	}
	return out
}

// Everybody hears of what concerns them and of nothing else: a unit of all that others did to its own case, an officer of
// what came to them, a branch of its letter. Nobody hears of their own acts, and a note of the office stays in the office.
func TestAnInboxHoldsWhatConcernsItsReaderAndNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toBranch(t)
		if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "zq-staff", NoteFor: "staff"}); got != "" {
			t.Fatal(got)
		}
		if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "zq-public", NoteFor: "all"}); got != "" {
			t.Fatal(got)
		}
		law := func(unit, other casework.Caller) func(testing.TB) {
			return func(t testing.TB) {
				if got := fmt.Sprint(w.news(t, unit, 0)); got != "[note zq-public sign approve recommend accept_documents]" {
					t.Errorf("the unit hears of %s, want of the others' acts and of no word of the office's own", got)
				}
				if got := w.news(t, other, 0); len(got) > 0 {
					t.Errorf("another branch hears of %q", got)
				}
			}
		}
		unit, other, branch := w.as(t, "unit.ceo"), w.as(t, "bank.branch.2"), w.as(t, "bank.branch")
		law(unit, other)(t)
		control.Finds(t, "another branch hears of", law(unit, branch))
		control.Finds(t, "of no word of the office's own", law(w.as(t, "dir.expert"), other))
		if got := fmt.Sprint(w.news(t, branch, 0)); got != "[note zq-public sign turn]" {
			t.Errorf("the branch hears of %s, want of what brought the case and of what came after", got)
		}
		if got := w.news(t, w.as(t, "dir.expert"), 0); len(got) > 0 {
			t.Errorf("the expert, who holds nothing, hears of %q", got)
		}
		w.clock.Advance(20 * 24 * time.Hour)
		w.wake(t)
		if got := w.news(t, w.as(t, "bank.head"), 0); len(got) == 0 {
			t.Error("the head of the bank does not hear that its branch is late")
		}
		if got := w.news(t, unit, w.clock.Now().UnixMicro()); len(got) > 0 {
			t.Errorf("later than now there is %q", got)
		}
	})
}

var untilOf = regexp.MustCompile(`name="until" value="(\d+)"`)

// The page marks what is not read, and the button reads what was shown: what came meanwhile stays unread, and nothing moves
// the mark back.
func TestAnInboxIsReadUpToWhatWasShown(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toBranch(t)
		unit := enter(t, w.App, "unit.ceo", password)
		page := func() string { return unit.send(http.MethodGet, "/inbox", nil).Body.String() }
		read := func(until string) {
			t.Helper()
			if got := unit.send(http.MethodPost, "/inbox/read", url.Values{"until": {until}}); got.Code != http.StatusSeeOther {
				t.Fatalf("read: %d %s", got.Code, got.Body)
			}
		}
		shown := untilOf.FindStringSubmatch(page())
		if shown == nil || strings.Count(page(), ">new<") != 4 {
			t.Fatalf("unread: %s", page())
		}
		w.clock.Advance(time.Minute)
		if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "later", NoteFor: "all"}); got != "" {
			t.Fatal(got)
		}
		read(shown[1])
		if got := page(); strings.Count(got, ">new<") != 1 || !strings.Contains(got, "later") || !strings.Contains(got, "1 you have not read") {
			t.Errorf("after reading, what came meanwhile is not the one that is new: %s", got)
		}
		read(untilOf.FindStringSubmatch(page())[1])
		read("1")
		read("9223372036854775807")
		w.clock.Advance(time.Minute)
		if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "tomorrow", NoteFor: "all"}); got != "" {
			t.Fatal(got)
		}
		if got := page(); strings.Count(got, ">new<") != 1 {
			t.Errorf("read up to the end of time, what comes next is not new: %s", got)
		}
		if got := enter(t, w.App, "unit.rep", password).send(http.MethodGet, "/inbox", nil).Body.String(); strings.Count(got, ">new<") < 6 {
			t.Errorf("what the CEO read is read for the representative too: %s", got)
		}
	})
}

var unreadOf = regexp.MustCompile(`href="/inbox" aria-label="[^"]*?(\d+) unread"`)

// counted gives the number that a page shows at the bell, "" for none.
func (b *browser) counted(path string) string {
	m := unreadOf.FindStringSubmatch(b.send(http.MethodGet, path, nil).Body.String())
	if m == nil {
		return ""
	}
	return m[1]
}

// The number on every page is kept for a minute, so that going from page to page costs nothing: it is never older than that,
// it is new as soon as its reader looks into the inbox, and it is nobody else's.
func TestTheCountOfAnInboxIsAMinuteOldAtMostAndItsReadersOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id := w.toBranch(t)
		unit, branch := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "bank.branch", password)
		branch.h = unit.h // one product serves both
		law := func(wait time.Duration) func(testing.TB) {
			return func(t testing.TB) {
				before := len(w.news(t, w.as(t, "unit.ceo"), 0))
				if got := unit.counted("/unit"); got != fmt.Sprint(before) {
					t.Errorf("the page counts %q of %d", got, before)
				}
				if got := w.try(t, "dir.expert", casework.Command{Case: id, Action: casework.NoteAction, Note: "n", NoteFor: "all"}); got != "" {
					t.Fatal(got)
				}
				w.clock.Advance(wait)
				if got := unit.counted("/unit"); got != fmt.Sprint(before+1) {
					t.Errorf("after %s the page counts %q, want %d", wait, got, before+1)
				}
			}
		}
		law(time.Minute)(t)
		control.Finds(t, "after 59s the page counts", law(59*time.Second))
		all := len(w.news(t, w.as(t, "unit.ceo"), 0))
		if unit.send(http.MethodGet, "/inbox", nil); unit.counted("/unit") != fmt.Sprint(all) {
			t.Errorf("who looked into the inbox sees %s of %d", unit.counted("/unit"), all)
		}
		if got, want := branch.counted("/desk"), fmt.Sprint(len(w.news(t, w.as(t, "bank.branch"), 0))); got != want || got == fmt.Sprint(all) {
			t.Errorf("the branch sees %s, want its own %s", got, want)
		}
	})
}

var entryOf = regexp.MustCompile(`name="entry" value="([^"]+)"`)

// One thing is marked as read by itself: the others stay new, for its reader alone, and what is in nobody's inbox is not
// marked. Reading all afterwards forgets the single marks.
func TestOneThingOfAnInboxIsRead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.toBranch(t)
		unit, branch := enter(t, w.App, "unit.ceo", password), enter(t, w.App, "bank.branch", password)
		page := func() string { return unit.send(http.MethodGet, "/inbox", nil).Body.String() }
		entries := entryOf.FindAllStringSubmatch(page(), -1)
		if len(entries) != 4 {
			t.Fatalf("to be marked: %d of 4", len(entries))
		}
		second := entries[1][1]
		for range 2 { // twice is once
			if got := unit.send(http.MethodPost, "/inbox/read", url.Values{"entry": {second}}); got.Code != http.StatusSeeOther {
				t.Fatalf("read: %d %s", got.Code, got.Body)
			}
		}
		if got := page(); strings.Count(got, ">new<") != 3 || strings.Contains(got, `value="`+second+`"`) || !strings.Contains(got, "3 you have not read") || unit.counted("/unit") != "3" {
			t.Errorf("after one of four, not three are new: %s", got)
		}
		if got := branch.send(http.MethodPost, "/inbox/read", url.Values{"entry": {entries[3][1]}}); got.Code != http.StatusNotFound {
			t.Errorf("the branch marks what is not in its inbox: %d", got.Code)
		}
		if got := unit.send(http.MethodPost, "/inbox/read", url.Values{"until": {untilOf.FindStringSubmatch(page())[1]}}); got.Code != http.StatusSeeOther {
			t.Fatalf("read all: %d", got.Code)
		}
		if got := page(); strings.Contains(got, ">new<") || unit.counted("/unit") != "" {
			t.Errorf("after all was read there is news: %s", got)
		}
	})
}
