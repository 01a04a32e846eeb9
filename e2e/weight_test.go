package e2e

import (
	"testing"

	"rahgosha/e2e/harness"
)

// The budgets of a page's visit, in bytes on the wire.
const (
	firstVisit = 70 << 10
	nextVisit  = 15 << 10
	scriptMost = 20 << 10
	styleMost  = 12 << 10
)

// over says whether a visit outgrows its budget; a visit without a document was not weighed at all.
func over(w harness.Weight, most int) bool {
	return w.Total > most || w.Script > scriptMost || w.Style > styleMost || w.Document == 0
}

// TestAHeavyVisitIsFound is the control of the budgets: pages that outgrow each of them are told from one that does not,
// and what the browser weighs grows by what a page brings.
func TestAHeavyVisitIsFound(t *testing.T) {
	t.Parallel()
	good := harness.Weight{Total: 20 << 10, Document: 6 << 10, Script: 1 << 10, Style: 9 << 10}
	if over(good, firstVisit) {
		t.Errorf("%+v is found too heavy", good)
	}
	for name, plant := range map[string]func(*harness.Weight){
		"all": func(w *harness.Weight) { w.Total = firstVisit + 1 }, "scripts": func(w *harness.Weight) { w.Script = scriptMost + 1 },
		"styles": func(w *harness.Weight) { w.Style = styleMost + 1 }, "nothing": func(w *harness.Weight) { w.Document = 0 },
	} {
		bad := good
		plant(&bad)
		if !over(bad, firstVisit) {
			t.Errorf("too much of %s is not found", name)
		}
	}
	o := newOffice(t)
	p := o.guest()
	p.Open("/")
	first := p.Weight()
	p.Open("/report")
	if next := p.Weight(); next.Total >= first.Total || next.Document <= 0 {
		t.Errorf("a next visit weighs %+v, the first %+v: what is kept is weighed again", next, first)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for login, paths := range map[string][]string{
		"":           {"/", "/report", "/procedures", "/procedures/referral", "/verify", "/about", "/help", "/help/unit", "/sign-in"},
		firm:         {"/desk", "/cases", "/apply", "/unit", "/account"},
		"dir.expert": {"/desk", "/cases", "/units", "/units/import", "/inbox", "/search"},
		"dir.dg":     {"/desk", "/picture", "/assign", "/sessions", "/obligations"},
		"auditor":    {"/audit"},
	} {
		p := o.guest()
		if login != "" {
			// A browser that has only the person's cookies: its first page brings everything.
			p.SetCookies(o.as(login).Cookies())
		}
		for i, path := range paths {
			if s := p.Open(path); s != 200 {
				t.Errorf("%s answers %d to %q", path, s, login)
				continue
			}
			w, most := p.Weight(), nextVisit
			if i == 0 {
				most = firstVisit
			}
			if over(w, most) {
				t.Errorf("%s for %q weighs %+v, visit %d may weigh %d", path, login, w, i+1, most)
			}
		}
		o.calm(p)
	}
}
