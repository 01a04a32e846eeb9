package casework

import (
	"context"

	"rahgosha/internal/kernel/journal"
)

// The interfaces below are what the engine needs of a transaction; *store.Tx satisfies them all. None takes part of a
// request's context into a statement that is inside a write group (kernel.md 2): the store sees to that.

// Cases keeps the stored fold of each case beside the columns that lists need.
type Cases interface {
	// LoadCase gives the stored state as canonical JSON (personal values sealed). NotFound when there is none.
	LoadCase(ctx context.Context, province, id string) ([]byte, error)
	// SaveCase inserts the row of a case that was never stored (row.Seq == 1, or row.Was of no entry), or updates it where
	// its seq is still row.Seq-1; Conflict otherwise.
	SaveCase(ctx context.Context, row Row, state []byte) error
	// ListCases gives one page of the cases that one of the query's scopes shows.
	ListCases(ctx context.Context, q Query) (Page, error)
}

// Row is a case as lists and counters see it. Personal data has no place in it.
type Row struct {
	Province, ID, Number, Procedure, Definition string
	Unit, UnitName, County                      string
	Stage, Outcome, HolderRole, HolderSubject   string
	Side                                        string
	Version, Seq                                int64
	Due                                         int64 // earliest running clock, 0 none
	Amount                                      int64 // the first money fact that is asked, rial
	Opened, Changed                             int64
	Search                                      string // folded text of number and unit name
	Sample                                      bool
	Parties                                     map[string]string
	Clocks                                      map[string]*Ticking
	Tallies                                     []Tally // what the case adds to the counters
	Owed                                        []Owed  // obligations that wait for somebody; nil when the case never had one
	// Was is the row as it is stored until now, as the state says that it is: only what differs is written. nil where the
	// caller does not know it.
	Was *Row
}

// Log appends to and reads a case's chain of entries.
type Log interface {
	AppendEntry(ctx context.Context, e LogEntry) error
	// CaseEntries gives the entries of a case in order of seq.
	CaseEntries(ctx context.Context, province, id string) ([]LogEntry, error)
	// FindEntry gives an entry by its id.
	FindEntry(ctx context.Context, province, entry string) (LogEntry, error)
}

// LogEntry is a leaf as stored: Index is its number in the province's tree, -1 until numbered.
type LogEntry struct {
	ID    string
	Leaf  journal.Leaf
	Bytes []byte // Leaf.Encode(): what was hashed
	Index int64
}

// Replays makes a command happen once (kernel.md 4).
type Replays interface {
	// Replayed updates and returns what was remembered under the key: nil when the key is new.
	Replayed(ctx context.Context, k ReplayKey) (*Remembered, error)
	Remember(ctx context.Context, k ReplayKey, r Remembered) error
}

// ReplayKey is (province, actor, key).
type ReplayKey struct{ Province, Actor, Key string }

// Remembered is the hash of the request and its sealed answer.
type Remembered struct {
	Request string // hex SHA-256 of the canonical command
	Entry   string
	Case    string
	Answer  []byte // sealed JSON
	At      int64
}

// Series draws numbers without gaps, in the transaction that uses them.
type Series interface {
	NextNumber(ctx context.Context, province, series string, year int) (int64, error)
}

// Facts reads registers: a unit's fields, an item of a live register.
type Facts interface {
	// UnitFacts gives "unit.<field>" values of a unit: those named, or all where none is.
	UnitFacts(ctx context.Context, province, unit string, named ...string) (map[string]RegistryFact, error)
	// ItemFacts gives "<register>.<field>" values of one item of a live register.
	ItemFacts(ctx context.Context, province, register, item string) (map[string]RegistryFact, error)
	// Reserve draws amount on an item's balance by one conditional update; Conflict when it would become negative.
	Reserve(ctx context.Context, province, register, item string, amount int64) error
	// ParentBody gives a body's parent, "" when it has none.
	ParentBody(ctx context.Context, body string) (string, error)
}

// People answers who a case is about, who may speak for a unit, and who signs.
type People interface {
	// SubjectOf gives the person (or unit, where no person is known) whose key seals a unit's personal facts.
	SubjectOf(ctx context.Context, province, unit string) (string, error)
	// MaySpeak says whether a person's claim to speak for a unit in a post, "" for any, is verified and holds on a civil day.
	MaySpeak(ctx context.Context, province, unit, person, post, day string) (bool, error)
	// PartOf says whether a person has a part in a unit at an instant: a verified claim to speak for it, or a running term.
	PartOf(ctx context.Context, province, unit, person string, now int64) (bool, error)
	// SignerOf gives who signs as a role at an instant, by the delegation table; nil when nobody does.
	SignerOf(ctx context.Context, province, role string, now int64) (*Signer, error)
	// HoldsRole says whether a person holds a role at an instant, in that body where one is named.
	HoldsRole(ctx context.Context, province, person, role, body string, now int64) (bool, error)
}

// Papers answers whose a document is.
type Papers interface {
	// Uploaded says whether a person put a document, by its hash, and it is there still.
	Uploaded(ctx context.Context, province, person, hash string) (bool, error)
}

// Letters is the letter book: numbers out, with the token of the public verification page.
type Letters interface {
	BookLetter(ctx context.Context, l BookedLetter) error
	// LetterByToken finds a letter by its verification token or its number. NotFound when there is none.
	LetterByToken(ctx context.Context, province, token string) (BookedLetter, error)
}

// BookedLetter is one line of the letter book. Dispatched and Received are µs, 0 while unknown.
type BookedLetter struct {
	Province, Number, Code, Case, Entry, Token string
	At, Dispatched, Received                   int64
}

// Queue is the outbox, written in the same transaction.
type Queue interface {
	Enqueue(ctx context.Context, m Message) error
}

// Message is one thing to be done after commit, at least once; consumers de-duplicate by Entry and Topic.
type Message struct {
	Province, Entry, Case, Topic string // topics: letter, notify, publish
	Payload                      []byte // JSON without personal data in clear
	At                           int64
}

// Keyring gives data keys by id, and makes them.
type Keyring interface {
	Keys() journal.Keys
}

// Tx is all of them: one transaction.
type Tx interface {
	Cases
	Log
	Replays
	Series
	Facts
	Queue
	Tellings
	Keyring
	People
	Papers
	Dedups
	Letters
	SavedViews
	Projections
}

// Projections are the rows beside the states, and by which version of the projection they were written.
type Projections interface {
	// Projection gives the version by which a province's rows are written, 0 where nobody said.
	Projection(ctx context.Context, province string) (int64, error)
	Projected(ctx context.Context, province string, version int64) error
	// CaseRow gives a case's list columns as they are stored, with parties, counters, and of the clocks State, Due, Warn,
	// Warned and Calendar of those that run or are breached.
	CaseRow(ctx context.Context, province, id string) (Row, error)
	// RewriteCase writes a row anew beside the state as it stands; row.Was is the stored one.
	RewriteCase(ctx context.Context, row Row) error
}

// Books are what must be true of all cases together.
type Books interface {
	// LettersOf gives the outgoing letters of a case, the earliest first.
	LettersOf(ctx context.Context, province, caseID string) ([]BookedLetter, error)
	// LostCases gives the ids of cases that entries open and that have no row.
	LostCases(ctx context.Context, province string) ([]string, error)
	// Loose gives what stands in lists, counters and letter book and leads to no case, and wake-ups at another time than
	// their deadline has.
	Loose(ctx context.Context, province string) ([]Loose, error)
	// Miscounted gives the counters that are not the sum of what the cases add.
	Miscounted(ctx context.Context, province string) ([]Miscount, error)
	// Numbers gives how far each series was drawn, and then every number of a case or letter.
	Numbers(ctx context.Context, province string, drawn func(Drawn), given func(letter bool, number string)) error
}

// Loose is a row of that table, of a case.
type Loose struct{ Table, Case string }

// Miscount is a counter as it stands, beside its recount.
type Miscount struct {
	Tally
	CountedN, CountedAmount int64
}

// Drawn is how far a series of a Jalali year was drawn.
type Drawn struct {
	Series string
	Year   int
	Last   int64
}

// Deadline is a running clock that is due for a warning or a breach.
type Deadline struct {
	Province, Case, Clock string
	Due                   int64
	Warn                  bool
}

// Query is a list as one actor may see it. Scopes are alternatives: a case is seen when one of them fits.
type Query struct {
	Province  string
	Scopes    []Scope
	Procedure string
	Stages    []string
	Holder    string   // role
	Holders   []string // one of these roles
	Mine      []string // holder's subject is one of these: persons, bodies, unit; "" is nobody in particular
	IDs       []string // only these cases
	Number    string   // exactly this number
	Unit      string
	County    string
	Overdue   int64    // now: only those past due
	Since     int64    // µs: only those that changed later
	Tally     TallyKey // only the cases behind a counter; zero: all
	Open      bool     // only without outcome
	Text      string
	Sort      string // due, changed, opened, amount
	After     string // cursor
	Limit     int
	Total     bool // tell how many there are in all; of thousands it may be how many there were a moment ago
}

// Scope is one way in which an actor may see cases of a procedure: by a bound relation, by county, or all of the province.
type Scope struct {
	Procedure, Relation, Subject, County string
}

// Page is one page of a list, with the cursor of the next and the total where asked.
type Page struct {
	Rows  []Row
	Next  string
	Total int64
}

// Reader is what pages read outside a write.
type Reader interface {
	Tx
	DueClocks(ctx context.Context, now int64, limit int) ([]Deadline, error)
	CaseIDs(ctx context.Context, province, after string, limit int) ([]string, error)
	// Tallies gives the counters of a procedure that are not zero.
	Tallies(ctx context.Context, province, procedure string) ([]Tally, error)
	// ChangedCases gives the stored states of a procedure's cases that changed at or after an instant, in that order.
	ChangedCases(ctx context.Context, province, procedure string, since int64, each func(id string, changed int64, state []byte) error) error
	// ListOwed gives obligations that wait for one caller.
	ListOwed(ctx context.Context, q OwedQuery) (OwedPage, error)
	// ListInbox gives the entries that concern one caller, with their cases, in the order of SortInbox.
	ListInbox(ctx context.Context, q InboxQuery) ([]InboxEntry, error)
	// ListLetters gives the letters issued in the cases that one of the query's scopes shows, the latest first: that of
	// exactly q.Number, or those with q.Text in their number.
	ListLetters(ctx context.Context, q Query) ([]LetterRow, error)
	Books
	Running
}
