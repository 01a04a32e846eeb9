package registry

import (
	"context"
	"iter"

	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
)

// The interfaces below are what the register needs of a transaction; one store transaction satisfies them all.

// Units keeps the heads of units.
type Units interface {
	// LoadUnit gives a unit's head; not_found registry.no_unit.
	LoadUnit(ctx context.Context, province, id string) (Head, error)
	// AddUnits writes units that are not in the register yet, with their values and keys, each before it takes the next. It
	// ends with the first error that it is given.
	AddUnits(ctx context.Context, us iter.Seq2[NewUnit, error]) error
	// SaveUnit updates a head where the stored version is one less; conflict otherwise.
	SaveUnit(ctx context.Context, h Head) error
	// FindUnits lists heads by a query, ordered by id.
	FindUnits(ctx context.Context, q Query) ([]Head, error)
	// UnitsByWords gives units whose names have, in one of some ways, for each word one that begins with it; of more than
	// the limit those nearest to the words.
	UnitsByWords(ctx context.Context, province string, ways [][]string, limit int) ([]Head, error)
}

// Values keeps company files.
type Values interface {
	// LoadValues gives the values of a unit by field; past ones too, the latest last, when past is set.
	LoadValues(ctx context.Context, province, unit string, past bool) ([]Stored, error)
	// UnitFiles gives units after an id, at most limit, in order of id: id, name, kind, county and status of the head, and
	// the values that are not personal by field.
	UnitFiles(ctx context.Context, province, after string, limit int, f func(h Head, plain iter.Seq2[string, string])) error
	// SaveValues writes values; what stood in their place is kept as past since at.
	SaveValues(ctx context.Context, province, unit string, vs []Stored, at int64) error
}

// Index finds units by keys.
type Index interface {
	// PutKeys takes keys from a unit and gives it others. One to take that has no value is the unit's whatever it is.
	PutKeys(ctx context.Context, province, unit string, take, give []Key) error
	// UnitsByKeys gives who has one of the keys.
	UnitsByKeys(ctx context.Context, province string, keys []Key) ([]KeyOf, error)
	// UnitNames gives every unit's county and folded name.
	UnitNames(ctx context.Context, province string, f func(NameOf)) error
}

// Claims keeps who says they may speak for a unit.
type Claims interface {
	LoadClaim(ctx context.Context, province, id string) (Claim, error)
	// SaveClaim writes a claim whole.
	SaveClaim(ctx context.Context, c Claim) error
	// ClaimsOf lists claims on a unit, or of a person where unit is "".
	ClaimsOf(ctx context.Context, province, unit, person string) ([]Claim, error)
	// ClaimsIn lists a province's claims in some states, the oldest first.
	ClaimsIn(ctx context.Context, province string, states ...string) ([]Claim, error)
	// MaySpeak says whether a person's claim to speak for a unit in a post, "" for any, is verified and holds on a civil day.
	MaySpeak(ctx context.Context, province, unit, person, post, day string) (bool, error)
}

// Posts keeps who holds which post of a unit, and what persons put in evidence of it.
type Posts interface {
	InsertMembership(ctx context.Context, m party.Membership) error
	EndMembership(ctx context.Context, province, id string, now int64) (person string, err error)
	// Uploaded says whether a person put a document, by its hash, and it is there still.
	Uploaded(ctx context.Context, province, person, hash string) (bool, error)
	OnCommit(f func())
}

// Replays makes a step happen once under the key that its person gives.
type Replays interface {
	// ClaimUnder gives the claim that a person made or moved under a key, and the hash of what they asked; "" for a new key.
	ClaimUnder(ctx context.Context, province, person, key string) (claim, request string, err error)
	RememberClaim(ctx context.Context, province, person, key, claim, request string) error
}

// Items keeps live registers.
type Items interface {
	// LoadItems gives the items of a register in order of id, or one item; those not in force on the civil date on are
	// left out, unless it is "".
	LoadItems(ctx context.Context, province, register, item, on string) ([]Item, error)
	// SaveItem writes an item; the balance of one that exists is left as it is.
	SaveItem(ctx context.Context, i Item) error
	// SaveBranch keeps the body of a bank's branch, whose id is the item's.
	SaveBranch(ctx context.Context, i Item) error
	// Reserve takes amount rial from a balance, or gives it back when negative.
	Reserve(ctx context.Context, province, register, item string, amount int64) error
}

// Imports keeps what became of sheets.
type Imports interface {
	// SaveBatch writes a batch whole.
	SaveBatch(ctx context.Context, b Batch) error
	// HoldReview keeps a row for a person; one that is kept already is left as it is.
	HoldReview(ctx context.Context, r Reviewed) error
	// LoadReviews lists rows in order of batch and line: of sheets of a kind, of a batch or of all where it is "", in a
	// state or any.
	LoadReviews(ctx context.Context, province, kind, batch, state string) ([]Reviewed, error)
	// LoadReview gives one row of a sheet of a kind, or of any where it is ""; not_found registry.no_review.
	LoadReview(ctx context.Context, province, kind, batch string, line int) (Reviewed, error)
	// DecideReview writes the state, unit, decider and reason of a row that waits, in one conditional update; conflict
	// registry.review_state when it waits no more.
	DecideReview(ctx context.Context, r Reviewed) error
}

// Keyring gives data keys; NewKeys makes those of several persons or units at once, where they are not there yet.
type Keyring interface {
	Keys() journal.Keys
	NewKeys(ctx context.Context, ids []string) error
}

// Log is the province's journal: Record puts a leaf at the end of the chain that its Case names, and numbers it.
type Log interface {
	Record(ctx context.Context, l journal.Leaf) error
}

// Tx is all of them: one transaction.
type Tx interface {
	Units
	Values
	Index
	Claims
	Posts
	Replays
	Items
	Imports
	Keyring
	Log
}

// Head is a unit as lists see it. Search is its folded name.
type Head struct {
	Province, ID, Kind, Name, County, Status string
	MergedInto                               string
	Search                                   string
	Sample                                   bool
	Version, Created, Changed                int64
}

// NewUnit is a unit to be written with all that it has. Its values are good until the next one comes.
type NewUnit struct {
	Head
	Values []Stored
	Keys   []Key
}

// Stored is a value at rest: JSON in Value, or sealed JSON in Sealed when it is personal. Until is when it was replaced,
// 0 for the present one. Times are µs.
type Stored struct {
	Field, Value, Sealed, Source, Origin string
	AsOf                                 int64
	EnteredBy                            string
	EnteredAt                            int64
	VerifiedBy                           string
	VerifiedAt                           int64
	Until                                int64
}

// Key finds units: Value is the keyed hash of an identifier, in bytes.
type Key struct{ Kind, Value string }

// KeyOf is a key with the unit that has it.
type KeyOf struct {
	Key
	Unit string
}

// NameOf is a unit's place in the look for look-alike names.
type NameOf struct{ Unit, County, Name string }

// Query asks for units: all conditions that are not empty hold together. Like are alternatives, each a list of folded
// words that must all be in the name. IDs nil is any.
type Query struct {
	Province, County, Kind, Status string
	IDs                            []string
	Like                           [][]string
	After                          string // id of the last unit of the page before
	Limit                          int
}
