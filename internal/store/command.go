package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
)

// Replayed gives what was remembered under a key, nil when the key is new. A key that is known is written again: a replay
// that only read has acknowledged writes that a lost primary took with it. Transactions with the same key wait for one
// another. Internal store.answer_damaged where it is not what was remembered.
func (t *Tx) Replayed(ctx context.Context, k casework.ReplayKey) (*casework.Remembered, error) {
	if err := t.s.eng.hold(ctx, t, "replay\x1f"+k.Province+"\x1f"+k.Actor+"\x1f"+k.Key); err != nil {
		return nil, err
	}
	var r casework.Remembered
	var sum []byte
	found, err := t.row(ctx, "SELECT request, entry, case_id, answer, at, sum FROM replay WHERE province = $1 AND actor = $2 AND key = $3",
		[]any{k.Province, k.Actor, k.Key}, &r.Request, &r.Entry, &r.Case, &r.Answer, &r.At, &sum)
	if err != nil || !found {
		return nil, err
	}
	if !sumHolds(k, r, sum) {
		return nil, fault.New(fault.Internal, "store.answer_damaged", "key", k.Key)
	}
	_, err = t.exec(ctx, "UPDATE replay SET seen = seen + 1, seen_at = $4 WHERE province = $1 AND actor = $2 AND key = $3",
		k.Province, k.Actor, k.Key, t.s.now())
	return &r, err
}

// Remember keeps an answer under a new key; conflict store.conflict when the key is taken.
func (t *Tx) Remember(ctx context.Context, k casework.ReplayKey, r casework.Remembered) error {
	_, err := t.exec(ctx, `INSERT INTO replay (province, actor, key, request, entry, case_id, answer, at, seen, seen_at, sum)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)`,
		k.Province, k.Actor, k.Key, r.Request, r.Entry, r.Case, blob(r.Answer), r.At, r.At, sumOf(k, r))
	return err
}

// sumOf is the hash that stands beside what is remembered: no entry of the journal gives it, so that nothing else would tell of a
// bit that turned over. It is no secret's, and proves nothing against who can write into the database.
func sumOf(k casework.ReplayKey, r casework.Remembered) []byte {
	h := sha256.New()
	for _, part := range []string{k.Province, k.Actor, k.Key, r.Request, r.Entry, r.Case, string(r.Answer)} {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // never fails
		_, _ = h.Write([]byte(part))
	}
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(r.At))) // #nosec G115 -- the bits of the signed number
	return h.Sum(nil)[:16]
}

// sumHolds is content with rows of a program from before the sums.
func sumHolds(k casework.ReplayKey, r casework.Remembered, sum []byte) bool {
	return sum == nil || bytes.Equal(sum, sumOf(k, r))
}

// CheckAnswers reads what a province remembers under keys, and names the keys whose answer is not the one that was given.
func (s *Store) CheckAnswers(ctx context.Context, province string, found func(key string)) (n int64, err error) {
	err = s.Read(ctx, func(ctx context.Context, t *Tx) error {
		return t.each(ctx, "SELECT actor, key, request, entry, case_id, answer, at, sum FROM replay WHERE province = $1 ORDER BY actor, key",
			[]any{province}, func(scan func(...any) error) error {
				k := casework.ReplayKey{Province: province}
				var r casework.Remembered
				var sum []byte
				err := scan(&k.Actor, &k.Key, &r.Request, &r.Entry, &r.Case, &r.Answer, &r.At, &sum)
				if n++; err == nil && !sumHolds(k, r, sum) {
					found(k.Key)
				}
				return err
			})
	})
	return n, err
}

// ClaimUnder gives the claim that a person made or moved under a key, and the hash of what they asked; "" for a new key.
// Keys of claims and of cases are of one kind: one key is for one request.
func (t *Tx) ClaimUnder(ctx context.Context, province, person, key string) (claim, request string, err error) {
	r, err := t.Replayed(ctx, casework.ReplayKey{Province: province, Actor: person, Key: key})
	if err != nil || r == nil {
		return "", "", err
	}
	return r.Case, r.Request, nil
}

// RememberClaim keeps both under a new key.
func (t *Tx) RememberClaim(ctx context.Context, province, person, key, claim, request string) error {
	return t.Remember(ctx, casework.ReplayKey{Province: province, Actor: person, Key: key},
		casework.Remembered{Request: request, Case: claim, At: t.s.now()})
}

// ForgetReplays removes what was remembered before an instant, and tells how much.
func (t *Tx) ForgetReplays(ctx context.Context, before int64) (int64, error) {
	return t.exec(ctx, "DELETE FROM replay WHERE at < $1 AND seen_at < $1", before)
}

// NextNumber draws the next number of a series, from 1. It goes back with the transaction: no number is left out.
// Commands that run at once draw one after another, and what they drew last is written once.
func (t *Tx) NextNumber(ctx context.Context, province, series string, year int) (n int64, err error) {
	if t.beside() && t.dead == nil {
		t.wrote, t.changed = true, true
		return t.q.(*shared).draw(ctx, drawnFrom{province, series, year})
	}
	_, err = t.row(ctx, nextNumber, []any{province, series, year}, &n)
	return n, err
}

const nextNumber = `INSERT INTO series (province, series, year, last) VALUES ($1, $2, $3, 1)
		ON CONFLICT (province, series, year) DO UPDATE SET last = series.last + 1 RETURNING last`
