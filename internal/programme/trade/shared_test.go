package trade

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	index "rahgosha/internal/insight/trade"
)

// loaded is a register with one table of exports; it counts how often the table is read, and how often at once.
type loaded struct {
	Tx
	most, now, reads atomic.Int64
}

func (l *loaded) TradeSources(context.Context, string, Kind) ([]Source, error) {
	return []Source{{ID: "s1", Kind: Exports, Edition: "HS2022", Year: 2024}}, nil
}

func (l *loaded) TradeTable(context.Context, string, string) ([]byte, error) {
	l.reads.Add(1)
	l.most.Store(max(l.most.Load(), l.now.Add(1)))
	defer l.now.Add(-1)
	synctest.Wait() // whoever else may read now does
	return Table{Rows: []Row{{Key: "IRN", Sub: "5702", Value: 20}, {Key: "IRN", Sub: "5703", Value: 20}, {Key: "TUR", Sub: "0101", Value: 21},
		{Key: "TUR", Sub: "5702", Value: 19}, {Key: "IND", Sub: "0101", Value: 40}}}.Pack(), nil
}

func (l *loaded) service() *Service {
	return New(Config{Read: func(ctx context.Context, fn func(context.Context, Tx) error) error { return fn(ctx, l) }})
}

// Whoever asks for the compass with another convention again and again has each made once, one at a time, and everybody else's
// usual one stays.
func TestAlternatingConventionsAreComputedOnceAndOneAtATime(t *testing.T) {
	t.Parallel()
	law := func(change func(s *Service)) func(testing.TB) {
		return func(t testing.TB) {
			l := &loaded{}
			s := l.service()
			change(s)
			var all sync.WaitGroup
			for range 3 {
				for _, name := range index.ProfileNames() {
					for range 5 {
						all.Go(func() {
							if _, err := s.World(t.Context(), Ask{Province: "p", Profile: name, Whole: true}); err != nil {
								t.Errorf("%s: %v", name, err)
							}
						})
					}
				}
				all.Wait()
			}
			if n, want := l.reads.Load(), int64(len(index.ProfileNames())); n != want {
				t.Errorf("%d worlds are computed, want %d", n, want)
			}
			if n := l.most.Load(); n != 1 {
				t.Errorf("%d worlds are computed at once", n)
			}
		}
	}
	synctest.Test(t, func(t *testing.T) { law(func(*Service) {})(t) })
	synctest.Test(t, func(t *testing.T) {
		control.Finds(t, "worlds are computed, want", law(func(s *Service) { s.worlds.room = 0 }))
	})
}

// What is asked for beside the usual worlds waits one behind the other, up to a bound.
func TestAQueueOfWorldsIsBounded(t *testing.T) {
	t.Parallel()
	law := func(many int) func(testing.TB) {
		return func(t testing.TB) {
			s := shared[int, int]{seats: make(seats, many), room: 100}
			open := make(chan struct{})
			var at, most, busy atomic.Int64
			work := func(context.Context) (int, error) {
				most.Store(max(most.Load(), at.Add(1)))
				<-open
				at.Add(-1)
				return 1, nil
			}
			var all sync.WaitGroup
			for key := range 20 {
				all.Go(func() {
					if _, err := s.get(t.Context(), key, false, work); fault.Is(err, fault.Unavailable) {
						busy.Add(1)
					}
				})
			}
			synctest.Wait()
			usual := false
			all.Go(func() {
				_, err := s.get(t.Context(), 99, true, work)
				usual = err == nil
			})
			synctest.Wait()
			close(open)
			all.Wait()
			if most.Load() != 1 {
				t.Errorf("%d are made at once", most.Load())
			}
			if busy.Load() != 20-mostQueued {
				t.Errorf("%d of 20 are sent away", busy.Load())
			}
			if !usual {
				t.Error("what everybody asks for is sent away")
			}
		}
	}
	synctest.Test(t, func(t *testing.T) { law(1)(t) })
	synctest.Test(t, func(t *testing.T) { control.Finds(t, "are made at once", law(20)) })
}

// Who goes away stops waiting at once; the work goes on while anybody waits for it and ends where nobody does; who comes after that has
// it begun anew.
func TestWorkThatNobodyWaitsForEnds(t *testing.T) {
	t.Parallel()
	law := func(deaf bool) func(testing.TB) {
		return func(t testing.TB) {
			s := shared[string, int]{seats: make(seats, 1), room: 100}
			open := make(chan struct{})
			ended := 0
			work := func(ctx context.Context) (int, error) {
				if deaf {
					ctx = context.WithoutCancel(ctx)
				}
				select {
				case <-open:
					return 7, nil
				case <-ctx.Done():
					ended++
					return 0, ctx.Err()
				}
			}
			ask := func(ctx context.Context) chan error {
				out := make(chan error, 1)
				go func() {
					_, err := s.get(ctx, "x", true, work)
					out <- err
				}()
				synctest.Wait()
				return out
			}
			first, leave := context.WithCancel(t.Context())
			second, leaveToo := context.WithCancel(t.Context())
			defer leaveToo()
			a, b := ask(first), ask(second)
			leave()
			synctest.Wait()
			if ended != 0 {
				t.Error("what somebody waits for is ended")
			}
			leaveToo()
			synctest.Wait()
			if ended != 1 || len(b) != 1 {
				t.Errorf("what nobody waits for goes on: ended %d times", ended)
			}
			c := ask(t.Context())
			close(open)
			if err := <-c; err != nil {
				t.Errorf("who comes later: %v", err)
			}
			if err := <-b; !fault.Is(err, fault.Unavailable) {
				t.Errorf("who left: %v", err)
			}
			<-a
		}
	}
	synctest.Test(t, func(t *testing.T) { law(false)(t) })
	synctest.Test(t, func(t *testing.T) { control.Finds(t, "what nobody waits for goes on", law(true)) })
}

// What is kept stays within its room, and what everybody asks for outlives what somebody chose.
func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	s := shared[string, int]{seats: make(seats, 1), room: 10, weight: func(v int) int { return v }}
	made := 0
	get := func(key string, usual bool, weight int) {
		_, err := s.get(t.Context(), key, usual, func(context.Context) (int, error) { made++; return weight, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	get("usual", true, 4)
	for i := range 20 {
		get(fmt.Sprint(i), false, 3)
		sum := 0
		for _, k := range s.kept {
			sum += k.weight
		}
		if sum > 10 {
			t.Fatalf("%d are kept", sum)
		}
	}
	made = 0
	get("usual", true, 4)
	get("19", false, 3)
	get("18", false, 3)
	if made != 0 {
		t.Error("what has room is made again")
	}
	if get("17", false, 3); made != 1 {
		t.Error("what has no room is kept")
	}
	get("huge", false, 9)
	made = 0
	if get("usual", true, 4); made != 0 {
		t.Error("what somebody chose took the place of what everybody asks for")
	}
}

// A table whose work is stopped is stopped between its rows.
func TestACompassThatNobodyWaitsForIsNotComputed(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := index.Complex(ctx, c.Index.Exports, c.Index.Profile, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("complexity: %v", err)
	}
	if _, err := c.Index.Region(ctx, []index.Cell{{Product: "5702", Value: 1}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a region: %v", err)
	}
	w := &World{}
	if err := w.compute(ctx, c.Index.Profile, tables{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a world: %v", err)
	}
}
