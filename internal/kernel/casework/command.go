package casework

import (
	"context"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// Command is what somebody asks of a case.
type Command struct {
	Key      string         // idempotency key
	Case     string         // "" opens a case
	Action   string         // action id; OpenAction and those beside it are the kernel's own
	Version  int64          // the case version the form carried
	Facts    map[string]any // as typed by a person, or typed values from the API
	Cites    []string       // condition numbers
	Reason   string         // coded reason
	Note     string
	NoteFor  string // all, staff
	Files    []FileRef
	OnBehalf *OnBehalf
	Scan     *Scan  `json:",omitempty"` // of ScanAction: which letter's paper copy the file is
	Assignee string `json:",omitempty"` // of AssignAction: a person, "" for everybody of the role
	// Opening only.
	Procedure string
	Unit      string
	Parent    string
	Sample    bool
	History   *History `json:",omitempty"` // of the engine: what a sheet tells of it
	Then      string   `json:",omitempty"` // the procedure's act that follows at once: both happen, or neither
	// Show asks for the case in the answer; it is no part of what the key stands for.
	Show bool `json:"-"`
}

// The kernel's own actions, open in every procedure.
const (
	OpenAction    = "open"
	DraftAction   = "draft"
	NoteAction    = "note"
	CorrectAction = "correct"
	ConfirmAction = "confirm" // another person's confirmation of what awaits it
	DeclineAction = "decline" // another person's turning it down
	ScanAction    = "scan"    // the office's keeping the paper copy of a letter
	AssignAction  = "assign"  // a head's giving the case to one officer of the role that holds it
)

// Env is everything a step may look at besides the case: loaded before it, recorded in the entry when used.
type Env struct {
	Now       int64 // µs UTC: when the request was fully received, never before the case's last entry
	Actor     Actor
	Grants    Grants // what the actor may do by its body, person, unit
	Calendars map[string]*calendar.Calendar
	Registry  map[string]RegistryFact // "unit.name" → value with source and date
	Numbers   map[string][]string     // series → its next numbers in order, drawn in the same transaction
	Registers map[string]bool         // registers that were read for the case's choices
	Unlisted  map[string]bool         // facts for which the command names an item that their register does not have
	Tokens    []string                // verification tokens for letters, in order
	Salts     []string                // what hides their texts in the journal, in order
	Listings  map[string]Listing      // round → what it finds when it is frozen
	Taken     map[string]Taking       // fact → what a programme's register says of it
	Failed    *fault.Fault            // what the system's act at a clock's end came to when it was tried: it is not tried again
	CaseID    string                  // id of a case to open
	ChildIDs  []string
	Subject   string // person (or unit) whose key seals personal facts of a new case
	EntryID   string
	Documents map[string]bool   // of the documents the command names: those its actor may use
	Parents   map[string]string // body → its parent body
	Signers   map[string]Signer // delegation scope → who signs
	Office    string            // the sender's name on letters
	Part      bool              // the actor acts for an office, and has a part in the case's unit
	Fits      bool              // of AssignAction: the assignee holds the holder's role in the actor's body
	Gone      []string          // officers whom the case was given to and who hold the role no more
}

// Grants are the ids under which relations of a case match the actor.
type Grants struct {
	Person, Body, Unit, Province, County string
	Ceilings                             map[string]int64 // delegation scope → rial ceiling; absent is none
	Second, MustSecond, SteppedUp        bool             // a second factor: there is one, the role is to have one, it was shown lately
	Speaks                               bool             // the person's claim to speak for Unit is verified; the engine asks the registry
	StandsFor                            []string         // persons on leave whose cases the actor looks after
}

// Taking is what a programme's register says at an instant, or why it says nothing.
type Taking struct {
	Value any // as a form would give it
	Err   error
}

// RegistryFact is a value of a register with source and date.
type RegistryFact struct {
	Value  any
	Source string
	AsOf   int64
}

// Signer is who signs letters of a scope by the delegation table.
type Signer struct {
	Person, Name, Role string
	Post               locale.Text
}

// Definitions gives published definitions by hash, and the one in force by procedure id.
type Definitions interface {
	ByHash(ctx context.Context, hash string) (*procedure.Definition, error)
	// At gives the definition of an id that is in force at an instant, in µs.
	At(ctx context.Context, id string, at int64) (*procedure.Definition, error)
	// InForce gives those in force today.
	InForce(ctx context.Context) ([]*procedure.Definition, error)
	// All gives every published definition, in force or still carrying cases.
	All(ctx context.Context) ([]*procedure.Definition, error)
}
