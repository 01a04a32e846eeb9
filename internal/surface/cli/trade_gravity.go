package cli

import (
	"math"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

type tradeGravity struct {
	flowInputs
	Terms   []string `help:"Terms by column, of the flows or of the distances; ln_ before a name takes its logarithm." default:"ln_dist"`
	Fixed   []string `help:"Fixed effects; join columns with ^, such as origin^year." default:"origin,destination,product,year"`
	Cluster []string `help:"Columns by which errors may hang together." default:"origin"`
	Out     string   `help:"Folder for gravity.csv and run.json." required:"" placeholder:"DIR"`
}

// million is the unit in which values are fitted: the Poisson variance depends on it, so the output says it.
const million = 1e6

// Run fits the equation and writes a row for each term.
func (c *tradeGravity) Run(env *Env) error {
	run := newTradeRun(env, "gravity", c.Out)
	d, err := c.readFlows(run, c.columns()...)
	if err != nil {
		return err
	}
	panel, err := c.panel(d)
	if err != nil {
		return err
	}
	g, err := trade.FitGravity(panel)
	if err != nil {
		return err
	}
	if g.Separated+g.Singletons > 0 {
		run.warn([]*fault.Fault{fault.New(fault.Refused, "trade.left_out", "separated", g.Separated, "singletons", g.Singletons)})
	}
	return c.write(run, d, g)
}

// sources are the columns that may hold a term.
func sources(term string) []string {
	name := strings.TrimPrefix(term, "ln_")
	return []string{name, name + "_km"}
}

func (c *tradeGravity) columns() (out []string) {
	for _, t := range c.Terms {
		out = append(out, sources(t)...)
	}
	return out
}

func (c *tradeGravity) panel(d *flowData) (p trade.Panel, err error) {
	p.Terms = c.Terms
	for _, v := range d.flows.Value {
		p.Y = append(p.Y, v/million)
	}
	for _, term := range c.Terms {
		x, err := c.term(d, term)
		if err != nil {
			return p, err
		}
		p.X = append(p.X, x)
	}
	for _, name := range c.Fixed {
		groups, ok := d.flows.Dimension(strings.Split(name, "^")...)
		if !ok {
			return p, fault.New(fault.Invalid, "trade.dimension", "name", name).At("--fixed")
		}
		p.Effects = append(p.Effects, groups)
	}
	for _, name := range c.Cluster {
		groups, ok := d.flows.Dimension(strings.Split(name, "^")...)
		if !ok {
			return p, fault.New(fault.Invalid, "trade.dimension", "name", name).At("--cluster")
		}
		p.Clusters = append(p.Clusters, trade.Cluster{Name: strings.ReplaceAll(name, "^", "_"), Of: groups})
	}
	return p, nil
}

// term gives a term's number in each row.
func (c *tradeGravity) term(d *flowData, term string) ([]float64, error) {
	f := d.flows
	var x []float64
	for _, name := range sources(term) {
		if col, ok := f.Columns[name]; ok && x == nil {
			x = append(x, col...)
		}
	}
	if x == nil {
		pairs, err := d.pairs(sources(term)...)
		if err != nil {
			return nil, err
		}
		for r := range f.Value {
			x = append(x, pairs[int(f.Origin[r])*len(f.Countries)+int(f.Destination[r])])
		}
	}
	for r, v := range x {
		if strings.HasPrefix(term, "ln_") {
			x[r] = math.Log(v)
		}
		if math.IsNaN(x[r]) || math.IsInf(x[r], 0) {
			return nil, fault.New(fault.Invalid, "trade.no_term", "term", term, "flow", f.Name(r)).At("--terms")
		}
	}
	return x, nil
}

func (c *tradeGravity) write(run *tradeRun, d *flowData, g *trade.Gravity) error {
	unit := "m"
	switch d.valueName() {
	case "euros":
		unit = "meur"
	case "value_usd":
		unit = "musd"
	}
	header := []string{"term", "coef", "se_iid", "se_hc0"}
	for _, name := range c.Cluster {
		header = append(header, "se_cluster_"+strings.ReplaceAll(name, "^", "_"))
	}
	header = append(header, "n", "deviance_"+unit, "loglik_"+unit)
	err := run.table("gravity.csv", header, func(w *tradecsv.Writer) {
		for t, name := range g.Terms {
			values := []float64{g.Coef[t], g.SE[t], g.SERobust[t]}
			for _, se := range g.SECluster {
				values = append(values, se[t])
			}
			row(w, []string{name}, append(values, float64(g.Rows), g.Deviance, g.LogLik)...)
		}
	})
	if err != nil {
		return err
	}
	return run.record(map[string]any{"terms": c.Terms, "fixed": c.Fixed, "cluster": c.Cluster, "unit": unit},
		map[string]any{"rows": g.Rows, "separated": g.Separated, "singletons": g.Singletons, "iterations": g.Iterations})
}
