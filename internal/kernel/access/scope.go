package access

import (
	"context"
	"strings"
)

// Scope is whose rows a transaction may read at all, whatever the statements in it ask for: a second net below the rights
// that are checked in code. The zero scope is nobody's.
type Scope struct {
	Server     bool   // the product itself: jobs, sign-in, the operator's terminal
	Province   string // rows of no other
	Whole      bool   // all of the province; else what hangs on the three below
	Person     string
	Subject    string // the unit or body whose cases, files and claims they are
	Procedures string // comma-separated: those whose cases the role sees in all of the province
}

type scopeKey struct{}

// Within gives ctx a scope, instead of the one it had.
func Within(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// AsServer is for what the product does of itself and not in the name of who asks.
func AsServer(ctx context.Context) context.Context { return Within(ctx, Scope{Server: true}) }

// InWhole widens a scope to all of its province. It is for what a check has let through before, and for what is
// everybody's there: the sealed journal, figures, whether a letter was issued.
func InWhole(ctx context.Context) context.Context { return Within(ctx, ScopeOf(ctx).InWhole()) }

// InWhole is the scope of all of its province; nobody's stays nobody's.
func (s Scope) InWhole() Scope {
	s.Whole = s.Whole || s.Province != ""
	return s
}

// ScopeOf gives the scope of a context.
func ScopeOf(ctx context.Context) Scope {
	s, _ := ctx.Value(scopeKey{}).(Scope)
	return s
}

// Scope is that of the principal. procedures are those whose cases the role sees in all of the province.
func (p Principal) Scope(procedures []string) Scope {
	return Scope{
		Province: p.Province, Whole: reachesAll(p.Role), Person: p.Person, Subject: p.subject(), Procedures: strings.Join(procedures, ","),
	}
}

func (p Principal) subject() string {
	if UnitRole(p.Role) {
		return p.Unit
	}
	return p.Body
}

// reachesAll says whether the catalogue gives a role all of its province's rows.
func reachesAll(role string) bool {
	for _, r := range roles {
		if r.Code == role {
			return r.Reach == reachProvince
		}
	}
	return false
}

// reachProvince is what the catalogue says of roles whose work is the whole province; the others are bound to a unit or body.
const reachProvince = "province"
