package rule

import (
	"time"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
)

// Kind is the type of a fact or of a rule's value.
type Kind string

// The kinds. Percent is integer basis points, Money integer rial, Date a civil day, Choice the code of an option,
// List a list of texts, Table a list of rows, File whether a paper is present.
const (
	Text    Kind = "text"
	Int     Kind = "int"
	Percent Kind = "percent"
	Money   Kind = "money"
	Date    Kind = "date"
	Bool    Kind = "bool"
	Choice  Kind = "choice"
	List    Kind = "list"
	Tabular Kind = "table"
	File    Kind = "file"
)

// Type is a kind with its limits: Columns of a table, Options of a choice (or of the texts in a list), Min and Max of a
// number.
type Type struct {
	Kind     Kind
	Columns  map[string]Type
	Options  []string
	Min, Max *int64
}

// Schema declares facts by name. Names are lower-case words with underscores, parts separated by dots
// ("unit.licence_kind").
type Schema map[string]Type

// Issue is something wrong in a rule's source: a byte offset, a locale key and its arguments.
type Issue struct {
	Offset int
	Key    string
	Args   map[string]any
}

// Truth is one of three values, ordered by how much is granted.
type Truth int8

// The three values. The zero Truth is Unknown, so that nothing is refused or granted by forgetting to set it.
const (
	NotMet  Truth = -1
	Unknown Truth = 0
	Met     Truth = 1
)

// String is the word used in journals and examples.
func (t Truth) String() string {
	switch t {
	case Met:
		return "met"
	case NotMet:
		return "not_met"
	}
	return "unknown"
}

// Input is what a rule sees. Facts hold string (text, choice), int64 (int, percent, money), jalali.Date, bool,
// []string (list) and []map[string]any (table); a fact absent or nil is unknown, and so is an absent column of a row.
type Input struct {
	Facts    map[string]any
	Now      time.Time
	Today    jalali.Date
	Calendar *calendar.Calendar
}

// Atom is one indivisible test of the trace: its text, the facts it read (nil for unknown) and what came out.
type Atom struct {
	Text  string
	Facts map[string]any
	Is    Truth
	Err   string
}

// Element is the element of a list or table that decided an all() or exists().
type Element struct {
	Fact  string
	Index int
	Value any // the row (map[string]any) or the text
}

// Outcome is the answer with its grounds. Person means that an evaluation error stands between the rule and an answer,
// so that a person must look; Err says which. Missing lists, in order, the facts whose absence keeps the answer unknown.
type Outcome struct {
	Is      Truth
	Value   any
	Person  bool
	Err     string
	Trace   []Atom
	Missing []string
	Failing *Element
}

// Control is a fact that the applicant can change: what it may become, and how hard the change is (the procedure's
// stated weight). Candidates, if given, are the only values considered.
type Control struct {
	Name       string
	Type       Type
	Weight     int
	Candidates []any
}
