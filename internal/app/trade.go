package app

import (
	"context"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/programme/trade"
)

// tradePages serves the pages of trade data. Whoever has signed in may read them: nothing in them is anybody's own.
type tradePages struct{ a *App }

// Compass gives a country's products, or with country "" those of the province's own exports.
func (t tradePages) Compass(ctx context.Context, p access.Principal, ask trade.Ask, country string) (*trade.Compass, error) {
	ask.Province = p.Province
	w, err := t.a.Trade.World(ctx, ask)
	if err != nil {
		return nil, err
	}
	if country == "" {
		return t.a.Trade.Region(ctx, w)
	}
	return w.Country(country)
}

// TradeSources lists what is loaded.
func (t tradePages) TradeSources(ctx context.Context, p access.Principal) ([]trade.Source, error) {
	return t.a.Trade.Sources(ctx, p.Province)
}
