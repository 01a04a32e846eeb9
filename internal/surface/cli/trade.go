package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// tradeCmd computes export intelligence from tables; it needs no store.
type tradeCmd struct {
	Complexity tradeComplexity `cmd:"" help:"Advantage, product space and complexity from a year's exports."`
	Potential  tradePotential  `cmd:"" help:"Export potential by market and product from bilateral flows."`
	Gravity    tradeGravity    `cmd:"" help:"What distance and other terms do to trade, by PPML with fixed effects."`
}

// runRecord is run.json: enough to make the same numbers again, and to see what they must not be compared with.
type runRecord struct {
	Command  string      `json:"command"`
	Inputs   []inputFile `json:"inputs"`
	Settings any         `json:"settings"`
	Found    any         `json:"found"`
	Warnings []string    `json:"warnings"`
}

type inputFile struct {
	Option string `json:"option"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// tradeRun collects what a command read and warned about.
type tradeRun struct {
	env *Env
	rec runRecord
	out string
}

func newTradeRun(env *Env, command, out string) *tradeRun {
	return &tradeRun{env: env, out: out, rec: runRecord{Command: "rahgosha trade " + command, Warnings: []string{}}}
}

// openTable opens the table that an option names.
func openTable(path, option string) (*os.File, error) {
	f, err := OpenFile(path)
	if ft, ok := fault.As(err); ok {
		return nil, ft.At(option)
	}
	return f, err
}

// readTable opens one input, lets f read it, and notes its hash.
func readTable[T any](r *tradeRun, option, path string, f func(string, io.Reader) (T, error)) (T, error) {
	var none T
	file, err := openTable(path, option)
	if err != nil {
		return none, err
	}
	defer func() { _ = file.Close() }() // only read
	hash := sha256.New()
	src := bufio.NewReader(io.TeeReader(file, hash))
	out, err := f(filepath.Base(path), src)
	if err != nil {
		return none, err
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return none, fault.Wrap(err, fault.Invalid, "trade.read", "file", path).At(option)
	}
	r.rec.Inputs = append(r.rec.Inputs, inputFile{option, filepath.Base(path), hex.EncodeToString(hash.Sum(nil))})
	return out, nil
}

// warn tells warnings on the error stream and keeps them.
func (r *tradeRun) warn(faults []*fault.Fault) {
	for _, f := range faults {
		text := locale.T(r.env.Lang, f.Key, f.Args)
		r.rec.Warnings = append(r.rec.Warnings, text)
		_, _ = fmt.Fprintf(r.env.Err, "rahgosha: %s\n", text)
	}
}

// table writes one output.
func (r *tradeRun) table(name string, header []string, rows func(*tradecsv.Writer)) error {
	return r.file(name, func(w io.Writer) error {
		t := tradecsv.NewWriter(w, header...)
		rows(t)
		return t.Flush()
	})
}

func (r *tradeRun) file(name string, write func(io.Writer) error) (err error) {
	path := filepath.Join(r.out, name)
	defer func() {
		if err != nil {
			err = fault.Wrap(err, fault.Internal, "cli.write", "file", path).At("--out")
		}
	}()
	if err := os.MkdirAll(r.out, 0o755); err != nil { // #nosec G301 -- an operator asked for the folder, to hand on what is in it
		return err
	}
	f, err := os.Create(path) // #nosec G304 -- the folder that the person at the command named
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close() // the first failure is the one to tell
		return err
	}
	return f.Close()
}

// record writes run.json.
func (r *tradeRun) record(settings, found any) error {
	r.rec.Settings, r.rec.Found = settings, found
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.rec); err != nil {
		return err
	}
	return r.file("run.json", func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}

type tradeComplexity struct {
	Exports           string  `help:"Exports of one year: country,product,value_usd (plain or gzip)." required:"" placeholder:"FILE"`
	Profile           string  `help:"Conventions: py, stata, r or atlas2026." default:"py"`
	Presence          string  `help:"Rule of presence instead of the profile's: population or union (with --population)." default:""`
	Population        string  `help:"People by country: country,population." placeholder:"FILE"`
	MinPopulation     float64 `help:"Leave out countries with fewer people (with --population)." placeholder:"N"`
	MinExports        float64 `help:"Leave out countries that export less." placeholder:"USD"`
	MinProductExports float64 `help:"Leave out products of which less is exported." placeholder:"USD"`
	Indicators        bool    `help:"Also write country_more.csv and product_more.csv: reflections, fitness, concentration, sophistication."`
	Rounds            int     `help:"Rounds of reflections and fitness." default:"20"`
	Income            string  `help:"Income by country, for PRODY and EXPY: country,income." placeholder:"FILE"`
	Out               string  `help:"Folder for country.csv, product.csv, cells.csv and run.json." required:"" placeholder:"DIR"`
}

// Run writes the tables; warnings go to the error stream.
func (c *tradeComplexity) Run(env *Env) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	run := newTradeRun(env, "complexity", c.Out)
	x, people, filter, err := c.read(run, profile)
	if err != nil {
		return err
	}
	result, err := trade.Complex(context.Background(), x, profile, people)
	if err != nil {
		return err
	}
	run.warn(result.Warnings)
	if c.Indicators {
		if err := c.more(run, result); err != nil {
			return err
		}
	}
	return c.write(run, result, filter)
}

func (c *tradeComplexity) profile() (trade.Profile, error) {
	p, err := trade.ProfileNamed(c.Profile)
	if err != nil || c.Presence == "" {
		return p, err
	}
	rule := trade.Presence(c.Presence)
	if rule != trade.Population && rule != trade.Union {
		return p, fault.New(fault.Invalid, "trade.presence", "name", c.Presence).At("--presence")
	}
	p.Presence, p.Threshold = rule, 1
	return p, nil
}

func (c *tradeComplexity) read(run *tradeRun, p trade.Profile) (x *trade.Exports, people []float64, f trade.Filter, err error) {
	f = trade.Filter{MinPopulation: c.MinPopulation, MinExports: c.MinExports, MinProductExports: c.MinProductExports}
	if c.Population == "" && (p.NeedsPopulation() || f.MinPopulation > 0) {
		return nil, nil, f, fault.New(fault.Invalid, "trade.population_file").At("--population")
	}
	cells, err := readTable(run, "--exports", c.Exports, tradecsv.Exports)
	if err != nil {
		return nil, nil, f, err
	}
	if c.Population != "" {
		if f.Population, err = readTable(run, "--population", c.Population, tradecsv.Populations); err != nil {
			return nil, nil, f, err
		}
	}
	if x, err = trade.NewExports(cells, f); err == nil && p.NeedsPopulation() {
		people, err = x.People(f.Population)
	}
	return x, people, f, err
}

func (c *tradeComplexity) write(run *tradeRun, r *trade.Complexity, f trade.Filter) error {
	x := r.Exports
	err := run.table("country.csv", []string{"country", "diversity", "eci", "coi"}, func(w *tradecsv.Writer) {
		for i, name := range x.Countries {
			row(w, []string{name}, r.Diversity[i], r.ECI[i], r.COI[i])
		}
	})
	if err != nil {
		return err
	}
	err = run.table("product.csv", []string{"product", "ubiquity", "pci"}, func(w *tradecsv.Writer) {
		for i, name := range x.Products {
			row(w, []string{name}, r.Ubiquity[i], r.PCI[i])
		}
	})
	if err != nil {
		return err
	}
	header := []string{"country", "product", "value_usd", "rca", "mcp", "density", "cog"}
	err = run.table("cells.csv", header, func(w *tradecsv.Writer) {
		for i, v := range x.Value {
			row(w, cellName(x, i), v, r.RCA[i], r.M[i], r.Density[i], r.COG[i])
		}
	})
	if err != nil {
		return err
	}
	return run.record(map[string]any{"profile": r.Profile, "filter": f, "indicators": c.Indicators, "rounds": c.Rounds}, complexityFound(r))
}

func complexityFound(r *trade.Complexity) any {
	undecided := [][]string{}
	for _, i := range r.Undecided {
		undecided = append(undecided, cellName(r.Exports, i))
	}
	return map[string]any{
		"countries": len(r.Exports.Countries), "products": len(r.Exports.Products), "total": r.Exports.Total,
		"dropped": r.Exports.Dropped, "spectrum": r.Spectrum, "gap": r.Spectrum.Gap(), "undecided_cells": undecided,
	}
}

func cellName(x *trade.Exports, i int) []string {
	return []string{x.Countries[i/len(x.Products)], x.Products[i%len(x.Products)]}
}

func row(w *tradecsv.Writer, names []string, values ...float64) {
	for _, n := range names {
		w.Text(n)
	}
	for _, v := range values {
		w.Number(v)
	}
	w.End()
}
