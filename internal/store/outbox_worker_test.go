package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/outbox"
)

// Every message is carried out: one that fails for a while comes again, later and later; one that cannot succeed is
// discarded with its reason; a panic ends its own message only.
func TestTheWorkerCarriesOutWhatCanBeCarriedOut(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, c := t.Context(), s.cfg.Clock.(*clock.Manual)
		write(t, s, func(ctx context.Context, tx *Tx) error {
			for i, topic := range []string{"good", "slow", "bad", "wild", "unheard"} {
				m := casework.Message{Province: province, Entry: fmt.Sprint("e", i), Topic: topic, At: c.Now().UnixMicro()}
				if err := tx.Enqueue(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
		calls, keys := map[string]int{}, map[string]bool{}
		count := func(f func(n int) error) outbox.Handler {
			return func(_ context.Context, m outbox.Leased) error {
				calls[m.Topic]++
				keys[m.Key()] = true
				return f(calls[m.Topic])
			}
		}
		w, err := outbox.New(outbox.Config{
			Lease: s.Lease, Clock: c, Log: slog.New(slog.DiscardHandler),
			Write: func(ctx context.Context, fn func(context.Context, outbox.Tx) error) error {
				return s.Write(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, t) })
			},
			Handlers: map[string]outbox.Handler{
				"good": count(func(int) error { return nil }),
				"slow": count(func(n int) error {
					if n < 4 {
						return errors.New("the printer of Ms Karimi is off")
					}
					return nil
				}),
				"bad":  count(func(int) error { return fault.New(fault.Invalid, "casework.no_letter") }),
				"wild": count(func(int) error { panic("wild") }),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			if _, err := w.Drain(ctx, []string{"good", "slow", "bad", "wild", "unheard"}); err != nil {
				t.Fatal(err)
			}
			c.Advance(5 * time.Minute)
		}
		if calls["good"] != 1 || calls["slow"] != 4 || calls["bad"] != 1 || calls["wild"] != 15 || len(keys) != 4 {
			t.Errorf("calls %v, keys %v", calls, keys)
		}
		read(t, s, func(ctx context.Context, tx *Tx) error {
			got, err := tx.Waiting(ctx)
			if got["done"] != 2 || got["discarded"] != 2 || got["waiting"] != 1 {
				t.Errorf("%v", got)
			}
			return err
		})
	})
}

// A message whose handler works longer than a lease is nobody else's meanwhile.
func TestALongWorkKeepsItsMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) { worksLong(t, s, 5*time.Millisecond) })
}

func TestALeaseThatNobodyRenewsIsFound(t *testing.T) {
	t.Parallel()
	s := open(t, config(t))
	control.Finds(t, "has it too", func(t testing.TB) { worksLong(t, s, time.Hour) })
}

// worksLong has a handler work for several leases while somebody else asks for messages.
func worksLong(t testing.TB, s *Store, renew time.Duration) {
	c := s.cfg.Clock.(*clock.Manual)
	left := func() (at int64) {
		read(t, s, func(ctx context.Context, tx *Tx) error {
			_, err := tx.row(ctx, "SELECT available FROM outbox", nil, &at)
			return err
		})
		return at
	}
	write(t, s, func(ctx context.Context, tx *Tx) error {
		return tx.Enqueue(ctx, casework.Message{Province: province, Entry: "e", Topic: "long", At: c.Now().UnixMicro()})
	})
	calls := 0
	w, err := outbox.New(outbox.Config{Lease: s.Lease, Clock: c, Log: slog.New(slog.DiscardHandler), Renew: renew,
		Write: func(ctx context.Context, fn func(context.Context, outbox.Tx) error) error {
			return s.Write(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, t) })
		},
		Handlers: map[string]outbox.Handler{"long": func(ctx context.Context, _ outbox.Leased) error {
			calls++
			for range 5 {
				c.Advance(20 * time.Second)
				for tries := 0; left() < c.Now().Add(30*time.Second).UnixMicro() && tries < 200; tries++ {
					time.Sleep(5 * time.Millisecond)
				}
				other, err := s.Lease(ctx, c.Now().UnixMicro(), []string{"long"}, 1, 30*time.Second)
				if err != nil {
					return err
				}
				if len(other) > 0 {
					t.Errorf("a message is under way, and somebody else has it too")
				}
			}
			return nil
		}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Drain(t.Context(), []string{"long"}); n != 1 || err != nil || calls != 1 {
		t.Errorf("%d carried out in %d calls: %v", n, calls, err)
	}
	read(t, s, func(ctx context.Context, tx *Tx) error {
		got, err := tx.Waiting(ctx)
		if got["done"] != 1 {
			t.Errorf("%v", got)
		}
		return err
	})
}

// A clock that is set back a day delays no message and no node.
func TestAClockSetBackPutsNothingOff(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, c := t.Context(), s.cfg.Clock.(*clock.Manual)
		write(t, s, func(ctx context.Context, tx *Tx) error {
			return tx.Enqueue(ctx, casework.Message{Province: province, Entry: "e", Topic: "notify", At: c.Now().UnixMicro()})
		})
		lease := func() int {
			got, err := s.Lease(ctx, c.Now().UnixMicro(), []string{"notify"}, 1, 30*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			return len(got)
		}
		c.Advance(-24 * time.Hour)
		if n := lease(); n != 1 {
			t.Error("a message of before waits until the clock is there again")
		}
		if n := lease(); n != 0 {
			t.Error("a lease does not hold after the clock was set back")
		}
		as := func(node string) (bool, error) {
			s.cfg.Node = node
			return s.TryLease(ctx, "sequencer", sequencerLease)
		}
		c.Advance(24 * time.Hour)
		if ours, err := as("one"); !ours || err != nil {
			t.Fatal(ours, err)
		}
		if ours, err := as("other"); ours || err != nil {
			t.Errorf("two nodes have one lease (%v)", err)
		}
		c.Advance(-24 * time.Hour)
		if ours, err := as("other"); !ours || err != nil {
			t.Errorf("a node that is gone is waited for as long as the clock went back (%v)", err)
		}
	})
}
