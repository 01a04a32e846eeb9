package e2e

import "testing"

// The budgets of a page's visit, in bytes on the wire.
const (
	firstVisit = 70 << 10
	nextVisit  = 15 << 10
	scriptMost = 20 << 10
	styleMost  = 12 << 10
)

func TestWeights(t *testing.T) {
	o := newOffice(t)
	for login, paths := range map[string][]string{
		"":           {"/", "/report", "/procedures", "/procedures/referral", "/verify", "/about", "/sign-in"},
		firm:         {"/desk", "/cases", "/apply", "/unit", "/account"},
		"dir.expert": {"/desk", "/cases", "/units", "/units/import"},
		"auditor":    {"/audit"},
	} {
		p := o.guest()
		if login != "" {
			// A browser that has only the person's cookies: its first page brings everything.
			o.as(login)
			cookies, _ := sessions.Load(login)
			p.SetCookies(cookies.(map[string]string))
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
			if w.Total > most || w.Script > scriptMost || w.Style > styleMost || w.Document == 0 {
				t.Errorf("%s for %q weighs %+v, visit %d may weigh %d", path, login, w, i+1, most)
			}
		}
		o.calm(p)
	}
}
