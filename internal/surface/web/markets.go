package web

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/text"
	index "rahgosha/internal/insight/trade"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Markets is what is computed of bilateral trade, and what officers say of markets.
type Markets interface {
	// Market gives the markets of a product; not_found trade.none_loaded before flows are loaded, trade.no_flows for a product
	// that they do not know.
	Market(ctx context.Context, p access.Principal, ask trade.MarketAsk) (*trade.Markets, error)
	Flags(ctx context.Context, p access.Principal) ([]trade.MarketFlag, error)
	Flag(ctx context.Context, p access.Principal, f trade.MarketFlag) (trade.MarketFlag, error)
	// MayFlag tells whether the person may write flags.
	MayFlag(p access.Principal) bool
}

func (s *Server) marketRoutes() []httpkit.Route {
	return []httpkit.Route{
		{Method: http.MethodGet, Pattern: "/trade/markets", Policy: SignedIn, Handler: s.markets},
		{Method: http.MethodGet, Pattern: "/trade/landed", Policy: SignedIn, Handler: s.landed},
		{Method: http.MethodGet, Pattern: "/trade/space", Policy: SignedIn, Handler: s.space},
		{Method: http.MethodGet, Pattern: "/trade/flags", Policy: SignedIn, Handler: s.marketFlags},
		{Method: http.MethodPost, Pattern: "/trade/flags", Policy: May("markets", "flag"), Handler: s.flagMarket, MaxBody: formBody},
	}
}

// marketAsk is what the page was asked for, as its address says it.
type marketAsk struct{ product, market, sort, only, q string }

func marketAsked(q url.Values) marketAsk {
	return marketAsk{product: strings.TrimSpace(text.Digits(q.Get("product"))), market: strings.ToUpper(q.Get("market")), sort: q.Get("sort"), only: q.Get("only"), q: text.Display(q.Get("q"))}
}

// with gives the page's address with one parameter changed and the list begun anew.
func (a marketAsk) with(name, value string) string {
	return address("/trade/markets", map[string]string{"product": a.product, "market": a.market, "sort": a.sort, "only": a.only, "q": a.q, name: value})
}

// address is a page with the parameters that say something.
func address(path string, params map[string]string) string {
	q := url.Values{}
	for k, v := range params {
		if v != "" {
			q.Set(k, v)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

type marketsView struct {
	*Page
	Heading, Product string
	Lede             string
	Fields           []Field
	Hidden           []Param
	Bars             bars
	Picked           *pickedMarket
	Cols             []string
	Rows             []marketRow
	Pager            Pager
	How              []Fact
	Notes            []string
	None             string // why nothing is shown
}

type marketRow struct {
	Name, Code, Href                                          string
	Imports, Growth, Years, Tariff, Away, Sales, EPI, Missing string
	Reading                                                   Pill
	Says                                                      string
	Flags                                                     []Pill
	Current                                                   bool
}

// pickedMarket is the market that the visitor looks at closely.
type pickedMarket struct {
	Name, Code   string
	Reading      Pill
	Says         string
	Fall         waterfall
	Why          string // why there is no picture
	Facts        []Fact
	Sellers      []sellerRow
	Concentrated string
	Flags        []flagRow
	Landed, Say  string // addresses
}

type sellerRow struct{ Name, Code, Value, Share string }

var marketTone = map[trade.Reading]string{
	"blocked": "bad", "room": "brand", "held": "warn", "near": "good", "above": "good", "shrinking": "warn", "ease_unknown": "info", "far_unknown": "info",
}

// Orders and filters of the list, the first of each the one that is not written in the address.
var (
	marketSorts = []string{"", "epi", "imports", "growth", "sales", "tariff", "away"}
	marketOnly  = []string{"", "sold", "unsold", "flagged", "unblocked", "tariff"}
)

func (s *Server) markets(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Markets == nil {
		return missing("trade")
	}
	ask := marketAsked(r.URL.Query())
	if len(ask.q) > maxQuery*4 {
		return fault.New(fault.Invalid, "desk.error.long_query")
	}
	view := marketsView{Page: s.Page(r, "markets.title"), Heading: v.T("markets.title"), Lede: v.T("markets.lede"), Product: ask.product}
	b := marketBuilder{compassBuilder: compassBuilder{v: v}, ask: ask, view: &view}
	b.form()
	if ask.product == "" {
		view.None = v.T("markets.none.product")
		return s.Render(w, r, http.StatusOK, "trade/markets", view)
	}
	m, err := s.cfg.Desk.Markets.Market(v.ctx, v.p, trade.MarketAsk{Province: v.p.Province, Product: ask.product})
	if f, ok := fault.As(err); ok && (f.Key == "trade.none_loaded" || f.Key == "trade.no_flows") {
		view.None = locale.T(v.l, f.Key, f.Args)
		if f.Key == "trade.none_loaded" {
			view.None = v.T("markets.none." + fmt.Sprint(f.Args["kind"]))
		}
		return s.Render(w, r, http.StatusOK, "trade/markets", view)
	}
	if err != nil {
		return err
	}
	b.m, b.now = m, s.cfg.Clock.Now().UnixMicro()
	if err := b.build(); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "trade/markets", view)
}

// marketBuilder fills the page from a product's markets.
type marketBuilder struct {
	compassBuilder
	m    *trade.Markets
	ask  marketAsk
	view *marketsView
	now  int64
}

func (b marketBuilder) form() {
	v, a := b.v, b.ask
	choose := func(name, value string, options []string) {
		f := Field{ID: "f-" + name, Name: name, Kind: "select", Label: v.T("markets.choose." + name)}
		for _, o := range options {
			f.Options = append(f.Options, Option{Value: o, Label: v.T("markets." + name + "." + cmp.Or(o, "default")), Chosen: o == value})
		}
		b.view.Fields = append(b.view.Fields, f)
	}
	b.view.Fields = append(b.view.Fields, Field{ID: "f-product", Name: "product", Kind: "code", Label: v.T("markets.choose.product"), Value: a.product},
		Field{ID: "f-q", Name: "q", Kind: "search", Label: v.T("markets.choose.q"), Value: a.q})
	choose("sort", a.sort, marketSorts)
	choose("only", a.only, marketOnly)
	if a.market != "" {
		b.view.Hidden = []Param{{Name: "market", Value: a.market}}
	}
}

func (b marketBuilder) build() error {
	shown := slices.DeleteFunc(slices.Clone(b.m.Lines), func(l trade.MarketLine) bool { return !b.asked(l) })
	slices.SortStableFunc(shown, b.order)
	b.finding()
	for _, c := range []string{"imports", "growth", "tariff", "away", "sales", "epi", "unrealised"} {
		b.view.Cols = append(b.view.Cols, b.v.T("markets.fact."+c))
	}
	b.view.Bars = b.bars(shown)
	for _, l := range b.m.Lines {
		if l.Country == b.ask.market {
			p, err := b.picked(l)
			if err != nil {
				return err
			}
			b.view.Picked = p
		}
	}
	shown, b.view.Pager = pageOf(b.v.r, shown, b.ask.with("from", ""))
	for _, l := range shown {
		b.view.Rows = append(b.view.Rows, b.row(l))
	}
	b.how()
	return nil
}

// asked tells whether a market is among those that the visitor asked for.
func (b marketBuilder) asked(l trade.MarketLine) bool {
	switch b.ask.only {
	case "sold":
		if math.IsNaN(l.Sales) {
			return false
		}
	case "unsold":
		if !math.IsNaN(l.Sales) {
			return false
		}
	case "flagged":
		if len(l.Flags) == 0 {
			return false
		}
	case "unblocked":
		if l.Blocked {
			return false
		}
	case "tariff":
		if math.IsNaN(l.Tariff) {
			return false
		}
	}
	return b.ask.q == "" || strings.EqualFold(l.Country, b.ask.q) || text.Match(l.Name.FA, b.ask.q) || text.Match(l.Name.EN, b.ask.q)
}

// order puts the largest first, of tariffs and distances the smallest, and what is not known last; a market that is ruled out
// comes after those that are not where potential is compared.
func (b marketBuilder) order(x, y trade.MarketLine) int {
	figure := func(l trade.MarketLine) float64 {
		switch b.ask.sort {
		case "imports":
			return l.Imports
		case "growth":
			return l.Growth
		case "sales":
			return l.Sales
		case "tariff":
			return -l.Tariff
		case "away":
			return -l.Away
		case "epi":
			return counted(l, l.EPI)
		}
		return counted(l, l.Unrealised)
	}
	fx, fy := figure(x), figure(y)
	switch {
	case math.IsNaN(fx) && math.IsNaN(fy):
	case math.IsNaN(fx):
		return 1
	case math.IsNaN(fy):
		return -1
	case fx != fy:
		return cmp.Compare(fy, fx)
	}
	return cmp.Or(cmp.Compare(nothingKnown(y.Imports), nothingKnown(x.Imports)), cmp.Compare(x.Country, y.Country))
}

func nothingKnown(f float64) float64 {
	if math.IsNaN(f) {
		return -1
	}
	return f
}

// counted is a figure of potential, NaN where it is not known or not to be counted.
func counted(l trade.MarketLine, f float64) float64 {
	if l.Blocked || l.Flag != index.NoFlag {
		return math.NaN()
	}
	return f
}

// finding is the sentence that stands first, with what was counted and what was not.
func (b marketBuilder) finding() {
	v := b.v
	sold, blocked, unknown := 0, 0, 0
	var unrealised, ruledOut float64
	for _, l := range b.m.Lines {
		if !math.IsNaN(l.Sales) {
			sold++
		}
		switch {
		case l.Blocked:
			blocked++
			if l.Flag == index.NoFlag {
				ruledOut += l.Unrealised
			}
		case l.Flag == index.EaseUnknown || l.Flag == index.FarUnknown:
			unknown++
		case l.Flag == index.NoFlag:
			unrealised += l.Unrealised
		}
	}
	b.view.Heading = v.T("markets.heading", "product", b.m.Name.In(v.l))
	b.view.Lede = v.T("markets.finding", "who", b.m.Place.In(v.l), "n", b.num(sold), "of", b.num(len(b.m.Lines)), "sales", b.money(b.m.Sales),
		"year", b.year(b.last()), "unrealised", b.money(unrealised))
	note := func(key string, kv ...any) { b.view.Notes = append(b.view.Notes, v.T("markets.note."+key, kv...)) }
	note("national")
	switch {
	case b.m.OwnFrom == nil:
		note("no_own")
	case math.IsNaN(b.m.Own):
		note("own_nothing", "title", b.m.OwnFrom.Title())
	default:
		note("own", "value", b.money(b.m.Own), "title", b.m.OwnFrom.Title())
	}
	if b.m.Spread.Parts > 0 {
		note("spread", "hhi", b.figure(b.m.Spread.HHI, 2), "n", b.num(b.m.Spread.Parts))
	}
	if blocked > 0 {
		note("blocked", "n", b.num(blocked), "value", b.money(ruledOut))
	}
	if unknown > 0 {
		note("unknown", "n", b.num(unknown))
	}
	if b.m.Codes > 1 {
		note("codes", "n", b.num(b.m.Codes))
	}
	if b.m.Distances == nil {
		note("no_distances")
	}
	if b.m.Economies == nil {
		note("no_growth")
	}
	if b.m.Tariffs == nil {
		note("no_tariffs")
	}
}

func (b marketBuilder) last() int { return b.m.Made.Years[len(b.m.Made.Years)-1] }

func (b marketBuilder) year(y int) string { return locale.Digits(b.v.l, strconv.Itoa(y)) }

// money writes USD; what is not known is said so and is no 0.
func (b marketBuilder) money(f float64) string {
	switch {
	case math.IsNaN(f):
		return b.v.T("markets.unknown")
	case f == 0:
		return b.v.T("markets.nothing")
	case f < 1000:
		return b.v.T("markets.dollars", "n", b.figure(f, 0))
	case f < 1e6:
		return b.v.T("compass.thousand", "n", b.figure(f/1e3, 0))
	}
	return b.dollars(f)
}

func (b marketBuilder) percent(f float64, decimals int) string {
	if math.IsNaN(f) {
		return b.v.T("markets.unknown")
	}
	return b.v.T("markets.percent", "n", b.figure(100*f, decimals))
}

func (b marketBuilder) sales(f float64) string {
	if math.IsNaN(f) {
		return b.v.T("markets.not_reported")
	}
	return b.money(f)
}

func (b marketBuilder) away(f float64) string {
	if math.IsNaN(f) {
		return b.v.T("markets.unknown")
	}
	return b.v.T("markets.km", "n", b.num(int(math.Round(f))))
}

// potential writes a figure of potential, or why there is none.
func (b marketBuilder) potential(l trade.MarketLine, f float64) string {
	if l.Flag != index.NoFlag {
		return b.v.T("markets.flag." + string(l.Flag))
	}
	if l.Blocked {
		return b.v.T("markets.not_counted", "value", b.money(f))
	}
	return b.money(f)
}

func (b marketBuilder) reading(l trade.MarketLine) Pill {
	return Pill{Text: b.v.T("markets.reading." + string(l.Reading)), Tone: marketTone[l.Reading]}
}

func (b marketBuilder) row(l trade.MarketLine) marketRow {
	out := marketRow{
		Name: l.Name.In(b.v.l), Code: l.Country, Href: b.ask.with("market", l.Country) + "#picked", Imports: b.sales(l.Imports), Growth: b.percent(l.Growth, 1),
		Tariff: b.percent(l.Tariff, 1), Away: b.away(l.Away), Sales: b.sales(l.Sales), EPI: b.potential(l, l.EPI), Missing: b.potential(l, l.Unrealised),
		Reading: b.reading(l), Says: b.v.T("markets.says." + string(l.Reading)), Current: l.Country == b.ask.market,
	}
	if !math.IsNaN(l.Growth) {
		out.Years = b.v.T("markets.years", "from", b.year(l.From), "to", b.year(l.To))
	}
	for _, f := range l.Flags {
		out.Flags = append(out.Flags, b.flagPill(f))
	}
	return out
}

func (b marketBuilder) picked(l trade.MarketLine) (*pickedMarket, error) {
	v := b.v
	p := &pickedMarket{Name: l.Name.In(v.l), Code: l.Country, Reading: b.reading(l), Says: v.T("markets.says." + string(l.Reading)),
		Landed: address("/trade/landed", map[string]string{"product": b.ask.product, "market": l.Country})}
	if v.s.cfg.Desk.Markets.MayFlag(v.p) {
		p.Say = address("/trade/flags", map[string]string{"product": b.ask.product, "market": l.Country})
	}
	if l.Flag == index.NoFlag {
		p.Fall = b.waterfall(l)
	} else {
		p.Why = v.T("markets.flag." + string(l.Flag) + "_why")
	}
	add := func(key, value, sub string) {
		p.Facts = append(p.Facts, Fact{Name: v.T("markets.fact." + key), Value: value, Sub: sub})
	}
	add("imports", b.sales(l.Imports), v.T("markets.in_year", "year", b.year(b.last())))
	growth := ""
	if !math.IsNaN(l.Growth) {
		growth = v.T("markets.years", "from", b.year(l.From), "to", b.year(l.To))
	}
	add("growth", b.percent(l.Growth, 1), growth)
	add("tariff", b.percent(l.Tariff, 1), v.T("markets.lowest", "rate", b.percent(l.Lowest, 1)))
	add("away", b.away(l.Away), "")
	add("sales", b.sales(l.Sales), v.T("markets.in_year", "year", b.year(b.last())))
	add("province", v.T("markets.unknown"), v.T("markets.province_why"))
	add("supply", b.factor(l.Supply), v.T("markets.formula.supply_of", "share", b.percent(l.Share, 2), "ratio", b.figure(l.Ratio, 2)))
	demand := v.T("markets.tariff_in")
	if !l.TariffIn {
		demand = v.T("markets.tariff_out")
	}
	if !l.GrowthKnown {
		demand += " " + v.T("markets.growth_out")
	}
	add("demand", b.money(l.Demand), v.T("markets.formula.demand_of", "distance", b.factor(l.Distance))+" "+demand)
	ease := b.factor(l.Ease)
	if l.Flag == index.EaseUnknown {
		ease = v.T("markets.flag.ease_unknown")
	}
	add("ease", ease, v.T("markets.formula.ease"))
	add("epi", b.potential(l, l.EPI), v.T("markets.formula.epi"))
	add("actual", b.money(l.Actual), v.T("markets.formula.actual", "n", b.num(len(b.m.Made.Years))))
	add("unrealised", b.potential(l, l.Unrealised), v.T("markets.formula.unrealised"))
	add("unit", b.perTon(l.Unit), v.T("markets.unit_of", "median", b.perTon(l.Median), "n", b.num(l.MedianOf)))
	add("own_unit", b.perTon(l.OwnUnit), "")
	p.Concentrated = v.T("markets.concentrated_not")
	if l.Sellers.Parts > 0 {
		p.Concentrated = v.T("markets.concentrated", "hhi", b.figure(l.Sellers.HHI, 2), "n", b.num(l.Sellers.Parts), "year", b.year(b.last()))
	}
	for _, s := range l.Top {
		p.Sellers = append(p.Sellers, sellerRow{Name: s.Name.In(v.l), Code: s.Country, Value: b.money(s.Value), Share: b.percent(s.Share, 1)})
	}
	var err error
	p.Flags, err = b.flagRows(l.Flags, nil)
	return p, err
}

func (b marketBuilder) factor(f float64) string {
	if math.IsNaN(f) {
		return b.v.T("markets.unknown")
	}
	if f != 0 && f < 0.1 {
		return b.figure(f, 4)
	}
	return b.figure(f, 2)
}

func (b marketBuilder) perTon(f float64) string {
	if math.IsNaN(f) {
		return b.v.T("markets.unknown")
	}
	return b.v.T("markets.per_ton", "n", b.num(int(math.Round(f))))
}

// how is what the figures were made with.
func (b marketBuilder) how() {
	v, m := b.v, b.m
	add := func(key, value, sub string) {
		b.view.How = append(b.view.How, Fact{Name: v.T("markets.how." + key), Value: value, Sub: sub})
	}
	for _, s := range m.Made.Sources {
		b.view.How = append(b.view.How, Fact{Name: v.T("compass.kind." + string(s.Kind)), Value: s.Title(),
			Sub: v.T("compass.how.licence", "licence", s.Licence, "day", jalali.FromTime(timeOf(s.LoadedAt)).Long(v.l))})
	}
	var years []string
	for _, y := range m.Made.Years {
		years = append(years, b.year(y))
	}
	add("years", strings.Join(years, v.T("web.comma")), v.T("markets.how.years_sub"))
	add("profile", v.T("markets.how.profile_is"), v.T("markets.how.profile_sub"))
	add("filter", v.T("markets.how.filter_is"), "")
	for _, key := range []string{"epi", "supply", "demand", "ease", "unrealised", "growth", "hhi", "unit", "tariff"} {
		b.view.How = append(b.view.How, Fact{Name: v.T("markets.fact." + key), Value: v.T("markets.formula." + key)})
	}
}

// Flags.

// flagRow is a flag as it is shown: its age, its end, and whether that is over.
type flagRow struct {
	Name, Market, Product, Matter, Text, Source, By string
	Level                                           Pill
	Said, At                                        time.Time
	Age, Until, State                               string
	Outdated                                        bool
}

var levelTone = map[trade.Level]string{trade.Open: "good", trade.Care: "warn", trade.Block: "bad"}

func (b marketBuilder) flagPill(f trade.MarketFlag) Pill {
	p := Pill{Text: b.v.T("markets.flag_is", "matter", b.v.T("markets.matter."+string(f.Matter)), "level", b.v.T("markets.level."+string(f.Level))), Tone: levelTone[f.Level]}
	if f.Outdated(b.now) {
		p.Text, p.Tone = b.v.T("markets.outdated", "flag", p.Text), ""
	}
	return p
}

// flagRows shows flags; holds tells of those which hold, and is nil where all do.
func (b marketBuilder) flagRows(flags []trade.MarketFlag, holds map[string]bool) (out []flagRow, err error) {
	var ids []string
	for _, f := range flags {
		ids = append(ids, f.By)
	}
	names, err := b.v.names(ids)
	if err != nil {
		return nil, err
	}
	for _, f := range flags {
		l := flagRow{Market: f.Market, Product: f.Product, Matter: b.v.T("markets.matter." + string(f.Matter)), Text: f.Text, Source: f.Source, By: cmp.Or(names[f.By], f.By),
			Level: Pill{Text: b.v.T("markets.level." + string(f.Level)), Tone: levelTone[f.Level]}, Said: timeOf(f.Said), At: timeOf(f.At), Outdated: f.Outdated(b.now)}
		l.Age = b.v.T("markets.age", "n", b.num(int((b.now-f.Said)/(24*time.Hour).Microseconds())))
		if l.Until = b.v.T("markets.until_unknown"); f.Until != 0 {
			l.Until = b.v.T("markets.until", "day", jalali.FromTime(timeOf(f.Until)).Long(b.v.l))
		}
		switch {
		case holds != nil && !holds[f.ID]:
			l.State = b.v.T("markets.replaced")
		case l.Outdated:
			l.State = b.v.T("markets.is_outdated")
		}
		out = append(out, l)
	}
	return out, nil
}

type flagsView struct {
	*Page
	Lede   string
	Fields []Field // of the filter
	Rows   []flagRow
	Form   *Form
	Done   bool
	Back   string
}

func (s *Server) marketFlags(w http.ResponseWriter, r *http.Request) error {
	return s.visit(r).showFlags(w, http.StatusOK, nil, false)
}

// showFlags lists what was said of markets, with the form for who may say something; wrong is what the form got wrong.
func (v *visit) showFlags(w http.ResponseWriter, status int, wrong map[string]string, done bool) error {
	if v.s.cfg.Desk.Markets == nil {
		return missing("trade")
	}
	all, err := v.s.cfg.Desk.Markets.Flags(v.ctx, v.p)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	market, product := strings.ToUpper(strings.TrimSpace(q.Get("market"))), strings.TrimSpace(text.Digits(q.Get("product")))
	shown := slices.DeleteFunc(slices.Clone(all), func(f trade.MarketFlag) bool {
		return market != "" && f.Market != market || product != "" && !strings.HasPrefix(product, f.Product)
	})
	countries, err := v.countries()
	if err != nil {
		return err
	}
	b := marketBuilder{compassBuilder: compassBuilder{v: v}, now: v.s.cfg.Clock.Now().UnixMicro()}
	in := v.marketField(Field{ID: "f-market", Name: "market", Value: market}, countries, v.T("markets.flags.any"))
	view := flagsView{Page: v.s.Page(v.r, "markets.flags.title"), Done: done, Lede: v.T("markets.flags.lede"),
		Fields: []Field{in, {ID: "f-product", Name: "product", Kind: "code", Label: v.T("markets.flags.f.product"), Value: product}}}
	if product != "" {
		view.Back = marketAsk{product: product, market: market}.with("", "")
	}
	if view.Rows, err = b.flagRows(shown, trade.Holding(all)); err != nil {
		return err
	}
	for i := range view.Rows {
		view.Rows[i].Name = v.country(view.Rows[i].Market, countries)
	}
	if v.s.cfg.Desk.Markets.MayFlag(v.p) {
		view.Form = v.flagForm(wrong, market, product, countries)
	}
	return v.s.Render(w, v.r, status, "trade/flags", view)
}

// countries are the countries of the loaded table, by their codes; none where none is loaded.
func (v *visit) countries() (map[string]locale.Text, error) {
	if v.s.cfg.Desk.Services == nil {
		return nil, nil
	}
	return v.s.cfg.Desk.Services.Countries(v.ctx, v.p)
}

// marketField asks for a market: out of a list, or by its code where no table of countries is loaded.
func (v *visit) marketField(f Field, countries map[string]locale.Text, none string) Field {
	f.Kind, f.Label = "code", v.T("markets.flags.f.market")
	if len(countries) == 0 {
		return f
	}
	f.Label = v.T("markets.flags.f.country")
	v.shape(&f, services.Spec{Type: "country"}, countries)
	f.Options[0].Label = none
	return f
}

func (v *visit) flagForm(wrong map[string]string, market, product string, countries map[string]locale.Text) *Form {
	typed := func(name, given string) string {
		if v.r.Method == http.MethodPost {
			return v.r.PostFormValue(name)
		}
		return given
	}
	ask := func(name, kind, given string, required bool) Field {
		f := Field{ID: name, Name: name, Kind: kind, Label: v.T("markets.flags.f." + name), Value: typed(name, given), Error: wrong[name], Required: required}
		if !required {
			f.Optional = v.T("desk.optional")
		}
		return f
	}
	matter, level := ask("matter", "select", "", true), ask("level", "select", "", true)
	for _, m := range trade.Matters() {
		matter.Options = append(matter.Options, Option{Value: string(m), Label: v.T("markets.matter." + string(m)), Chosen: string(m) == matter.Value})
	}
	for _, l := range trade.Levels() {
		level.Options = append(level.Options, Option{Value: string(l), Label: v.T("markets.level." + string(l)), Chosen: string(l) == level.Value})
	}
	fields := []Field{v.marketField(ask("market", "", market, true), countries, v.T("desk.choose")), ask("product", "code", product, false), matter, level, ask("text", "area", "", true), ask("source", "text", "", true),
		ask("said", "date", "", true), ask("until", "date", "", false)}
	fields[1].Hint, fields[7].Hint = v.T("markets.flags.hint.product"), v.T("markets.flags.hint.until")
	return &Form{Action: "/trade/flags", Fields: fields, Errors: topped(wrong, fields), Submit: v.T("markets.flags.submit")}
}

func (s *Server) flagMarket(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Markets == nil {
		return missing("trade")
	}
	f := func(name string) string { return text.Display(r.PostFormValue(name)) }
	flag := trade.MarketFlag{Market: f("market"), Product: text.Digits(f("product")), Matter: trade.Matter(f("matter")), Level: trade.Level(f("level")), Text: f("text"), Source: f("source")}
	day := func(name string, end bool) (int64, error) {
		civil, err := civilTyped(name, f(name))
		at := civilStart(civil)
		if end {
			at = at.AddDate(0, 0, 1).Add(-time.Microsecond)
		}
		return at.UnixMicro(), err
	}
	var err error
	if flag.Said, err = day("said", false); err == nil && f("until") != "" {
		flag.Until, err = day("until", true)
	}
	if err == nil {
		_, err = s.cfg.Desk.Markets.Flag(v.ctx, v.p, flag)
	}
	if wrong, ok := v.wrongOf(err); ok {
		return v.showFlags(w, http.StatusUnprocessableEntity, wrong, false)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, address("/trade/flags", map[string]string{"market": strings.ToUpper(flag.Market), "product": flag.Product}), http.StatusSeeOther)
	return nil
}
