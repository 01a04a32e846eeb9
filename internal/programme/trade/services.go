package trade

import (
	"context"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/insight/trade/tradecsv"
)

// services reads country, class of services and USD. Two classes of a former classification may be one of today's: they are
// summed; a class that is not known stops the table. Below 0 lies what insurers paid out beyond their premiums: balances of payments
// have such years.
func (in Reader) services(r io.Reader) (t Table, err error) {
	f, err := tradecsv.Open(in.File, r, tradecsv.Must("country", "reporter"), tradecsv.Must("product", "class", "category", "ebops"), tradecsv.Must("value_usd", "value"))
	if err != nil {
		return t, err
	}
	sums, lines := map[[2]string]float64{}, map[[2]string]int{}
	for {
		more, err := f.Next()
		if err != nil {
			return t, err
		}
		if !more {
			break
		}
		country, class := strings.ToUpper(strings.Clone(f.Raw(0))), in.Class(f.Raw(1))
		if country == "" || class == "" {
			p := f.Problem("csv_class", 1)
			p.Args["class"] = f.Raw(1)
			return t, p
		}
		v, err := strconv.ParseFloat(f.Raw(2), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			p := f.Problem("csv_number", 2)
			p.Args["value"] = f.Raw(2)
			return t, p
		}
		as := [2]string{country, strings.Clone(f.Raw(1))}
		if first, twice := lines[as]; twice {
			p := f.Problem("csv_twice", 1)
			p.Args["first"], p.Args["key"] = first, country+", "+as[1]
			return t, p
		}
		lines[as] = f.Line()
		sums[[2]string{country, class}] += v
	}
	for _, k := range slices.SortedFunc(maps.Keys(sums), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t.Rows = append(t.Rows, Row{Key: k[0], Sub: k[1], Value: sums[k]})
	}
	return t, nil
}

// Table gives the table that counts of a kind and year, with its source and how many before it were replaced; year 0 is the
// latest, and nil means that none is loaded.
func (s *Service) Table(ctx context.Context, province string, kind Kind, year int) (t Table, of *Source, replaced int, err error) {
	err = s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		all, err := tx.TradeSources(ctx, province, kind)
		if err != nil {
			return err
		}
		if of = latest(all, kind, "", year); of == nil {
			return nil
		}
		for _, x := range all {
			if x.Edition == of.Edition && x.Year == of.Year && x.ID != of.ID {
				replaced++
			}
		}
		packed, err := tx.TradeTable(ctx, province, of.ID)
		if err == nil {
			t, err = Unpack(packed)
		}
		return err
	})
	return t, of, replaced, err
}
