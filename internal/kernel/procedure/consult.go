package procedure

import (
	"slices"
	"strings"

	"rahgosha/internal/base/locale"
)

// Consult names bodies whose opinion is asked before a decision, while a clock runs. Who has not answered at its end is
// silent: that is recorded, and is never taken for agreement.
type Consult struct {
	ID    string
	Title locale.Text `yaml:"title"`
	Roles []string    `yaml:"roles"`
	Clock string      `yaml:"clock"`
	Each  *Asked      `yaml:"each"`
	// OnBehalf are roles that may enter an opinion that came on paper, with source and evidence.
	OnBehalf []string `yaml:"on_behalf"`
	Pos      Pos
}

// Asked asks one body for every row of a table: which of its columns says what.
type Asked struct {
	Table string `yaml:"table"`
	Role  string `yaml:"role"` // choice among the roles
	Whom  string `yaml:"whom"` // body
	Pos   Pos
}

// VerbOpine is the act of giving the opinion that was asked, as opine:associations:2.
const VerbOpine = "opine"

// Fact is the fact that tells rules whether nobody is waited for any more, where the definition declares it.
func (x *Consult) Fact() string { return "consulted_" + x.ID }

// Count is the fact that tells rules how many have answered, where the definition declares it.
func (x *Consult) Count() string { return "opinions_" + x.ID }

// ConsultOf gives the consultation that a key of a case stands for, nil for anything else.
func (d *Definition) ConsultOf(key string) *Consult {
	id, _, ok := strings.Cut(key, ":")
	if !ok {
		return nil
	}
	return find(d.Consult, func(x *Consult) bool { return x.ID == id })
}

// OnConsult reads the act of giving an opinion.
func (d *Definition) OnConsult(action string) (key string, ok bool) {
	verb, key, ok := strings.Cut(action, ":")
	return key, ok && verb == VerbOpine && d.ConsultOf(key) != nil
}

// consultations proves that somebody is asked, within a time, by rows that can be read, and that it is known as one thing.
func (c *checker) consultations() {
	for _, x := range c.d.Consult {
		p := "consult/" + x.ID
		if slices.ContainsFunc(c.d.Obligation, func(o *Obligation) bool { return o.ID == x.ID }) {
			c.err(x.Pos, "consult_name", "consult", x.ID)
		}
		if c.d.OfObligations(x.Clock) {
			c.err(c.at(p+"/clock", x.Pos), "consult_clock", "clock", x.Clock)
		}
		for id, typ := range map[string]string{x.Fact(): "bool", x.Count(): "int"} {
			if f := c.d.Fact(id); f != nil && (f.Type != typ || f.Source != SourceSystem) {
				c.err(f.Pos, "consult_fact", "fact", id, "type", typ)
			}
		}
		if x.Each == nil {
			continue
		}
		pos := c.at(p+"/each", x.Pos)
		table := c.d.Fact(x.Each.Table)
		if table == nil {
			continue // named by the references
		}
		for _, want := range []struct{ key, id, typ string }{{"role", x.Each.Role, "choice"}, {"whom", x.Each.Whom, "body"}} {
			col := find(table.Columns, func(f *Fact) bool { return f.ID == want.id })
			if want.id != "" && columnKind(col) != want.typ {
				c.err(c.at(p+"/each/"+want.key, pos), "obligation_column", "column", want.id, "key", want.key, "want", want.typ)
			}
		}
		if len(x.Roles) > 1 && x.Each.Role == "" {
			c.err(pos, "consult_roles", "consult", textOf(x.Title, x.ID))
		}
	}
}
