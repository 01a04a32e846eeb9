package trade

import (
	"slices"
	"strconv"
)

// Flows are bilateral values in columns: row by row who sold what to whom in which year. Codes are numbered in the order
// of their bytes, so that the numbering does not depend on the order of the rows. A row takes 16 bytes and its columns.
type Flows struct {
	Countries []string // origins and destinations together
	Products  []string
	Years     []int

	Origin, Destination, Product, Year []uint16
	Value                              []float64
	Columns                            map[string][]float64 // further numbers by their name
}

// Dimension gives the groups of a column (origin, destination, product, year), or of several joined by ^, such as
// origin^year, numbered as they come; false for another name.
func (f *Flows) Dimension(names ...string) (groups []int32, ok bool) {
	groups = make([]int32, len(f.Value))
	for _, name := range names {
		col, ok := map[string][]uint16{"origin": f.Origin, "destination": f.Destination, "product": f.Product, "year": f.Year}[name]
		if !ok {
			return nil, false
		}
		seen := map[[2]int32]int32{}
		for i, g := range groups {
			key := [2]int32{g, int32(col[i])}
			n, known := seen[key]
			if !known {
				n = int32(len(seen)) // #nosec G115 -- no more than the rows and codes, which are counted when they are read
				seen[key] = n
			}
			groups[i] = n
		}
	}
	return groups, true
}

// Window gives the numbers of the years from..to, both included; none when the table has none of them.
func (f *Flows) Window(from, to int) (years []uint16) {
	for i, y := range f.Years {
		if y >= from && y <= to {
			years = append(years, uint16(i))
		}
	}
	return years
}

// Twice finds two rows of the same origin, destination, product and year, the later one first met; false when there are
// none.
func (f *Flows) Twice() (first, second int, found bool) {
	keys := make([]uint64, len(f.Value))
	for i := range keys {
		keys[i] = f.key(i)
	}
	sorted := slices.Clone(keys)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			first = slices.Index(keys, sorted[i])
			return first, first + 1 + slices.Index(keys[first+1:], sorted[i]), true
		}
	}
	return 0, 0, false
}

func (f *Flows) key(i int) uint64 {
	return uint64(f.Origin[i])<<48 | uint64(f.Destination[i])<<32 | uint64(f.Product[i])<<16 | uint64(f.Year[i])
}

// Name says which flow row i is.
func (f *Flows) Name(i int) string {
	return f.Countries[f.Origin[i]] + ", " + f.Countries[f.Destination[i]] + ", " + f.Products[f.Product[i]] + ", " + strconv.Itoa(f.Years[f.Year[i]])
}

// Order numbers the codes by their bytes; the reader calls it once after the last row. years are the texts of the years.
func (f *Flows) Order(years []string) error {
	renumberCodes(f.Countries, f.Origin, f.Destination)
	renumberCodes(f.Products, f.Product)
	renumberCodes(years, f.Year)
	for _, y := range years {
		n, err := strconv.Atoi(y)
		if err != nil {
			return invalid("year", "year", y)
		}
		f.Years = append(f.Years, n)
	}
	return nil
}

// renumberCodes sorts names and rewrites the columns that number them.
func renumberCodes(names []string, columns ...[]uint16) {
	old := slices.Clone(names)
	slices.Sort(names)
	to := make([]uint16, len(old))
	for i, name := range old {
		n, _ := slices.BinarySearch(names, name)
		to[i] = uint16(n) // #nosec G115 -- no more than the rows and codes, which are counted when they are read
	}
	for _, col := range columns {
		for i, n := range col {
			col[i] = to[n]
		}
	}
}
