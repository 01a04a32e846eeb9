package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/trade"
)

// PutTradePart keeps the n-th part of a source's flows.
func (t *Tx) PutTradePart(ctx context.Context, province, id string, n int, packed []byte) error {
	_, err := t.exec(ctx, "INSERT INTO trade_part (province, source, n, packed) VALUES ($1, $2, $3, $4)", province, id, n, packed)
	return err
}

// TradePart gives the n-th part of a source's flows; not_found trade.no_source.
func (t *Tx) TradePart(ctx context.Context, province, id string, n int) (packed []byte, err error) {
	found, err := t.row(ctx, "SELECT packed FROM trade_part WHERE province = $1 AND source = $2 AND n = $3", []any{province, id, n}, &packed)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "trade.no_source", "source", id)
	}
	return packed, err
}

// PutMarketFlag keeps a flag.
func (t *Tx) PutMarketFlag(ctx context.Context, f trade.MarketFlag) error {
	fields, err := f.Fields()
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "INSERT INTO trade_flag (province, id, at, fields) VALUES ($1, $2, $3, $4)", f.Province, f.ID, f.At, fields)
	return err
}

// MarketFlags gives the flags of a province, the last written first.
func (t *Tx) MarketFlags(ctx context.Context, province string) (out []trade.MarketFlag, err error) {
	err = t.each(ctx, "SELECT id, at, fields FROM trade_flag WHERE province = $1 ORDER BY at DESC, id DESC", []any{province}, func(scan func(...any) error) error {
		var id, fields string
		var at int64
		if err := scan(&id, &at, &fields); err != nil {
			return err
		}
		f, err := trade.FlagOf(fields)
		f.Province, f.ID, f.At = province, id, at
		out = append(out, f)
		return err
	})
	return out, err
}
