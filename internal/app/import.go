package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/cli"
	"rahgosha/internal/surface/sheet"
)

type importCmd struct {
	Referrals importReferrals `cmd:"" help:"Take referrals of the past, or a bank head's monthly sheet, as claims beside what acts confirmed."`

	Services importServices `cmd:"" help:"Take exports of technical-engineering services from a sheet: contracts, statements, receipts, equipment, rates or figures of others. Rows wait for an officer's approval; rates and figures count at once."`

	Trade importTrade `cmd:"" help:"Load a table of trade data into the register, with who published it: exports, the province's own exports, names of products, countries and activities, populations, concordances of editions, the link to ISIC."`

	Units importUnits `cmd:"" help:"Take units from a sheet as offices keep it: good rows land, doubtful ones wait for a person, bad ones come back."`
}

// importSheet is what imports of every kind of sheet are told alike.
type importSheet struct {
	place
	File    string `arg:"" help:"Sheet: XLSX, or CSV in UTF-8."`
	DryRun  bool   `help:"Say what would happen; write nothing." name:"dry-run"`
	Rejects string `help:"Write the bad rows as a sheet with column and reason." placeholder:"OUT.xlsx"`
	Amount  string `help:"Unit of the amounts whose column and cells name none: rial, toman or million_toman; without it their rows wait." name:"amount-unit" placeholder:"UNIT"`
	JSON    bool   `help:"Print the outcome as JSON." name:"json"`
	ctx     context.Context
}

// take reads the sheet, opens the product and lets use import the rows; bad rows are no failure, a sheet that cannot be
// read is.
func (c *importSheet) take(env *cli.Env, use func(a *App, rows [][]string) error) (err error) {
	rows, err := readSheet(c.File)
	if err != nil {
		return err
	}
	a, err := Open(c.ctx, c.config(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return use(a, rows)
}

type importUnits struct{ importSheet }

// Run imports units.
func (c *importUnits) Run(env *cli.Env) error {
	return c.take(env, func(a *App, rows [][]string) error {
		out, err := a.Registry.Import(c.ctx, registry.Import{
			Province: a.Province, File: filepath.Base(c.File), By: "cli", Rows: rows, Dry: c.DryRun, AmountUnit: money.Unit(c.Amount),
		})
		if err != nil {
			return err
		}
		if err := writeRejects(c.Rejects, out); err != nil {
			return err
		}
		return c.print(env, out)
	})
}

func readSheet(path string) ([][]string, error) {
	f, err := cli.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	return sheet.Read(filepath.Base(path), f)
}

// rejected is an outcome with bad rows.
type rejected interface {
	Rejects(l locale.Lang) (header []string, rows [][]string)
}

// writeRejects writes the bad rows to a file, where one is named.
func writeRejects(file string, out rejected) error {
	if file == "" {
		return nil
	}
	raw, err := rejectsOf(out)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.import_rejects", "file", file)
	}
	return nil
}

// rejectsOf writes the bad rows as a workbook, in Persian: it goes back to the office that made the sheet.
func rejectsOf(out rejected) ([]byte, error) {
	var b bytes.Buffer
	header, rows := out.Rejects(locale.FA)
	err := sheet.Write(&b, header, rows)
	return b.Bytes(), err
}

// print gives the outcome: JSON whose reasons are in the sheet's own language, or a summary in the terminal's.
func (c *importUnits) print(env *cli.Env, out registry.Outcome) error {
	if c.JSON {
		raw, err := out.JSON(locale.FA)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Out, "%s\n", raw)
		return err
	}
	key := "app.import_done"
	if c.DryRun {
		key = "app.import_dry"
	}
	_, err := fmt.Fprintln(env.Out, locale.T(env.Lang, key, map[string]any{
		"rows": out.Rows, "landed": out.Landed, "review": out.Review, "bad": out.BadRows(),
	}))
	if err != nil {
		return err
	}
	for _, h := range out.Unknown {
		if _, err := fmt.Fprintln(env.Out, locale.T(env.Lang, "app.import_unknown", map[string]any{"column": h})); err != nil {
			return err
		}
	}
	if err := printAmounts(env.Out, env.Lang, out.Amounts); err != nil {
		return err
	}
	return printBad(env.Out, env.Lang, out.Bad)
}

func printBad(w io.Writer, l locale.Lang, bad []registry.BadCell) error {
	for _, b := range bad {
		if _, err := fmt.Fprintf(w, "%d\t%s\t%s\n", b.Row, b.Column, b.Reason.In(l)); err != nil {
			return err
		}
	}
	return nil
}

// printAmounts says how the amounts of each column were read.
func printAmounts(w io.Writer, l locale.Lang, list []registry.Amount) error {
	for _, a := range list {
		if _, err := fmt.Fprintln(w, amountText(a).In(l)); err != nil {
			return err
		}
	}
	return nil
}

// amountText repeats an amount in words.
func amountText(a registry.Amount) locale.Text {
	say := func(l locale.Lang) string {
		return locale.T(l, "app.import_amount", map[string]any{"row": a.Row, "column": a.Column, "cell": a.Cell, "amount": money.Echo(a.Rial, l)})
	}
	return locale.Text{FA: say(locale.FA), EN: say(locale.EN)}
}
