package casework

import (
	"strings"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure"
)

// View is a case as one caller may see it. Times are µs UTC. It is what the API gives and the pages draw.
type View struct {
	ID          string           `json:"id"`
	Number      string           `json:"number"`
	Procedure   ProcedureRef     `json:"procedure"`
	Unit        string           `json:"unit"`
	Title       string           `json:"title"`
	Stage       StageRef         `json:"stage"`
	Assignable  bool             `json:"assignable,omitempty"` // the caller may give it to an officer now
	Outcome     string           `json:"outcome,omitempty"`
	Version     int64            `json:"version"`
	Holder      HolderView       `json:"holder"`
	Spent       map[string]int64 `json:"spent"`
	Steps       []StepView       `json:"steps"`
	Facts       []FactView       `json:"facts"`
	Clocks      []ClockView      `json:"clocks"`
	Opinions    []OpinionView    `json:"opinions"`
	Obligations []ObligationView `json:"obligations"`
	Conditions  []ConditionView  `json:"conditions"`
	Verdict     string           `json:"verdict"` // met, not_met, unknown, "" when the caller sees no conditions
	Decisions   []DecisionView   `json:"decisions"`
	Letters     []LetterView     `json:"letters"`
	Timeline    []EventView      `json:"timeline"`
	Actions     []ActionView     `json:"actions"`
	Children    []Child          `json:"children"`
	Parent      string           `json:"parent,omitempty"`
	Alike       []AlikeView      `json:"alike"` // to staff: other cases that look like the same request
	Awaiting    *AwaitingView    `json:"awaiting,omitempty"`
	Ask         *Ask             `json:"ask,omitempty"` // whether it goes over to a newer version, while that is open
	Scores      []ScoreView      `json:"scores"`
	Rounds      []RoundView      `json:"rounds"`
	Agenda      *RoundRef        `json:"agenda,omitempty"` // the round that will decide on it
	Opened      int64            `json:"opened"`
	Changed     int64            `json:"changed"`
	Sample      bool             `json:"sample"`
	Imported    bool             `json:"imported"`
	Claims      []ClaimView      `json:"claims,omitempty"` // what sheets say and no act has confirmed
}

// ClaimView is a step of the funnel that only a sheet says was reached. Amount is rial, 0 for none said; On is civil.
type ClaimView struct {
	Step   string      `json:"step"`
	Title  locale.Text `json:"title"`
	Amount int64       `json:"amount,omitempty"`
	On     string      `json:"on,omitempty"`
}

// AwaitingView is an act that waits for a second person, with what it would change and why.
type AwaitingView struct {
	Action  string       `json:"action"`
	Title   locale.Text  `json:"title,omitzero"` // of an act; a correction has none
	Roles   []string     `json:"roles"`          // who may confirm or decline it
	Since   int64        `json:"since"`
	By      string       `json:"by"`
	Cites   []string     `json:"cites,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Changes []Correction `json:"changes"`
}

// Correction is one fact as it stands and as it would be.
type Correction struct {
	Now FactView `json:"now"`
	To  FactView `json:"to"`
}

// ProcedureRef names the definition a case runs on.
type ProcedureRef struct {
	ID      string      `json:"id"`
	Title   locale.Text `json:"title"`
	Version string      `json:"version"`
	Hash    string      `json:"hash"`
}

// StageRef is a stage by its labels.
type StageRef struct {
	ID     string      `json:"id"`
	Code   string      `json:"code"`
	Title  locale.Text `json:"title"`
	Public locale.Text `json:"public"`
	Final  bool        `json:"final"`
}

// HolderView says whose turn it is, what to do, by when, and what happens otherwise.
type HolderView struct {
	Role      string      `json:"role"`
	Title     locale.Text `json:"title"`
	Side      string      `json:"side"`
	Subject   string      `json:"subject,omitempty"`
	Since     int64       `json:"since"`
	Mine      bool        `json:"mine"`
	Todo      locale.Text `json:"todo"`
	Otherwise locale.Text `json:"otherwise"`
	Due       int64       `json:"due,omitempty"`
	Late      bool        `json:"late"`
	Waiting   string      `json:"waiting,omitempty"`
}

// StepView is one stage of the way, for the stepper: done, now, ahead.
type StepView struct {
	Stage StageRef `json:"stage"`
	State string   `json:"state"`
	Enter int64    `json:"enter,omitempty"`
	Leave int64    `json:"leave,omitempty"`
}

// FactView is one fact with where it comes from.
type FactView struct {
	Name     string            `json:"name"`
	Title    locale.Text       `json:"title"`
	Type     string            `json:"type"`
	Group    string            `json:"group"`
	Value    any               `json:"value"`
	Label    locale.Text       `json:"label"` // of a choice
	Source   string            `json:"source"`
	From     string            `json:"from,omitempty"`
	AsOf     int64             `json:"as_of"`
	By       string            `json:"by,omitempty"`
	Verified string            `json:"verified,omitempty"`
	Table    *locale.Text      `json:"table,omitempty"` // the dated table that gave it; From is its row
	Personal bool              `json:"personal"`
	Stale    bool              `json:"stale"`
	Columns  []*procedure.Fact `json:"-"`
	Def      *procedure.Fact   `json:"-"`
}

// ClockView is one clock of the case.
type ClockView struct {
	ID    string      `json:"id"`
	Title locale.Text `json:"title"`
	State string      `json:"state"`
	Limit locale.Text `json:"limit"`
	Law   string      `json:"law,omitempty"`
	Start int64       `json:"start"`
	Due   int64       `json:"due"`
	Ended int64       `json:"ended,omitempty"`
	// Breached is the due the clock passed, kept when it was ended late; 0 never.
	Breached int64  `json:"breached,omitempty"`
	Cause    string `json:"cause,omitempty"`
	Left     int    `json:"left"` // working days to the due day; negative when late
	// Unsure says that the due day may move: it is counted in working days of a year whose moon-sighted holidays are not known.
	Unsure bool `json:"unsure,omitempty"`
}

// ConditionView is one condition explained: rule, values, law, the smallest reason and remedy.
type ConditionView struct {
	ID       string      `json:"id"`
	Text     locale.Text `json:"text"`
	Is       string      `json:"is"`
	Person   bool        `json:"person"`
	Rule     string      `json:"rule"`
	Law      *LawRef     `json:"law,omitempty"`
	Evidence []string    `json:"evidence"`
	Facts    []FactView  `json:"facts"`
	Because  []string    `json:"because"`
	Missing  []string    `json:"missing"`
	Remedy   []FactView  `json:"remedy"`
	Advice   locale.Text `json:"advice"`
	Failing  string      `json:"failing,omitempty"`
	Unknown  string      `json:"unknown"`
}

// LawRef is a legal basis.
type LawRef struct {
	ID      string      `json:"id"`
	Title   locale.Text `json:"title"`
	Article locale.Text `json:"article"`
}

// DecisionView is a decision with who took it, as what.
type DecisionView struct {
	Action     string      `json:"action"`
	Title      locale.Text `json:"title"`
	Kind       string      `json:"kind"`
	Role       string      `json:"role"`
	RoleTitle  locale.Text `json:"role_title"`
	By         string      `json:"by"`
	At         int64       `json:"at"`
	Cites      []string    `json:"cites"`
	Reason     string      `json:"reason,omitempty"`
	ReasonText locale.Text `json:"reason_text"`
	Round      *RoundRef   `json:"round,omitempty"` // the session that decided
	Void       bool        `json:"void"`
	Seq        int64       `json:"seq"`
	Conditions []Assessed  `json:"conditions"`
}

// LetterView is a letter the caller may open.
type LetterView struct {
	Code   string      `json:"code"`
	Title  locale.Text `json:"title"`
	Number string      `json:"number"`
	At     int64       `json:"at"`
	Token  string      `json:"token"`
}

// EventView is one line of the timeline.
type EventView struct {
	Seq        int64         `json:"seq"`
	Entry      string        `json:"entry"`
	At         int64         `json:"at"`
	Kind       string        `json:"kind"`
	Action     string        `json:"action,omitempty"`
	Assignee   string        `json:"assignee,omitempty"` // whom the case was given to
	Text       locale.Text   `json:"text"`
	By         string        `json:"by,omitempty"`
	Role       string        `json:"role,omitempty"`
	RoleText   locale.Text   `json:"role_text"`
	OnBehalf   *OnBehalf     `json:"on_behalf,omitempty"`
	Round      *RoundRef     `json:"round,omitempty"` // that decided, or on whose agenda it came
	Note       string        `json:"note,omitempty"`
	NoteFor    string        `json:"note_for,omitempty"`
	From       *StageRef     `json:"from,omitempty"`
	To         *StageRef     `json:"to,omitempty"`
	Clock      locale.Text   `json:"clock"`
	What       string        `json:"what,omitempty"` // of a clock: warned, breached, moved
	Old        int64         `json:"old,omitempty"`
	Due        int64         `json:"due,omitempty"`
	Cause      string        `json:"cause,omitempty"`
	Letter     *LetterView   `json:"letter,omitempty"`
	Scan       *Scan         `json:"scan,omitempty"` // of which letter a paper copy was kept
	Refusal    string        `json:"refusal,omitempty"`
	Late       []locale.Text `json:"late,omitempty"`  // clocks it ended after their due
	Lapsed     locale.Text   `json:"lapsed,omitzero"` // an act awaiting confirmation that it left without
	Facts      []locale.Text `json:"facts,omitempty"` // titles of the facts it set
	Files      []FileView    `json:"files,omitempty"`
	Told       []ToldView    `json:"told,omitempty"`       // what it told somebody
	Silent     int           `json:"silent,omitempty"`     // bodies that had not answered when their time passed
	Obligation string        `json:"obligation,omitempty"` // key of the obligation it was about
	Index      int64         `json:"index"`                // in the province's tree, -1 until numbered
}

// FileView is an attached document.
type FileView struct {
	Document string `json:"document"`
	Hash     string `json:"hash"`
	Name     string `json:"name"`
	Size     int64  `json:"size"`
	Media    string `json:"media"`
}

// ActionView is an act open to the caller, with its form.
type ActionView struct {
	ID      string                `json:"id"`
	Title   locale.Text           `json:"title"`
	Kind    string                `json:"kind"`
	Main    bool                  `json:"main"`
	Cites   []ConditionRef        `json:"cites,omitempty"` // conditions a refusal may cite now
	Citing  bool                  `json:"citing"`
	Reasons []procedure.ReasonRow `json:"reasons,omitempty"`
	Note    string                `json:"note"`
	Form    *FormView             `json:"form,omitempty"`
	Blocked []locale.Text         `json:"blocked,omitempty"` // guards not met now
	Behalf  bool                  `json:"behalf"`            // the caller would enter it for another
	Prove   bool                  `json:"prove,omitempty"`   // a second factor is to be shown first
	For     string                `json:"for,omitempty"`     // role whose word it would be
	Takes   []string              `json:"takes,omitempty"`   // registers whose words are copied into the case
}

// ConditionRef is a condition by number and text.
type ConditionRef struct {
	ID   string      `json:"id"`
	Text locale.Text `json:"text"`
}

// FormView is a form with the case's present values.
type FormView struct {
	ID    string      `json:"id"`
	Title locale.Text `json:"title"`
	Pages []PageView  `json:"pages"`
}

// PageView is one page of a form.
type PageView struct {
	ID     string      `json:"id"`
	Title  locale.Text `json:"title"`
	Text   locale.Text `json:"text"`
	Fields []FieldView `json:"fields"`
}

// FieldView is one question with its present value, and the conditions that need it.
type FieldView struct {
	Fact     FactView           `json:"fact"`
	Required string             `json:"required"`
	Visible  bool               `json:"visible"`
	Hint     locale.Text        `json:"hint"`
	Needed   []string           `json:"needed"` // conditions
	Options  []procedure.Option `json:"options,omitempty"`
	Min      *int64             `json:"min,omitempty"`
	Max      *int64             `json:"max,omitempty"`
	Register string             `json:"register,omitempty"`
	Document string             `json:"document,omitempty"`
	Choices  string             `json:"choices,omitempty"` // address of the list's choices, named by the surface that has one
	Columns  []ColumnView       `json:"columns,omitempty"` // of a table: what each of its rows holds
}

// ColumnView is one column of a table's question: rows are objects that name their values by it.
type ColumnView struct {
	Name     string             `json:"name"`
	Title    locale.Text        `json:"title"`
	Type     string             `json:"type"`
	Hint     locale.Text        `json:"hint"`
	Options  []procedure.Option `json:"options,omitempty"`
	Min      *int64             `json:"min,omitempty"`
	Max      *int64             `json:"max,omitempty"`
	Register string             `json:"register,omitempty"`
	Choices  string             `json:"choices,omitempty"` // as of a question
	Personal bool               `json:"personal"`
}

// List names the list that a column's values come from, "" where from none.
func (c ColumnView) List() string { return listOf(c.Register, c.Type) }

// List names the list that a question's answers come from, a live register or the bodies of a kind; "" where from none.
func (f FieldView) List() string { return listOf(f.Register, f.Fact.Type) }

func listOf(register, typ string) string {
	if register == "" && strings.HasPrefix(typ, "body:") {
		return typ
	}
	return register
}
