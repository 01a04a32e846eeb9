package trade_test

import (
	"fmt"
	"math"
	"testing"

	"rahgosha/internal/insight/trade"
)

// A year of eleven million flows in memory: all cells of one exporter, 225 countries by 5,400 products.
func BenchmarkPotentialOfAnExporter(b *testing.B) {
	const nc, np, rows = 226, 5400, 11_000_000
	f := &trade.Flows{Years: []int{2024}}
	for i := range nc {
		f.Countries = append(f.Countries, fmt.Sprintf("c%03d", i))
	}
	for k := range np {
		f.Products = append(f.Products, fmt.Sprintf("p%04d", k))
	}
	state := uint64(1)
	for at := uint64(0); at < nc*nc*np && len(f.Value) < rows; at += 1 + state>>33%(2*(nc*nc*np)/rows-1) {
		state = state*6364136223846793005 + 1442695040888963407
		if i, j := at/np/nc, at/np%nc; i != j {
			f.Origin, f.Destination, f.Product = append(f.Origin, uint16(i)), append(f.Destination, uint16(j)), append(f.Product, uint16(at%np))
			f.Year, f.Value = append(f.Year, 0), append(f.Value, float64(state>>40))
		}
	}
	in := trade.Market{From: 2024, To: 2024, Elasticity: 1, Substitution: 1, LogDistance: make([]float64, nc*nc)}
	for i := range in.LogDistance {
		in.LogDistance[i] = math.Log(500 + float64(i%97*100))
	}
	p, err := trade.NewPotential(f, in)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cells := 0
		p.Exporter(7, func(*trade.PotentialCell) { cells++ })
		if cells != (nc-1)*np {
			b.Fatal(cells)
		}
	}
}
