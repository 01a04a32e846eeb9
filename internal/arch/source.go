package arch

import (
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// packageDoc wants a doc comment in one file of every package.
func packageDoc(t *Tree) []Finding {
	first, documented := map[string]string{}, map[string]bool{}
	for _, f := range t.product() {
		if first[f.Dir()] == "" {
			first[f.Dir()] = f.Path
		}
		if f.Syntax.Doc != nil && strings.TrimSpace(f.Syntax.Doc.Text()) != "" {
			documented[f.Dir()] = true
		}
	}
	var out []Finding
	for _, dir := range slices.Sorted(maps.Keys(first)) {
		if !documented[dir] {
			out = append(out, Finding{Path: first[dir], Line: 1, Text: "no package doc: say what the package gives, above its package clause"})
		}
	}
	return out
}

var persianRun = regexp.MustCompile(`[\x{0600}-\x{06FF}]{3,}`)

// persianInGo keeps texts where a translator finds them.
func persianInGo(t *Tree) []Finding {
	return grep(t.product(), persianRun, "Persian text in Go source: move it to a locale file, a template or data")
}

// clocks may read the machine's clock: the clock itself, and programs that are no part of the product.
var clocks = []string{"internal/base/clock", "tools", "e2e"}

func clockOnly(t *Tree) []Finding {
	return calls(t, clocks, "time", regexp.MustCompile(`^(Now|Since|Until)$`), "reads the machine's clock: take a clock.Clock (internal/base/clock)")
}

// printers may write to standard output: what a person runs in a terminal.
var printers = []string{"internal/surface/cli", "cmd", "tools"}

func printOnly(t *Tree) []Finding {
	return calls(t, printers, "fmt", regexp.MustCompile(`^Print(f|ln)?$`), "prints to standard output: use log/slog, or take an io.Writer")
}

// fetchers may ask other machines: the talk with logs, witnesses, identity providers and a virus scanner, whose addresses an operator gives, and
// tools.
var fetchers = []string{"internal/surface/openlog", "internal/app/provider", "internal/app/scanner", "tools", "e2e"}

// fetchOnly keeps requests to other machines in three places, which follow no redirect and take bounded answers: where nobody
// else can fetch, no form of anybody makes the server fetch.
func fetchOnly(t *Tree) []Finding {
	const why = "asks another machine: only internal/surface/openlog, internal/app/provider and internal/app/scanner do"
	return append(calls(t, fetchers, "net/http", regexp.MustCompile(`^(Get|Head|Post|PostForm|DefaultClient|DefaultTransport|Client|Transport|NewRequest|NewRequestWithContext)$`), why),
		calls(t, fetchers, "net", regexp.MustCompile(`^(Dial.*|Lookup.*)$`), why)...)
}

// calls reports every mention of pkg.Name outside the allowed folders, under whatever name pkg is imported.
func calls(t *Tree, allowed []string, pkg string, name *regexp.Regexp, why string) []Finding {
	var out []Finding
	for _, f := range t.product() {
		if underAny(f.Dir(), allowed) {
			continue
		}
		local := importedAs(f.Syntax, pkg)
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && local != "" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == local && name.MatchString(s.Sel.Name) {
					out = append(out, Finding{Path: f.Path, Line: t.line(s), Text: pkg + "." + s.Sel.Name + " " + why})
				}
			}
			return true
		})
	}
	return out
}

func importedAs(f *ast.File, pkg string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != `"`+pkg+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}

// marks are written in two halves, so that this file does not break its own rule.
var marks = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`)

// undone finds what somebody meant to finish.
func undone(t *Tree) []Finding {
	return grep(t.Files, marks, "unfinished: do it, or say so in ARCHITECTURE.md under what is absent")
}

var machine = regexp.MustCompile(`(^|[\s"'=(` + "`" + `])/(home|Users|root)/[a-z0-9]`)

// machinePath finds paths that exist on one developer's machine only.
func machinePath(t *Tree) []Finding {
	return grep(t.Files, machine, "a path of one machine: take it from the configuration or the repository's root")
}

var (
	address = regexp.MustCompile(`https?:\\?/\\?/[^\s"'<>)]*|["'(=]//[a-z0-9-]+\.[a-z]`)
	ours    = regexp.MustCompile(`^https?://www\.w3\.org/`)
	shipped = regexp.MustCompile(`\.(html|css|js|svg)$`)
)

// foreignHost keeps pages free of other hosts: the system works with the network cut. XML namespaces are names only.
func foreignHost(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.Files {
		if !under(f.Path, "internal") || !shipped.MatchString(f.Path) {
			continue
		}
		for i, line := range strings.Split(f.Text, "\n") {
			for _, a := range address.FindAllString(line, -1) {
				if !ours.MatchString(a) {
					out = append(out, Finding{Path: f.Path, Line: i + 1, Text: "names another host: " + a})
				}
			}
		}
	}
	return out
}

func grep(files []File, re *regexp.Regexp, why string) []Finding {
	var out []Finding
	for _, f := range files {
		if !re.MatchString(f.Text) {
			continue
		}
		for i, line := range strings.Split(f.Text, "\n") {
			if re.MatchString(line) {
				out = append(out, Finding{Path: f.Path, Line: i + 1, Text: why})
			}
		}
	}
	return out
}
