package store

import (
	"context"
	"time"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/outbox"
)

// Enqueue leaves a message for after the commit.
func (t *Tx) Enqueue(ctx context.Context, m casework.Message) error {
	if t.queued == nil {
		t.queued = map[string]int64{}
	}
	key := m.Province + "\x1f" + m.Entry + "\x1f" + m.Topic
	n := t.queued[key]
	t.queued[key]++
	return t.later(ctx, "outbox (province, entry, topic, n, case_id, payload, at, available, attempts, state, reason, ended)",
		[]any{m.Province, m.Entry, m.Topic, n, m.Case, blob(m.Payload), m.At, m.At, 0, "waiting", "", 0})
}

// Leased is a message that its consumer has until its lease ends.
type Leased = outbox.Leased

var _ outbox.Tx = (*Tx)(nil)

// Lease takes up to n messages of the topics for so long, the oldest first. A message comes again when its lease ends
// without Done. Messages of a case wait while one of its entries has no number in the log: a letter leaves only once its
// entry is in the tree (kernel.md 20).
func (s *Store) Lease(ctx context.Context, now int64, topics []string, n int, lease time.Duration) (out []Leased, err error) {
	if len(topics) == 0 || n <= 0 {
		return nil, nil
	}
	err = s.Write(ctx, func(ctx context.Context, t *Tx) error {
		out = nil
		return t.lease(ctx, now, topics, n, lease, &out)
	})
	return out, err
}

func (t *Tx) lease(ctx context.Context, now int64, topics []string, n int, lease time.Duration, out *[]Leased) error {
	c := &condition{args: []any{now, now + lease.Microseconds(), n, now + outbox.Farthest.Microseconds()}}
	in := ""
	for i, topic := range topics {
		if i > 0 {
			in += ", "
		}
		in += c.arg(topic)
	}
	return t.each(ctx, `WITH picked AS MATERIALIZED (
		SELECT o.province, o.entry, o.topic, o.n FROM outbox o
		WHERE o.state = 'waiting' AND o.topic IN (`+in+`) AND (o.available <= $1 OR o.available > $4)
		AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.province = o.province AND e.case_id = o.case_id AND e.leaf IS NULL)
		ORDER BY o.available, o.entry, o.n LIMIT $3`+t.s.eng.skipLocked()+`)
		UPDATE outbox SET available = $2, attempts = attempts + 1 FROM picked
		WHERE outbox.province = picked.province AND outbox.entry = picked.entry AND outbox.topic = picked.topic
		AND outbox.n = picked.n
		RETURNING outbox.province, outbox.entry, outbox.topic, outbox.n, outbox.case_id, outbox.payload, outbox.at,
		outbox.attempts`, c.args, func(scan func(...any) error) error {
		var m Leased
		err := scan(&m.Province, &m.Entry, &m.Topic, &m.N, &m.Case, &m.Payload, &m.At, &m.Attempt)
		*out = append(*out, m)
		return err
	})
}

// Done ends a message; doing so twice is harmless.
func (t *Tx) Done(ctx context.Context, m Leased) error {
	_, err := t.exec(ctx, `UPDATE outbox SET state = 'done', ended = $5
		WHERE province = $1 AND entry = $2 AND topic = $3 AND n = $4 AND state = 'waiting'`,
		m.Province, m.Entry, m.Topic, m.N, t.s.now())
	return err
}

// Retry gives a message back, to come again no sooner than after the wait; after most attempts it is discarded with the
// reason instead, and tells so. A lease that has passed to somebody else is left alone.
func (t *Tx) Retry(ctx context.Context, m Leased, wait time.Duration, most int64, reason string) (discarded bool, err error) {
	now := t.s.now()
	if m.Attempt >= most {
		n, err := t.exec(ctx, `UPDATE outbox SET state = 'discarded', reason = $6, ended = $7
			WHERE province = $1 AND entry = $2 AND topic = $3 AND n = $4 AND state = 'waiting' AND attempts = $5`,
			m.Province, m.Entry, m.Topic, m.N, m.Attempt, reason, now)
		return n == 1, err
	}
	_, err = t.exec(ctx, `UPDATE outbox SET available = $6, reason = $7
		WHERE province = $1 AND entry = $2 AND topic = $3 AND n = $4 AND state = 'waiting' AND attempts = $5`,
		m.Province, m.Entry, m.Topic, m.N, m.Attempt, now+wait.Microseconds(), reason)
	return false, err
}

// Renew lets a lease end no sooner than an instant; false when it has passed to somebody else.
func (t *Tx) Renew(ctx context.Context, m Leased, until int64) (ours bool, err error) {
	n, err := t.exec(ctx, `UPDATE outbox SET available = $6
		WHERE province = $1 AND entry = $2 AND topic = $3 AND n = $4 AND state = 'waiting' AND attempts = $5`,
		m.Province, m.Entry, m.Topic, m.N, m.Attempt, until)
	return n == 1, err
}

// Waiting counts messages by state: waiting, done, discarded.
func (t *Tx) Waiting(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := t.each(ctx, "SELECT state, count(*) FROM outbox GROUP BY state", nil, func(scan func(...any) error) error {
		var state string
		var n int64
		err := scan(&state, &n)
		out[state] = n
		return err
	})
	return out, err
}
