package app

import (
	"context"
	"sync"
	"time"
)

// wakeEvery is how often due clocks are looked for: deadlines are rows, so a late look changes nothing.
const wakeEvery = time.Second

// wakeAtOnce bounds the clocks fired in one look.
const wakeAtOnce = 200

// runJobs does what is not a request until ctx ends: clocks and, on PostgreSQL, the numbering of the log.
func (a *App) runJobs(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.Store.RunSequencer(ctx) })
	all.Go(func() {
		tick := time.NewTicker(wakeEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := a.Engine.Wake(ctx, wakeAtOnce); err != nil && ctx.Err() == nil {
					a.Log.ErrorContext(ctx, "clocks", "error", err)
				}
			}
		}
	})
	all.Wait()
}
