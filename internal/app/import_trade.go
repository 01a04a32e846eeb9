package app

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/surface/cli"
	"rahgosha/internal/surface/sheet"
)

type importTrade struct {
	place
	File      string `arg:"" help:"Table: separated text, plain or gzip; for the province's own exports a customs sheet, XLSX or CSV."`
	Kind      string `help:"What it says: exports, province, products, countries, populations, activities, concordance, isic, flows, distances, economies, tariffs or services." required:"" placeholder:"KIND"`
	Form      string `help:"How exports or flows are written: plain (columns by name), baci, or exports as comtrade." default:"plain" placeholder:"FORM"`
	Year      int    `help:"Year of the figures; of customs sheets, the Jalali year." placeholder:"YEAR"`
	Edition   string `help:"Edition of the product codes: HS1992 to HS2022; Comtrade's files name it themselves, and a link to ISIC may be of all." placeholder:"HS"`
	To        string `help:"Edition that a concordance leads to." placeholder:"HS"`
	Digits    int    `help:"Digits of the codes to take of a Comtrade file: 4 or 6." default:"6"`
	Publisher string `help:"Who published it." required:""`
	Vintage   string `help:"The publisher's own name of this issue, or the day it was fetched."`
	Licence   string `help:"Under what licence it may be used; say \"not stated\" where none is." required:""`
	DryRun    bool   `help:"Say what would change; write nothing." name:"dry-run"`
	JSON      bool   `help:"Print the outcome as JSON." name:"json"`
	ctx       context.Context
}

// Run loads one table.
func (c *importTrade) Run(env *cli.Env) (err error) {
	a, err := Open(c.ctx, c.config(logger(env)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	load, bad, err := c.read(a)
	if err != nil {
		return err
	}
	for _, b := range bad {
		if _, err := fmt.Fprintf(env.Err, "%d\t%s\t%s\n", b.Row, b.Column, locale.T(env.Lang, b.Fault.Key, b.Fault.Args)); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return fault.New(fault.Invalid, "trade.customs_bad", "rows", len(bad), "file", load.File)
	}
	out, err := a.Trade.Load(c.ctx, load)
	if err != nil {
		return err
	}
	return c.print(env, out)
}

// read reads the file, with its hash.
func (c *importTrade) read(a *App) (in trade.Load, bad []trade.BadRow, err error) {
	f, err := cli.OpenFile(c.File)
	if err != nil {
		return in, nil, err
	}
	defer func() { _ = f.Close() }() // read only
	in.Source = trade.Source{
		Province: a.Province, Kind: trade.Kind(c.Kind), Edition: c.Edition, To: c.To, Year: c.Year, Publisher: c.Publisher, Vintage: c.Vintage,
		Licence: c.Licence, File: filepath.Base(c.File), LoadedBy: "cli",
	}
	in.Dry = c.DryRun
	if in.SHA256, err = hashOf(f); err != nil {
		return in, nil, err
	}
	if in.Kind == trade.Province {
		rows, err := sheet.Read(in.File, f)
		if err != nil {
			return in, nil, err
		}
		in.Table, bad, err = trade.Customs(rows)
		return in, bad, err
	}
	reader := trade.Reader{Kind: in.Kind, Form: trade.Form(c.Form), Year: c.Year, Digits: c.Digits, File: in.File, Edition: c.Edition, To: c.To, Class: services.ClassOf}
	if reader.Form == trade.BACI {
		if reader.Places, err = a.Trade.Latest(c.ctx, a.Province, trade.Countries); err != nil {
			return in, nil, err
		}
	}
	if in.Kind == trade.Bilateral {
		in.Flows, err = reader.Flows(bufio.NewReaderSize(f, 1<<20))
		return in, nil, err
	}
	var edition string
	if in.Table, edition, err = reader.Read(bufio.NewReaderSize(f, 1<<20)); err != nil {
		return in, nil, err
	}
	if edition != "" {
		if in.Edition != "" && in.Edition != edition {
			return in, nil, fault.New(fault.Invalid, "trade.other_edition", "file", in.File, "says", edition, "asked", in.Edition).At("edition")
		}
		in.Edition = edition
	}
	return in, nil, nil
}

// hashOf reads a file for its hash and goes back to its beginning.
func hashOf(f *os.File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	_, err := f.Seek(0, io.SeekStart)
	return hex.EncodeToString(h.Sum(nil)), err
}

func (c *importTrade) print(env *cli.Env, out trade.Source) error {
	if c.JSON {
		raw, err := json.Marshal(struct {
			ID string `json:"id,omitempty"`
			trade.Source
		}{out.ID, out})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Out, "%s\n", raw)
		return err
	}
	key := "app.import_trade"
	if c.DryRun {
		key = "app.import_trade_dry"
	}
	_, err := fmt.Fprintln(env.Out, locale.T(env.Lang, key, map[string]any{
		"title": out.Title(), "rows": out.Rows, "added": out.Change.Added, "changed": out.Change.Changed, "gone": out.Change.Gone,
	}))
	return err
}
