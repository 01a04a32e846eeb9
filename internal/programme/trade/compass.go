package trade

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	index "rahgosha/internal/insight/trade"
)

// Ask is what a compass is made with.
type Ask struct {
	Province string
	Source   string // of exports; "" stands for the latest year
	Profile  string // a convention of insight/trade; "" stands for the first
	Whole    bool   // no country is left out
}

// The filter of the pages: territories of a few thousand people stand at the head of every list without it (design: Atlas of
// Economic Complexity, 2013). People and USD.
const (
	minPopulation = 1e6
	minExports    = 1e9
)

// longestCode is how many digits the codes of world tables have at most.
const longestCode = 6

// World is a year's exports with all that is computed of them, and what they were computed with.
type World struct {
	Source     Source
	Population *Source // of the filter; nil where none is loaded
	Filter     index.Filter
	Index      *index.Complexity

	Beside        *Source // the concordance to the edition whose codes stand beside; nil where none is loaded
	BesideEdition string

	beside  map[string][]string
	made    made
	names   map[string]locale.Text
	places  map[string]locale.Text
	regions shared[string, *Compass] // by ids of the sources
}

// Line is one product on a compass. What is not defined is NaN.
type Line struct {
	Product    string
	Name       locale.Text // the code itself where no names are loaded
	Beside     []string    // codes of World.BesideEdition that stand for the product, unless it is the very code
	Value      float64     // exported, USD
	World      float64     // of all countries of the table, USD
	RCA        float64
	Made       bool    // present by the profile
	Density    float64 // 0 to 1
	Percentile int     // of the exporter's products, how many of a hundred are not nearer
	PCI        float64
	COG        float64
	Reading    Reading
}

// Share is what of the world's exports the exporter has, 0 to 1.
func (l Line) Share() float64 { return l.Value / l.World }

// Compass is one exporter's products, by their codes.
type Compass struct {
	*World
	Region  *Source // the province's own exports; nil where a country's are shown
	Country string
	Lines   []Line
	Unknown int         // products of the region that the world's table does not have
	Led     *Conversion // how the region's codes came to the world's edition; nil where they are of it
}

// World gives a year's exports computed; not_found when no exports are loaded, unavailable trade.busy when others are being computed.
func (s *Service) World(ctx context.Context, ask Ask) (*World, error) {
	p, err := index.ProfileNamed(cmp.Or(ask.Profile, index.ProfileNames()[0]))
	if err != nil {
		return nil, err
	}
	var in tables
	var of made
	usual := false
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, ask.Province, "")
		if err != nil {
			return err
		}
		if err = in.choose(all, ask); err != nil {
			return err
		}
		of = in.madeOf(ask, p)
		usual = p.Name == index.ProfileNames()[0] && !ask.Whole && in.exports == latest(all, Exports, "", 0)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.worlds.get(ctx, of, usual, func(ctx context.Context) (*World, error) { return s.makeWorld(ctx, of, p, in) })
}

// makeWorld reads and computes: seconds of work at six digits, which end where ctx does.
func (s *Service) makeWorld(ctx context.Context, of made, p index.Profile, in tables) (*World, error) {
	if err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error { return in.read(ctx, tx, of.province) }); err != nil {
		return nil, err
	}
	w := &World{Source: *in.exports, Population: in.people, made: of, names: in.productNames, places: in.placeNames.named()}
	w.regions.seats, w.regions.room = s.worlds.seats, keptRegions
	return w, w.compute(ctx, p, in)
}

// What is kept of worlds together, by the cells of their tables: a cell takes some 48 bytes, a year of six digits some 60 MB and one of
// four some 15. Of each world the province's own exports are kept as they were last measured.
const keptCells, keptRegions = 4 << 20, 1

// cells are those of a world's table.
func (w *World) cells() int { return len(w.Index.RCA) }

// made is what a world is made of: ids of its sources, and how.
type made struct {
	province, exports, people, products, places, bridge, profile string
	whole                                                        bool
}

// tables are what a world is made of.
type tables struct {
	exports, people, bridge   *Source
	backward                  bool
	all, products, places     []Source
	cells, persons, beside    Table
	productNames, besideNames map[string]locale.Text
	placeNames                Table
}

// choose finds the sources that count for what is asked.
func (in *tables) choose(all []Source, ask Ask) error {
	if in.exports = latest(all, Exports, "", 0); ask.Source != "" {
		in.exports = counted(all, func(s Source) bool { return s.ID == ask.Source && s.Kind == Exports })
	}
	if in.exports == nil {
		return notFound(Exports)
	}
	in.all, in.people = all, nearest(all, Populations, in.exports.Year)
	in.products, in.places = namings(all, Products, in.exports.Edition), namings(all, Countries, "")
	editions := Editions()
	slices.Reverse(editions)
	for _, e := range editions { // the newest that a concordance leads to
		if in.bridge, in.backward = bridgeOf(all, in.exports.Edition, e); in.bridge != nil {
			break
		}
	}
	return nil
}

func (in *tables) madeOf(ask Ask, p index.Profile) made {
	id := func(s *Source) string {
		if s == nil {
			return ""
		}
		return s.ID
	}
	ids := func(list []Source) (out string) {
		for _, s := range list {
			out += s.ID + " "
		}
		return out
	}
	products := ids(in.products)
	if in.bridge != nil {
		products += ids(namings(in.all, Products, in.besideEdition()))
	}
	return made{ask.Province, id(in.exports), id(in.people), products, ids(in.places), id(in.bridge), p.Name, ask.Whole}
}

// besideEdition is the edition whose codes stand beside those of the exports.
func (in *tables) besideEdition() string {
	if in.backward {
		return in.bridge.Edition
	}
	return in.bridge.To
}

func (in *tables) read(ctx context.Context, tx Tx, province string) (err error) {
	for _, t := range []struct {
		source *Source
		into   *Table
	}{{in.exports, &in.cells}, {in.people, &in.persons}, {in.bridge, &in.beside}} {
		if t.source == nil {
			continue
		}
		if *t.into, err = tableOf(ctx, tx, province, t.source.ID); err != nil {
			return err
		}
	}
	if in.productNames, err = namesOf(ctx, tx, province, in.all, in.exports.Edition); err != nil {
		return err
	}
	if in.bridge != nil {
		if in.besideNames, err = namesOf(ctx, tx, province, in.all, in.besideEdition()); err != nil {
			return err
		}
	}
	in.placeNames, err = merged(ctx, tx, province, in.places)
	return err
}

// nearest gives the source whose year is nearest to one, an earlier before a later.
func nearest(all []Source, kind Kind, year int) (best *Source) {
	away := func(s *Source) int { return 2*abs(s.Year-year) + map[bool]int{true: 1}[s.Year > year] }
	for i := range all {
		if s := &all[i]; s.Kind == kind && (best == nil || away(s) < away(best)) {
			best = s
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

func (w *World) compute(ctx context.Context, p index.Profile, in tables) error {
	if !w.made.whole {
		w.Filter.MinExports = minExports
		if in.people != nil {
			w.Filter.MinPopulation, w.Filter.Population = minPopulation, map[string]float64{}
			for _, r := range in.persons.Rows {
				w.Filter.Population[r.Key] = r.Value
			}
		}
	}
	if err := ctx.Err(); err != nil { // reading took a while, and so does sorting
		return fault.Wrap(err, fault.Unavailable, "trade.busy")
	}
	x, err := index.NewExports(in.cells.shortened(longestCode), w.Filter)
	if err != nil {
		return err
	}
	if w.Index, err = index.Complex(ctx, x, p, nil); err != nil {
		return err
	}
	if in.bridge != nil {
		w.stand(newBridge(*in.bridge, in.beside, in.backward), in)
	}
	return nil
}

// stand puts the codes of another edition beside the products where they are not the very code. A product without a name in a
// language takes that of the only code that stands for it.
func (w *World) stand(b *Bridge, in tables) {
	w.Beside, w.BesideEdition, w.beside = &b.Source, in.besideEdition(), map[string][]string{}
	for _, code := range w.Index.Exports.Products {
		to := b.Targets(code, len(code))
		if len(to) == 1 {
			w.names[code] = orElse(w.names[code], in.besideNames[to[0].Code])
		}
		if len(to) == 0 || len(to) == 1 && to[0].Code == code {
			continue
		}
		for _, t := range to {
			w.beside[code] = append(w.beside[code], t.Code)
		}
	}
}

// Country gives the compass of a country of the table.
func (w *World) Country(code string) (*Compass, error) {
	x := w.Index.Exports
	c, found := slices.BinarySearch(x.Countries, code)
	if !found {
		return nil, fault.New(fault.NotFound, "trade.no_country", "country", code, "title", w.Source.Title()).At("country")
	}
	np := len(x.Products)
	from, to := c*np, (c+1)*np
	return &Compass{World: w, Country: code, Lines: w.lines(x.Value[from:to], w.Index.RCA[from:to], w.Index.M[from:to],
		w.Index.Density[from:to], w.Index.COG[from:to])}, nil
}

// Region gives the compass of the province's own exports against the world's totals: those of the latest year, of the world's
// edition before another from which a concordance leads to it. not_found when none are loaded, or no concordance of theirs; unavailable
// trade.busy when others are being computed.
func (s *Service) Region(ctx context.Context, w *World) (*Compass, error) {
	var own, led *Source
	var all []Source
	err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) (err error) {
		if all, err = tx.TradeSources(ctx, w.made.province, ""); err != nil {
			return err
		}
		own, err = sheetFor(all, w.Source.Edition)
		return err
	})
	if err != nil {
		return nil, err
	}
	key := own.ID
	if led, _ = bridgeOf(all, own.Edition, w.Source.Edition); led != nil {
		key += " " + led.ID
	}
	return w.regions.get(ctx, key, true, func(ctx context.Context) (*Compass, error) { return s.makeRegion(ctx, w, own, all) })
}

// makeRegion reads the province's own exports and measures them.
func (s *Service) makeRegion(ctx context.Context, w *World, from *Source, all []Source) (*Compass, error) {
	digits := len(w.Index.Exports.Products[0])
	var own Table
	c := &Compass{World: w, Region: from}
	err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) (err error) {
		if own, err = tableOf(ctx, tx, w.made.province, from.ID); err != nil {
			return err
		}
		for i := range own.Rows {
			own.Rows[i].Key = "" // the number of the declaration
		}
		if from.Edition == w.Source.Edition {
			return nil
		}
		b, err := bridge(ctx, tx, w.made.province, all, from.Edition, w.Source.Edition)
		if err == nil {
			own, c.Led = b.convert(own, digits)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// Customs declare eight digits; the world's table has four or six.
	r, err := w.Index.Region(ctx, own.shortened(digits))
	if err != nil {
		return nil, err
	}
	c.Lines, c.Unknown = w.lines(r.Value, r.RCA, r.M, r.Density, r.COG), len(r.Unknown)
	return c, nil
}

// sheetFor finds the province's sheet that can be measured by a world of an edition.
func sheetFor(all []Source, edition string) (best *Source, err error) {
	var other *Source
	for i, s := range all { // the last loaded first
		if s.Kind != Province {
			continue
		}
		if b, _ := bridgeOf(all, s.Edition, edition); b == nil && s.Edition != edition {
			other = &all[i]
			continue
		}
		if best == nil || s.Year > best.Year || s.Year == best.Year && s.Edition == edition && best.Edition != edition {
			best = &all[i]
		}
	}
	switch {
	case best != nil:
		return best, nil
	case other != nil:
		return nil, fault.New(fault.NotFound, "trade.no_concordance", "from", other.Edition, "to", edition, "title", other.Title())
	default:
		return nil, notFound(Province)
	}
}

func (w *World) lines(value, rca, m, density, cog []float64) []Line {
	x := w.Index.Exports
	rank := percentiles(density)
	out := make([]Line, len(x.Products))
	for p, code := range x.Products {
		l := Line{
			Product: code, Name: w.Name(code), Beside: w.beside[code], Value: value[p], World: x.ByProduct[p], RCA: rca[p], Made: m[p] == 1,
			Density: density[p], Percentile: rank[p], PCI: w.Index.PCI[p], COG: cog[p],
		}
		l.Reading = read(l)
		out[p] = l
	}
	return out
}

// percentiles gives of each value how many of a hundred are not above it; 0 for what is not defined.
func percentiles(v []float64) []int {
	sorted := make([]float64, 0, len(v))
	for _, f := range v {
		if !math.IsNaN(f) {
			sorted = append(sorted, f)
		}
	}
	slices.Sort(sorted)
	out := make([]int, len(v))
	for i, f := range v {
		if !math.IsNaN(f) {
			notAbove := sort.Search(len(sorted), func(k int) bool { return sorted[k] > f })
			out[i] = int(math.Round(100 * float64(notAbove) / float64(len(sorted))))
		}
	}
	return out
}

// Name gives a product's name, or its code where none is loaded.
func (w *World) Name(code string) locale.Text { return namedIn(w.names, code) }

// Place gives a country's name, or its code where none is loaded.
func (w *World) Place(code string) locale.Text { return namedIn(w.places, code) }

func namedIn(names map[string]locale.Text, code string) locale.Text {
	n := names[code]
	return locale.Text{FA: cmp.Or(n.FA, n.EN, code), EN: cmp.Or(n.EN, n.FA, code)}
}
