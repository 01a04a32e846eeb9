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

// The picture is a box with a margin, so that a point at its edge is whole.
func TestAPointAtTheEdgeIsWhole(t *testing.T) {
	t.Parallel()
	_, h := newServer(t, newBench(t).config)
	page := get(h, "/trade", "Role", "unit.ceo").Body.String()
	if !strings.Contains(page, `viewBox="-24 -24 688 368"`) || strings.Count(page, "<circle") != 3 {
		t.Errorf("no picture of three products: %s", page)
	}
}
