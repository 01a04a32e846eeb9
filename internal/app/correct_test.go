package app_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/registry"
)

// try does an act and gives its fault's key, "" when it was done.
func (w *world) try(t testing.TB, login string, c casework.Command) string {
	t.Helper()
	c.Key = app.NewID()
	if c.Version == 0 {
		c.Version = w.look(t, "dir.dg", c.Case).Version
	}
	_, err := w.Engine.Act(t.Context(), w.as(t, login), c)
	if err == nil {
		return ""
	}
	f, ok := fault.As(err)
	if !ok {
		t.Fatal(err)
	}
	if len(f.Details) > 0 {
		return f.Details[0].Key
	}
	return f.Key
}

func correction(id, fact string, value any) casework.Command {
	return casework.Command{Case: id, Action: casework.CorrectAction, Facts: map[string]any{fact: value}, Note: "سهو در ثبت"}
}

// Kernel 13: correcting is an act of two people whom the definition names; nothing is edited.
func TestACorrectionTakesTwoPeopleWhomTheDefinitionNames(t *testing.T) {
	onBoth(t, corrections)
}

func corrections(t testing.TB, w *world) {
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	for _, c := range []struct {
		who, fact string
		value     any
		key       string
	}{
		{"unit.ceo", "amount_rial", "1000000000", "casework.correct_not_yours"},
		{"council.sec", "amount_rial", "1000000000", "casework.correct_not_yours"},
		{"auditor", "amount_rial", "1000000000", "casework.correct_not_yours"},
		{"dir.expert", "package.exempts_cheque", "true", "casework.not_correctable"},
		{"dir.expert", "amount_rial", "20000000000", "casework.nothing_to_correct"},
		{"dir.expert", "amount_rial", "زیاد", "procedure.value.number"},
	} {
		if got := w.try(t, c.who, correction(id, c.fact, c.value)); got != c.key && !(c.key == "procedure.value.number" && got != "") {
			t.Errorf("%s correcting %s: %q, want %q", c.who, c.fact, got, c.key)
		}
	}
	w.carry(t, id, act{who: "dir.expert", action: "correct", facts: map[string]any{"amount_rial": "19000000000"}, note: "صفر افتاده"})
	v := w.look(t, "dir.deputy", id)
	if v.Awaiting == nil || v.Awaiting.Reason != "صفر افتاده" || len(v.Awaiting.Changes) != 1 ||
		v.Awaiting.Changes[0].Now.Value != int64(20_000_000_000) || v.Awaiting.Changes[0].To.Value != int64(19_000_000_000) {
		t.Fatalf("awaiting %+v", v.Awaiting)
	}
	if factOf(v, "amount_rial") != int64(20_000_000_000) {
		t.Error("a proposal changed the fact")
	}
	for who, key := range map[string]string{"dir.expert": "casework.not_your_action", "unit.ceo": "casework.not_your_action"} {
		if got := w.try(t, who, casework.Command{Case: id, Action: casework.ConfirmAction, Note: "x"}); got != key {
			t.Errorf("%s confirming: %q, want %q", who, got, key)
		}
	}
	if got := w.try(t, "dir.deputy", casework.Command{Case: id, Action: casework.DeclineAction}); got != "casework.note_needed" {
		t.Errorf("declining without a reason: %q", got)
	}
	w.carry(t, id, act{who: "dir.deputy", action: "decline", note: "درست بود"})
	if v = w.look(t, "dir.deputy", id); v.Awaiting != nil || factOf(v, "amount_rial") != int64(20_000_000_000) {
		t.Errorf("declined: awaiting %+v, amount %v", v.Awaiting, factOf(v, "amount_rial"))
	}
	w.carry(t, id, act{who: "dir.expert", action: "correct", facts: map[string]any{"amount_rial": "19000000000"}, note: "صفر افتاده"},
		act{who: "dir.deputy", action: "confirm", note: "با سند سنجیده شد"})
	v = w.look(t, "dir.deputy", id)
	if v.Awaiting != nil || factOf(v, "amount_rial") != int64(19_000_000_000) {
		t.Errorf("confirmed: awaiting %+v, amount %v", v.Awaiting, factOf(v, "amount_rial"))
	}
	var notes []string
	for _, e := range v.Timeline {
		if e.Kind == casework.KindCorrect {
			notes = append(notes, e.Action+" "+e.Note)
		}
	}
	if want := []string{"correct صفر افتاده", "decline درست بود", "correct صفر افتاده", "confirm با سند سنجیده شد"}; !slices.Equal(notes, want) {
		t.Errorf("journal %q, want %q", notes, want)
	}
	w.untouched(t)
}

// The negative control of the key `correct`: without it nobody corrects, whatever their role.
func TestWithoutTheKeyNobodyCorrects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishEdited(t, "correct: {by: [dir.expert, dir.head], confirm: [dir.head, dir.deputy, dir.dg]}\n", "")
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	for _, who := range []string{"dir.expert", "dir.deputy", "dir.dg"} {
		if got := w.try(t, who, correction(id, "amount_rial", "19000000000")); got != "casework.correct_not_yours" {
			t.Errorf("%s: %q", who, got)
		}
	}
}

// A correction of what an approval rests on voids the approval; one of another fact does not.
func TestACorrectionVoidsTheApprovalThatRestsOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishEdited(t, "\nclocks:\n", "\napprovals:\n  grant: {action: approve, min: 1, of: [dir.deputy, dir.dg], facts: [amount_rial]}\n\nclocks:\n")
	for fact, c := range map[string]struct {
		value any
		void  bool
	}{"amount_rial": {"19000000000", true}, "overdue_debt_rial": {"5", false}} {
		id := w.open(t)
		w.carry(t, id,
			act{who: "unit.ceo", action: "submit", facts: w.request()},
			act{who: "dir.expert", action: "accept_documents"},
			act{who: "dir.expert", action: "recommend", facts: map[string]any{"opinion": "شرایط فراهم است"}},
			act{who: "dir.deputy", action: "approve"},
			act{who: "dir.expert", action: "correct", facts: map[string]any{fact: c.value}, note: "سهو"},
			act{who: "dir.dg", action: "confirm", note: "درست است"})
		for _, d := range w.look(t, "dir.dg", id).Decisions {
			if d.Action == "approve" && d.Void != c.void {
				t.Errorf("%s corrected: approval void %v, want %v", fact, d.Void, c.void)
			}
		}
	}
}

// What a voided approval drew on the package is given back and drawn anew by the next one, of the corrected amount, in one act; who
// withdraws gives back what is drawn.
func TestAVoidedApprovalIsDrawnAnew(t *testing.T) { onBoth(t, drawnAnew) }

func drawnAnew(t testing.TB, w *world) {
	w.publishEdited(t, "\nclocks:\n", "\napprovals:\n  grant: {action: approve, min: 1, of: [dir.deputy, dir.dg], facts: [amount_rial]}\n\nclocks:\n",
		"in: [decision]\n    by: [dir.deputy, dir.dg]\n    kind: grant", "in: [decision, signing]\n    by: [dir.deputy, dir.dg]\n    kind: grant",
		"in: [draft, completeness, returned, eligibility,", "in: [signing, draft, completeness, returned, eligibility,")
	drawn := func(when string, want int64) {
		t.Helper()
		p, err := w.Registry.Item(t.Context(), w.Province, "package", "P1")
		must(t, err)
		if got := 500_000_000_000 - *p.Balance; got != want {
			t.Errorf("%s %d rial are drawn, want %d", when, got, want)
		}
	}
	id := w.toDecision(t)
	w.carry(t, id, act{who: "dir.deputy", action: "approve"})
	drawn("once approved", 20_000_000_000)
	w.carry(t, id, act{who: "dir.expert", action: "correct", facts: map[string]any{"amount_rial": "19000000000"}, note: "سهو"},
		act{who: "dir.dg", action: "confirm", note: "درست است"})
	drawn("once the approval is void", 20_000_000_000)
	w.carry(t, id, act{who: "dir.deputy", action: "approve"})
	drawn("once approved anew", 19_000_000_000)
	if got := w.try(t, "unit.ceo", casework.Command{Case: id, Action: "withdraw", Reason: "W01"}); got != "" {
		t.Fatal(got)
	}
	drawn("once withdrawn", 0)
	w.untouched(t)
}

// What was decided on is not corrected behind the decision: the ceiling was asked of the amount of then, and the budget gave that. What
// nothing rests on is corrected as before.
func TestNothingIsCorrectedBehindADecision(t *testing.T) {
	onBoth(t, func(t testing.TB, w *world) { behindADecision(t, w, asPublished) })
}

// The control: where nothing is known to rest on a fact, it is corrected behind the decision.
func TestWhatNothingRestsOnIsCorrectedBehindADecision(t *testing.T) {
	t.Parallel()
	control.Finds(t, "amount_rial after the approval", func(t testing.TB) { behindADecision(t, newWorld(t), restless) })
}

func behindADecision(t testing.TB, w *world, defs func(casework.Definitions) casework.Definitions) {
	id := w.toDecision(t)
	w.carry(t, id, act{who: "dir.expert", action: "correct", facts: map[string]any{"amount_rial": "19000000000"}, note: "صفر افتاده"},
		act{who: "dir.deputy", action: "confirm", note: "با سند سنجیده شد"}) // before the decision
	w.carry(t, id, act{who: "dir.deputy", action: "approve"})
	w.Engine.Defs = defs(w.Engine.Defs)
	for fact, value := range map[string]any{"amount_rial": "60000000000", "package": "P2"} {
		if fact == "package" {
			money := int64(500_000_000_000)
			must(t, w.Registry.Upsert(t.Context(), registry.Item{Province: w.Province, Register: "package", ID: "P2", Source: "test", Balance: &money, Fields: map[string]any{
				"title": "بستهٔ دیگر", "ceiling": int64(70_000_000_000), "min_own_share": int64(2000), "exempts_cheque": false, "exempts_debt": false, "open": true}}))
		}
		if got := w.try(t, "dir.expert", correction(id, fact, value)); got != "casework.correct_decided" {
			t.Errorf("%s after the approval: %q", fact, got)
		}
	}
	if got := w.try(t, "dir.expert", correction(id, "overdue_debt_rial", "5")); got != "" {
		t.Errorf("a fact on which no ceiling and no money rests: %q", got)
	}
	w.untouched(t)
}

// reader is the pages as a browser without scripts meets them, signed in as one person.
type reader struct {
	t   testing.TB
	url string
	c   *http.Client
}

func newReader(t testing.TB, w *world, login string) *reader {
	t.Helper()
	h, _, err := w.Handler()
	must(t, err)
	srv := listens(t, h)
	token, _, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
	must(t, err)
	r := &reader{t: t, url: srv.URL, c: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	r.c.Transport = signed{token}
	return r
}

type signed struct{ token string }

// RoundTrip adds the session.
func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return http.DefaultTransport.RoundTrip(r)
}

func (r *reader) get(path string) (int, string) {
	r.t.Helper()
	res, err := r.c.Get(r.url + path) //nolint:noctx // the client lives as long as the test
	must(r.t, err)
	return body(r.t, res)
}

func (r *reader) post(path string, form url.Values) (int, string) {
	r.t.Helper()
	res, err := r.c.PostForm(r.url+path, form) //nolint:noctx // the client lives as long as the test
	must(r.t, err)
	return body(r.t, res)
}

func body(t testing.TB, res *http.Response) (int, string) {
	t.Helper()
	defer func() { must(t, res.Body.Close()) }()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(raw)
}

// between gives what stands after a mark up to another.
func between(s, after, before string) string {
	_, s, _ = strings.Cut(s, after)
	s, _, _ = strings.Cut(s, before)
	return s
}

func formOf(page string) url.Values {
	return url.Values{"_key": {between(page, `name="_key" value="`, `"`)}, "version": {between(page, `name="version" value="`, `"`)}, "_do": {"submit"}}
}

// The pages: who may correct finds the form, the second person both values with two buttons.
func TestACorrectionIsProposedAndConfirmedOnThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	at := "/cases/" + id
	expert, deputy, unit := newReader(t, w, "dir.expert"), newReader(t, w, "dir.deputy"), newReader(t, w, "unit.ceo")
	if _, page := unit.get(at); strings.Contains(page, at+"/act/correct") {
		t.Error("the unit is offered a correction")
	}
	if _, page := expert.get(at); !strings.Contains(page, at+"/act/correct") {
		t.Fatal("the expert is not offered a correction")
	}
	_, page := expert.get(at + "/act/correct")
	form := formOf(page)
	form["_shown"], form["amount_rial"], form["note"] = []string{"amount_rial"}, []string{"۱۹٬۰۰۰٬۰۰۰٬۰۰۰"}, []string{"صفر افتاده"}
	if status, page := expert.post(at+"/act/correct", form); status != http.StatusSeeOther {
		t.Fatalf("propose: %d %s", status, page)
	}
	_, page = deputy.get(at)
	for _, want := range []string{"صفر افتاده", at + "/act/confirm", at + "/act/decline"} {
		if !strings.Contains(page, want) {
			t.Errorf("the second person's page lacks %q", want)
		}
	}
	if _, page := expert.get(at); strings.Contains(page, at+"/act/confirm") {
		t.Error("who proposed is offered to confirm")
	}
	_, page = deputy.get(at + "/act/confirm")
	form = formOf(page)
	form.Set("note", "سنجیده شد")
	if status, page := deputy.post(at+"/act/confirm", form); status != http.StatusSeeOther {
		t.Fatalf("confirm: %d %s", status, page)
	}
	if got := factOf(w.look(t, "dir.dg", id), "amount_rial"); got != int64(19_000_000_000) {
		t.Errorf("amount %v after the confirmation", got)
	}
}
