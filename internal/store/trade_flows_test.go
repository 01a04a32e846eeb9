package store

import (
	"context"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/trade"
)

// Parts of flows come back as they were put, each of its own source and province; flags come the last written first.
func TestFlowsAndFlagsAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, tx *Tx) error {
			for n, part := range []string{"one", "two"} {
				if err := tx.PutTradePart(ctx, province, "s1", n, []byte(part)); err != nil {
					return err
				}
			}
			for i, id := range []string{"f1", "f2"} {
				f := trade.MarketFlag{Province: province, ID: id, Market: "TUR", Product: "57", Matter: trade.Payment, Level: trade.Care, Text: "متن", Source: "y", Said: 5, Until: 6, By: "p", At: int64(10 + i)}
				if err := tx.PutMarketFlag(ctx, f); err != nil {
					return err
				}
			}
			return nil
		})
		read(t, s, func(ctx context.Context, tx *Tx) error {
			part, err := tx.TradePart(ctx, province, "s1", 1)
			if err != nil || string(part) != "two" {
				t.Errorf("%q %v", part, err)
			}
			for _, of := range []string{"s2", "s1"} {
				if _, err := tx.TradePart(ctx, province, of, 2); !fault.Is(err, fault.NotFound) {
					t.Errorf("a part that is not there: %v", err)
				}
			}
			flags, err := tx.MarketFlags(ctx, province)
			want := trade.MarketFlag{Province: province, ID: "f2", Market: "TUR", Product: "57", Matter: trade.Payment, Level: trade.Care, Text: "متن", Source: "y", Said: 5, Until: 6, By: "p", At: 11}
			if err != nil || len(flags) != 2 || flags[0] != want || flags[1].ID != "f1" {
				t.Errorf("%+v %v", flags, err)
			}
			return nil
		})
	})
}
