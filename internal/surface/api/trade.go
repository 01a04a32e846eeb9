package api

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/httpkit"
)

// Trade is the register of trade data and what is computed of it.
type Trade interface {
	Compass(ctx context.Context, p access.Principal, ask trade.Ask, country string) (*trade.Compass, error)
	TradeSources(ctx context.Context, p access.Principal) ([]trade.Source, error)
	Market(ctx context.Context, p access.Principal, ask trade.MarketAsk) (*trade.Markets, error)
}

// Services is the register of exports of technical-engineering services; it asks itself who may read what.
type Services interface {
	Shares(ctx context.Context, p access.Principal, year int) (services.Answer, error)
	Contracts(ctx context.Context, p access.Principal) (*services.Register, error)
}

// CompassView is an exporter's products and what its figures were made with. Amounts are USD; what is not defined is null.
type CompassView struct {
	Country string        `json:"country,omitempty"` // "" is the province itself
	Made    CompassMade   `json:"made"`
	Lines   []CompassLine `json:"lines"`
	Unknown int           `json:"unknown"` // products of the province that the world's table does not have
}

// CompassMade is what a compass was made with.
type CompassMade struct {
	Profile       string      `json:"profile"`
	Presence      string      `json:"presence"`
	Exports       SourceView  `json:"exports"`
	Province      *SourceView `json:"province"`
	Populations   *SourceView `json:"populations"`
	MinExports    float64     `json:"min_exports"`
	MinPopulation float64     `json:"min_population"`
	Countries     int         `json:"countries"`
	Dropped       []string    `json:"dropped"` // countries left out by the limits
	Warnings      []string    `json:"warnings"`
}

// CompassLine is one product.
type CompassLine struct {
	Product    string      `json:"product"`
	Name       locale.Text `json:"name"`
	Value      float64     `json:"value_usd"`
	World      float64     `json:"world_usd"`
	RCA        *float64    `json:"rca"`
	Present    bool        `json:"present"`
	Density    *float64    `json:"density"`
	Percentile int         `json:"percentile"`
	PCI        *float64    `json:"pci"`
	COG        *float64    `json:"cog"`
	Reading    string      `json:"reading"`
}

// SourceView is a table as it was loaded.
type SourceView struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Edition   string `json:"edition,omitempty"`
	Year      int    `json:"year,omitempty"`
	Publisher string `json:"publisher"`
	Vintage   string `json:"vintage"`
	Licence   string `json:"licence"`
	File      string `json:"file"`
	SHA256    string `json:"sha256"`
	Rows      int    `json:"rows"`
	LoadedAt  int64  `json:"loaded_at"`
	Replaces  string `json:"replaces,omitempty"`
}

// SharesView is every variant of the share of exports of services. Amounts are cents of USD, of D3 counts.
type SharesView struct {
	Year       int             `json:"year"` // solar
	From       string          `json:"from"`
	To         string          `json:"to"`
	Variants   []ShareView     `json:"variants"`
	Reported   []ReportedView  `json:"reported"`
	Benchmarks []BenchmarkView `json:"benchmarks"` // empty where no table of the world's services is loaded
}

// ShareView is one variant. Share is null where lacks names what is not loaded, or masked says that too few firms stand behind it.
type ShareView struct {
	Variant    string      `json:"variant"`
	Definition locale.Text `json:"definition"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	Over       *int64      `json:"numerator"`
	Under      *int64      `json:"denominator"`
	Share      *float64    `json:"share"`
	Paid       *int64      `json:"paid"`
	Statements int         `json:"statements"`
	Firms      int         `json:"firms"`
	Waiting    int         `json:"not_counted"`
	Masked     bool        `json:"masked"`
	Lacks      []string    `json:"lacks"`
	Made       []MadeView  `json:"made"`
}

// MadeView is the source of a number, with how often what counts now replaced another.
type MadeView struct {
	What      string `json:"what"`
	Publisher string `json:"publisher"`
	Vintage   string `json:"vintage"`
	To        string `json:"to,omitempty"`
	Changed   int64  `json:"changed"`
	Revision  int    `json:"revision"`
}

// ReportedView is a share that somebody reported; nobody announced its definition.
type ReportedView struct {
	Percent   float64     `json:"percent"`
	Statement locale.Text `json:"statement"`
	Source    string      `json:"source"`
	Day       string      `json:"day"` // "" where it is not known
	Defined   bool        `json:"defined"`
}

// BenchmarkView is a class's part of the world's exports of services.
type BenchmarkView struct {
	Class     string      `json:"class"`
	Name      locale.Text `json:"name"`
	Share     float64     `json:"share"`
	Countries int         `json:"countries"`
}

// ServiceContract is a contract with all that hangs on it. Amounts are in the smallest part of the currency; days are civil.
type ServiceContract struct {
	ID         string           `json:"id"`
	Number     string           `json:"number"`
	Unit       string           `json:"unit,omitempty"`
	LegalID    string           `json:"legal_id,omitempty"`
	Client     string           `json:"client,omitempty"` // not sent to who may not know it
	Country    string           `json:"country"`
	Category   string           `json:"category"`
	EBOPS      string           `json:"ebops"`
	Currency   string           `json:"currency"`
	Amount     int64            `json:"amount"`
	Goods      int64            `json:"goods"`
	Signed     string           `json:"signed"`
	From       string           `json:"from,omitempty"`
	To         string           `json:"to,omitempty"`
	Grade      string           `json:"grade,omitempty"`
	State      string           `json:"state"`
	Versions   int              `json:"versions"`
	Statements []ServiceRecord  `json:"statements"`
	Receipts   []ServiceRecord  `json:"receipts"`
	Equipment  []ServiceRecord  `json:"equipment"`
	History    []ServiceVersion `json:"history,omitempty"` // of a contract asked for alone
}

// ServiceRecord is a statement, a receipt or equipment.
type ServiceRecord struct {
	ID        string `json:"id"`
	Number    string `json:"number"`
	Amount    int64  `json:"amount"`
	On        string `json:"on"`
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
	Statement string `json:"statement,omitempty"`
	HS        string `json:"hs,omitempty"`
	State     string `json:"state"`
	Versions  int    `json:"versions"`
}

// ServiceVersion is one version of a contract or of what hangs on it.
type ServiceVersion struct {
	ID      string `json:"id"`
	Of      string `json:"of"` // what its versions are about
	Kind    string `json:"kind"`
	Amount  int64  `json:"amount"`
	At      int64  `json:"at"`
	Reason  string `json:"reason,omitempty"`
	State   string `json:"state"`
	Decided int64  `json:"decided,omitempty"`
	Word    string `json:"word,omitempty"`
}

var tradeOperations = []operation{
	{method: "get", path: "/trade/compass", summary: "An exporter's products with advantage, nearness, complexity, gain and reading, and the tables, conventions and filter that they were made with; without country those of Iran, with who=province the province's own. 404 says which table is not loaded", answer: CompassView{}, status: 200, faults: []int{404, 422}, query: []parameter{
		{"country", "code of a country; IRN without it", false}, {"who", "province: the province's own exports", false}, {"profile", "convention: py, stata, r or atlas2026", false},
		{"whole", "true: no country is left out", false}, {"source", "id of a table of exports; the latest without it", false},
	}},
	{method: "get", path: "/trade/markets", summary: "The markets of a product: imports, growth, tariffs, distance, present sales, potential with its factors, sellers, unit values, flags and reading, with the tables and years that they were made with. 404 says which table is not loaded", answer: MarketsView{}, status: 200, faults: []int{404, 422}, query: []parameter{
		{"product", "a code of the flows, or its beginning", true}, {"exporter", "code of a country; IRN without it", false}}},
	{method: "get", path: "/trade/sources", summary: "The tables of trade data as they were loaded, the last first, with who published them and what each replaced", answer: listOf[SourceView]{}, status: 200},
	{method: "get", path: "/trade/services", summary: "The share of exports of technical-engineering services by each definition, in cents of USD, with period, sources, revision and quality; what is not loaded is null and named. Beside it the reported share, whose definition is not announced, and the world's classes", answer: SharesView{}, status: 200, faults: []int{422}, query: []parameter{
		{"year", "solar year; the latest with work without it", false}}},
	{method: "get", path: "/trade/services/contracts", summary: "The contracts of the register with their statements, receipts and equipment: all of them for officers, a unit's own for its people; 403 for everybody else", answer: listOf[ServiceContract]{}, status: 200, faults: []int{403}},
	{method: "get", path: "/trade/services/contracts/{id}", summary: "One contract, with every version there was", answer: ServiceContract{}, status: 200, faults: []int{403, 404}},
}

func (s *Server) tradeRoutes(rt func(method, path, policy string, h httpkit.Handler) httpkit.Route) []httpkit.Route {
	return []httpkit.Route{
		rt(http.MethodGet, "/trade/compass", SignedIn, s.compass),
		rt(http.MethodGet, "/trade/markets", SignedIn, s.markets),
		rt(http.MethodGet, "/trade/sources", SignedIn, s.tradeSources),
		rt(http.MethodGet, "/trade/services", SignedIn, s.serviceShares),
		rt(http.MethodGet, "/trade/services/contracts", SignedIn, s.serviceContracts),
		rt(http.MethodGet, "/trade/services/contracts/{id}", SignedIn, s.serviceContract),
	}
}

// asked reads the parameters of a question; one that is not known is an error.
func asked(q url.Values, known map[string]*string) error {
	for name, values := range q {
		into, ok := known[name]
		if !ok {
			return fault.New(fault.Invalid, "api.parameter", "name", name).At(name)
		}
		*into = values[0]
	}
	return nil
}

// homeCountry is the country whose compass is given where none is asked for.
const homeCountry = "IRN"

func (s *Server) compass(w http.ResponseWriter, r *http.Request) error {
	country, who, whole, ask := homeCountry, "", "", trade.Ask{}
	if err := asked(r.URL.Query(), map[string]*string{"country": &country, "who": &who, "profile": &ask.Profile, "whole": &whole, "source": &ask.Source}); err != nil {
		return err
	}
	switch {
	case who == "province":
		country = ""
	case who != "" || country == "":
		return fault.New(fault.Invalid, "api.parameter", "name", "who").At("who")
	}
	p := httpkit.PrincipalOf(r)
	ask.Province, ask.Whole = p.Province, whole == "true" || whole == "1"
	c, err := s.cfg.Trade.Compass(r.Context(), p, ask, country)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, compassView(c, httpkit.LangOf(r)))
}

func compassView(c *trade.Compass, l locale.Lang) CompassView {
	x := c.Index.Exports
	out := CompassView{Country: c.Country, Unknown: c.Unknown, Lines: []CompassLine{}, Made: CompassMade{
		Profile: c.Index.Profile.Name, Presence: string(c.Index.Profile.Presence), Exports: sourceView(c.Source), MinExports: c.Filter.MinExports,
		MinPopulation: c.Filter.MinPopulation, Countries: len(x.Countries), Dropped: []string{}, Warnings: []string{},
	}}
	if c.Region != nil {
		v := sourceView(*c.Region)
		out.Made.Province = &v
	}
	if c.Population != nil && c.Filter.MinPopulation > 0 {
		v := sourceView(*c.Population)
		out.Made.Populations = &v
	}
	out.Made.Dropped = append(append(out.Made.Dropped, x.Dropped.SmallCountries...), x.Dropped.UnknownPopulation...)
	for _, f := range c.Index.Warnings {
		out.Made.Warnings = append(out.Made.Warnings, locale.T(l, f.Key, f.Args))
	}
	for _, n := range c.Lines {
		out.Lines = append(out.Lines, CompassLine{Product: n.Product, Name: n.Name, Value: n.Value, World: n.World, RCA: defined(n.RCA), Present: n.Made,
			Density: defined(n.Density), Percentile: n.Percentile, PCI: defined(n.PCI), COG: defined(n.COG), Reading: string(n.Reading)})
	}
	return out
}

// defined is nil for what is not: JSON knows no NaN.
func defined(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func sourceView(x trade.Source) SourceView {
	return SourceView{ID: x.ID, Kind: string(x.Kind), Edition: x.Edition, Year: x.Year, Publisher: x.Publisher, Vintage: x.Vintage, Licence: x.Licence, File: x.File,
		SHA256: x.SHA256, Rows: x.Rows, LoadedAt: x.LoadedAt, Replaces: x.Replaces}
}

func (s *Server) tradeSources(w http.ResponseWriter, r *http.Request) error {
	all, err := s.cfg.Trade.TradeSources(r.Context(), httpkit.PrincipalOf(r))
	if err != nil {
		return err
	}
	out := listOf[SourceView]{Items: []SourceView{}}
	for _, x := range all {
		out.Items = append(out.Items, sourceView(x))
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

func (s *Server) serviceShares(w http.ResponseWriter, r *http.Request) error {
	var year string
	if err := asked(r.URL.Query(), map[string]*string{"year": &year}); err != nil {
		return err
	}
	n := 0
	if year != "" {
		var err error
		if n, err = strconv.Atoi(year); err != nil {
			return fault.Wrap(err, fault.Invalid, "api.parameter", "name", "year").At("year")
		}
	}
	in, err := s.cfg.Services.Shares(r.Context(), httpkit.PrincipalOf(r), n)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, sharesView(in))
}

func sharesView(in services.Answer) SharesView {
	out := SharesView{Year: in.Period.Year, From: in.Period.From, To: in.Period.To, Variants: []ShareView{}, Reported: []ReportedView{}, Benchmarks: []BenchmarkView{}}
	for _, x := range in.Shares {
		v := ShareView{Variant: string(x.Variant), Definition: locale.Of("tes.variant."+string(x.Variant)+".says", nil), From: x.Period.From, To: x.Period.To,
			Share: defined(x.Ratio), Statements: x.Statements, Firms: x.Firms, Waiting: x.UnapprovedLeft, Masked: x.Masked, Lacks: orEmpty(x.Lacks), Made: []MadeView{}}
		if !x.Masked {
			v.Over, v.Paid = &x.Over, &x.Paid
			if len(x.Lacks) == 0 {
				v.Under = &x.Under
			}
		}
		for _, m := range x.Made {
			v.Made = append(v.Made, MadeView{What: m.What, Publisher: m.Title, Vintage: m.Vintage, To: m.To, Changed: m.At, Revision: m.Version})
		}
		out.Variants = append(out.Variants, v)
	}
	for _, x := range in.Said {
		out.Reported = append(out.Reported, ReportedView{Percent: x.Percent, Statement: x.Statement.Name, Source: "founding report, statement " + x.Statement.No, Day: x.SaidOn})
	}
	for _, x := range in.Reported {
		out.Reported = append(out.Reported, ReportedView{Percent: float64(x.Amount) / 100, Source: x.Source, Day: x.To})
	}
	for _, x := range in.Benchmarks {
		out.Benchmarks = append(out.Benchmarks, BenchmarkView{Class: x.Class.Code, Name: x.Class.Name, Share: x.Share, Countries: x.Countries})
	}
	return out
}

func (s *Server) serviceContracts(w http.ResponseWriter, r *http.Request) error {
	if err := asked(r.URL.Query(), nil); err != nil {
		return err
	}
	g, err := s.cfg.Services.Contracts(r.Context(), httpkit.PrincipalOf(r))
	if err != nil {
		return err
	}
	out := listOf[ServiceContract]{Items: []ServiceContract{}}
	for _, t := range g.Things(services.Contract, "") {
		out.Items = append(out.Items, contractView(g, t))
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

func (s *Server) serviceContract(w http.ResponseWriter, r *http.Request) error {
	g, err := s.cfg.Services.Contracts(r.Context(), httpkit.PrincipalOf(r))
	if err != nil {
		return err
	}
	t := g.Thing(r.PathValue("id"))
	if t == nil || t.Kind != services.Contract {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	out := contractView(g, t)
	for _, v := range g.Records {
		if v.Thing == t.ID || v.Of == t.ID {
			out.History = append(out.History, ServiceVersion{ID: v.ID, Of: v.Thing, Kind: string(v.Kind), Amount: v.Amount, At: v.At, Reason: v.Reason, State: string(v.State),
				Decided: v.DecidedAt, Word: v.Word})
		}
	}
	return httpkit.JSON(w, r, http.StatusOK, out)
}

func contractView(g *services.Register, t *services.Thing) ServiceContract {
	c := t.Shown()
	return ServiceContract{ID: t.ID, Number: c.Contract, Unit: c.Unit, LegalID: c.LegalID, Client: c.Client, Country: c.Country, Category: c.Category, EBOPS: c.EBOPS,
		Currency: c.Currency, Amount: c.Amount, Goods: c.Goods, Signed: c.On, From: c.From, To: c.To, Grade: c.Grade, State: string(c.State), Versions: len(t.Versions),
		Statements: recordViews(g, services.Statement, t.ID), Receipts: recordViews(g, services.Receipt, t.ID), Equipment: recordViews(g, services.Equipment, t.ID)}
}

func recordViews(g *services.Register, k services.Kind, of string) []ServiceRecord {
	out := []ServiceRecord{}
	for _, t := range g.Things(k, of) {
		r := t.Shown()
		number := r.Number
		if k == services.Equipment {
			number = r.Declaration
		}
		out = append(out, ServiceRecord{ID: t.ID, Number: number, Amount: r.Amount, On: r.On, From: r.From, To: r.To, Statement: r.Statement, HS: r.HS, State: string(r.State), Versions: len(t.Versions)})
	}
	return out
}

// MarketsView is a product's markets and what its figures were made with. Values are USD a year; what is not known is null.
type MarketsView struct {
	Product   string       `json:"product"`
	Name      locale.Text  `json:"name"`
	Exporter  string       `json:"exporter"`
	Years     []int        `json:"years"` // a value is their mean
	Formula   string       `json:"formula"`
	Sources   []SourceView `json:"sources"`
	World     *float64     `json:"world_imports"`
	Sales     *float64     `json:"exporters_sales"`
	Province  *float64     `json:"provinces_sales"`
	SpreadHHI *float64     `json:"hhi_of_sales"`
	Lines     []MarketView `json:"lines"`
}

// MarketView is one market. Shares, growth and tariffs are fractions; unit values are USD a ton, distances kilometres.
type MarketView struct {
	Country    string           `json:"country"`
	Name       locale.Text      `json:"name"`
	Imports    *float64         `json:"imports"`
	Growth     *float64         `json:"growth"`
	From       int              `json:"growth_from"`
	To         int              `json:"growth_to"`
	Tariff     *float64         `json:"tariff"`
	Lowest     *float64         `json:"lowest_tariff"`
	Away       *float64         `json:"distance_km"`
	Sales      *float64         `json:"sales"`
	Supply     *float64         `json:"supply"`
	Demand     *float64         `json:"demand"`
	Ease       *float64         `json:"ease"`
	EPI        *float64         `json:"epi"`
	Unrealised *float64         `json:"unrealised"`
	Why        string           `json:"why,omitempty"` // why the potential is 0 or not known
	SellersHHI *float64         `json:"hhi_of_sellers"`
	Sellers    int              `json:"sellers"`
	Top        []SellerView     `json:"top"`
	Unit       *float64         `json:"unit_value"`
	Median     *float64         `json:"median_unit_value"`
	OwnUnit    *float64         `json:"own_unit_value"`
	Flags      []MarketFlagView `json:"flags"`
	Blocked    bool             `json:"blocked"` // an officer's flag rules it out
	Reading    string           `json:"reading"`
}

// SellerView is who sells in a market.
type SellerView struct {
	Country string  `json:"country"`
	Value   float64 `json:"value_usd"`
	Share   float64 `json:"share"`
}

// MarketFlagView is what an officer says of a market, with the source and its day.
type MarketFlagView struct {
	Matter string `json:"matter"`
	Level  string `json:"level"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Said   int64  `json:"said"`
	Until  int64  `json:"until,omitempty"`
}

func (s *Server) markets(w http.ResponseWriter, r *http.Request) error {
	p := httpkit.PrincipalOf(r)
	ask := trade.MarketAsk{Province: p.Province}
	if err := asked(r.URL.Query(), map[string]*string{"product": &ask.Product, "exporter": &ask.Exporter}); err != nil {
		return err
	}
	if ask.Product == "" {
		return fault.New(fault.Invalid, "api.parameter", "name", "product").At("product")
	}
	m, err := s.cfg.Trade.Market(r.Context(), p, ask)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, r, http.StatusOK, marketsView(m))
}

func marketsView(m *trade.Markets) MarketsView {
	out := MarketsView{Product: m.Product, Name: m.Name, Exporter: m.Exporter, Years: orEmpty(m.Made.Years), Formula: m.Made.Profile, Sources: []SourceView{}, World: defined(m.World),
		Sales: defined(m.Sales), Province: defined(m.Own), SpreadHHI: defined(m.Spread.HHI), Lines: []MarketView{}}
	for _, x := range m.Made.Sources {
		out.Sources = append(out.Sources, sourceView(x))
	}
	for i := range m.Lines {
		out.Lines = append(out.Lines, marketView(&m.Lines[i]))
	}
	return out
}

func marketView(n *trade.MarketLine) MarketView {
	out := MarketView{Country: n.Country, Name: n.Name, Imports: defined(n.Imports), Growth: defined(n.Growth), From: n.From, To: n.To, Tariff: defined(n.Tariff), Lowest: defined(n.Lowest),
		Away: defined(n.Away), Sales: defined(n.Sales), Supply: defined(n.Supply), Demand: defined(n.Demand), Ease: defined(n.Ease), EPI: defined(n.EPI), Unrealised: defined(n.Unrealised),
		Why: string(n.Flag), SellersHHI: defined(n.Sellers.HHI), Sellers: n.Sellers.Parts, Top: []SellerView{}, Unit: defined(n.Unit), Median: defined(n.Median), OwnUnit: defined(n.OwnUnit),
		Flags: []MarketFlagView{}, Blocked: n.Blocked, Reading: string(n.Reading)}
	for _, x := range n.Top {
		out.Top = append(out.Top, SellerView{x.Country, x.Value, x.Share})
	}
	for _, x := range n.Flags {
		out.Flags = append(out.Flags, MarketFlagView{Matter: string(x.Matter), Level: string(x.Level), Text: x.Text, Source: x.Source, Said: x.Said, Until: x.Until})
	}
	return out
}
