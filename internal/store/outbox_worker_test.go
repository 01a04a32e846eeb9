package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rahgosha/internal/base/clock"
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
