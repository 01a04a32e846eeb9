package app

import (
	"context"
	"errors"
	"time"

	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/surface/jobs"
)

// migrateAtOnce cases are looked up at a time; each is carried over in a transaction of its own.
const migrateAtOnce = 200

// migrateEvery is how soon running cases follow a publication on another node.
const migrateEvery = time.Minute

// MigrateRunning carries the running cases of older versions over to every definition in force that covers them. It may
// run at any time and as often as one likes: who went over or was asked is passed by.
func (a *App) MigrateRunning(ctx context.Context) error {
	in, err := a.Defs.InForce(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, next := range in {
		if next.Migration != nil {
			failed = append(failed, a.migrateTo(ctx, next))
		}
	}
	return errors.Join(failed...)
}

func (a *App) migrateTo(ctx context.Context, next *procedure.Definition) error {
	all, err := a.Defs.All(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, old := range all {
		if old.ID != next.ID || old.Hash == next.Hash || !next.Migration.Covers(old.Version) {
			continue
		}
		tally, err := a.Engine.Migrate(ctx, a.Province, old, next, migrateAtOnce)
		failed = append(failed, err)
		if tally.Over+tally.Asked > 0 {
			a.Log.InfoContext(ctx, "running cases met a newer version", "procedure", next.ID, "from", old.Version, "to", next.Version,
				"over", tally.Over, "asked", tally.Asked, "left", tally.Left)
		}
	}
	return errors.Join(failed...)
}

func (a *App) migrationJob() jobs.Job {
	return jobs.Job{
		Name: "migration", Next: func(time.Time) time.Duration { return migrateEvery },
		Run: func(ctx context.Context) (bool, error) { return false, a.MigrateRunning(ctx) },
	}
}
