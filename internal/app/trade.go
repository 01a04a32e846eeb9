package app

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/web"
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

// reads lets through who may read a unit's products: its own people, and officers who read the register of units.
func (t tradePages) reads(ctx context.Context, p access.Principal, unit string) (registry.File, error) {
	own, err := units(t).own(ctx, p, unit)
	if err != nil {
		return registry.File{}, err
	}
	if !own && access.Authorize(p, "units", "read") != nil {
		return registry.File{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return t.a.Registry.Unit(ctx, p.Province, unit)
}

// UnitGoods gives a unit's word on products and the candidates of its activities, or what a search finds.
func (t tradePages) UnitGoods(ctx context.Context, p access.Principal, unit, words string) (*web.UnitGoods, error) {
	f, err := t.reads(ctx, p, unit)
	if err != nil {
		return nil, err
	}
	isic, _ := f.Values["isic"].Any.([]string)
	g, err := t.a.Trade.Goods(ctx, p.Province, unit, isic, words)
	if err != nil {
		return nil, err
	}
	return &web.UnitGoods{Goods: g, Name: f.Name, May: p.Unit == unit && access.Authorize(p, "unit.products", "say") == nil}, nil
}

// UnitProductPast gives all revisions of a unit's word on a product.
func (t tradePages) UnitProductPast(ctx context.Context, p access.Principal, unit, edition, code string) ([]trade.UnitProduct, error) {
	if _, err := t.reads(ctx, p, unit); err != nil {
		return nil, err
	}
	return t.a.Trade.UnitProductPast(ctx, p.Province, unit, edition, code)
}

// UnitSteps gives the compass of a unit's products, measured by a country's exports or with country "" by the province's.
func (t tradePages) UnitSteps(ctx context.Context, p access.Principal, unit string, ask trade.Ask, country string) (*trade.UnitCompass, error) {
	if _, err := t.reads(ctx, p, unit); err != nil {
		return nil, err
	}
	c, err := t.Compass(ctx, p, ask, country)
	if err != nil {
		return nil, err
	}
	return t.a.Trade.UnitSteps(ctx, c, unit)
}

// SayProduct takes the word of who speaks for the unit, with the link that made the product a candidate.
func (t tradePages) SayProduct(ctx context.Context, p access.Principal, u trade.UnitProduct) (trade.UnitProduct, error) {
	if err := access.Authorize(p, "unit.products", "say"); err != nil {
		return u, err
	}
	if p.Unit != u.Unit {
		return u, fault.New(fault.NotFound, "fault.not_found")
	}
	g, err := t.UnitGoods(ctx, p, u.Unit, u.Code)
	if err != nil {
		return u, err
	}
	for _, c := range g.Candidates {
		if c.Code == u.Code && u.Edition == g.Edition && c.Activity != "" {
			u.Activity, u.Link = c.Activity, g.Link.ID
		}
	}
	u.Province, u.By = p.Province, p.Person
	return t.a.Trade.Say(ctx, u)
}

// Market gives the markets of a product.
func (t tradePages) Market(ctx context.Context, p access.Principal, ask trade.MarketAsk) (*trade.Markets, error) {
	ask.Province = p.Province
	return t.a.Trade.Market(ctx, ask)
}

// Flags lists what was said of markets.
func (t tradePages) Flags(ctx context.Context, p access.Principal) ([]trade.MarketFlag, error) {
	return t.a.Trade.Flags(ctx, p.Province)
}

// Flag writes what an officer says of a market.
func (t tradePages) Flag(ctx context.Context, p access.Principal, f trade.MarketFlag) (trade.MarketFlag, error) {
	if err := access.Authorize(p, "markets", "flag"); err != nil {
		return f, err
	}
	f.Province, f.By = p.Province, p.Person
	return t.a.Trade.Flag(ctx, f)
}

// MayFlag tells whether the person may write flags.
func (t tradePages) MayFlag(p access.Principal) bool { return access.Allows(p.Role, "markets", "flag") }
