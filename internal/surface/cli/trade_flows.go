package cli

import (
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

// flowInputs are the tables that potential and gravity share.
type flowInputs struct {
	Flows     string `help:"Flows: origin,destination,product,year and value_usd (or value, euros), plain or gzip." required:"" placeholder:"FILE"`
	Distances string `help:"Numbers by pair: origin,destination (or iso_o,iso_d) and dist." placeholder:"FILE"`
	Codes     string `help:"Codes of the flows to codes of the other tables: from,to (or iso2,iso3)." placeholder:"FILE"`
}

// flowData is what was read: column gives the number of each row of the flows under a name.
type flowData struct {
	run    *tradeRun
	in     *flowInputs
	flows  *trade.Flows
	header []string
	codes  map[string]string
}

// readFlows reads the flows with those of the wanted columns that they have.
func (in *flowInputs) readFlows(run *tradeRun, wanted ...string) (*flowData, error) {
	d := &flowData{run: run, in: in}
	var err error
	if d.header, err = headerOf(in.Flows, "--flows"); err != nil {
		return nil, err
	}
	var further []string
	for _, name := range wanted {
		if slices.Contains(d.header, name) {
			further = append(further, name)
		}
	}
	d.flows, err = readTable(run, "--flows", in.Flows, func(name string, r io.Reader) (*trade.Flows, error) {
		return tradecsv.Flows(name, r, further...)
	})
	if err == nil && in.Codes != "" {
		d.codes, err = readTable(run, "--codes", in.Codes, tradecsv.Codes)
	}
	return d, err
}

func headerOf(path, option string) ([]string, error) {
	f, err := openTable(path, option)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return tradecsv.Header(filepath.Base(path), f)
}

// code is a country's code in the other tables.
func (d *flowData) code(country string) string {
	if c, ok := d.codes[country]; ok {
		return c
	}
	return country
}

// pairs gives a number for every pair of countries, NaN where none is known: from the flows' own column under one of
// these names, which must agree with itself, otherwise from the table of distances.
func (d *flowData) pairs(names ...string) ([]float64, error) {
	n := len(d.flows.Countries)
	out := make([]float64, n*n)
	for i := range out {
		out[i] = math.NaN()
	}
	for _, name := range names {
		if col, ok := d.flows.Columns[name]; ok {
			return out, d.ownPairs(name, col, out)
		}
	}
	if d.in.Distances == "" {
		return nil, fault.New(fault.Invalid, "trade.no_pairs", "names", strings.Join(names, ", ")).At("--distances")
	}
	table, err := readTable(d.run, "--distances", d.in.Distances, func(file string, r io.Reader) (map[tradecsv.Pair]float64, error) {
		return tradecsv.Pairs(file, r, names...)
	})
	if err != nil {
		return nil, err
	}
	for i, a := range d.flows.Countries {
		for j, b := range d.flows.Countries {
			if v, ok := table[tradecsv.Pair{Origin: d.code(a), Destination: d.code(b)}]; ok {
				out[i*n+j] = v
			}
		}
	}
	return out, nil
}

func (d *flowData) ownPairs(name string, col, out []float64) error {
	f := d.flows
	for r, v := range col {
		at := int(f.Origin[r])*len(f.Countries) + int(f.Destination[r])
		if !math.IsNaN(out[at]) && out[at] != v {
			return fault.New(fault.Invalid, "trade.two_values", "column", name, "first", out[at], "second", v,
				"pair", f.Countries[f.Origin[r]]+", "+f.Countries[f.Destination[r]]).At("--flows")
		}
		out[at] = v
	}
	return nil
}

// valueName is the header of the value.
func (d *flowData) valueName() string {
	for _, name := range tradecsv.ValueNames {
		if slices.Contains(d.header, name) {
			return name
		}
	}
	return ""
}
