// Package services is a province's register of exports of technical-engineering services: contracts with clients abroad, the
// approved statements of work of each, what was received, what equipment of a contract customs declared, the rates and the
// figures of others that shares are made with. Customs declare no service: the papers of the contract are the evidence.
//
// A contract's value is no export; work that the client approved is, in the period in which it was done. Nothing is
// overwritten: a correction is a new version with its reason, and the version before stays. A version counts once another
// person than the one who entered it has approved it.
package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/journal"
)

// Kind is what a record says.
type Kind string

// The kinds of records.
const (
	Contract  Kind = "contract"  // who does what for whom abroad, for how much
	Statement Kind = "statement" // work done in a period, as the client approved it
	Receipt   Kind = "receipt"   // what came in of a contract
	Equipment Kind = "equipment" // goods in a statement that customs declared: exports of goods, not of services
	Rate      Kind = "rate"      // what a dollar cost on a day
	Figure    Kind = "figure"    // what somebody else published, to measure against
)

// Kinds gives all kinds in the order in which people are told of them.
func Kinds() []Kind { return []Kind{Contract, Statement, Receipt, Equipment, Rate, Figure} }

// ofContract tells whether a record of the kind hangs on a contract.
func (k Kind) ofContract() bool { return k == Statement || k == Receipt || k == Equipment }

// published tells whether a record of the kind repeats what others published; it counts at once, with its source.
func (k Kind) published() bool { return k == Rate || k == Figure }

// State is how far a version is.
type State string

// The states: what a firm or an officer entered waits for another officer.
const (
	Submitted State = "submitted"
	Approved  State = "approved"
	Refused   State = "refused"
)

// Fields are what a record says. Which of them a kind has is told by FieldsOf. Amounts are in the smallest part of their
// currency, days are Gregorian civil days.
type Fields struct {
	Contract    string `json:"contract,omitempty"` // the firm's own number of the contract
	Firm        string `json:"firm,omitempty"`
	LegalID     string `json:"legal_id,omitempty"`
	Home        string `json:"home,omitempty"`   // province of the firm; "" is the register's own
	Client      string `json:"client,omitempty"` // shown to who may know it
	Country     string `json:"country,omitempty"`
	Category    string `json:"category,omitempty"` // TS01 to TS19
	EBOPS       string `json:"ebops,omitempty"`    // a class of EBOPS 2010
	Currency    string `json:"currency,omitempty"` // ISO 4217
	Amount      int64  `json:"amount,omitempty"`   // of figures: cents of USD, a count, or hundredths of a percent
	Goods       int64  `json:"goods,omitempty"`    // of a contract's value
	Grade       string `json:"grade,omitempty"`
	Number      string `json:"number,omitempty"` // of the statement or the receipt
	On          string `json:"on,omitempty"`     // signed, dated, received, declared; of a rate its day
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Statement   string `json:"statement,omitempty"`   // number of the statement that equipment is part of
	Declaration string `json:"declaration,omitempty"` // number of the customs declaration
	HS          string `json:"hs,omitempty"`
	PerUSD      int64  `json:"per_usd,omitempty"` // millionths of the currency for one dollar
	Name        string `json:"name,omitempty"`    // of a figure
	Source      string `json:"source,omitempty"`
	Vintage     string `json:"vintage,omitempty"`
}

// Record is one version of what somebody entered; it never changes. Thing is the id of its first version, which all versions
// share. Of is the Thing of its contract. Unit is the firm in the register of units, "" for a firm known by its legal id alone.
type Record struct {
	Province string `json:"-"`
	Seq      int64  `json:"-"` // its place in the register
	ID       string `json:"-"`
	Thing    string `json:"-"`
	Kind     Kind   `json:"-"`
	Of       string `json:"-"`
	Unit     string `json:"-"`
	At       int64  `json:"-"` // microseconds UTC
	By       string `json:"-"`
	Fields
	Reason string `json:"reason,omitempty"` // of a correction
	File   string `json:"file,omitempty"`   // sheet and row that it came from
	Row    int    `json:"row,omitempty"`

	State     State  `json:"-"`
	DecidedAt int64  `json:"-"`
	DecidedBy string `json:"-"`
	Word      string `json:"-"` // why it was refused
}

// Text is what a record says, as it is kept.
func (r Record) Text() (string, error) {
	b, err := json.Marshal(r)
	return string(b), err
}

// ReadText reads what Text wrote.
func (r *Record) ReadText(s string) error { return json.Unmarshal([]byte(s), r) }

// hash is that of what a record says.
func (r Record) hash() (string, error) {
	s, err := r.Text()
	h := sha256.Sum256([]byte(string(r.Kind) + "\n" + r.Of + "\n" + r.Unit + "\n" + s))
	return hex.EncodeToString(h[:]), err
}

// Decision is what became of a version.
type Decision struct {
	Province, Record string
	State            State
	At               int64
	By, Word         string
}

// Tx is what the register needs of a transaction.
type Tx interface {
	// ServiceRecords gives all versions of a province with what became of them, the first entered first; with a unit only its
	// own, without rates and figures.
	ServiceRecords(ctx context.Context, province, unit string) ([]Record, error)
	// ServiceRecordsOf gives all versions of the things that are sought, the first entered first.
	ServiceRecordsOf(ctx context.Context, province string, q Sought) ([]Record, error)
	// ServicesWaiting counts the versions of a unit that nobody has decided on.
	ServicesWaiting(ctx context.Context, province, unit string) (int, error)
	PutServiceRecord(ctx context.Context, r Record) error
	// DecideServiceRecord keeps a decision; conflict services.decided when there is one.
	DecideServiceRecord(ctx context.Context, d Decision) error
	Record(ctx context.Context, l journal.Leaf) error
}

// Sought says which things a command is judged by: each of which a version fits any of it. A command in the one writer reads no more,
// however long the register is.
type Sought struct {
	Records []string // ids of versions
	Things  []string
	On      []string // contracts: what hangs on them
	Alone   []Alone
	From    int64 // what was entered from this place on; 0 for nothing
}

// Alone are things of a kind and of a unit, "" for none. Says is what a version of them says, as Text
// writes it; "" for anything.
type Alone struct {
	Kind Kind
	Unit string
	Says string
}

// Config is what the service needs. Home is the province's own name.
type Config struct {
	Write func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Read  func(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	Clock clock.Clock
	NewID func() string
	Home  locale.Text
}

// Service is the register; safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// chain is the journal's chain of the register.
const chain = "services"

// Entry is one record to take in. Fields are as people typed or a sheet wrote them.
type Entry struct {
	Province, By string
	Kind         Kind
	Unit         string            // of a contract: the firm in the register of units
	Of           string            // Thing of the contract that it hangs on
	Corrects     string            // Thing that it replaces
	Reason       string            // of a correction
	Only         string            // unit whose contracts alone it may touch; "" is an officer
	LegalID      string            // of Only, as the register of units has it; "" where it has none
	Typed        map[string]string // by field
	Countries    map[string]string // codes by folded names
}

// Enter takes a record in: submitted, or at once what others published. Faults are at their field: what is wrong with what was
// typed, services.twice for what stands already, services.reason for a correction without one.
func (s *Service) Enter(ctx context.Context, e Entry) (out Record, err error) {
	err = s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := bounded(ctx, tx, e); err != nil {
			return err
		}
		g, f, err := judging(ctx, tx, e)
		if err != nil {
			return err
		}
		if out, err = g.make(e, f); err != nil {
			return err
		}
		return s.put(ctx, tx, &out)
	})
	return out, err
}

// MostWaiting is how many versions of one unit wait for a decision at most: nobody's entries make the register long before an officer saw
// them.
const MostWaiting = 200

// bounded refuses a unit's entry where as many wait as may.
func bounded(ctx context.Context, tx Tx, e Entry) error {
	if e.Only == "" {
		return nil
	}
	n, err := tx.ServicesWaiting(ctx, e.Province, e.Only)
	if err == nil && n >= MostWaiting {
		err = fault.New(fault.Refused, "services.waiting", "most", MostWaiting)
	}
	return err
}

// judging reads what an entry says, and what it is judged by: what it corrects, its contract with all that hangs on it, and what may be
// the same thing.
func judging(ctx context.Context, tx Tx, e Entry) (g *Register, f Fields, err error) {
	q := Sought{Things: []string{e.Corrects, e.Of}}
	if g, err = seen(ctx, tx, e, q); err != nil {
		return nil, f, err
	}
	if of := e.contract(g); e.Kind.ofContract() {
		q.Things, q.On = append(q.Things, of), []string{of}
		if g, err = seen(ctx, tx, e, q); err != nil {
			return nil, f, err
		}
	}
	if f, err = reading(g, e).read(); err != nil || e.Kind.ofContract() {
		return g, f, err
	}
	unit := e.Unit
	if t := g.things[e.Corrects]; t != nil {
		unit = t.last().Unit
	}
	q.Alone = alike(e.Kind, unit, f)
	g, err = seen(ctx, tx, e, q)
	return g, f, err
}

// seen reads what is sought; for a unit what is another's does not exist.
func seen(ctx context.Context, tx Tx, e Entry, q Sought) (*Register, error) {
	all, err := tx.ServiceRecordsOf(ctx, e.Province, q)
	if e.Only != "" {
		all = slices.DeleteFunc(all, func(r Record) bool { return r.Unit != "" && r.Unit != e.Only })
	}
	return fold(all), err
}

// alike seeks what twin may find the same as a record that hangs on no contract.
func alike(k Kind, unit string, f Fields) (out []Alone) {
	switch k {
	case Rate:
		return []Alone{{Kind: k, Says: `"on":"` + f.On + `"`}}
	case Figure:
		return []Alone{{Kind: k, Says: `"to":"` + f.To + `"`}}
	}
	if unit != "" {
		out = append(out, Alone{Kind: k, Unit: unit})
	}
	if f.LegalID != "" {
		out = append(out, Alone{Kind: k, Says: `"legal_id":"` + f.LegalID + `"`})
	}
	return out
}

// make gives the version that an entry comes to, among what the register holds.
func (g *Register) make(e Entry, f Fields) (Record, error) {
	r := Record{Province: e.Province, Kind: e.Kind, Of: e.Of, Unit: e.Unit, By: e.By, Fields: f, Reason: text.Display(e.Reason), State: Submitted}
	if !r.Kind.ofContract() {
		r.Of = ""
	}
	if r.Kind.published() {
		r.Unit = ""
	}
	if e.Corrects != "" {
		former := g.things[e.Corrects]
		if former == nil || former.Kind != e.Kind || e.Only != "" && former.last().Unit != e.Only {
			return r, fault.New(fault.NotFound, "services.no_record")
		}
		if r.Reason == "" {
			return r, fault.New(fault.Invalid, "services.reason").At("reason")
		}
		if former.Waiting() != nil {
			return r, fault.New(fault.Conflict, "services.waits_already")
		}
		last := former.last()
		r.Thing, r.Of, r.Unit = former.ID, last.Of, last.Unit
	}
	if r.Kind.ofContract() {
		c := g.things[r.Of]
		if c == nil || c.Kind != Contract || e.Only != "" && c.last().Unit != e.Only {
			return r, fault.New(fault.NotFound, "services.no_contract", "contract", f.Contract).At("contract")
		}
		r.Unit, r.Contract, r.Currency = c.last().Unit, c.last().Contract, c.last().Currency
	}
	if r.Kind == Contract && r.Unit == "" && r.LegalID == "" {
		return r, fault.New(fault.Invalid, "services.firm").At("legal_id")
	}
	if err := g.fits(r); err != nil {
		return r, err
	}
	if twin := g.twin(r); twin != nil && twin.ID != r.Thing {
		return r, fault.New(fault.Refused, "services.twice", "number", numberOf(r)).At(twinField[r.Kind])
	}
	return r, nil
}

// numberOf names a record to people.
func numberOf(r Record) string {
	switch r.Kind {
	case Contract:
		return r.Contract
	case Rate:
		return r.Currency + " " + day(r.On)
	case Figure:
		return r.Name + " " + day(r.To)
	case Equipment:
		return r.Declaration
	default:
		return r.Number
	}
}

// day writes a civil day in the solar calendar.
func day(civil string) string {
	d, err := jalali.FromCivil(civil)
	if err != nil {
		return civil
	}
	return d.String()
}

// put keeps a new version and journals it.
func (s *Service) put(ctx context.Context, tx Tx, r *Record) error {
	r.ID, r.At = s.cfg.NewID(), s.cfg.Clock.Now().UnixMicro()
	if r.Thing == "" {
		r.Thing = r.ID
	}
	hash, err := r.hash()
	if err != nil {
		return err
	}
	if err := tx.PutServiceRecord(ctx, *r); err != nil {
		return err
	}
	err = tx.Record(ctx, journal.Leaf{Province: r.Province, Case: chain, Kind: "services.entered", At: r.At, Actor: r.By, Cause: r.ID + " " + hash})
	if err != nil || !r.Kind.published() {
		return err
	}
	r.State, r.DecidedAt, r.DecidedBy = Approved, r.At, r.By
	return s.decided(ctx, tx, Decision{Province: r.Province, Record: r.ID, State: Approved, At: r.At, By: r.By})
}

func (s *Service) decided(ctx context.Context, tx Tx, d Decision) error {
	if err := tx.DecideServiceRecord(ctx, d); err != nil {
		return err
	}
	return tx.Record(ctx, journal.Leaf{Province: d.Province, Case: chain, Kind: "services." + string(d.State), At: d.At, Actor: d.By, Cause: d.Record})
}

// Decide approves or refuses versions that wait, all or none of them. Who entered one cannot approve it; a statement, a receipt
// or equipment is approved after its contract; a refusal says why.
func (s *Service) Decide(ctx context.Context, d Decision, records []string) error {
	d.Word = text.Display(d.Word)
	switch {
	case d.State != Approved && d.State != Refused:
		return fault.New(fault.Invalid, "services.decision").At("do")
	case len(records) == 0:
		return fault.New(fault.Invalid, "services.none_chosen").At("record")
	case d.State == Refused && d.Word == "":
		return fault.New(fault.Invalid, "services.word").At("word")
	}
	return s.cfg.Write(ctx, func(ctx context.Context, tx Tx) error {
		q := Sought{Records: records}
		all, err := tx.ServiceRecordsOf(ctx, d.Province, q)
		if err != nil {
			return err
		}
		for _, r := range all {
			q.Things = append(q.Things, r.Of)
		}
		q.On = q.Things
		if all, err = tx.ServiceRecordsOf(ctx, d.Province, q); err != nil {
			return err
		}
		g := fold(all)
		for _, id := range ordered(all, records) {
			if err := s.decideOne(ctx, tx, g, d, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// ordered gives the chosen ids as the register has them, so that a contract comes before what hangs on it, and then those
// that it does not have.
func ordered(all []Record, chosen []string) (out []string) {
	for _, first := range []bool{true, false} {
		for _, r := range all {
			if (r.Kind == Contract) == first && slices.Contains(chosen, r.ID) {
				out = append(out, r.ID)
			}
		}
	}
	for _, id := range chosen {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// decideOne decides on one version; those after it are judged with what it came to.
func (s *Service) decideOne(ctx context.Context, tx Tx, g *Register, d Decision, id string) error {
	i := slices.IndexFunc(g.Records, func(r Record) bool { return r.ID == id })
	if i < 0 {
		return fault.New(fault.NotFound, "services.no_record")
	}
	r := g.Records[i]
	if r.State != Submitted {
		return fault.New(fault.Conflict, "services.decided", "number", numberOf(r))
	}
	if d.State == Approved {
		if r.By == d.By {
			return fault.New(fault.Refused, "services.own_entry", "number", numberOf(r)).At("record")
		}
		if c := g.things[r.Of]; r.Kind.ofContract() && (c == nil || c.Current() == nil) {
			return fault.New(fault.Refused, "services.contract_first", "number", numberOf(r), "contract", r.Contract).At("record")
		}
		if err := g.fits(r); err != nil {
			return err
		}
	}
	g.Records[i].State = d.State
	d.Record, d.At = id, s.cfg.Clock.Now().UnixMicro()
	return s.decided(ctx, tx, d)
}

// Read gives the register as it stands; with a unit what is that unit's own.
func (s *Service) Read(ctx context.Context, province, unit string) (g *Register, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.ServiceRecords(ctx, province, unit)
		if err == nil {
			g = fold(all)
			g.home = s.cfg.Home
		}
		return err
	})
	return g, err
}

// Today is the day on which a question without one is answered.
func (s *Service) Today() string { return jalali.FromTime(s.cfg.Clock.Now()).Civil() }

// atHome tells whether a firm is of the register's own province.
func (g *Register) atHome(c *Record) bool {
	h := text.Fold(c.Home)
	return h == "" || h == text.Fold(g.home.FA) || strings.EqualFold(c.Home, g.home.EN)
}
