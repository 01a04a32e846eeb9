package app

import (
	"context"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/health"
)

// vitals asks the database how it is.
type vitals struct{ a *App }

// State is asked at most once a second, whoever looks.
func (v vitals) State(ctx context.Context) (health.State, error) {
	var out health.State
	err := v.a.Store.Read(access.AsServer(ctx), func(ctx context.Context, tx storeTx) error {
		var err error
		if out.Outbox, err = tx.Waiting(ctx); err != nil {
			return err
		}
		now := v.a.Clock.Now().UnixMicro()
		due, err := tx.DueClocks(ctx, now, dueShown)
		if err != nil {
			return err
		}
		out.DueClocks = int64(len(due))
		if len(due) > 0 {
			out.OldestDue = due[0].Due
		}
		out.Entries, out.Checkpointed, err = tx.LogSize(ctx, v.a.Province)
		return err
	})
	if c := v.a.Store.Shipped(); c.On {
		out.Backup = &health.Backup{Lag: c.Behind, Record: c.Record, Whole: c.Whole, Failing: c.Failing != nil}
	}
	return out, err
}

// dueShown caps how many due clocks are counted.
const dueShown = 1000
