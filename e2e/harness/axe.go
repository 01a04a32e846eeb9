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

// Rules of axe-core: WCAG 2.0 to 2.2, A and AA, and its best practices; of these the ones that read colours, and the others.
const (
	everyRule   = `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	onlyColours = `runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}`
	noColours   = everyRule + `, rules: {"color-contrast": {enabled: false}, "link-in-text-block": {enabled: false}}`
)

// Axe holds the page as it is now to every rule.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	return p.axe(everyRule)
}

// AxeEveryView holds the page to Axe at both widths, light and dark, and says before each violation where it is. What an
// element is and where it lies do not change with the colour scheme: at each width every rule is held in one scheme, and
// in the other those that read colours. Where the scheme moves an element after all, every rule is held again.
func (p *Page) AxeEveryView() []string {
	p.t.Helper()
	// Each width begins with another scheme, so that every rule meets both.
	return append(p.axeAt(everyRule, Desk, "light", "dark"), p.axeAt(everyRule, Phone, "dark", "light")...)
}

// AxeBothWidths holds the page to Axe at both widths, each in another scheme: enough for a page whose like AxeEveryView holds in
// another test.
func (p *Page) AxeBothWidths() []string {
	p.t.Helper()
	return append(p.axeAt(everyRule, Desk, "light"), p.axeAt(everyRule, Phone, "dark")...)
}

// AxeOtherLanguage is AxeBothWidths without the rules that read colours, which take half of the time: enough for a page that
// AxeEveryView held in one language, since the language moves what the schemes paint and paints nothing itself.
func (p *Page) AxeOtherLanguage() []string {
	p.t.Helper()
	return append(p.axeAt(noColours, Phone, "dark"), p.axeAt(noColours, Desk, "light")...)
}

// axeAt holds the page to rules in the first of the schemes, and in the others to what a scheme can change.
func (p *Page) axeAt(rules string, width int64, schemes ...string) (found []string) {
	p.t.Helper()
	var layout string
	for i, scheme := range schemes {
		p.View(width, scheme)
		was, hold := layout, rules
		if len(schemes) > 1 {
			layout = Eval[string](p, rectangles)
		}
		if i > 0 && layout == was {
			hold = onlyColours
		}
		for _, v := range p.axe(hold) {
			found = append(found, fmt.Sprintf("%d px, %s: %s", width, scheme, v))
		}
	}
	return found
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

// axeRun gives axe-core a canvas on which all texts look alike. It paints texts to find fonts that draw pictures for words, whose
// colours it does not judge. The product has no such font, and Persian, whose letters join, is taken for one: colours of half
// of the texts were judged by nobody, at a sixth of the cost.
const axeRun = `
(async () => {
  const text = {canvas: {}, measureText: s => ({width: 30 * s.length}), fillText() {}, clearRect() {}, getImageData: () => ({data: new Uint8ClampedArray(4).fill(255)})};
  const create = document.createElement;
  document.createElement = (name, ...more) => name === "canvas" ? {getContext: () => text} : create.call(document, name, ...more);
  try {
    const r = await axe.run(document, {resultTypes: ["violations"], %s});
    return r.violations.map(v => ({id: v.id, impact: v.impact || "", help: v.help,
      targets: v.nodes.map(n => n.target.join(" ") + " (" + (n.failureSummary || "").replace(/\s+/g, " ") + ")")}));
  } finally {
    delete document.createElement;
  }
})()`

// rectangles say where each element lies, and which are not shown.
const rectangles = `[...document.querySelectorAll("*")].map(e => {
  const r = e.getBoundingClientRect(), s = getComputedStyle(e);
  return [r.x, r.y, r.width, r.height, s.visibility, s.opacity]
}).join(" ")`
