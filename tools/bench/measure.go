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
	beside           float64 // processor ms of the database beside it
	rss              int64
	n, bad           int64
}

// operation is done by every side. once means that one call is long enough to be measured alone.
type operation struct {
	name    string
	clients int
	once    bool
}

// operations are the workload's. The export comes before the import: all sides give the units that were loaded, the product
// also those of its sample province.
var operations = []operation{
	{"list", 8, false}, {"search", 8, false}, {"case", 8, false}, {"dash", 8, false},
	{"submit", 32, false}, {"move", 32, false}, {"export", 1, true}, {"import", 1, true},
	// Of a grown journal alone: a case found by its number, a search that finds nothing, an entry's proof, a tile.
	{"number", 8, false}, {"nothing", 8, false}, {"proof", 8, false}, {"tile", 1, false},
}

// side is a server with how each operation is done there, by its name.
type side struct {
	*server
	name string
	do   map[string]func() error
}

// asked draws what is looked for: a county, and two words of a name.
func (w *workload) asked() (city, query func() string) {
	return func() string { return url.QueryEscape(w.cities[rand.IntN(len(w.cities))]) }, func() string {
		q := w.queries[rand.IntN(len(w.queries))]
		return url.QueryEscape(q[0] + " " + q[1])
	}
}

// floorSide does the operations as the floor wants them.
func floorSide(w *workload, floor *server) side {
	city, query := w.asked()
	get := func(path func() string) func() error {
		return func() error { return send("GET", floor.base+path(), "", "", nil, nil) }
	}
	var made atomic.Int64
	id := func(kind string) string { return fmt.Sprintf("%s%014d", kind, 90_000_000_000_000+made.Add(1)) }
	someCase := func() string { return fmt.Sprintf("c%014d", rand.IntN(len(w.cases))) }
	return side{floor, "floor", map[string]func() error{
		"list":   get(func() string { return "/list?page=0&city=" + city() }),
		"search": get(func() string { return "/search?q=" + query() }),
		"case":   get(func() string { return "/case/" + someCase() }),
		"dash":   get(func() string { return "/dash" }),
		"export": get(func() string { return "/export" }),
		"submit": func() error {
			unit := fmt.Sprintf("u%014d", w.eligibleInTurn[rand.IntN(len(w.eligibleInTurn))])
			return floor.post("/submit", `{"id":"`+id("c")+`","unit":"`+unit+`","service":"`+id("s")+`","programme":1,"amount":5000000,"note":"x"}`)
		},
		"move":   func() error { return floor.post("/move", `{"id":"`+id("m")+`","case":"`+someCase()+`","note":"x"}`) },
		"import": func() error { return floor.importSheet(w) },
	}}
}

// side does the operations as the product wants them.
func (p *product) side(w *workload, name string) side {
	city, query := w.asked()
	get := func(path func() string) func() error {
		return func() error { return p.expert.do("GET", path(), "", nil, nil) }
	}
	return side{p.server, name, map[string]func() error{
		"list":   get(func() string { return "/cases?sort=due&limit=50&county=" + city() }),
		"search": get(func() string { return "/units?q=" + query() }),
		"case":   get(func() string { return "/cases/" + p.cases[rand.IntN(len(p.cases))].ID }),
		"dash":   get(func() string { return "/procedures/bench/picture" }),
		"export": func() error { return p.head.do("GET", "/units.csv", "", nil, nil) },
		"submit": func() error {
			i := rand.IntN(1 << 30)
			_, err := p.open(p.unitFor(w, w.eligibleInTurn[i%len(w.eligibleInTurn)], i), strconv.Itoa(1+i%12), i%60, "5000000")
			return err
		},
		"move":   p.moveAny,
		"import": func() error { return p.importSheet(w) },
	}}
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

// found are the figures of one operation: of each side one for each round.
type found struct {
	operation
	sides [][]figure
}

// measure runs every operation on all sides in turn, each round in another order; all rounds of an operation come before the
// next, for what is measured later finds more data.
func measure(o options, sides []side) (out []found, err error) {
	for _, op := range operations {
		if !slices.Contains(strings.Split(o.ops, ","), op.name) {
			continue
		}
		f := found{operation: op, sides: make([][]figure, len(sides))}
		for round := range o.rounds {
			for turn := range sides {
				i := (round + turn) % len(sides)
				one, err := measured(o, op, sides[i])
				if err != nil {
					return nil, err
				}
				f.sides[i] = append(f.sides[i], one)
			}
			fmt.Fprintf(os.Stderr, "round %d: %s\n", round+1, op.name)
		}
		out = append(out, f)
	}
	return out, nil
}

func measured(o options, op operation, s side) (figure, error) {
	call := s.do[op.name]
	if err := call(); err != nil { // warm, and a fault is told at once
		return figure{}, fmt.Errorf("%s of %s: %w", op.name, s.name, err)
	}
	before, err := s.usage()
	if err != nil {
		return figure{}, err
	}
	began := time.Now()
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
	after, err := s.usage()
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n.Load()) }
	return figure{perOp: each(after.cpu - before.cpu), beside: each(after.beside - before.beside), perSecond: float64(n.Load()) / took,
		rss: after.rss, n: n.Load(), bad: bad.Load()}, err
}
