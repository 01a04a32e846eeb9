package casework_test

import (
	"os"
	"testing"
	"time"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// consulting asks two associations about a draft.
func consulting(t testing.TB) council {
	t.Helper()
	d, problems := procedure.ParseAndCheck(os.DirFS("../../../procedures/consultation"), procedure.CheckContext{})
	for _, p := range procedure.Errors(problems) {
		t.Fatal(p.String(locale.EN))
	}
	k := council{&desk{t: t, d: d, cals: alborz(t), fold: casework.Apply}}
	k.at(2, 7, 10)
	e, err := casework.Open(k.d, casework.Command{}, k.env("x", "dir.expert"))
	k.must(err)
	k.apply(e)
	env := k.as("x", "dir.expert", "")
	env.Numbers = map[string][]string{"CN": {"CN-1"}}
	k.must(k.on(env, "ask", "", map[string]any{"subject": "s", "draft": "d", "why": "w", "bodies": []map[string]any{
		{"role": "assoc.chair", "body": "textile"}, {"role": "assoc.chair", "body": "engineering"},
	}}))
	return k
}

// elapse lets the window of a consultation end.
func (k council) elapse() *casework.Entry {
	k.now = time.UnixMicro(k.clock("opinions_due").Due)
	return k.tick("opinions_due")
}

// Silence is recorded by an entry of the worker and counts for nothing: the time is extended once, and a late answer is kept
// and marked.
func silenceIsNoAgreement(t testing.TB, plant func(k council)) {
	k := consulting(t)
	if k.s.Facts["consulted_associations"].V != false {
		t.Errorf("consulted before anybody answered: %v", k.s.Facts["consulted_associations"].V)
	}
	refused(t, k.on(k.as("c", "assoc.chair", "chemistry"), "opine:associations:1", "نظر", nil), "casework.not_your_action")
	plant(k)
	e := k.elapse()
	if e == nil || e.Kind != casework.KindClock || k.s.Opinions[0].State != casework.OpinionSilent || k.s.Opinions[1].State != casework.OpinionSilent {
		t.Fatalf("at the end of the window: %+v", k.s.Opinions)
	}
	if k.s.Facts["opinions_associations"].V != int64(0) || k.s.Stage != "extended" {
		t.Errorf("silence counted as %v, the case stands in %s", k.s.Facts["opinions_associations"].V, k.s.Stage)
	}
	k.must(k.on(k.as("c", "assoc.chair", "engineering"), "opine:associations:2", "با تأخیر", nil))
	if o := k.s.Opinions[1]; o.State != casework.OpinionAnswered || !o.Late || o.By != "c" || k.s.Facts["opinions_associations"].V != int64(1) {
		t.Errorf("a late answer became %+v", o)
	}
	refused(t, k.on(k.as("c", "assoc.chair", "engineering"), "opine:associations:2", "باز هم", nil), "casework.opinion_state")
}

func TestSilenceIsRecordedAndIsNoAgreement(t *testing.T) {
	t.Parallel()
	silenceIsNoAgreement(t, func(council) {})
	control.Finds(t, "at the end of the window", func(t testing.TB) {
		silenceIsNoAgreement(t, func(k council) { k.s.Opinions[0].State = casework.OpinionAnswered }) // silence taken for an answer
	})
}

// The reminder before the end goes to those who have not answered, and the last answer ends the window.
func TestTheLastAnswerEndsTheWindow(t *testing.T) {
	t.Parallel()
	k := consulting(t)
	k.must(k.on(k.as("t", "assoc.chair", "textile"), "opine:associations:1", "موافقیم", nil))
	k.now = time.UnixMicro(k.clock("opinions_due").Warn)
	e := k.tick("opinions_due")
	if len(e.Changes) != 2 || e.Changes[1].Notify.Subject != "engineering" {
		t.Errorf("reminded: %+v", e.Changes)
	}
	k.must(k.on(k.as("c", "assoc.chair", "engineering"), "opine:associations:2", "مخالفیم", nil))
	if k.clock("opinions_due").State != casework.ClockStopped || k.s.Facts["consulted_associations"].V != true || k.s.Facts["opinions_associations"].V != int64(2) {
		t.Errorf("after the last answer: clock %s, facts %v", k.clock("opinions_due").State, k.s.Facts)
	}
	k.do("x", "dir.expert", "close_early", nil)
	if k.s.Stage != "answering" {
		t.Errorf("stands in %s", k.s.Stage)
	}
}

// What is dropped asks nobody any more.
func TestADroppedDraftAsksNobody(t *testing.T) {
	t.Parallel()
	k := consulting(t)
	k.must(k.on(k.as("g", "dir.dg", ""), "drop", "لازم نیست", nil))
	if o := k.s.Opinions[0]; o.State != casework.OpinionDropped {
		t.Errorf("%+v", o)
	}
	refused(t, k.on(k.as("t", "assoc.chair", "textile"), "opine:associations:1", "نظر", nil), "casework.opinion_state")
}
