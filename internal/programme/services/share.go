package services

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/kernel/registry"
)

// RateDays is how many days before a statement its rate may be, since markets close: no weekend and no new year's holiday is
// longer. A statement without such a rate is not counted, and said to be without one.
const RateDays = 14

// Why a statement is not counted.
const (
	WhyNotApproved = "not_approved" // nobody but who entered it has looked at it
	WhyNoRate      = "no_rate"      // no rate of its currency of that day, or of the days before
	WhyElsewhere   = "elsewhere"    // its firm is of another province
)

// Flags of a statement or a contract.
const (
	FlagStraddles  = "straddles"  // its work began before the period
	FlagNoGoods    = "no_goods"   // the contract says that goods are in it, and no equipment is declared
	FlagUnknown    = "unknown"    // equipment whose declaration no customs sheet of the province has
	FlagTwice      = "twice"      // equipment whose declaration stands under another statement too
	FlagNoCustoms  = "no_customs" // equipment, and no customs sheet with numbers of declarations is loaded
	FlagIsDeclared = "declared"   // equipment that the customs sheet has: goods there, and taken off here
)

// Quality is how sure an amount is.
type Quality string

// The qualities, from the least.
const (
	IsSigned   Quality = "signed"
	IsApproved Quality = "approved"
	IsPaid     Quality = "paid"
)

// Item is a statement as it is counted. Amounts are cents of USD but Gross and Goods of the contract's currency. Counted is 0 where
// Why says why it is not.
type Item struct {
	Thing     *Thing
	Statement *Record
	Contract  *Record
	Rate      *Record // nil where the currency is the dollar, or there is none
	Goods     int64   // declared equipment in it
	Counted   int64   // cents of USD
	Quality   Quality
	Why       string
	Flags     []string
}

// Period is what is counted, both days included. Year is solar.
type Period struct {
	Year     int
	From, To string
}

// YearTo gives the solar year up to a day, or the whole of it where the day is later or "".
func YearTo(year int, to string) (p Period, err error) {
	first, err := jalali.New(year, 1, 1)
	if err != nil {
		return p, err
	}
	last, err := jalali.New(year, 12, jalali.MonthDays(year, 12))
	if err != nil {
		return p, err
	}
	p = Period{Year: year, From: first.Civil(), To: last.Civil()}
	if to != "" && to < p.To {
		p.To = max(to, p.From)
	}
	return p, nil
}

// YearOf gives the solar year of a day, up to it.
func YearOf(day string) (Period, error) {
	d, err := jalali.FromCivil(day)
	if err != nil {
		return Period{}, err
	}
	return YearTo(d.Year, day)
}

// before is the same part of the year before.
func (p Period) before() (Period, error) {
	d, err := jalali.FromCivil(p.To)
	if err != nil {
		return p, err
	}
	return YearTo(p.Year-1, d.AddMonths(-12).Civil())
}

// Years gives the solar years in which work of the register ended, the latest first.
func (g *Register) Years() (out []int) {
	for _, t := range g.Things(Statement, "") {
		if d, err := jalali.FromCivil(t.Shown().To); err == nil && !slices.Contains(out, d.Year) {
			out = append(out, d.Year)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

// Declared is what customs sheets of the province say of declarations: USD by number, of the sheets' years. nil means that no
// sheet with numbers is loaded.
type Declared map[string]float64

// Work gives every statement whose work ended in the period, counted or with the reason why it is not, the latest first. A
// statement counts in the period in which its work ended, at the rate of its own date, less the equipment that customs declared.
func (g *Register) Work(p Period, customs Declared) (out []Item) {
	paid := g.paid()
	for _, t := range g.Things(Statement, "") {
		r := t.Shown()
		if r.State == Refused || r.To < p.From || r.To > p.To {
			continue
		}
		c := g.things[r.Of]
		if c == nil {
			continue
		}
		it := Item{Thing: t, Statement: r, Contract: c.Shown(), Quality: IsApproved}
		if paid[t.ID] {
			it.Quality = IsPaid
		}
		g.count(&it, p, customs)
		out = append(out, it)
	}
	slices.SortStableFunc(out, func(a, b Item) int { return strings.Compare(b.Statement.To, a.Statement.To) })
	return out
}

// count says what a statement comes to, or why it is not counted.
func (g *Register) count(it *Item, p Period, customs Declared) {
	r := it.Statement
	for _, t := range g.Things(Equipment, r.Of) {
		e := t.Current()
		if e == nil || registry.Tight(e.Statement) != registry.Tight(r.Number) {
			continue
		}
		it.Goods += e.Amount
		it.flag(g.flagOf(t, e, customs))
	}
	if it.Contract.Goods > 0 && it.Goods == 0 && !g.anyEquipment(r.Of) {
		it.flag(FlagNoGoods)
	}
	if r.From < p.From {
		it.flag(FlagStraddles)
	}
	switch {
	case r.State != Approved || it.Contract.State != Approved:
		it.Why, it.Quality = WhyNotApproved, IsSigned
	case !g.atHome(it.Contract):
		it.Why = WhyElsewhere
	default:
		var ok bool
		if it.Rate, ok = g.rateOf(r.Currency, r.On); !ok {
			it.Why = WhyNoRate
			return
		}
		it.Counted = cents(r.Amount-it.Goods, r.Currency, it.Rate)
	}
}

func (it *Item) flag(f string) {
	if !slices.Contains(it.Flags, f) {
		it.Flags = append(it.Flags, f)
	}
}

// flagOf compares equipment with the customs sheets and with equipment of other statements.
func (g *Register) flagOf(t *Thing, e *Record, customs Declared) string {
	for _, o := range g.Things(Equipment, "") {
		if x := o.Current(); o.ID != t.ID && x != nil && plainNumber(x.Declaration) == plainNumber(e.Declaration) &&
			(x.Of != e.Of || registry.Tight(x.Statement) != registry.Tight(e.Statement)) {
			return FlagTwice
		}
	}
	if customs == nil {
		return FlagNoCustoms
	}
	if _, there := customs[plainNumber(e.Declaration)]; !there {
		return FlagUnknown
	}
	return FlagIsDeclared
}

// plainNumber is the number of a declaration however it is written.
func plainNumber(s string) string { return registry.Tight(s) }

func (g *Register) anyEquipment(contract string) bool {
	return slices.ContainsFunc(g.Things(Equipment, contract), func(t *Thing) bool { return t.Current() != nil })
}

// paid gives the statements that the receipts of their contract cover: the first dated first.
func (g *Register) paid() map[string]bool {
	left := map[string]int64{}
	for _, r := range g.currents(Receipt) {
		left[r.Of] += r.Amount
	}
	list := g.currents(Statement)
	slices.SortStableFunc(list, func(a, b *Record) int { return strings.Compare(a.On, b.On) })
	out := map[string]bool{}
	for _, r := range list {
		out[r.Thing] = left[r.Of] >= r.Amount
		left[r.Of] = max(0, left[r.Of]-r.Amount)
	}
	return out
}

// rateOf gives the rate that counts for a day: that of the day itself, else the last one of the days before. It is nil for the
// dollar.
func (g *Register) rateOf(currency, on string) (best *Record, ok bool) {
	if currency == "USD" {
		return nil, true
	}
	d, err := jalali.FromCivil(on)
	if err != nil {
		return nil, false
	}
	from := d.AddDays(-RateDays).Civil()
	for _, r := range g.currents(Rate) {
		if r.Currency == currency && r.On <= on && r.On >= from && (best == nil || r.On >= best.On) {
			best = r
		}
	}
	return best, best != nil
}

// cents turns an amount of a currency into cents of USD, half up.
func cents(amount int64, currency string, rate *Record) int64 {
	n, d := big.NewInt(amount), big.NewInt(1)
	if rate != nil {
		n.Mul(n, big.NewInt(1e6))
		d.SetInt64(rate.PerUSD)
	}
	n.Mul(n, big.NewInt(100))
	d.Mul(d, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(Digits(currency))), nil))
	n.Mul(n, big.NewInt(2)).Add(n, d)
	return n.Div(n, d.Mul(d, big.NewInt(2))).Int64()
}

// Variant is one definition of the share.
type Variant string

// The variants: A to D of the design, and the two of the domain, of which the second is A or B as its word "services" is read.
const (
	OfGoods     Variant = "A"  // of the province's goods and technical-engineering services
	OfAll       Variant = "B"  // of its goods and all its services
	OfServices  Variant = "C"  // of all its services
	Growth      Variant = "D1" // against the same part of the year before
	OfTarget    Variant = "D2" // of the year's target
	OfContracts Variant = "D3" // contracts signed, of those aimed at
	OfCountry   Variant = "P"  // of all provinces' technical-engineering services
)

// Variants gives all of them in the order of the page.
func Variants() []Variant {
	return []Variant{OfGoods, OfAll, OfServices, Growth, OfTarget, OfContracts, OfCountry}
}

// Made is the source of a number.
type Made struct {
	What    string // goods, services, tes_country, target, target_contracts, work, before, contracts
	Title   string // of its publisher
	Vintage string
	At      int64 // loaded or last changed, microseconds UTC
	Version int   // how often what counts now replaced another
	To      string
	Amount  int64 // cents of USD, or a count
}

// Share is a variant as it comes out. Ratio is NaN where Lacks names what is not known. Amounts are cents of USD, of OfContracts
// counts.
type Share struct {
	Variant        Variant
	Period         Period
	Over, Under    int64
	Ratio          float64
	Lacks          []string // names of what is not loaded
	Made           []Made
	Paid           int64 // of Over
	Statements     int   // in Over
	Firms          int   // behind Over
	UnapprovedLeft int   // statements of the period that wait
	Masked         bool  // too few firms stand behind it to be shown
}

// Goods is what the customs sheet of the province says of a solar year; nil where none is loaded.
type Goods struct {
	Cents          int64
	Title, Vintage string
	At             int64
	Version        int
}

// Total is the counted work of a period.
type Total struct {
	Cents, Paid       int64
	Statements, Firms int
	Waiting, NoRate   int
	Flagged           int
}

// Sum adds counted work up.
func Sum(items []Item) (t Total) {
	firms := map[string]bool{}
	for _, it := range items {
		switch it.Why {
		case WhyNotApproved:
			t.Waiting++
		case WhyNoRate:
			t.NoRate++
		case "":
			t.Statements++
			t.Cents += it.Counted
			firms[firmOf(it.Contract)] = true
			if it.Quality == IsPaid {
				t.Paid += it.Counted
			}
		}
		if slices.ContainsFunc(it.Flags, func(f string) bool { return f != FlagIsDeclared }) {
			t.Flagged++
		}
	}
	t.Firms = len(firms)
	return t
}

// firmOf tells firms apart.
func firmOf(c *Record) string {
	if c.Unit != "" {
		return c.Unit
	}
	return c.LegalID
}

// Shares computes every variant of a period. What is not loaded is named and never 0.
func (g *Register) Shares(p Period, goods *Goods, customs Declared) ([]Share, error) {
	var out []Share
	for _, v := range Variants() {
		s, err := g.share(v, p, goods, customs)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// needs are the figures of others that a variant is made with.
var needs = map[Variant]string{OfAll: "services", OfServices: "services", OfTarget: "target", OfContracts: "target_contracts", OfCountry: "tes_country"}

func (g *Register) share(v Variant, p Period, goods *Goods, customs Declared) (Share, error) {
	s := Share{Variant: v, Period: p, Ratio: math.NaN()}
	var figure *Record
	if name := needs[v]; name != "" {
		if figure = g.figure(name, p); figure == nil {
			s.Lacks = append(s.Lacks, name)
		} else if figure.To < s.Period.To && figure.Name != "target" && figure.Name != "target_contracts" {
			s.Period.To = figure.To // both sides of a share are of one period
		}
	}
	if (v == OfGoods || v == OfAll) && goods == nil {
		s.Lacks = append(s.Lacks, "goods")
	}
	var under int64
	if v == OfContracts {
		s.Over = int64(len(g.signed(s.Period)))
		s.Made = append(s.Made, g.own("contracts", s.Over))
	} else {
		t := Sum(g.Work(s.Period, customs))
		s.Over, s.Paid, s.Statements, s.Firms, s.UnapprovedLeft = t.Cents, t.Paid, t.Statements, t.Firms, t.Waiting+t.NoRate
		s.Made = append(s.Made, g.own("work", s.Over))
	}
	if figure != nil {
		under += figure.Amount
		s.Made = append(s.Made, g.madeOf(figure))
	}
	if goods != nil && (v == OfGoods || v == OfAll) {
		under += goods.Cents
		s.Made = append(s.Made, Made{What: "goods", Title: goods.Title, Vintage: goods.Vintage, At: goods.At, Version: goods.Version, Amount: goods.Cents})
	}
	switch v {
	case OfGoods:
		under += s.Over
	case Growth:
		earlier, err := s.Period.before()
		if err != nil {
			return s, err
		}
		t := Sum(g.Work(earlier, customs))
		s.Firms = min(s.Firms, t.Firms) // a year of few firms hides both
		if under = t.Cents; t.Statements == 0 {
			s.Lacks = append(s.Lacks, "before")
		} else {
			s.Made = append(s.Made, g.own("before", under))
		}
	}
	if s.Under = under; len(s.Lacks) == 0 && under > 0 {
		s.Ratio = float64(s.Over) / float64(under)
		if v == Growth {
			s.Ratio--
		}
	}
	return s, nil
}

// signed gives the contracts of the province's firms that were signed in a period.
func (g *Register) signed(p Period) (out []*Record) {
	for _, c := range g.currents(Contract) {
		if c.On >= p.From && c.On <= p.To && g.atHome(c) {
			out = append(out, c)
		}
	}
	return out
}

// figure gives the figure of others that counts: of the year, the one that reaches furthest within the period; a target is of the
// whole year.
func (g *Register) figure(name string, p Period) (best *Record) {
	for _, r := range g.currents(Figure) {
		whole := strings.HasPrefix(name, "target")
		d, err := jalali.FromCivil(r.To)
		if err == nil && r.Name == name && d.Year == p.Year && (whole || r.To <= p.To) && (best == nil || r.To >= best.To) {
			best = r
		}
	}
	return best
}

func (g *Register) madeOf(r *Record) Made {
	versions := 0
	for _, v := range g.things[r.Thing].Versions {
		if v.State == Approved && v.ID != r.ID {
			versions++
		}
	}
	return Made{What: r.Name, Title: r.Source, Vintage: r.Vintage, At: r.At, Version: versions, To: r.To, Amount: r.Amount}
}

// own is the register itself as a source: when it last changed, and how many corrections it holds.
func (g *Register) own(what string, amount int64) Made {
	m := Made{What: what, Amount: amount}
	for _, r := range g.Records {
		if r.Kind.published() || r.State != Approved {
			continue
		}
		m.At = max(m.At, r.DecidedAt)
		if r.Thing != r.ID {
			m.Version++
		}
	}
	return m
}

// Benchmark is a class of services in the world's exports of services.
type Benchmark struct {
	Class     Class
	Share     float64 // 0 to 1
	Countries int     // that report the class
}

// Exported is what a country exported of a class of services, USD.
type Exported struct {
	Country, Class string
	USD            float64
}

// Benchmarks gives each class's part of all exports of services of a table, and how many countries the table has.
func Benchmarks(rows []Exported) (out []Benchmark, countries int) {
	sums, by, all := map[string]float64{}, map[string]map[string]bool{}, map[string]bool{}
	total := 0.0
	for _, r := range rows {
		sums[r.Class] += r.USD
		total += r.USD
		if by[r.Class] == nil {
			by[r.Class] = map[string]bool{}
		}
		by[r.Class][r.Country], all[r.Country] = true, true
	}
	for _, c := range Classes() {
		if by[c.Code] != nil && total > 0 {
			out = append(out, Benchmark{c, sums[c.Code] / total, len(by[c.Code])})
		}
	}
	return out, len(all)
}

// Answer is every variant with what stands beside it. Years are those with work. MayRead is whether the list behind a number may
// be seen. Countries are those of the table that the benchmarks come from; they are none where no table is loaded.
type Answer struct {
	Period     Period
	Years      []int
	Shares     []Share
	Said       []Said
	Reported   []*Record
	Benchmarks []Benchmark
	Countries  int
	MayRead    bool
}

// LeastFirms is how many firms stand at least behind an amount that is shown to who may not read the register.
const LeastFirms = 5

// Mask takes the amounts away behind which too few firms stand.
func (s *Share) Mask() {
	few := s.Firms < LeastFirms
	if s.Variant == OfContracts {
		few = s.Over < LeastFirms
	}
	if !few {
		return
	}
	s.Masked, s.Over, s.Under, s.Paid, s.Ratio = true, 0, 0, 0, math.NaN()
	s.Statements, s.Firms, s.UnapprovedLeft = 0, 0, 0
	for i := range s.Made {
		if w := s.Made[i].What; w == "work" || w == "before" || w == "contracts" {
			s.Made[i].Amount = 0
		}
	}
}
