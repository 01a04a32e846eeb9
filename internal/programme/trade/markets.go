package trade

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	index "rahgosha/internal/insight/trade"
)

// Home is the country whose markets are shown where none is asked for, by its code in the tables.
const Home = "IRN"

// MarketAsk is what the markets of a product are made with.
type MarketAsk struct {
	Province string
	Product  string // a code of the flows, or its beginning: then all products under it are one
	Exporter string // "" stands for Home
}

// The years of flows whose mean is a value, and the powers of the formula (docs/export.md): ITC's are not public, so neither bends.
const (
	spanYears    = 5
	elasticity   = 1
	substitution = 1
)

// Made tells what figures were made with. Two made otherwise must not be compared.
type Made struct {
	Sources []Source // of flows, the latest year first, then distances, economies and tariffs where they are loaded
	Years   []int    // of flows, ascending; a value is their mean
	Profile string   // formula and its powers
	Filter  string   // what is left out
}

// Markets are all countries that import a product, by their codes, with what an exporter sells and could sell there.
type Markets struct {
	Product  string
	Name     locale.Text
	Exporter string
	Place    locale.Text
	Made     Made
	Lines    []MarketLine

	Distances, Economies, Tariffs *Source // nil where none is loaded
	Codes                         int     // products of the flows that the code stands for

	Sales   float64             // of the exporter in all markets in the last year, USD; NaN where none is reported
	World   float64             // imported by all in the last year, USD
	Spread  index.Concentration // of the exporter's sales over its markets in the last year
	Own     float64             // the province's sales of it in all markets, USD; NaN where not known
	OwnFrom *Source             // that says so
}

// MarketLine is one market. What is not known or not defined is NaN; values are USD a year.
type MarketLine struct {
	Country string
	Name    locale.Text

	Imports float64 // in the last year
	Growth  float64 // of imports a year, a fraction, from the first to the last of Made.Years in which there are any
	From    int     // that first year
	To      int     // that last year
	Tariff  float64 // faced by the exporter, a fraction
	Lowest  float64 // faced by any of the sellers, a fraction
	Away    float64 // kilometres
	Sales   float64 // of the exporter in the last year; NaN where none are reported

	index.PotentialCell      // the formula's factors and figures; EPI is NaN where it is not known
	GrowthKnown         bool // expected growth is loaded for the country
	TariffIn            bool // tariffs are known of all sellers, so that they are in the potential

	Sellers  index.Concentration // of the market in the last year; its parts are the sellers
	Top      []Seller            // the five largest, the exporter not among them
	Unit     float64             // mean import value, USD a ton
	Median   float64             // import value at which half of the tons are dearer, USD a ton
	MedianOf int                 // sellers that it is of
	OwnUnit  float64             // the exporter's, USD a ton
	Flags    []MarketFlag        // that hold
	Blocked  bool                // a flag rules the market out: its potential is told and not counted
	Reading  Reading
}

// Seller is who sells in a market.
type Seller struct {
	Country string
	Name    locale.Text
	Value   float64 // USD in the last year
	Share   float64 // 0 to 1
}

// Realised is actual over potential; NaN where the potential is 0 or not known.
func (l MarketLine) Realised() float64 {
	if !(l.EPI > 0) {
		return math.NaN()
	}
	return l.Actual / l.EPI
}

// Market gives the markets of a product; not_found trade.none_loaded when no flows are loaded, trade.no_flows when they do not know
// the product or the exporter.
func (s *Service) Market(ctx context.Context, ask MarketAsk) (*Markets, error) {
	in := marketTables{ask: ask, now: s.cfg.Clock.Now().UnixMicro()}
	in.ask.Exporter = cmp.Or(ask.Exporter, Home)
	if len(ask.Product) < 2 || !digitsOnly(ask.Product) {
		return nil, fault.New(fault.Invalid, "trade.flag_product", "product", ask.Product).At("product")
	}
	leave, err := s.markets.take(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error { return s.readMarket(ctx, tx, &in) }); err != nil {
		return nil, err
	}
	return in.markets()
}

// Traded tells which products the loaded flows know, by their codes; none when no flows are loaded.
func (s *Service) Traded(ctx context.Context, province string) (products []string, err error) {
	leave, err := s.markets.take(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		w, err := s.window(ctx, tx, province)
		if f, ok := fault.As(err); ok && f.Key == "trade.none_loaded" {
			return nil
		}
		if err == nil {
			products = w.totals.Products
		}
		return err
	})
	return products, err
}

// window is the years of flows that count, with their mean totals. It does not change.
type window struct {
	made    string
	sources []Source // the latest year first
	years   []yearOfFlows
	totals  *index.Margins // means

	logs     []float64 // ln of the distances, by origin·countries+destination
	km       []float64
	far      *Source
	ease     map[string][]float64
	output   []float64
	people   []float64
	grows    []bool
	economy  *Source
	tariffs  *Source
	rates    map[string][]Row // by importer
	names    map[string]locale.Text
	products map[string]locale.Text
}

// yearOfFlows is where a year's products lie, and what its countries' numbers are in the window.
type yearOfFlows struct {
	year     int
	products []string
	place    []Place
	to       []uint16
}

// window reads the years that count, unless they are those that were read last.
func (s *Service) window(ctx context.Context, tx Tx, province string) (*window, error) {
	all, err := tx.TradeSources(ctx, province, "")
	if err != nil {
		return nil, err
	}
	w := &window{far: latest(all, Distances, "", 0), economy: latest(all, Economies, "", 0)}
	last := latest(all, Bilateral, "", 0)
	if last == nil {
		return nil, notFound(Bilateral)
	}
	for year := last.Year; year > last.Year-spanYears; year-- {
		if src := latest(all, Bilateral, last.Edition, year); src != nil {
			w.sources = append(w.sources, *src)
		}
	}
	w.tariffs = nearest(slices.DeleteFunc(slices.Clone(all), func(s Source) bool { return s.Edition != last.Edition }), Tariffs, last.Year)
	ids := []string{province}
	for _, src := range w.beside() {
		if src == nil {
			ids = append(ids, "")
			continue
		}
		ids = append(ids, src.ID)
	}
	for _, src := range append(namings(all, Countries, ""), namings(all, Products, last.Edition)...) {
		ids = append(ids, src.ID)
	}
	w.made = strings.Join(ids, " ")
	s.mu.Lock()
	former := s.span
	s.mu.Unlock()
	if former != nil && former.made == w.made {
		return former, nil
	}
	if err := w.read(ctx, tx, province); err != nil {
		return nil, err
	}
	if err := w.readBeside(ctx, tx, province, all); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.span = w
	return w, nil
}

// beside lists the sources: flows, distances, economies, tariffs; nil where none is loaded.
func (w *window) beside() (out []*Source) {
	for i := range w.sources {
		out = append(out, &w.sources[i])
	}
	return append(out, w.far, w.economy, w.tariffs)
}

// read adds the years up, one head in memory at a time.
func (w *window) read(ctx context.Context, tx Tx, province string) error {
	var countries, products []string
	var heads []Head
	for _, src := range w.sources {
		packed, err := tx.TradeTable(ctx, province, src.ID)
		if err != nil {
			return err
		}
		h, err := UnpackHead(packed)
		if err != nil {
			return err
		}
		countries, products = union(countries, h.Countries), union(products, h.Products)
		heads = append(heads, h)
	}
	w.totals = index.NewMargins(countries, products)
	for i, h := range heads {
		y := yearOfFlows{year: w.sources[i].Year, products: h.Products, place: h.Place}
		y.to = numbersIn(countries, h.Countries)
		product := numbersIn(products, h.Products)
		w.totals.Merge(h.Margins, y.to, product, 1/float64(len(heads)))
		w.years = append(w.years, y)
		heads[i] = Head{}
	}
	return nil
}

// numbersIn gives where each code stands among sorted ones that hold it.
func numbersIn(sorted, codes []string) []uint16 {
	to := make([]uint16, len(codes))
	for i, c := range codes {
		at, _ := slices.BinarySearch(sorted, c)
		to[i] = uint16(at) // #nosec G115 -- codes are numbered in 16 bits
	}
	return to
}

// readBeside reads distances, growth, tariffs and names.
func (w *window) readBeside(ctx context.Context, tx Tx, province string, all []Source) error {
	nc := len(w.totals.Countries)
	w.logs, w.km, w.output, w.people, w.grows = make([]float64, nc*nc), make([]float64, nc*nc), make([]float64, nc), make([]float64, nc), make([]bool, nc)
	w.ease, w.rates = map[string][]float64{}, map[string][]Row{}
	for i := range w.output {
		w.output[i], w.people[i] = 1, 1
	}
	for i := range w.km {
		w.km[i] = math.NaN()
	}
	if w.far != nil {
		copy(w.logs, w.km)
	}
	number := map[string]int{}
	for i, c := range w.totals.Countries {
		number[c] = i
	}
	for _, t := range []struct {
		source *Source
		row    func(Row)
	}{
		{w.far, func(r Row) {
			i, known := number[r.Key]
			j, both := number[r.Sub]
			if known && both && i != j && r.Value > 0 {
				w.km[i*nc+j], w.logs[i*nc+j] = r.Value, math.Log(r.Value)
			}
		}},
		{w.economy, func(r Row) {
			if i, known := number[r.Key]; known {
				if w.grows[i] = true; r.Sub == gdpGrowth {
					w.output[i] = 1 + r.Value
				} else {
					w.people[i] = 1 + r.Value
				}
			}
		}},
		{w.tariffs, func(r Row) { w.rates[r.Key] = append(w.rates[r.Key], r) }},
	} {
		if t.source == nil {
			continue
		}
		table, err := tableOf(ctx, tx, province, t.source.ID)
		if err != nil {
			return err
		}
		for _, r := range table.Rows {
			t.row(r)
		}
	}
	places, err := merged(ctx, tx, province, namings(all, Countries, ""))
	if err != nil {
		return err
	}
	w.names = places.named()
	w.products, err = namesOf(ctx, tx, province, all, w.sources[0].Edition)
	return err
}

// rate is the tariff that an importer levies on what comes from an exporter: what is said of the exporter before what is said of
// all, and of these what is said of most digits of the product; NaN where nothing is said.
func rate(rows []Row, exporter, product string) float64 {
	best, v := -1, math.NaN()
	for _, r := range rows {
		who, code, _ := strings.Cut(r.Sub, " ")
		if code == allProducts {
			code = ""
		}
		if (who != exporter && who != allExporters) || !strings.HasPrefix(product, code) {
			continue
		}
		weight := len(code)
		if who == exporter {
			weight += 100
		}
		if weight > best {
			best, v = weight, r.Value
		}
	}
	return v
}

// What stands in a table of tariffs for every exporter, in capitals as codes are kept, and for every product.
const allExporters, allProducts = "ALL", "all"

// marketTables are what the markets of one product are made of.
type marketTables struct {
	ask   MarketAsk
	now   int64
	w     *window
	codes map[string]bool
	flows []index.PairFlow // of all years, in the window's numbers
	years []int            // of each flow, the number in w.years
	flags []MarketFlag
	own   *Source
	sales Table
	ease  []float64
}

func (s *Service) readMarket(ctx context.Context, tx Tx, in *marketTables) (err error) {
	province := in.ask.Province
	if in.w, err = s.window(ctx, tx, province); err != nil {
		return err
	}
	in.codes = map[string]bool{}
	for n, y := range in.w.years {
		former := -1
		var part []byte
		at, _ := slices.BinarySearch(y.products, in.ask.Product)
		for k := at; k < len(y.products) && strings.HasPrefix(y.products[k], in.ask.Product); k++ {
			if err := ctx.Err(); err != nil { // who left needs no markets
				return fault.Wrap(err, fault.Unavailable, "trade.busy")
			}
			if y.place[k].Part != former {
				former = y.place[k].Part
				if part, err = tx.TradePart(ctx, province, in.w.sources[n].ID, former); err != nil {
					return err
				}
			}
			flows, err := y.place[k].flows(part)
			if err != nil {
				return err
			}
			in.codes[y.products[k]] = true
			for _, f := range flows {
				if max(int(f.Origin), int(f.Destination)) >= len(y.to) {
					return errPack
				}
				f.Origin, f.Destination = y.to[f.Origin], y.to[f.Destination]
				in.flows, in.years = append(in.flows, f), append(in.years, n)
			}
		}
	}
	exporter, known := slices.BinarySearch(in.w.totals.Countries, in.ask.Exporter)
	if len(in.flows) == 0 || !known {
		return fault.New(fault.NotFound, "trade.no_flows", "product", in.ask.Product, "country", in.ask.Exporter, "title", in.w.sources[0].Title()).At("product")
	}
	in.ease = s.easeOf(in.w, exporter)
	if in.flags, err = tx.MarketFlags(ctx, province); err != nil {
		return err
	}
	all, err := tx.TradeSources(ctx, province, Province)
	if err != nil {
		return err
	}
	if in.own = latest(all, Province, in.w.sources[0].Edition, 0); in.own == nil || in.ask.Exporter != Home {
		in.own = nil
		return nil
	}
	in.sales, err = tableOf(ctx, tx, province, in.own.ID)
	return err
}

// easeOf gives the ease of an exporter with each country, made once for a window.
func (s *Service) easeOf(w *window, exporter int) []float64 {
	code := w.totals.Countries[exporter]
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.ease[code] == nil {
		w.ease[code] = w.totals.Ease(exporter)
	}
	return w.ease[code]
}

func (in *marketTables) markets() (*Markets, error) {
	w := in.w
	m := &Markets{Product: in.ask.Product, Name: namedIn(w.products, in.ask.Product), Exporter: in.ask.Exporter, Place: namedIn(w.names, in.ask.Exporter),
		Distances: w.far, Economies: w.economy, Tariffs: w.tariffs, Codes: len(in.codes), Sales: math.NaN(), Own: math.NaN(), OwnFrom: in.own}
	m.Made = Made{Profile: "EPI, elasticity 1, substitution 1", Filter: "none"}
	for _, src := range w.beside() {
		if src != nil {
			m.Made.Sources = append(m.Made.Sources, *src)
		}
	}
	for n := range w.years {
		m.Made.Years = append(m.Made.Years, w.years[len(w.years)-1-n].year)
	}
	exporter, _ := slices.BinarySearch(w.totals.Countries, in.ask.Exporter)
	cells, tariffIn, err := in.potential(exporter)
	if err != nil {
		return nil, err
	}
	b := in.byMarket()
	holds := holding(in.flags, in.ask.Product)
	var sold []float64
	for j, code := range w.totals.Countries {
		if j == exporter || b[j] == nil {
			continue
		}
		l := in.line(exporter, j, b[j])
		l.PotentialCell, l.TariffIn = cells[j], tariffIn[j]
		l.Flags = holds[code]
		for _, f := range l.Flags {
			l.Blocked = l.Blocked || f.Level == Block && !f.Outdated(in.now)
		}
		l.Reading = readMarket(l)
		if !math.IsNaN(l.Sales) {
			sold = append(sold, l.Sales)
		}
		m.Lines = append(m.Lines, l)
		m.World += nothing(l.Imports)
	}
	if m.Spread = index.Concentrate(sold, 0); len(sold) > 0 {
		m.Sales = 0
		for _, v := range sold {
			m.Sales += v
		}
	}
	for _, r := range in.sales.Rows {
		if strings.HasPrefix(r.Sub, in.ask.Product) {
			m.Own = nothing(m.Own) + r.Value
		}
	}
	return m, nil
}

// nothing is a figure to add: 0 where none is known.
func nothing(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// potential gives the cells of the exporter by country, and of which countries the tariffs are in.
func (in *marketTables) potential(exporter int) (cells []index.PotentialCell, tariffIn []bool, err error) {
	w, nc := in.w, len(in.w.totals.Countries)
	f := &index.Flows{Countries: w.totals.Countries, Products: []string{in.ask.Product}}
	for _, y := range w.years {
		f.Years = append(f.Years, y.year)
	}
	for n, x := range in.flows {
		f.Origin, f.Destination = append(f.Origin, x.Origin), append(f.Destination, x.Destination)
		f.Product, f.Year, f.Value = append(f.Product, 0), append(f.Year, uint16(in.years[n])), append(f.Value, x.Value) // #nosec G115 -- five years
	}
	first, last := w.years[len(w.years)-1].year, w.years[0].year
	market := index.Market{From: first, To: last, Output: w.output, People: w.people, LogDistance: w.logs, Elasticity: elasticity, Substitution: substitution,
		Loose: true, Tariff: map[[3]uint16]float64{}}
	tariffIn = make([]bool, nc)
	for j := range tariffIn {
		tariffIn[j] = w.rates[w.totals.Countries[j]] != nil
	}
	add := func(i, j uint16) {
		t := rate(w.rates[w.totals.Countries[j]], w.totals.Countries[i], in.ask.Product)
		if math.IsNaN(t) {
			tariffIn[j] = false
			return
		}
		market.Tariff[[3]uint16{i, j, 0}] = t
	}
	for _, x := range in.flows {
		if tariffIn[x.Destination] {
			add(x.Origin, x.Destination)
		}
	}
	for j := range tariffIn {
		if tariffIn[j] && j != exporter {
			add(uint16(exporter), uint16(j)) // #nosec G115 -- codes are numbered in 16 bits
		}
	}
	for _, x := range in.flows { // a market's tariffs count where they are known of all who sell there
		if !tariffIn[x.Destination] {
			delete(market.Tariff, [3]uint16{x.Origin, x.Destination, 0})
			market.NoSupplyDuty = true
		}
	}
	p, err := index.NewPotential(f, market)
	if err != nil {
		return nil, nil, err
	}
	return p.OfProduct(exporter, in.ease), tariffIn, nil
}

// sale is what one country sold in a market in the last year.
type sale struct {
	value, weighed, tons float64 // weighed is the value of what has tons
}

// inMarket is what a market imports: by year, and in the last one by seller.
type inMarket struct {
	byYear []float64 // by the number of the year; NaN where nothing is reported
	sales  map[uint16]*sale
}

// sellers are those of the last year in the countries' order, so that sums have the same bits.
func (m *inMarket) sellers() []uint16 { return slices.Sorted(maps.Keys(m.sales)) }

// byMarket gathers the flows by importer; nil for a country that imports none of it.
func (in *marketTables) byMarket() []*inMarket {
	out := make([]*inMarket, len(in.w.totals.Countries))
	for n, f := range in.flows {
		if f.Origin == f.Destination {
			continue
		}
		m := out[f.Destination]
		if m == nil {
			m = &inMarket{byYear: make([]float64, len(in.w.years)), sales: map[uint16]*sale{}}
			for y := range m.byYear {
				m.byYear[y] = math.NaN()
			}
			out[f.Destination] = m
		}
		y := in.years[n]
		m.byYear[y] = nothing(m.byYear[y]) + f.Value
		if y != 0 {
			continue
		}
		s := m.sales[f.Origin]
		if s == nil {
			s = &sale{}
			m.sales[f.Origin] = s
		}
		s.value += f.Value
		if f.Quantity > 0 {
			s.weighed, s.tons = s.weighed+f.Value, s.tons+f.Quantity
		}
	}
	return out
}

func (in *marketTables) line(exporter, j int, b *inMarket) MarketLine {
	w, nc := in.w, len(in.w.totals.Countries)
	code := w.totals.Countries[j]
	l := MarketLine{Country: code, Name: namedIn(w.names, code), Imports: b.byYear[0], Growth: math.NaN(), Away: w.km[exporter*nc+j], Sales: math.NaN(),
		Tariff: rate(w.rates[code], in.ask.Exporter, in.ask.Product), Lowest: math.NaN(), GrowthKnown: w.grows[j],
		Unit: math.NaN(), Median: math.NaN(), OwnUnit: math.NaN()}
	for y, v := range b.byYear { // the latest year first
		if !(v > 0) {
			continue
		}
		if l.To == 0 {
			l.To = w.years[y].year
		}
		if l.From = w.years[y].year; l.From < l.To {
			l.Growth = math.Pow(b.byYear[slices.IndexFunc(w.years, func(x yearOfFlows) bool { return x.year == l.To })]/v, 1/float64(l.To-l.From)) - 1
		}
	}
	var values []float64
	for _, i := range b.sellers() {
		s, origin := b.sales[i], w.totals.Countries[i]
		values = append(values, s.value)
		if t := rate(w.rates[code], origin, in.ask.Product); !(t >= l.Lowest) {
			l.Lowest = t
		}
		if int(i) == exporter {
			if l.Sales = s.value; s.tons > 0 {
				l.OwnUnit = s.weighed / s.tons
			}
			continue
		}
		l.Top = append(l.Top, Seller{Country: origin, Name: namedIn(w.names, origin), Value: s.value})
	}
	if l.Sellers = index.Concentrate(values, 0); l.Sellers.Parts > 0 {
		for n := range l.Top {
			l.Top[n].Share = l.Top[n].Value / l.Imports
		}
	}
	slices.SortStableFunc(l.Top, func(a, b Seller) int { return cmp.Compare(b.Value, a.Value) })
	l.Top = l.Top[:min(5, len(l.Top))]
	l.prices(b)
	return l
}

// prices fills the mean and the median import value of a ton: sellers by their price, until half of the tons are reached.
func (l *MarketLine) prices(b *inMarket) {
	type priced struct{ price, tons float64 }
	var all []priced
	var value, tons float64
	for _, i := range b.sellers() {
		if s := b.sales[i]; s.tons > 0 {
			all = append(all, priced{s.weighed / s.tons, s.tons})
			value, tons = value+s.weighed, tons+s.tons
		}
	}
	if l.MedianOf = len(all); len(all) == 0 {
		return
	}
	l.Unit = value / tons
	slices.SortFunc(all, func(a, b priced) int { return cmp.Compare(a.price, b.price) })
	var below float64
	for _, p := range all {
		if below += p.tons; below*2 >= tons {
			l.Median = p.price
			return
		}
	}
}
