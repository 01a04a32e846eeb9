package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"rahgosha/internal/kernel/casework"
)

// BenchmarkSubmit is all that one submitted request writes, from 32 callers at once; cpu-µs/op is the process's own
// time, which is what one machine's cores have to give.
func BenchmarkSubmit(b *testing.B) {
	s := open(b, config(b))
	var n atomic.Int64
	b.SetParallelism(16)
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprintf("c%09d", n.Add(1))
			if err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error {
				return step(ctx, t, id, 1, [32]byte{})
			}); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-µs/op")
}

// cpu is the processor time used so far, in µs.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

// BenchmarkQueue is the first page of an expert's queue among 20,000 cases.
func BenchmarkQueue(b *testing.B) {
	s := open(b, config(b))
	for part := range 20 {
		write(b, s, func(ctx context.Context, t *Tx) error {
			for i := range 1000 {
				r := row(fmt.Sprintf("c%02d%04d", part, i), 1)
				if i%10 != 0 {
					r.Outcome = "paid"
				}
				if err := t.SaveCase(ctx, r, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	q := casework.Query{Province: province, Scopes: []casework.Scope{{Procedure: "referral"}}, Holder: "dir.expert", Open: true}
	b.ResetTimer()
	for b.Loop() {
		read(b, s, func(ctx context.Context, t *Tx) error {
			_, err := t.ListCases(ctx, q)
			return err
		})
	}
}
