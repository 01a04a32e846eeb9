package trade

import (
	"testing"

	"pgregory.net/rapid"
)

// The figures of Iran in 2017 under the convention py, and what the design says of each (design/export.md, 5).
func TestReadingsAsAnAdviserGivesThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		product string
		want    Reading
		l       Line
	}{
		{"woven carpets", "defend", Line{RCA: 11.9, Percentile: 93, PCI: -0.32, World: 5.8e9}},
		{"tufted carpets", "threshold", Line{RCA: 1.001, Percentile: 75, PCI: 1.56, World: 7.8e9}},
		{"synthetic staple yarn", "strength", Line{RCA: 1.42, Percentile: 81, PCI: 0.52, World: 5.5e9}},
		{"synthetic staple fibre", "upgrade", Line{RCA: 0.979, Percentile: 60, PCI: 1.40, COG: 0.65, World: 6.9e9}},
		{"filament yarn", "stretch", Line{RCA: 0.480, Percentile: 47, PCI: 1.72, COG: 0.66, World: 18.2e9}},
		{"nonwovens", "capability", Line{RCA: 0.067, Percentile: 55, PCI: 2.61, COG: 1.14, World: 16.7e9}},
		{"cotton yarn", "simple", Line{RCA: 0.001, Percentile: 84, PCI: -2.20, COG: -0.15, World: 13.5e9}},
		{"T-shirts", "niche", Line{RCA: 0.002, Percentile: 90, PCI: -1.45, COG: -0.29, World: 48.5e9}},
		{"men's suits", "niche", Line{RCA: 0.003, Percentile: 86, PCI: -1.16, COG: -0.23, World: 53.8e9}},
	} {
		if got := read(c.l); got != c.want {
			t.Errorf("%s: %q, want %q", c.product, got, c.want)
		}
	}
}

// Whatever the figures, there is a reading.
func TestEveryProductHasAReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := Line{RCA: rapid.Float64Range(0, 50).Draw(t, "rca"), Percentile: rapid.IntRange(0, 100).Draw(t, "percentile"),
			PCI: rapid.Float64().Draw(t, "pci"), COG: rapid.Float64().Draw(t, "cog"), World: rapid.Float64Range(0, 1e12).Draw(t, "world")}
		if read(l) == "" {
			t.Fatalf("no reading for %+v", l)
		}
	})
}

func TestATablePackedIsTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Custom(func(t *rapid.T) Row {
			return Row{Key: rapid.StringN(0, 4, -1).Draw(t, "key"), Sub: rapid.StringN(0, 6, -1).Draw(t, "sub"), Value: rapid.Float64().Draw(t, "value"),
				FA: rapid.String().Draw(t, "fa"), EN: rapid.String().Draw(t, "en")}
		})
		in := Table{rapid.SliceOf(row).Draw(t, "rows")}
		packed := in.Pack()
		out, err := Unpack(packed)
		if err != nil || len(out.Rows) != len(in.Rows) {
			t.Fatalf("%d rows became %d: %v", len(in.Rows), len(out.Rows), err)
		}
		for i := range in.Rows {
			if in.Rows[i] != out.Rows[i] {
				t.Fatalf("row %d: %+v became %+v", i, in.Rows[i], out.Rows[i])
			}
		}
		if cut := rapid.IntRange(0, len(packed)-1).Draw(t, "cut"); cut < len(packed)-6 {
			if _, err := Unpack(packed[:cut]); err == nil && len(in.Rows) > 0 {
				t.Fatal("a table that was cut off is read")
			}
		}
	})
}

func TestARevisionSaysWhatItChanged(t *testing.T) {
	t.Parallel()
	before := Table{[]Row{{Key: "IRN", Sub: "5702", Value: 3}, {Key: "IRN", Sub: "5703", Value: 4}, {Key: "IRN", Sub: "0101", Value: 1}}}
	after := Table{[]Row{{Key: "IRN", Sub: "5702", Value: 3}, {Key: "IRN", Sub: "5703", Value: 5}, {Key: "TUR", Sub: "5702", Value: 9}, {Key: "TUR", Sub: "5703"}}}
	if got, want := after.against(before), (Change{Added: 2, Gone: 1, Changed: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
