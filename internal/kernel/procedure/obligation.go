package procedure

import (
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/locale"
)

// Obligation is what somebody owes the case, as a resolution or a clause of an agreement: each has an owner, a day until
// which, and a measure by which others see that it was done. It is laid when its clock starts and falls away when its clock
// stops; the clock runs for each obligation by itself.
type Obligation struct {
	ID       string
	Title    locale.Text `yaml:"title"`
	Owner    []string    `yaml:"owner"` // roles; of several, each row names one
	Clock    string      `yaml:"clock"`
	Each     *Each       `yaml:"each"`
	Measure  locale.Text `yaml:"measure"`
	Evidence []string    `yaml:"evidence"`  // file facts that show it was done
	Confirm  []string    `yaml:"confirm"`   // roles that see to it; without one the owner's word is enough
	Public   bool        `yaml:"public"`    // shown to everybody who sees the case
	Done     []Event     `yaml:"done"`      // what of the case itself is its fulfilment, as a payment that was owed
	OnBehalf []string    `yaml:"on_behalf"` // roles that may enter the owner's word, with source and evidence
	Pos      Pos
}

// Each lays one obligation for every row of a table: which of its columns says what.
type Each struct {
	Table   string `yaml:"table"`
	What    string `yaml:"what"`    // text
	Owner   string `yaml:"owner"`   // choice among the owner's roles
	Whom    string `yaml:"whom"`    // body: whose of the role
	Due     string `yaml:"due"`     // date, in place of the clock's limit
	Measure string `yaml:"measure"` // text
	Pos     Pos
}

// columns are the columns that each row is read by, with the types they must have.
func (e *Each) columns() []struct{ key, id, typ string } {
	return []struct{ key, id, typ string }{
		{"what", e.What, "text"}, {"owner", e.Owner, "choice"}, {"whom", e.Whom, "body"}, {"due", e.Due, "date"}, {"measure", e.Measure, "text"},
	}
}

// Fact is the fact that tells rules how many of these obligations are still to be done, where the definition declares it.
func (o *Obligation) Fact() string { return "open_" + o.ID }

// ObligationKey names one obligation of a case: which one of the definition, and its number among them.
func ObligationKey(id string, n int) string { return id + ":" + strconv.Itoa(n) }

// ObligationOf gives what a key of a case's obligation stands for, nil for anything else.
func (d *Definition) ObligationOf(key string) *Obligation {
	id, _, ok := strings.Cut(key, ":")
	if !ok {
		return nil
	}
	return find(d.Obligation, func(o *Obligation) bool { return o.ID == id })
}

// OfObligations says whether a clock runs for obligations alone, each by itself.
func (d *Definition) OfObligations(clock string) bool {
	return slices.ContainsFunc(d.Obligation, func(o *Obligation) bool { return o.Clock == clock })
}

// clockOf is the clock of one obligation of a case, by the obligation's key and title.
func (d *Definition) clockOf(key string) *Clock {
	o := d.ObligationOf(key)
	if o == nil {
		return nil
	}
	c := find(d.Clocks, func(c *Clock) bool { return c.ID == o.Clock })
	if c == nil {
		return nil
	}
	own := *c
	own.ID, own.Title = key, o.Title
	return &own
}

// obligations proves that whatever is owed has an owner who can be told, a measure to see it by, and rows that can be read.
func (c *checker) obligations() {
	for _, o := range c.d.Obligation {
		if o.Measure.IsZero() && (o.Each == nil || o.Each.Measure == "") {
			c.err(o.Pos, "obligation_measure", "obligation", textOf(o.Title, o.ID))
		}
		if len(o.Owner) > 1 && (o.Each == nil || o.Each.Owner == "") {
			c.err(c.at("obligations/"+o.ID+"/owner", o.Pos), "obligation_owners", "obligation", textOf(o.Title, o.ID))
		}
		if len(o.Confirm) == 0 && len(o.Evidence) == 0 {
			c.warn(o.Pos, "obligation_own_word", "obligation", textOf(o.Title, o.ID))
		}
		for _, id := range o.Evidence {
			if f := c.d.Fact(id); f != nil && f.Type != TypeFile {
				c.err(c.at("obligations/"+o.ID+"/evidence", o.Pos), "obligation_evidence", "fact", textOf(f.Title, id))
			}
		}
		if f := c.d.Fact(o.Fact()); f != nil && (f.Type != "int" || f.Source != SourceSystem) {
			c.err(f.Pos, "obligation_open", "fact", f.ID)
		}
		if o.Each != nil {
			c.rows(o)
		}
	}
}

// rows proves the table whose rows become obligations.
func (c *checker) rows(o *Obligation) {
	pos := c.at("obligations/"+o.ID+"/each", o.Pos)
	table := c.d.Fact(o.Each.Table)
	if table == nil {
		return // named by the references
	}
	if table.Type != "table" {
		c.err(pos, "obligation_table", "fact", textOf(table.Title, table.ID))
		return
	}
	for _, want := range o.Each.columns() {
		if want.id == "" {
			continue
		}
		col := find(table.Columns, func(f *Fact) bool { return f.ID == want.id })
		if kind := columnKind(col); kind != want.typ {
			c.err(c.at("obligations/"+o.ID+"/each/"+want.key, pos), "obligation_column", "column", want.id, "key", want.key, "want", want.typ)
		}
		if col != nil && want.key == "owner" {
			c.ownerColumn(o, col, pos)
		}
	}
}

// columnKind is a column's type as far as obligations go; a personal text is none: what is owed is read by many.
func columnKind(f *Fact) string {
	if f == nil || f.Personal != nil {
		return ""
	}
	kind, _, _ := strings.Cut(f.Type, ":")
	return kind
}

func (c *checker) ownerColumn(o *Obligation, col *Fact, pos Pos) {
	for _, x := range col.Options {
		if !slices.Contains(o.Owner, x.Code) {
			c.err(c.at("obligations/"+o.ID+"/each/owner", pos), "obligation_option", "option", x.Code, "roles", strings.Join(o.Owner, ", "))
		}
	}
}

// What is done with one obligation: its owner says it is done, and who sees to it agrees or does not.
const (
	VerbFulfil = "fulfil"
	VerbAccept = "accept"
	VerbReject = "reject"
)

// OnObligation reads an act on one obligation, as fulfil:resolution:2.
func (d *Definition) OnObligation(action string) (verb, key string, ok bool) {
	verb, key, ok = strings.Cut(action, ":")
	known := verb == VerbFulfil || verb == VerbAccept || verb == VerbReject
	return verb, key, ok && known && d.ObligationOf(key) != nil
}

// EvidenceForm asks for the papers that show an obligation was done; nil where it asks for none.
func (o *Obligation) EvidenceForm() *Form {
	if len(o.Evidence) == 0 {
		return nil
	}
	page := &Page{ID: o.ID, Title: locale.Of("procedure.evidence", nil)}
	for _, id := range o.Evidence {
		page.Fields = append(page.Fields, &Field{Fact: id, Required: "hard"})
	}
	return &Form{ID: o.ID, Title: o.Title, Pages: []*Page{page}}
}
