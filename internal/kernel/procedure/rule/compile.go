package rule

import (
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

	"rahgosha/internal/base/fault"
)

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	env   *Env
	src   string
	want  Kind
	uses  []string
	root  *node       // nil when the rule is not a truth value
	atoms []*atom     // the leaves of root in order of text
	whole cel.Program // the rule as one program, for values
}

// Compile reads a rule that must give a value of kind want. It returns all issues at once, in order of offset, and no
// rule when there is any. Rules are cached by source and kind.
func (e *Env) Compile(src string, want Kind) (*Rule, []Issue) {
	key := string(want) + "\x00" + src
	if c, ok := e.cache.Load(key); ok {
		return c.(*Rule), nil
	}
	r, issues := e.compile(src, want)
	slices.SortStableFunc(issues, func(a, b Issue) int { return a.Offset - b.Offset })
	if len(issues) > 0 {
		return nil, issues // not kept: wrong texts are without number
	}
	e.cache.Store(key, r)
	return r, nil
}

func (e *Env) compile(src string, want Kind) (*Rule, []Issue) {
	if len(src) > maxSource {
		return nil, []Issue{{Key: "rule.too_long", Args: map[string]any{"max": maxSource}}}
	}
	text := shieldSource(src)
	parsed, iss := e.cel.Parse(text)
	if iss.Err() != nil {
		return nil, syntaxIssues(text, iss)
	}
	l := &linter{env: e, src: text, ast: parsed.NativeRep()}
	l.run()
	checked, iss := e.cel.Check(parsed)
	if iss.Err() != nil {
		l.typeIssues(iss)
		return nil, l.issues
	}
	l.wanted(want, checked.OutputType())
	if len(l.issues) > 0 {
		return nil, l.issues
	}
	return e.plan(src, want, checked.NativeRep())
}

func (e *Env) plan(src string, want Kind, a *ast.AST) (*Rule, []Issue) {
	p := &planner{env: e, ast: a}
	r := &Rule{env: e, src: src, want: want, uses: e.usesOf(a, a.Expr())}
	r.whole = p.program(a.Expr())
	if want == Bool || want == File {
		r.root = p.node(a.Expr())
		r.atoms = p.atoms
	}
	if p.err != nil {
		return nil, []Issue{{Key: "rule.type", Args: map[string]any{"detail": p.err.Error()}}}
	}
	return r, nil
}

// usesOf lists the facts an expression reads, in order.
func (e *Env) usesOf(a *ast.AST, x ast.Expr) []string {
	set := map[string]bool{}
	refs := a.ReferenceMap()
	ast.PreOrderVisit(x, ast.NewExprVisitor(func(s ast.Expr) {
		if r, ok := refs[s.ID()]; ok {
			if name, ok := e.fact(r.Name); ok {
				set[name] = true
			}
		}
	}))
	return slices.Sorted(maps.Keys(set))
}

// Uses lists the facts the rule reads, in order.
func (r *Rule) Uses() []string { return slices.Clone(r.uses) }

// Source is the rule's text as written.
func (r *Rule) Source() string { return r.src }

// Decomposable reports whether the rule is built by and/or/not from the atoms for which the smallest reason and remedy
// are defined: fact against constant or fact, set membership, date arithmetic, linear sums. A rule outside that form has
// its remedy by text only.
func (r *Rule) Decomposable() bool {
	if r.root == nil {
		return false
	}
	for _, a := range r.atoms {
		if a.form == nil {
			return false
		}
	}
	return true
}

// Faults turns issues into one fault (invalid) with a detail each, at the given place; nil for no issues.
func Faults(at string, issues []Issue) error {
	if len(issues) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "rule.invalid").At(at)
	for _, i := range issues {
		d := &fault.Fault{Kind: fault.Invalid, Key: i.Key, Args: i.Args, Field: at}
		f = f.With(d)
	}
	return f
}
