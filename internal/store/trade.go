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

// UnitProducts gives the last revision of each product of a unit, in order of edition and code; with code all revisions of
// that one, the last first.
func (t *Tx) UnitProducts(ctx context.Context, province, unit, edition, code string) ([]trade.UnitProduct, error) {
	query := "SELECT unit, edition, code, revision, said_at, said_by, fields FROM unit_product p WHERE province = $1 AND unit = $2 AND "
	args := []any{province, unit}
	if code == "" {
		query += `revision = (SELECT max(q.revision) FROM unit_product q WHERE q.province = p.province AND q.unit = p.unit
			AND q.edition = p.edition AND q.code = p.code) ORDER BY edition, code`
	} else {
		query, args = query+"edition = $3 AND code = $4 ORDER BY revision DESC", append(args, edition, code)
	}
	return t.unitProducts(ctx, province, query, args)
}

// LastUnitProduct gives the last revision of a unit's word on one product; the zero word where it said nothing.
func (t *Tx) LastUnitProduct(ctx context.Context, province, unit, edition, code string) (out trade.UnitProduct, err error) {
	list, err := t.unitProducts(ctx, province, `SELECT unit, edition, code, revision, said_at, said_by, fields FROM unit_product
		WHERE province = $1 AND unit = $2 AND edition = $3 AND code = $4 ORDER BY revision DESC LIMIT 1`, []any{province, unit, edition, code})
	if len(list) > 0 {
		out = list[0]
	}
	return out, err
}

// UnitProductsBy gives all that a person said of products of units, the first said first.
func (t *Tx) UnitProductsBy(ctx context.Context, province, person string) ([]trade.UnitProduct, error) {
	return t.unitProducts(ctx, province, "SELECT unit, edition, code, revision, said_at, said_by, fields FROM unit_product WHERE province = $1 AND said_by = $2 ORDER BY said_at, unit, edition, code, revision",
		[]any{province, person})
}

func (t *Tx) unitProducts(ctx context.Context, province, query string, args []any) (out []trade.UnitProduct, err error) {
	err = t.each(ctx, query, args, func(scan func(...any) error) error {
		u := trade.UnitProduct{Province: province}
		var fields string
		if err := scan(&u.Unit, &u.Edition, &u.Code, &u.Revision, &u.At, &u.By, &fields); err != nil {
			return err
		}
		err := u.SetFields(fields)
		out = append(out, u)
		return err
	})
	return out, err
}

// PutUnitProduct keeps a unit's word on a product; two of the same revision are a conflict.
func (t *Tx) PutUnitProduct(ctx context.Context, u trade.UnitProduct) error {
	fields, err := u.Fields()
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `INSERT INTO unit_product (province, unit, edition, code, revision, said_at, said_by, fields)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, u.Province, u.Unit, u.Edition, u.Code, u.Revision, u.At, u.By, fields)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "trade.product_changed", "code", u.Code)
	}
	return err
}
