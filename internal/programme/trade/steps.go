package trade

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Gate tells whether a unit can take a product up: what its own machines and capacity say stands before every figure.
type Gate string

// The gates in the order in which products pass them.
const (
	GateOpen   Gate = "open"   // the machines make it, and how much is told
	GateInvest Gate = "invest" // with an investment
	GateTell   Gate = "tell"   // the unit has not said yet
	GateBelow  Gate = "below"  // the machines do not make it, or it is no product of the unit's
)

// Gates gives all gates in their order.
func Gates() []Gate { return []Gate{GateOpen, GateInvest, GateTell, GateBelow} }

// gateOf is the gate of one word.
func gateOf(u UnitProduct) Gate {
	switch {
	case u.State == Refused || u.Machines == MachinesNo:
		return GateBelow
	case u.Opens():
		return GateOpen
	case u.Machines == MachinesInvest:
		return GateInvest
	default:
		return GateTell // the machines, or the capacity that they are worth nothing without
	}
}

// Step is a product on a unit's compass: one of its own, or one near to them.
type Step struct {
	Line
	Gate Gate
	Own  bool
	Said []UnitProduct // the unit's words that fall on the product
	Near float64       // proximity to the nearest of what it makes, 0 to 1; 1 of what it makes
	To   string        // which one that is, "" where none is near
}

// UnitCompass is a unit's products and their neighbours, by gate.
type UnitCompass struct {
	*Compass
	Unit  string
	Steps []Step // by gate, own first, then the nearest
	Lost  []Lost
}

// Lost is a product of the unit's that has no place of its own in the world's table: To are what it may be there.
type Lost struct {
	UnitProduct
	To []string
}

// neighbours is how many products near each of the unit's own are shown.
const neighbours = 10

// UnitSteps makes a unit's compass of one of its country's or province's: its own products, and of each the nearest of the same
// chapter which it does not make.
func (s *Service) UnitSteps(ctx context.Context, c *Compass, unit string) (*UnitCompass, error) {
	out := &UnitCompass{Compass: c, Unit: unit}
	bridges := map[string]*Bridge{}
	var said []UnitProduct
	province := c.made.province
	err := s.cfg.Read(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if said, err = tx.UnitProducts(ctx, province, unit, "", ""); err != nil {
			return err
		}
		if err = s.nameAll(ctx, tx, province, said); err != nil {
			return err
		}
		all, err := tx.TradeSources(ctx, province, Concordance)
		if err != nil {
			return err
		}
		for _, u := range said {
			if _, read := bridges[u.Edition]; read || u.Edition == c.Source.Edition {
				continue
			}
			if bridges[u.Edition], err = bridge(ctx, tx, province, all, u.Edition, c.Source.Edition); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		out.place(said, bridges)
	}
	return out, err
}

// place finds where in the world's table each word falls, and what lies near the unit's own products.
func (u *UnitCompass) place(said []UnitProduct, bridges map[string]*Bridge) {
	products := u.Index.Exports.Products
	words := map[int][]UnitProduct{}
	for _, w := range said {
		to := placesOf(w, products, u.Source.Edition, bridges[w.Edition])
		if p, found := slices.BinarySearch(products, first(to)); len(to) == 1 && found {
			words[p] = append(words[p], w)
		} else if w.State == Confirmed {
			u.Lost = append(u.Lost, Lost{w, to})
		}
	}
	steps := map[int]*Step{}
	for p := range products {
		if list := words[p]; list != nil {
			steps[p] = &Step{Line: u.Lines[p], Gate: best(list), Own: confirmed(list), Said: list}
		}
	}
	for p := range products {
		if st := steps[p]; st != nil && st.Own && st.Gate != GateBelow { // nothing lies near what is not made
			st.Near, st.To = 1, products[p]
			u.around(p, steps)
		}
	}
	for p := range products {
		if st := steps[p]; st != nil && (st.Own || st.To != "" || cannot(st.Said)) {
			u.Steps = append(u.Steps, *st)
		}
	}
	order := Gates()
	slices.SortStableFunc(u.Steps, func(a, b Step) int {
		own := map[bool]int{true: -1, false: 0}
		return cmp.Or(cmp.Compare(slices.Index(order, a.Gate), slices.Index(order, b.Gate)), own[a.Own]-own[b.Own], cmp.Compare(b.Near, a.Near),
			strings.Compare(a.Product, b.Product))
	})
}

// around adds the nearest products of p's chapter which the unit does not make; what it said of one keeps its gate.
func (u *UnitCompass) around(p int, steps map[int]*Step) {
	products, phi := u.Index.Exports.Products, u.Index.Proximity(p)
	var near []int
	for q := range products {
		if own := steps[q] != nil && steps[q].Own; !own && phi[q] > 0 && products[q][:2] == products[p][:2] {
			near = append(near, q)
		}
	}
	slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(phi[b], phi[a]) })
	for _, q := range near[:min(neighbours, len(near))] {
		st := steps[q]
		if st == nil {
			st = &Step{Line: u.Lines[q], Gate: GateTell}
			steps[q] = st
		}
		if st.To == "" || phi[q] > st.Near {
			st.Near, st.To = phi[q], products[p]
		}
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// placesOf gives the products of a table that a word may mean: those of its edition that its code begins with or that begin with
// its code, those of another by the concordance.
func placesOf(w UnitProduct, products []string, edition string, b *Bridge) (out []string) {
	digits := len(products[0])
	switch {
	case w.Edition == edition && len(w.Code) >= digits:
		return []string{w.Code[:digits]}
	case w.Edition == edition:
		for _, p := range products {
			if strings.HasPrefix(p, w.Code) {
				out = append(out, p)
			}
		}
	case b != nil:
		for _, t := range b.Targets(w.Code, digits) {
			out = append(out, t.Code)
		}
	}
	return out
}

func confirmed(list []UnitProduct) bool {
	return slices.ContainsFunc(list, func(u UnitProduct) bool { return u.State == Confirmed })
}

// cannot tells whether the unit said that its machines do not make it.
func cannot(list []UnitProduct) bool {
	return slices.ContainsFunc(list, func(u UnitProduct) bool { return u.Machines == MachinesNo })
}

// best is the first gate that any of the words passes.
func best(list []UnitProduct) Gate {
	order := Gates()
	out := GateBelow
	for _, u := range list {
		if g := gateOf(u); slices.Index(order, g) < slices.Index(order, out) {
			out = g
		}
	}
	return out
}
