// Package access says who may do what outside the cases, as data: roles, the signed-in principal, and one table of
// policies (role × verb on a register or a page). Inside a case the procedure's own roles decide (package casework). What no line
// allows is forbidden.
package access

import (
	"slices"

	"rahgosha/internal/base/fault"
)

// Principal is who is signed in, in the one membership they act in now.
type Principal struct {
	Person     string
	Name       string
	Role       string // code of domain 2.2
	Body       string // id of the body the membership belongs to
	BodyName   string
	Unit       string // id of the unit a unit role speaks for
	Province   string
	County     string
	Membership string
	Session    string
	Ceilings   map[string]int64 // delegation scope → rial ceiling
	Second     bool             // signs in with a second factor
	MustSecond bool             // holds a role that is to have one
	SteppedUp  bool             // has shown it lately
	Others     []Membership     // the person's other memberships, to switch to
	StandsFor  []string         // persons on leave whose cases this one looks after
}

// Membership is one role a person holds in a body or for a unit, for a term.
type Membership struct {
	ID, Person, Role, Body, Unit, Province, County string
	Title                                          string
	From, To                                       int64 // µs; To 0 is open
	Document                                       string
}

// Anonymous is a visitor who has not signed in.
func Anonymous(province string) Principal { return Principal{Province: province, Role: Public} }

// SignedIn reports whether somebody is behind the principal.
func (p Principal) SignedIn() bool { return p.Person != "" }

// Proved wants of who has a second factor that they showed it lately, and of whose role is to have one that there is one:
// it is asked before decisions and exports. Unauthenticated sign_in.step_up or sign_in.second_needed.
func (p Principal) Proved() error { return Proved(p.Second, p.MustSecond, p.SteppedUp) }

// Proved is Principal.Proved for who carries the three on.
func Proved(second, must, steppedUp bool) error {
	switch {
	case second && !steppedUp:
		return fault.New(fault.Unauthenticated, "sign_in.step_up")
	case must && !second:
		return fault.New(fault.Unauthenticated, "sign_in.second_needed")
	}
	return nil
}

// Public is the role of everybody.
const Public = "public"

// Is reports whether the principal acts in one of the roles.
func (p Principal) Is(roles ...string) bool { return slices.Contains(roles, p.Role) }
