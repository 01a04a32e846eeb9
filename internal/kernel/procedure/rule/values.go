package rule

import (
	"fmt"
	"reflect"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
)

// celKinds gives the CEL type of each kind but tables, whose row type is made for the fact.
var celKinds = map[Kind]*cel.Type{
	Text: cel.StringType, Choice: cel.StringType, Int: cel.IntType, Percent: cel.IntType, Money: cel.IntType,
	Date: cel.TimestampType, Bool: cel.BoolType, File: cel.BoolType, List: cel.ListType(cel.StringType),
}

const rowPrefix = "row."

// rowTypes knows the row type of each table fact, so that a column's name and type are checked at compilation and an
// empty column is unknown at evaluation.
type rowTypes struct {
	*types.Registry
	columns map[string]map[string]Type
	types   map[string]*cel.Type
}

func newRowTypes(s Schema) (*rowTypes, error) {
	reg, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	r := &rowTypes{Registry: reg, columns: map[string]map[string]Type{}, types: map[string]*cel.Type{}}
	for name, t := range s {
		if t.Kind == Tabular {
			r.columns[rowPrefix+name] = t.Columns
			r.types[rowPrefix+name] = cel.ObjectType(rowPrefix + name)
		}
	}
	return r, nil
}

func (r *rowTypes) celType(name string, t Type) *cel.Type {
	if t.Kind == Tabular {
		return cel.ListType(r.types[rowPrefix+name])
	}
	return celKinds[t.Kind]
}

// FindStructType tells CEL about row types.
func (r *rowTypes) FindStructType(name string) (*types.Type, bool) {
	if t, ok := r.types[name]; ok {
		return types.NewTypeTypeWithParam(t), true
	}
	return nil, false
}

// FindStructFieldNames gives the columns of a row type.
func (r *rowTypes) FindStructFieldNames(name string) ([]string, bool) {
	cols, ok := r.columns[name]
	var out []string
	for c := range cols {
		out = append(out, c)
	}
	return out, ok
}

// FindStructFieldType gives a column's type and how to read it.
func (r *rowTypes) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	t, ok := r.columns[name][field]
	if !ok {
		return nil, false
	}
	return &types.FieldType{
		Type:    celKinds[t.Kind],
		IsSet:   func(any) bool { return true },
		GetFrom: func(target any) (any, error) { return target.(*row).get(field), nil },
	}, true
}

// row is one row of a table as CEL sees it.
type row struct {
	fact  string
	typ   *cel.Type
	cols  map[string]Type
	raw   map[string]any
	index int
}

func (r *row) get(col string) ref.Val {
	v, ok := r.raw[col]
	if !ok || v == nil {
		return unknownFact(r.fact)
	}
	val, err := toCEL(r.cols[col], v)
	if err != nil {
		return types.NewErr("%s[%d].%s: %v", r.fact, r.index, col, err)
	}
	return val
}

// ConvertToNative is CEL's way out; rows never leave.
func (r *row) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a row cannot become %v", t)
}

// ConvertToType is CEL's conversion; a row only is a row.
func (r *row) ConvertToType(t ref.Type) ref.Val { return types.NewErr("a row cannot become %v", t) }

// Equal compares rows by place: the same row of the same table.
func (r *row) Equal(o ref.Val) ref.Val { p, ok := o.(*row); return types.Bool(ok && p == r) }

// Type is the row's type.
func (r *row) Type() ref.Type { return r.typ }

// Value is the row itself.
func (r *row) Value() any { return r }

func unknownFact(name string) *types.Unknown {
	return types.NewUnknown(0, types.NewAttributeTrail(shield(name)))
}

// value turns a fact into CEL; an error means a value of another kind than declared.
func (e *Env) value(name string, v any) (ref.Val, error) {
	t := e.schema[name]
	if t.Kind != Tabular {
		return toCEL(t, v)
	}
	rows, ok := v.([]map[string]any)
	if !ok {
		return nil, wrongKind(t.Kind, v)
	}
	if len(rows) > maxRows {
		return nil, tooMany(len(rows))
	}
	out := make([]ref.Val, len(rows))
	for i, raw := range rows {
		out[i] = &row{fact: name, typ: e.rows.types[rowPrefix+name], cols: t.Columns, raw: raw, index: i}
	}
	return types.NewRefValList(e.rows, out), nil
}

func wrongKind(k Kind, v any) error {
	return fault.New(fault.Invalid, "rule.value_kind", "kind", string(k), "value", fmt.Sprintf("%T", v))
}

func tooMany(n int) error {
	return fault.New(fault.TooLarge, "rule.too_many", "count", n, "max", maxRows)
}

func toCEL(t Type, v any) (ref.Val, error) {
	switch x := v.(type) {
	case string:
		if t.Kind == Text || t.Kind == Choice {
			return types.String(x), nil
		}
		if t.Kind == File {
			return types.Bool(x != ""), nil
		}
	case bool:
		if t.Kind == Bool || t.Kind == File {
			return types.Bool(x), nil
		}
	case int64:
		return intVal(t.Kind, x)
	case int:
		return intVal(t.Kind, int64(x))
	case jalali.Date:
		if t.Kind == Date && !x.IsZero() {
			return dateVal(x), nil
		}
	case []string:
		if len(x) > maxRows {
			return nil, tooMany(len(x))
		}
		if t.Kind == List {
			return types.NewStringList(types.DefaultTypeAdapter, x), nil
		}
	}
	return nil, wrongKind(t.Kind, v)
}

func intVal(k Kind, n int64) (ref.Val, error) {
	if k == Int || k == Percent || k == Money {
		return types.Int(n), nil
	}
	return nil, wrongKind(k, n)
}

func dateVal(d jalali.Date) ref.Val {
	y, m, dd := d.Gregorian()
	return types.Timestamp{Time: time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)}
}

func dateOf(v ref.Val) (jalali.Date, error) {
	ts, ok := v.(types.Timestamp)
	if !ok {
		return jalali.Date{}, fmt.Errorf("%T is not a date", v)
	}
	y, m, d := ts.Time.Date()
	return jalali.FromGregorian(y, int(m), d)
}

// fromCEL turns a result back into the values of Input.
func fromCEL(v ref.Val) (any, error) {
	switch x := v.(type) {
	case types.Bool:
		return bool(x), nil
	case types.Int:
		return int64(x), nil
	case types.String:
		return string(x), nil
	case types.Timestamp:
		return dateOf(x)
	case *row:
		return x.raw, nil
	}
	return fromList(v)
}

func fromList(v ref.Val) (any, error) {
	texts := []string{}
	rows := []map[string]any{}
	for _, e := range elements(v) {
		switch x := e.(type) {
		case types.String:
			texts = append(texts, string(x))
		case *row:
			rows = append(rows, x.raw)
		default:
			return nil, fmt.Errorf("a list of %T has no kind", e)
		}
	}
	if len(rows) > 0 {
		return rows, nil
	}
	return texts, nil
}

// Format writes a value in canonical form for journals and JSON: dates as stored (Gregorian YYYY-MM-DD), within rows and
// lists too; everything else as it is.
func Format(v any) any {
	switch x := v.(type) {
	case jalali.Date:
		return x.Civil()
	case int:
		return int64(x)
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = Format(e)
		}
		return out
	case []map[string]any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = Format(e)
		}
		return out
	}
	return v
}
