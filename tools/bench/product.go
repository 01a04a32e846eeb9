package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Logins of the sample province and their password.
const (
	expert   = "dir.expert"
	head     = "dir.head"
	password = "rahgosha-demo-1405" //nolint:gosec // of sample data
)

// stages are the stages of the procedure after the draft, in order; a case of the last goes round again.
var stages = []string{"submitted", "completeness", "review", "visit", "committee", "decision", "delivery", "closed"}

// held is a case that the driver may move: where it stands, and the version that was seen last.
type held struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Stage   int    `json:"stage"`

	mu sync.Mutex
}

// next is the action that moves a case on.
func (h *held) next() string {
	if h.Stage == len(stages)-1 {
		return "again"
	}
	return "to_" + stages[h.Stage+1]
}

// product is the server with what the driver knows of its data.
type product struct {
	*server
	expert, head client
	units        []string // id of each unit of the workload; "" where its row waits for a person
	cases        []*held
	sheets       atomic.Int64 // sheets imported so far
	loaded       time.Duration
}

// loadedData is what the driver keeps beside a filled data folder.
type loadedData struct {
	Units []string `json:"units"`
	Cases []*held  `json:"cases"`
	Took  string   `json:"took"`
}

// startProduct serves a fresh copy of the loaded data; it is loaded through the product itself the first time.
func startProduct(w *workload) (*product, error) {
	kept := filepath.Join(w.work, fmt.Sprintf("product-%g-%g", w.scale, w.caseScale))
	at := placed{dir: kept}
	if _, err := os.Stat(filepath.Join(kept, "loaded.json")); err != nil {
		if err := fill(w, at); err != nil {
			return nil, err
		}
	}
	run := filepath.Join(w.work, "product-run")
	if err := errors.Join(os.RemoveAll(run), os.CopyFS(run, os.DirFS(kept))); err != nil {
		return nil, err
	}
	if err := private(run); err != nil {
		return nil, err
	}
	return serveLoaded(w, placed{dir: run})
}

// serveLoaded serves what was loaded.
func serveLoaded(w *workload, at placed) (*product, error) {
	raw, err := os.ReadFile(filepath.Join(at.dir, "loaded.json"))
	if err != nil {
		return nil, err
	}
	var known loadedData
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, err
	}
	p, err := serve(w, at, "serve")
	if err != nil {
		return nil, err
	}
	p.units, p.cases = known.Units, known.Cases
	p.loaded, err = time.ParseDuration(known.Took)
	return p, err
}

// placed says where the product's data are: a folder, and a PostgreSQL database where url is not empty.
type placed struct {
	dir, url string
	db       *postgres
}

// command is the product's own, on its data.
func (w *workload) command(at placed, args ...string) *exec.Cmd {
	c := command(w.bin, append(args, "--data", at.dir)...)
	c.Env = append(os.Environ(), "RAHGOSHA_DATABASE="+at.url, "RAHGOSHA_MUST_SECOND=none", "RAHGOSHA_LIMITS=off") // two persons do what a province does, and have no second factor at hand
	return c
}

// private closes a copied data folder to others, as the product wants it.
func private(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.Chmod(path, 0o700) //nolint:gosec // a folder
		default:
			return os.Chmod(path, 0o600)
		}
	})
}

// serve starts the product and signs in; demo fills the sample province first.
func serve(w *workload, at placed, how string) (*product, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(w.work, "product.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) // nobody reads a line for every request
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	c := w.command(at, how, "--listen", addr)
	c.Stderr = log
	s, err := start(addr, "/healthz", c)
	if err != nil {
		return nil, err
	}
	s.db = at.db
	p := &product{server: s, expert: client{base: s.base}, head: client{base: s.base}}
	if err := errors.Join(p.expert.signIn(expert), p.head.signIn(head)); err != nil {
		s.stop()
		return nil, err
	}
	return p, nil
}

// fill makes the data: the sample province for its accounts, the procedure, the units by one sheet, each case by the acts
// that brought it where the workload says it stands.
func fill(w *workload, at placed) error {
	if err := os.RemoveAll(at.dir); err != nil {
		return err
	}
	began := time.Now()
	p, err := serve(w, at, "demo")
	if err != nil {
		return err
	}
	p.stop()
	if err := publish(w, at); err != nil {
		return err
	}
	if p, err = serve(w, at, "serve"); err != nil {
		return err
	}
	defer p.stop()
	if err := p.importAll(w); err != nil {
		return err
	}
	if err := p.openAll(w); err != nil {
		return err
	}
	if at.db != nil {
		if err := at.db.settle(); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(loadedData{p.units, p.cases, time.Since(began).String()})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(at.dir, "loaded.json"), raw, 0o600)
}

func publish(w *workload, at placed) error {
	c := w.command(at, "procedure", "publish", filepath.Join("tools", "bench", "procedure"), "--login", "dir.deputy,dir.dg")
	c.Env = append(c.Env, "RAHGOSHA_PASSWORD_1="+password, "RAHGOSHA_PASSWORD_2="+password)
	out, err := c.Output()
	if x := (*exec.ExitError)(nil); errors.As(err, &x) {
		return fmt.Errorf("publish: %w: %s", err, out)
	}
	return err
}

// importAll gives the units in one sheet and learns their ids from the export.
func (p *product) importAll(w *workload) error {
	var b bytes.Buffer
	if err := sheet(&b, w.units, 0); err != nil {
		return err
	}
	var out struct{ Rows, Landed, Review int }
	if err := p.head.do("POST", "/units/import", "text/csv", b.Bytes(), &out); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "units: %d rows, %d landed, %d wait for a person\n", out.Rows, out.Landed, out.Review)
	var raw bytes.Buffer
	if err := p.head.do("GET", "/units.csv", "", nil, &raw); err != nil {
		return err
	}
	rows, err := csv.NewReader(&raw).ReadAll()
	if err != nil {
		return err
	}
	byLegal, column := map[string]string{}, 0
	for i, name := range rows[0] {
		if name == "legal_id" {
			column = i
		}
	}
	for _, r := range rows[1:] {
		byLegal[strings.TrimPrefix(r[column], "'")] = r[0]
	}
	for i := range w.units {
		p.units = append(p.units, byLegal[legalID(i)])
	}
	return nil
}

// openAll brings every case where it stands, many at once.
func (p *product) openAll(w *workload) error {
	p.cases = make([]*held, len(w.cases))
	var next atomic.Int64
	errs := make(chan error, loaders)
	for range loaders {
		go func() { errs <- p.openSome(w, &next) }()
	}
	var err error
	for range loaders {
		err = errors.Join(err, <-errs)
	}
	return err
}

// loaders is how many requests load at once: a full group of commits.
const loaders = 32

func (p *product) openSome(w *workload, next *atomic.Int64) error {
	for {
		i := int(next.Add(1)) - 1
		if i >= len(w.cases) {
			return nil
		}
		if i%5000 == 0 {
			fmt.Fprintf(os.Stderr, "cases: %d of %d\n", i, len(w.cases))
		}
		row := w.cases[i]
		h, err := p.open(p.unitFor(w, rowOf(row[3]), i), row[1], rowOf(row[2]), row[6])
		if err != nil {
			return err
		}
		for stages[h.Stage] != row[4] {
			if err := p.move(h); err != nil {
				return err
			}
		}
		p.cases[i] = h
	}
}

// unitFor is the workload's unit where it may apply and has landed, or else another that may.
func (p *product) unitFor(w *workload, unit, i int) string {
	for n := 0; ; n++ {
		if unit < len(p.units) && w.eligible[unit] && p.units[unit] != "" {
			return p.units[unit]
		}
		unit = w.eligibleInTurn[(i+n)%len(w.eligibleInTurn)]
	}
}

// open drafts a request and submits it, in one request of the interface.
func (p *product) open(unit, programme string, service int, amount string) (*held, error) {
	rial, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		return nil, err
	}
	var made receipt
	err = p.expert.json("POST", "/cases", map[string]any{"procedure": "bench", "unit": unit, "action": "submit", "facts": map[string]any{
		"programme": "p" + programme, "service": "s" + strconv.Itoa(service), "amount_rial": rial}}, &made)
	return &held{ID: made.ID, Version: made.Version}, err
}

// receipt is the short answer to a write: the floor's is as short.
type receipt struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// move takes a case one stage on.
func (p *product) move(h *held) error {
	err := p.act(h, h.next())
	if err == nil {
		h.Stage = (h.Stage + 1) % len(stages)
	}
	return err
}

func (p *product) act(h *held, action string) error {
	var out receipt
	err := p.expert.json("POST", "/cases/"+h.ID+"/actions/"+action, map[string]any{"version": h.Version}, &out)
	if out.Version > 0 {
		h.Version = out.Version
	}
	return err
}
