package document

import (
	"context"
	"math"
	"time"

	"rahgosha/internal/base/fault"
)

// Quota is how much one person may put in a time: Files documents of Bytes together. The same content again counts once.
type Quota struct {
	In    time.Duration
	Files int64
	Bytes int64
}

// quotas leave room for an officer who scans all day, and none for somebody who fills the disk.
var quotas = []Quota{
	{In: 24 * time.Hour, Files: 300, Bytes: 1 << 30},
	{In: 365 * 24 * time.Hour, Files: 20_000, Bytes: 50 << 30},
}

// within refuses a person who has put as much as they may: too_many document.quota, with the seconds until the first of it
// is old enough. What several put at once may overshoot by as many as are let in at once.
func (s *Service) within(ctx context.Context, province, by string) error {
	now := s.cfg.Clock.Now()
	return s.cfg.Read(ctx, func(ctx context.Context, t Tx) error {
		for _, q := range s.cfg.Quotas {
			files, size, first, err := t.DocumentsPut(ctx, province, by, now.Add(-q.In).UnixMicro())
			if err != nil {
				return err
			}
			if files < q.Files && size < q.Bytes {
				continue
			}
			wait := time.UnixMicro(first).Add(q.In).Sub(now)
			return fault.New(fault.TooMany, "document.quota", "files", q.Files, "size", q.Bytes>>20, "hours", int64(q.In.Hours()), "seconds", int(math.Ceil(max(wait, time.Second).Seconds())))
		}
		return nil
	})
}
