// Package clock is the only place that asks the machine for the time, so that a step has one now and a test decides it.
package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // earlier instants than autumn 1401 need Tehran's old summer time on machines without tzdata
)

// Clock tells the time in UTC.
type Clock interface{ Now() time.Time }

// System is the machine's clock, cut to the microseconds that are stored.
type System struct{}

// Now is the machine's time.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Ahead is a clock that goes before another by a fixed time: a sample province is shown as it will stand on a later day.
type Ahead struct {
	Clock
	By time.Duration
}

// Now is the other clock's time and By.
func (a Ahead) Now() time.Time { return a.Clock.Now().Add(a.By) }

// Manual is a clock that moves only when told; safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual starts a manual clock at t.
func NewManual(t time.Time) *Manual { return &Manual{now: t.UTC()} }

// Now is the instant last set.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock, forward or back.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = t.UTC()
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// Tehran is the province's zone: UTC+03:30, with summer time before autumn 1401.
var Tehran = mustTehran()

func mustTehran() *time.Location {
	loc, err := time.LoadLocation("Asia/Tehran")
	if err != nil {
		panic(err) // tzdata is embedded: cannot happen in a built binary
	}
	return loc
}
