package procedure

import (
	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// Pos is where something stands in a definition's files: 1-based line and column, in characters.
type Pos struct {
	File      string
	Line, Col int
}

// Definition is one version of a procedure, read from its folder, or from the canonical form of a published one. It is
// immutable after Parse and safe for concurrent use. The yaml tags name the keys of procedure.yaml; values are decoded
// from their source text by the declared type of the field, never by YAML's guess (kernel.md 15).
type Definition struct {
	ID         string        `yaml:"id"`      // procedure.id: [a-z][a-z0-9-]*
	Version    string        `yaml:"version"` // procedure.version, text
	Title      locale.Text   `yaml:"title"`
	Summary    locale.Text   `yaml:"summary"`
	Prefix     string        `yaml:"prefix"` // of case numbers: RG → RG-1405-00001
	From       jalali.Date   `yaml:"from"`   // effective from
	To         jalali.Date   `yaml:"to"`     // zero: open
	Supersedes string        `yaml:"supersedes"`
	Calendar   string        `yaml:"calendar"`
	Laws       []*Law        `yaml:"laws"`
	Relations  []*Relation   `yaml:"relations"`
	Roles      []*Role       `yaml:"roles"`
	Separation []*Separation `yaml:"separation"`
	Facts      []*Fact       `yaml:"facts"`
	Forms      []*Form       `yaml:"forms"`
	Conditions []*Condition  `yaml:"conditions"`
	Decisions  []*Decision   `yaml:"decisions"`
	Dated      []*Dated      `yaml:"dated"`
	Scores     []*Score      `yaml:"scores"`
	Rounds     []*Round      `yaml:"rounds"`
	Stages     []*Stage      `yaml:"stages"`
	Actions    []*Action     `yaml:"actions"`
	Approvals  []*Approval   `yaml:"approvals"`
	Correct    *Correct      `yaml:"correct"`
	Clocks     []*Clock      `yaml:"clocks"`
	Obligation []*Obligation `yaml:"obligations"`
	Letters    []*Letter     `yaml:"letters"`
	Reasons    []*Reasons    `yaml:"reasons"` // tables of coded reasons
	Dedup      []*Dedup      `yaml:"dedup"`
	Budgets    []*Budget     `yaml:"money"`
	Appeal     *Appeal       `yaml:"appeal"`
	Consult    []*Consult    `yaml:"consult"`
	Publish    *Publish      `yaml:"publish"`
	Retention  []*Retention  `yaml:"retention"`
	Indicators []*Indicator  `yaml:"indicators"`
	Funnel     *Funnel       `yaml:"funnel"`
	Migration  *Migration    `yaml:"migration"`
	Questions  []locale.Text `yaml:"questions"` // open questions, printed in the manual

	Examples []*Example `yaml:"-"` // from examples/*.yaml
	Hash     string     `yaml:"-"` // hex SHA-256 of the canonical form of everything pinned
	compiled *compiled
	origin   *origin
}

// Article is where in a law something stands: one text for both languages ("62") or one for each ("5 bis"). One text is
// written as such in the canonical form, so that what was published before keeps its hash.
type Article locale.Text

// In gives the article in a language, in its digits.
func (a Article) In(l locale.Lang) string { return locale.Digits(l, locale.Text(a).In(l)) }

// Law is a legal basis. Hash is the SHA-256 of its quoted text, so that a changed quotation changes the definition.
type Law struct {
	ID      string
	Title   locale.Text `yaml:"title"`
	Article Article     `yaml:"article"`
	Text    locale.Text `yaml:"text"` // what it says, in our words
	Source  string      `yaml:"source"`
	Sure    string      `yaml:"sure"` // sourced, general, proposal
	Hash    string      `yaml:"-"`
	Pos     Pos
}

// Relation names how a subject stands to a case: the applicant's unit, the expert it is assigned to, the branch it was
// sent to. As says what the subject is: unit, person or body.
type Relation struct {
	ID    string
	As    string      `yaml:"as"`
	Title locale.Text `yaml:"title"`
	Pos   Pos
}

// Role says who may touch a case and what they see of it: nothing else grants access (kernel: deny by default). With
// Relation the actor's own unit, person or body must be bound to the case under that relation; without one, Scope
// decides (county or province).
type Role struct {
	ID       string      // of domain 2.2: unit.ceo, dir.expert, bank.branch …
	Title    locale.Text `yaml:"title"`
	Side     string      `yaml:"side"` // whose time it is when this role holds the case: unit, directorate, bank, association, body, system
	Relation string      `yaml:"relation"`
	Scope    string      `yaml:"scope"` // own, county, province
	Sees     []string    `yaml:"sees"`  // groups of facts; "*" is all
	Notes    string      `yaml:"notes"` // which notes: none, public, all
	Pos      Pos
}

// SeesLetters in Role.Sees opens every letter of the case; without it a role sees those addressed or copied to its relation.
const SeesLetters = "letters"

// Separation: no one person may do two of these actions in one case.
type Separation struct {
	Actions []string    `yaml:"actions"`
	Text    locale.Text `yaml:"text"`
	Pos     Pos
}

// Personal declares why a personal fact is held, and for how long; without it publishing fails (kernel.md 16).
type Personal struct {
	Purpose   locale.Text `yaml:"purpose"`
	Retention string      `yaml:"retention"` // "10 years", "case"
	Pos       Pos
}

// Fact types beyond the rule kinds: identifiers are "id:national_code" and so on (package ident), a body is "body:bank.branch".
const (
	TypeFile = "file"
	TypeGeo  = "geo"
)

// Fact sources.
const (
	SourceAsked    = "asked"    // by a form
	SourceRegistry = "registry" // from a register of the province: From names it ("unit.licence_expiry", "package.rate")
	SourceComputed = "computed" // by Rule or a dated Table from other facts
	SourceBody     = "body"     // stated by another body through an action's form
	SourceSystem   = "system"   // set by an effect
	SourceParent   = "parent"   // given by the case that opened this one
)

// Fact is one typed thing a case knows.
type Fact struct {
	ID       string
	Type     string      `yaml:"type"` // text int decimal percent money date bool choice list table file geo id:<kind> body:<kind>
	Title    locale.Text `yaml:"title"`
	Hint     locale.Text `yaml:"hint"`
	Source   string      `yaml:"source"`
	From     string      `yaml:"from"`  // registry field
	Rule     string      `yaml:"rule"`  // computed
	Table    string      `yaml:"table"` // computed: by this dated table
	Group    string      `yaml:"group"`
	By       string      `yaml:"by"`     // role or side that controls it; "unit" facts can be in a remedy
	Weight   int         `yaml:"weight"` // effort of changing it, for the smallest remedy (default 1)
	AskOnce  bool        `yaml:"ask_once"`
	Valid    string      `yaml:"valid"`    // "30 days": older readings are stale, hence unknown
	DatedBy  string      `yaml:"dated_by"` // the date fact that says when the reading was taken
	Min, Max *int64      `yaml:"-"`        // keys min, max (rial, percent in basis points, count, text length)
	Options  []Option    `yaml:"options"`
	Reasons  string      `yaml:"reasons"`  // choice from a table of coded reasons
	Register string      `yaml:"register"` // choice from a live register: package, bank_branch …
	Columns  []*Fact     `yaml:"columns"`  // table
	Document string      `yaml:"document"` // D01…D20, for files
	Personal *Personal   `yaml:"personal"`
	Pos      Pos
	RulePos  Pos
}

// Option is one answer of a choice.
type Option struct {
	Code  string      `json:"code"`
	Title locale.Text `json:"title"`
}

// Form is pages of questions.
type Form struct {
	ID    string
	Title locale.Text `yaml:"title"`
	Pages []*Page     `yaml:"pages"`
	Pos   Pos
}

// Page is one screen of a form.
type Page struct {
	ID     string      `yaml:"id"`
	Title  locale.Text `yaml:"title"`
	Text   locale.Text `yaml:"text"`
	Fields []*Field    `yaml:"fields"`
	Pos    Pos
}

// Field asks a fact. Required: hard (refused without), soft (asked once more, then accepted as unknown), no.
type Field struct {
	Fact     string      `yaml:"fact"`
	Required string      `yaml:"required"`
	Visible  string      `yaml:"visible"` // rule; empty is always
	Hint     locale.Text `yaml:"hint"`
	Pos      Pos
}

// Condition is the only lawful kind of reason to refuse.
type Condition struct {
	ID       string      // C1…
	Text     locale.Text `yaml:"text"`
	Rule     string      `yaml:"rule"`
	Law      string      `yaml:"law"`
	Evidence []string    `yaml:"evidence"`
	Remedy   locale.Text `yaml:"remedy_text"`
	Unknown  string      `yaml:"unknown"` // ask | human
	Pos      Pos
	RulePos  Pos
}

// Decision is a decision table in tables/*.csv, pinned.
type Decision struct {
	ID      string
	Title   locale.Text `yaml:"title"`
	File    string      `yaml:"file"`
	Hit     string      `yaml:"hit"` // unique | first | priority | collect
	Inputs  []string    `yaml:"inputs"`
	Outputs []*Fact     `yaml:"outputs"` // typed like facts
	Law     string      `yaml:"law"`
	Pos     Pos
	CSV     string `yaml:"-"`
}

// Dated is a decision table in tables/*.csv whose rows are in force from a day to a day (columns from, to). It gives the
// computed facts that name it. Its rows are outside the hash, so the one used is recorded with what it gave (kernel.md 14).
type Dated struct {
	ID      string
	Title   locale.Text `yaml:"title"`
	File    string      `yaml:"file"`
	Hit     string      `yaml:"hit"` // unique | first | priority
	Inputs  []string    `yaml:"inputs"`
	DatedBy string      `yaml:"dated_by"` // the date fact whose rows count; without it those of today
	Law     string      `yaml:"law"`
	Pos     Pos
	CSV     string `yaml:"-"`
}

// Score is a set of weighted criteria; weights freeze when a round opens.
type Score struct {
	ID       string
	Title    locale.Text  `yaml:"title"`
	Scorers  int          `yaml:"scorers"`
	Blind    bool         `yaml:"blind"`
	Spread   int          `yaml:"spread"` // points apart that call for another scorer
	Conflict bool         `yaml:"conflict"`
	Criteria []*Criterion `yaml:"criteria"`
	Pos      Pos
}

// Criterion is one line of a score. Rule gives points where they follow from facts; without one a person gives them.
type Criterion struct {
	ID     string      `yaml:"id"`
	Title  locale.Text `yaml:"title"`
	Guide  locale.Text `yaml:"guide"`
	Weight int         `yaml:"weight"`
	Rule   string      `yaml:"rule"`
	Pos    Pos
}

// Stage is where a case stands. A non-final stage has a holder, an action that leaves it and a clock that runs in it.
type Stage struct {
	ID        string
	Code      string      `yaml:"code"`        // of domain 5.6: F10, B20 …
	Title     locale.Text `yaml:"title"`       // staff label
	Public    locale.Text `yaml:"public"`      // public label
	Holder    string      `yaml:"holder"`      // role
	Waiting   string      `yaml:"waiting_for"` // cause code: WAIT_APPLICANT, WAIT_BANK …
	Enter     string      `yaml:"enter"`       // rule that must be met to enter
	Exit      string      `yaml:"exit"`        // rule that must be met to leave by any action but withdrawal and breach
	Start     bool        `yaml:"start"`
	History   bool        `yaml:"history"` // where cases of the past open that a sheet tells of
	Final     bool        `yaml:"final"`
	Outcome   string      `yaml:"outcome"` // of a final stage: granted, refused, withdrawn, expired, closed
	Priority  int         `yaml:"priority"`
	Todo      locale.Text `yaml:"todo"`      // what the holder must do now
	Otherwise locale.Text `yaml:"otherwise"` // what happens when the clock runs out
	Pos       Pos
}

// Next is where an action leads: the first whose rule is met (an empty rule always is).
type Next struct {
	If  string `yaml:"if"`
	To  string `yaml:"to"` // stage; "" stays
	Pos Pos
}

// Guard is a rule an act must meet, with what to say when it does not (422).
type Guard struct {
	Rule string      `yaml:"rule"`
	Text locale.Text `yaml:"text"`
	Pos  Pos
}

// Action is one act. The same list is what a page offers, the API accepts and the journal records.
type Action struct {
	ID       string
	Title    locale.Text `yaml:"title"`
	Done     locale.Text `yaml:"done"` // past tense, for the timeline
	In       []string    `yaml:"in"`
	By       []string    `yaml:"by"` // roles; "system" for clocks only
	Form     string      `yaml:"form"`
	Score    string      `yaml:"score"` // the act gives points for this score
	Guards   []*Guard    `yaml:"guards"`
	Next     []*Next     `yaml:"next"`
	Effects  []*Effect   `yaml:"effects"`
	Kind     string      `yaml:"kind"`    // "", grant, refuse, conditional, return, withdraw, correct, sign
	Cites    bool        `yaml:"cites"`   // must cite condition numbers that are not met, or are unknown with human
	Reasons  string      `yaml:"reasons"` // must carry a code of this table
	Note     string      `yaml:"note"`    // none, optional, required
	Confirm  []string    `yaml:"confirm"` // roles of another body that confirm later
	Voids    []string    `yaml:"invalidates"`
	OnBehalf []string    `yaml:"on_behalf"` // roles that may enter this act for its own roles, with source and evidence
	StepUp   bool        `yaml:"step_up"`
	Delegate string      `yaml:"delegate"` // scope of the delegation table that the actor needs, with a ceiling
	Ceiling  string      `yaml:"ceiling"`  // money fact compared with the delegation's ceiling
	Main     bool        `yaml:"main"`     // the page's one main button
	Pos      Pos
}

// EffectTake copies what a programme's register says at the moment of the act into a fact, with its source. Later rows of the
// register change nothing of it.
const EffectTake = "take"

// Effect is one consequence of an act, done in order in the same transaction. Exactly one of the kinds is set.
type Effect struct {
	Kind string // number, letter, bind, unbind, set, open, notify, publish, reserve, release, evaluate, notice, freeze, decide, issue, take
	// Name: series (number), letter code, relation (bind, unbind), fact (set, take), procedure (open), role (notify),
	// key (publish, notice), budget (reserve, release).
	Name string
	From string            // bind: fact:<id> | actor | parent:<relation> | unit; take: the register
	Rule string            // set, reserve: expression
	Text locale.Text       // notify
	Give map[string]string // open: child fact → rule over this case's facts
	Pos  Pos
}

// Approval: min of n roles must have done action Action before Stage can be left; a change of Voided facts voids it.
type Approval struct {
	ID     string
	Action string   `yaml:"action"`
	Min    int      `yaml:"min"`
	Of     []string `yaml:"of"`
	Facts  []string `yaml:"facts"`
	Pos    Pos
}

// Correct names who may propose to correct what a case has recorded, and who, always another person, may confirm it.
// Without it nobody corrects anything.
type Correct struct {
	By      []string `yaml:"by"`      // roles
	Confirm []string `yaml:"confirm"` // roles
	Pos     Pos
}

// Event starts or stops a clock: enter(stage) leave(stage) action(id) sent(letter) noticed(key) answered(consultation).
type Event struct {
	Kind, Name string
	Pos        Pos
}

// Pause stops a clock's running in some stages, with a cause code; a statutory clock needs Law to have one.
type Pause struct {
	In    []string `yaml:"in"`
	Cause string   `yaml:"cause"`
	Law   string   `yaml:"law"`
	Pos   Pos
}

// Breach is what happens at the end of a clock: remind role, escalate role, publish key, open procedure, act action.
type Breach struct {
	Kind, Name string
	Give       map[string]string // open: child fact → rule over this case's facts
	Pos        Pos
}

// Clock is a deadline. One of its starting events starts it (again), one of its stopping events ends it.
type Clock struct {
	ID        string
	Title     locale.Text     `yaml:"title"`
	Start     []Event         `yaml:"start"`
	Stop      []Event         `yaml:"stop"`
	Pauses    []*Pause        `yaml:"pause"`
	Limit     calendar.Limit  `yaml:"limit"`
	Warn      *calendar.Limit `yaml:"warn"` // so long before the end
	Breach    []*Breach       `yaml:"breach"`
	Statutory bool            `yaml:"statutory"`
	Law       string          `yaml:"law"`
	Calendar  string          `yaml:"calendar"`   // empty: the definition's
	Closed    string          `yaml:"closed_end"` // stay | next
	Pos       Pos
}

// Letter is a template of the folder letters/, its number series and its signers in order.
type Letter struct {
	ID      string      // L01 …
	Title   locale.Text `yaml:"title"`
	File    string      `yaml:"file"`
	Series  string      `yaml:"series"`
	To      string      `yaml:"to"` // relation
	Signers []string    `yaml:"signers"`
	Copies  []string    `yaml:"copies"` // relations
	Pos     Pos
	Source  string `yaml:"-"` // the template's text
}

// Reasons is a dated table of coded reasons: code, fa, en, side, remedy, from, to.
type Reasons struct {
	ID   string
	File string `yaml:"file"`
	Pos  Pos
	Rows []ReasonRow `yaml:"-"`
}

// ReasonRow is one coded reason.
type ReasonRow struct {
	Code    string      `json:"code"`
	Side    string      `json:"side"`
	Remedy  locale.Text `json:"remedy"`
	Title   locale.Text `json:"title"`
	MinText int         `json:"min_text"`         // least characters of explanation it asks for
	Barred  bool        `json:"barred,omitempty"` // known, but no reason to refuse: a letter "not received" that was dispatched
	From    jalali.Date `json:"from,omitzero"`
	To      jalali.Date `json:"to,omitzero"`
}

// Dedup keys find the same request twice, at submit and at sync.
type Dedup struct {
	ID     string
	Exact  []string `yaml:"exact"`
	Fuzzy  []string `yaml:"fuzzy"`
	Window string   `yaml:"window"`
	Pos    Pos
}

// Budget is a line of money that awards draw on; live balances are registers.
type Budget struct {
	ID       string
	Title    locale.Text `yaml:"title"`
	Register string      `yaml:"register"`
	Amount   string      `yaml:"amount"` // money fact
	Tranches []int64     `yaml:"tranches"`
	Pos      Pos
}

// Appeal says how long, and who answers: never the decider.
type Appeal struct {
	Action string         `yaml:"action"`
	Answer string         `yaml:"answer"`
	Within calendar.Limit `yaml:"within"`
	By     []string       `yaml:"by"`
	Pos    Pos
}

// Publish lists what the public sees, and the smallest cell shown.
type Publish struct {
	Facts   []string `yaml:"facts"`
	MinCell int      `yaml:"min_cell"`
	Pos     Pos
}

// Retention says what happens to a case's personal data after an outcome.
type Retention struct {
	Outcome string `yaml:"outcome"`
	Keep    string `yaml:"keep"` // "10 years"
	Law     string `yaml:"law"`
	Pos     Pos
}

// Indicator is a figure with its definition.
type Indicator struct {
	ID          string
	Title       locale.Text `yaml:"title"`
	Numerator   string      `yaml:"numerator"` // text: stage(x), outcome(x), action(x)
	Denominator string      `yaml:"denominator"`
	Note        locale.Text `yaml:"note"`
	Pos         Pos
}

// Funnel says how far cases get: the steps that managers count, and the relation whose subjects are compared (branches of
// banks). A case has reached a step when the step's action was done in it; its amount is the step's money fact.
type Funnel struct {
	By    string  `yaml:"by"` // relation
	Steps []*Step `yaml:"steps"`
	Pos   Pos
}

// Step is one step of a funnel.
type Step struct {
	ID     string
	Title  locale.Text `yaml:"title"`
	Action string      `yaml:"action"`
	Amount string      `yaml:"amount"` // money fact
	Pos    Pos
}

// Migration says how running cases of older versions come over.
type Migration struct {
	From   []string          `yaml:"from"`
	Groups map[string]string `yaml:"groups"` // pin | forward | ask, by group rule name
	Stages map[string]string `yaml:"stages"` // old → new
	Voided []string          `yaml:"voided"`
	Pos    Pos
}

// Example is a case with facts, acts and what must come out.
type Example struct {
	File    string
	Name    string
	Text    locale.Text
	Now     string            // Jalali date and time of the first act
	Unit    map[string]any    // registry facts
	Facts   map[string]any    // what the applicant says
	Members []map[string]any  // what a round finds: facts of each listed case
	Tables  map[string]string // other rows of dated tables, by file: what a change of them would come to
	Do      []ExampleStep
	Expect  ExampleExpect
	Pos     Pos
}

// ExampleStep is one act: action, by whom, when, with which facts.
type ExampleStep struct {
	Action string
	By     string // role; default: the first of the action
	Person string // default: one person per role
	After  string // limit text to let pass before it: "6 working days"
	Facts  map[string]any
	Cites  []string
	Reason string
	Note   string
	Fails  string // fault key expected instead
	Pos    Pos
}

// ExampleExpect is what must come out.
type ExampleExpect struct {
	Stage       string
	Outcome     string
	Letters     []string
	Opened      []string // child procedures
	Facts       map[string]any
	Conditions  map[string]ExampleCondition
	Obligations map[string]string // key → state
	Opinions    map[string]string
	Pos         Pos
}

// ExampleCondition is an expected condition result.
type ExampleCondition struct {
	Is      string
	Because []string
	Remedy  map[string]any
	Pos     Pos
}
