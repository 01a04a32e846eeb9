package arch

import (
	_ "embed"
	"encoding/json"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The verbs of instruction, one a line. English ones begin a clause; Persian ones stand in the polite plural, at its end.
var (
	//go:embed verbs.en.txt
	verbsEN string
	//go:embed verbs.fa.txt
	verbsFA string

	tellsEN = regexp.MustCompile(`(?i)(?:^|[.;:!?,(–] *|\b(?:please|and|or|then|otherwise|so|instead|first) +)(?:` + verbs(verbsEN) + `)\b`)
	tellsFA = regexp.MustCompile(`(?:^|[^\p{L}])(?:` + verbs(verbsFA) + `)(?:$|[^\p{L}])`)
)

func verbs(list string) string {
	return strings.Join(strings.Split(strings.TrimSpace(list), "\n"), "|")
}

// mend wants every text of a fault to tell its reader, in both languages, what to do. The keys of faults are found where
// a fault is made, and where they are handed to the function that makes one.
func mend(t *Tree) []Finding {
	en, fa := t.texts("en"), t.texts("fa")
	s := sinks{tree: t, known: en, takes: map[sink]int{{"", "fault.New"}: 1, {"", "fault.Wrap"}: 2}, at: map[string]Finding{}}
	for grown := -1; grown != len(s.takes)+len(s.at); { // until no new function is found that passes a key on
		grown = len(s.takes) + len(s.at)
		for _, f := range t.product() {
			s.read(f)
		}
	}
	var out []Finding
	for _, key := range slices.Sorted(maps.Keys(s.at)) {
		f := s.at[key]
		if !tellsEN.MatchString(en[key]) {
			f.Text = key + " does not say in English how to mend it (verbs.en.txt): " + en[key]
			out = append(out, f)
		}
		if !tellsFA.MatchString(fa[key]) {
			f.Text = key + " does not say in Persian how to mend it (verbs.fa.txt): " + fa[key]
			out = append(out, f)
		}
	}
	return out
}

// texts reads the locale files of a language as they stand in the tree.
func (t *Tree) texts(lang string) map[string]string {
	out := map[string]string{}
	for _, f := range t.Files {
		if under(f.Path, "internal/base/locale/"+lang) && strings.HasSuffix(f.Path, ".json") {
			part := map[string]string{}
			if json.Unmarshal([]byte(f.Text), &part) == nil { // package locale refuses to start on a broken one
				maps.Copy(out, part)
			}
		}
	}
	return out
}

// sink is a function, or a method by its name alone, one of whose arguments ends as the key of a fault.
type sink struct{ dir, name string }

type sinks struct {
	tree  *Tree
	known map[string]string  // texts by key
	takes map[sink]int       // which argument
	at    map[string]Finding // where each key of a fault is named first
}

func (s *sinks) read(f File) {
	for _, d := range f.Syntax.Decls {
		fn, _ := d.(*ast.FuncDecl)
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if i, ok := s.keyOf(f, n.Fun); ok && i < len(n.Args) {
					s.add(f, fn, n.Args[i])
				}
			case *ast.CompositeLit:
				s.literal(f, fn, n)
			}
			return true
		})
	}
}

// keyOf says which argument of a call is a fault's key.
func (s *sinks) keyOf(f File, fun ast.Expr) (int, bool) {
	switch fun := fun.(type) {
	case *ast.Ident:
		i, ok := s.takes[sink{f.Dir(), fun.Name}]
		return i, ok
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok && x.Name == "fault" {
			i, ok := s.takes[sink{"", "fault." + fun.Sel.Name}]
			return i, ok
		}
		i, ok := s.takes[sink{f.Dir(), fun.Sel.Name}]
		return i, ok
	}
	return 0, false
}

// literal reads fault.Fault{Key: …}.
func (s *sinks) literal(f File, fn *ast.FuncDecl, n *ast.CompositeLit) {
	if t, ok := n.Type.(*ast.SelectorExpr); !ok || t.Sel.Name != "Fault" {
		return
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Key" {
				s.add(f, fn, kv.Value)
			}
		}
	}
}

// add takes what stands where a key is wanted: a text, the beginning of one, a parameter of the function around it, or
// something computed, for which every key named in the file counts. A copied Key was looked at where it came from.
func (s *sinks) add(f File, fn *ast.FuncDecl, arg ast.Expr) {
	if sel, ok := arg.(*ast.SelectorExpr); ok && sel.Sel.Name == "Key" {
		return
	}
	if i, ok := parameter(fn, arg); ok {
		s.takes[sink{f.Dir(), fn.Name.Name}] = i
		return
	}
	if b, ok := arg.(*ast.BinaryExpr); ok {
		if prefix, ok := text(b.X); ok {
			s.prefix(f, b, prefix)
			return
		}
	}
	within := ast.Node(arg)
	if _, ok := text(arg); !ok {
		within = f.Syntax
	}
	ast.Inspect(within, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			if key, ok := text(lit); ok {
				s.note(f, lit, key)
			}
		}
		return true
	})
}

func (s *sinks) prefix(f File, n ast.Node, prefix string) {
	for key := range s.known {
		if strings.HasPrefix(key, prefix) && !strings.HasSuffix(key, ".mend") {
			s.note(f, n, key)
		}
	}
}

func (s *sinks) note(f File, n ast.Node, key string) {
	if _, named := s.at[key]; !named && s.known[key] != "" {
		s.at[key] = Finding{Path: f.Path, Line: s.tree.line(n)}
	}
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	out, err := strconv.Unquote(lit.Value)
	return out, err == nil
}

// parameter says which parameter of fn the expression is.
func parameter(fn *ast.FuncDecl, e ast.Expr) (int, bool) {
	name, ok := e.(*ast.Ident)
	if !ok || fn == nil {
		return 0, false
	}
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, p := range field.Names {
			if p.Name == name.Name {
				return i, true
			}
			i++
		}
	}
	return 0, false
}
