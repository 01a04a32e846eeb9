package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"rahgosha/e2e/harness"
)

// pictured are the pictures of the guides: who looks, where they begin, and what they do before the picture is taken.
var pictured = []struct {
	name, login, path string
	then              func(o *office, p *harness.Page)
}{
	{"unit-file", "unit.ceo", "/unit", nil},
	{"unit-apply", "unit.ceo", "/apply", func(_ *office, p *harness.Page) { toTop(p, "article:has(.rules)") }},
	{"unit-case", "unit.ceo", "/desk", first},
	{"expert-queue", "dir.expert", "/cases", nil},
	{"expert-case", "dir.expert", "/cases?v=open&stage=eligibility", func(o *office, p *harness.Page) {
		first(o, p)
		toTop(p, "section:has(> .rules)")
	}},
	{"expert-import", "dir.expert", "/units/import", func(o *office, p *harness.Page) {
		o.tried(p, "/units/import", "نام واحد,شناسه ملی,شهرستان,تعداد کارکنان\nریسندگی آزمون تصویر,99238044819,کرج,۱۲ نفر\nبافندگی بی‌شناسه,1234,کرج,5\n")
	}},
	{"branch-desk", "bank.branch", "/desk", nil},
	{"branch-case", "bank.branch", "/desk", first},
	{"manager-decide", "dir.deputy", "/desk", first},
	{"manager-picture", "dir.dg", "/picture", nil},
	{"manager-assign", "dir.head", "/assign", nil},
	{"admin-users", "admin", "/admin/users", nil},
	{"admin-delegation", "admin", "/admin/delegation", nil},
	{"admin-calendar", "admin", "/admin/calendar", nil},
}

// first opens the first case of a list.
func first(_ *office, p *harness.Page) { p.Follow(`main a.row-link[href^="/cases/"]`) }

// toTop scrolls to what the picture is of, under the page's bar.
func toTop(p *harness.Page, css string) {
	harness.Eval[bool](p, fmt.Sprintf(`(() => {
		const shown = document.querySelector(%q);
		shown.style.scrollMarginBlockStart = "5rem";
		shown.scrollIntoView({behavior: "instant"});
		return true;
	})()`, css))
}

// TestShots takes the pictures of the guides. It runs on demand (make shots), because pictures differ by font and browser.
func TestShots(t *testing.T) {
	dir := os.Getenv("RAHGOSHA_SHOTS")
	if dir == "" {
		t.Skip("skipped: pictures are taken by make shots")
	}
	o := newOffice(t)
	for _, lang := range []string{"fa", "en"} {
		for _, x := range pictured {
			p := o.as(x.login)
			p.View(1100, "light")
			p.SetCookies(map[string]string{"lang": lang})
			p.Open(x.path)
			if x.then != nil {
				x.then(o, p)
			}
			p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%s.webp", x.name, lang)))
		}
	}
}

// Each picture that a guide shows is taken by TestShots, and each that is taken is shown.
func TestTheGuidesShowWhatIsPictured(t *testing.T) {
	t.Parallel()
	var taken, shown []string
	for _, lang := range []string{"en", "fa"} {
		for _, x := range pictured {
			taken = append(taken, x.name+"-"+lang)
		}
	}
	guides, err := filepath.Glob("../guides/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatal("no guides", err)
	}
	for _, g := range guides {
		raw, err := os.ReadFile(g)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\(pictures/([a-z-]+)\.webp\)`).FindAllSubmatch(raw, -1) {
			shown = append(shown, string(m[1]))
		}
	}
	slices.Sort(taken)
	slices.Sort(shown)
	if !slices.Equal(taken, shown) {
		t.Errorf("taken %v\nshown %v", taken, shown)
	}
}
