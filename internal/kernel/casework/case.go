package casework

import (
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
)

// Value is one fact of a case with where it comes from and when. A personal value is held sealed with its person's key;
// V is then filled when the case is opened, and is the text ERASED once the key is destroyed. V is one of: string, int64,
// bool, []string, []map[string]any, nil; dates are civil Gregorian text.
type Value struct {
	V        any             `json:"v,omitempty"`
	Sealed   *journal.Sealed `json:"sealed,omitempty"`
	Source   string          `json:"source"`             // asked, registry, computed, body, system, sheet
	From     string          `json:"from,omitempty"`     // register field, letter, call, slip
	AsOf     int64           `json:"as_of"`              // µs: when it was said or read
	By       string          `json:"by,omitempty"`       // person
	Verified string          `json:"verified,omitempty"` // person who checked it
}

// Erased is what an erased value reads as, on both sides of a replay.
const Erased = "ERASED"

// Clock states.
const (
	ClockRunning = "running"
	ClockPaused  = "paused"
	ClockStopped = "stopped"
	ClockBreach  = "breached" // stays so until a person's logged act stops it
)

// Ticking is one clock of a case. Due is the instant after its last; while it is paused, the due it had before.
type Ticking struct {
	State    string `json:"state"`
	Started  int64  `json:"started"`
	Due      int64  `json:"due"`
	From     int64  `json:"from"`            // the instant Due is computed from: the start, or the last resumption
	N        int    `json:"n"`               // of the limit's unit, from From; of a paused limit in working days, those left
	Shift    int    `json:"shift,omitempty"` // paused calendar days added
	Warn     int64  `json:"warn,omitempty"`
	Warned   bool   `json:"warned,omitempty"`
	Paused   int64  `json:"paused,omitempty"` // since
	Cause    string `json:"cause,omitempty"`
	Ended    int64  `json:"ended,omitempty"`
	Breached int64  `json:"breached,omitempty"` // the due it passed, kept when an act ends the clock late
	Calendar string `json:"calendar,omitempty"` // version the due was computed with
	Round    int    `json:"round"`              // times started
	Undone   bool   `json:"undone,omitempty"`   // it passed, and the system could not do its act
	Fixed    bool   `json:"fixed,omitempty"`    // Due is a day that was decided: no calendar and no pause moves it
}

// Holder is who is accountable for the case now: exactly one at each instant.
type Holder struct {
	Role    string `json:"role"`
	Side    string `json:"side"`
	Subject string `json:"subject,omitempty"`
	Since   int64  `json:"since"`
}

// LetterRef is one letter of the case. Text is sealed with the case's text key.
type LetterRef struct {
	Code   string `json:"code"`
	Number string `json:"number"`
	At     int64  `json:"at"`
	Token  string `json:"token"` // of the public verification page
	Seq    int64  `json:"seq"`   // entry that issued it
	Signer string `json:"signer,omitempty"`
	Text   Value  `json:"text"`
	Bound  string `json:"bound,omitempty"` // chain of the letter's own entry, which binds the text; letters of the first versions have none
}

// Assessed is the explained result of one condition.
type Assessed struct {
	ID      string         `json:"id"`
	Is      string         `json:"is"` // met, not_met, unknown
	Person  bool           `json:"person,omitempty"`
	Because []string       `json:"because,omitempty"` // facts
	Missing []string       `json:"missing,omitempty"`
	Remedy  map[string]any `json:"remedy,omitempty"`
	Failing string         `json:"failing,omitempty"`
}

// Decision is a decision taken on the case, explained and signed.
type Decision struct {
	Action     string     `json:"action"`
	Kind       string     `json:"kind"`
	Cites      []string   `json:"cites,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	By         Actor      `json:"by"`
	At         int64      `json:"at"`
	Seq        int64      `json:"seq"`
	Void       bool       `json:"void,omitempty"`
	Last       bool       `json:"last,omitempty"` // completed an act that needs several persons
	Conditions []Assessed `json:"conditions,omitempty"`
}

// Actor is who acts, as what. OnBehalf names whose word an officer enters, with its source and evidence.
type Actor struct {
	Person   string    `json:"person"`
	Name     string    `json:"name,omitempty"`
	Role     string    `json:"role"`
	Body     string    `json:"body,omitempty"`
	Unit     string    `json:"unit,omitempty"`
	OnBehalf *OnBehalf `json:"on_behalf,omitempty"`
	Round    *RoundRef `json:"round,omitempty"` // of the engine: the round whose answer it carries out
}

// OnBehalf is an act entered for somebody else: a unit's paper form, a bank's letter.
type OnBehalf struct {
	Role     string `json:"role"`
	Subject  string `json:"subject,omitempty"`
	Source   string `json:"source"`             // paper, letter, call, slip, sheet
	Evidence string `json:"evidence,omitempty"` // document hash
}

// State is a case as the fold of its entries gives it.
type State struct {
	Province    string              `json:"province"`
	ID          string              `json:"id"`
	Number      string              `json:"number,omitempty"`
	Procedure   string              `json:"procedure"`
	Definition  string              `json:"definition"`
	Unit        string              `json:"unit,omitempty"`
	Subject     string              `json:"subject,omitempty"` // whose key seals the personal facts
	Stage       string              `json:"stage"`
	Outcome     string              `json:"outcome,omitempty"`
	Version     int64               `json:"version"` // raised by people's acts only: what forms carry
	Seq         int64               `json:"seq"`
	Prev        string              `json:"prev"` // hex hash of the last leaf
	Facts       map[string]Value    `json:"facts"`
	Parties     map[string]string   `json:"parties"` // relation → subject id
	Holder      Holder              `json:"holder"`
	Spent       map[string]int64    `json:"spent"` // µs by side, up to Holder.Since
	Clocks      map[string]*Ticking `json:"clocks"`
	Letters     []LetterRef         `json:"letters,omitempty"`
	Decisions   []Decision          `json:"decisions,omitempty"`
	Actors      map[string][]string `json:"actors"` // action → persons who did it
	Children    []Child             `json:"children,omitempty"`
	Parent      string              `json:"parent,omitempty"`
	Published   []string            `json:"published,omitempty"`
	Alike       []string            `json:"alike,omitempty"`    // other cases that look like the same request
	Assigned    map[string]string   `json:"assigned,omitempty"` // role → the officer whom a head gave the case to
	Awaiting    *Awaiting           `json:"awaiting,omitempty"`
	Ask         *Ask                `json:"ask,omitempty"` // whether it goes over to a newer definition
	Scorings    []Scoring           `json:"scorings,omitempty"`
	Rounds      []Round             `json:"rounds,omitempty"`
	Agenda      *RoundRef           `json:"agenda,omitempty"` // the round that will decide on it
	Opened      int64               `json:"opened"`
	Changed     int64               `json:"changed"`
	Sample      bool                `json:"sample,omitempty"`
	Opinions    []Opinion           `json:"opinions,omitempty"`    // asked of bodies, in the order asked
	Obligations []Obligation        `json:"obligations,omitempty"` // what is owed, in the order laid
	Claims      []Claim             `json:"claims,omitempty"`      // what sheets say, one of each step of the funnel
	Imported    bool                `json:"imported,omitempty"`    // history taken from a sheet: stays out of medians
	Draws       []Draw              `json:"draws,omitempty"`       // on budgets, in the order first drawn
	Erased      int64               `json:"erased,omitempty"`      // µs: when the personal data of the case went, 0 while they stand
}

// Child is a case this one opened.
type Child struct {
	Case      string `json:"case"`
	Procedure string `json:"procedure"`
	At        int64  `json:"at"`
	// Give are the facts it starts with; personal ones are not given but read again from the registers.
	Give map[string]any `json:"give,omitempty"`
}

// Awaiting is an act that another body must confirm before it takes effect.
type Awaiting struct {
	Action string       `json:"action"`
	Roles  []string     `json:"roles"`
	Since  int64        `json:"since"`
	By     string       `json:"by"`              // person who acted: never the one who confirms
	Role   string       `json:"role,omitempty"`  // in which they acted
	Seq    int64        `json:"seq,omitempty"`   // the entry that began it and says why
	Facts  []FactChange `json:"facts,omitempty"` // what it will set
	Cites  []string     `json:"cites,omitempty"`
	Reason string       `json:"reason,omitempty"`
}

// Entry kinds.
const (
	KindOpened   = "opened"
	KindActed    = "acted"
	KindDraft    = "draft"    // a saved draft: raises the version, shows in no timeline
	KindRefused  = "refused"  // an attempt that was refused
	KindClock    = "clock"    // warned, breached
	KindMoved    = "moved"    // a deadline moved with the calendar
	KindNoted    = "noted"    // a note without an act
	KindCorrect  = "correct"  // compensating entry
	KindImported = "imported" // a claim of a sheet
	KindListed   = "listed"   // put on the agenda of a round
	KindUnlisted = "unlisted" // taken off it
	KindLanded   = "landed"   // of a round: what came of a member's answer
	KindScanned  = "scanned"  // the paper copy of a letter was kept
	KindAssigned = "assigned" // given to one officer of the holder's role, or back to all of them
)

// Change is one change an entry makes; exactly one of the pointers is set. Apply folds them in order.
type Change struct {
	Opened     *OpenChange    `json:"opened,omitempty"`
	Fact       *FactChange    `json:"fact,omitempty"`
	Stage      *StageChange   `json:"stage,omitempty"`
	Holder     *Holder        `json:"holder,omitempty"`
	Bind       *BindChange    `json:"bind,omitempty"`
	Clock      *ClockChange   `json:"clock,omitempty"`
	Letter     *LetterRef     `json:"letter,omitempty"`
	Decision   *Decision      `json:"decision,omitempty"`
	Void       *VoidChange    `json:"void,omitempty"`
	Number     string         `json:"number,omitempty"`
	Child      *Child         `json:"child,omitempty"`
	Publish    string         `json:"publish,omitempty"`
	Notify     *NotifyChange  `json:"notify,omitempty"`
	Notice     string         `json:"notice,omitempty"`
	Reserve    *Reserve       `json:"reserve,omitempty"`
	Assessed   []Assessed     `json:"assessed,omitempty"`
	Awaiting   *Awaiting      `json:"awaiting,omitempty"`
	Confirmed  bool           `json:"confirmed,omitempty"`
	Alike      *AlikeChange   `json:"alike,omitempty"`
	Declined   bool           `json:"declined,omitempty"`
	Lapsed     *LapseChange   `json:"lapsed,omitempty"`
	Migrated   *MigrateChange `json:"migrated,omitempty"`
	Ask        *Ask           `json:"ask,omitempty"`
	Scoring    *Scoring       `json:"scoring,omitempty"`
	Round      *RoundChange   `json:"round,omitempty"`
	Agenda     *Agenda        `json:"agenda,omitempty"`
	Claim      *Claim         `json:"claim,omitempty"`
	Opinion    *Opinion       `json:"opinion,omitempty"`
	Obligation *Obligation    `json:"obligation,omitempty"`
	Assigned   *AssignChange  `json:"assigned,omitempty"`
	Scan       *Scan          `json:"scan,omitempty"`
	Did        string         `json:"did,omitempty"` // act that this one carries out beside its own: whoever confirms it did it, too
}

// facts are those that a change sets, or would set once it is confirmed.
func (c *Change) facts() []FactChange {
	switch {
	case c.Fact != nil:
		return []FactChange{*c.Fact}
	case c.Awaiting != nil:
		return c.Awaiting.Facts
	default:
		return nil
	}
}

// OpenChange starts a case.
type OpenChange struct {
	Procedure string `json:"procedure"`
	Unit      string `json:"unit,omitempty"`
	Subject   string `json:"subject,omitempty"`
	Parent    string `json:"parent,omitempty"`
	Sample    bool   `json:"sample,omitempty"`
	Imported  bool   `json:"imported,omitempty"`
}

// FactChange sets a fact.
type FactChange struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
}

// AssignChange gives the case, while the role holds it, to one officer; an empty person gives it back to all of the role.
type AssignChange struct {
	Role   string `json:"role"`
	Person string `json:"person,omitempty"`
}

// StageChange moves the case.
type StageChange struct {
	From    string `json:"from,omitempty"`
	To      string `json:"to"`
	Outcome string `json:"outcome,omitempty"`
}

// BindChange binds a subject to the case under a relation, or unbinds it when empty.
type BindChange struct {
	Relation string `json:"relation"`
	Subject  string `json:"subject"`
}

// ClockChange sets a clock; What says why: started, stopped, paused, resumed, warned, breached, moved, done (late, by the system).
type ClockChange struct {
	ID    string  `json:"id"`
	What  string  `json:"what"`
	State Ticking `json:"state"`
	Old   int64   `json:"old,omitempty"`
	Cause string  `json:"cause,omitempty"`
}

// VoidChange voids the decisions taken by an action; only those that waited for others where it is partial. Cause is the
// fact or the act by which they lost their ground.
type VoidChange struct {
	Action  string `json:"action"`
	Cause   string `json:"cause"`
	Partial bool   `json:"partial,omitempty"`
}

// LapseChange ends an act that awaited confirmation without its having happened. Cause is the act that came instead.
type LapseChange struct {
	Action string `json:"action"`
	Cause  string `json:"cause"`
}

// NotifyChange tells the holders of a role something, or Person alone. How: ToldNotify and those beside it.
type NotifyChange struct {
	Role    string      `json:"role"`
	Subject string      `json:"subject,omitempty"` // whose of the role, where its relation does not say
	Person  string      `json:"person,omitempty"`
	How     string      `json:"how"`
	Text    locale.Text `json:"text"`
}

// Reserve draws on a budget line (negative: gives back), checked by the live balance in the same transaction. Action is the act
// that drew, which entries of the first versions do not say.
type Reserve struct {
	Budget   string `json:"budget"`
	Register string `json:"register"`
	Item     string `json:"item"`
	Amount   int64  `json:"amount"`
	Action   string `json:"action,omitempty"`
}

// Draw is what stands of all that an act drew on one item of a budget: 0 where it was given back. It is void when the decisions that
// it rests on are: the money stays drawn until somebody decides anew or the case gives it back.
type Draw struct {
	Action   string `json:"action"`
	Budget   string `json:"budget"`
	Register string `json:"register"`
	Item     string `json:"item"`
	Amount   int64  `json:"amount"`
	Void     bool   `json:"void,omitempty"`
}

// Entry is one act or event: what was asked, what it changed, what was used to decide.
type Entry struct {
	Province   string            `json:"-"`
	Case       string            `json:"-"`
	Seq        int64             `json:"-"`
	ID         string            `json:"id"`
	At         int64             `json:"-"`
	Kind       string            `json:"-"`
	Definition string            `json:"-"`
	Actor      Actor             `json:"actor"`
	Action     string            `json:"action,omitempty"`
	Cause      string            `json:"-"`                 // idempotency key, clock id, parent entry
	Refusal    string            `json:"refusal,omitempty"` // fault key of a refused attempt
	Note       *Value            `json:"note,omitempty"`
	NoteFor    string            `json:"note_for,omitempty"` // all, staff: the writer's own people
	Files      []FileRef         `json:"files,omitempty"`
	Changes    []Change          `json:"changes,omitempty"`
	Used       map[string]string `json:"used,omitempty"` // calendar version, tables' rows, registry dates
}

// FileRef is an attached document by its content hash.
type FileRef struct {
	Document string `json:"document"` // code D01… or fact
	Hash     string `json:"hash"`
	Name     Value  `json:"name"`
	Size     int64  `json:"size"`
	Media    string `json:"media"`
}
