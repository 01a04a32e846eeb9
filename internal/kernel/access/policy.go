package access

import (
	"cmp"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

//go:embed data/*.csv
var files embed.FS

// Role is one line of the catalogue of domain 2.2. Side is the sort of body that fills it; a case's procedure may count
// the role to another side. Reach is how far its people's rows reach: "province", or "own". Second says that who holds it
// decides over others, and is to have a second factor.
type Role struct {
	Code, Side, Reach string
	Title             locale.Text
	Second            bool
}

// Policy allows roles one verb on one resource. Among the roles "*" stands for everybody, "@" for everybody signed in.
type Policy struct {
	Resource, Verb string
	Roles          []string
}

// Marks of policies that ask for no role.
const (
	Anybody = "*"
	Signed  = "@"
)

// System is who acts in clocks and openings by other cases. It is no role that a person could hold.
const System = "system"

// Round is who acts in a case for a committee that decided over many. It is no role that a person could hold.
const Round = "round"

var (
	roles    = readRoles()
	policies = readPolicies()
	allowed  = byName(policies)
)

func readRoles() (out []Role) {
	for _, r := range table("roles") {
		out = append(out, Role{Code: r[0], Side: r[1], Reach: r[2], Title: locale.Text{FA: r[3], EN: r[4]}, Second: r[5] == "must"})
	}
	return out
}

func readPolicies() (out []Policy) {
	for _, r := range table("policies") {
		out = append(out, Policy{Resource: r[0], Verb: r[1], Roles: strings.Split(r[2], ";")})
	}
	return out
}

// table reads an embedded table without its head; a broken one is a build mistake.
func table(name string) [][]string {
	f, err := files.Open("data/" + name + ".csv")
	if err != nil {
		panic(fmt.Errorf("access table %s: %w", name, err))
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		panic(fmt.Errorf("access table %s: %d rows: %w", name, len(rows), err))
	}
	return rows[1:]
}

func byName(list []Policy) map[[2]string][]string {
	out := map[[2]string][]string{}
	for _, p := range list {
		out[[2]string{p.Resource, p.Verb}] = p.Roles
	}
	return out
}

// Roles lists the catalogue.
func Roles() []Role { return slices.Clone(roles) }

// Policies lists the table.
func Policies() []Policy { return slices.Clone(policies) }

// MustSecond lists the roles that are to have a second factor.
func MustSecond() (out []string) {
	for _, r := range roles {
		if r.Second {
			out = append(out, r.Code)
		}
	}
	return out
}

// Everybody lists the roles that somebody holds: all but the public's.
func Everybody() (out []string) {
	for _, r := range roles {
		if r.Code != Public {
			out = append(out, r.Code)
		}
	}
	return out
}

// KnownRole reports whether the catalogue has a role.
func KnownRole(code string) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return r.Code == code })
}

// UnitRole reports whether a role speaks for a unit.
func UnitRole(code string) bool { return strings.HasPrefix(code, "unit.") }

// kindOf are the kinds of bodies that fill a side, where they are not called as it is.
var kindOf = map[string]string{"firm": "service_firm", "town": "town_company", "news": "newsroom"}

// Fills reports whether bodies of a kind fill a role: those called as the role itself, as the head offices of banks, or those of
// its side in the catalogue, as associations.
func Fills(kind, role string) bool {
	return kind == role || slices.ContainsFunc(roles, func(r Role) bool { return r.Code == role && kind == cmp.Or(kindOf[r.Side], r.Side) })
}

// RoleTitle gives a role's title, its code where the catalogue does not have it.
func RoleTitle(code string) locale.Text {
	for _, r := range roles {
		if r.Code == code {
			return r.Title
		}
	}
	return locale.Text{FA: code, EN: code}
}

// Allows reports whether a line of the table gives a role a verb on a resource. What no line names is forbidden to all.
func Allows(role, resource, verb string) bool {
	to := allowed[[2]string{resource, verb}]
	return slices.Contains(to, Anybody) || slices.Contains(to, role)
}

// Authorize lets the principal through or says why not: unauthenticated fault.unauthenticated for a visitor whom signing
// in might help, forbidden access.forbidden for who acts in another role.
func Authorize(p Principal, resource, verb string) error {
	if Allows(p.Role, resource, verb) || p.SignedIn() && slices.Contains(allowed[[2]string{resource, verb}], Signed) {
		return nil
	}
	if !p.SignedIn() {
		return fault.New(fault.Unauthenticated, "fault.unauthenticated")
	}
	return fault.New(fault.Forbidden, "access.forbidden", "role", RoleTitle(p.Role))
}
