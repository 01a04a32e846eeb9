package web_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

var (
	latinWord  = regexp.MustCompile(`[A-Za-z0-9]{3,}`)
	asciiDigit = regexp.MustCompile(`[0-9]`)
	eventAttr  = regexp.MustCompile(`^on[a-z]+$`)
)

// lint gives what breaks the house rules of a page: inline style or script, repeated ids, labels and fragments that lead
// nowhere, and, where the text is Persian, Latin words and ASCII digits outside bdi, code and kbd.
func lint(page []byte) []string {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	l := &linter{ids: map[string]int{}}
	l.walk(root, false, false)
	for id, n := range l.ids {
		if n > 1 {
			l.say("id %q occurs %d times", id, n)
		}
	}
	for _, ref := range l.refs {
		if l.ids[ref] == 0 {
			l.say("no element has the id %q", ref)
		}
	}
	return l.found
}

type linter struct {
	ids   map[string]int
	refs  []string
	found []string
}

func (l *linter) say(f string, a ...any) { l.found = append(l.found, fmt.Sprintf(f, a...)) }

func (l *linter) walk(n *html.Node, persian, isolated bool) {
	switch n.Type {
	case html.ElementNode:
		l.element(n)
		if lang := attr(n, "lang"); lang != "" {
			persian = lang == "fa"
		}
		isolated = isolated || n.Data == "bdi" || n.Data == "code" || n.Data == "kbd" || n.Data == "script"
	case html.TextNode:
		if persian && !isolated {
			l.text(n.Data)
		}
		if strings.Contains(n.Data, "web.") || strings.Contains(n.Data, "ZgotmplZ") {
			l.say("untranslated or refused text %q", strings.TrimSpace(n.Data))
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.walk(c, persian, isolated)
	}
}

func (l *linter) element(n *html.Node) {
	if n.Data == "style" || n.Data == "script" && attr(n, "src") == "" {
		l.say("inline <%s>", n.Data)
	}
	if n.Data == "use" {
		if _, name, _ := strings.Cut(attr(n, "href"), "#i-"); !slices.Contains(iconNames(), name) {
			l.say("icon %q is not in lucide.txt", name)
		}
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || eventAttr.MatchString(a.Key):
			l.say("inline %s on <%s>", a.Key, n.Data)
		case a.Key == "id":
			l.ids[a.Val]++
		case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby":
			l.refs = append(l.refs, strings.Fields(a.Val)...)
		}
	}
}

var iconNames = sync.OnceValue(func() []string {
	raw, err := os.ReadFile("static/icons/lucide.txt")
	if err != nil {
		panic(err)
	}
	return strings.Fields(string(raw))
})

func (l *linter) text(s string) {
	if w := latinWord.FindString(s); w != "" {
		l.say("Latin %q stands bare in %q", w, strings.TrimSpace(s))
	}
	if asciiDigit.MatchString(s) {
		l.say("ASCII digit in %q", strings.TrimSpace(s))
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// isPersianWording reports a finding that is only about Persian letters.
func isPersianWording(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) >= 0
}

func TestTheLintFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for planted, want := range map[string]string{
		`<p style="color:red">x`:                    "inline style",
		`<p onclick="x()">`:                         "inline onclick",
		`<script>1</script>`:                        "inline <script>",
		`<b id="a"></b><i id="a"></i>`:              "occurs 2 times",
		`<label for="zz">`:                          "no element",
		`<svg><use href="/static/icons.svg#i-zz"/>`: "not in lucide.txt",
		`<html lang="fa"><p>نسخهٔ PDF را`:           "stands bare",
		`<html lang="fa"><p>نسخهٔ 3`:                "ASCII digit",
		`<html lang="fa"><p>web.nav.missing`:        "untranslated",
	} {
		if got := strings.Join(lint([]byte(planted)), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: found %q, want %q", planted, got, want)
		}
	}
}
