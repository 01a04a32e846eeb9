package privacy

import (
	"slices"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/party"
)

// DossierFormat names the form in which a person's data are given to them.
const DossierFormat = "rahgosha-person-1"

// The grounds on which a person's data are given out: they took them themself, or asked for them on paper.
const (
	ByThemself = "self"
	OnPaper    = "paper"
)

// entryExported journals that a person's data were given out.
const entryExported = "people.exported"

// Why something is left out of what is given.
const (
	LeftValues    = "values"    // values that are another person's
	LeftSpoke     = "spoke"     // cases of a unit for which the person no longer speaks: only their own acts are given
	LeftUnknown   = "unknown"   // nobody saw yet that the name and national code are the person's: what stands under these is left out
	LeftOffice    = "office"    // what the person did, wrote and kept in an office stands in the files of others
	LeftQuestions = "questions" // the words of what they searched for
	LeftProvinces = "provinces" // other provinces give what they hold themselves
)

// Dossier is all that is held of one person in a province, in clear: what is theirs, and nothing of others. Times are µs UTC,
// days are civil.
type Dossier struct {
	Format    string         `json:"format"`
	Province  string         `json:"province"`
	Made      int64          `json:"made"`
	Ground    string         `json:"ground"`
	Person    PersonPart     `json:"person"`
	Ways      []party.Way    `json:"ways_to_sign_in"`
	Codes     CodesPart      `json:"printed_codes"`
	Sessions  []Session      `json:"sessions"`
	Posts     []Post         `json:"posts"`
	Powers    []Power        `json:"powers"`
	Leaves    []Leave        `json:"leaves"`
	Claims    []Claim        `json:"claims"`
	Units     []UnitPart     `json:"units"`
	Cases     []CasePart     `json:"cases"`
	Registers []RegisterPart `json:"registers"` // what they entered of their units in registers of programmes
	Documents []Paper        `json:"documents"`
	Lists     []List         `json:"lists"`
	Asked     []Look         `json:"asked"`     // what they searched for or took away, where that is journalled
	Looked    []Look         `json:"looked_at"` // who read or took away what tells of them, where that is journalled
	Erasures  []ErasurePart  `json:"erasures"`
	LeftOut   []LeftOut      `json:"left_out"`
}

// PersonPart is who they are.
type PersonPart struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	NationalCode string `json:"national_code"`
	Mobile       string `json:"mobile"`
	Registered   int64  `json:"registered"`
	Sample       bool   `json:"sample,omitempty"`
}

// CodesPart counts printed codes.
type CodesPart struct {
	Given int64 `json:"given"`
	Left  int64 `json:"left"`
}

// Session is where they are signed in.
type Session struct {
	Began     int64 `json:"began"`
	Seen      int64 `json:"seen"`
	Ends      int64 `json:"ends"`
	SteppedUp int64 `json:"stepped_up,omitempty"`
}

// Post is a term in a body or for a unit.
type Post struct {
	Province string      `json:"province"`
	Role     string      `json:"role"`
	Where    locale.Text `json:"where"`
	Title    locale.Text `json:"title"`
	Unit     string      `json:"unit,omitempty"`
	County   string      `json:"county,omitempty"`
	Document string      `json:"document"`
	From     string      `json:"from"`
	To       string      `json:"to,omitempty"`
	Ended    int64       `json:"ended,omitempty"`
}

// Power is a power given to one of their terms, or by one.
type Power struct {
	Scope    string `json:"scope"`
	Given    bool   `json:"given"` // by them, not to them
	Ceiling  *int64 `json:"ceiling,omitempty"`
	Document string `json:"document"`
	From     string `json:"from"`
	To       string `json:"to,omitempty"`
	Revoked  int64  `json:"revoked,omitempty"`
}

// Leave is a time in which they were away.
type Leave struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Document string `json:"document"`
	Ended    int64  `json:"ended,omitempty"`
}

// Claim says that they may speak for a unit.
type Claim struct {
	ID       string `json:"id"`
	Unit     string `json:"unit"`
	UnitName string `json:"unit_name"`
	Post     string `json:"post"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Evidence string `json:"evidence"` // hash of the document
	Made     int64  `json:"made"`
	Decided  int64  `json:"decided,omitempty"`
}

// UnitPart is a unit that they own or speak for.
type UnitPart struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Owner  bool        `json:"owner"`
	Speaks bool        `json:"speaks"`
	Values []UnitValue `json:"values"`
}

// UnitValue is a value of a company file, the present one where Until is 0.
type UnitValue struct {
	Field  string      `json:"field"`
	Title  locale.Text `json:"title"`
	Value  any         `json:"value"`
	Source string      `json:"source"`
	AsOf   int64       `json:"as_of"`
	Until  int64       `json:"until,omitempty"`
}

// CasePart is a case as who speaks for its unit reads it; Own says that they do no longer, and that it holds their acts alone.
type CasePart struct {
	ID          string                    `json:"id"`
	Number      string                    `json:"number"`
	Procedure   casework.ProcedureRef     `json:"procedure"`
	Unit        string                    `json:"unit"`
	UnitName    string                    `json:"unit_name"`
	Stage       locale.Text               `json:"stage"`
	Outcome     string                    `json:"outcome,omitempty"`
	Opened      int64                     `json:"opened"`
	Changed     int64                     `json:"changed"`
	Own         bool                      `json:"own_acts_only"`
	ReadAs      string                    `json:"-"` // the role in which it was read
	Erased      bool                      `json:"erased,omitempty"`
	Facts       []casework.FactView       `json:"facts"`
	Decisions   []casework.DecisionView   `json:"decisions"`
	Opinions    []casework.OpinionView    `json:"opinions"`
	Obligations []casework.ObligationView `json:"obligations"`
	Letters     []casework.LetterView     `json:"letters"`
	Events      []casework.EventView      `json:"events"`
	Said        []casework.Said           `json:"entered"` // all that they entered themself, drafts too
}

// RegisterPart is what they entered of a unit in a register of a programme. What names it: a code, a number.
type RegisterPart struct {
	Register locale.Text     `json:"register"`
	What     string          `json:"what"`
	Unit     string          `json:"unit"`
	At       int64           `json:"at"`
	Values   []RegisterValue `json:"values"`
}

// RegisterValue is one value of it; days are civil, amounts as a program writes them.
type RegisterValue struct {
	Title locale.Text `json:"title"`
	Value string      `json:"value"`
}

// Paper is a document that they put, or one of a case that is theirs alone; File is its name in what is given, "" where the content is left out.
type Paper struct {
	Hash  string `json:"hash"`
	Name  string `json:"name"`
	Media string `json:"media"`
	Size  int64  `json:"size"`
	At    int64  `json:"at"`
	File  string `json:"file,omitempty"`
}

// List is a list that they keep by a name.
type List struct {
	Name string `json:"name"`
	Ask  string `json:"question"`
	At   int64  `json:"at"`
}

// Look is an entry of the journal that says who read or took something away.
type Look struct {
	At    int64  `json:"at"`
	Kind  string `json:"kind"`
	Route string `json:"route"`
}

// ErasurePart is an erasure that was asked of them; who asked and why is the office's.
type ErasurePart struct {
	Basis   string `json:"basis"`
	State   string `json:"state"`
	Asked   int64  `json:"asked"`
	Decided int64  `json:"decided,omitempty"`
}

// LeftOut says how much of something is left out, and why.
type LeftOut struct {
	What  string      `json:"what"`
	Count int         `json:"count,omitempty"`
	Why   locale.Text `json:"why"`
}

// Reader is as whom a case of theirs is read.
func (c CasePart) Reader(province, person string) casework.Caller {
	return casework.Caller{Actor: casework.Actor{Person: person, Role: c.ReadAs, Unit: c.Unit},
		Grants: casework.Grants{Person: person, Unit: c.Unit, Province: province}}
}

// leave counts what is left out; of n nothing is said where it is 0.
func (d *Dossier) leave(what string, n int) {
	i := slices.IndexFunc(d.LeftOut, func(l LeftOut) bool { return l.What == what })
	if i < 0 {
		d.LeftOut = append(d.LeftOut, LeftOut{What: what, Why: locale.Of("privacy.left."+what, nil)})
		i = len(d.LeftOut) - 1
	}
	d.LeftOut[i].Count += n
}
