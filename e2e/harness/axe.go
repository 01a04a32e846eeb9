package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Violation is one rule of axe-core that a page breaks, with the elements that break it.
type Violation struct {
	ID      string   `json:"id"`
	Impact  string   `json:"impact"`
	Help    string   `json:"help"`
	Targets []string `json:"targets"`
}

// String says it on one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s at %s", v.ID, v.Impact, v.Help, strings.Join(v.Targets, "; "))
}

// Axe runs axe-core on the page as it is now: WCAG 2.0 to 2.2, A and AA, and its best practices.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	return p.axe(`["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`)
}

// AxeEveryView holds the page to Axe at both widths, light and dark, and says before each violation where it is. What an
// element is and where it lies do not change with the colour scheme: at each width every rule is held in one scheme, and
// in the other those that read colours. Where the scheme moves an element after all, every rule is held again.
func (p *Page) AxeEveryView() []string {
	p.t.Helper()
	// Each width begins with another scheme, so that every rule meets both.
	return append(p.axeAt(Desk, "light", "dark"), p.axeAt(Phone, "dark", "light")...)
}

// AxeBothWidths holds the page to Axe at both widths, each in another scheme: enough for a page that AxeEveryView held in the other
// language, since the language moves what the schemes paint and paints nothing itself.
func (p *Page) AxeBothWidths() []string {
	p.t.Helper()
	return append(p.axeAt(Desk, "light"), p.axeAt(Phone, "dark")...)
}

// axeAt holds the page to every rule in the first of the schemes, and in the others to what a scheme can change.
func (p *Page) axeAt(width int64, schemes ...string) (found []string) {
	p.t.Helper()
	var layout string
	for i, scheme := range schemes {
		p.View(width, scheme)
		was, hold := layout, p.Axe
		if layout = Eval[string](p, rectangles); i > 0 && layout == was {
			hold = p.axeColours
		}
		for _, v := range hold() {
			found = append(found, fmt.Sprintf("%d px, %s: %s", width, scheme, v))
		}
	}
	return found
}

// axeColours runs the rules that read colours.
func (p *Page) axeColours() []Violation {
	p.t.Helper()
	return p.axe(`{type: "rule", values: ["color-contrast", "link-in-text-block"]}`)
}

// axe runs rules. The program is sent once to a document: it is half a megabyte.
func (p *Page) axe(rules string) []Violation {
	p.t.Helper()
	if !Eval[bool](p, `!!window.axe?.run`) {
		file := filepath.Join(Root(p.t), "node_modules", "axe-core", "axe.min.js")
		src, err := os.ReadFile(file)
		if err != nil {
			Missing(p.t, "no "+file+": run make assets")
		}
		Eval[bool](p, string(src)+"; true")
	}
	return Eval[[]Violation](p, fmt.Sprintf(axeRun, rules))
}

const axeRun = `
axe.run(document, {resultTypes: ["violations"], runOnly: %s})
  .then(r => r.violations.map(v => ({id: v.id, impact: v.impact || "", help: v.help,
    targets: v.nodes.map(n => n.target.join(" ") + " (" + (n.failureSummary || "").replace(/\s+/g, " ") + ")")})))`

// rectangles say where each element lies, and which are not shown.
const rectangles = `[...document.querySelectorAll("*")].map(e => {
  const r = e.getBoundingClientRect(), s = getComputedStyle(e);
  return [r.x, r.y, r.width, r.height, s.visibility, s.opacity]
}).join(" ")`
