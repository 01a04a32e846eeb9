// Package outbox carries out what entries of the journal left to be done after their commit. Delivery is at least once:
// a message is leased, handled outside any transaction, and then marked done. A worker that dies in between leaves a
// lease that ends, and the message comes again; so a handler de-duplicates by Leased.Key.
package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// Leased is a message that its consumer has until its lease ends. N tells messages of one entry and topic apart;
// Attempt, from 1, is the ticket with which it is given back.
type Leased struct {
	casework.Message
	N       int64
	Attempt int64
}

// Key is the same for every delivery of one message and for no other message: what a handler de-duplicates by.
func (l Leased) Key() string {
	return fmt.Sprintf("%s/%s/%s/%d", l.Province, l.Entry, l.Topic, l.N)
}

// Handler carries out one message. An Invalid, NotFound or Refused fault says that trying again is of no use.
type Handler func(ctx context.Context, m Leased) error

// Tx marks messages; *store.Tx satisfies it.
type Tx interface {
	Done(ctx context.Context, m Leased) error
	// Retry gives a message back for later, or discards it after most attempts.
	Retry(ctx context.Context, m Leased, wait time.Duration, most int64, reason string) (discarded bool, err error)
	// Renew lets a lease end no sooner than an instant, µs; false when it has passed to somebody else.
	Renew(ctx context.Context, m Leased, until int64) (ours bool, err error)
}

// Config is what a Worker needs; all of it.
type Config struct {
	// Lease takes up to n messages of the topics for so long, the oldest first; now is µs.
	Lease    func(ctx context.Context, now int64, topics []string, n int, lease time.Duration) ([]Leased, error)
	Write    func(ctx context.Context, fn func(context.Context, Tx) error) error
	Clock    clock.Clock
	Log      *slog.Logger
	Handlers map[string]Handler // by topic
	Renew    time.Duration      // how often the lease of a message under way is renewed; 0 is 10 s
}

// How messages are taken: so many at once, for so long. One is begun while half of its lease is left, and its lease is renewed
// as long as its handler works; so what a worker dies with comes again soon, and a long work is nobody else's meanwhile.
const (
	portion    = 20
	leaseFor   = 30 * time.Second
	renewEvery = leaseFor / 3
	handleFor  = 2 * time.Minute
	firstWait  = 5 * time.Second
	mostWait   = time.Hour
	mostTries  = 15 // with doubling waits: about five hours
)

// Farthest is longer than any message is ever put off. One that lies farther ahead was put off by a clock that has been set
// back since, and is due.
const Farthest = 2 * mostWait

// Worker drains the outbox. It is safe for concurrent use: two workers never hold one message.
type Worker struct{ cfg Config }

// New makes a worker; invalid outbox.config when something is missing.
func New(cfg Config) (*Worker, error) {
	if cfg.Lease == nil || cfg.Write == nil || cfg.Clock == nil || cfg.Log == nil {
		return nil, fault.New(fault.Invalid, "outbox.config")
	}
	cfg.Renew = cmp.Or(cfg.Renew, renewEvery)
	return &Worker{cfg}, nil
}

// Drain carries out one portion of the waiting messages of those topics that have a handler, and tells how many it took.
// A message that fails does not hold up the others; the error is that of the store.
func (w *Worker) Drain(ctx context.Context, topics []string) (int, error) {
	topics = w.handled(topics)
	if len(topics) == 0 {
		return 0, nil
	}
	batch, err := w.cfg.Lease(ctx, w.cfg.Clock.Now().UnixMicro(), topics, portion, leaseFor)
	if err != nil {
		return 0, err
	}
	began := w.cfg.Clock.Now()
	for i, m := range batch {
		if ctx.Err() != nil || w.cfg.Clock.Now().Sub(began) > leaseFor/2 {
			return i, nil // the leases of the rest end by themselves, before somebody else takes them
		}
		if err := w.carryOut(ctx, m); err != nil {
			return i, err
		}
	}
	return len(batch), nil
}

func (w *Worker) handled(topics []string) (out []string) {
	for _, t := range topics {
		if w.cfg.Handlers[t] != nil {
			out = append(out, t)
		}
	}
	return out
}

func (w *Worker) carryOut(ctx context.Context, m Leased) error {
	cause := w.handle(ctx, m)
	own := context.WithoutCancel(ctx) // what was carried out is marked even while the programme is stopping
	if cause == nil {
		return w.cfg.Write(own, func(ctx context.Context, t Tx) error { return t.Done(ctx, m) })
	}
	var discarded bool
	most := int64(mostTries)
	if hopeless(cause) {
		most = m.Attempt
	}
	err := w.cfg.Write(own, func(ctx context.Context, t Tx) (err error) {
		discarded, err = t.Retry(ctx, m, wait(m.Attempt), most, reason(cause))
		return err
	})
	w.cfg.Log.WarnContext(ctx, "message failed", "message", m.Key(), "attempt", m.Attempt, "discarded", discarded, "reason", reason(cause))
	return err
}

// handle calls the handler with its time, keeps the lease meanwhile, and turns a panic into a failure of this message alone.
func (w *Worker) handle(ctx context.Context, m Leased) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handleFor)
	var keeper sync.WaitGroup
	keeper.Go(func() { w.keep(ctx, cancel, m) })
	defer keeper.Wait()
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", p), fault.Internal, "outbox.panic")
		}
	}()
	return w.cfg.Handlers[m.Topic](ctx, m)
}

// keep renews the lease of a message until ctx ends, and stops its handler once somebody else has the message.
func (w *Worker) keep(ctx context.Context, stop context.CancelFunc, m Leased) {
	tick := time.NewTicker(w.cfg.Renew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ours := true
		err := w.cfg.Write(ctx, func(ctx context.Context, t Tx) (err error) {
			ours, err = t.Renew(ctx, m, w.cfg.Clock.Now().Add(leaseFor).UnixMicro())
			return err
		})
		if err != nil && ctx.Err() == nil { // the lease may still hold, and the next try come in time
			w.cfg.Log.WarnContext(ctx, "lease not renewed", "message", m.Key(), "reason", reason(err))
		}
		if !ours {
			stop()
		}
	}
}

// hopeless says that the same message will fail the same way.
func hopeless(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Refused:
		return true
	}
	return false
}

// wait doubles from attempt to attempt.
func wait(attempt int64) time.Duration {
	if attempt > 10 {
		return mostWait
	}
	return min(firstWait<<max(attempt-1, 0), mostWait)
}

// reason is what is stored of a failure: a key, never a text that could name somebody.
func reason(err error) string {
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return f.Key
	case errors.Is(err, context.DeadlineExceeded):
		return "outbox.timeout"
	}
	return "outbox.failed"
}
