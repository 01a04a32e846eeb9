package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
)

// apart are the texts of events that stand after a colon: what came about by itself.
var apart = []string{"casework.event_clock", "casework.event_moved", "casework.event_silent"}

// passive are the marks of a sentence that has a subject of its own, or hides who acted.
var passive = map[locale.Lang]*regexp.Regexp{locale.FA: regexp.MustCompile(`(^| )(شد|گردید|آمد|رفت|ماند)[.؛]`), locale.EN: regexp.MustCompile(`^[A-Z]`)}

// Texts that a page writes straight after the name of who acted make a sentence with it, in both languages.
func TestWhatPeopleDidReadsAfterTheirName(t *testing.T) {
	t.Parallel()
	law := func(text func(l locale.Lang, key string) string) func(testing.TB) {
		return func(t testing.TB) {
			n := 0
			for l, bad := range passive {
				for _, key := range locale.Keys(l) {
					if !strings.HasPrefix(key, "casework.event_") && key != "desk.event.internal" || slices.Contains(apart, key) {
						continue
					}
					if n++; bad.MatchString(text(l, key)) {
						t.Errorf("%s: %s reads “%s” after a name", l, key, text(l, key))
					}
				}
			}
			if n < 40 {
				t.Fatalf("only %d texts of events", n)
			}
		}
	}
	law(func(l locale.Lang, key string) string { return locale.T(l, key, nil) })(t)
	for _, planted := range []string{"یادداشت نوشته شد.", "A note was written."} {
		control.Finds(t, "after a name", law(func(_ locale.Lang, key string) string {
			if strings.HasSuffix(key, "_noted") {
				return planted
			}
			return ""
		}))
	}
}

// What a case tells somebody in an imperative, and what comes about by itself, stand apart from the name before them.
func TestAnInboxSetsApartWhatItsSenderDidNotDo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.view = func() *casework.View { return b.sample("eligibility") }
	_, h := newServer(t, b.config)
	for path, want := range map[string][]string{
		"/inbox":    {"<b><bdi>حمید رستگار</bdi></b> ", "</b>: رسید ارسال را بفرستید", "</b>: پایان «مهلت احراز شرایط» نزدیک است"},
		"/cases/c1": {"</b> پرونده را باز کرد", "</b> یادداشت داخلی نوشت", "</b>: پایان «مهلت احراز شرایط» نزدیک است"},
	} {
		page := get(h, path, "Cookie", "lang=fa", "Role", "dir.expert")
		if page.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, page.Code)
		}
		for _, w := range want {
			if !strings.Contains(page.Body.String(), w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
	}
}
