package store

import (
	"context"
	"crypto/hmac"
	"math"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

const (
	sequencerLease = 5 * time.Second
	sequencerPause = 500 * time.Millisecond // twice within the second that kernel.md 20 allows
	sequencerBatch = 256
)

// TryLease makes this node the one that does the named thing, for so long, unless another node is. What rests on it must
// stay right when two nodes believe so at once: clocks differ. A lease that lies farther ahead than two of them is of a clock
// that has been set back since.
func (s *Store) TryLease(ctx context.Context, name string, lease time.Duration) (ours bool, err error) {
	now := s.now()
	err = s.Write(ctx, func(ctx context.Context, t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until <= $4 OR lease.until > $5`,
			name, s.cfg.Node, now+lease.Microseconds(), now, now+2*lease.Microseconds())
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

// waiting is an entry without a number.
type waiting struct {
	province string
	id       string
	seq      int64
	at       int64
	bytes    []byte
	tag      []byte
	row      string // its own id
}

// ours says whether the server wrote the row as it is, where it lies: the tag is of the bytes, and the bytes name province,
// case and place. One that a program from before the tags wrote has none, and waits for Admit.
func (w waiting) ours(root *journal.Root) bool {
	l, err := journal.Decode(w.bytes)
	return err == nil && l.Province == w.province && l.Case == w.id && l.Seq == w.seq && hmac.Equal(w.tag, root.EntryTag(w.bytes))
}

// waiting calls f for the entries without a number, the oldest first and those of one case in the order of their seq, until
// it gives false. They are read a batch at a time: somebody may have planted any number of them.
func (t *Tx) waiting(ctx context.Context, province string, f func(waiting) bool) error {
	more, last := true, waiting{at: math.MinInt64}
	for more {
		n := 0
		err := t.each(ctx, `SELECT case_id, seq, at, id, bytes, tag FROM entry WHERE province = $1 AND leaf IS NULL
			AND (at, case_id, seq) > ($2, $3, $4) ORDER BY at, case_id, seq LIMIT $5`,
			[]any{province, last.at, last.id, last.seq, sequencerBatch}, func(scan func(...any) error) error {
				w := waiting{province: province}
				if err := scan(&w.id, &w.seq, &w.at, &w.row, &w.bytes, &w.tag); err != nil || !more {
					return err
				}
				n, last, more = n+1, w, f(w)
				return nil
			})
		if err != nil {
			return err
		}
		more = more && n == sequencerBatch && !t.s.cfg.nearsighted
	}
	return nil
}

// strangersMost is how many rows are told of that wait and are not the server's.
const strangersMost = 1000

// Strangers gives the ids of the rows that wait for a number and bear no tag of the server: they are never numbered.
func (t *Tx) Strangers(ctx context.Context, province string) (out []string, err error) {
	err = t.waiting(ctx, province, func(w waiting) bool {
		if !w.ours(t.s.cfg.Root) {
			out = append(out, w.row)
		}
		return len(out) < strangersMost
	})
	return out, err
}

// Admit gives a waiting row the tag that it lacks, on the word of who runs the server: a program from before the tags wrote
// it. not_found store.no_entry.
func (t *Tx) Admit(ctx context.Context, province, id string) error {
	var raw []byte
	found, err := t.row(ctx, "SELECT bytes FROM entry WHERE province = $1 AND id = $2 AND leaf IS NULL", []any{province, id}, &raw)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_entry", "entry", id)
	}
	if err == nil {
		_, err = t.exec(ctx, "UPDATE entry SET tag = $3 WHERE province = $1 AND id = $2", province, id, t.s.cfg.Root.EntryTag(raw))
	}
	return err
}

// sequenceBatch numbers the oldest entries that wait. A row that the server did not write keeps waiting: nothing signs it, and
// however many there are, what the server wrote is found behind them.
func (t *Tx) sequenceBatch(ctx context.Context, province string) (int, error) {
	size, _, err := t.tree(ctx, province)
	if err != nil {
		return 0, err
	}
	var places []waiting
	var leaves [][]byte
	err = t.waiting(ctx, province, func(w waiting) bool {
		if w.ours(t.s.cfg.Root) || t.s.cfg.credulous {
			places, leaves = append(places, w), append(leaves, w.bytes)
		} else {
			t.s.stranger(province, w.row)
		}
		return len(places) < sequencerBatch
	})
	if err != nil || len(places) == 0 {
		return 0, err
	}
	if _, err := t.grow(ctx, province, size, leaves, t.HashReader(ctx, province)); err != nil {
		return 0, err
	}
	for i, w := range places {
		if _, err := t.exec(ctx, `UPDATE entry SET leaf = $4, tag = NULL WHERE province = $1 AND case_id = $2 AND seq = $3
			AND leaf IS NULL`, province, w.id, w.seq, size+int64(i)); err != nil {
			return 0, err
		}
	}
	return len(places), nil
}

// stranger tells once of a row that is not numbered: the sequencer meets it twice a second. Past so many it remembers no more
// of them, and tells of none.
func (s *Store) stranger(province, id string) {
	if s.strangersTold.Load() >= strangersMost {
		return
	}
	if _, told := s.strangers.LoadOrStore(province+"\x1f"+id, true); !told {
		s.strangersTold.Add(1)
		s.cfg.Log.Error("an entry without the server's tag is not numbered: journal verify names it, journal admit takes one that an older program wrote",
			"province", province, "entry", id)
	}
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
