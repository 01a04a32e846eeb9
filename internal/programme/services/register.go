package services

import (
	"fmt"
	"slices"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/registry"
)

// Register is all versions, folded by what they are about.
type Register struct {
	Records []Record // the first entered first
	things  map[string]*Thing
	order   []*Thing
	numbers map[string][]*Thing // by numberKey, once somebody asked
	met     map[*Thing]bool     // what numbered gave; nil where nobody wants to know
	home    locale.Text
}

// Thing is what its versions are about.
type Thing struct {
	ID       string
	Kind     Kind
	Versions []*Record // the first entered first
}

func fold(all []Record) *Register {
	g := &Register{Records: all, things: map[string]*Thing{}}
	for i := range all {
		g.add(&all[i])
	}
	return g
}

func (g *Register) add(r *Record) {
	t := g.things[r.Thing]
	if t == nil {
		t = &Thing{ID: r.Thing, Kind: r.Kind}
		g.things[t.ID], g.order = t, append(g.order, t)
	}
	t.Versions = append(t.Versions, r)
	if g.numbers != nil {
		g.number(t, r)
	}
}

// numberKey is one for a number however people write it.
func numberKey(k Kind, number string) string { return string(k) + "\n" + registry.Tight(number) }

func (g *Register) number(t *Thing, r *Record) {
	key := numberKey(t.Kind, numberOf(*r))
	if !slices.Contains(g.numbers[key], t) {
		g.numbers[key] = append(g.numbers[key], t)
	}
}

// numbered gives the things of a kind of which any version has the number.
func (g *Register) numbered(k Kind, number string) []*Thing {
	if g.numbers == nil {
		g.numbers = map[string][]*Thing{}
		for _, t := range g.order {
			for _, r := range t.Versions {
				g.number(t, r)
			}
		}
	}
	out := g.numbers[numberKey(k, number)]
	if g.met != nil {
		for _, t := range out {
			g.met[t] = true
		}
	}
	return out
}

func (t *Thing) last() *Record { return t.Versions[len(t.Versions)-1] }

// Current is the version that counts: the last one approved; nil for none.
func (t *Thing) Current() *Record {
	for _, r := range slices.Backward(t.Versions) {
		if r.State == Approved {
			return r
		}
	}
	return nil
}

// Waiting is a version that nobody has decided on; nil for none.
func (t *Thing) Waiting() *Record {
	if r := t.last(); r.State == Submitted {
		return r
	}
	return nil
}

// Shown is the version that counts, else the last one.
func (t *Thing) Shown() *Record {
	if r := t.Current(); r != nil {
		return r
	}
	return t.last()
}

// Things gives what the register holds of a kind, the first entered first; of one contract where its Thing is named.
func (g *Register) Things(k Kind, of string) (out []*Thing) {
	for _, t := range g.order {
		if t.Kind == k && (of == "" || t.last().Of == of) {
			out = append(out, t)
		}
	}
	return out
}

// Thing gives one by its id; nil when there is none.
func (g *Register) Thing(id string) *Thing { return g.things[id] }

// currents gives the versions of a kind that count.
func (g *Register) currents(k Kind) (out []*Record) {
	for _, t := range g.order {
		if r := t.Current(); t.Kind == k && r != nil {
			out = append(out, r)
		}
	}
	return out
}

// twinField is the field that tells records of a kind apart.
var twinField = map[Kind]string{Contract: "contract", Statement: "number", Receipt: "number", Equipment: "declaration", Rate: "on", Figure: "to"}

// twin gives what the register already holds of the same: a firm's contract of the number (a legal id tells the firm only where
// no other unit of the register stands there), a contract's statement of the number,
// a currency's rate of the day. A declaration may hold goods of two contracts, and is told apart by its statement and product.
func (g *Register) twin(r Record) *Thing {
	same := func(o *Record) bool {
		number := registry.Tight(numberOf(*o)) == registry.Tight(numberOf(r))
		switch r.Kind {
		case Contract:
			return number && (r.Unit != "" && o.Unit == r.Unit || r.LegalID != "" && o.LegalID == r.LegalID && (o.Unit == "" || o.Unit == r.Unit))
		case Rate, Figure:
			return number && o.Currency == r.Currency
		case Equipment:
			return number && o.Of == r.Of && o.Statement == r.Statement && o.HS == r.HS
		default:
			return number && o.Of == r.Of
		}
	}
	for _, t := range g.numbered(r.Kind, numberOf(r)) {
		if t.ID != r.Thing && t.Shown().State != Refused && same(t.Shown()) {
			return t
		}
	}
	return nil
}

// fits holds a record to those that it hangs on: equipment to a statement of its contract, of which it is a part.
func (g *Register) fits(r Record) error {
	if r.Kind == Statement {
		if sum := g.equipmentOf(r.Of, r.Number, r.Thing); sum > r.Amount {
			return fault.New(fault.Refused, "services.less_than_equipment", "number", r.Number).At("amount")
		}
		return nil
	}
	if r.Kind != Equipment {
		return nil
	}
	var in *Record
	for _, t := range g.Things(Statement, r.Of) {
		if s := t.Shown(); s.State != Refused && registry.Tight(s.Number) == registry.Tight(r.Statement) {
			in = s
		}
	}
	if in == nil {
		return fault.New(fault.Invalid, "services.no_statement", "statement", r.Statement, "contract", r.Contract).At("statement")
	}
	if g.equipmentOf(r.Of, r.Statement, r.Thing)+r.Amount > in.Amount {
		return fault.New(fault.Refused, "services.more_than_statement", "statement", r.Statement).At("amount")
	}
	return nil
}

// equipmentOf sums the equipment of a statement that is not refused, but for one thing.
func (g *Register) equipmentOf(contract, statement, but string) (sum int64) {
	for _, t := range g.Things(Equipment, contract) {
		if e := t.Shown(); t.ID != but && e.State != Refused && registry.Tight(e.Statement) == registry.Tight(statement) {
			sum += e.Amount
		}
	}
	return sum
}

// HideClients takes the clients out of every version, for who may not know them.
func (g *Register) HideClients() {
	for i := range g.Records {
		g.Records[i].Client = ""
	}
}

// Reported gives the shares that others reported, as figures of the register.
func (g *Register) Reported() (out []*Record) {
	for _, r := range g.currents(Figure) {
		if r.Name == "reported" {
			out = append(out, r)
		}
	}
	return out
}

// Plain writes an amount of a currency as programs do: 1234.50.
func Plain(amount int64, currency string) string {
	digits := Digits(currency)
	s := fmt.Sprintf("%0*d", digits+1, amount)
	if digits == 0 {
		return s
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// FigureText writes the amount of a figure as people type it.
func FigureText(r *Record) string {
	if f, _ := figureOf(r.Name); f.Unit == "count" {
		return strconv.FormatInt(r.Amount, 10)
	}
	return Plain(r.Amount, "USD")
}

// NewRegister makes a register of versions, the first entered first.
func NewRegister(all []Record) *Register { return fold(all) }
