package main

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// workload is the data, made once by the workload's own generator, and where it lies.
type workload struct {
	options
	units, cases   [][]string // without headers
	queries        [][2]string
	cities         []string
	eligible       map[int]bool // rows of units that may apply
	eligibleInTurn []int
}

func (o options) tool(name string) string { return filepath.Join(o.work, "bin", name) }
func (o options) data(name string) string { return filepath.Join(o.work, "data", name) }

// prepare builds the workload's tools and data where they are missing, and reads them.
func prepare(o options) (*workload, error) {
	if err := os.MkdirAll(filepath.Join(o.work, "bin"), 0o750); err != nil {
		return nil, err
	}
	work, err := filepath.Abs(o.work)
	if err != nil {
		return nil, err
	}
	o.work = work
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return nil, err
	}
	build := command("go", "build", "-o", filepath.Join(o.work, "bin")+"/", "./cmd/gen", "./cmd/thin")
	build.Dir = o.shared
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the workload: %w", err)
	}
	if _, err := os.Stat(o.data("eligible.txt")); err != nil {
		if err := command(o.tool("gen"), "-out", filepath.Join(o.work, "data")).Run(); err != nil {
			return nil, fmt.Errorf("make the data: %w", err)
		}
	}
	return read(o)
}

func command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...) //nolint:gosec // our own tools
	c.Stderr = os.Stderr
	return c
}

func read(o options) (*workload, error) {
	w := &workload{options: o, eligible: map[int]bool{}}
	var err error
	if w.units, err = table(o.data("units.csv")); err != nil {
		return nil, err
	}
	if w.cases, err = table(o.data("cases.csv")); err != nil {
		return nil, err
	}
	w.units = w.units[:int(float64(len(w.units))*o.scale)]
	w.cases = w.cases[:int(float64(len(w.cases))*o.caseScale)]
	for i, u := range w.units {
		if n, err := strconv.Atoi(u[6]); err == nil && n >= 5 && u[8] == "active" {
			w.eligible[i] = true
			w.eligibleInTurn = append(w.eligibleInTurn, i)
		}
	}
	queries, err := lines(o.data("queries.txt"))
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		if words := strings.Fields(q); len(words) == 2 && w.finds(words) {
			w.queries = append(w.queries, [2]string{words[0], words[1]})
		}
	}
	w.cities, err = lines(o.data("cities.txt"))
	return w, err
}

// finds reports whether some unit that is loaded has both words: of a part of the units many queries find none, for which
// the product looks into every name and the floor does not.
func (w *workload) finds(words []string) bool {
	return slices.ContainsFunc(w.units, func(u []string) bool {
		return strings.Contains(u[1], words[0]) && strings.Contains(u[1], words[1])
	})
}

// part is the workload of the first units alone: it asks nothing that finds none of them.
func (w *workload) part(units int) *workload {
	own := *w
	own.units = w.units[:min(units, len(w.units))]
	own.queries = slices.DeleteFunc(slices.Clone(w.queries), func(q [2]string) bool { return !own.finds(q[:]) })
	return &own
}

func lines(path string) ([]string, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // our own data
	return strings.Split(strings.TrimSpace(string(raw)), "\n"), err
}

// table reads a CSV file without its header.
func table(path string) ([][]string, error) {
	f, err := os.Open(path) //nolint:gosec // our own data
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows[1:], nil
}

// rowOf is the number in an id of the workload: u00000000000007 is 7.
func rowOf(id string) int {
	n, err := strconv.Atoi(strings.TrimLeft(id[1:], "0"))
	if err != nil {
		return 0
	}
	return n
}

// legalID gives the national id of the n-th legal person: the workload's own have no valid check digit.
func legalID(n int) string {
	ten := strconv.Itoa(2222200000 + n)
	weights, last, sum := []int{29, 27, 23, 19, 17}, int(ten[9]-'0')+2, 0
	for i := range 10 {
		sum += (int(ten[i]-'0') + last) * weights[i%5]
	}
	return ten + strconv.Itoa(sum%11%10)
}

// words are the headers of an office's sheet, and what it writes for a unit that runs and for one that does not.
//
//go:embed sheet.csv
var words string

// sheet writes units as an office would: under Persian headers, with a number in each name, for the register holds
// names that differ by nothing else to be the same unit. from is the number of the first.
func sheet(w io.Writer, units [][]string, from int) error {
	header, states, _ := strings.Cut(strings.TrimSpace(words), "\n")
	active, inactive, _ := strings.Cut(states, ",")
	out := csv.NewWriter(w)
	if err := out.Write(strings.Split(header, ",")); err != nil {
		return err
	}
	for i, u := range units {
		status := active
		if u[8] != "active" {
			status = inactive
		}
		n := from + i
		if err := out.Write([]string{u[1] + " " + strconv.Itoa(n), legalID(n), u[4], u[5], u[6], u[10], u[11], status}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
