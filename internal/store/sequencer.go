package store

import (
	"context"
	"time"

	"rahgosha/internal/base/fault"
)

const (
	sequencerLease = 5 * time.Second
	sequencerPause = 500 * time.Millisecond // twice within the second that kernel.md 20 allows
	sequencerBatch = 256
)

// TryLease makes this node the one that does the named thing, for so long, unless another node is. What rests on it must
// stay right when two nodes believe so at once: clocks differ.
func (s *Store) TryLease(ctx context.Context, name string, lease time.Duration) (ours bool, err error) {
	now := s.now()
	err = s.Write(ctx, func(ctx context.Context, t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until <= $4`, name, s.cfg.Node, now+lease.Microseconds(), now)
		ours = n == 1
		return err
	})
	return ours, err
}

// Sequence numbers all entries that have no leaf yet, and tells how many. On SQLite there are none. It is safe to run
// on several nodes at once: a batch stands or falls with its swap of the checkpoint.
func (s *Store) Sequence(ctx context.Context) (int, error) {
	provinces, err := s.unnumbered(ctx)
	total := 0
	for _, p := range provinces {
		for err == nil {
			var n int
			n, err = s.sequence(ctx, p)
			total += n
			if n < sequencerBatch {
				break
			}
		}
	}
	return total, err
}

func (s *Store) unnumbered(ctx context.Context) (provinces []string, err error) {
	err = s.Read(ctx, func(ctx context.Context, t *Tx) error {
		return t.each(ctx, "SELECT DISTINCT province FROM entry WHERE leaf IS NULL ORDER BY province", nil,
			func(scan func(...any) error) error {
				var p string
				err := scan(&p)
				provinces = append(provinces, p)
				return err
			})
	})
	return provinces, err
}

// sequence numbers one batch of a province. A batch that another node has overtaken counts as none.
func (s *Store) sequence(ctx context.Context, province string) (n int, err error) {
	err = s.Write(ctx, func(ctx context.Context, t *Tx) error {
		n = 0
		if err := s.eng.hold(ctx, t, "sequence\x1f"+province); err != nil {
			return err
		}
		batch, err := t.sequenceBatch(ctx, province)
		n = batch
		return err
	})
	if f, ok := fault.As(err); ok && f.Key == "store.log_moved" {
		return 0, nil
	}
	return n, err
}

type place struct {
	id  string
	seq int64
}

// sequenceBatch takes the oldest entries without a number; those of one case come in the order of their seq.
func (t *Tx) sequenceBatch(ctx context.Context, province string) (int, error) {
	size, _, err := t.tree(ctx, province)
	if err != nil {
		return 0, err
	}
	var places []place
	var leaves [][]byte
	err = t.each(ctx, `SELECT case_id, seq, bytes FROM entry WHERE province = $1 AND leaf IS NULL
		ORDER BY at, case_id, seq LIMIT $2`, []any{province, sequencerBatch}, func(scan func(...any) error) error {
		var p place
		var raw []byte
		err := scan(&p.id, &p.seq, &raw)
		places, leaves = append(places, p), append(leaves, raw)
		return err
	})
	if err != nil || len(places) == 0 {
		return 0, err
	}
	if _, err := t.grow(ctx, province, size, leaves, t.HashReader(ctx, province)); err != nil {
		return 0, err
	}
	for i, p := range places {
		if _, err := t.exec(ctx, `UPDATE entry SET leaf = $4 WHERE province = $1 AND case_id = $2 AND seq = $3
			AND leaf IS NULL`, province, p.id, p.seq, size+int64(i)); err != nil {
			return 0, err
		}
	}
	return len(places), nil
}

// RunSequencer numbers entries twice a second while this node holds the lease, until ctx ends. On SQLite it returns at
// once: entries are numbered as they are written.
func (s *Store) RunSequencer(ctx context.Context) {
	if _, embedded := s.eng.(*sqliteEngine); embedded {
		return
	}
	tick := time.NewTicker(sequencerPause)
	defer tick.Stop()
	for {
		if err := s.sequenceOnce(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("entries could not be numbered", "cause", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) sequenceOnce(ctx context.Context) error {
	ours, err := s.TryLease(ctx, "sequencer", sequencerLease)
	if err == nil && ours {
		_, err = s.Sequence(ctx)
	}
	return err
}
