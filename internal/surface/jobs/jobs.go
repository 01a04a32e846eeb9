// Package jobs runs what is not a request: due clocks, messages of the outbox, the numbering of the log, nightly checks.
// A job is only a wake-up. What must be done stands in rows, so a run that comes late, twice or on two nodes changes
// nothing, and a job that fails is tried again, more and more slowly, until it succeeds.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"rahgosha/internal/base/clock"
)

// Job is one thing done again and again. Its name is unique in a Runner.
type Job struct {
	Name string
	// Next gives how long to wait after a run that ended well, from now.
	Next func(now time.Time) time.Duration
	// First makes the job wait for its time before the first run, instead of running at once.
	First bool
	// Run does one portion; more says that another portion is ready, and Run is called again at once.
	Run func(ctx context.Context) (more bool, err error)
}

// Waits after failures: the first, and the longest.
const (
	firstWait = time.Second
	mostWait  = time.Minute
)

// Runner runs jobs side by side, each in a loop of its own. It is safe for concurrent use.
type Runner struct {
	clock  clock.Clock
	log    *slog.Logger
	jobs   []Job
	nudges map[string]chan struct{}
}

// New makes a runner; a job without a name, a run or a next time, or with the name of another, is an error.
func New(c clock.Clock, log *slog.Logger, jobs ...Job) (*Runner, error) {
	r := &Runner{clock: c, log: log, jobs: jobs, nudges: map[string]chan struct{}{}}
	for _, j := range jobs {
		if j.Name == "" || j.Run == nil || j.Next == nil {
			return nil, fmt.Errorf("jobs: %q needs a name, a run and a next time", j.Name)
		}
		if r.nudges[j.Name] != nil {
			return nil, fmt.Errorf("jobs: two jobs are called %q", j.Name)
		}
		r.nudges[j.Name] = make(chan struct{}, 1)
	}
	return r, nil
}

// Run runs all jobs until ctx ends, and returns when the last of them has. A run under way is told by its context.
func (r *Runner) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, j := range r.jobs {
		all.Go(func() { r.loop(ctx, j) })
	}
	all.Wait()
}

// Nudge makes a job run now instead of at its time, also when it is waiting after a failure. Several nudges before it
// runs are one; a name that no job has is ignored.
func (r *Runner) Nudge(name string) {
	select {
	case r.nudges[name] <- struct{}{}:
	default:
	}
}

func (r *Runner) loop(ctx context.Context, j Job) {
	if j.First && !r.wait(ctx, j, j.Next(r.clock.Now())) {
		return
	}
	failures := 0
	for ctx.Err() == nil {
		more, err := r.once(ctx, j)
		pause := j.Next(r.clock.Now())
		switch {
		case err != nil:
			failures++
			pause = backoff(failures)
			r.failed(ctx, j, failures, err)
		case more:
			failures, pause = 0, 0
		default:
			failures = 0
		}
		if !r.wait(ctx, j, pause) {
			return
		}
	}
}

// once runs one portion; a panic is a failure like any other.
func (r *Runner) once(ctx context.Context, j Job) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			more, err = false, fmt.Errorf("panic in job %s", j.Name)
			r.log.ErrorContext(ctx, "job panicked", "job", j.Name, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	return j.Run(ctx)
}

func (r *Runner) failed(ctx context.Context, j Job, failures int, err error) {
	if ctx.Err() != nil {
		return // it was told to stop: nothing failed
	}
	r.log.ErrorContext(ctx, "job failed", "job", j.Name, "times", failures, "again_in", backoff(failures), "error", Plain(err))
}

// wait sleeps until the pause is over or the job is nudged; false when ctx ended.
func (r *Runner) wait(ctx context.Context, j Job, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-r.nudges[j.Name]:
	}
	return true
}

// backoff doubles from firstWait to mostWait.
func backoff(failures int) time.Duration {
	wait := firstWait
	for range failures - 1 {
		if wait *= 2; wait >= mostWait {
			return mostWait
		}
	}
	return wait
}
