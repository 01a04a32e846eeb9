package rule

import (
	"errors"
	"math"
	"math/bits"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
)

// Hidden names: the calendar is an argument of the working-day functions, so that they stay pure.
const (
	calendarVar    = "@calendar"
	todayVar       = "today"
	nowVar         = "@now" // µs
	fnBefore       = "@before"
	fnWorkingAdd   = "@addWorkingDays"
	fnWorkingCount = "@workingDaysBetween"
)

var calendarType = cel.OpaqueType("calendar")

// maxSpan bounds day and month arithmetic to what the calendar can hold.
const maxSpan = 80000

// macros give the language its today- and calendar-reading functions.
func macros() []cel.Macro {
	return []cel.Macro{
		cel.GlobalMacro("age", 1, func(f cel.MacroExprFactory, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
			return f.NewCall("daysBetween", a[0], f.NewIdent(todayVar)), nil
		}),
		cel.GlobalMacro("before", 1, func(f cel.MacroExprFactory, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
			return f.NewCall(fnBefore, f.NewIdent(nowVar), a[0]), nil
		}),
		cel.GlobalMacro("addWorkingDays", 2, withCalendar(fnWorkingAdd)),
		cel.GlobalMacro("workingDaysBetween", 2, withCalendar(fnWorkingCount)),
	}
}

func withCalendar(fn string) cel.MacroFactory {
	return func(f cel.MacroExprFactory, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
		return f.NewCall(fn, append([]ast.Expr{f.NewIdent(calendarVar)}, a...)...), nil
	}
}

func functions() []cel.EnvOption {
	d, n := cel.TimestampType, cel.IntType
	rows := cel.ListType(cel.TypeParamType("A"))
	return []cel.EnvOption{
		cel.Variable(todayVar, d), cel.Variable(calendarVar, calendarType), cel.Variable(nowVar, n),
		cel.Function("date", cel.Overload("date_text", []*cel.Type{cel.StringType}, d, cel.UnaryBinding(parseDate))),
		cel.Function(fnBefore, cel.Overload("before_hour", []*cel.Type{n, cel.StringType}, cel.BoolType, cel.BinaryBinding(before))),
		cel.Function("addDays", cel.Overload("add_days", []*cel.Type{d, n}, d, cel.BinaryBinding(addDays))),
		cel.Function("addMonths", cel.Overload("add_months", []*cel.Type{d, n}, d, cel.BinaryBinding(addMonths))),
		cel.Function("daysBetween", cel.Overload("days_between", []*cel.Type{d, d}, n, cel.BinaryBinding(daysBetween))),
		cel.Function("percent", cel.Overload("percent_of", []*cel.Type{n, n}, n, cel.BinaryBinding(percent))),
		cel.Function("sum", cel.Overload("sum_column", []*cel.Type{rows, cel.StringType}, n, cel.BinaryBinding(sumColumn))),
		cel.Function(fnWorkingAdd, cel.Overload("add_working_days", []*cel.Type{calendarType, d, n}, d,
			cel.FunctionBinding(addWorkingDays))),
		cel.Function(fnWorkingCount, cel.Overload("working_days_between", []*cel.Type{calendarType, d, d}, n,
			cel.FunctionBinding(workingDaysBetween))),
	}
}

func parseDate(v ref.Val) ref.Val {
	d, err := jalali.Parse(string(v.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return dateVal(d)
}

// before says whether the step's instant comes before an hour: at the hour itself it is over.
func before(now, hour ref.Val) ref.Val {
	t, err := jalali.ParseHour(string(hour.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(int64(now.(types.Int)) < t.UnixMicro())
}

var errSpan = errors.New("the date leaves the calendar")

func addDays(v, n ref.Val) ref.Val {
	d, err := dateOf(v)
	if err != nil {
		return types.WrapErr(err)
	}
	k := int64(n.(types.Int))
	if k < -maxSpan || k > maxSpan {
		return types.WrapErr(errSpan)
	}
	i := d.Index() + int(k)
	if i < 0 || i > jalali.Last.Index() {
		return types.WrapErr(errSpan)
	}
	return dateVal(jalali.AtIndex(i))
}

func addMonths(v, n ref.Val) ref.Val {
	d, err := dateOf(v)
	if err != nil {
		return types.WrapErr(err)
	}
	k := int64(n.(types.Int))
	if k < -maxSpan || k > maxSpan {
		return types.WrapErr(errSpan)
	}
	if m := d.Year*12 + d.Month - 1 + int(k); m < jalali.MinYear*12 || m >= (jalali.MaxYear+1)*12 {
		return types.WrapErr(errSpan)
	}
	return dateVal(d.AddMonths(int(k)))
}

// daysBetween counts the days from a to b, negative when b is earlier.
func daysBetween(a, b ref.Val) ref.Val {
	x, err := dateOf(a)
	if err != nil {
		return types.WrapErr(err)
	}
	y, err := dateOf(b)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(y.Index() - x.Index())
}

var (
	errPercent  = errors.New("percent of a whole that is zero or negative")
	errOverflow = errors.New("integer overflow")
)

// percent gives a's share of b in basis points, rounded down; the product is taken in 128 bits.
func percent(a, b ref.Val) ref.Val {
	part, whole := int64(a.(types.Int)), int64(b.(types.Int))
	if whole <= 0 {
		return types.WrapErr(errPercent)
	}
	hi, lo := bits.Mul64(magnitude(part), 10000)
	if hi >= uint64(whole) {
		return types.WrapErr(errOverflow)
	}
	q, rem := bits.Div64(hi, lo, uint64(whole))
	if q > math.MaxInt64-1 {
		return types.WrapErr(errOverflow)
	}
	if part >= 0 {
		return types.Int(q)
	}
	if rem > 0 {
		q++
	}
	return types.Int(-int64(q))
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) // #nosec G115 -- the magnitude of a negative number
	}
	return uint64(n)
}

// sumColumn adds an integer column. One unknown cell makes the sum unknown.
func sumColumn(list, col ref.Val) ref.Val {
	var total types.Int
	var unknown *types.Unknown
	for _, e := range elements(list) {
		r, ok := e.(*row)
		if !ok {
			return types.NewErr("sum over something that is not a table")
		}
		switch v := r.get(string(col.(types.String))).(type) {
		case types.Int:
			s, isInt := total.Add(v).(types.Int)
			if !isInt {
				return types.WrapErr(errOverflow)
			}
			total = s
		case *types.Unknown:
			unknown = v
		case *types.Err:
			return v
		default:
			return types.NewErr("column %v is not a number", col)
		}
	}
	if unknown != nil {
		return unknown
	}
	return total
}

// elements walks a CEL list.
func elements(v ref.Val) []ref.Val {
	l, ok := v.(traits.Lister)
	if !ok {
		return nil
	}
	var out []ref.Val
	for it := l.Iterator(); it.HasNext() == types.True; {
		out = append(out, it.Next())
	}
	return out
}

// addWorkingDays gives the n-th working day after a day (n counts back when negative).
func addWorkingDays(args ...ref.Val) ref.Val {
	cal := args[0].(calendarVal).c
	if cal == nil {
		return types.WrapErr(errNoCalendar)
	}
	d, err := dateOf(args[1])
	if err != nil {
		return types.WrapErr(err)
	}
	n := int64(args[2].(types.Int))
	if n < -maxSpan || n > maxSpan {
		return types.WrapErr(errSpan)
	}
	to := cal.AddWorkingDays(d, int(n))
	if n > 0 && cal.WorkingDaysBetween(d, to) != int(n) || n < 0 && cal.WorkingDaysBetween(to, d) < int(-n)-1 {
		return types.WrapErr(errSpan) // the calendar held the result inside its span
	}
	return dateVal(to)
}

// workingDaysBetween counts the working days after a up to and including b.
func workingDaysBetween(args ...ref.Val) ref.Val {
	cal := args[0].(calendarVal).c
	if cal == nil {
		return types.WrapErr(errNoCalendar)
	}
	a, err := dateOf(args[1])
	if err != nil {
		return types.WrapErr(err)
	}
	b, err := dateOf(args[2])
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(cal.WorkingDaysBetween(a, b))
}

// calendarVal carries the step's calendar into CEL.
type calendarVal struct{ c *calendar.Calendar }

// ConvertToNative is CEL's way out; the calendar never leaves.
func (c calendarVal) ConvertToNative(reflect.Type) (any, error) { return nil, errNoCalendar }

// ConvertToType is CEL's conversion; there is none.
func (c calendarVal) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errNoCalendar) }

// Equal compares by identity.
func (c calendarVal) Equal(o ref.Val) ref.Val { return types.Bool(o == ref.Val(c)) }

// Type is the hidden calendar type.
func (c calendarVal) Type() ref.Type { return calendarType }

// Value is the calendar.
func (c calendarVal) Value() any { return c.c }

var errNoCalendar = errors.New("no working calendar was given")
