// Command testreport reads `go test -json` on standard input and prints what a person wants to see: one line a package,
// the whole output of what failed, the reason of every skip, and the totals. It appends the totals as one
// tab-separated line (name, packages ok, packages failed, tests passed, failed, skipped) to -totals.
//
//	go test -json ./... | go run ./tools/testreport -name unit -totals tmp/test/totals.tsv
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	name := flag.String("name", "tests", "name of this run in the totals")
	totals := flag.String("totals", "", "file to append the totals to")
	notes := flag.String("notes", "", "file to append to what passed tests want said")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *name, *totals, *notes); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, name, totals, notes string) error {
	r := NewReport(out)
	if err := r.Read(in); err != nil {
		return err
	}
	r.Skips()
	t := r.Totals
	fmt.Fprintf(out, "%s: packages %d ok, %d failed; tests %d passed, %d failed, %d skipped\n",
		name, t.PackagesOK, t.PackagesFailed, t.Passed, t.Failed, t.Skipped)
	for _, n := range r.Notes {
		fmt.Fprintln(out, n)
		if err := appendTo(notes, n+"\n"); err != nil {
			return err
		}
	}
	if err := appendTotals(totals, name, t); err != nil {
		return err
	}
	if t.PackagesFailed > 0 || t.Failed > 0 {
		return fmt.Errorf("%s failed", name)
	}
	return nil
}

func appendTotals(path, name string, t Totals) error {
	return appendTo(path, fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d\n", name, t.PackagesOK, t.PackagesFailed, t.Passed, t.Failed, t.Skipped))
}

func appendTo(path, line string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, line)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
