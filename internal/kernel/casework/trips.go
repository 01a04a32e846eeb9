package casework

import (
	"errors"

	"rahgosha/internal/base/fault"
)

// trips remembers over the attempts of one write at which clocks it stumbled. What a clock had written or drawn until then
// is rolled back with its attempt, numbers too: a series has no gaps.
type trips struct {
	acts map[string]*fault.Fault // clock → what the system's act at its end came to
	over map[string]bool         // clocks that cannot end now, whatever they do: the waker tries them again
}

// failed is what a clock's act came to at an earlier attempt.
func (t *trips) failed(clock string) *fault.Fault {
	if t == nil {
		return nil
	}
	return t.acts[clock]
}

// passes says whether a clock is left to the waker.
func (t *trips) passes(clock string) bool { return t != nil && t.over[clock] }

// learn takes in what an attempt stumbled at, and says whether the next may come further.
func (t *trips) learn(err error) bool {
	var s *stuck
	if !errors.As(err, &s) || t.over[s.clock] {
		return false
	}
	if s.acts && t.acts[s.clock] == nil {
		if t.acts == nil {
			t.acts = map[string]*fault.Fault{}
		}
		t.acts[s.clock] = s.fault
		return true
	}
	if t.over == nil {
		t.over = map[string]bool{}
	}
	t.over[s.clock] = true
	return true
}

// stuck ends a write in which a clock could not end.
type stuck struct {
	clock string
	acts  bool // the system's act was part of it
	fault *fault.Fault
}

// Error is the fault's.
func (s *stuck) Error() string { return s.fault.Error() }

// Unwrap gives the fault.
func (s *stuck) Unwrap() error { return s.fault }

// stuckAt says that a clock could not end where err is a decision on what it was to do, and gives err where the store or
// another's writing is the cause: that passes, and no act may be given up for it.
func stuckAt(clock string, acts bool, err error) error {
	if short := (*shortfall)(nil); errors.As(err, &short) {
		return &stuck{clock, acts, short.fault}
	}
	switch f, _ := fault.As(err); {
	case f == nil || errors.As(err, new(*stuck)):
		return err
	case f.Kind == fault.Refused || f.Kind == fault.Invalid || f.Kind == fault.NotFound || f.Kind == fault.Forbidden:
		return &stuck{clock, acts, f}
	}
	return err
}

// shortfall is a budget line that does not hold what is drawn on it, told apart from two who write at the same time.
type shortfall struct{ fault *fault.Fault }

// Error is the fault's.
func (s *shortfall) Error() string { return s.fault.Error() }

// Unwrap gives the fault.
func (s *shortfall) Unwrap() error { return s.fault }

// drawn gives what drawing on a budget line came to.
func drawn(err error) error {
	if f, ok := fault.As(err); ok && f.Kind == fault.Conflict && f.Err == nil {
		return &shortfall{f}
	}
	return err
}
