package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/programme/services"
)

// enteredBy gives what a person entered in the registers of programmes: their words on products, and records of exports of services.
func (a *App) enteredBy(ctx context.Context, province, person string) (out []privacy.RegisterPart, err error) {
	products, err := a.Trade.UnitProductsBy(ctx, province, person)
	if err != nil {
		return nil, err
	}
	for _, u := range products {
		fields, err := u.Fields()
		if err != nil {
			return nil, err
		}
		values, err := titled("goods.f.", fields, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, privacy.RegisterPart{Register: locale.Of("dossier.product", nil), What: u.Edition + " " + u.Code, Unit: u.Unit, At: u.At, Values: values})
	}
	g, err := a.Services.Read(ctx, province, "")
	if err != nil {
		return nil, err
	}
	for _, r := range g.Records {
		if r.By != person {
			continue
		}
		fields, err := r.Text()
		if err != nil {
			return nil, err
		}
		values, err := titled("tes.f.", fields, func(name string) string {
			switch name {
			case "amount":
				return services.Plain(r.Amount, r.Currency)
			case "goods":
				return services.Plain(r.Goods, r.Currency)
			}
			return ""
		})
		if err != nil {
			return nil, err
		}
		out = append(out, privacy.RegisterPart{Register: locale.Of("tes.kind."+string(r.Kind), nil), What: cmp.Or(r.Number, r.Declaration, r.Contract), Unit: r.Unit, At: r.At, Values: values})
	}
	slices.SortStableFunc(out, func(x, y privacy.RegisterPart) int { return cmp.Compare(x.At, y.At) })
	return out, nil
}

// titled gives the values of a record as it is kept, in order of their names, each with the title of its question; written gives
// another form of a value than the kept one.
func titled(prefix, fields string, written func(name string) string) (out []privacy.RegisterValue, err error) {
	in := json.NewDecoder(bytes.NewReader([]byte(fields)))
	in.UseNumber()
	kept := map[string]any{}
	if err := in.Decode(&kept); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.failed")
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		v := privacy.RegisterValue{Title: locale.Text{FA: name, EN: name}, Value: fmt.Sprint(kept[name])}
		if locale.Has(locale.FA, prefix+name) {
			v.Title = locale.Of(prefix+name, nil)
		}
		if written != nil {
			v.Value = cmp.Or(written(name), v.Value)
		}
		out = append(out, v)
	}
	return out, nil
}
