package store

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/kernel/registry"
)

// A unit's keys are its own: taking one leaves those of others, and one that nobody can make again is found all the same.
// Keys of a data folder from before they were bytes are carried over, and back again.
func TestKeysOfAUnit(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		key := func(kind, letter string) registry.Key {
			return registry.Key{Kind: kind, Value: strings.Repeat(letter, 32)}
		}
		legal, owner, mobile, other := key("legal_id", "\x01"), key("owner_nc", "\xff"), key("mobile", "\xab"), key("mobile", "\x0c")
		holds := func(when string, want map[registry.Key][]string) {
			t.Helper()
			read(t, s, func(ctx context.Context, tx *Tx) error {
				found, err := tx.UnitsByKeys(ctx, province, []registry.Key{legal, owner, mobile, other})
				got := map[registry.Key][]string{}
				for _, f := range found {
					got[f.Key] = append(got[f.Key], f.Unit)
				}
				for _, k := range []registry.Key{legal, owner, mobile, other} {
					if !slices.Equal(got[k], want[k]) {
						t.Errorf("%s: %s %x is of %v, want %v", when, k.Kind, k.Value[0], got[k], want[k])
					}
				}
				return err
			})
		}
		put := func(take, give []registry.Key) {
			t.Helper()
			write(t, s, func(ctx context.Context, tx *Tx) error { return tx.PutKeys(ctx, province, "u1", take, give) })
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			unit := func(id string, keys ...registry.Key) registry.NewUnit {
				return registry.NewUnit{Head: registry.Head{Province: province, ID: id, Kind: "home", Name: id, Search: id, Version: 1}, Keys: keys}
			}
			return tx.AddUnits(ctx, comes(unit("u1", legal, owner, mobile), unit("u2", owner, mobile)))
		})
		all := map[registry.Key][]string{legal: {"u1"}, owner: {"u1", "u2"}, mobile: {"u1", "u2"}}
		holds("at first", all)
		migrateTo(t, s, nameKeysVersion)
		migrateTo(t, s, 210)
		holds("after a way back and forth", all)
		put([]registry.Key{mobile}, []registry.Key{other})
		holds("with another mobile", map[registry.Key][]string{legal: {"u1"}, owner: {"u1", "u2"}, mobile: {"u2"}, other: {"u1"}})
		put([]registry.Key{{Kind: "owner_nc"}}, nil)
		holds("without the owner", map[registry.Key][]string{legal: {"u1"}, owner: {"u2"}, mobile: {"u2"}, other: {"u1"}})
	})
}

// comes gives units one after the other.
func comes(us ...registry.NewUnit) iter.Seq2[registry.NewUnit, error] {
	return func(yield func(registry.NewUnit, error) bool) {
		for _, u := range us {
			if !yield(u, nil) {
				return
			}
		}
	}
}
