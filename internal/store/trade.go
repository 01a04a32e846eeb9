package store

import (
	"context"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/programme/trade"
)

var _ trade.Tx = (*Tx)(nil)

// TradeSources gives the sources of trade data of a province, the last loaded first; of all kinds when kind is "".
func (t *Tx) TradeSources(ctx context.Context, province string, kind trade.Kind) (out []trade.Source, err error) {
	err = t.each(ctx, `SELECT id, loaded_at, loaded_by, fields FROM trade_source WHERE province = $1 AND (kind = $2 OR $2 = '')
		ORDER BY loaded_at DESC, id DESC`, []any{province, string(kind)}, func(scan func(...any) error) error {
		var id, by, fields string
		var at int64
		if err := scan(&id, &at, &by, &fields); err != nil {
			return err
		}
		s, err := trade.SourceOf(fields)
		s.Province, s.ID, s.LoadedAt, s.LoadedBy = province, id, at, by
		out = append(out, s)
		return err
	})
	return out, err
}

// PutTradeSource keeps a source and its packed table.
func (t *Tx) PutTradeSource(ctx context.Context, s trade.Source, packed []byte) error {
	fields, err := s.Fields()
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO trade_source (province, id, kind, loaded_at, loaded_by, fields, packed)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, s.Province, s.ID, string(s.Kind), s.LoadedAt, s.LoadedBy, fields, packed)
	return err
}

// TradeTable gives the packed table of a source; not_found trade.no_source.
func (t *Tx) TradeTable(ctx context.Context, province, id string) (packed []byte, err error) {
	found, err := t.row(ctx, "SELECT packed FROM trade_source WHERE province = $1 AND id = $2", []any{province, id}, &packed)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "trade.no_source", "source", id)
	}
	return packed, err
}
