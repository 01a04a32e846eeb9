package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Event is one line of `go test -json` (go doc test2json); build output carries ImportPath in place of Package.
type Event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// Totals counts packages with tests, and tests with their subtests.
type Totals struct {
	PackagesOK, PackagesFailed, Passed, Failed, Skipped int
}

type key struct{ pkg, test string }

// Report folds events as they arrive; output of a test is held until it is known to have failed.
type Report struct {
	Totals
	out    io.Writer
	Notes  []string // what passed tests want said at the end: their lines that begin with "drill: "
	held   map[key]*strings.Builder
	reason map[key]string
}

// noteMark begins a line that a person wants to see although its test passed.
const noteMark = "drill: "

// NewReport prints to out.
func NewReport(out io.Writer) *Report {
	return &Report{out: out, held: map[key]*strings.Builder{}, reason: map[key]string{}}
}

// Read consumes events to the end. A line that is no event is passed on: it is the tool chain speaking.
func (r *Report) Read(in io.Reader) error {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64*1024), 16*1024*1024)
	for s.Scan() {
		var e Event
		if err := json.Unmarshal(s.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(r.out, s.Text())
			continue
		}
		r.take(e)
	}
	return s.Err()
}

func (r *Report) take(e Event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.hold(k, e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e.Action, k)
		}
	}
}

func (r *Report) hold(k key, text string) {
	b := r.held[k]
	if b == nil {
		b = &strings.Builder{}
		r.held[k] = b
	}
	b.WriteString(text)
}

func (r *Report) endTest(action string, k key) {
	switch action {
	case "pass":
		r.Passed++
		for line := range strings.Lines(r.text(k)) {
			if _, note, ok := strings.Cut(line, ": "+noteMark); ok {
				r.Notes = append(r.Notes, noteMark+strings.TrimSpace(note))
			}
		}
	case "skip":
		r.Skipped++
		r.reason[k] = skipReason(r.text(k))
	case "fail":
		r.Failed++
		fmt.Fprintf(r.out, "--- %s %s\n%s", k.pkg, k.test, r.text(k))
	}
	delete(r.held, k)
}

func (r *Report) endPackage(e Event) {
	switch e.Action {
	case "pass":
		r.PackagesOK++
		fmt.Fprintf(r.out, "ok    %-52s %6.1fs\n", e.Package, e.Elapsed)
	case "fail":
		r.PackagesFailed++
		r.unfinished(e.Package)
		fmt.Fprintf(r.out, "%sFAIL  %-52s %6.1fs\n", r.text(key{e.Package, ""}), e.Package, e.Elapsed)
	}
	delete(r.held, key{e.Package, ""})
}

// unfinished prints the tests that were still running when their package died: a panic or the time limit.
func (r *Report) unfinished(pkg string) {
	keys := slices.SortedFunc(maps.Keys(r.held), func(a, b key) int { return strings.Compare(a.test, b.test) })
	for _, k := range keys {
		if k.pkg == pkg && k.test != "" {
			fmt.Fprintf(r.out, "--- %s %s did not end\n%s", k.pkg, k.test, r.text(k))
			delete(r.held, k)
		}
	}
}

func (r *Report) text(k key) string {
	if b := r.held[k]; b != nil {
		return b.String()
	}
	return ""
}

// Skips lists what did not run and why, so that a missing tool is never mistaken for a pass.
func (r *Report) Skips() {
	keys := slices.SortedFunc(maps.Keys(r.reason), func(a, b key) int {
		return strings.Compare(a.pkg+a.test, b.pkg+b.test)
	})
	for _, k := range keys {
		fmt.Fprintf(r.out, "skip  %s %s: %s\n", k.pkg, k.test, r.reason[k])
	}
}

// skipReason is the last line a skipped test wrote that is not the tool chain's own.
func skipReason(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range slices.Backward(lines) {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "---") && !strings.HasPrefix(l, "===") {
			return l
		}
	}
	return "no reason given"
}
