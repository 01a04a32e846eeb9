package store

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// CheckPages reads every page of the database and names what is torn: trees, indexes and rows that do not fit together. It
// finds what breaks their form, and no changed letter in a row: contents have their own checks. checked is false where the
// database has tools of its own for it (PostgreSQL: pg_checksums and pg_amcheck).
func (s *Store) CheckPages(ctx context.Context, found func(what string)) (checked bool, err error) {
	if s.cfg.URL != "" {
		return false, nil
	}
	err = s.Read(ctx, func(ctx context.Context, t *Tx) error {
		return t.each(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", mostTorn), nil, func(scan func(...any) error) error {
			var line string
			err := scan(&line)
			if err == nil && line != "ok" {
				found(strings.TrimSpace(line))
			}
			return err
		})
	})
	return true, err
}

// mostTorn bounds what CheckPages names: where so much is torn, a backup is wanted and no longer list.
const mostTorn = 100

// CheckHashes makes every hash of a province's log anew of its entries and names the entries whose stored ones are others:
// the next root would be made of them, and proofs are.
func (s *Store) CheckHashes(ctx context.Context, province string, found func(entry int64)) error {
	return s.Read(ctx, func(ctx context.Context, t *Tx) error {
		size, _, err := t.tree(ctx, province)
		if err != nil {
			return err
		}
		var left [64]tlog.Hash // by level: a subtree that waits for its right half
		n := int64(0)
		for r, err := range t.Leaves(ctx, province, 0, size) {
			if err != nil {
				return err
			}
			want := []tlog.Hash{tlog.RecordHash(r.Leaf)}
			level := 0
			for ; n>>level&1 == 1; level++ {
				want = append(want, tlog.NodeHash(left[level], want[level]))
			}
			left[level] = want[level]
			for i, h := range want {
				if is, err := t.hash(ctx, province, tlog.StoredHashIndex(0, n)+int64(i)); err != nil || is != h {
					found(n)
					break
				}
			}
			n++
		}
		return nil
	})
}
