package arch

import (
	"fmt"
	"strconv"
	"strings"
)

const module = "rahgosha"

// floor says what the packages of one folder may import: of ours by folder, of others by module. Sealed folders hold
// packages that must not know each other, except those every neighbour may use.
type floor struct {
	dir     string
	ours    []string
	modules []string
	sealed  bool
	shared  []string
	any     bool // every module
	domain  bool // knows neither SQL nor HTTP
}

const (
	base      = "internal/base"
	insight   = "internal/insight"
	kernel    = "internal/kernel"
	programme = "internal/programme"
	store     = "internal/store"
	surface   = "internal/surface"
	app       = "internal/app"
)

// house is the table of ARCHITECTURE.md. golang.org/x/image carries the number types in go-text's interface, reads the sizes
// of the guides' pictures and opens scans of fax kind.
var house = []floor{
	{dir: base, ours: []string{base}, modules: []string{"golang.org/x/text"}, domain: true},
	{dir: insight, ours: []string{base, insight}, modules: []string{"gonum.org/v1/gonum"}, domain: true},
	{dir: kernel, ours: []string{base, kernel}, domain: true,
		modules: []string{"cel.dev/cel-go", "github.com/goccy/go-yaml", "golang.org/x/mod", "golang.org/x/crypto", "github.com/trustelem/zxcvbn"}},
	{dir: programme, ours: []string{base, insight, kernel}, sealed: true, domain: true},
	{dir: store, ours: []string{base, insight, kernel, programme, store},
		modules: []string{"modernc.org/sqlite", "modernc.org/libc", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "golang.org/x/mod"}},
	{dir: surface, ours: []string{base, insight, kernel, programme}, sealed: true,
		shared: []string{surface + "/httpkit", surface + "/paper", surface + "/sheet"},
		modules: []string{"github.com/xuri/excelize/v2", "github.com/go-text/typesetting", "golang.org/x/image", "golang.org/x/mod", "rsc.io/qr",
			"github.com/makiuchi-d/gozxing",
			"github.com/alecthomas/kong", "github.com/prometheus/client_golang", "golang.org/x/net",
			"github.com/yuin/goldmark"}},
	{dir: app, ours: []string{"internal", "procedures", "guides"}, any: true},
	{dir: "internal/arch"},
	{dir: "internal/faults"},
	{dir: "procedures"},
	{dir: "guides"},
	{dir: "cmd", ours: []string{app}, modules: []string{"golang.org/x/mod"}},
	{dir: "tools", ours: []string{base, "internal/kernel/casework", "internal/kernel/journal", store}, // the bench fills journals beside the product
		modules: []string{"github.com/evanw/esbuild", "modernc.org/sqlite", "github.com/jackc/pgx/v5", "golang.org/x/mod"}},
	{dir: "e2e", ours: []string{"e2e"}, any: true},
}

// floors reports every import that goes up, sideways where that is forbidden, or to a module the floor does not have.
// Test files are free: they put real databases under domain packages.
func floors(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.product() {
		fl, ok := floorOf(f.Dir())
		if !ok {
			out = append(out, Finding{Path: f.Path, Text: "lies on no floor: move it below one of the folders of ARCHITECTURE.md"})
			continue
		}
		for _, spec := range f.Syntax.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			if why := fl.refuses(f.Dir(), imp); why != "" {
				out = append(out, Finding{Path: f.Path, Line: t.line(spec), Text: why})
			}
		}
	}
	return out
}

func floorOf(dir string) (floor, bool) {
	for _, fl := range house {
		if under(dir, fl.dir) {
			return fl, true
		}
	}
	return floor{}, false
}

// refuses says why a package in dir may not import imp, or nothing.
func (fl floor) refuses(dir, imp string) string {
	if rel, ok := strings.CutPrefix(imp, module+"/"); ok {
		return fl.refusesOurs(dir, rel)
	}
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") {
		return fl.refusesStandard(imp)
	}
	if fl.any || underAny(imp, fl.modules) {
		return ""
	}
	return fmt.Sprintf("%s may not import the module of %s", fl.dir, imp)
}

func (fl floor) refusesOurs(dir, rel string) string {
	switch {
	case fl.sealed && underAny(rel, fl.shared), under(rel, pkgOf(fl.dir, dir)) && fl.sealed, underAny(rel, fl.ours):
		return ""
	case fl.sealed && under(rel, fl.dir):
		return fmt.Sprintf("packages of %s may not import each other: %s; lift what both need to a floor below", fl.dir, rel)
	}
	return fmt.Sprintf("%s may not import %s: imports go down only", fl.dir, rel)
}

// pkgOf is the first folder below a floor: internal/surface/web for internal/surface/web/view.
func pkgOf(floorDir, dir string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(dir, floorDir), "/"), "/")
	return floorDir + "/" + name
}

func (fl floor) refusesStandard(imp string) string {
	if fl.domain && (under(imp, "database/sql") || under(imp, "net/http")) {
		return fmt.Sprintf("%s knows neither SQL nor HTTP: declare the small interface you need and let internal/app supply it (%s)", fl.dir, imp)
	}
	return ""
}

const (
	verifierDir   = "cmd/rahgosha-verify"
	verifierLines = 500
)

// verifier keeps the journal's verifier small and free of ours, so that a stranger can read all of it.
func verifier(t *Tree) []Finding {
	var out []Finding
	lines := 0
	for _, f := range t.product() {
		if !under(f.Dir(), verifierDir) {
			continue
		}
		lines += strings.Count(f.Text, "\n")
		for _, spec := range f.Syntax.Imports {
			if strings.HasPrefix(spec.Path.Value, `"`+module+"/") {
				out = append(out, Finding{Path: f.Path, Line: t.line(spec), Text: "the verifier imports only the standard library and x/mod"})
			}
		}
	}
	if lines > verifierLines {
		out = append(out, Finding{Path: verifierDir, Text: fmt.Sprintf("%d lines, more than %d", lines, verifierLines)})
	}
	return out
}
