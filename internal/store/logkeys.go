package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// LogKeys are the keys of a province's log: the one that signs, and all that ever did, each as far as it counts.
type LogKeys struct {
	note.Signer
	All   journal.Succession
	Known note.Verifiers
}

// signingKey is the id of the data key that is a province's signing key since its log was handed over so many times. The
// first one is derived from the root key.
func signingKey(province string, handovers int) string {
	return "sign:" + province + ":" + strconv.Itoa(handovers)
}

// LogKeys gives the keys of a province's log as the transaction sees them. Fault: internal store.log_keys where those kept
// are not a succession of the server's own key to the one it has.
func (t *Tx) LogKeys(ctx context.Context, province string) (LogKeys, error) {
	var raw []byte
	if _, err := t.row(ctx, "SELECT keys FROM log_keys WHERE province = $1", []any{province}, &raw); err != nil {
		return LogKeys{}, err
	}
	t.s.mu.Lock()
	k, ok := t.s.logKeys[province]
	t.s.mu.Unlock()
	if ok && bytes.Equal(raw, k.raw) {
		return k.LogKeys, nil
	}
	out, err := t.readLogKeys(ctx, province, raw)
	if err != nil {
		return out, err
	}
	t.s.mu.Lock()
	t.s.logKeys[province] = knownKeys{out, raw}
	t.s.mu.Unlock()
	return out, nil
}

// knownKeys are the keys that were made of some bytes of the table.
type knownKeys struct {
	LogKeys
	raw []byte
}

func (t *Tx) readLogKeys(ctx context.Context, province string, raw []byte) (out LogKeys, err error) {
	first, vkey, err := t.s.cfg.Root.Signer(province)
	if err != nil {
		return out, err
	}
	own, err := journal.VerifierOf(vkey)
	if err != nil {
		return out, err
	}
	if len(raw) == 0 {
		out.Signer, out.Known = first, own
		out.All, err = journal.NewSuccession(vkey)
		return out, err
	}
	if out.All, err = journal.ParseSuccession(raw); err == nil {
		out.Known, err = out.All.Over(own)
	}
	if err == nil {
		out.Signer, vkey, err = t.signerOf(ctx, province, out.All.Handovers())
	}
	if err != nil || vkey != out.All.VKey() {
		return out, fault.Wrap(err, fault.Internal, "store.log_keys", "province", province)
	}
	return out, nil
}

// signerOf gives the key that a log has after so many handovers.
func (t *Tx) signerOf(ctx context.Context, province string, handovers int) (note.Signer, string, error) {
	if handovers == 0 {
		return t.s.cfg.Root.Signer(province)
	}
	seed, err := t.Keys().Get(ctx, signingKey(province, handovers))
	if err != nil {
		return nil, "", err
	}
	return journal.NewSigner(seed, journal.Origin(province))
}

// HandOver hands a province's log over to a new signing key, made at random, and records the key's name in the log. For so
// long after the former one signs the published checkpoint too; those before it are destroyed. The new key alone signs what
// is stored: a program that does not know of handovers stops there, and does not sign on with the former one.
func (t *Tx) HandOver(ctx context.Context, province string, beside time.Duration) (journal.Succession, error) {
	if err := t.s.eng.hold(ctx, t, "sequence\x1f"+province); err != nil { // nobody signs meanwhile
		return journal.Succession{}, err
	}
	keys, err := t.LogKeys(ctx, province)
	if err != nil {
		return keys.All, err
	}
	size, _, err := t.tree(ctx, province)
	if err == nil && size == 0 {
		err = fault.New(fault.NotFound, "store.no_log", "province", province)
	}
	if err != nil {
		return keys.All, err
	}
	c, err := t.signed(ctx, province, size, keys)
	if err != nil {
		return keys.All, err
	}
	n := keys.All.Handovers() + 1
	seed, err := t.Keys().Create(ctx, signingKey(province, n))
	if err != nil {
		return keys.All, err
	}
	next, vkey, err := journal.NewSigner(seed, c.Origin)
	if err != nil {
		return keys.All, err
	}
	all, err := keys.All.HandOver(c, keys.Signer, next, vkey)
	if err != nil {
		return all, err
	}
	now := t.s.now()
	if _, err := t.exec(ctx, `INSERT INTO log_keys (province, keys, until) VALUES ($1, $2, $3)
		ON CONFLICT (province) DO UPDATE SET keys = excluded.keys, until = excluded.until`, province, all.Bytes(), now+beside.Microseconds()); err != nil {
		return all, err
	}
	if err := t.sign(ctx, province, size, c, next); err != nil {
		return all, err
	}
	for i := 1; i < n-1; i++ {
		if err := t.Erase(ctx, signingKey(province, i)); err != nil {
			return all, err
		}
	}
	return all, t.nameKey(ctx, province, vkey)
}

// nameKey records that the log was handed over, and numbers the entry at once: it comes under the first checkpoint that the
// new key signs, and nobody sees the one without the other.
func (t *Tx) nameKey(ctx context.Context, province, vkey string) error {
	id := rand.Text()
	l := journal.Leaf{Province: province, Case: "keys:sign:" + id, Seq: 1, Kind: journal.KindHandover, At: t.s.now(), Actor: "system", Cause: vkey}
	if err := t.AppendEntry(ctx, casework.LogEntry{ID: id, Leaf: l, Bytes: l.Encode(), Index: -1}); err != nil {
		return err
	}
	for {
		if n, err := t.sequenceBatch(ctx, province); err != nil || n < sequencerBatch {
			return err
		}
	}
}

// Checkpoint gives the latest signed checkpoint of a province's log. After a handover the former key signs it too, for as
// long as was said: who has not heard of the new key goes on to read.
func (t *Tx) Checkpoint(ctx context.Context, province string) (signed []byte, size int64, err error) {
	var until int64
	found, err := t.row(ctx, `SELECT c.note, c.size, coalesce(k.until, 0) FROM checkpoint c LEFT JOIN log_keys k ON k.province = c.province
		WHERE c.province = $1`, []any{province}, &signed, &size, &until)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_log", "province", province)
	}
	if err != nil || until <= t.s.now() {
		return signed, size, err
	}
	keys, err := t.LogKeys(ctx, province)
	if err != nil {
		return nil, 0, err
	}
	former, _, err := t.signerOf(ctx, province, keys.All.Handovers()-1)
	if err != nil {
		return nil, 0, err
	}
	n, err := note.Open(signed, keys.Known)
	if err == nil {
		signed, err = note.Sign(n, former)
	}
	if err != nil {
		return nil, 0, fault.Wrap(err, fault.Invalid, "journal.checkpoint_signature")
	}
	return signed, size, nil
}
