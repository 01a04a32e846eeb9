package trade

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// Pair is a product, by a code of the compass, and a market, by a country's code.
type Pair struct{ Product, Market string }

// Figure is one thing that was known of a pair, with what it was read from. Market is "" where it is of the product alone. Value is
// a text that no language changes: a number in full with a point, a code, a name.
type Figure struct {
	Pair
	Name, Value    string
	Source, SHA256 string // the source's title and the fingerprint of its file; SHA256 is "" where no file was read
}

// MostPairs is how many pairs a unit chooses at most.
const MostPairs = 2

// Figures gives all that is known of pairs now. It is invalid without a pair, with more than MostPairs, with a pair given twice, and
// with a product or a market that the tables do not have; not_found trade.none_loaded before world exports are loaded.
func (s *Service) Figures(ctx context.Context, province string, pairs []Pair) ([]Figure, error) {
	if len(pairs) == 0 || len(pairs) > MostPairs {
		return nil, fault.New(fault.Invalid, "trade.pairs", "most", MostPairs).At("pairs")
	}
	w, err := s.World(ctx, Ask{Province: province})
	if err != nil {
		return nil, err
	}
	c, err := w.Country(Home)
	if err != nil {
		return nil, err
	}
	own, err := s.Region(ctx, w)
	if err != nil && !absent(err) && !fault.Is(err, fault.Refused) { // a sheet of another edition says nothing here
		return nil, err
	}
	var out []Figure
	for i, p := range pairs {
		if slices.Contains(pairs[:i], p) {
			return nil, fault.New(fault.Invalid, "trade.pair_twice", "product", p.Product, "market", p.Market).At("pairs")
		}
		of, err := s.figuresOf(ctx, p, c, own)
		if err != nil {
			return nil, err
		}
		out = append(out, of...)
	}
	return out, nil
}

// absent tells whether a table is not there, so that what it would say is left out.
func absent(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Kind == fault.NotFound
}

// figuresOf gives what is known of one pair.
func (s *Service) figuresOf(ctx context.Context, p Pair, c, own *Compass) ([]Figure, error) {
	if _, found := slices.BinarySearch(c.Index.Exports.Countries, p.Market); !found || p.Market == Home {
		return nil, fault.New(fault.Invalid, "trade.pair_market", "market", p.Market).At("pairs")
	}
	l, found := c.line(p.Product)
	if !found {
		return nil, fault.New(fault.Invalid, "trade.pair_product", "product", p.Product).At("pairs")
	}
	f := gathered{pair: Pair{Product: p.Product}}
	f.of(c.Source)
	f.names("product", l.Name)
	f.number("value", l.Value)
	f.number("world", l.World)
	f.number("rca", l.RCA)
	f.number("near", float64(l.Percentile))
	f.number("pci", l.PCI)
	f.number("cog", l.COG)
	f.text("reading", string(l.Reading))
	f.text("profile", c.Index.Profile.Name)
	f.number("countries", float64(len(c.Index.Exports.Countries)))
	if c.Population != nil {
		f.of(*c.Population)
		f.number("least_people", c.Filter.MinPopulation)
	}
	if own != nil {
		f.of(*own.Region)
		if l, found := own.line(p.Product); found {
			f.number("own_value", l.Value)
			f.number("own_rca", l.RCA)
		}
	}
	f.pair = p
	f.of(c.Source)
	f.names("market", c.Place(p.Market))
	m, err := s.Market(ctx, MarketAsk{Province: c.made.province, Product: p.Product})
	if absent(err) {
		return f.out, nil
	}
	if err != nil {
		return nil, err
	}
	if m.Made.Sources[0].Edition == c.Source.Edition { // the same digits of another edition are another product
		f.market(m, p.Market)
	}
	return f.out, nil
}

// line gives the line of a product.
func (c *Compass) line(product string) (Line, bool) {
	i := slices.IndexFunc(c.Lines, func(l Line) bool { return l.Product == product })
	if i < 0 {
		return Line{}, false
	}
	return c.Lines[i], true
}

// gathered is what is read of a pair, by the source that is being read.
type gathered struct {
	pair          Pair
	source, print string
	out           []Figure
}

func (f *gathered) of(s Source) { f.source, f.print = s.Title(), s.SHA256 }

func (f *gathered) text(name, value string) {
	if value != "" {
		f.out = append(f.out, Figure{f.pair, name, value, f.source, f.print})
	}
}

// number leaves out what is not known: that is not 0.
func (f *gathered) number(name string, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		f.text(name, strconv.FormatFloat(v, 'f', -1, 64))
	}
}

func (f *gathered) names(name string, t locale.Text) {
	f.text(name+"_fa", t.FA)
	f.text(name+"_en", t.EN)
}

// market adds what the flows say of a market, and the flags that hold there.
func (f *gathered) market(m *Markets, code string) {
	i := slices.IndexFunc(m.Lines, func(l MarketLine) bool { return l.Country == code })
	if i < 0 {
		return
	}
	l := m.Lines[i]
	f.of(m.Made.Sources[0])
	f.number("imports", l.Imports)
	f.number("growth", l.Growth)
	f.number("sold", l.Sales)
	f.number("potential", l.EPI)
	f.number("unrealised", l.Unrealised)
	f.text("market_reading", string(l.Reading))
	if m.Tariffs != nil {
		f.of(*m.Tariffs)
		f.number("tariff", l.Tariff)
	}
	if m.Distances != nil {
		f.of(*m.Distances)
		f.number("distance", l.Away)
	}
	for _, x := range m.Made.Sources {
		f.of(x)
		f.text("made_of", string(x.Kind))
	}
	for _, x := range l.Flags {
		f.source, f.print = strings.TrimSpace(x.Source+" "+jalali.FromTime(time.UnixMicro(x.Said)).Civil()), ""
		f.text("flag_"+string(x.Level), x.Text)
	}
}
