package web

import "time"

// Texts in components are plain: templates escape them and isolate Latin runs. Tones are good, warn, bad, info, brand or
// empty (grey). Percent is 0 to 100.

// Pill is a status: the word says it, shape and colour repeat it.
type Pill struct{ Text, Tone string }

// Link is a text that leads somewhere.
type Link struct{ Label, Href string }

// Action is a button that leads to a page. At most one of a page is Main.
type Action struct {
	Label, Href, Icon string
	Main              bool
}

// Turn opens a case page: whose turn it is, what to do, by when, and what happens otherwise.
type Turn struct {
	Eyebrow   string // "It is your turn" or whom everybody waits for
	Left      *Pill  // time left
	What      string
	Detail    string
	Limits    []Limit // what runs, the first to end first
	Otherwise string
	Actions   []Action
}

// Limit is a deadline: its name, how long it is and from which day that counts, and its last day.
type Limit struct {
	Title, Count string
	By           time.Time
}

// Step is one stage on the way. State is "done", "now" or empty for what is to come.
type Step struct{ Name, Note, State string }

// SLA is the deadline of a stage. A stopped clock shows why.
type SLA struct {
	Percent   int
	Tone      string // bar: empty is in time, warn, bad, off is stopped
	Big       string // the number alone, in the page's digits
	Unit      string // "working days left"
	Label     string // the whole, for screen readers
	Limit     string // which deadline, how long and from which day
	From, To  time.Time
	Otherwise string
	Stopped   string
}

// Bar is a bare share for tables and lists.
type Bar struct {
	Percent     int
	Tone, Label string
}

// Event is one entry of a case's timeline.
type Event struct {
	ID, Icon, Tone string
	Who, What      string
	Apart          bool // What is a sentence of its own: Who is not its subject
	At             time.Time
	Notes          []string
	Code           string // a letter or journal number
	Link           *Link
	Body           string // what was said
	Internal       bool   // only the office sees the body
	Files          []File
}

// Day groups events.
type Day struct {
	Title  string
	Events []Event
}

// Rule is one condition of an explained decision. State is "pass", "fail" or "unknown".
type Rule struct {
	No, Text, Value string
	Source, Law     string
	State           string
}

// Verdict is an explained decision: result, every condition with value, source and law, the smallest set of conditions
// that decided it, and what would change it.
type Verdict struct {
	ID, Title, Lede string
	Summary, Tone   string
	Rules           []Rule
	Smallest        []string
	Remedy          []string
	Version         string
	Link            *Link
}

// Fact is one value of a file, with where it came from.
type Fact struct {
	Name, Value string
	Code        bool // the value is a number or a code that runs left to right
	Href, Sub   string
	Source      string
	At          time.Time
	Verifier    string // empty: nobody checked it yet
}

// File is one document. Size is in bytes; Hash is shortened by the caller.
type File struct {
	Name, Href string
	Kind, Hash string
	Size       int64
	At         time.Time
	Note       string
	Pill       *Pill
}

// Seal is the state of a case's journal.
type Seal struct {
	Entries    int
	Hash, Href string
	Broken     bool
}

// QueueRow is one case in a list.
type QueueRow struct {
	ID, Title, Href  string
	Code, Place      string
	Stage            Pill
	Left             string // time left in words
	Due              time.Time
	Bar              Bar
	TurnIcon, TurnOf string
	Amount           int64 // rial; 0 shows a dash
}

// Tab is a saved view of a list.
type Tab struct {
	Label, Href  string
	Count        int
	Hot, Current bool
	Bare         bool // without a count
}

// Chip is a filter that is on; Href takes it off.
type Chip struct{ Label, Href string }

// Pager moves along a list by keyset.
type Pager struct {
	From, To, Total int
	Prev, Next      string
	Of              string // which list, where a page has several
}

// Queue is a list of cases with its views and filters.
type Queue struct {
	Caption string
	Tabs    []Tab
	Filters []Field
	Chips   []Chip
	Clear   string // address without filters
	At      string // the list that the filter form leads to (seek)
	Hidden  []Param
	Rows    []QueueRow
	Empty   string
	Pager   Pager
	Sheet   string // address of the whole list as a workbook
	Keep    string // address that keeps the question as a view
	Saved   bool   // there are views to manage
}

// Figure is one large number that leads to its list.
type Figure struct{ Value, Label, Href, Tone string }

// KPI is a number with its definition and the link to what is behind it.
type KPI struct {
	Title, Value, Unit string
	Foot               []string
	Link               *Link
}

// Answer is one line of the check-answers page. Echo repeats an amount in words.
type Answer struct {
	Question, Value, Echo string
	Change                string // address of the question
}

// Receipt confirms that something was filed.
type Receipt struct {
	Title, Code, Text string
	At                time.Time
	Actions           []Action
}

// Letter is an official letter as a page shows it.
type Letter struct {
	From, To, Number string
	Date             time.Time
	Subject, Body    string
	Signer, Office   string
	Attachments      int
}
