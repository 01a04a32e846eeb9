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

	made   made
	names  map[string]locale.Text
	places map[string]locale.Text
}

// Line is one product on a compass. What is not defined is NaN.
type Line struct {
	Product    string
	Name       locale.Text // the code itself where no names are loaded
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
	Unknown int // products of the region that the world's table does not have
}

// World gives a year's exports computed; not_found when no exports are loaded.
func (s *Service) World(ctx context.Context, ask Ask) (*World, error) {
	p, err := index.ProfileNamed(cmp.Or(ask.Profile, index.ProfileNames()[0]))
	if err != nil {
		return nil, err
	}
	w := &World{}
	var in tables
	var last *World
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, ask.Province, "")
		if err != nil {
			return err
		}
		if err = in.choose(all, ask); err != nil {
			return err
		}
		w.made = in.madeOf(ask, p)
		if last = s.lastOf(w.made); last != nil {
			return nil
		}
		return in.read(ctx, tx, ask.Province)
	})
	if err != nil || last != nil {
		return last, err
	}
	w.Source, w.Population, w.names, w.places = *in.exports, in.people, in.namesOfProducts(), namesIn(in.placesPacked)
	if err := w.compute(p, in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = w
	return w, nil
}

// lastOf gives the world that was made last, where it is made of the same.
func (s *Service) lastOf(of made) *World {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.last.made != of {
		return nil
	}
	return s.last
}

// made is what a world is made of: ids of its sources, and how.
type made struct {
	province, exports, people, products, places, profile string
	whole                                                bool
}

// tables are what a world is made of.
type tables struct {
	exports, people, products, places *Source
	exportsPacked, peoplePacked       []byte
	productsPacked, placesPacked      []byte
}

// choose finds the sources that count for what is asked.
func (in *tables) choose(all []Source, ask Ask) error {
	if in.exports = latest(all, Exports, "", 0); ask.Source != "" {
		in.exports = nil
		for i := range all {
			if all[i].ID == ask.Source && all[i].Kind == Exports {
				in.exports = &all[i]
			}
		}
	}
	if in.exports == nil {
		return notFound(Exports)
	}
	in.people = nearest(all, Populations, in.exports.Year)
	in.products, in.places = latest(all, Products, in.exports.Edition, 0), latest(all, Countries, "", 0)
	return nil
}

func (in *tables) madeOf(ask Ask, p index.Profile) made {
	id := func(s *Source) string {
		if s == nil {
			return ""
		}
		return s.ID
	}
	return made{ask.Province, id(in.exports), id(in.people), id(in.products), id(in.places), p.Name, ask.Whole}
}

func (in *tables) read(ctx context.Context, tx Tx, province string) (err error) {
	for _, t := range []struct {
		source *Source
		into   *[]byte
	}{{in.exports, &in.exportsPacked}, {in.people, &in.peoplePacked}, {in.products, &in.productsPacked}, {in.places, &in.placesPacked}} {
		if t.source == nil {
			continue
		}
		if *t.into, err = tx.TradeTable(ctx, province, t.source.ID); err != nil {
			return err
		}
	}
	return nil
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

func (w *World) compute(p index.Profile, in tables) error {
	cells, err := Unpack(in.exportsPacked)
	if err != nil {
		return err
	}
	if !w.made.whole {
		w.Filter.MinExports = minExports
		if in.people != nil {
			people, err := Unpack(in.peoplePacked)
			if err != nil {
				return err
			}
			w.Filter.MinPopulation, w.Filter.Population = minPopulation, map[string]float64{}
			for _, r := range people.Rows {
				w.Filter.Population[r.Key] = r.Value
			}
		}
	}
	x, err := index.NewExports(cells.shortened(longestCode), w.Filter)
	if err != nil {
		return err
	}
	w.Index, err = index.Complex(x, p, nil)
	return err
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

// Region gives the compass of the province's own exports against the world's totals; not_found when none are loaded.
func (s *Service) Region(ctx context.Context, w *World) (*Compass, error) {
	var own Table
	var source *Source
	err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, w.made.province, Province)
		if err != nil {
			return err
		}
		if source = latest(all, Province, w.Source.Edition, 0); source == nil {
			return notFound(Province)
		}
		packed, err := tx.TradeTable(ctx, w.made.province, source.ID)
		if err == nil {
			own, err = Unpack(packed)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// Customs declare eight digits; the world's table has four or six.
	r, err := w.Index.Region(own.shortened(len(w.Index.Exports.Products[0])))
	if err != nil {
		return nil, err
	}
	return &Compass{World: w, Region: source, Lines: w.lines(r.Value, r.RCA, r.M, r.Density, r.COG), Unknown: len(r.Unknown)}, nil
}

func (w *World) lines(value, rca, m, density, cog []float64) []Line {
	x := w.Index.Exports
	rank := percentiles(density)
	out := make([]Line, len(x.Products))
	for p, code := range x.Products {
		l := Line{
			Product: code, Name: w.Name(code), Value: value[p], World: x.ByProduct[p], RCA: rca[p], Made: m[p] == 1,
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
