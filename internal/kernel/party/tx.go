package party

import (
	"context"

	"rahgosha/internal/kernel/journal"
)

// Tx is what this package needs of a transaction; *store.Tx satisfies it.
type Tx interface {
	Persons
	Accounts
	Codes
	Sessions
	Bodies
	Terms
	Delegations
	Leaves
	Attempts
	Keyring
	Log
}

// Persons keeps persons. PersonByNational gives "" when nobody has the key.
type Persons interface {
	InsertPerson(ctx context.Context, p PersonRow) error
	PersonRows(ctx context.Context, ids []string) ([]PersonRow, error)
	PersonByNational(ctx context.Context, key string) (string, error)
	// RenamePerson gives a person another name and mobile; nothing else of the row counts.
	RenamePerson(ctx context.Context, p PersonRow) error
	ErasePerson(ctx context.Context, id string, now int64) error
}

// Credential is a password (Secret: PHC string; LoginKey: keyed HMAC of the login), a TOTP seed (Secret: journal.Sealed as
// JSON; Counter: the last step used) or a passkey (Secret: its name and public key, sealed so; LoginKey: keyed HMAC of the
// id that its authenticator gave it), or a person at an identity provider (Secret: which provider, sealed; LoginKey: keyed
// HMAC of issuer and subject; Counter: 1 where it can tell of two factors). Times are µs.
type Credential struct {
	ID, Person, Kind, LoginKey, Secret, State string
	MustChange                                bool
	Counter, Created, Used                    int64
}

// The kinds of credentials.
const (
	KindPassword = "password"
	KindTOTP     = "totp"
	KindPasskey  = "passkey"
	KindProvider = "provider"
)

// Accounts keeps credentials. A missing one is not_found party.no_account.
type Accounts interface {
	SaveCredential(ctx context.Context, c Credential) error
	CredentialByLogin(ctx context.Context, loginKey string) (Credential, error)
	CredentialsOf(ctx context.Context, person string) ([]Credential, error)
	// UseStep raises a TOTP counter and reports whether it was lower before: a step serves once.
	UseStep(ctx context.Context, credential string, step, now int64) (bool, error)
	// HasSecond tells whether a person signs in with a second factor: an authenticator that counts, or printed codes.
	HasSecond(ctx context.Context, person string) (bool, error)
}

// Code is a printed one-time code; Secret is what is kept of it: a slow hash under the salt of its sheet, or of a sheet
// printed by an older program a keyed HMAC alone.
type Code struct {
	Person, ID, Secret, IssuedBy string
	Created, Used                int64
}

// Codes keeps printed codes.
type Codes interface {
	// ReplaceCodes forgets a person's codes and keeps these.
	ReplaceCodes(ctx context.Context, person string, codes []Code) error
	// UseCode marks a code used and reports whether there was an unused one.
	UseCode(ctx context.Context, person, secret string, now int64) (bool, error)
	// CodeOf gives the secret of one code of a person's sheet, "" where there is none: all of a sheet have one salt and cost.
	CodeOf(ctx context.Context, person string) (string, error)
	// CountCodes tells how many codes a person was given and how many are left.
	CountCodes(ctx context.Context, person string) (given, left int64, err error)
}

// Sessions keeps sessions. A missing one is not_found party.no_session.
type Sessions interface {
	InsertSession(ctx context.Context, s Session) error
	SessionByID(ctx context.Context, id string) (Session, error)
	TouchSession(ctx context.Context, id string, seen int64) error
	DeleteSession(ctx context.Context, id string) error
	DeleteSessionsOf(ctx context.Context, person string) error
	DeleteSessions(ctx context.Context) error
	// LastSeen gives when a session was last used, 0 where there is none.
	LastSeen(ctx context.Context) (int64, error)
	// SessionsOf gives a person's sessions, the one used last first.
	SessionsOf(ctx context.Context, person string) ([]Session, error)
}

// Bodies keeps bodies; BodyNames gives only those that exist.
type Bodies interface {
	SaveBody(ctx context.Context, b Body) error
	BodiesByID(ctx context.Context, ids []string) ([]Body, error)
	BodiesOfKind(ctx context.Context, province, kind string) ([]Body, error)
	BodiesIn(ctx context.Context, province string) ([]Body, error)
}

// Terms keeps memberships.
type Terms interface {
	InsertMembership(ctx context.Context, m Membership) error
	MembershipsOf(ctx context.Context, person string) ([]HeldMembership, error)
	EndMembership(ctx context.Context, province, id string, now int64) (person string, err error)
	// UnitTerms gives the terms of who speaks or spoke for a unit.
	UnitTerms(ctx context.Context, province, unit string) ([]HeldMembership, error)
	StaffTerms(ctx context.Context, province string) ([]HeldMembership, error)
	// Speaks tells whether a person speaks for any unit by a claim that is verified and holds on a civil day.
	Speaks(ctx context.Context, person, day string) (bool, error)
}

// Delegations keeps who was empowered to what, by whom.
type Delegations interface {
	Powers
	InsertDelegation(ctx context.Context, d Delegation) error
	DelegationsIn(ctx context.Context, province string) ([]Delegation, error)
	// RevokeDelegation ends a delegation, and gives the person it empowered.
	RevokeDelegation(ctx context.Context, province, id string, now int64) (person string, err error)
}

// Attempts counts guesses in windows, by keyed HMAC of what is guessed at.
type Attempts interface {
	// Attempt counts one more and gives the count and the start of its window, µs; a window that is over starts anew.
	Attempt(ctx context.Context, key string, now, window int64) (n, opened int64, err error)
	ForgetAttempts(ctx context.Context, key string) error
	// Remember keeps a key until an instant, Remembered tells whether one is kept.
	RememberKey(ctx context.Context, key string, now, until int64) error
	KeyRemembered(ctx context.Context, key string, now int64) (bool, error)
	// SweepSessions forgets sessions and counts that no longer matter.
	SweepSessions(ctx context.Context, now, window int64) error
}

// Keyring gives data keys, and destroys them.
type Keyring interface {
	Keys() journal.Keys
	Erase(ctx context.Context, id string) error
	OnCommit(f func())
}

// Log is the province's journal. Record puts a leaf at the end of the chain that its Case names, and numbers it.
type Log interface {
	Record(ctx context.Context, l journal.Leaf) error
}
