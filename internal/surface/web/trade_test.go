package web_test

import (
	"context"
	"strings"
	"testing"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/web"
)

// tradeBench is a register of one small table, in memory.
type tradeBench struct{}

func (tradeBench) source() trade.Source {
	return trade.Source{ID: "s1", Kind: trade.Exports, Edition: "HS2022", Year: 2024, Publisher: "ناشر نمونه", Licence: "CC BY", File: "w.csv", SHA256: "0123456789abcdef", Rows: 6, LoadedAt: now.UnixMicro()}
}

func (b tradeBench) TradeSources(context.Context, access.Principal) ([]trade.Source, error) {
	former := b.source()
	s := b.source()
	s.ID, s.Replaces = "s2", former.ID
	return []trade.Source{s, former}, nil
}

func (b tradeBench) Compass(ctx context.Context, _ access.Principal, ask trade.Ask, country string) (*trade.Compass, error) {
	s := trade.New(trade.Config{Read: func(ctx context.Context, fn func(context.Context, trade.Tx) error) error {
		return fn(ctx, oneTable{b: b})
	}, Clock: clock.System{}})
	if country == "" {
		return nil, fault.New(fault.NotFound, "trade.none_loaded", "kind", "province")
	}
	w, err := s.World(ctx, ask)
	if err != nil {
		return nil, err
	}
	return w.Country(country)
}

type oneTable struct {
	trade.Tx
	b tradeBench
}

func (o oneTable) TradeSources(context.Context, string, trade.Kind) ([]trade.Source, error) {
	return []trade.Source{o.b.source()}, nil
}

func (o oneTable) TradeTable(context.Context, string, string) ([]byte, error) {
	t, _, err := trade.Reader{Kind: trade.Exports, File: "w.csv"}.Read(strings.NewReader("country,product,value_usd\nirn,5702,2e10\nirn,5703,2e10\ntur,4101,2e10\ntur,5702,2e10\nind,4101,4e10\n"))
	return t.Pack(), err
}

// goodsBench is a unit that makes carpets, and was asked about more.
type goodsBench struct{ tradeBench }

func (goodsBench) said() []trade.UnitProduct {
	u := trade.UnitProduct{Unit: "u1", Edition: "HS2022", Code: "5702", Revision: 2, State: trade.Confirmed, Machines: trade.MachinesYes, Capacity: 12000, Measure: "m2", Price: 4_500_000,
		Certificates: "استاندارد ملی", Word: "دو دستگاه بافت", By: "p2", At: now.UnixMicro(), Name: locale.Text{FA: "فرش بافته", EN: "Woven carpets"}}
	no := u
	no.Code, no.State, no.Machines, no.Capacity, no.Price, no.Word = "5703", trade.Refused, trade.MachinesNo, 0, 0, "تافتینگ نداریم"
	return []trade.UnitProduct{u, no}
}

func (b goodsBench) UnitGoods(_ context.Context, p access.Principal, _, words string) (*web.UnitGoods, error) {
	g := &trade.Goods{Edition: "HS2022", Said: b.said(), Activities: []trade.Branch{{Code: "1393", Name: locale.Text{FA: "تولید قالی", EN: "Carpets"}, Products: 3}}}
	link := b.source()
	g.Link = &link
	g.Candidates = []trade.Candidate{{Code: "5704", Name: locale.Text{FA: "نمد", EN: "Felt"}, Activity: "1393", Also: []string{"1399"}}, {Code: "5702", Name: locale.Text{FA: "فرش", EN: "Carpets"}, Said: &g.Said[0]}}
	return &web.UnitGoods{Goods: g, Name: "بافندگی نمونه", May: access.UnitRole(p.Role)}, nil
}

func (b goodsBench) UnitProductPast(context.Context, access.Principal, string, string, string) ([]trade.UnitProduct, error) {
	return b.said()[:1], nil
}

func (b goodsBench) SayProduct(_ context.Context, _ access.Principal, u trade.UnitProduct) (trade.UnitProduct, error) {
	return u, nil
}

func (b goodsBench) UnitSteps(ctx context.Context, p access.Principal, unit string, ask trade.Ask, country string) (*trade.UnitCompass, error) {
	c, err := b.Compass(ctx, p, ask, country)
	if err != nil {
		return nil, err
	}
	s := trade.New(trade.Config{Read: func(ctx context.Context, fn func(context.Context, trade.Tx) error) error {
		return fn(ctx, oneTable{b: b.tradeBench})
	}, Clock: clock.System{}})
	return s.UnitSteps(ctx, c, unit)
}

func (oneTable) UnitProductsBy(context.Context, string, string) ([]trade.UnitProduct, error) {
	return nil, nil
}

func (oneTable) UnitProducts(context.Context, string, string, string, string) ([]trade.UnitProduct, error) {
	return goodsBench{}.said(), nil
}

// The readings are data: each has its name and its sentence in both languages.
func TestEveryReadingHasItsWords(t *testing.T) {
	t.Parallel()
	for _, r := range trade.Readings() {
		for _, key := range []string{"compass.reading.", "compass.says."} {
			for _, l := range []locale.Lang{locale.FA, locale.EN} {
				if text := locale.T(l, key+string(r), nil); text == "" || strings.Contains(text, key) {
					t.Errorf("%s%s has no words in %s", key, r, l)
				}
			}
		}
	}
}

// The gates and what a unit can say are words of the locale, each in both languages.
func TestEveryGateAndMeasureHasItsWords(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, g := range trade.Gates() {
		keys = append(keys, "goods.gate."+string(g), "goods.gate.says."+string(g))
	}
	for _, m := range trade.AllMachines() {
		keys = append(keys, "goods.machines."+string(m))
	}
	for _, m := range trade.Measures() {
		keys = append(keys, "goods.measure."+m)
	}
	for _, k := range trade.Kinds() {
		keys = append(keys, "compass.kind."+string(k))
	}
	for _, key := range keys {
		for _, l := range []locale.Lang{locale.FA, locale.EN} {
			if !locale.Has(l, key) {
				t.Errorf("%s has no words in %s", key, l)
			}
		}
	}
}

// The picture is a box with a margin, so that a point at its edge is whole.
func TestAPointAtTheEdgeIsWhole(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	page := get(h, "/trade", "Role", "unit.ceo").Body.String()
	if !strings.Contains(page, `viewBox="-24 -24 688 368"`) || strings.Count(page, "<circle") != 3 {
		t.Errorf("no picture of three products: %s", page)
	}
}
