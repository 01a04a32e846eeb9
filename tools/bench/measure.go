package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// figure is what one operation cost one server in one round.
type figure struct {
	perOp, perSecond float64 // processor ms, operations
	rss              int64
	n, bad           int64
}

// operation is done by both servers. once means that one call is long enough to be measured alone.
type operation struct {
	name           string
	clients        int
	once           bool
	floor, product func() error
}

// operations are the workload's, each as its own server wants it. The export comes before the import: both servers give
// the units that were loaded, the product also those of its sample province.
func operations(w *workload, floor *server, p *product) []operation {
	city := func() string { return url.QueryEscape(w.cities[rand.IntN(len(w.cities))]) }
	query := func() string {
		q := w.queries[rand.IntN(len(w.queries))]
		return url.QueryEscape(q[0] + " " + q[1])
	}
	plain := func(path string) error { return send("GET", floor.base+path, "", "", nil, nil) }
	signedIn := func(path string) error { return p.expert.do("GET", path, "", nil, nil) }
	var made atomic.Int64
	id := func(kind string) string { return fmt.Sprintf("%s%014d", kind, 90_000_000_000_000+made.Add(1)) }
	floorCase := func() string { return fmt.Sprintf("c%014d", rand.IntN(len(w.cases))) }
	return []operation{
		{"list", 8, false, func() error { return plain("/list?page=0&city=" + city()) },
			func() error { return signedIn("/cases?sort=due&limit=50&county=" + city()) }},
		{"search", 8, false, func() error { return plain("/search?q=" + query()) },
			func() error { return signedIn("/units?q=" + query()) }},
		{"case", 8, false, func() error { return plain("/case/" + floorCase()) },
			func() error { return signedIn("/cases/" + p.cases[rand.IntN(len(p.cases))].ID) }},
		{"dash", 8, false, func() error { return plain("/dash") },
			func() error { return signedIn("/procedures/bench/picture") }},
		{"submit", 32, false, func() error {
			unit := fmt.Sprintf("u%014d", w.eligibleInTurn[rand.IntN(len(w.eligibleInTurn))])
			return floor.post("/submit", `{"id":"`+id("c")+`","unit":"`+unit+`","service":"`+id("s")+`","programme":1,"amount":5000000,"note":"x"}`)
		}, func() error {
			i := rand.IntN(1 << 30)
			_, err := p.open(p.unitFor(w, w.eligibleInTurn[i%len(w.eligibleInTurn)], i), strconv.Itoa(1+i%12), i%60, "5000000")
			return err
		}},
		{"move", 32, false, func() error {
			return floor.post("/move", `{"id":"`+id("m")+`","case":"`+floorCase()+`","note":"x"}`)
		}, p.moveAny},
		{"export", 1, true, func() error { return plain("/export") },
			func() error { return p.head.do("GET", "/units.csv", "", nil, nil) }},
		{"import", 1, true, func() error { return floor.importSheet(w) }, func() error { return p.importSheet(w) }},
	}
}

func (s *server) post(path, body string) error {
	return send("POST", s.base+path, "application/json", "", []byte(body), nil)
}

// moveAny moves a case that nobody else moves at the moment.
func (p *product) moveAny() error {
	for {
		h := p.cases[rand.IntN(len(p.cases))]
		if !h.mu.TryLock() {
			continue
		}
		defer h.mu.Unlock()
		return p.move(h)
	}
}

// importRows is how many rows a measured import has.
const importRows = 10_000

// importSheet gives the floor the workload's own sheet.
func (s *server) importSheet(w *workload) error {
	raw, err := os.ReadFile(w.data("import10k.csv"))
	if err != nil {
		return err
	}
	return send("POST", s.base+"/import", "text/csv", "", raw, nil)
}

// importSheet gives the product as many units that it does not have yet.
func (p *product) importSheet(w *workload) error {
	rows := w.units[:min(importRows, len(w.units))]
	var b bytes.Buffer
	if err := sheet(&b, rows, 1_000_000+int(p.sheets.Add(1))*importRows); err != nil {
		return err
	}
	var out struct{ Rows, Landed int }
	if err := p.head.do("POST", "/units/import", "text/csv", b.Bytes(), &out); err != nil {
		return err
	}
	if out.Landed < out.Rows*9/10 {
		return fmt.Errorf("of %d rows only %d landed", out.Rows, out.Landed)
	}
	return nil
}

// found are the figures of each operation, a round each, of floor and product.
type found struct {
	operation
	floor, product []figure
}

// measure runs every operation against both servers in turn, each round in the other order; all rounds of an operation
// come before the next, for what is measured later finds more data.
func measure(o options, w *workload, floor *server, p *product) (out []found, err error) {
	for _, op := range operations(w, floor, p) {
		if !slices.Contains(strings.Split(o.ops, ","), op.name) {
			continue
		}
		f := found{operation: op}
		for round := range o.rounds {
			if err := f.round(o, round, floor, p); err != nil {
				return nil, err
			}
			fmt.Fprintf(os.Stderr, "round %d: %s\n", round+1, op.name)
		}
		out = append(out, f)
	}
	return out, nil
}

func (f *found) round(o options, round int, floor *server, p *product) (err error) {
	for turn := range 2 {
		if (round+turn)%2 == 0 {
			f.floor, err = measured(f.floor, o, f.operation, floor, f.operation.floor)
		} else {
			f.product, err = measured(f.product, o, f.operation, p.server, f.operation.product)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func measured(before []figure, o options, op operation, s *server, call func() error) ([]figure, error) {
	if err := call(); err != nil { // warm, and a fault is told at once
		return nil, fmt.Errorf("%s: %w", op.name, err)
	}
	began, cpu, err := time.Now(), time.Duration(0), error(nil)
	if cpu, _, err = s.usage(); err != nil {
		return nil, err
	}
	var n, bad atomic.Int64
	var wg sync.WaitGroup
	for range op.clients {
		wg.Go(func() {
			for first := true; op.once && first || !op.once && time.Since(began) < o.duration; first = false {
				if call() != nil {
					bad.Add(1)
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(began).Seconds()
	after, rss, err := s.usage()
	f := figure{perOp: (after - cpu).Seconds() * 1000 / float64(n.Load()), perSecond: float64(n.Load()) / took, rss: rss, n: n.Load(), bad: bad.Load()}
	return append(before, f), err
}
