package app

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/surface/cli"
)

type importServices struct {
	importSheet
	Kind string `help:"What its rows are: contract, statement, receipt, equipment, rate or figure." required:"" placeholder:"KIND"`
}

// amountScales are the words of --amount-unit for amounts in foreign money.
var amountScales = map[string]int64{"": 1, "one": 1, "thousand": 1000, "million": 1000000}

// Run takes a sheet of exports of services in.
func (c *importServices) Run(env *cli.Env) error {
	scale, ok := amountScales[c.Amount]
	if !ok {
		return fault.New(fault.Invalid, "services.scale", "unit", c.Amount).At("--amount-unit")
	}
	return c.take(env, func(a *App, rows [][]string) error {
		countries, err := a.countryCodes(c.ctx, a.Province)
		if err != nil {
			return err
		}
		out, err := a.Services.Import(c.ctx, services.Sheet{
			Province: a.Province, File: filepath.Base(c.File), By: "cli", Kind: services.Kind(c.Kind), Rows: rows, Dry: c.DryRun, Scale: scale, Countries: countries,
			Firms: func(ctx context.Context, probes []registry.Probe) ([]registry.Resolved, error) {
				return a.Registry.Resolve(ctx, a.Province, probes)
			},
		})
		if err != nil {
			return err
		}
		if err := writeRejects(c.Rejects, out); err != nil {
			return err
		}
		if c.JSON {
			return printServicesJSON(env, out)
		}
		return c.print(env, out)
	})
}

func printServicesJSON(env *cli.Env, out services.Outcome) error {
	j := struct {
		Rows   int       `json:"rows"`
		Landed int       `json:"landed"`
		Same   int       `json:"same"`
		Bad    []badJSON `json:"bad"`
	}{out.Rows, out.Landed, out.Same, []badJSON{}}
	for _, b := range out.Bad {
		j.Bad = append(j.Bad, badJSON{b.Row, b.Column, b.Reason.In(locale.FA)})
	}
	return json.NewEncoder(env.Out).Encode(j)
}

func (c *importServices) print(env *cli.Env, out services.Outcome) error {
	key := "app.import_services"
	if c.DryRun {
		key = "app.import_services_dry"
	}
	lines := []string{locale.T(env.Lang, key, map[string]any{"rows": out.Rows, "landed": out.Landed, "same": out.Same, "bad": out.BadRows()})}
	for _, r := range out.Read {
		lines = append(lines, locale.T(env.Lang, "app.import_services_read", map[string]any{
			"row": r.Row, "column": r.Column, "cell": r.Cell, "amount": services.Plain(r.Amount, r.Currency), "currency": r.Currency,
		}))
	}
	for _, h := range out.Unknown {
		lines = append(lines, locale.T(env.Lang, "app.import_unknown", map[string]any{"column": h}))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(env.Out, l); err != nil {
			return err
		}
	}
	return printBad(env.Out, env.Lang, out.Bad)
}
