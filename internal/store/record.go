package store

import (
	"context"
	"crypto/rand"

	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/journal"
)

// Record journals an act that belongs to no case, at the end of the chain that the leaf names as its Case: Seq and Prev
// are filled in here, and At is no earlier than in the entry before. Body, when there is one, comes sealed.
func (t *Tx) Record(ctx context.Context, l journal.Leaf) error {
	if err := t.s.eng.hold(ctx, t, "chain\x1f"+l.Province+"\x1f"+l.Case); err != nil { // who would come second would be refused
		return err
	}
	var last []byte
	found, err := t.row(ctx, "SELECT bytes FROM entry WHERE province = $1 AND case_id = $2 ORDER BY seq DESC LIMIT 1",
		[]any{l.Province, l.Case}, &last)
	if err != nil {
		return err
	}
	l.Seq = 1
	if found {
		before, err := journal.Decode(last)
		if err != nil {
			return err
		}
		l.Seq, l.Prev, l.At = before.Seq+1, before.Hash(), max(l.At, before.At)
	}
	return t.AppendEntry(ctx, casework.LogEntry{ID: rand.Text(), Leaf: l, Bytes: l.Encode(), Index: -1})
}

// KindRead is the kind of the entries that say what an auditor read.
const KindRead = "read"

// LatestReads gives a province's latest entries of that kind, the latest first, at most limit.
func (t *Tx) LatestReads(ctx context.Context, province string, limit int) (out []journal.Leaf, err error) {
	err = t.each(ctx, entryColumns+"WHERE province = $1 AND kind = '"+KindRead+"' ORDER BY at DESC, case_id, seq DESC LIMIT $2",
		[]any{province, limit}, func(scan func(...any) error) error {
			e, err := scanEntry(scan)
			out = append(out, e.Leaf)
			return err
		})
	return out, err
}
