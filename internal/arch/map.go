package arch

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

const mapFile = "ARCHITECTURE.md"

var named = regexp.MustCompile(`\b(?:internal|cmd|tools|e2e|procedures|scripts)/[A-Za-z0-9_./-]*[A-Za-z0-9_]`)

// mapIsTrue wants ARCHITECTURE.md to name every package of the product, and everything it names to exist.
func mapIsTrue(t *Tree) []Finding {
	text, ok := t.text(mapFile)
	if !ok {
		return []Finding{{Path: mapFile, Text: "is missing: it is the newcomer's map"}}
	}
	mentioned, exists := map[string]int{}, t.paths()
	for i, line := range strings.Split(text, "\n") {
		for _, m := range named.FindAllString(line, -1) {
			mentioned[m] = i + 1
		}
	}
	var out []Finding
	for _, m := range slices.Sorted(maps.Keys(mentioned)) {
		if !exists[m] {
			out = append(out, Finding{Path: mapFile, Line: mentioned[m], Text: m + " does not exist"})
		}
	}
	for _, dir := range t.packages() {
		if mentioned[dir] == 0 {
			out = append(out, Finding{Path: mapFile, Text: "does not name the package " + dir})
		}
	}
	return out
}

func (t *Tree) text(p string) (string, bool) {
	for _, f := range t.Files {
		if f.Path == p {
			return f.Text, true
		}
	}
	return "", false
}

// paths are all files and the folders above them.
func (t *Tree) paths() map[string]bool {
	out := map[string]bool{}
	for _, f := range t.Files {
		for p := f.Path; p != "." && !out[p]; p = parent(p) {
			out[p] = true
		}
	}
	return out
}

func parent(p string) string { return File{Path: p}.Dir() }

// packages are the folders of the product's Go packages.
func (t *Tree) packages() []string {
	dirs := map[string]bool{}
	for _, f := range t.product() {
		if under(f.Dir(), "internal") || under(f.Dir(), "cmd") {
			dirs[f.Dir()] = true
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}
