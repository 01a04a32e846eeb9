// Bench measures what requests cost this product beside a floor: the same operations on the same data by plain SQL behind
// net/http, without rights, rules or journal. The workload and the floor live in ../shared/bench; without it nothing is
// measured, and the program says so. The product is measured as people use it: a published procedure, durable commits,
// journal and encryption, signed in, over /api/v1. Both servers run at once and take turns, so that noise falls on both.
//
// `bench postgres` measures what the same operations cost the product on PostgreSQL, beside the product on SQLite.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// options are how much is measured, and where things lie.
type options struct {
	shared, work, bin string
	scale, caseScale  float64
	rounds            int
	duration          time.Duration
	ops               string
	on, phases, steps string
	entries           string
	clients           int
	stretches         int
}

func main() {
	var o options
	flag.StringVar(&o.shared, "workload", filepath.Join("..", "shared", "bench"), "folder of the workload")
	flag.StringVar(&o.work, "work", filepath.Join("tmp", "bench"), "folder for data that may be used again")
	flag.StringVar(&o.bin, "bin", filepath.Join("bin", "rahgosha"), "the product")
	flag.Float64Var(&o.scale, "scale", 1, "part of the 100,000 units and 50,000 cases that is loaded")
	flag.Float64Var(&o.caseScale, "cases", 0, "part of the cases, where it is not that of the units")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the median is told")
	flag.DurationVar(&o.duration, "d", 4*time.Second, "length of one measurement")
	flag.StringVar(&o.ops, "ops", "list,search,case,dash,submit,move,import,export", "what to measure")
	flag.StringVar(&o.on, "on", "sqlite", "database of a load or of sizes: sqlite or postgres")
	flag.StringVar(&o.phases, "phases", "1000:0.9,500:0", "loads, one after another, of -d each: arrivals a second:part that reads")
	flag.IntVar(&o.clients, "clients", 500, "clients of a load, each with a connection and a session")
	flag.IntVar(&o.stretches, "stretches", 6, "stretches in which a load is told")
	flag.StringVar(&o.steps, "steps", "10000:10000,100000:50000", "sizes that one province grows to, units:cases")
	flag.StringVar(&o.entries, "entries", "", "sizes that the journal grows to instead, of the units and models that the first of -steps says: 10000,100000")
	what, args := "floor", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		what, args = args[0], args[1:]
	}
	if err := flag.CommandLine.Parse(args); err != nil {
		os.Exit(2)
	}
	o.caseScale = cmp.Or(o.caseScale, o.scale)
	if _, err := os.Stat(o.shared); err != nil {
		fmt.Println("skipped: no ../shared/bench")
		return
	}
	do, known := map[string]func(options) error{"floor": run, "postgres": onPostgres, "load": underLoad, "size": againstSize}[what]
	if !known {
		fmt.Fprintln(os.Stderr, "bench: what to measure is floor, postgres, load or size, not", what)
		os.Exit(2)
	}
	if err := do(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	w, err := prepare(o)
	if err != nil {
		return err
	}
	floor, err := startFloor(w)
	if err != nil {
		return err
	}
	defer floor.stop()
	product, err := startProduct(w)
	if err != nil {
		return err
	}
	defer product.stop()
	found, err := measure(o, []side{floorSide(w, floor), product.side(w, "product")})
	if err != nil {
		return err
	}
	return report(os.Stdout, o, found, product)
}
