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
	file := filepath.Join(Root(p.t), "node_modules", "axe-core", "axe.min.js")
	src, err := os.ReadFile(file)
	if err != nil {
		Missing(p.t, "no "+file+": run make assets")
	}
	return Eval[[]Violation](p, string(src)+axeRun)
}

const axeRun = `;
axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then(r => r.violations.map(v => ({id: v.id, impact: v.impact || "", help: v.help,
    targets: v.nodes.map(n => n.target.join(" ") + " (" + (n.failureSummary || "").replace(/\s+/g, " ") + ")")})))`
