package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rahgosha/internal/kernel/party"
)

// twice submits the same request in two transactions at once and tells how many of them saw the other. Each looks, and
// stays until the other has looked too; where one waits for the other's end that cannot be, and patience ends it.
func twice(t *testing.T, s *Store, patience time.Duration) (seen int) {
	t.Helper()
	for _, id := range []string{"c1", "c2"} {
		write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, id, 1, [32]byte{}) })
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var looked sync.WaitGroup
	looked.Add(2)
	both := make(chan struct{})
	go func() { looked.Wait(); close(both) }()
	for _, id := range []string{"c1", "c2"} {
		wg.Go(func() {
			found := 0
			var look sync.Once // a transaction that met another's runs again
			err := s.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				others, err := tx.Alike(ctx, province, id, "k", start.UnixMicro())
				if err != nil {
					return err
				}
				found = len(others)
				look.Do(looked.Done)
				select {
				case <-both:
				case <-time.After(patience):
				}
				return tx.SaveDedup(ctx, province, id, []string{"k"})
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen += found
		})
	}
	wg.Wait()
	return seen
}

func TestOfTwoRequestsAtOnceOneSeesTheOther(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if seen := twice(t, s, 100*time.Millisecond); seen != 1 {
			t.Errorf("%d of two same requests saw the other, want 1", seen)
		}
	})
}

// The test above must find a store that does not wait.
func TestHastyRequestsMissEachOther(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.URL, cfg.hasty = postgres(t), true
	if seen := twice(t, open(t, cfg), time.Minute); seen != 0 {
		t.Errorf("%d saw the other, want 0: the control does not control", seen)
	}
}

// Of two same requests in one group, which run at once, one sees the other; a store that does not wait misses both.
func TestOfTwoRequestsInAGroupOneSeesTheOther(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int64{"waiting": 1, "hasty": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := besideConfig(t)
			cfg.hasty = name == "hasty"
			s := open(t, cfg)
			for _, id := range []string{"c0", "c1"} {
				write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, id, 1, [32]byte{}) })
			}
			var seen atomic.Int64
			for i, err := range grouped(t, s, 2, func(_ context.Context, _ func(), i int, ctx context.Context, tx *Tx) error {
				id := fmt.Sprint("c", i)
				others, err := tx.Alike(ctx, province, id, "k", start.UnixMicro())
				if err != nil {
					return err
				}
				seen.Add(int64(len(others)))
				time.Sleep(200 * time.Millisecond) // until the other has looked too, where it may
				return tx.SaveDedup(ctx, province, id, []string{"k"})
			}) {
				if err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			}
			if seen.Load() != want {
				t.Errorf("%d of two same requests saw the other, want %d", seen.Load(), want)
			}
		})
	}
}

// With a person go the keys made of what they said, and nobody else's.
func TestErasureTakesTheKeysOfSameRequests(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for _, id := range []string{"p8", "p9"} {
			write(t, s, func(ctx context.Context, t *Tx) error {
				if err := t.InsertPerson(ctx, party.PersonRow{ID: id, State: party.Active}); err != nil {
					return err
				}
				r := row("c"+id, 1)
				r.Parties = map[string]string{"opener": id}
				if err := t.SaveCase(ctx, r, []byte(`{}`)); err != nil {
					return err
				}
				return t.SaveDedup(ctx, province, "c"+id, []string{"k"})
			})
		}
		write(t, s, func(ctx context.Context, t *Tx) error { return t.ErasePerson(ctx, "p9", 1) })
		if n := count(t, s, "case_dedup WHERE case_id = 'cp9'"); n != 0 {
			t.Errorf("%d keys of the erased person are left", n)
		}
		if n := count(t, s, "case_dedup"); n != 1 {
			t.Errorf("%d keys in all, want the other person's", n)
		}
	})
}
