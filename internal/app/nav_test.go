package app_test

import (
	"net/http"
	"regexp"
	"slices"
	"testing"

	"rahgosha/internal/base/control"
)

var navLink = regexp.MustCompile(`href="(/[a-z][a-z/-]*)"`)

// What the desk offers a role opens for it: a link that ends in a refusal is a promise broken.
func TestEveryLinkOfADeskOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, m := range w.roster().Accounts {
		login := m.Login
		b := enter(t, w.App, login, password)
		get := func(path string) int { return b.send(http.MethodGet, path, nil).Code }
		page := b.send(http.MethodGet, "/desk", nil).Body.String()
		linksOpen(page, get)(t)
		if login == "unit.ceo" {
			control.Finds(t, "/units", linksOpen(page+`<a href="/units">`, get))
		}
	}
}

func linksOpen(page string, get func(path string) int) func(testing.TB) {
	return func(t testing.TB) {
		var paths []string
		for _, m := range navLink.FindAllStringSubmatch(page, -1) {
			paths = append(paths, m[1])
		}
		slices.Sort(paths)
		for _, path := range slices.Compact(paths) {
			if code := get(path); code >= http.StatusBadRequest {
				t.Errorf("%s: %d", path, code)
			}
		}
	}
}
