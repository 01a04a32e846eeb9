package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"rahgosha/internal/base/jalali"
)

// form is an atom of the decomposable shapes, kept to find the values at which it turns.
type form struct {
	linear []term   // sum of terms compared with zero: numbers, or dates counted in days
	window int64    // when a date is moved by months or working days: how many days around the plain solution it can turn
	consts []any    // constants the facts are compared with, in the facts' own values
	facts  []string // the facts involved
}

// term is a coefficient of a fact, or the constant when the fact is "".
type term struct {
	fact string
	k    int64
}

// formOf recognises an atom: a truth fact, a comparison of linear sums, dates or texts, or set membership.
func (e *Env) formOf(a *ast.AST, x ast.Expr) *form {
	f := &former{env: e, form: &form{facts: e.usesOf(a, x)}}
	if !f.atom(x) {
		return nil
	}
	return f.form
}

type former struct {
	env  *Env
	form *form
}

func (f *former) atom(x ast.Expr) bool {
	switch x.Kind() {
	case ast.LiteralKind:
		_, ok := x.AsLiteral().(types.Bool)
		return ok
	case ast.IdentKind, ast.SelectKind:
		return f.fact(x) != ""
	case ast.CallKind:
		return f.compare(x.AsCall())
	}
	return false
}

// fact gives the fact an expression names, "" for anything else. Table columns are not facts.
func (f *former) fact(x ast.Expr) string {
	path, root := dotted(x)
	if root == nil {
		return ""
	}
	name, ok := f.env.fact(path)
	if !ok {
		return ""
	}
	return name
}

var comparisons = map[string]bool{operators.Equals: true, operators.NotEquals: true, operators.Less: true,
	operators.LessEquals: true, operators.Greater: true, operators.GreaterEquals: true}

func (f *former) compare(c ast.CallExpr) bool {
	args := c.Args()
	switch {
	case c.FunctionName() == operators.In:
		return f.member(args[0], args[1])
	case !comparisons[c.FunctionName()] || len(args) != 2:
		return false
	}
	return f.plain(args[0], args[1]) || f.linear(args[0], args[1])
}

// member takes fact in [constants], and constant or fact in list fact.
func (f *former) member(x, set ast.Expr) bool {
	if name := f.fact(set); name != "" && f.env.schema[name].Kind == List {
		if s, ok := textLiteral(x); ok {
			f.form.consts = append(f.form.consts, []string{s})
			return true
		}
		return f.fact(x) != ""
	}
	if set.Kind() != ast.ListKind || f.fact(x) == "" {
		return false
	}
	for _, e := range set.AsList().Elements() {
		v, ok := f.constant(e)
		if !ok {
			return false
		}
		f.form.consts = append(f.form.consts, v)
	}
	return true
}

func (f *former) constant(x ast.Expr) (any, bool) {
	if x.Kind() == ast.LiteralKind {
		v, err := fromCEL(x.AsLiteral())
		return v, err == nil
	}
	if x.Kind() != ast.CallKind {
		return nil, false
	}
	switch c := x.AsCall(); c.FunctionName() {
	case "date":
		s, _ := textLiteral(c.Args()[0])
		d, err := jalali.Parse(s)
		return d, err == nil
	case operators.Negate:
		v, _ := f.constant(c.Args()[0])
		n, ok := v.(int64)
		return -n, ok
	}
	return nil, false
}

// plain takes texts, choices, truth values and lists: fact against constant or fact.
func (f *former) plain(x, y ast.Expr) bool {
	for _, s := range []ast.Expr{x, y} {
		if name := f.fact(s); name != "" {
			if k := f.env.schema[name].Kind; number(k) || k == Date || k == Tabular {
				return false
			}
			continue
		}
		v, ok := f.constant(s)
		if !ok {
			return false
		}
		if _, isDate := v.(jalali.Date); isDate {
			return false
		}
		if _, isInt := v.(int64); isInt {
			return false
		}
		f.form.consts = append(f.form.consts, v)
	}
	return true
}

// linear takes comparisons of sums, and of dates with constant shifts.
func (f *former) linear(x, y ast.Expr) bool {
	return f.sum(x, 1) && f.sum(y, -1)
}

func (f *former) add(fact string, k int64) bool {
	f.form.linear = append(f.form.linear, term{fact, k})
	return true
}

// sum adds k times an expression to the linear form.
func (f *former) sum(x ast.Expr, k int64) bool {
	if name := f.fact(x); name != "" {
		if kind := f.env.schema[name].Kind; !number(kind) && kind != Date {
			return false
		}
		return f.add(name, k)
	}
	if x.Kind() == ast.IdentKind && x.AsIdent() == todayVar {
		return f.add(todayVar, k)
	}
	if v, ok := f.constant(x); ok {
		return f.number(v, k)
	}
	if x.Kind() != ast.CallKind {
		return false
	}
	return f.sumCall(x.AsCall(), k)
}

func (f *former) number(v any, k int64) bool {
	switch n := v.(type) {
	case int64:
		p, ok := times(n, k)
		return ok && f.add("", p)
	case jalali.Date:
		return f.add("", int64(n.Index())*k)
	}
	return false
}

// times multiplies without overflow.
func times(a, b int64) (int64, bool) {
	p, ok := types.Int(a).Multiply(types.Int(b)).(types.Int)
	return int64(p), ok
}

func (f *former) sumCall(c ast.CallExpr, k int64) bool {
	a := c.Args()
	switch c.FunctionName() {
	case operators.Add:
		return f.sum(a[0], k) && f.sum(a[1], k)
	case operators.Subtract:
		return f.sum(a[0], k) && f.sum(a[1], -k)
	case operators.Negate:
		return f.sum(a[0], -k)
	case operators.Multiply:
		return f.product(a[0], a[1], k)
	case "daysBetween":
		return f.sum(a[1], k) && f.sum(a[0], -k)
	case "addDays":
		return f.sum(a[0], k) && f.constNumber(a[1], k)
	case "addMonths":
		return f.shifted(a[0], a[1], k, 31)
	case fnWorkingAdd:
		return f.shifted(a[1], a[2], k, 3)
	}
	return false
}

func (f *former) constNumber(x ast.Expr, k int64) bool {
	v, _ := f.constant(x)
	n, ok := v.(int64)
	return ok && f.number(n, k)
}

func (f *former) product(x, y ast.Expr, k int64) bool {
	if v, ok := f.constant(x); ok {
		n, isInt := v.(int64)
		p, fits := times(n, k)
		return isInt && fits && f.sum(y, p)
	}
	if v, ok := f.constant(y); ok {
		n, isInt := v.(int64)
		p, fits := times(n, k)
		return isInt && fits && f.sum(x, p)
	}
	return false
}

// shifted takes months (up to 31 days each) and working days (allowing for long holidays): the shift is not a fixed
// number of days, so the turning point is searched for in a window instead of solved.
func (f *former) shifted(d, n ast.Expr, k, days int64) bool {
	v, _ := f.constant(n)
	steps, ok := v.(int64)
	if !ok || steps < -maxShift || steps > maxShift || !f.sum(d, k) {
		return false
	}
	f.form.window += days*max(steps, -steps) + 60
	return true
}

// maxShift bounds the months or working days of a decomposable atom.
const maxShift = 400
