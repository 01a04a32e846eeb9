package jobs

import (
	"context"
	"time"

	"rahgosha/internal/base/clock"
)

// Names of the jobs, for Nudge and the log.
const (
	ClocksName = "clocks"
	OutboxName = "outbox"
	ReplayName = "replay"
)

// Waker fires the clocks that are due, at most limit of them, and tells how many it looked at.
type Waker interface {
	Wake(ctx context.Context, limit int) (int, error)
}

// Drainer carries out messages of the outbox that are waiting, and tells how many it took.
type Drainer interface {
	Drain(ctx context.Context, topics []string) (int, error)
}

const (
	wakeEvery  = time.Second
	wakeAtOnce = 200
	drainEvery = time.Second
)

// Topics are those of the messages that the engine writes.
var Topics = []string{"letter", "notify", "publish", "round"}

// Every gives the same pause after each run.
func Every(d time.Duration) func(time.Time) time.Duration {
	return func(time.Time) time.Duration { return d }
}

// NightlyAt gives the time to the next hour:minute in Tehran, never zero.
func NightlyAt(hour, minute int) func(time.Time) time.Duration {
	return func(now time.Time) time.Duration {
		local := now.In(clock.Tehran)
		next := time.Date(local.Year(), local.Month(), local.Day(), hour, minute, 0, 0, clock.Tehran)
		if !next.After(now) {
			next = time.Date(local.Year(), local.Month(), local.Day()+1, hour, minute, 0, 0, clock.Tehran)
		}
		return next.Sub(now)
	}
}

// Clocks looks for due clocks every second, and again at once while a look came back full.
func Clocks(w Waker) Job {
	return Job{Name: ClocksName, Next: Every(wakeEvery), Run: func(ctx context.Context) (bool, error) {
		n, err := w.Wake(ctx, wakeAtOnce)
		return n == wakeAtOnce, err
	}}
}

// Outbox carries out the messages of all topics, and goes on while there are any.
func Outbox(d Drainer) Job {
	return Job{Name: OutboxName, Next: Every(drainEvery), Run: func(ctx context.Context) (bool, error) {
		n, err := d.Drain(ctx, Topics)
		return n > 0, err
	}}
}

// Forever runs a loop that has its own rhythm and returns only when ctx ends, as the sequencer's does. When it returns
// earlier it has nothing to do here, and it is asked again after an hour.
func Forever(name string, loop func(ctx context.Context)) Job {
	return Job{Name: name, Next: Every(time.Hour), Run: func(ctx context.Context) (bool, error) {
		loop(ctx)
		return false, nil
	}}
}

// Replay checks every night at half past two in Tehran that the stored cases are the fold of their entries.
func Replay(check func(ctx context.Context) error) Job {
	return Job{Name: ReplayName, First: true, Next: NightlyAt(2, 30), Run: func(ctx context.Context) (bool, error) {
		return false, check(ctx)
	}}
}
