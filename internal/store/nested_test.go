package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd has many more readers at once than there are connections, each of which reads again within its own read, or
// within its own write, once as many are there as can be at once. It gives the first error.
func crowd(ctx context.Context, s *Store, atOnce int, outer func(context.Context, func(context.Context, *Tx) error) error) error {
	var wg sync.WaitGroup
	var here atomic.Int64
	errs := make(chan error, 64)
	arrived := make(chan struct{})
	for range 4 * s.cfg.Readers {
		wg.Go(func() {
			errs <- outer(ctx, func(ctx context.Context, _ *Tx) error {
				if here.Add(1) == int64(atOnce) {
					close(arrived)
				}
				select {
				case <-arrived:
				case <-ctx.Done():
				}
				return s.Read(ctx, func(ctx context.Context, t *Tx) error {
					_, err := t.CalendarVersion(ctx, "any")
					return err
				})
			})
		})
	}
	wg.Wait()
	close(errs)
	var err error
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// Any number of requests that read within a read, or within a write, come to their end.
func TestReadersNeverWaitForEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := crowd(ctx, s, s.cfg.Readers, s.Read); err != nil {
			t.Errorf("reads within reads: %v", err)
		}
		if err := crowd(ctx, s, 1, s.Write); err != nil {
			t.Errorf("reads within writes: %v", err)
		}
	})
}

// aside has every connection that reads taken, and says whether a command that reads meanwhile is done within a time.
func aside(t *testing.T, s *Store, limit time.Duration) bool {
	t.Helper()
	var here, rest sync.WaitGroup
	free, done := make(chan struct{}), make(chan error, 1)
	here.Add(s.cfg.Readers)
	for range s.cfg.Readers {
		rest.Go(func() {
			err := s.Read(t.Context(), func(context.Context, *Tx) error {
				here.Done()
				<-free
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	here.Wait()
	rest.Go(func() {
		done <- s.Write(t.Context(), func(ctx context.Context, _ *Tx) error {
			return s.Read(ctx, func(ctx context.Context, t *Tx) error {
				_, err := t.CalendarVersion(ctx, "any")
				return err
			})
		})
	})
	defer rest.Wait()
	defer close(free)
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
		return err == nil
	case <-time.After(limit):
		return false
	}
}

// However many read, a command that reads beside its transaction goes on.
func TestACommandNeverWaitsForReaders(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if !aside(t, s, time.Minute) {
			t.Error("a command that reads waited for others who do")
		}
		s.cfg.humble = true
		if aside(t, s, time.Second/2) {
			t.Error("a command that queues with all readers was done while they held every connection")
		}
	})
}

// The test of readers must find a store whose nested reads take connections of their own.
func TestGreedyReadersWaitForEver(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.greedy = true
	s := open(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := crowd(ctx, s, s.cfg.Readers, s.Read); err == nil {
		t.Error("readers that each hold a connection and want another came to an end")
	}
}
