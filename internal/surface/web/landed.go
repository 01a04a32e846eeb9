package web

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/programme/trade"
)

type landedView struct {
	*Page
	Heading string
	Fields  []Field
	Hidden  []Param
	Errors  []FieldError
	Back    string
	Steps   []landedStep
	Verdict *Pill
	Reasons []string
	How     []Fact
	Notes   []string
}

type landedStep struct {
	Name, Dollars, Rial, Of string
	Sum                     bool
}

// landedUnits are what amounts are told of, with how many go on a ton; only of those can the data's value of a ton be compared.
var landedUnits = []string{"kg", "ton", "other"}

var landedTon = map[string]float64{"kg": 1000, "ton": 1}

// staleRate is the age at which an exchange rate is called old.
const staleRate = 30 * 24 * time.Hour

func (s *Server) landed(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Markets == nil {
		return missing("trade")
	}
	q := r.URL.Query()
	view := landedView{Page: s.Page(r, "landed.title"), Heading: v.T("landed.title")}
	b := landedBuilder{marketBuilder: marketBuilder{compassBuilder: compassBuilder{v: v}, ask: marketAsked(q), now: s.cfg.Clock.Now().UnixMicro()}, q: q, view: &view}
	if err := b.market(); err != nil {
		return err
	}
	b.land()
	status := http.StatusOK
	if len(view.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.Render(w, r, status, "trade/landed", view)
}

// landedBuilder fills the sheet from the address and from what is known of the market.
type landedBuilder struct {
	marketBuilder
	q     url.Values
	line  *trade.MarketLine // nil where nothing is known
	view  *landedView
	wrong map[string]string
}

// market finds what is known of the product in the market; a sheet can be filled without.
func (b *landedBuilder) market() error {
	if b.ask.product == "" || b.ask.market == "" {
		return nil
	}
	m, err := b.v.s.cfg.Desk.Markets.Market(b.v.ctx, b.v.p, trade.MarketAsk{Province: b.v.p.Province, Product: b.ask.product})
	if f, ok := fault.As(err); ok && (f.Kind == fault.NotFound || f.Kind == fault.Invalid) {
		b.view.Notes = append(b.view.Notes, locale.T(b.v.l, f.Key, f.Args))
		return nil
	}
	if err != nil {
		return err
	}
	b.m = m
	for i := range m.Lines {
		if m.Lines[i].Country == b.ask.market {
			b.line = &m.Lines[i]
			b.view.Heading = b.v.T("landed.heading", "product", m.Name.In(b.v.l), "market", m.Lines[i].Name.In(b.v.l))
		}
	}
	b.view.Back = b.ask.with("", "")
	return nil
}

// land reads the address, computes, and fills the page.
func (b *landedBuilder) land() {
	b.wrong = map[string]string{}
	in, day := b.read()
	if b.q.Has("ex_works") {
		if len(b.wrong) == 0 {
			out, err := index.Land(in)
			if f, ok := fault.As(err); ok {
				b.wrong[f.Field] = locale.T(b.v.l, f.Key, f.Args)
			} else {
				b.show(in, out, day)
			}
		}
	} else {
		b.wrong = map[string]string{} // nothing was asked yet
	}
	b.fields()
	for _, f := range b.view.Fields {
		if f.Error != "" {
			b.view.Errors = append(b.view.Errors, FieldError{ID: f.ID, Text: b.v.T("landed.wrong", "field", f.Label, "why", f.Error)})
		}
	}
}

func (b *landedBuilder) unit() string { return cmp.Or(b.q.Get("unit"), landedUnits[0]) }

// known are the figures of the data: duty on ours and on others' goods, fractions, and the median import value of the unit; NaN
// where they are not known.
func (b *landedBuilder) known() (duty, others, median float64) {
	if b.line == nil {
		return math.NaN(), math.NaN(), math.NaN()
	}
	median = math.NaN()
	if n := landedTon[b.unit()]; n > 0 {
		median = b.line.Median / n
	}
	return b.line.Tariff, b.line.Lowest, median
}

func (b *landedBuilder) typed(name string) string {
	return text.Digits(strings.TrimSpace(b.q.Get(name)))
}

// read reads what was asked; a blank is wrong where nothing else is known: what is not said is not 0.
func (b *landedBuilder) read() (in index.Landing, day time.Time) {
	rial := func(name string) int64 {
		n, err := strconv.ParseInt(strings.NewReplacer(",", "", "\u066c", "", " ", "").Replace(b.typed(name)), 10, 64)
		if err != nil {
			b.wrong[name] = b.v.T("trade.landed_whole")
		}
		return n
	}
	figure := func(name string, known float64) float64 {
		s := strings.NewReplacer("\u066b", ".", "/", ".", ",", "", "\u066c", "").Replace(b.typed(name))
		if s == "" && !math.IsNaN(known) {
			return known
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			b.wrong[name] = b.v.T("trade.landed_figure")
		}
		return f
	}
	duty, others, median := b.known()
	in = index.Landing{ExWorks: rial("ex_works"), Packing: rial("packing"), Inland: rial("inland"), Rate: rial("rate"), Freight: figure("freight", math.NaN()),
		Insurance: figure("insurance", math.NaN()), Duty: figure("duty", 100*duty) / 100, Costs: figure("costs", math.NaN()), Margin: figure("margin", math.NaN()) / 100,
		Least: figure("least", math.NaN()) / 100, Median: median}
	if b.typed("median") != "" {
		in.Median = figure("median", math.NaN())
	}
	in.MedianDuty = in.Duty
	if !math.IsNaN(others) {
		in.MedianDuty = others
	}
	if b.typed("median_duty") != "" {
		in.MedianDuty = figure("median_duty", math.NaN()) / 100
	}
	d, err := jalali.Parse(b.typed("rate_day"))
	if f, ok := fault.As(err); ok {
		b.wrong["rate_day"] = locale.T(b.v.l, f.Key, f.Args)
		return in, day
	}
	if day = d.Start(); day.After(timeOf(b.now)) {
		b.wrong["rate_day"] = b.v.T("trade.landed_day")
	}
	return in, day
}

func (b *landedBuilder) fields() {
	duty, others, median := b.known()
	for _, f := range []struct {
		name, kind string
		known      float64
		value      string
	}{
		{"ex_works", "int", math.NaN(), ""}, {"packing", "int", math.NaN(), ""}, {"inland", "int", math.NaN(), ""}, {"rate", "int", math.NaN(), ""}, {"rate_day", "date", math.NaN(), ""},
		{"freight", "code", math.NaN(), ""}, {"insurance", "code", math.NaN(), ""}, {"duty", "percent", 100 * duty, ""}, {"costs", "code", math.NaN(), ""}, {"margin", "percent", math.NaN(), ""},
		{"median", "code", median, ""}, {"median_duty", "percent", 100 * others, ""}, {"least", "percent", math.NaN(), ""},
	} {
		field := Field{ID: "f-" + f.name, Name: f.name, Kind: f.kind, Label: b.v.T("landed.f." + f.name), Value: b.q.Get(f.name), Error: b.wrong[f.name]}
		switch f.name {
		case "ex_works", "packing", "inland":
			field.Unit = b.v.T("web.rial.word")
		case "duty", "median", "median_duty":
			field.Hint = b.v.T("landed.hint.unknown")
			if !math.IsNaN(f.known) {
				field.Hint = b.v.T("landed.hint.known", "value", b.figure(f.known, 2))
			}
		}
		b.view.Fields = append(b.view.Fields, field)
	}
	unit := Field{ID: "f-unit", Name: "unit", Kind: "select", Label: b.v.T("landed.f.unit")}
	for _, u := range landedUnits {
		unit.Options = append(unit.Options, Option{Value: u, Label: b.v.T("landed.unit." + u), Chosen: u == b.unit()})
	}
	b.view.Fields = append([]Field{
		{ID: "f-product", Name: "product", Kind: "code", Label: b.v.T("markets.choose.product"), Value: b.ask.product},
		{ID: "f-market", Name: "market", Kind: "code", Label: b.v.T("markets.flags.f.market"), Value: b.ask.market}, unit,
	}, b.view.Fields...)
}

// show fills the steps, the verdict and why.
func (b *landedBuilder) show(in index.Landing, out index.Landed, day time.Time) {
	v := b.v
	dollars := func(f float64) string {
		if math.IsNaN(f) {
			return v.T("markets.unknown")
		}
		return v.T("landed.dollars", "n", b.figure(f, 2))
	}
	step := func(name string, dollar float64, sum bool, of string) {
		rial := v.T("markets.unknown")
		if !math.IsNaN(dollar) {
			rial = v.T("landed.rial", "n", Num(v.l, int64(math.Round(dollar*float64(in.Rate)))))
		}
		b.view.Steps = append(b.view.Steps, landedStep{Name: v.T("landed.step." + name), Dollars: dollars(dollar), Rial: rial, Sum: sum, Of: of})
	}
	rate := float64(in.Rate)
	step("ex_works", out.ExWorks, false, "")
	step("packing", float64(in.Packing)/rate, false, "")
	step("inland", float64(in.Inland)/rate, false, "")
	step("fob", out.FOB, true, "")
	step("freight", in.Freight, false, "")
	step("insurance", in.Insurance, false, "")
	step("cif", out.CIF, true, "")
	step("duty", out.Duty, false, v.T("landed.of.duty", "rate", b.percent(in.Duty, 1)))
	step("costs", in.Costs, false, "")
	step("cost", out.Cost, true, "")
	step("margin", out.Price-out.Cost, false, v.T("landed.of.margin", "rate", b.percent(in.Margin, 1)))
	step("price", out.Price, true, "")
	step("others", out.Others, true, v.T("landed.of.others", "median", dollars(in.Median), "rate", b.percent(in.MedianDuty, 1)))
	b.verdict(in, out)
	b.made(in, day)
}

func (b *landedBuilder) verdict(in index.Landing, out index.Landed) {
	v := b.v
	verdict, say := out.Verdict, func(key string, kv ...any) { b.view.Reasons = append(b.view.Reasons, v.T("landed.why."+key, kv...)) }
	switch verdict {
	case index.Undecided:
		say("undecided")
	case index.Go:
		say("go", "margin", b.percent(out.Margin, 1), "least", b.percent(in.Least, 1))
	default:
		if out.Margin < 0 {
			say("dearer", "margin", b.percent(-out.Margin, 1))
			break
		}
		say("no_go", "margin", b.percent(out.Margin, 1), "least", b.percent(in.Least, 1))
	}
	if verdict != index.Undecided {
		if out.Highest > 0 {
			say("highest", "rial", Num(v.l, out.Highest))
		} else {
			say("never")
		}
	}
	if b.line != nil && b.line.Blocked {
		verdict = index.NoGo
		say("blocked")
	}
	b.view.Verdict = &Pill{Text: v.T("landed.verdict." + string(verdict)), Tone: map[index.Verdict]string{index.Go: "good", index.NoGo: "bad", index.Undecided: "warn"}[verdict]}
}

// made tells what the sheet was made with.
func (b *landedBuilder) made(in index.Landing, day time.Time) {
	v := b.v
	add := func(key, value, sub string) {
		b.view.How = append(b.view.How, Fact{Name: v.T("landed.how." + key), Value: value, Sub: sub})
	}
	add("rate", v.T("landed.how.rate_is", "n", Num(v.l, in.Rate), "day", jalali.FromTime(day).Long(v.l)), "")
	if timeOf(b.now).Sub(day) > staleRate {
		b.view.Notes = append(b.view.Notes, v.T("landed.note.stale", "n", b.num(int(timeOf(b.now).Sub(day).Hours()/24))))
	}
	from := func(name string, known float64, source *trade.Source) string {
		switch {
		case b.typed(name) != "":
			return v.T("landed.how.entered")
		case math.IsNaN(known):
			return v.T("markets.unknown")
		case source != nil:
			return v.T("landed.how.table", "title", source.Title())
		}
		return v.T("landed.how.as_ours")
	}
	duty, others, median := b.known()
	var tariffs, flows *trade.Source
	if b.m != nil {
		tariffs, flows = b.m.Tariffs, &b.m.Made.Sources[0]
	}
	add("duty", b.percent(in.Duty, 1), from("duty", duty, tariffs))
	if math.IsNaN(others) && b.typed("median_duty") == "" {
		add("median_duty", b.percent(in.MedianDuty, 1), v.T("landed.how.as_ours"))
	} else {
		add("median_duty", b.percent(in.MedianDuty, 1), from("median_duty", others, tariffs))
	}
	add("median", fmt.Sprint(b.orUnknown(in.Median)), from("median", median, flows))
	for _, key := range []string{"price", "others", "margin", "highest"} {
		add(key, v.T("landed.formula."+key), "")
	}
}

func (b *landedBuilder) orUnknown(f float64) string {
	if math.IsNaN(f) {
		return b.v.T("markets.unknown")
	}
	return b.v.T("landed.dollars", "n", b.figure(f, 2))
}

type spaceView struct {
	*Page
	Lede   string
	Whose  []Tab
	Fields []Field
	Hidden []Param
	Side   int
	Lines  []spaceLine
	Nodes  []spaceNode
	Rows   []spaceRow
	Notes  []string
	None   string
}

type spaceLine struct {
	X1, Y1, X2, Y2 int
	Tree           bool
}

type spaceNode struct {
	X, Y, R       int
	Made, Textile bool
	Label         string
}

// spaceRow is a product that is not made, and the made one that it is tied to most.
type spaceRow struct{ Product, Name, To, ToName, Tie, Near string }

const (
	spaceSide   = 760
	spaceMargin = 14
)

// How many products a picture can hold, the first what is shown unasked.
var spaceSizes = []string{"150", "75", "300"}

func textile(product string) bool { return product >= "50" && product < "64" }

// space shows the product space around what the country or the province makes.
func (s *Server) space(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Trade == nil {
		return missing("trade")
	}
	q := r.URL.Query()
	who, size := q.Get("who"), cmp.Or(q.Get("n"), spaceSizes[0])
	view := spaceView{Page: s.Page(r, "space.title"), Side: spaceSide, Lede: v.T("space.lede")}
	for _, x := range []string{"", "province"} {
		view.Whose = append(view.Whose, Tab{Label: v.T("compass.who." + cmp.Or(x, "country")), Href: address("/trade/space", map[string]string{"who": x, "n": q.Get("n")}), Current: who == x, Bare: true})
	}
	f := Field{ID: "f-n", Name: "n", Kind: "select", Label: v.T("space.size")}
	for _, n := range spaceSizes {
		f.Options = append(f.Options, Option{Value: n, Label: locale.Digits(v.l, n), Chosen: n == size})
	}
	view.Fields = []Field{f}
	country := home
	if who == "province" {
		country, view.Hidden = "", []Param{{Name: "who", Value: who}}
	}
	c, err := s.cfg.Desk.Trade.Compass(v.ctx, v.p, trade.Ask{Province: v.p.Province}, country)
	if f, ok := fault.As(err); ok && (f.Kind == fault.NotFound || f.Kind == fault.Refused || f.Key == "trade.no_concordance") {
		view.None = locale.T(v.l, f.Key, f.Args)
		if f.Key == "trade.none_loaded" {
			view.None = v.T("compass.none." + fmt.Sprint(f.Args["kind"]))
		}
		return s.Render(w, r, http.StatusOK, "trade/space", view)
	}
	if err != nil {
		return err
	}
	most := 150
	if n, err := strconv.Atoi(size); err == nil && n >= 10 && n <= 300 {
		most = n
	}
	v.drawSpace(c, c.Space(most), &view)
	return s.Render(w, r, http.StatusOK, "trade/space", view)
}

func (v *visit) drawSpace(c *trade.Compass, sp *trade.Space, view *spaceView) {
	b := compassBuilder{v: v}
	at := func(f float64) int { return spaceMargin + int(math.Round(f*(spaceSide-2*spaceMargin))) }
	made := 0
	for i, n := range sp.Nodes {
		l := sp.Lines[i]
		if l.Made {
			made++
		}
		radius := 5
		if l.Value > 0 && c.Lines != nil {
			radius = min(12, 5+int(math.Log10(1+l.Value/1e6)*2))
		}
		view.Nodes = append(view.Nodes, spaceNode{X: at(n.X), Y: at(n.Y), R: radius, Made: l.Made, Textile: textile(l.Product), Label: l.Name.In(v.l) + " " + locale.Digits(v.l, l.Product)})
	}
	best := map[int]index.NetworkLink{}
	for _, l := range sp.Links {
		a, z := sp.Nodes[l.A], sp.Nodes[l.B]
		view.Lines = append(view.Lines, spaceLine{at(a.X), at(a.Y), at(z.X), at(z.Y), l.Tree})
		for _, end := range [][2]int{{l.A, l.B}, {l.B, l.A}} {
			if !sp.Lines[end[0]].Made && sp.Lines[end[1]].Made && l.Proximity > best[end[0]].Proximity {
				best[end[0]] = index.NetworkLink{A: end[0], B: end[1], Proximity: l.Proximity}
			}
		}
	}
	for i := range sp.Nodes {
		if l, found := best[i]; found {
			from, to := sp.Lines[l.A], sp.Lines[l.B]
			view.Rows = append(view.Rows, spaceRow{from.Product, from.Name.In(v.l), to.Product, to.Name.In(v.l), b.figure(l.Proximity, 2), b.num(from.Percentile)})
		}
	}
	view.Notes = append(view.Notes, v.T("space.note.shown", "n", b.num(len(sp.Nodes)), "made", b.num(made), "left", b.num(sp.Left), "left_made", b.num(sp.LeftMade)),
		v.T("space.note.ties", "n", b.num(len(sp.Links))), v.T("space.note.source", "title", c.Source.Title(), "profile", v.T("compass.profile."+c.Index.Profile.Name)))
}
