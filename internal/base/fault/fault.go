// Package fault is the one shape of errors that cross a package border: a kind for programs, a message key with
// arguments for people (translated at the edge by package locale), and a cause for operators that never reaches a page.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind tells a caller what sort of trouble it is; surfaces map it to an HTTP status or an exit code.
type Kind string

// The kinds, from the caller's fault to ours.
const (
	Invalid         Kind = "invalid"         // malformed input: 422
	Unauthenticated Kind = "unauthenticated" // nobody is signed in: 401
	Forbidden       Kind = "forbidden"       // signed in, not entitled: 403
	NotFound        Kind = "not_found"       // no such thing, or not for this caller: 404
	Conflict        Kind = "conflict"        // somebody was first: 409
	Refused         Kind = "refused"         // well formed, but the procedure's guard says no: 422
	TooLarge        Kind = "too_large"       // over a limit: 413
	TooMany         Kind = "too_many"        // throttled: 429
	Unavailable     Kind = "unavailable"     // try again later: 503
	Full            Kind = "full"            // no space left to write: 507
	Internal        Kind = "internal"        // our bug: 500
)

// Fault is an error with a kind, a message key and its arguments. Field names the input it is about, in the caller's
// own words (a fact, a column, a query parameter). Details lists several at once, so that nobody mends one at a time.
type Fault struct {
	Kind    Kind
	Key     string
	Args    map[string]any
	Field   string
	Details []*Fault
	Err     error
}

// New makes a fault; kv are alternating argument names and values.
func New(kind Kind, key string, kv ...any) *Fault {
	return &Fault{Kind: kind, Key: key, Args: args(kv)}
}

// Wrap makes a fault with a cause for operators.
func Wrap(err error, kind Kind, key string, kv ...any) *Fault {
	return &Fault{Kind: kind, Key: key, Args: args(kv), Err: err}
}

func args(kv []any) map[string]any {
	if len(kv) == 0 {
		return nil
	}
	m := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		m[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return m
}

// At returns a copy that names the field it is about.
func (f *Fault) At(field string) *Fault {
	c := *f
	c.Field = field
	return &c
}

// With returns a copy that carries details.
func (f *Fault) With(details ...*Fault) *Fault {
	c := *f
	c.Details = append(append([]*Fault{}, f.Details...), details...)
	return &c
}

// Error is for operators: key, field, arguments, cause. People read the translated key.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Key)
	if f.Field != "" {
		b.WriteString(" at " + f.Field)
	}
	if len(f.Args) > 0 {
		fmt.Fprintf(&b, " %v", f.Args)
	}
	for _, d := range f.Details {
		b.WriteString("; " + d.Error())
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// As finds the outermost fault in err's chain.
func As(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// KindOf gives the kind of err: Internal when it is not a fault, "" when err is nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if f, ok := As(err); ok {
		return f.Kind
	}
	return Internal
}

// Is reports whether err is a fault of that kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
