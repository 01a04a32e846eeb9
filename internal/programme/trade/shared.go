package trade

import (
	"context"
	"slices"
	"sync"

	"rahgosha/internal/base/fault"
)

// mostQueued is how many things wait to be made beside those that everybody asks for.
const mostQueued = 4

// seats bound what is computed at once.
type seats chan struct{}

// take waits for a seat and gives what leaves it. Unavailable trade.busy for who went away.
func (s seats) take(ctx context.Context) (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "trade.busy")
	}
}

// shared makes each thing once for all who ask for it at the same time, and keeps some of them. What people may choose is made of
// seconds of work and many megabytes: so one thing at a time is made over all that share the seats, who leaves waits no longer, and
// what nobody waits for is not made to its end. It is our own because golang.org/x/sync/singleflight neither stops nor bounds.
type shared[K comparable, V any] struct {
	seats  seats
	room   int         // what is kept weighs no more together
	weight func(V) int // nil: each weighs 1

	mu     sync.Mutex
	kept   []keptOne[K, V] // the one that was asked for last at the end
	making map[K]*making[V]
	queued int // of what is being made, what is not usual
}

type keptOne[K comparable, V any] struct {
	key    K
	value  V
	usual  bool
	weight int
}

// making is one thing on its way. Its value and err are set before done is closed.
type making[V any] struct {
	done    chan struct{}
	stop    context.CancelFunc
	waiting int
	value   V
	err     error
}

// get gives what stands under a key, and has it made unless it is kept. What is usual is asked for by everybody: it always has a
// place in the queue, and what somebody chose for themselves leaves the store before it. Unavailable trade.busy when too much waits
// already, and for who left. Who comes first makes it, for as long as anybody waits.
func (s *shared[K, V]) get(ctx context.Context, key K, usual bool, make func(ctx context.Context) (V, error)) (v V, err error) {
	s.mu.Lock()
	if v, kept := s.find(key); kept {
		s.mu.Unlock()
		return v, nil
	}
	m, others := s.making[key]
	if !others && !usual && s.queued >= mostQueued {
		s.mu.Unlock()
		return v, fault.New(fault.Unavailable, "trade.busy")
	}
	within := ctx
	if !others {
		within, m = s.begin(ctx, key, usual)
	}
	m.waiting++
	s.mu.Unlock()
	if !others {
		defer context.AfterFunc(ctx, func() { s.leave(key, m) })()
		return s.run(within, key, usual, m, make)
	}
	select {
	case <-m.done:
		return m.value, m.err
	case <-ctx.Done():
		s.leave(key, m)
		return v, fault.Wrap(ctx.Err(), fault.Unavailable, "trade.busy")
	}
}

// find gives what is kept, which was asked for last from now on. The caller holds mu.
func (s *shared[K, V]) find(key K) (v V, kept bool) {
	i := slices.IndexFunc(s.kept, func(k keptOne[K, V]) bool { return k.key == key })
	if i < 0 {
		return v, false
	}
	k := s.kept[i]
	s.kept = append(slices.Delete(s.kept, i, i+1), k)
	return k.value, true
}

// begin opens what others may wait for; it outlives who asked. The caller holds mu.
func (s *shared[K, V]) begin(ctx context.Context, key K, usual bool) (context.Context, *making[V]) {
	within, stop := context.WithCancel(context.WithoutCancel(ctx)) // #nosec G118 -- kept beside the work: leave and the end call it
	m := &making[V]{done: make(chan struct{}), stop: stop}
	if s.making == nil {
		s.making = map[K]*making[V]{}
	}
	s.making[key] = m
	if !usual {
		s.queued++
	}
	return within, m
}

// leave counts one who waits no longer. What nobody waits for is stopped, and who asks for it now has it begun anew.
func (s *shared[K, V]) leave(key K, m *making[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.waiting--; m.waiting > 0 {
		return
	}
	m.stop()
	if s.making[key] == m {
		delete(s.making, key)
	}
}

// run makes it in its turn and keeps it. Whatever ends it, nobody waits on.
func (s *shared[K, V]) run(ctx context.Context, key K, usual bool, m *making[V], make func(ctx context.Context) (V, error)) (V, error) {
	m.err = fault.New(fault.Unavailable, "trade.busy") // of a panic, for who waits beside
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		m.stop()
		if !usual {
			s.queued--
		}
		if s.making[key] == m {
			delete(s.making, key)
		}
		if m.err == nil {
			s.keep(key, usual, m.value)
		}
		close(m.done)
	}()
	leave, err := s.seats.take(ctx)
	if err != nil {
		m.err = err
		return m.value, err
	}
	defer leave()
	m.value, m.err = make(ctx)
	return m.value, m.err
}

// keep adds what was made, and drops what was longest unasked: for what somebody chose never what is usual, for what is usual that too.
// What has no room then is not kept, unless it is usual. The caller holds mu.
func (s *shared[K, V]) keep(key K, usual bool, v V) {
	one := keptOne[K, V]{key: key, value: v, usual: usual, weight: 1}
	if s.weight != nil {
		one.weight = s.weight(v)
	}
	sum := one.weight
	for _, k := range s.kept {
		sum += k.weight
	}
	drop := func(of bool) {
		s.kept = slices.DeleteFunc(s.kept, func(k keptOne[K, V]) bool {
			if sum <= s.room || k.usual != of {
				return false
			}
			sum -= k.weight
			return true
		})
	}
	drop(false)
	if usual {
		drop(true)
	}
	if usual || sum <= s.room {
		s.kept = append(s.kept, one)
	}
}
