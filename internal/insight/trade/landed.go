package trade

import (
	"math"

	"rahgosha/internal/base/fault"
)

// Landing is what one unit of a product costs on its way from the works to the importer's customers. The unit is whatever the
// amounts are told of, a kilogram or a piece.
type Landing struct {
	ExWorks, Packing, Inland int64   // rial
	Rate                     int64   // rial a USD
	Freight, Insurance       float64 // USD
	Duty                     float64 // a fraction of the CIF value
	Costs                    float64 // of the importer at the border and beyond, USD
	Margin                   float64 // of the importer, a fraction of what it pays
	Median                   float64 // import value in the market, CIF, USD; NaN where not known
	MedianDuty               float64 // on what others sell there, a fraction of the CIF value
	Least                    float64 // by which the price must lie under the others', a fraction
}

// Verdict is what a landed cost comes to.
type Verdict string

// The verdicts.
const (
	Go        Verdict = "go"
	NoGo      Verdict = "no_go"
	Undecided Verdict = "undecided" // the import value is not known
)

// Landed is the price step by step, USD a unit.
type Landed struct {
	ExWorks, FOB, CIF, Duty, Cost, Price float64
	Others                               float64 // the importer's price of what has the median value, NaN where that is not known
	Margin                               float64 // by which Price lies under Others, a fraction of Others; NaN
	Verdict                              Verdict
	Highest                              int64 // rial: ex works, at which Margin is just Least; NaN's place is 0 with Undecided, below 0 where nothing is low enough
}

// Land computes a landed cost. Import values are told at the border, before duty; so the median goes through the duty that others
// pay and through the same importer's costs and margin, and like is compared with like. It refuses what is below 0, a rate or a
// price of 0 and duties that cannot be fractions.
func Land(in Landing) (out Landed, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	rate := float64(in.Rate)
	out.ExWorks = float64(in.ExWorks) / rate
	out.FOB = float64(in.ExWorks+in.Packing+in.Inland) / rate
	out.CIF = out.FOB + in.Freight + in.Insurance
	out.Duty = out.CIF * in.Duty
	out.Cost = out.CIF + out.Duty + in.Costs
	out.Price = out.Cost * (1 + in.Margin)
	out.Others, out.Margin, out.Verdict = math.NaN(), math.NaN(), Undecided
	if math.IsNaN(in.Median) {
		return out, nil
	}
	out.Others = (in.Median*(1+in.MedianDuty) + in.Costs) * (1 + in.Margin)
	out.Margin = (out.Others - out.Price) / out.Others
	if out.Verdict = NoGo; out.Margin >= in.Least {
		out.Verdict = Go
	}
	cif := (out.Others*(1-in.Least)/(1+in.Margin) - in.Costs) / (1 + in.Duty)
	out.Highest = int64(math.Floor((cif-in.Freight-in.Insurance)*rate)) - in.Packing - in.Inland
	return out, nil
}

// mostRial keeps sums of rial within 63 bits and exact in a float.
const mostRial = 1 << 50

func (in Landing) check() error {
	for field, v := range map[string]int64{"packing": in.Packing, "inland": in.Inland} {
		if v < 0 || v > mostRial {
			return invalid("landed_rial").At(field)
		}
	}
	for _, f := range []struct {
		field string
		v     int64
	}{{"ex_works", in.ExWorks}, {"rate", in.Rate}} {
		if f.v <= 0 || f.v > mostRial {
			return invalid("landed_above").At(f.field)
		}
	}
	for _, f := range []struct {
		field string
		v     float64
		most  float64
	}{{"freight", in.Freight, 1e12}, {"insurance", in.Insurance, 1e12}, {"duty", in.Duty, 30}, {"costs", in.Costs, 1e12}, {"margin", in.Margin, 30},
		{"median_duty", in.MedianDuty, 30}, {"least", in.Least, 0.99}} {
		if !(f.v >= 0) || f.v > f.most {
			return badLanding(f.field)
		}
	}
	if in.Median <= 0 || math.IsInf(in.Median, 0) { // NaN is not known
		return badLanding("median")
	}
	return nil
}

func badLanding(field string) *fault.Fault { return invalid("landed_figure").At(field) }
