package app

import (
	"context"
	"io"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/surface/sheet"
	"rahgosha/internal/surface/web"
)

// How long, and how many, sheets that were read as a trial are kept in memory. They hold personal values: none is
// written down before it is confirmed.
const (
	keepRun = time.Hour
	maxRuns = 16
)

// importRun is a sheet between its trial and its landing.
type importRun struct {
	id, person string
	until      time.Time
	in         registry.Import
	out        registry.Outcome
	done       bool
}

// importer takes units from sheets that people give on the page.
type importer struct {
	a    *App
	mu   sync.Mutex
	runs []*importRun // the oldest first
}

func newImporter(a *App) *importer { return &importer{a: a} }

// Preview reads a sheet, says what would happen, and keeps it for an hour.
func (i *importer) Preview(ctx context.Context, p access.Principal, name string, unit money.Unit, r io.Reader) (*web.ImportRun, error) {
	if err := access.Authorize(p, "units", "import"); err != nil {
		return nil, err
	}
	rows, err := sheet.Read(name, r)
	if err != nil {
		return nil, err
	}
	run := &importRun{id: NewID(), person: p.Person, until: i.a.Clock.Now().Add(keepRun),
		in: registry.Import{Province: p.Province, File: name, By: p.Person, Rows: rows, Dry: true, AmountUnit: unit}}
	if run.out, err = i.a.Registry.Import(ctx, run.in); err != nil {
		return nil, err
	}
	i.keep(run)
	return run.view(), nil
}

func (i *importer) keep(run *importRun) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.runs = append(i.live(), run)
	if len(i.runs) > maxRuns {
		i.runs = append([]*importRun{}, i.runs[len(i.runs)-maxRuns:]...)
	}
}

func (i *importer) live() (out []*importRun) {
	now := i.a.Clock.Now()
	for _, r := range i.runs {
		if now.Before(r.until) {
			out = append(out, r)
		}
	}
	return out
}

// find gives a person's own run; what is gone or somebody else's is not found.
func (i *importer) find(p access.Principal, id string) (importRun, error) {
	if err := access.Authorize(p, "units", "import"); err != nil {
		return importRun{}, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, r := range i.live() {
		if r.id == id && r.person == p.Person && r.in.Province == p.Province {
			return *r, nil
		}
	}
	return importRun{}, fault.New(fault.NotFound, "app.import_gone")
}

// Confirm lands a sheet. Confirming twice writes nothing the second time.
func (i *importer) Confirm(ctx context.Context, p access.Principal, id string) (*web.ImportRun, error) {
	run, err := i.find(p, id)
	if err != nil {
		return nil, err
	}
	run.in.Dry = false
	if run.out, err = i.a.Registry.Import(ctx, run.in); err != nil {
		return nil, err
	}
	run.done = true
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, r := range i.runs {
		if r.id == id {
			i.runs[n] = &run
		}
	}
	return run.view(), nil
}

// Rejects gives the bad rows as a workbook.
func (i *importer) Rejects(_ context.Context, p access.Principal, id string) ([]byte, error) {
	run, err := i.find(p, id)
	if err != nil {
		return nil, err
	}
	return rejectsOf(run.out)
}

func (r *importRun) view() *web.ImportRun {
	out := &web.ImportRun{ID: r.id, Name: r.in.File, Rows: r.out.Rows, Landed: r.out.Landed, Review: r.out.Review, Done: r.done}
	for _, a := range r.out.Amounts {
		out.Amounts = append(out.Amounts, amountText(a))
	}
	for _, b := range r.out.Bad {
		out.Bad = append(out.Bad, web.BadRow{Row: b.Row, Column: b.Column, Value: b.Value, Reason: b.Reason})
	}
	return out
}
