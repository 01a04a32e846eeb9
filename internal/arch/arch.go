// Package arch holds the house's rules in executable form: which floor may import which, where time and text may come
// from, and that the map in ARCHITECTURE.md is true. Each rule reads the source tree and names every place that breaks
// it; the tests run all rules over this repository, and each rule over a tree with a planted fault.
package arch

import (
	"fmt"
	"slices"
	"strings"
)

// Finding is one place that breaks one rule. Path is relative to the root, Line counts from 1, 0 for a whole file.
type Finding struct {
	Rule string
	Path string
	Line int
	Text string // what is wrong and what to do
}

// String is "path:line: rule: text", which editors can follow.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", f.Path, f.Rule, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.Path, f.Line, f.Rule, f.Text)
}

// Rule is one law of the house.
type Rule struct {
	Name  string
	Check func(*Tree) []Finding
}

// Rules are all laws, in the order in which ARCHITECTURE.md explains them.
var Rules = []Rule{
	{"floors", floors},
	{"verifier", verifier},
	{"package-doc", packageDoc},
	{"persian-in-go", persianInGo},
	{"clock", clockOnly},
	{"print", printOnly},
	{"undone", undone},
	{"machine-path", machinePath},
	{"foreign-host", foreignHost},
	{"absent", absent},
	{"fetch", fetchOnly},
	{"mend", mend},
	{"map", mapIsTrue},
}

// Check applies every rule to the tree below root.
func Check(root string) ([]Finding, error) {
	t, err := Load(root)
	if err != nil {
		return nil, err
	}
	var all []Finding
	for _, r := range Rules {
		for _, f := range r.Check(t) {
			f.Rule = r.Name
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}
