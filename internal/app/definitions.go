package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
)

type storeTx = *store.Tx

// RegisterDated is the live register of the dated tables of definitions (coded reasons, colours): they are not part of a
// definition's hash (kernel.md 14). An item's id is the procedure's id and the file, its field csv the table.
const RegisterDated = "dated_table"

// definitionsFor is how long the list of what is in force is believed without asking the store: a publication on another
// node is seen after that.
const definitionsFor = 2 * time.Second

// Definitions serves published definitions, compiled once per hash. It is safe for concurrent use.
type Definitions struct {
	st       *store.Store
	clock    clock.Clock
	province string

	mu      sync.Mutex
	byHash  map[string]*procedure.Definition
	emptied int // times that byHash was: what was compiled before is of former tables
	read    time.Time
	rows    []store.Definition
	dated   string // the dated tables that byHash was compiled with

	compiling sync.Mutex // held by nobody who waits for the store

	words sync.Map // what one version changed against another, by both hashes: never otherwise
}

// changes says what a version changed, once for any two.
func (d *Definitions) changes(old, next *procedure.Definition) []locale.Text {
	key := old.Hash + next.Hash
	if out, ok := d.words.Load(key); ok {
		return out.([]locale.Text)
	}
	var out []locale.Text
	for _, c := range procedure.Diff(old, next) {
		out = append(out, c.Text)
	}
	d.words.Store(key, out)
	return out
}

func newDefinitions(st *store.Store, c clock.Clock, province string) *Definitions {
	return &Definitions{st: st, clock: c, province: province, byHash: map[string]*procedure.Definition{}}
}

// list gives the published rows, without their text, from memory for a little while.
func (d *Definitions) list(ctx context.Context) ([]store.Definition, error) {
	d.mu.Lock()
	rows, read := d.rows, d.read
	d.mu.Unlock()
	now := d.clock.Now()
	if age := now.Sub(read); rows != nil && age >= 0 && age < definitionsFor {
		return rows, nil
	}
	var dated string
	err := d.st.Read(access.AsServer(ctx), func(ctx context.Context, tx storeTx) error { // it is kept for everybody
		var err error
		if rows, err = tx.Definitions(ctx); err != nil {
			return err
		}
		items, err := tx.LoadItems(ctx, d.province, RegisterDated, "", "")
		dated = digest(items)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dated != dated { // published on another node
		d.empty()
	}
	d.rows, d.read, d.dated = rows, now, dated
	return rows, nil
}

// digest is another text for other dated tables.
func digest(items []registry.Item) string {
	h := sha256.New()
	for _, it := range items {
		csv, _ := it.Fields["csv"].(string)
		_, _ = fmt.Fprintf(h, "%q %q\n", it.ID, csv) // never fails
	}
	return string(h.Sum(nil))
}

// forget makes the next call ask the store.
func (d *Definitions) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows = nil
	d.empty()
}

func (d *Definitions) empty() {
	d.byHash = map[string]*procedure.Definition{}
	d.emptied++
}

// ByHash gives a published definition; not_found when no such hash was published.
func (d *Definitions) ByHash(ctx context.Context, hash string) (*procedure.Definition, error) {
	rows, err := d.list(ctx)
	d.mu.Lock()
	def := d.byHash[hash]
	d.mu.Unlock()
	if def != nil {
		return def, nil
	}
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Hash == hash {
			return d.compile(ctx, r)
		}
	}
	return nil, fault.New(fault.NotFound, "app.no_definition", "definition", hash)
}

// compile reads a definition's canonical text with the dated tables as they stand. Whoever asks meanwhile waits for the same one:
// it takes a quarter of a second of a processor, and a server that has just started is asked by everybody at once.
func (d *Definitions) compile(ctx context.Context, row store.Definition) (*procedure.Definition, error) {
	d.mu.Lock()
	emptied := d.emptied
	d.mu.Unlock()
	tables := map[string]string{}
	err := d.st.Read(access.AsServer(ctx), func(ctx context.Context, tx storeTx) error {
		items, err := tx.LoadItems(ctx, d.province, RegisterDated, "", "")
		for _, it := range items {
			if csv, ok := it.Fields["csv"].(string); ok && it.Fields["procedure"] == row.ID {
				file, _ := it.Fields["file"].(string)
				tables[file] = csv
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	d.compiling.Lock()
	defer d.compiling.Unlock()
	d.mu.Lock()
	def := d.byHash[row.Hash]
	d.mu.Unlock()
	if def != nil {
		return def, nil
	}
	if def, err = procedure.ParseCanonical(row.Canonical); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.definition", "definition", row.Hash)
	}
	def, problems := def.WithDated(tables)
	if bad := procedure.Errors(problems); len(bad) > 0 {
		return nil, fault.New(fault.Internal, "app.definition", "definition", row.Hash).With(bad[0].Fault())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.emptied == emptied {
		d.byHash[row.Hash] = def
	}
	return def, nil
}

// Current gives the definition of an id that is in force today.
func (d *Definitions) Current(ctx context.Context, id string) (*procedure.Definition, error) {
	return d.At(ctx, id, d.clock.Now().UnixMicro())
}

// At gives the definition of an id that is in force at an instant, in µs.
func (d *Definitions) At(ctx context.Context, id string, at int64) (*procedure.Definition, error) {
	rows, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].ID == id && inForce(rows[i], time.UnixMicro(at)) {
			return d.ByHash(ctx, rows[i].Hash)
		}
	}
	return nil, fault.New(fault.NotFound, "app.no_definition", "definition", id)
}

func inForce(r store.Definition, at time.Time) bool {
	today := jalali.FromTime(at).Civil()
	return r.From <= today && (r.To == "" || r.To > today)
}

// InForce gives the definitions in force today, one for each procedure.
func (d *Definitions) InForce(ctx context.Context) ([]*procedure.Definition, error) {
	now := d.clock.Now()
	return d.some(ctx, func(r store.Definition) bool { return inForce(r, now) })
}

// All gives every published definition.
func (d *Definitions) All(ctx context.Context) ([]*procedure.Definition, error) {
	return d.some(ctx, func(store.Definition) bool { return true })
}

func (d *Definitions) some(ctx context.Context, want func(store.Definition) bool) ([]*procedure.Definition, error) {
	rows, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	var out []*procedure.Definition
	for _, r := range rows {
		if !want(r) {
			continue
		}
		def, err := d.ByHash(ctx, r.Hash)
		if err != nil {
			return nil, err
		}
		out = append(out, def)
	}
	return out, nil
}

// inForce gives published procedures by id, to prove rounds against.
func (a *App) inForce(ctx context.Context) func(string) *procedure.Definition {
	return func(id string) *procedure.Definition {
		def, err := a.Defs.Current(ctx, id)
		if err != nil {
			return nil
		}
		return def
	}
}
