package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
)

var links = regexp.MustCompile(`(?:href|action|data-news)="([^"]*)"|name="(?:q|w)" value="([^"]*)" ?type="hidden"|type="hidden" name="(?:q|w)" value="([^"]*)"`)

// wordsSealed is the law of searching: by the forms of pages, nothing that is typed stands in any address that a browser then
// has, and the list is that of the words typed by hand.
func wordsSealed(t testing.TB, w *world) {
	t.Helper()
	expert, auditor := enter(t, w.App, "dir.expert", password), enter(t, w.App, "auditor", password)
	bare := func(s string) string {
		plain, err := url.QueryUnescape(s)
		must(t, err)
		return plain
	}
	for _, x := range []struct {
		who            *browser
		page, at, word string
		more           url.Values
		finds          string
	}{
		{expert, "/search", "search", "سپیدتار", nil, w.unit},
		{expert, "/search", "search", "0499370899", nil, ""},
		{expert, "/units", "units", "سپیدتار", nil, w.unit},
		{expert, "/cases?v=open", "cases", "سپیدتار", url.Values{"v": {"open"}, "sort": {"changed"}}, "سپیدتار"},
		{auditor, "/admin/users", "users", "آزمون", nil, "/admin/users/p-dir.expert"},
	} {
		if page := x.who.send(http.MethodGet, x.page, nil).Body.String(); !strings.Contains(page, `action="/seek" method="post"><input type="hidden" name="_at" value="`+x.at+`">`) {
			t.Errorf("%s has no form that keeps its words out of the address", x.page)
		}
		form := url.Values{"_at": {x.at}, "q": {x.word}}
		for name, v := range x.more {
			form[name] = v
		}
		to := x.who.send(http.MethodPost, "/seek", form).Header().Get("Location")
		if !strings.HasPrefix(to, strings.Split(x.page, "?")[0]+"?") || strings.Contains(bare(to), x.word) {
			t.Errorf("%s for %q leads to %s", x.page, x.word, bare(to))
		}
		if again := x.who.send(http.MethodPost, "/seek", form).Header().Get("Location"); again != to {
			t.Errorf("the same words lead elsewhere: %s and %s", to, again)
		}
		got := x.who.send(http.MethodGet, to, nil)
		page := got.Body.String()
		want(t, http.StatusOK, got.Code, to)
		if !strings.Contains(page, x.word) || !strings.Contains(page, x.finds) {
			t.Errorf("%s does not say what was asked, or does not find it", to)
		}
		for _, l := range links.FindAllString(page, -1) {
			if strings.Contains(bare(l), x.word) {
				t.Errorf("%s for %q has the address %s", x.page, x.word, bare(l))
			}
		}
	}
}

func TestWhatPeopleSearchForStandsInNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(t)
	wordsSealed(t, w)
	control.Finds(t, `/search for "0499370899" leads to /search?q=0499370899`, func(t testing.TB) {
		w := newWorld(t)
		w.Unveil()
		wordsSealed(t, w)
	})

	expert, head, auditor := enter(t, w.App, "dir.expert", password), enter(t, w.App, "dir.head", password), enter(t, w.App, "auditor", password)
	form := url.Values{"_at": {"search"}, "q": {"0499370899"}}
	to := expert.send(http.MethodPost, "/seek", form).Header().Get("Location")
	for whose, at := range map[string]string{"another person's": to, "a damaged one": to + "A", "a made one": "/cases?w=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if got := head.send(http.MethodGet, at, nil); got.Code != http.StatusUnprocessableEntity || strings.Contains(got.Body.String(), "0499370899") {
			t.Errorf("%s words are answered with %d", whose, got.Code)
		}
	}
	if another := head.send(http.MethodPost, "/seek", form).Header().Get("Location"); another == to {
		t.Error("who sees two addresses sees that two persons look for the same")
	}
	want(t, http.StatusNotFound, expert.send(http.MethodPost, "/seek", url.Values{"_at": {"//evil.example"}, "q": {"x"}}).Code, "another place")
	want(t, http.StatusUnprocessableEntity, expert.send(http.MethodPost, "/seek", url.Values{"_at": {"search"}, "q": {strings.Repeat("x", 900)}}).Code, "words without end")
	want(t, http.StatusOK, expert.send(http.MethodGet, "/units?q=0499370899", nil).Code, "words typed by hand")

	// The journal, whose record is sealed, keeps what an auditor looked for all the same; by a header too.
	auditor.send(http.MethodGet, auditor.send(http.MethodPost, "/seek", form).Header().Get("Location"), nil)
	m := newMachine(t, w)
	m.words = "%D8%B3%D9%BE%DB%8C%D8%AF%D8%AA%D8%A7%D8%B1"
	status, out := m.call("auditor", http.MethodGet, "/units", "", nil)
	if found, _ := m.want(http.StatusOK, status, out, "by the header")["items"].([]any); len(found) != 1 {
		t.Errorf("by the header %d units are found", len(found))
	}
	page := auditor.send(http.MethodGet, "/audit", nil).Body.String()
	for _, word := range []string{"q=0499370899", "سپیدتار"} {
		if plain, err := url.QueryUnescape(page); err != nil && !strings.Contains(page, word) || err == nil && !strings.Contains(plain, word) {
			t.Errorf("the journal does not tell that an auditor looked for %s", word)
		}
	}
}
