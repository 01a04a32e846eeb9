package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var printedCode = regexp.MustCompile(`<li><bdi[^>]*>([0-9A-Z]{5}-[0-9A-Z]{5})</bdi></li>`)

// At the counter a person of a unit gets a password and codes on paper: the old password and session are dead, the first
// sign-in sets an own password and takes a code, a code serves once, and the act stands in the person's chain. Who works
// in an office is not served there, nor a person of another unit, nor may others reissue.
func TestCredentialsAreReissuedAtTheCounter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := enter(t, w.App, "unit.ceo", password)
	registry := enter(t, w.App, "dir.registry", password)
	page := "/counter/" + w.unit
	if got := registry.send(http.MethodGet, page, nil); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "/apply?unit="+w.unit) || !strings.Contains(got.Body.String(), "p-unit.rep") {
		t.Fatalf("the counter: %d", got.Code)
	}
	paper := registry.send(http.MethodPost, page+"/reissue", url.Values{"person": {"p-unit.ceo"}})
	once, codes := printedPassword.FindString(paper.Body.String()), printedCode.FindAllStringSubmatch(paper.Body.String(), -1)
	if paper.Code != http.StatusOK || once == "" || len(codes) < 2 || paper.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("reissue: %d, %d codes", paper.Code, len(codes))
	}
	if got := old.send(http.MethodGet, "/desk", nil); got.Code == http.StatusOK {
		t.Error("a session outlived the reissue")
	}
	sign := func(form url.Values) int {
		h, _, err := w.Handler()
		must(t, err)
		return (&browser{t: t, h: h}).send(http.MethodPost, "/sign-in", form).Code
	}
	const own = "four green kettles 9"
	first := url.Values{"login": {"unit.ceo"}, "password": {once}, "code": {codes[0][1]}, "new": {own}, "again": {own}}
	want(t, http.StatusSeeOther, sign(first), "the first sign-in")
	next := url.Values{"login": {"unit.ceo"}, "password": {own}, "code": {codes[0][1]}}
	if sign(next) == http.StatusSeeOther {
		t.Error("a code served twice")
	}
	next.Set("code", codes[1][1])
	want(t, http.StatusSeeOther, sign(next), "with the next code")
	for person, code := range map[string]int{"p-dir.expert": http.StatusNotFound, "p-nobody": http.StatusNotFound} {
		want(t, code, registry.send(http.MethodPost, page+"/reissue", url.Values{"person": {person}}).Code, person)
	}
	for _, login := range []string{"dir.expert", "unit.rep", "bank.head", "auditor"} {
		want(t, http.StatusForbidden, enter(t, w.App, login, password).send(http.MethodPost, page+"/reissue", url.Values{"person": {"p-unit.rep"}}).Code, login)
	}
	if got := w.kindsIn(t, "person:p-unit.ceo"); !strings.HasSuffix(got, "people.reissued") {
		t.Errorf("the journal holds %q", got)
	}
}
