package party

import (
	"sync"
	"sync/atomic"
	"time"

	"rahgosha/internal/kernel/access"
)

const (
	cacheLife = 3 * time.Second
	cacheSize = 4096
)

// entry is who a session spoke for when it was read.
type entry struct {
	session Session
	who     access.Principal
	loaded  int64
	touched atomic.Int64  // when the last use was stored, µs
	proof   time.Duration // how long a second factor counts
}

func (s *Service) newEntry(session Session, p access.Principal, now time.Time) *entry {
	return newEntry(session, p, now, s.cfg.StepUp)
}

func newEntry(s Session, p access.Principal, now time.Time, proof time.Duration) *entry {
	e := &entry{session: s, who: p, loaded: now.UnixMicro(), proof: proof}
	e.touched.Store(s.Seen)
	return e
}

// over reports that the session was idle too long, or lived too long.
func (e *entry) over(now time.Time) bool {
	idle, _ := Lifetime(e.who.Role)
	at := now.UnixMicro()
	return at >= e.session.Expires || at-e.touched.Load() >= idle.Microseconds()
}

// at is the principal at an instant: a second factor counts for a while only.
func (e *entry) at(now time.Time) access.Principal {
	p := e.who
	at := now.UnixMicro()
	p.SteppedUp = e.session.SteppedUp != 0 && at-e.session.SteppedUp < e.proof.Microseconds()
	return p
}

// due reports, once, that the last use should be stored anew.
func (e *entry) due(seen int64) bool {
	last := e.touched.Load()
	return seen-last >= touchEvery.Microseconds() && e.touched.CompareAndSwap(last, seen)
}

// cache keeps what was read for a few seconds. What was read before a clearing and comes after it is not taken.
type cache struct {
	mu         sync.Mutex
	generation int64
	entries    map[string]*entry
}

func newCache() *cache { return &cache{entries: map[string]*entry{}} }

func (c *cache) get(id string, now time.Time) (e *entry, generation int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok = c.entries[id]
	if !ok {
		return nil, c.generation, false
	}
	if age := now.UnixMicro() - e.loaded; age < 0 || age >= cacheLife.Microseconds() {
		delete(c.entries, id)
		return nil, c.generation, false
	}
	return e, c.generation, true
}

func (c *cache) put(id string, e *entry, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if len(c.entries) >= cacheSize {
		clear(c.entries)
	}
	c.entries[id] = e
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.entries)
}
