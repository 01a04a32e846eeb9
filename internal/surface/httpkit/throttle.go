package httpkit

import (
	"container/list"
	"math"
	"sync"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
)

// Throttle is a token bucket per key (an address, a login). It remembers at most a set number of keys and forgets the
// one unused for longest; a forgotten key starts full.
type Throttle struct {
	clock  clock.Clock
	every  time.Duration // one token comes back in this time
	burst  float64
	limit  int
	mu     sync.Mutex
	keys   map[string]*list.Element
	recent *list.List // front is the latest
}

type bucket struct {
	key    string
	tokens float64
	at     time.Time
}

// NewThrottle allows burst uses at once and then one per every, for at most keys keys.
func NewThrottle(c clock.Clock, burst int, every time.Duration, keys int) *Throttle {
	return &Throttle{clock: c, every: every, burst: float64(burst), limit: max(keys, 1), keys: map[string]*list.Element{}, recent: list.New()}
}

// ClaimThrottle lets a person make ten claims to speak for a unit at once, then one each five minutes, on pages and over
// the API together: who tries identifiers finds out little.
func ClaimThrottle(c clock.Clock) *Throttle { return NewThrottle(c, 10, 5*time.Minute, 20_000) }

// Take uses one token of key. When there is none it returns a TooMany fault with the seconds to wait.
func (t *Throttle) Take(key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(key)
	if b.tokens < 1 {
		wait := time.Duration((1 - b.tokens) * float64(t.every))
		return fault.New(fault.TooMany, "fault.too_many", "seconds", int(math.Ceil(wait.Seconds())))
	}
	b.tokens--
	return nil
}

// Len is the number of keys in memory.
func (t *Throttle) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.recent.Len()
}

func (t *Throttle) bucket(key string) *bucket {
	now := t.clock.Now()
	if e, ok := t.keys[key]; ok {
		t.recent.MoveToFront(e)
		b := e.Value.(*bucket)
		if gone := now.Sub(b.at); gone > 0 { // a clock set back must not take tokens away
			b.tokens = min(t.burst, b.tokens+float64(gone)/float64(t.every))
		}
		b.at = now
		return b
	}
	if t.recent.Len() >= t.limit {
		last := t.recent.Back()
		delete(t.keys, last.Value.(*bucket).key)
		t.recent.Remove(last)
	}
	b := &bucket{key: key, tokens: t.burst, at: now}
	t.keys[key] = t.recent.PushFront(b)
	return b
}
