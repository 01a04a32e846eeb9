package rule

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"

	"rahgosha/internal/base/fault"
)

// Env compiles rules against one schema. It is safe for concurrent use and caches compiled rules by source.
type Env struct {
	schema Schema
	cel    *cel.Env
	rows   *rowTypes
	cache  sync.Map // kind and source → *Rule
}

// Limits of a rule's text and work; a rule beyond them belongs into computed facts.
const (
	maxSource  = 4096
	maxNodes   = 400
	maxNesting = 2       // all() inside all()
	maxCost    = 2000000 // CEL cost units of one atom, about a second
	maxRows    = 2000    // elements of a list or table; more is for registers, not for a rule
)

var factName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// NewEnv declares the facts. It returns one fault (invalid) whose details name every fact that cannot be declared.
func NewEnv(s Schema) (*Env, error) {
	if err := checkSchema(s); err != nil {
		return nil, err
	}
	rows, err := newRowTypes(s)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "rule.schema")
	}
	opts := append(library(rows), functions()...)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		opts = append(opts, cel.Variable(shield(name), rows.celType(name, s[name])))
	}
	c, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "rule.schema")
	}
	return &Env{schema: maps.Clone(s), cel: c, rows: rows}, nil
}

func checkSchema(s Schema) error {
	var bad []*fault.Fault
	for _, name := range slices.Sorted(maps.Keys(s)) {
		bad = append(bad, checkFact(name, s[name])...)
	}
	if len(bad) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "rule.schema").With(bad...)
}

func checkFact(name string, t Type) []*fault.Fault {
	var bad []*fault.Fault
	last := name[strings.LastIndex(name, ".")+1:]
	if !factName.MatchString(name) || keyword(name) || keyword(last) || reservedNames[name] {
		bad = append(bad, fault.New(fault.Invalid, "rule.fact_name", "fact", name).At(name))
	}
	if _, ok := celKinds[t.Kind]; !ok && t.Kind != Tabular {
		bad = append(bad, fault.New(fault.Invalid, "rule.fact_kind", "fact", name, "kind", string(t.Kind)).At(name))
	}
	for _, col := range slices.Sorted(maps.Keys(t.Columns)) {
		if k := t.Columns[col].Kind; celKinds[k] == nil || k == List || strings.Contains(col, ".") {
			bad = append(bad, fault.New(fault.Invalid, "rule.fact_kind", "fact", name+"."+col, "kind", string(k)).At(name))
		}
	}
	return bad
}

// reservedNames are the names the language itself uses.
var reservedNames = map[string]bool{"today": true}

func keyword(name string) bool {
	switch root, _, _ := strings.Cut(name, "."); root {
	case "true", "false", "null", "in":
		return true
	}
	return false
}

// library is the part of CEL's standard library that total, exact, clockless rules need.
func library(rows *rowTypes) []cel.EnvOption {
	subset := env.NewLibrarySubset().AddIncludedMacros("all", "exists", "exists_one", "filter")
	for _, f := range standard {
		var o []*env.Overload
		for _, id := range f[1:] {
			o = append(o, env.NewOverload(id, nil, nil))
		}
		subset.AddIncludedFunctions(env.NewFunction(f[0], o...))
	}
	return []cel.EnvOption{
		cel.CustomTypeProvider(rows), cel.CustomTypeAdapter(rows),
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.Macros(macros()...), cel.EnableMacroCallTracking(), cel.HomogeneousAggregateLiterals(),
		cel.ParserRecursionLimit(60), cel.ParserExpressionSizeLimit(maxSource),
	}
}

// standard lists functions with the overloads taken; a name alone takes all.
var standard = [][]string{
	{operators.Conditional}, {operators.LogicalAnd}, {operators.LogicalOr}, {operators.LogicalNot},
	{operators.NotStrictlyFalse}, {operators.Equals}, {operators.NotEquals},
	{operators.Less, overloads.LessInt64, overloads.LessTimestamp},
	{operators.LessEquals, overloads.LessEqualsInt64, overloads.LessEqualsTimestamp},
	{operators.Greater, overloads.GreaterInt64, overloads.GreaterTimestamp},
	{operators.GreaterEquals, overloads.GreaterEqualsInt64, overloads.GreaterEqualsTimestamp},
	{operators.Add, overloads.AddInt64, overloads.AddList}, {operators.Subtract, overloads.SubtractInt64},
	{operators.Multiply, overloads.MultiplyInt64}, {operators.Divide, overloads.DivideInt64},
	{operators.Modulo, overloads.ModuloInt64}, {operators.Negate, overloads.NegateInt64},
	{operators.In, overloads.InList},
	{overloads.Size, overloads.SizeString, overloads.SizeList, overloads.SizeStringInst, overloads.SizeListInst},
	{overloads.Contains}, {overloads.StartsWith}, {overloads.EndsWith},
}

// shielded are the words CEL reserves but a procedure may use as the root of a fact ("package.exempts_cheque").
var shielded = []string{"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
	"package", "namespace", "return", "var", "void", "while"}

// shield gives the name inside CEL: a reserved root takes a capital, which no fact name has, so offsets stay.
func shield(name string) string {
	root, _, _ := strings.Cut(name, ".")
	if slices.Contains(shielded, root) {
		return strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}

var words = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|//[^\n]*|(?:\.\s*)?[A-Za-z_][A-Za-z0-9_]*`)

// shieldSource shields reserved roots in a rule's text, leaving literals, comments and selected names alone.
func shieldSource(src string) string {
	return words.ReplaceAllStringFunc(src, func(w string) string {
		if strings.ContainsAny(w[:1], `.'"/`) {
			return w
		}
		return shield(w)
	})
}

// unshield turns CEL's text back into the author's words.
func unshield(src string) string {
	return words.ReplaceAllStringFunc(src, func(w string) string {
		if l := strings.ToLower(w); l != w && slices.Contains(shielded, l) {
			return l
		}
		return w
	})
}

func (e *Env) fact(celName string) (string, bool) {
	name := celName
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		name = strings.ToLower(name[:1]) + name[1:]
	}
	_, ok := e.schema[name]
	return name, ok
}

// Type gives the declared type of a fact.
func (e *Env) Type(fact string) (Type, bool) { t, ok := e.schema[fact]; return t, ok }
