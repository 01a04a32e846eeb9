package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
)

// paceDays is how far back a pace looks; overlap is read again each time, for a commit may come a little after its instant.
const (
	paceDays = 365
	overlap  = 5 * time.Minute
)

// paces keeps what cases have finished, so that a pace costs no more than the cases changed since it was last asked for and
// acts write nothing for it. It is safe for concurrent use.
type paces struct {
	a  *App
	mu sync.Mutex
	by map[string]*paceBook
}

// paceBook is the laps of one procedure by case, up to the newest change seen.
type paceBook struct {
	seen int64
	laps map[string][]casework.Lap
}

func newPaces(a *App) *paces { return &paces{a: a, by: map[string]*paceBook{}} }

// Pace gives the pace of a procedure over the last year to who may count its cases.
func (a *App) Pace(ctx context.Context, who casework.Caller, d *procedure.Definition) (casework.Pace, error) {
	if err := casework.MayCount(d, who); err != nil {
		return casework.Pace{}, err
	}
	return a.pace.of(ctx, d)
}

// of brings the book up to date and computes the pace of the last paceDays.
func (p *paces) of(ctx context.Context, d *procedure.Definition) (casework.Pace, error) {
	ctx = access.AsServer(ctx) // the book is everybody's
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.a.Clock.Now().AddDate(0, 0, -paceDays).UnixMicro()
	b := p.by[d.ID]
	if b == nil {
		b = &paceBook{seen: since, laps: map[string][]casework.Lap{}}
	}
	err := p.a.Engine.Laps(ctx, p.a.Province, d.ID, b.seen-overlap.Microseconds(), func(id string, changed int64, laps []casework.Lap) {
		b.laps[id], b.seen = laps, max(b.seen, changed)
	})
	if err != nil {
		return casework.Pace{}, err
	}
	p.by[d.ID] = b
	return casework.PaceOf(d, b.all(since), since), nil
}

// ahead reads the books of all procedures after a start, so that the first manager who asks for medians does not wait while
// a year of states is read. Who asks meanwhile waits for the rest of it.
func (p *paces) ahead(ctx context.Context) {
	defs, err := p.a.Defs.All(ctx)
	for _, d := range defs {
		if err == nil {
			_, err = p.of(ctx, d)
		}
	}
	if err != nil && ctx.Err() == nil {
		p.a.Log.WarnContext(ctx, "paces not read ahead", "error", err)
	}
}

// all gives the laps that still count and forgets the cases that have none.
func (b *paceBook) all(since int64) []casework.Lap {
	var out []casework.Lap
	for id, laps := range b.laps {
		if !slices.ContainsFunc(laps, func(l casework.Lap) bool { return l.Ended >= since }) {
			delete(b.laps, id)
			continue
		}
		out = append(out, laps...)
	}
	return out
}
