package rule

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"rahgosha/internal/base/jalali"
)

// linter finds everything wrong with a parsed rule that CEL's checker would not say, or not in words an author of a
// procedure can use.
type linter struct {
	env    *Env
	src    string
	ast    *ast.AST
	issues []Issue

	nodes int
	depth int
}

func (l *linter) run() {
	l.visit(l.ast.Expr(), nil)
	if l.nodes > maxNodes {
		l.add(l.ast.Expr(), "rule.too_long", map[string]any{"max": maxNodes})
	}
}

func (l *linter) add(x ast.Expr, key string, args map[string]any) {
	at := 0
	if r, ok := l.ast.SourceInfo().GetOffsetRange(x.ID()); ok {
		at = byteOffset(l.src, int(r.Start))
	}
	l.addAt(at, key, args)
}

func (l *linter) addAt(at int, key string, args map[string]any) {
	l.issues = append(l.issues, Issue{Offset: at, Key: key, Args: args})
}

// byteOffset turns CEL's offset in characters into one in bytes.
func byteOffset(src string, chars int) int {
	at := 0
	for ; chars > 0 && at < len(src); chars-- {
		_, n := utf8.DecodeRuneInString(src[at:])
		at += n
	}
	return at
}

// visit walks the expression with the loop variables in scope.
func (l *linter) visit(x ast.Expr, scope []string) {
	l.nodes++
	switch x.Kind() {
	case ast.LiteralKind:
		l.literal(x)
	case ast.IdentKind, ast.SelectKind:
		l.name(x, scope)
	case ast.CallKind:
		l.call(x, scope)
	case ast.ListKind:
		for _, e := range x.AsList().Elements() {
			l.visit(e, scope)
		}
	case ast.MapKind, ast.StructKind:
		l.add(x, "rule.literal", nil)
	case ast.ComprehensionKind:
		l.loop(x, scope)
	}
}

func (l *linter) literal(x ast.Expr) {
	switch x.AsLiteral().(type) {
	case types.Double:
		l.add(x, "rule.no_float", nil)
	case types.Uint, types.Bytes, types.Null:
		l.add(x, "rule.literal", nil)
	}
}

func (l *linter) loop(x ast.Expr, scope []string) {
	c := x.AsComprehension()
	if l.depth++; l.depth > maxNesting {
		l.add(x, "rule.too_deep", map[string]any{"max": maxNesting})
	}
	if l.shadows(c.IterVar()) {
		l.add(x, "rule.shadow", map[string]any{"name": c.IterVar()})
	}
	l.visit(c.IterRange(), scope)
	inner := append(slices.Clone(scope), c.IterVar(), c.AccuVar())
	l.visit(c.AccuInit(), inner)
	l.visit(c.LoopStep(), inner)
	l.depth--
}

// shadows reports a loop variable that hides a fact.
func (l *linter) shadows(v string) bool {
	for f := range l.env.schema {
		if root, _, _ := strings.Cut(shield(f), "."); root == v {
			return true
		}
	}
	return v == todayVar
}

// name checks that an identifier or a selection begins with a fact or a loop variable.
func (l *linter) name(x ast.Expr, scope []string) {
	path, root := dotted(x)
	if root == nil {
		l.visit(x.AsSelect().Operand(), scope)
		return
	}
	if slices.Contains(scope, root.AsIdent()) || root.AsIdent() == todayVar || root.AsIdent() == calendarVar || root.AsIdent() == nowVar {
		return
	}
	for p := path; p != ""; p, _ = cutLast(p) {
		if _, ok := l.env.fact(p); ok {
			return
		}
	}
	l.unknownFact(root, unshield(path), scope)
}

func (l *linter) unknownFact(root ast.Expr, path string, scope []string) {
	known := append(slices.Sorted(maps.Keys(l.env.schema)), scope...)
	if near := nearest(path, append(known, todayVar)); near != "" {
		l.add(root, "rule.unknown_fact_near", map[string]any{"fact": path, "near": near})
		return
	}
	l.add(root, "rule.unknown_fact", map[string]any{"fact": path})
}

func cutLast(p string) (string, string) {
	if i := strings.LastIndex(p, "."); i >= 0 {
		return p[:i], p[i+1:]
	}
	return "", p
}

// dotted gives the path and the root identifier of a chain of selections, or no root.
func dotted(x ast.Expr) (string, ast.Expr) {
	if x.Kind() == ast.IdentKind {
		return strings.TrimPrefix(x.AsIdent(), "."), x
	}
	if x.Kind() != ast.SelectKind {
		return "", nil
	}
	path, root := dotted(x.AsSelect().Operand())
	return path + "." + x.AsSelect().FieldName(), root
}

func (l *linter) call(x ast.Expr, scope []string) {
	c := x.AsCall()
	fn := c.FunctionName()
	l.function(x, fn)
	if c.IsMemberFunction() {
		l.visit(c.Target(), scope)
	}
	if fn == "has" {
		return
	}
	for _, a := range c.Args() {
		l.visit(a, scope)
	}
	switch fn {
	case "date":
		l.dateLiteral(x, c.Args())
	case fnBefore:
		l.hourLiteral(c.Args())
	case "sum":
		l.sumColumn(x, c.Args())
	case operators.Equals, operators.NotEquals, operators.In:
		l.options(c.Args())
	}
}

func (l *linter) function(x ast.Expr, fn string) {
	switch {
	case fn == "has":
		l.add(x, "rule.no_has", nil)
	case fn == "matches":
		l.add(x, "rule.no_regex", nil)
	case l.env.cel.HasFunction(fn):
	case strings.HasPrefix(fn, "_") || strings.HasPrefix(fn, "@"):
		l.add(x, "rule.literal", nil)
	default:
		l.add(x, "rule.unknown_function", map[string]any{"name": fn, "known": strings.Join(functionNames, ", ")})
	}
}

// functionNames are what authors may call.
var functionNames = []string{"addDays", "addMonths", "addWorkingDays", "age", "all", "before", "contains", "date", "daysBetween",
	"endsWith", "exists", "exists_one", "filter", "percent", "size", "startsWith", "sum", "workingDaysBetween"}

func (l *linter) dateLiteral(x ast.Expr, args []ast.Expr) {
	if len(args) != 1 {
		return
	}
	s, ok := textLiteral(args[0])
	if !ok {
		l.add(x, "rule.date_constant", nil)
		return
	}
	if _, err := jalali.Parse(s); err != nil {
		l.add(args[0], "rule.bad_date", map[string]any{"text": s})
	}
}

// hourLiteral refuses an hour that is none where it is written in the rule; a fact's is read when it is there.
func (l *linter) hourLiteral(args []ast.Expr) {
	if len(args) != 2 {
		return
	}
	if s, ok := textLiteral(args[1]); ok {
		if _, err := jalali.ParseHour(s); err != nil {
			l.add(args[1], "rule.bad_hour", map[string]any{"text": s})
		}
	}
}

func textLiteral(x ast.Expr) (string, bool) {
	if x.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := x.AsLiteral().(types.String)
	return string(s), ok
}

func (l *linter) sumColumn(x ast.Expr, args []ast.Expr) {
	if l.depth >= maxNesting {
		l.add(x, "rule.too_deep", map[string]any{"max": maxNesting})
	}
	if len(args) != 2 {
		return
	}
	col, ok := textLiteral(args[1])
	table, root := dotted(args[0])
	if !ok || root == nil {
		l.add(x, "rule.sum", nil)
		return
	}
	name, known := l.env.fact(table)
	t := l.env.schema[name]
	if known && (t.Kind != Tabular || !number(t.Columns[col].Kind)) {
		l.add(args[1], "rule.sum_column", map[string]any{"fact": name, "column": col})
	}
}

func number(k Kind) bool { return k == Int || k == Money || k == Percent }

// options refuses a constant that a choice can never be.
func (l *linter) options(args []ast.Expr) {
	for i, a := range args {
		path, root := dotted(a)
		name, known := l.env.fact(path)
		if root == nil || !known || len(l.env.schema[name].Options) == 0 || len(args) != 2 {
			continue
		}
		other := args[1-i]
		l.option(name, other)
		if other.Kind() == ast.ListKind {
			for _, e := range other.AsList().Elements() {
				l.option(name, e)
			}
		}
	}
}

func (l *linter) option(fact string, x ast.Expr) {
	opts := l.env.schema[fact].Options
	if s, ok := textLiteral(x); ok && !slices.Contains(opts, s) {
		l.add(x, "rule.no_option", map[string]any{"fact": fact, "value": s, "options": strings.Join(opts, ", ")})
	}
}
