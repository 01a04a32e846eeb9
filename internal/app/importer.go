package app

import (
	"context"
	"io"
	"sync"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/surface/sheet"
	"rahgosha/internal/surface/web"
)

// How long, and how many, sheets that were read as a trial are kept in memory. They hold personal values: none is
// written down before it is confirmed.
const (
	keepRun = time.Hour
	maxRuns = 16
)

// settleTime is how long a confirmation waits for the end, so that a small sheet is answered with its outcome.
const settleTime = 1500 * time.Millisecond

// sheetOutcome is what became of a sheet, of any kind.
type sheetOutcome interface {
	rejected
	// show writes the outcome onto the page's view.
	show(v *web.ImportRun)
	stopped() bool
}

// takeSheet imports a sheet: as a trial, or for good with word of its progress.
type takeSheet func(ctx context.Context, dry bool, progress func(done, of int)) (sheetOutcome, error)

// importRun is a sheet between its trial and its end. Its fields are read and written under the importer's lock.
type importRun struct {
	id, person, province, kind, file string
	until                            time.Time
	take                             takeSheet
	out                              sheetOutcome
	cancel                           context.CancelFunc // of the landing; nil before
	ended                            chan struct{}
	done                             bool
	err                              error
	at, of                           int
}

// importer takes sheets that people give on the pages. A landing goes on when its page is left, and shows its progress.
type importer struct {
	a    *App
	mu   sync.Mutex
	runs []*importRun // the oldest first
}

func newImporter(a *App) *importer { return &importer{a: a} }

// mayImport lets through who may import a kind of sheet.
func mayImport(p access.Principal, kind string) error {
	if kind != web.SheetUnits && kind != web.SheetReferrals {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return access.Authorize(p, kind, "import")
}

// Preview reads a sheet, says what would happen, and keeps it for an hour.
func (i *importer) Preview(ctx context.Context, p access.Principal, kind, name string, unit money.Unit, r io.Reader) (*web.ImportRun, error) {
	if err := mayImport(p, kind); err != nil {
		return nil, err
	}
	r, err := i.a.judged(ctx, r)
	if err != nil {
		return nil, err
	}
	rows, err := sheet.Read(name, r)
	if err != nil {
		return nil, err
	}
	run := &importRun{id: NewID(), person: p.Person, province: p.Province, kind: kind, file: name, until: i.a.Clock.Now().Add(keepRun)}
	if run.take = i.a.takeUnits(p, name, unit, rows); kind == web.SheetReferrals {
		run.take = i.a.takeReferrals(p, name, unit, rows)
	}
	if run.out, err = run.take(ctx, true, nil); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.runs = append(i.live(), run)
	if len(i.runs) > maxRuns {
		i.runs = append([]*importRun{}, i.runs[len(i.runs)-maxRuns:]...)
	}
	return run.view(), nil
}

// live are the runs that are kept still: those that land are, however long it takes.
func (i *importer) live() (out []*importRun) {
	now := i.a.Clock.Now()
	for _, r := range i.runs {
		if now.Before(r.until) || r.cancel != nil && !r.done {
			out = append(out, r)
		}
	}
	return out
}

// find gives a person's own run; what is gone or somebody else's is not found. The lock is held.
func (i *importer) find(p access.Principal, kind, id string) (*importRun, error) {
	if err := mayImport(p, kind); err != nil {
		return nil, err
	}
	for _, r := range i.live() {
		if r.id == id && r.kind == kind && r.person == p.Person && r.province == p.Province {
			return r, nil
		}
	}
	return nil, fault.New(fault.NotFound, "app.import_gone")
}

// Run shows a sheet as it stands.
func (i *importer) Run(_ context.Context, p access.Principal, kind, id string) (*web.ImportRun, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	run, err := i.find(p, kind, id)
	if err != nil {
		return nil, err
	}
	return run.view(), run.err
}

// Confirm lands a sheet and waits a moment for its end; a large one goes on. Confirming twice lands once.
func (i *importer) Confirm(ctx context.Context, p access.Principal, kind, id string) (*web.ImportRun, error) {
	i.mu.Lock()
	run, err := i.find(p, kind, id)
	if err == nil && run.cancel == nil {
		i.start(ctx, run)
	}
	i.mu.Unlock()
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	select {
	case <-run.ended:
	case <-wait.Done():
	}
	return i.Run(ctx, p, kind, id)
}

// start lands a sheet beside the requests; closing the product stops it between two parts.
func (i *importer) start(asks context.Context, run *importRun) {
	ctx, cancel := context.WithCancel(access.Within(i.a.background, access.ScopeOf(asks)))
	run.cancel, run.ended, run.of = cancel, make(chan struct{}), 0
	i.a.working.Go(func() {
		defer cancel()
		defer close(run.ended)
		out, err := run.take(ctx, false, func(done, of int) {
			i.mu.Lock()
			defer i.mu.Unlock()
			run.at, run.of = done, of
		})
		i.mu.Lock()
		defer i.mu.Unlock()
		if run.done, run.err = true, err; err == nil {
			run.out = out
		}
	})
}

// Cancel stops a landing between two parts: what landed is whole, and the sheet given again lands the rest.
func (i *importer) Cancel(ctx context.Context, p access.Principal, kind, id string) (*web.ImportRun, error) {
	i.mu.Lock()
	run, err := i.find(p, kind, id)
	if err == nil && run.cancel == nil {
		err = fault.New(fault.Conflict, "app.import_not_running")
	}
	i.mu.Unlock()
	if err != nil {
		return nil, err
	}
	run.cancel()
	select {
	case <-run.ended:
	case <-ctx.Done():
	}
	return i.Run(ctx, p, kind, id)
}

// Rejects gives the bad rows as a workbook.
func (i *importer) Rejects(_ context.Context, p access.Principal, kind, id string) ([]byte, error) {
	i.mu.Lock()
	run, err := i.find(p, kind, id)
	i.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return rejectsOf(run.out)
}

func (r *importRun) view() *web.ImportRun {
	out := &web.ImportRun{ID: r.id, Kind: r.kind, Name: r.file, Done: r.done, Running: r.cancel != nil && !r.done, At: r.at, Of: r.of, Stopped: r.done && r.out.stopped()}
	r.out.show(out)
	return out
}

type unitsOutcome struct{ registry.Outcome }

func (a *App) takeUnits(p access.Principal, name string, unit money.Unit, rows [][]string) takeSheet {
	return func(ctx context.Context, dry bool, progress func(done, of int)) (sheetOutcome, error) {
		out, err := a.Registry.Import(ctx, registry.Import{Province: p.Province, File: name, By: p.Person, Rows: rows, Dry: dry, AmountUnit: unit, Progress: progress})
		return unitsOutcome{out}, err
	}
}

func (o unitsOutcome) stopped() bool { return o.Stopped }

func (o unitsOutcome) show(v *web.ImportRun) {
	v.Rows, v.Landed, v.Review, v.Unknown = o.Rows, o.Landed, o.Review, o.Unknown
	showCells(v, o.Amounts, o.Bad)
}

type referralsOutcome struct{ referral.Outcome }

// takeReferrals imports referrals; of a bank's head its own bank's only, which are compared and open nothing.
func (a *App) takeReferrals(p access.Principal, name string, unit money.Unit, rows [][]string) takeSheet {
	in := referral.Import{Province: p.Province, File: name, By: p.Person, Rows: rows, AmountUnit: unit}
	if p.Is("bank.head") {
		in.Bank = p.Body
	}
	return func(ctx context.Context, dry bool, progress func(done, of int)) (sheetOutcome, error) {
		in := in
		in.Dry, in.Progress = dry, progress
		out, err := a.Referral.Import(ctx, in)
		return referralsOutcome{out}, err
	}
}

func (o referralsOutcome) stopped() bool { return o.Stopped }

func (o referralsOutcome) show(v *web.ImportRun) {
	v.Rows, v.Landed, v.Review, v.Unknown, v.Opened = o.Rows, o.Landed, o.Review, o.Unknown, o.Opened
	for _, w := range o.Waiting {
		v.Waiting = append(v.Waiting, web.WaitingRow{Row: w.Row, Reason: waitsText(w.Reason)})
	}
	for _, c := range o.Claimed {
		if c.N > 0 {
			v.Claims = append(v.Claims, web.ClaimedStep{Step: locale.Of("referral.step."+c.Step, nil), N: c.N, Amount: c.Amount})
		}
	}
	showCells(v, o.Amounts, o.Bad)
}

func showCells(v *web.ImportRun, amounts []registry.Amount, bad []registry.BadCell) {
	for _, a := range amounts {
		v.Amounts = append(v.Amounts, amountText(a))
	}
	for _, b := range bad {
		v.Bad = append(v.Bad, web.BadRow{Row: b.Row, Column: b.Column, Value: b.Value, Reason: b.Reason})
	}
}
