package trade

import (
	"fmt"
	"strings"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/locale"
	index "rahgosha/internal/insight/trade"
)

// smallWorld is three countries and five products of one chapter and one of another. By hand, with the presence RCA ≥ 1: 5702 and
// 5703 are made by A alone, 5701 and 5704 by A and B, 5705 by C alone, 0101 by B and C.
func smallWorld(t testing.TB) *Compass {
	t.Helper()
	var cells []index.Cell
	for _, c := range strings.Fields("A5702=10 A5703=10 A5701=10 A5704=10 B5701=10 B5704=10 B0101=20 C0101=20 C5705=20") {
		v := 0.0
		if _, err := fmt.Sscan(c[6:], &v); err != nil {
			t.Fatal(err)
		}
		cells = append(cells, index.Cell{Country: c[:1], Product: c[1:5], Value: v})
	}
	x, err := index.NewExports(cells, index.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := index.ProfileNamed("py")
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Source: Source{Edition: "HS2022"}, names: map[string]locale.Text{}}
	if w.Index, err = index.Complex(t.Context(), x, p, nil); err != nil {
		t.Fatal(err)
	}
	c, err := w.Country("A")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func said(code string, m Machines, capacity int64) UnitProduct {
	return UnitProduct{Edition: "HS2022", Code: code, State: Confirmed, Machines: m, Capacity: capacity, Measure: "m2"}
}

// What the machines make stands first and what they do not last, whatever the figures say; near is counted by who makes both:
// 5702 and 5703 have the same one maker (1), 5702 and 5701 one of two (1/2); 5705 and what is of another chapter are not near.
func TestAUnitsCompassIsGatedByItsMachines(t *testing.T) {
	t.Parallel()
	law := func(change func(said []UnitProduct) []UnitProduct) func(testing.TB) {
		return func(t testing.TB) {
			u := &UnitCompass{Compass: smallWorld(t)}
			no := said("570310", MachinesNo, 0)
			no.State, no.Word = Refused, "tufting"
			u.place(change([]UnitProduct{said("570242", MachinesYes, 9), no, said("5704", MachinesInvest, 0), said("999999", MachinesYes, 1)}), nil)
			got := ""
			for _, st := range u.Steps {
				got += fmt.Sprintf("%s %s %v %.2f %s; ", st.Product, st.Gate, st.Own, st.Near, st.To)
			}
			if want := "5702 open true 1.00 5702; 5704 invest true 1.00 5704; 5701 tell false 1.00 5704; 5703 below false 1.00 5702; "; got != want {
				t.Errorf("%s", got)
			}
			if len(u.Lost) != 1 || u.Lost[0].Code != "999999" {
				t.Errorf("lost %+v", u.Lost)
			}
		}
	}
	law(func(said []UnitProduct) []UnitProduct { return said })(t)
	control.Finds(t, "5702 below", law(func(said []UnitProduct) []UnitProduct { // the machines' word turned
		said[0].Machines = MachinesNo
		return said
	}))
	control.Finds(t, "5702 tell", law(func(said []UnitProduct) []UnitProduct { // machines without a capacity open nothing
		said[0].Capacity = 0
		return said
	}))
}

// Of a unit's activity come the products that the link gives it, with the further activities that make them; a code that the
// edition's names do not have is of another edition and is not asked about.
func TestCandidatesAreManyToMany(t *testing.T) {
	t.Parallel()
	link := newBridge(Source{}, Table{[]Row{{Key: "570242", Sub: "1393"}, {Key: "560110", Sub: "1399"}, {Key: "560110", Sub: "1393"}, {Key: "570300", Sub: "1393"}, {Key: "0101", Sub: "0141"}}}, false)
	names := map[string]locale.Text{"570242": {EN: "Carpets of man-made textile materials"}, "560110": {EN: "Sanitary towels"}, "5702": {EN: "Carpets, woven"}}
	g := &Goods{Edition: "HS2022", Said: []UnitProduct{said("560110", MachinesYes, 1)}}
	g.fill(link, names, nil, []string{"13930012", "1393"}, "", true)
	if len(g.Activities) != 1 || g.Activities[0].Products != 2 || len(g.Candidates) != 1 || g.Candidates[0].Code != "570242" {
		t.Errorf("%+v", g)
	}
	g = &Goods{Edition: "HS2022", Said: g.Said}
	g.fill(link, names, nil, nil, "carpets", true)
	if len(g.Candidates) != 2 || g.Candidates[0].Code != "5702" {
		t.Errorf("searched: %+v", g.Candidates)
	}
	g = &Goods{Edition: "HS2022", Said: g.Said}
	g.fill(link, names, nil, []string{"1399"}, "5601", true)
	if len(g.Candidates) != 1 || g.Candidates[0].Said == nil || len(g.Candidates[0].Also) != 1 {
		t.Errorf("searched by code: %+v", g.Candidates)
	}
}
