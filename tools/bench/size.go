package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/kernel/journal"
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
// operations cost, a cold start, the check of the journal, and the database's size. On PostgreSQL its server's time counts too.
func againstSize(o options) error {
	steps, err := readSteps(o.steps)
	if err != nil {
		return err
	}
	if o.on == "postgres" {
		if o.entries != "" {
			return errors.New("-entries: the loader writes to SQLite alone")
		}
		if ran, err := besidePostgres(); ran || err != nil {
			return err
		}
	}
	w, err := prepare(o)
	if err != nil {
		return err
	}
	at := placed{dir: filepath.Join(w.work, "product-size")}
	if o.on == "postgres" {
		if at.db, err = openPostgres(); err != nil {
			return err
		}
		defer func() { _ = at.db.admin.Close() }() // the server goes with it
		at.url = at.db.owned
	}
	if err := sampled(w, at); err != nil {
		return err
	}
	if o.entries != "" {
		return againstEntries(w, o, at, steps[0])
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

// sampled makes the sample province anew and publishes the workload's procedure in it.
func sampled(w *workload, at placed) error {
	if err := os.RemoveAll(at.dir); err != nil {
		return err
	}
	p, err := serve(w, at, "demo")
	if err != nil {
		return err
	}
	p.stop()
	return publish(w, at)
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
	if at.db != nil {
		if err := at.db.settle(); err != nil {
			return "", err
		}
	}
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
		line += fmt.Sprintf(" %.2f |", m.whole())
	}
	cold := p.cold
	p.stop()
	known.units, known.cases = p.units, p.cases
	took, cpu, most, err := timed(w, at, "journal", "verify")
	if err != nil {
		return "", err
	}
	size, err := at.size()
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

// timed runs a command of the product: how long it took, what it used, and how much memory at most, in bytes.
func timed(w *workload, at placed, args ...string) (took, cpu time.Duration, most float64, err error) {
	c := w.command(at, args...)
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
		return 0, 0, 0, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return time.Since(began), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), most, nil
}

// size is what the data take, in bytes.
func (at placed) size() (int64, error) {
	if at.db != nil {
		return at.db.size()
	}
	return sizeOf(at.dir)
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

// readSizes reads "10000,100000".
func readSizes(s string) (out []int64, err error) {
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil || len(out) > 0 && n < out[len(out)-1] {
			return nil, fmt.Errorf("-entries: %q is not a number, at least that before it", part)
		}
		out = append(out, n)
	}
	return out, nil
}

// againstEntries has one province's journal grow: the product opens and moves as many models as the step says, and a loader tells
// them again of other cases, each sealed with its own key, chained, in the tree and under a signed checkpoint. It measures at each
// size what grown does, and whole replays, proofs and tiles.
func againstEntries(w *workload, o options, at placed, of step) error {
	sizes, err := readSizes(o.entries)
	if err != nil {
		return err
	}
	known, err := modelled(w, at, of)
	if err != nil {
		return err
	}
	l, err := newLoader(at.dir, known.cases)
	if err != nil {
		return err
	}
	b := &lineWriter{w: os.Stdout}
	names := slices.DeleteFunc(strings.Split(o.ops, ","), func(name string) bool { return name == "export" || name == "import" })
	o.ops = strings.Join(names, ",")
	b.line("| entries | cases | loaded, entries/s | %s | cold start, ms | journal verify: s | CPU s | MB | replay: s | CPU s | MB | database, bytes an entry | memory, MB |",
		strings.Join(names, ", CPU ms | ")+", CPU ms")
	b.line("|%s", strings.Repeat(" --- |", 12+len(names)))
	for _, size := range sizes {
		line, err := toldAgain(w, o, at, known, l, size)
		if err != nil {
			return err
		}
		b.line("%s", line)
	}
	return b.err
}

// modelled gives the units and models that a journal is grown of.
func modelled(w *workload, at placed, of step) (*product, error) {
	p, err := serve(w, at, "serve")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := p.growUnits(w, of.units); err != nil {
		return nil, err
	}
	if err := p.growCases(w, of.cases); err != nil {
		return nil, err
	}
	for i, h := range p.cases {
		if err := p.lead(i, h); err != nil {
			return nil, err
		}
	}
	progress("%d models", len(p.cases))
	return p, nil
}

// lead brings a model where it stands: of ten, six go round once and into the archive, two go round twice, two are under way.
func (p *product) lead(i int, h *held) error {
	moves, archived := len(stages)-1, i%10 < 8
	switch {
	case !archived:
		moves = i / 10 % (len(stages) - 1)
	case i%10 >= 6:
		moves += len(stages)
	}
	for range moves {
		if err := p.move(h); err != nil {
			return err
		}
	}
	if !archived {
		return nil
	}
	return p.act(h, "archive")
}

// toldAgain has the journal grow to a size and measures there.
func toldAgain(w *workload, o options, at placed, known *product, l *loader, size int64) (string, error) {
	began, before := time.Now(), l.written
	if err := l.grow(size); err != nil {
		return "", err
	}
	line := fmt.Sprintf("| %d | %d | %.0f |", size, l.turn, float64(l.written-before)/time.Since(began).Seconds())
	progress("%d entries after %s", size, time.Since(began).Round(time.Second))
	if len(l.told) == 0 {
		return "", fmt.Errorf("-entries: the models alone have %d entries; ask for more, or for fewer models by -steps", size)
	}
	p, err := serve(w, at, "serve")
	if err != nil {
		return "", err
	}
	defer func() { p.stop() }()
	p.units = known.units
	for _, c := range l.told {
		if c.open {
			p.cases = append(p.cases, c.held)
		}
	}
	s := p.side(w.part(len(known.units)), "product")
	s.do["case"] = func() error { return p.expert.do("GET", "/cases/"+l.any().ID, "", nil, nil) }
	s.do["number"] = func() error { return p.expert.do("GET", "/cases?limit=50&q="+l.any().number, "", nil, nil) }
	s.do["nothing"] = func() error { return p.expert.do("GET", "/cases?limit=50&q=nothing-has-this", "", nil, nil) }
	s.do["proof"] = func() error { return p.expert.do("GET", "/journal/proof/"+l.any().entry, "", nil, nil) }
	s.do["tile"] = func() error {
		time.Sleep(2 * time.Millisecond) // one address may read two thousand at once
		t := tlog.Tile{H: journal.TileHeight, N: mathrand.Int64N(size / journal.TileWidth), W: journal.TileWidth}
		return send("GET", p.base+"/log/"+province+"/"+journal.TilePath(t), "", "", nil, nil)
	}
	found, err := measure(o, []side{s})
	if err != nil {
		return "", err
	}
	var rss int64
	for _, f := range found {
		m := median(f.sides[0])
		rss = max(rss, m.rss)
		if n := bad(f); n > 0 {
			return "", fmt.Errorf("%s: %d of %d calls failed", f.name, n, m.n)
		}
		line += fmt.Sprintf(" %.2f |", m.perOp)
	}
	line += fmt.Sprintf(" %d |", p.cold.Milliseconds())
	p.stop()
	for _, args := range [][]string{{"journal", "verify"}, {"replay"}} {
		took, cpu, most, err := timed(w, at, args...)
		if err != nil {
			return "", err
		}
		progress("%s: %s", strings.Join(args, " "), took.Round(100*time.Millisecond))
		line += fmt.Sprintf(" %.1f | %.1f | %.0f |", took.Seconds(), cpu.Seconds(), most/1e6)
	}
	disk, err := sizeOf(at.dir)
	return line + fmt.Sprintf(" %.0f | %.0f |", float64(disk)/float64(size), float64(rss)/1e6), err
}
