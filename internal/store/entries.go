package store

import (
	"context"
	"database/sql"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// AppendEntry writes an entry at its place in the case's chain; conflict store.conflict when the place is taken.
func (t *Tx) AppendEntry(ctx context.Context, e casework.LogEntry) error {
	if err := e.Leaf.Check(); err != nil {
		return err
	}
	raw := e.Bytes
	if len(raw) == 0 {
		raw = e.Leaf.Encode()
	}
	var leaf sql.NullInt64
	var tag []byte
	if t.tails == nil {
		tag = t.s.cfg.Root.EntryTag(raw)
	} else {
		n, err := t.tails.next(ctx, t, e.Leaf.Province, raw)
		if err != nil {
			return err
		}
		leaf = sql.NullInt64{Int64: n, Valid: true}
	}
	return t.later(ctx, "entry (province, case_id, seq, id, kind, at, leaf, bytes, tag)",
		[]any{e.Leaf.Province, e.Leaf.Case, e.Leaf.Seq, e.ID, e.Leaf.Kind, e.Leaf.At, leaf, raw, tag})
}

const entryColumns = "SELECT id, coalesce(leaf, -1), bytes FROM entry "

func scanEntry(scan func(...any) error) (e casework.LogEntry, err error) {
	if err = scan(&e.ID, &e.Index, &e.Bytes); err != nil {
		return e, err
	}
	e.Leaf, err = journal.DecodeIn(e.Bytes)
	return e, err
}

// usualEntries is how many entries most cases have at most.
const usualEntries = 8

// CaseEntries gives the entries of a case in order of seq.
func (t *Tx) CaseEntries(ctx context.Context, province, id string) ([]casework.LogEntry, error) {
	out := make([]casework.LogEntry, 0, usualEntries)
	err := t.few(ctx, entryColumns+"WHERE province = $1 AND case_id = $2 ORDER BY seq", []any{province, id},
		func(scan func(...any) error) error {
			e, err := scanEntry(scan)
			out = append(out, e)
			return err
		})
	return out, err
}

// FindEntry gives an entry by its id; not_found store.no_entry.
func (t *Tx) FindEntry(ctx context.Context, province, entry string) (e casework.LogEntry, err error) {
	return t.findEntry(ctx, entry, "WHERE province = $1 AND id = $2", province, entry)
}

// FindEntryAnywhere is FindEntry in whatever province; it reads all entries.
func (t *Tx) FindEntryAnywhere(ctx context.Context, entry string) (e casework.LogEntry, err error) {
	return t.findEntry(ctx, entry, "WHERE id = $1", entry)
}

func (t *Tx) findEntry(ctx context.Context, entry, where string, args ...any) (e casework.LogEntry, err error) {
	found := false
	err = t.few(ctx, entryColumns+where, args,
		func(scan func(...any) error) (err error) {
			found = true
			e, err = scanEntry(scan)
			return err
		})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "store.no_entry", "entry", entry)
	}
	return e, err
}

// Proof shows that an entry is in the log that Checkpoint signs.
type Proof struct {
	Entry      casework.LogEntry
	Checkpoint []byte // signed note
	Size       int64
	Path       tlog.RecordProof
}

// ProofFor proves an entry against the latest checkpoint; not_found store.not_numbered while it has no number.
func (t *Tx) ProofFor(ctx context.Context, province, entry string) (p Proof, err error) {
	if p.Entry, err = t.FindEntry(ctx, province, entry); err != nil {
		return p, err
	}
	if p.Entry.Index < 0 {
		return p, fault.New(fault.NotFound, "store.not_numbered", "entry", entry)
	}
	if p.Checkpoint, p.Size, err = t.Checkpoint(ctx, province); err != nil {
		return p, err
	}
	p.Path, err = journal.Prove(p.Size, p.Entry.Index, t.HashReader(ctx, province))
	return p, err
}

// leavesAtOnce bounds the memory of an export.
const leavesAtOnce = 500

// Leaves gives the log's records from number from up to and without to, in order.
func (t *Tx) Leaves(ctx context.Context, province string, from, to int64) iter.Seq2[journal.Record, error] {
	return func(yield func(journal.Record, error) bool) {
		for at := from; at < to; at += leavesAtOnce {
			part, err := t.records(ctx, province, at, min(to, at+leavesAtOnce))
			for _, r := range part {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(journal.Record{}, err)
				return
			}
		}
	}
}

func (t *Tx) records(ctx context.Context, province string, from, to int64) ([]journal.Record, error) {
	out := make([]journal.Record, to-from) // an entry that is not there keeps its place: the others are not blamed for it
	err := t.each(ctx, `SELECT leaf, case_id, seq, kind, at, bytes FROM entry WHERE province = $1 AND leaf >= $2 AND leaf < $3`,
		[]any{province, from, to}, func(scan func(...any) error) error {
			var row journal.Leaf
			var leaf int64
			var raw []byte
			if err := scan(&leaf, &row.Case, &row.Seq, &row.Kind, &row.At, &raw); err != nil {
				return err
			}
			l, err := journal.Decode(raw)
			misfiled := err == nil && (l.Case != row.Case || l.Seq != row.Seq || l.Kind != row.Kind || l.At != row.At)
			out[leaf-from] = journal.Record{Leaf: raw, Misfiled: misfiled}
			return nil
		})
	for i := range out {
		if err != nil {
			break
		}
		out[i].Hash, err = t.hash(ctx, province, tlog.StoredHashIndex(0, from+int64(i)))
	}
	return out, err
}

// Journal is a province's log as the journal's verifier and exporter read it, within the transaction.
func (t *Tx) Journal(ctx context.Context, province string) journal.Source {
	return logSource{ctx, t, province}
}

type logSource struct {
	ctx      context.Context
	t        *Tx
	province string
}

func (s logSource) Origin() string { return journal.Origin(s.province) }

// Keys gives the log's keys, where it was handed over.
func (s logSource) Keys() (raw []byte, err error) {
	_, err = s.t.row(s.ctx, "SELECT keys FROM log_keys WHERE province = $1", []any{s.province}, &raw)
	return raw, err
}

// Checkpoints gives the latest one.
func (s logSource) Checkpoints() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		signed, _, err := s.t.Checkpoint(s.ctx, s.province)
		if fault.Is(err, fault.NotFound) {
			return
		}
		yield(signed, err)
	}
}

// Copy gives the columns beside the checkpoint.
func (s logSource) Copy() (size int64, root []byte, err error) {
	_, err = s.t.row(s.ctx, "SELECT size, root FROM checkpoint WHERE province = $1", []any{s.province}, &size, &root)
	return size, root, err
}

// Strangers gives the rows that no server wrote.
func (s logSource) Strangers() ([]string, error) { return s.t.Strangers(s.ctx, s.province) }

// Records gives every numbered entry, also those past the checkpoint.
func (s logSource) Records() iter.Seq2[journal.Record, error] {
	var last int64
	_, err := s.t.row(s.ctx, "SELECT coalesce(max(leaf), -1) FROM entry WHERE province = $1", []any{s.province}, &last)
	if err != nil {
		return func(yield func(journal.Record, error) bool) { yield(journal.Record{}, err) }
	}
	return s.t.Leaves(s.ctx, s.province, 0, last+1)
}
