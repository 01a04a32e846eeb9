package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// tail is what a group appends to one province's log, which had size leaves before.
type tail struct {
	size   int64
	leaves [][]byte
}

// tails are the logs that a group appends to. Numbers are given when an entry is written, and taken back when its
// command is undone: nobody else writes meanwhile.
type tails struct {
	e      *sqliteEngine
	mu     sync.Mutex // of commands that run at once
	logs   map[string]*tail
	new    map[node]tlog.Hash
	deltas []tallyDelta // of counters: many cases of a group leave one stage and enter another

	erasures int64       // how many keys were destroyed when the group began
	erased   atomic.Bool // a command of the group has destroyed one
}

func (ts *tails) destroy() {
	if ts != nil {
		ts.erased.Store(true)
	}
}

// destroys says that what is kept of keys is no longer what the next command of the group finds.
func (ts *tails) destroys() bool { return ts != nil && ts.erased.Load() }

// mark is how far a group was when a command began.
type mark struct {
	logs   map[string]int
	deltas int
}

// next gives a leaf its number.
func (ts *tails) next(ctx context.Context, t *Tx, province string, leaf []byte) (int64, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	l := ts.logs[province]
	if l == nil {
		size, _, err := t.tree(ctx, province)
		if err != nil {
			return 0, err
		}
		l = &tail{size: size}
		if ts.logs == nil {
			ts.logs = map[string]*tail{}
		}
		ts.logs[province] = l
	}
	l.leaves = append(l.leaves, leaf)
	return l.size + int64(len(l.leaves)) - 1, nil
}

// count keeps what counters change by.
func (ts *tails) count(deltas []tallyDelta) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.deltas = append(ts.deltas, deltas...)
}

// mark remembers how long each log is, for rewind.
func (ts *tails) mark() mark {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	m := mark{logs: make(map[string]int, len(ts.logs)), deltas: len(ts.deltas)}
	for p, l := range ts.logs {
		m.logs[p] = len(l.leaves)
	}
	return m
}

func (ts *tails) rewind(m mark) {
	for p, l := range ts.logs {
		l.leaves = l.leaves[:m.logs[p]]
	}
	ts.deltas = ts.deltas[:m.deltas]
}

// committed keeps the new hashes at hand for the next group.
func (ts *tails) committed() { ts.e.hashes.add(ts.new) }

// number writes hashes and a signed checkpoint for all leaves of the group, and its counters.
func (e *sqliteEngine) number(ts *tails) error {
	t := &Tx{s: e.s, q: e.conn, writing: true}
	ctx := context.Background()
	if err := t.count(ctx, sumDeltas(ts.deltas)); err != nil {
		return err
	}
	ts.new = map[node]tlog.Hash{}
	for _, province := range slices.Sorted(maps.Keys(ts.logs)) {
		l := ts.logs[province]
		if len(l.leaves) == 0 {
			continue
		}
		r := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			return e.hashes.read(ctx, t, province, indexes)
		})
		stored, err := t.grow(ctx, province, l.size, l.leaves, r)
		if err != nil {
			return err
		}
		first := tlog.StoredHashIndex(0, l.size)
		for i, h := range stored {
			ts.new[node{province, first + int64(i)}] = h
		}
	}
	return nil
}

// tree gives the size and root of a province's log: 0 before its first entry.
func (t *Tx) tree(ctx context.Context, province string) (size int64, root tlog.Hash, err error) {
	var raw []byte
	_, err = t.row(ctx, "SELECT size, root FROM checkpoint WHERE province = $1", []any{province}, &size, &raw)
	copy(root[:], raw)
	return size, root, err
}

// grow appends leaves to a log of that size: hashes, and a checkpoint in place of the one of that very size. Conflict
// when somebody else has grown it meanwhile.
func (t *Tx) grow(ctx context.Context, province string, size int64, leaves [][]byte, r tlog.HashReader) ([]tlog.Hash, error) {
	keys, err := t.LogKeys(ctx, province)
	if err != nil {
		return nil, err
	}
	was, err := t.signed(ctx, province, size, keys)
	if err != nil {
		return nil, err
	}
	stored, root, err := journal.Continue(was, leaves, r)
	if t.s.cfg.credulous {
		stored, root, err = journal.Append(size, leaves, r)
	}
	if err != nil {
		return nil, err
	}
	first := tlog.StoredHashIndex(0, size)
	rows := make([][]any, len(stored))
	for i := range stored {
		rows[i] = []any{province, first + int64(i), stored[i][:]}
	}
	if err := t.insert(ctx, "merkle (province, node, hash)", rows); err != nil {
		return nil, err
	}
	return stored, t.sign(ctx, province, size, journal.Checkpoint{
		Origin: journal.Origin(province), Size: size + int64(len(leaves)), Root: root}, keys)
}

// signed gives what the log's key signed of its first size entries, and not what lies beside the signature.
func (t *Tx) signed(ctx context.Context, province string, size int64, keys LogKeys) (c journal.Checkpoint, err error) {
	var raw []byte
	beside := int64(0)
	found, err := t.row(ctx, "SELECT note, size FROM checkpoint WHERE province = $1", []any{province}, &raw, &beside)
	if err == nil && !found && size == 0 {
		c.Root, err = journal.RootOf(0, nil)
		return c, err
	}
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_log", "province", province)
	}
	if err != nil {
		return c, err
	}
	if c, err = journal.OpenCheckpoint(raw, keys.Known); err != nil {
		return c, err
	}
	switch {
	case beside != size:
		return c, fault.New(fault.Conflict, "store.log_moved", "province", province)
	case c.Size != size:
		return c, fault.New(fault.Internal, "journal.edge_forged", "size", size)
	}
	return c, nil
}

// sign replaces the checkpoint of size was by c: the compare-and-swap that numbering rests on.
func (t *Tx) sign(ctx context.Context, province string, was int64, c journal.Checkpoint, signer note.Signer) error {
	signed, err := c.Sign(signer)
	if err != nil {
		return err
	}
	now := t.s.now()
	query := "UPDATE checkpoint SET size = $3, root = $4, note = $5, signed_at = $6 WHERE province = $1 AND size = $2"
	if was == 0 {
		query = `INSERT INTO checkpoint (province, size, root, note, signed_at) VALUES ($1, $3, $4, $5, $6)
			ON CONFLICT (province) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note,
			signed_at = excluded.signed_at WHERE checkpoint.size = $2`
	}
	n, err := t.exec(ctx, query, province, was, c.Size, c.Root[:], signed, now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "store.log_moved", "province", province)
	}
	return err
}

// HashReader reads a province's stored hashes, for proofs, within the transaction.
func (t *Tx) HashReader(ctx context.Context, province string) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return t.hashes(ctx, province, indexes) })
}

func (t *Tx) hash(ctx context.Context, province string, index int64) (h tlog.Hash, err error) {
	var raw []byte
	found, err := t.row(ctx, "SELECT hash FROM merkle WHERE province = $1 AND node = $2", []any{province, index}, &raw)
	if err == nil && (!found || len(raw) != len(h)) {
		err = fault.New(fault.Internal, "store.hash_missing", "province", province, "node", index)
	}
	copy(h[:], raw)
	return h, err
}

// node is the place of one stored hash.
type node struct {
	province string
	index    int64
}

// hashCache keeps committed hashes, which never change, for the one writer: the right edge of a tree is read again for
// every group.
type hashCache struct{ m map[node]tlog.Hash }

const hashCacheSize = 1 << 14

func newHashCache() *hashCache { return &hashCache{m: map[node]tlog.Hash{}} }

func (c *hashCache) add(new map[node]tlog.Hash) {
	if len(c.m)+len(new) > hashCacheSize {
		clear(c.m)
	}
	maps.Copy(c.m, new)
}

func (c *hashCache) read(ctx context.Context, t *Tx, province string, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		at := node{province, index}
		h, ok := c.m[at]
		if !ok {
			var err error
			if h, err = t.hash(ctx, province, index); err != nil {
				return nil, err
			}
			c.add(map[node]tlog.Hash{at: h})
		}
		out[i] = h
	}
	return out, nil
}
