package app_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"rahgosha/internal/base/control"
)

// asks gives the address at which a list's page asks for news; it fails where the page asks nobody.
func (b *browser) asks(path string) string {
	b.t.Helper()
	page := b.send(http.MethodGet, path, nil)
	m := regexp.MustCompile(`data-news="([^"]*)"`).FindStringSubmatch(page.Body.String())
	if page.Code != http.StatusOK || m == nil {
		b.t.Fatalf("%s: %d, and it asks for no news", path, page.Code)
	}
	return html.UnescapeString(m[1])
}

// listsTell is the law of lists that are read at two nodes while things happen at one: each reader is told how much is another,
// and who may not see it is told of nothing.
func listsTell(t testing.TB, a, b *world, stranger string) {
	resolved, draft := a.resolves(t), a.open(t)
	type reader struct {
		path, login string
		node        int
	}
	var readers []reader
	for node := range 2 {
		readers = append(readers, reader{"/cases", "dir.expert", node}, reader{"/inbox", "dir.expert", node}, reader{"/obligations", "bank.head", node})
	}
	var all sync.WaitGroup
	heard := make([]string, len(readers))
	for i, r := range readers {
		browser := []*world{a, b}[r.node].signedIn(t, r.login)
		address := browser.asks(r.path)
		all.Go(func() {
			got := browser.send(http.MethodGet, address, nil)
			heard[i] = got.Body.String()
			if got.Code != http.StatusOK {
				t.Errorf("a reader of %s at node %d is answered %d", r.path, r.node, got.Code)
			}
		})
	}
	a.carry(t, draft, act{who: "unit.ceo", action: "submit", facts: a.request()})
	a.carry(t, resolved, act{who: "bank.head", action: "fulfil:resolution:1", facts: map[string]any{"proof": a.upload(t, "bank.head", 7)}})
	all.Wait()
	for i, said := range heard {
		var news struct {
			Changes int
			Text    string
		}
		if said != "" && (json.Unmarshal([]byte(said), &news) != nil || news.Changes < 1 || news.Text == "") {
			t.Errorf("a reader of %s hears %s", readers[i].path, said)
		}
	}
	for _, path := range []string{"/cases", "/inbox", "/obligations"} { // at once, for no instant is said
		if got := b.signedIn(t, stranger).send(http.MethodGet, path+"/news", nil).Body.String(); !strings.HasPrefix(got, `{"changes":0,`) {
			t.Errorf("who may not see what changed hears of it at %s: %s", path, got)
		}
	}
}

func TestListsTellTheirReadersAtEachNode(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) { listsTell(t, a, b, "bank.branch.2") })
}

func TestListsThatTellOnlyOfTheirNodeOrTellEverybodyAreFound(t *testing.T) {
	twoNodes(t, func(t testing.TB, a, b *world) {
		b.deaf()
		control.Finds(t, "a reader of /inbox at node 1 is answered 204", func(t testing.TB) { listsTell(t, a, b, "bank.branch.2") })
		b.front = nil
		control.Finds(t, "hears of it at /cases", func(t testing.TB) { listsTell(t, a, b, "dir.expert") })
	})
}

// What a list shows and is as it was is no news, and neither is what was written in the moments before it was drawn.
func TestAListThatNobodyChangedTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(t)
	w.carry(t, id, act{who: "unit.ceo", action: "submit", facts: w.request()})
	b := w.signedIn(t, "dir.expert")
	for _, path := range []string{"/cases", "/inbox", "/obligations"} {
		now := strings.Replace(b.asks(path), "since=", "was=", 1)
		if path == "/inbox" { // its entries are those since the page was drawn
			continue
		}
		if got := b.send(http.MethodGet, now, nil).Body.String(); !strings.HasPrefix(got, `{"changes":0,`) {
			t.Errorf("%s says %s", path, got)
		}
	}
	for _, path := range []string{"/cases", "/inbox"} {
		if strings.Contains(w.signedIn(t, "auditor").send(http.MethodGet, "/cases", nil).Body.String(), "data-news") {
			t.Errorf("an auditor's %s asks by itself, and each look is an entry", path)
		}
	}
}
