package party

import (
	"context"
	"sync"
	"time"
)

// setBack is how far a clock may go back before that is more than a correction.
const setBack = time.Minute

// latest is the latest time that this process has seen, µs; 0 before the first.
type latest struct {
	mu sync.Mutex
	at int64
}

// watch ends every session when the clock shows an earlier time than it has shown before: nobody can tell any more how long
// they were idle, and one that was over would live again. Of the time before this process it knows when a session was last
// used.
func (s *Service) watch(ctx context.Context, now time.Time) error {
	at := now.UnixMicro()
	s.latest.mu.Lock()
	defer s.latest.mu.Unlock()
	if s.latest.at == 0 {
		err := s.cfg.Read(ctx, func(ctx context.Context, t Tx) (err error) {
			s.latest.at, err = t.LastSeen(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	if s.latest.at-at <= setBack.Microseconds() {
		s.latest.at = max(s.latest.at, at)
		return nil
	}
	err := s.cfg.Write(ctx, func(ctx context.Context, t Tx) error {
		t.OnCommit(s.cache.clear)
		return t.DeleteSessions(ctx)
	})
	if err == nil {
		s.latest.at = at
	}
	return err
}
