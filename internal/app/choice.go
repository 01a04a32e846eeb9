package app

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/programme/trade"
)

// Figures gives what is known of pairs now.
func (t tradePages) Figures(ctx context.Context, p access.Principal, pairs []trade.Pair) ([]trade.Figure, error) {
	return t.a.Trade.Figures(ctx, p.Province, pairs)
}

// Made gives the products that a unit has confirmed.
func (t tradePages) Made(ctx context.Context, p access.Principal, unit string) ([]trade.UnitProduct, error) {
	return t.a.Trade.UnitProducts(ctx, p.Province, unit)
}

// tradeFigures is the register trade.figures of procedures: rows of product, market, figure, value, source and sha256 for the pairs
// that a case's fact "pairs" names.
func (a *App) tradeFigures(ctx context.Context, who casework.Caller, facts map[string]any) (any, error) {
	figures, err := a.Trade.Figures(ctx, who.Grants.Province, pairsIn(facts["pairs"]))
	if err != nil {
		return nil, sayable(err)
	}
	rows := make([]map[string]any, 0, len(figures))
	for _, f := range figures {
		row := map[string]any{"product": f.Product, "figure": f.Name, "value": f.Value, "source": f.Source}
		for column, v := range map[string]string{"market": f.Market, "sha256": f.SHA256} {
			if v != "" {
				row[column] = v
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// sayable makes of what a register lacks a fault of the act, not of the case: that is there.
func sayable(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return fault.Wrap(err, fault.Refused, f.Key, "kind", f.Args["kind"])
	}
	return err
}

// pairsIn reads a table of pairs as it is stored.
func pairsIn(v any) (out []trade.Pair) {
	add := func(row map[string]any) {
		product, _ := row["product"].(string)
		market, _ := row["market"].(string)
		out = append(out, trade.Pair{Product: product, Market: market})
	}
	switch rows := v.(type) {
	case []map[string]any:
		for _, row := range rows {
			add(row)
		}
	case []any:
		for _, r := range rows {
			if row, ok := r.(map[string]any); ok {
				add(row)
			}
		}
	}
	return out
}
