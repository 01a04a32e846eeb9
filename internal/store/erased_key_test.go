package store

import (
	"context"
	"errors"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/kernel/journal"
)

const erasedKey = "person:erased"

// opened gives what a transaction gets of the key, and seals under it where it writes.
func opened(ctx context.Context, tx *Tx) error {
	if tx.writing {
		_, err := journal.SealWith(ctx, tx.Keys(), erasedKey, []byte("place"), []byte("words"))
		return err
	}
	_, err := tx.Keys().Get(ctx, erasedKey)
	return err
}

// unusable is the law of what follows an erasure: the key neither opens nor seals anything, whoever asks.
func unusable(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Read(context.Background(), opened); !errors.Is(err, journal.ErrErased) {
		t.Errorf("the destroyed key still opens: %v", err)
	}
	if err := s.Write(context.Background(), opened); !errors.Is(err, journal.ErrErased) {
		t.Errorf("the destroyed key still seals: %v", err)
	}
}

// erasures are ways in which a server, that has the key at hand, can meet an erasure.
var erasureWays = map[string]func(t testing.TB, cfg Config, s *Store){
	"another process erases": func(t testing.TB, cfg Config, s *Store) {
		write(t, open(t, cfg), func(ctx context.Context, tx *Tx) error { return tx.Erase(ctx, erasedKey) })
	},
	"somebody reads an older state": func(t testing.TB, _ Config, s *Store) {
		read(t, s, func(ctx context.Context, tx *Tx) error {
			if _, err := tx.row(ctx, "SELECT id FROM datakey WHERE id = $1", []any{erasedKey}, new(string)); err != nil {
				return err
			}
			write(t, s, func(ctx context.Context, tx *Tx) error { return tx.Erase(ctx, erasedKey) })
			return opened(ctx, tx) // that state has the key
		})
	},
	"another process erases while somebody reads": func(t testing.TB, cfg Config, s *Store) {
		beside := open(t, cfg)
		read(t, s, func(ctx context.Context, tx *Tx) error {
			if err := opened(ctx, tx); err != nil {
				return err
			}
			write(t, beside, func(ctx context.Context, tx *Tx) error { return tx.Erase(ctx, erasedKey) })
			return nil
		})
	},
}

// forgotten is the law that it is gone from the server's memory too.
func forgotten(t testing.TB, cfg Config, way func(testing.TB, Config, *Store)) {
	t.Helper()
	s := open(t, cfg)
	write(t, s, opened)
	way(t, cfg, s)
	unusable(t, s)
}

func TestAnErasedKeyIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	for name, way := range erasureWays {
		for engine, cfg := range map[string]func(testing.TB) Config{"sqlite": config, "sqlite, beside": besideConfig, "postgres": onPostgres} {
			t.Run(name+", "+engine, func(t *testing.T) {
				t.Parallel()
				forgotten(t, cfg(t), way)
			})
		}
	}
}

// The control: a server that asks nobody what was destroyed goes on with what it has at hand.
func TestAStaleServerGoesOnWithAnErasedKey(t *testing.T) {
	t.Parallel()
	for name, way := range erasureWays {
		for engine, cfg := range map[string]func(testing.TB) Config{"sqlite": config, "postgres": onPostgres} {
			t.Run(name+", "+engine, func(t *testing.T) {
				t.Parallel()
				cfg := cfg(t)
				cfg.stale = true
				control.Finds(t, "the destroyed key still opens", func(t testing.TB) { forgotten(t, cfg, way) })
			})
		}
	}
}

// sealedBehind is the law within one commit: a command that comes after the erasure in its group seals nothing.
func sealedBehind(t testing.TB, cfg Config) {
	t.Helper()
	s := open(t, cfg)
	write(t, s, opened)
	answers := grouped(t, s, 2, func(_ context.Context, _ func(), i int, ctx context.Context, tx *Tx) error {
		if i == 0 {
			return tx.Erase(ctx, erasedKey)
		}
		return opened(ctx, tx)
	})
	if answers[0] != nil || !errors.Is(answers[1], journal.ErrErased) {
		t.Errorf("behind the erasure the key seals: %v", answers)
	}
}

func TestACommandBehindAnErasureSealsNothing(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Deciders = 1 // in their order
	sealedBehind(t, cfg)
	control.Finds(t, "behind the erasure the key seals", func(t testing.TB) {
		cfg := config(t)
		cfg.Deciders, cfg.stale = 1, true
		sealedBehind(t, cfg)
	})
}
