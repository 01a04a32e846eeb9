package store

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"rahgosha/internal/kernel/journal"
)

// Acts that belong to no case stand in one chain, and come at once: an export by each of eight people is written down, none
// is refused for the others.
func TestActsOfNoCaseStandInOneChain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const chain, all = "export:units", 8
		var group sync.WaitGroup
		for i := range all {
			group.Go(func() {
				if err := s.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
					return tx.Record(ctx, journal.Leaf{Province: province, Case: chain, Kind: "exported", At: start.UnixMicro(), Actor: fmt.Sprint("p", i)})
				}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		read(t, s, func(ctx context.Context, tx *Tx) error {
			log, err := tx.CaseEntries(ctx, province, chain)
			for i, e := range log {
				if e.Leaf.Seq != int64(i+1) || i > 0 && e.Leaf.Prev != log[i-1].Leaf.Hash() {
					t.Errorf("entry %d is no %d of the chain", i+1, e.Leaf.Seq)
				}
			}
			if len(log) != all {
				t.Errorf("%d entries", len(log))
			}
			return err
		})
	})
}
