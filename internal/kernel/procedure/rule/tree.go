package rule

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// op is a connective of the skeleton.
type op byte

const (
	opAtom op = iota
	opAnd
	opOr
	opNot
)

// node is a part of the skeleton: a connective with its parts, or an atom.
type node struct {
	op   op
	kids []*node
	atom *atom
}

// atom is an indivisible test with its program.
type atom struct {
	index int
	text  string
	uses  []string
	prog  cel.Program
	form  *form // nil: outside the decomposable forms
	each  *each // set for all() and exists()
}

// each is the inside of an all() or exists(), kept to name the element that decided.
type each struct {
	all   bool
	over  cel.Program
	test  cel.Program
	local string
	fact  string
}

// fold combines the atoms' values by Kleene's tables.
func (n *node) fold(leaf func(*atom) Truth) Truth {
	switch n.op {
	case opAtom:
		return leaf(n.atom)
	case opNot:
		return -n.kids[0].fold(leaf)
	case opAnd:
		t := Met
		for _, k := range n.kids {
			if t = min(t, k.fold(leaf)); t == NotMet {
				return t
			}
		}
		return t
	default:
		t := NotMet
		for _, k := range n.kids {
			if t = max(t, k.fold(leaf)); t == Met {
				return t
			}
		}
		return t
	}
}

// planner splits a checked expression into skeleton and atoms.
type planner struct {
	env   *Env
	ast   *ast.AST
	atoms []*atom
	err   error
}

func (p *planner) node(x ast.Expr) *node {
	if x.Kind() == ast.CallKind {
		if o, ok := connectives[x.AsCall().FunctionName()]; ok {
			n := &node{op: o}
			for _, a := range x.AsCall().Args() {
				n.kids = append(n.kids, p.node(a))
			}
			return n
		}
	}
	return &node{op: opAtom, atom: p.atom(x)}
}

var connectives = map[string]op{operators.LogicalAnd: opAnd, operators.LogicalOr: opOr, operators.LogicalNot: opNot}

func (p *planner) atom(x ast.Expr) *atom {
	a := &atom{index: len(p.atoms), text: p.text(x), uses: p.env.usesOf(p.ast, x), prog: p.program(x)}
	a.form = p.env.formOf(p.ast, x)
	a.each = p.each(x)
	p.atoms = append(p.atoms, a)
	return a
}

func (p *planner) text(x ast.Expr) string {
	s, err := cel.ExprToString(x, p.ast.SourceInfo())
	if err != nil {
		return ""
	}
	return unshield(s)
}

// program plans a part of the rule by itself. Only atoms that walk a list carry the cost limit: the others are bounded
// by their text.
func (p *planner) program(x ast.Expr) cel.Program {
	part := ast.NewCheckedAST(ast.NewAST(x, p.ast.SourceInfo()), p.ast.TypeMap(), p.ast.ReferenceMap())
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptPartialEval)}
	if walks(x) {
		opts = append(opts, cel.CostLimit(maxCost))
	}
	prog, err := p.env.cel.PlanProgram(part, opts...)
	if err != nil && p.err == nil {
		p.err = err
	}
	return prog
}

func walks(x ast.Expr) bool {
	found := false
	ast.PreOrderVisit(x, ast.NewExprVisitor(func(s ast.Expr) {
		found = found || s.Kind() == ast.ComprehensionKind
	}))
	return found
}

func (p *planner) each(x ast.Expr) *each {
	call, ok := p.ast.SourceInfo().GetMacroCall(x.ID())
	if !ok || x.Kind() != ast.ComprehensionKind {
		return nil
	}
	name := call.AsCall().FunctionName()
	c := x.AsComprehension()
	step := c.LoopStep()
	if (name != "all" && name != "exists") || step.Kind() != ast.CallKind || len(step.AsCall().Args()) != 2 {
		return nil
	}
	e := &each{all: name == "all", over: p.program(c.IterRange()), test: p.program(step.AsCall().Args()[1]), local: c.IterVar()}
	if u := p.env.usesOf(p.ast, c.IterRange()); len(u) > 0 {
		e.fact = u[0]
	}
	return e
}
