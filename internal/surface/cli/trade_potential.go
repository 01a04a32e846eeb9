package cli

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/insight/trade"
	"rahgosha/internal/insight/trade/tradecsv"
)

type tradePotential struct {
	flowInputs
	Economies       string   `help:"Expected growth as fractions: country,gdp_growth,pop_growth; without it nothing grows." placeholder:"FILE"`
	Tariffs         string   `help:"Ad-valorem tariffs as fractions: origin,destination,product,tariff; without it, or without a row, 0." placeholder:"FILE"`
	From            int      `help:"First year of the mean; without it the fifth from the end." placeholder:"YEAR"`
	To              int      `help:"Last year of the mean; without it the last of the table." placeholder:"YEAR"`
	Elasticity      float64  `help:"Elasticity of imports per head to output per head." default:"1"`
	Sigma           float64  `help:"Power of the tariff advantage." default:"1"`
	Origin          []string `help:"Only these exporters." placeholder:"CODE"`
	Block           []string `help:"Markets ruled out, as ORIGIN:DESTINATION; they are flagged, not zeroed." placeholder:"PAIR"`
	Diversification bool     `help:"Also write diversification.csv: ranks of products below advantage, by market."`
	Out             string   `help:"Folder for potential.csv and run.json." required:"" placeholder:"DIR"`
}

// Run writes the potential of every market and product.
func (c *tradePotential) Run(env *Env) error {
	run := newTradeRun(env, "potential", c.Out)
	d, err := c.readFlows(run, "dist_km", "dist")
	if err != nil {
		return err
	}
	market, err := c.market(d)
	if err != nil {
		return err
	}
	p, err := trade.NewPotential(d.flows, market)
	if err != nil {
		return err
	}
	origins, err := c.origins(d.flows)
	if err != nil {
		return err
	}
	return c.write(run, p, market, origins)
}

func (c *tradePotential) market(d *flowData) (m trade.Market, err error) {
	years := d.flows.Years
	m = trade.Market{From: c.From, To: c.To, Elasticity: c.Elasticity, Substitution: c.Sigma}
	if m.To == 0 {
		m.To = years[len(years)-1]
	}
	if m.From == 0 {
		m.From = max(years[0], m.To-4)
	}
	if m.LogDistance, err = d.pairs("dist_km", "dist"); err != nil {
		return m, err
	}
	for i, v := range m.LogDistance {
		m.LogDistance[i] = math.Log(v)
	}
	if err = c.growth(d, &m); err == nil {
		err = c.tariffs(d, &m)
	}
	return m, err
}

func (c *tradePotential) growth(d *flowData, m *trade.Market) error {
	if c.Economies == "" {
		d.run.warn([]*fault.Fault{fault.New(fault.Refused, "trade.no_growth")})
		return nil
	}
	table, err := readTable(d.run, "--economies", c.Economies, tradecsv.Growths)
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range d.flows.Countries {
		e, ok := table[d.code(name)]
		if !ok {
			missing = append(missing, name)
		}
		m.Output, m.People = append(m.Output, 1+e.GDPGrowth), append(m.People, 1+e.PopulationGrowth)
	}
	if len(missing) > 0 {
		return fault.New(fault.Invalid, "trade.no_economy", "number", len(missing), "countries", strings.Join(missing[:min(8, len(missing))], ", ")).At("--economies")
	}
	return nil
}

func (c *tradePotential) tariffs(d *flowData, m *trade.Market) error {
	if c.Tariffs == "" {
		d.run.warn([]*fault.Fault{fault.New(fault.Refused, "trade.no_tariffs")})
		return nil
	}
	table, err := readTable(d.run, "--tariffs", c.Tariffs, func(file string, r io.Reader) (map[[3]string]float64, error) { return tradecsv.Tariffs(file, r) })
	if err != nil {
		return err
	}
	m.Tariff = map[[3]uint16]float64{}
	unknown := 0
	for key, v := range table {
		i, a := slices.BinarySearch(d.flows.Countries, key[0])
		j, b := slices.BinarySearch(d.flows.Countries, key[1])
		k, e := slices.BinarySearch(d.flows.Products, key[2])
		if a && b && e {
			m.Tariff[[3]uint16{uint16(i), uint16(j), uint16(k)}] = v // #nosec G115 -- codes are numbered in 16 bits when they are read
		} else {
			unknown++
		}
	}
	if unknown > 0 {
		d.run.warn([]*fault.Fault{fault.New(fault.Refused, "trade.spare_tariffs", "rows", unknown)})
	}
	return nil
}

// origins gives the numbers of the exporters asked for, or of all.
func (c *tradePotential) origins(f *trade.Flows) (out []int, err error) {
	if len(c.Origin) == 0 {
		for i := range f.Countries {
			out = append(out, i)
		}
		return out, nil
	}
	for _, name := range c.Origin {
		i, ok := slices.BinarySearch(f.Countries, name)
		if !ok {
			return nil, fault.New(fault.Invalid, "trade.no_country", "country", name).At("--origin")
		}
		out = append(out, i)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (c *tradePotential) blocked(f *trade.Flows) (map[[2]int]bool, error) {
	out := map[[2]int]bool{}
	for _, pair := range c.Block {
		a, b, _ := strings.Cut(pair, ":")
		i, okA := slices.BinarySearch(f.Countries, a)
		j, okB := slices.BinarySearch(f.Countries, b)
		if !okA || !okB {
			return nil, fault.New(fault.Invalid, "trade.no_country", "country", pair).At("--block")
		}
		out[[2]int{i, j}] = true
	}
	return out, nil
}

var potentialHeader = []string{"origin", "destination", "product", "actual", "proj_market_share", "export_import_ratio", "supply", "demand",
	"distance_factor", "ease", "epi", "unrealised", "ease_b", "epi_b", "flag"}

func (c *tradePotential) write(run *tradeRun, p *trade.Potential, m trade.Market, origins []int) error {
	blocked, err := c.blocked(p.Flows)
	if err != nil {
		return err
	}
	flags := map[trade.Flag]int{}
	f := p.Flows
	err = run.table("potential.csv", potentialHeader, func(w *tradecsv.Writer) {
		for _, i := range origins {
			p.Exporter(i, func(x *trade.PotentialCell) {
				if blocked[[2]int{x.Origin, x.Destination}] {
					x.Flag = trade.Blocked
				}
				flags[x.Flag]++
				for _, s := range []string{f.Countries[x.Origin], f.Countries[x.Destination], f.Products[x.Product]} {
					w.Text(s)
				}
				for _, v := range []float64{x.Actual, x.Share, x.Ratio, x.Supply, x.Demand, x.Distance, x.Ease, x.EPI, x.Unrealised, x.EaseB, x.EPIB} {
					w.Number(v)
				}
				w.Text(string(x.Flag))
				w.End()
			})
		}
	})
	if err == nil && c.Diversification {
		err = c.diversification(run, p, origins)
	}
	if err != nil {
		return err
	}
	settings := map[string]any{"from": m.From, "to": m.To, "elasticity": m.Elasticity, "sigma": m.Substitution, "origins": c.Origin, "block": c.Block,
		"growth": c.Economies != "", "tariffs": c.Tariffs != ""}
	return run.record(settings, map[string]any{"countries": len(f.Countries), "products": len(f.Products), "flows": len(f.Value), "flags": flags})
}

func (c *tradePotential) diversification(run *tradeRun, p *trade.Potential, origins []int) error {
	x, err := trade.NewExports(p.Exports(), trade.Filter{})
	if err != nil {
		return err
	}
	profile, err := trade.ProfileNamed("py")
	if err != nil {
		return err
	}
	rca, density, err := trade.Nearness(context.Background(), x, profile)
	if err != nil {
		return err
	}
	f := p.Flows
	return run.table("diversification.csv", []string{"origin", "destination", "product", "rank", "density", "flag"}, func(w *tradecsv.Writer) {
		for _, i := range origins {
			ci, exports := slices.BinarySearch(x.Countries, f.Countries[i])
			if !exports {
				continue
			}
			own, near := make([]float64, len(f.Products)), make([]float64, len(f.Products))
			for k, name := range f.Products {
				if pi, known := slices.BinarySearch(x.Products, name); known {
					own[k], near[k] = rca[ci*len(x.Products)+pi], density[ci*len(x.Products)+pi]
				}
			}
			p.Diversify(i, own, near, func(ch trade.Chance) {
				w.Text(f.Countries[i])
				w.Text(f.Countries[ch.Destination])
				w.Text(f.Products[ch.Product])
				w.Number(float64(ch.Rank))
				w.Number(ch.Density)
				w.Text(string(ch.Flag))
				w.End()
			})
		}
	})
}
