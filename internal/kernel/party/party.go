package party

import (
	"slices"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
)

// Person is one natural person in clear. NationalCode and Mobile may be empty.
type Person struct {
	ID           string
	Name         string
	NationalCode string
	Mobile       string
	Sample       bool
}

// PersonRow is a person as stored: Name, National and Mobile are journal.Sealed as JSON ("" where there is none), the
// keys beside them keyed HMACs. Created and Erased are µs.
type PersonRow struct {
	ID                    string
	Name                  string
	National, NationalKey string
	Mobile, MobileKey     string
	State                 string // active, disabled, erased
	Sample                bool
	Created, Erased       int64
}

// The states of persons, bodies and credentials.
const (
	Active   = "active"
	Pending  = "pending"
	Disabled = "disabled"
	Erased   = "erased"
)

// Body is an office, a bank or its branch, an association, a council. Province is empty for a national body.
type Body struct {
	ID, Province, Kind string
	Name               locale.Text
	Parent, County     string
}

// bodyKinds are the sorts of bodies that domain 2.1 and 2.2 know.
var bodyKinds = []string{
	"directorate", "county_office", "house", "association", "foundation", "bank", "bank.head", "bank.branch", "bank.council",
	"council", "service_firm", "town_company", "newsroom", "governor", "audit", "other",
}

// BodyKinds lists the kinds of bodies.
func BodyKinds() []string { return slices.Clone(bodyKinds) }

// Membership is a role that a person holds in a body or for a unit, appointed by a document, for a term. From and To are
// civil Gregorian dates in Tehran, To the last day and empty where the term is open. Ended, µs, ends it before its term.
type Membership struct {
	ID, Province, Person, Role string
	Body, Unit, County         string
	Post                       locale.Text
	Scope, Document            string
	From, To                   string
	Ended                      int64
}

// HeldMembership is a membership with the name of its body or unit.
type HeldMembership struct {
	Membership
	BodyName locale.Text
}

// Delegation empowers one membership (Taker) in a scope, up to a ceiling in rial (nil: without), for a term. Giver is the
// membership that gives, empty where the power comes with the office. Revoked is µs, 0 while it stands.
type Delegation struct {
	ID, Province, Scope string
	Giver, Taker        string
	Ceiling             *int64
	Document            string
	From, To            string
	Revoked             int64
}

// Account is a way to sign in: one login and its password, in clear.
type Account struct {
	Person, Login, Password string
	MustChange              bool
}

// Session is a signed-in browser or machine. ID is the hash of its token; times are µs, SteppedUp 0 for never.
type Session struct {
	ID, Person, Province, Membership  string
	Created, Seen, Expires, SteppedUp int64
}

// today is the civil date in Tehran of an instant, in the form that terms are kept in.
func today(now time.Time) string { return jalali.FromTime(now).Civil() }

func within(day, from, to string) bool { return from <= day && (to == "" || day <= to) }

// Current reports whether the membership is held at an instant.
func (m Membership) Current(now time.Time) bool {
	return (m.Ended == 0 || now.UnixMicro() < m.Ended) && within(today(now), m.From, m.To)
}

// over reports whether the membership is past at an instant: one that is still to begin is not.
func (m Membership) over(now time.Time) bool {
	return m.Ended != 0 && m.Ended <= now.UnixMicro() || m.To != "" && m.To < today(now)
}

// Current reports whether the delegation stands at an instant.
func (d Delegation) Current(now time.Time) bool {
	return (d.Revoked == 0 || now.UnixMicro() < d.Revoked) && within(today(now), d.From, d.To)
}

// principal gives the membership as package access knows it.
func (m HeldMembership) principal() access.Membership {
	out := access.Membership{
		ID: m.ID, Person: m.Person, Role: m.Role, Body: m.Body, Unit: m.Unit, Province: m.Province, County: m.County,
		Title: m.title(), From: dayStart(m.From), Document: m.Document,
	}
	if m.To != "" {
		if d, err := jalali.FromCivil(m.To); err == nil { // checked when it was stored
			out.To = d.AddDays(1).Start().UnixMicro()
		}
	}
	if m.Ended != 0 {
		out.To = m.Ended
	}
	return out
}

// title is the post where it is named, else the role's own title.
func (m HeldMembership) title() string {
	if m.Post.FA != "" {
		return m.Post.FA
	}
	return access.RoleTitle(m.Role).FA
}

func dayStart(civil string) int64 {
	d, err := jalali.FromCivil(civil)
	if err != nil {
		return 0
	}
	return d.Start().UnixMicro()
}
