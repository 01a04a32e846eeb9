package trade

import (
	"math"
	"strings"
)

// Market is what export potential needs to know beside the flows. Slices are by the numbers of Flows; a nil one takes
// the neutral value: no growth, no tariff.
type Market struct {
	From, To     int                   // years whose mean is the value, both included
	Output       []float64             // expected over present output, by country, about 1
	People       []float64             // expected over present population, by country, about 1
	LogDistance  []float64             // ln of the distance, by origin·countries+destination; NaN when not known
	Tariff       map[[3]uint16]float64 // ad valorem, as a fraction, by origin, destination, product
	Elasticity   float64               // of imports per head to output per head
	Substitution float64               // sigma, the power of the tariff's advantage
	NoSupplyDuty bool                  // tariffs are not known of all markets: supply is told without them
	Loose        bool                  // trade over an unknown distance is left out of the mean distances, and not refused
}

// Potential holds what one pass over the flows gives; cells of 226×226×5,400 are made on demand and never stored.
type Potential struct {
	Flows *Flows
	nc    int
	np    int
	in    Market

	actual  []float64 // by row of Flows: its part of the mean; 0 outside the window
	byOwner []int32   // rows by origin
	start   []int     // byOwner[start[i]:start[i+1]] are origin i's

	vIK, vJK    []float64 // exports, imports by country·products+product
	vK          []float64
	vIJ         []float64 // by origin·countries+destination
	tIK, tJK    []float64 // trade-weighted tariffs
	tK          []float64
	meanLog     []float64 // import-weighted mean ln distance, by destination·products+product; NaN without imports
	vNear       []float64 // imports over known distances; vJK itself where all are known
	supplyTotal []float64 // Σ_i v_ik·g_i
	perHead     []float64 // (g_j/n_j)^e by country
}

// Flag says why a cell's potential is not simply the formula's.
type Flag string

// The flags.
const (
	NoFlag      Flag = ""
	NoSupply    Flag = "no_supply"    // the origin exports none of it: potential is 0, ask for diversification
	NoDemand    Flag = "no_demand"    // the destination imports none of it
	EaseUnknown Flag = "ease_unknown" // the two countries have no trade: nothing says how easy it is
	FarUnknown  Flag = "far_unknown"  // the distance is not known, and so the potential is not: it is NaN
	Blocked     Flag = "blocked"      // ruled out by the user, with the figures of the formula kept
)

// PotentialCell is one origin, destination and product.
type PotentialCell struct {
	Origin, Destination, Product int
	Actual                       float64 // value a year
	Share                        float64 // projected share of the world market
	Ratio                        float64 // min(1, exports/imports of the origin)
	Supply, Demand, Ease         float64
	Distance                     float64 // exp(−|mean ln distance − ln distance|)
	EPI, Unrealised              float64 // value a year
	EaseB, EPIB                  float64 // with the ease that makes potentials of a pair add up to its trade
	Flag                         Flag
}

// NewPotential takes the means over the window. A year of the window in which a flow has no row counts as no trade. It
// refuses a window without flows, and a trading pair of unknown distance.
func NewPotential(f *Flows, in Market) (*Potential, error) {
	p := &Potential{Flows: f, in: in, nc: len(f.Countries), np: len(f.Products)}
	years := f.Window(in.From, in.To)
	if len(years) == 0 {
		return nil, invalid("no_years", "from", in.From, "to", in.To, "first", f.Years[0], "last", f.Years[len(f.Years)-1]).At("--from")
	}
	p.neutral()
	p.sum(years)
	if err := p.distances(); err != nil {
		return nil, err
	}
	p.index()
	return p, nil
}

func (p *Potential) neutral() {
	if p.in.Output == nil {
		p.in.Output = ones(p.nc)
	}
	if p.in.People == nil {
		p.in.People = ones(p.nc)
	}
	p.perHead = make([]float64, p.nc)
	for j, people := range p.in.People {
		p.perHead[j] = math.Pow(p.in.Output[j]/people, p.in.Elasticity)
	}
}

// sum fills the totals and the trade-weighted means, in the order of the rows.
func (p *Potential) sum(years []uint16) {
	f, nc, np := p.Flows, p.nc, p.np
	inside := make([]bool, len(f.Years))
	for _, y := range years {
		inside[y] = true
	}
	p.actual = make([]float64, len(f.Value))
	p.vIK, p.vJK, p.tIK, p.tJK = make([]float64, nc*np), make([]float64, nc*np), make([]float64, nc*np), make([]float64, nc*np)
	p.meanLog, p.vIJ = make([]float64, nc*np), make([]float64, nc*nc)
	p.vK, p.tK, p.supplyTotal = make([]float64, np), make([]float64, np), make([]float64, np)
	if p.vNear = p.vJK; p.in.Loose {
		p.vNear = make([]float64, nc*np)
	}
	n := float64(len(years))
	for r, v := range f.Value {
		i, j, k := int(f.Origin[r]), int(f.Destination[r]), int(f.Product[r])
		if !inside[f.Year[r]] || i == j {
			continue
		}
		v /= n
		t := v * p.in.Tariff[[3]uint16{f.Origin[r], f.Destination[r], f.Product[r]}]
		p.actual[r] = v
		p.vIK[i*np+k] += v
		p.vJK[j*np+k] += v
		p.vIJ[i*nc+j] += v
		p.vK[k] += v
		p.tIK[i*np+k] += t
		p.tJK[j*np+k] += t
		p.tK[k] += t
		far := p.in.LogDistance[i*nc+j]
		if v > 0 && !(p.in.Loose && math.IsNaN(far)) {
			p.meanLog[j*np+k] += v * far
			if p.in.Loose {
				p.vNear[j*np+k] += v
			}
		}
	}
	p.means()
}

func (p *Potential) means() {
	for i := range p.vIK {
		p.tIK[i], p.tJK[i] = over(p.tIK[i], p.vIK[i]), over(p.tJK[i], p.vJK[i])
		p.meanLog[i] /= p.vNear[i] // NaN without imports
	}
	for k, v := range p.vK {
		p.tK[k] = over(p.tK[k], v)
		for i := range p.nc {
			p.supplyTotal[k] += p.vIK[i*p.np+k] * p.in.Output[i]
		}
	}
}

// distances names pairs that trade over a distance nobody gave.
func (p *Potential) distances() error {
	if p.in.Loose {
		return nil
	}
	var pairs []string
	for at, v := range p.vIJ {
		if v > 0 && math.IsNaN(p.in.LogDistance[at]) {
			pairs = append(pairs, p.Flows.Countries[at/p.nc]+">"+p.Flows.Countries[at%p.nc])
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return invalid("no_distance", "pairs", len(pairs), "first", strings.Join(pairs[:min(5, len(pairs))], ", ")).At("--distances")
}

// index lists the rows of each origin.
func (p *Potential) index() {
	p.start = make([]int, p.nc+1)
	for _, i := range p.Flows.Origin {
		p.start[i+1]++
	}
	for i := range p.nc {
		p.start[i+1] += p.start[i]
	}
	next := append([]int{}, p.start...)
	p.byOwner = make([]int32, len(p.Flows.Origin))
	for r, i := range p.Flows.Origin {
		p.byOwner[next[i]] = int32(r)
		next[i]++
	}
}

// Supply gives Supply_ik with its share and ratio. A country that imports none of a product has the ratio 1.
func (p *Potential) Supply(i, k int) (supply, share, ratio float64) {
	v, m := p.vIK[i*p.np+k], p.vJK[i*p.np+k]
	if v == 0 {
		return 0, 0, min(1, over(v, m))
	}
	ratio = 1
	if m > 0 {
		ratio = min(1, v/m)
	}
	share = v * p.in.Output[i] / p.supplyTotal[k]
	if p.in.NoSupplyDuty {
		return share * ratio, share, ratio
	}
	return share * ratio * (1 + p.tIK[i*p.np+k]) / (1 + p.tK[k]), share, ratio
}

// Demand gives Demand_ijk without the distance factor, and that factor.
func (p *Potential) Demand(i, j, k int) (demand, distance float64) {
	demand = p.vJK[j*p.np+k] * p.perHead[j] * p.in.People[j]
	var t float64
	if len(p.in.Tariff) > 0 {
		t = p.in.Tariff[[3]uint16{uint16(i), uint16(j), uint16(k)}] // #nosec G115 -- codes are numbered in 16 bits when they are read
	}
	if advantage := (1 + p.tJK[j*p.np+k]) / (1 + t); advantage != 1 {
		demand *= math.Pow(advantage, p.in.Substitution)
	}
	distance = math.Exp(-math.Abs(p.meanLog[j*p.np+k] - p.in.LogDistance[i*p.nc+j]))
	return demand, distance
}

// Exporter calls f for each destination and product of an origin, in their order; f must not keep the cell.
func (p *Potential) Exporter(i int, f func(*PotentialCell)) {
	actual := make([]float64, p.nc*p.np)
	for _, r := range p.byOwner[p.start[i]:p.start[i+1]] {
		actual[int(p.Flows.Destination[r])*p.np+int(p.Flows.Product[r])] += p.actual[r]
	}
	supply := make([]PotentialCell, p.np)
	for k := range supply {
		supply[k].Supply, supply[k].Share, supply[k].Ratio = p.Supply(i, k)
	}
	row := make([]PotentialCell, p.np)
	for j := range p.nc {
		if j == i {
			continue
		}
		p.market(i, j, supply, actual[j*p.np:(j+1)*p.np], row)
		for k := range row {
			f(&row[k])
		}
	}
}

// market fills the cells of one pair of countries.
func (p *Potential) market(i, j int, supply []PotentialCell, actual []float64, row []PotentialCell) {
	var expected, expectedB float64 // what the pair would trade if nothing but size, or all but ease, mattered
	for k := range row {
		c := &row[k]
		*c = supply[k]
		c.Origin, c.Destination, c.Product, c.Actual = i, j, k, actual[k]
		c.Demand, c.Distance = p.Demand(i, j, k)
		expected += over(p.vIK[i*p.np+k], p.vK[k]) * p.vJK[j*p.np+k]
		if c.Demand > 0 && c.Supply > 0 && !math.IsNaN(c.Distance) {
			expectedB += c.Supply * c.Demand * c.Distance
		}
	}
	trade := p.vIJ[i*p.nc+j]
	ease, easeB := over(trade, expected), over(trade, expectedB)
	for k := range row {
		row[k].judge(ease, easeB)
	}
}

func (c *PotentialCell) judge(ease, easeB float64) {
	c.Ease, c.EaseB = ease, easeB
	if c.Supply > 0 && c.Demand > 0 && ease > 0 {
		c.EPI = c.Supply * c.Demand * c.Distance * ease
		c.EPIB = c.Supply * c.Demand * c.Distance * easeB
	}
	c.Unrealised = max(0, c.EPI-c.Actual)
	switch {
	case c.Supply == 0:
		c.Flag = NoSupply
	case c.Demand == 0:
		c.Flag = NoDemand
	case ease == 0:
		c.Flag = EaseUnknown
	case math.IsNaN(c.Distance):
		c.Flag = FarUnknown
	}
}

// Exports gives the window's exports by country and product as cells; a country without any is absent.
func (p *Potential) Exports() (cells []Cell) {
	for at, v := range p.vIK {
		if v > 0 {
			cells = append(cells, Cell{p.Flows.Countries[at/p.np], p.Flows.Products[at%p.np], v})
		}
	}
	return cells
}
