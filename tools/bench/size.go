package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// step is a size that the data grow to.
type step struct{ units, cases int }

// readSteps reads "10000:10000,100000:50000".
func readSteps(s string) (out []step, err error) {
	for part := range strings.SplitSeq(s, ",") {
		units, cases, _ := strings.Cut(part, ":")
		var st step
		if st.units, err = strconv.Atoi(units); err == nil {
			st.cases, err = strconv.Atoi(cases)
		}
		if err != nil || len(out) > 0 && (st.units < out[len(out)-1].units || st.cases < out[len(out)-1].cases) {
			return nil, fmt.Errorf("-steps: %q is not units:cases, each at least those of the step before", part)
		}
		out = append(out, st)
	}
	return out, nil
}

// againstSize has one province grow step by step, through the product's own import and requests, and measures at each size what
// operations cost, a cold start, the check of the journal, and the database's size.
func againstSize(o options) error {
	steps, err := readSteps(o.steps)
	if err != nil {
		return err
	}
	w, err := prepare(o)
	if err != nil {
		return err
	}
	at := placed{dir: filepath.Join(w.work, "product-size")}
	if err := os.RemoveAll(at.dir); err != nil {
		return err
	}
	p, err := serve(w, at, "demo")
	if err != nil {
		return err
	}
	p.stop()
	if err := publish(w, at); err != nil {
		return err
	}
	b := &lineWriter{w: os.Stdout}
	var names []string
	for _, op := range operations {
		if strings.Contains(","+o.ops+",", ","+op.name+",") && !op.once {
			names = append(names, op.name)
		}
	}
	b.line("| units | cases | loaded at | %s | cold start, ms | journal verify: s | CPU s | MB | database, MB | memory, MB |", strings.Join(names, ", CPU ms | ")+", CPU ms")
	b.line("|%s", strings.Repeat(" --- |", 9+len(names)))
	var known product
	for _, st := range steps {
		line, err := grown(w, o, at, &known, st)
		if err != nil {
			return err
		}
		b.line("%s", line)
	}
	return b.err
}

// grown has the data grow to a step and measures there.
func grown(w *workload, o options, at placed, known *product, st step) (string, error) {
	p, err := serve(w, at, "serve")
	if err != nil {
		return "", err
	}
	defer func() { p.stop() }()
	began := time.Now()
	p.units, p.cases = known.units, known.cases
	if err := p.growUnits(w, st.units); err != nil {
		return "", err
	}
	before := len(p.cases)
	imported := time.Now()
	if err := p.growCases(w, st.cases); err != nil {
		return "", err
	}
	progress("%d units and %d cases after %s", st.units, st.cases, time.Since(began).Round(time.Second))
	rate := "-"
	if n := len(p.cases) - before; n > 0 {
		rate = fmt.Sprintf("%.0f cases/s", float64(n)/time.Since(imported).Seconds())
	}
	p.stop()
	if p.server, err = restarted(w, at, p); err != nil {
		return "", err
	}
	found, err := measure(o, []side{p.side(w.part(st.units), "product")})
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("| %d | %d | %s |", st.units, st.cases, rate)
	var rss int64
	for _, f := range found {
		m := median(f.sides[0])
		rss = max(rss, m.rss)
		if n := bad(f); n > 0 {
			return "", fmt.Errorf("%s: %d of %d calls failed", f.name, n, m.n)
		}
		line += fmt.Sprintf(" %.2f |", m.perOp)
	}
	cold := p.cold
	p.stop()
	known.units, known.cases = p.units, p.cases
	took, cpu, most, err := verified(w, at)
	if err != nil {
		return "", err
	}
	size, err := sizeOf(at.dir)
	return line + fmt.Sprintf(" %d | %.1f | %.1f | %.0f | %.0f | %.0f |", cold.Milliseconds(), took.Seconds(), cpu.Seconds(), most/1e6, float64(size)/1e6, float64(rss)/1e6), err
}

// restarted serves again, so that what is measured has nothing in memory of what was loaded.
func restarted(w *workload, at placed, p *product) (*server, error) {
	next, err := serve(w, at, "serve")
	if err != nil {
		return nil, err
	}
	p.expert, p.head = next.expert, next.head
	return next.server, nil
}

// sheetRows is how many units are imported at once.
const sheetRows = 50_000

// growUnits imports units until there are so many, and learns their ids. Beyond the workload's own its names come again with
// other numbers.
func (p *product) growUnits(w *workload, units int) error {
	for n := len(p.units); n < units; n += sheetRows {
		rows := make([][]string, min(sheetRows, units-n))
		for i := range rows {
			rows[i] = w.units[(n+i)%len(w.units)]
		}
		var b bytes.Buffer
		if err := sheet(&b, rows, n); err != nil {
			return err
		}
		var out struct{ Rows, Landed int }
		began := time.Now()
		if err := p.head.do("POST", "/units/import", "text/csv", b.Bytes(), &out); err != nil {
			return err
		}
		progress("units from %d: %d of %d landed in %s", n, out.Landed, out.Rows, time.Since(began).Round(100*time.Millisecond))
	}
	return p.learnUnits(units)
}

// learnUnits finds the ids of the first so many units in the export.
func (p *product) learnUnits(units int) error {
	var raw bytes.Buffer
	if err := p.head.do("GET", "/units.csv", "", nil, &raw); err != nil {
		return err
	}
	in := csv.NewReader(&raw)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return err
	}
	column := 0
	for i, name := range header {
		if name == "legal_id" {
			column = i
		}
	}
	byLegal := make(map[string]string, units)
	for {
		r, err := in.Read()
		if err != nil {
			break // the end: what is missing is seen below
		}
		byLegal[strings.Clone(strings.TrimPrefix(r[column], "'"))] = strings.Clone(r[0])
	}
	p.units = make([]string, units)
	missing := 0
	for i := range p.units {
		if p.units[i] = byLegal[legalID(i)]; p.units[i] == "" {
			missing++
		}
	}
	if missing > units/10 {
		return fmt.Errorf("%d of %d units are not in the export", missing, units)
	}
	return nil
}

// growCases submits until there are so many cases, each two entries of the journal.
func (p *product) growCases(w *workload, cases int) error {
	from := len(p.cases)
	if from >= cases {
		return nil
	}
	p.cases = append(p.cases, make([]*held, cases-from)...)
	next := atomic.Int64{}
	next.Store(int64(from))
	errs := make(chan error, loaders)
	var g sync.WaitGroup
	for range loaders {
		g.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= cases {
					return
				}
				if i%50_000 == 0 {
					progress("cases: %d of %d", i, cases)
				}
				h, err := p.open(p.unitFor(w, w.eligibleInTurn[i*7919%len(w.eligibleInTurn)], i), strconv.Itoa(1+i%12), i%60, "5000000")
				if err != nil {
					errs <- err
					return
				}
				p.cases[i] = h
			}
		})
	}
	g.Wait()
	close(errs)
	return <-errs
}

// verified checks the journal by the product's own command: how long it took, what it used, and how much memory at most, in bytes.
func verified(w *workload, at placed) (took, cpu time.Duration, most float64, err error) {
	c := w.command(at, "journal", "verify")
	c.Stdout = os.Stderr
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for err = nil; ; { // rusage would tell of this program's own memory, of which the process was made
		if raw, failed := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Process.Pid)); failed == nil {
			if _, rss, failed := usageOf(raw); failed == nil {
				most = max(most, float64(rss))
			}
		}
		select {
		case err = <-ended:
		case <-time.After(20 * time.Millisecond):
			continue
		}
		break
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("journal verify: %w", err)
	}
	return time.Since(began), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), most, nil
}

// sizeOf is what a folder's files take.
func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}
