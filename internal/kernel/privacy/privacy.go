// Package privacy keeps the law of personal data: who is erased, by whose word and on what basis, what the law keeps and how
// long, what is held past its time, and what a person is told that is held about them.
package privacy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
)

// resource is the policy resource of personal data.
const resource = "personal"

// The kinds of erasures, and their states.
const (
	OfPerson = "person"
	OfCase   = "case"

	Wished   = "wished" // by the person themself: an officer asks for it, or declines
	Taken    = "taken"  // of a wish: an officer asked for it
	Asked    = "asked"
	Done     = "done"
	Declined = "declined"
)

// Bases are the grounds on which a person is erased, in the order in which they are offered.
var bases = []string{"request", "withdrawn", "unlawful", "order"}

// Bases lists the grounds on which a person is erased.
func Bases() []string { return append([]string(nil), bases...) }

// What is what an erasure takes away, by ids alone: so it can be done again on a database that was restored.
type What struct {
	Person    string   `json:"person,omitempty"`
	Units     []Unit   `json:"units,omitempty"`
	Cases     []string `json:"cases,omitempty"`
	Documents []string `json:"documents,omitempty"` // hashes of contents
	Questions []string `json:"questions,omitempty"` // keys of what others searched for
	Views     []string `json:"views,omitempty"`     // lists that others keep, by a question that names the person
}

// Unit is a unit that goes with its owner; Whole says that no company stands behind it, and its name goes too.
type Unit struct {
	ID    string `json:"id"`
	Whole bool   `json:"whole,omitempty"`
}

// Erasure is asked for by one person and carried out by another. Reason is sealed. Times are µs.
type Erasure struct {
	Province  string `json:"province"`
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Subject   string `json:"subject"`
	Basis     string `json:"basis,omitempty"`
	Reason    string `json:"-"`
	State     string `json:"-"`
	AskedBy   string `json:"asked_by,omitempty"`
	AskedAt   int64  `json:"asked_at,omitempty"`
	DecidedBy string `json:"decided_by"`
	DecidedAt int64  `json:"decided_at"`
	What      What   `json:"what"`
}

// Hold keeps a case past its time, by an officer's word. Reason is sealed.
type Hold struct {
	Province, ID, Case, Reason string
	By                         string
	At                         int64
	LiftedBy                   string
	LiftedAt                   int64
}

// Case is a case as retention sees it; Changed, µs, is its last entry.
type Case struct {
	ID, Number, Procedure, Definition, Outcome, Unit string
	Changed                                          int64
}

// Tx is what this package needs of a transaction; *store.Tx satisfies it.
type Tx interface {
	casework.Reader
	Persons
	Book
	Record(ctx context.Context, l journal.Leaf) error
	Erase(ctx context.Context, key string) error
	OnCommit(f func())
	// Alone makes commands that name the same thing wait for each other until they end.
	Alone(ctx context.Context, thing string) error
}

// Persons finds what is held on a person, and takes it away.
type Persons interface {
	PersonRows(ctx context.Context, ids []string) ([]party.PersonRow, error)
	MembershipsOf(ctx context.Context, person string) ([]party.HeldMembership, error)
	CasesOfPerson(ctx context.Context, province, person string) ([]Case, error)
	DraftsOf(ctx context.Context, province, person string) ([]Case, error)
	ClaimsOf(ctx context.Context, province, unit, person string) ([]registry.Claim, error)
	ClaimStood(ctx context.Context, c registry.Claim) (stood, entered bool, err error)
	SpeakersOf(ctx context.Context, province, unit string) ([]string, error)
	// Questions gives what auditors read and officers took away as lists, and SavedViews the lists that people keep.
	Questions(ctx context.Context, province string) ([]journal.Leaf, error)
	SavedViews(ctx context.Context, province string) ([]casework.StoredView, error)
	DropView(ctx context.Context, province, id string) error
	PapersOf(ctx context.Context, province, person string) ([]string, error)
	ErasePerson(ctx context.Context, person string, now int64) error
	EndTerms(ctx context.Context, person string, now int64) error
	ForgetCase(ctx context.Context, province, id string) error
	ForgetUnit(ctx context.Context, province, id, name string) error
}

// Book keeps erasures and holds.
type Book interface {
	SaveErasure(ctx context.Context, e Erasure) error
	Erasures(ctx context.Context, province, state, kind string) ([]Erasure, error)
	SaveHold(ctx context.Context, h Hold) error
	Holds(ctx context.Context, province, caseID string) ([]Hold, error)
	CasesOfUnit(ctx context.Context, province, unit string) ([]Case, error)
	// ClosedCases gives closed cases that are not erased, after one, in the order of their last change.
	ClosedCases(ctx context.Context, province string, changed int64, after string, limit int) ([]Case, error)
}

// Owned tells of a unit who owns it, by the register; a unit without a company's id is its owner's own.
type Owned struct {
	ID, Name string
	Company  bool // has a legal person's id
	Owner    bool // the person asked about is its owner by the register
	Goes     bool // it is theirs to take away: they own it or entered it, or led it where the register knows no owner
}

// Config is what the service needs. Units gives the units that a person owns, by a national code in clear that an officer saw or "", or
// speaks for.
type Config struct {
	Write func(ctx context.Context, fn func(context.Context, Tx) error) error
	Read  func(ctx context.Context, fn func(context.Context, Tx) error) error
	Cases *casework.Engine
	Units func(ctx context.Context, province, person, nationalCode string) ([]Owned, error)
	// Known gives a person in clear; not_found party.no_person.
	Known func(ctx context.Context, person string) (party.Person, error)
	Clock clock.Clock
	// Held is what is kept of a person's account; Claims, Values and Papers what they claimed, what a unit's file holds and held,
	// and what they put: in clear.
	Held func(ctx context.Context, person string) (party.Held, error)
	// Entered is what a person entered in registers of programmes, in the order in which they did.
	Entered func(ctx context.Context, province, person string) ([]RegisterPart, error)
	Claims  func(ctx context.Context, province, person string) ([]registry.Claim, error)
	Values  func(ctx context.Context, province, unit string) ([]registry.Value, error)
	Papers  func(ctx context.Context, province, person string) ([]document.Put, error)
	// Erased is called after every erasure is committed: files and lists of them are brought after it.
	Erased func(ctx context.Context) error
	Forget func() // what sessions remember of people
}

// Service is safe for concurrent use.
type Service struct{ cfg Config }

// New makes a service.
func New(cfg Config) *Service { return &Service{cfg} }

// identified says whether an officer ever saw who a person is: they hold or held a post, or a claim of theirs was verified. Whoever
// registers types a name and a national code, which may be anybody's: what the register and others hold under these is not theirs by their
// word alone.
func (s *Service) identified(ctx context.Context, province, person string) (known bool, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		terms, err := tx.MembershipsOf(ctx, person)
		if known = slices.ContainsFunc(terms, func(m party.HeldMembership) bool { return m.Unit == "" }); known || err != nil {
			return err
		}
		claims, err := tx.ClaimsOf(ctx, province, "", person)
		for _, c := range claims {
			if err != nil || known {
				return err
			}
			known, _, err = tx.ClaimStood(ctx, c)
		}
		return err
	})
	return known, err
}

// wordsOf are a name and identifiers by which others may mean a person.
func wordsOf(name, code, mobile string) []string {
	return slices.DeleteFunc([]string{name, code, mobile}, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func (s *Service) now() int64 { return s.cfg.Clock.Now().UnixMicro() }

func newID() string { return strings.ToLower(rand.Text())[:16] }

// seal keeps a reason under a key of its own, so that it can be erased by itself.
func seal(ctx context.Context, tx Tx, province, id, text string) (string, error) {
	sealed, err := journal.SealWith(ctx, tx.Keys(), "erasure:"+id, journal.AD(province, "erasure:"+id, "reason"), []byte(text))
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(sealed)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "privacy.sealed")
	}
	return string(raw), nil
}

func unseal(ctx context.Context, tx Tx, province, id, stored string) (string, error) {
	if stored == "" {
		return "", nil
	}
	var sealed journal.Sealed
	if err := json.Unmarshal([]byte(stored), &sealed); err != nil {
		return "", fault.Wrap(err, fault.Internal, "privacy.sealed")
	}
	plain, err := journal.OpenWith(ctx, tx.Keys(), sealed, journal.AD(province, "erasure:"+id, "reason"))
	if errors.Is(err, journal.ErrErased) {
		return journal.Erased, nil
	}
	return string(plain), err
}

// QuestionAD is the additional data of what somebody asked for, by the chain in which it is journalled.
func QuestionAD(province, chain string) []byte { return journal.AD(province, chain, "question") }

// QuestionKey draws the id of the key of one question: it may name somebody who is erased one day.
func QuestionKey() string { return "question:" + newID() }

// until is when the time of a closed case is over, by what its procedure declares for its outcome; zero where nothing is
// declared. It counts from the last entry.
func until(d *procedure.Definition, c Case) (time.Time, bool) {
	for _, r := range d.Retention {
		if r.Outcome == c.Outcome {
			return r.End(time.UnixMicro(c.Changed))
		}
	}
	return time.Time{}, false
}

// UnitErased is the name that an erased unit bears.
func UnitErased() string { return locale.T(locale.FA, "privacy.unit_erased", nil) }
