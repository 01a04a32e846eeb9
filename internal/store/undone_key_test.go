package store

import (
	"context"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// sealedInAGroup has a key made by a command whose group is undone and that is refused when it runs again, while another command of
// the group read the key. What that one seals, when it runs again, everybody can open.
func sealedInAGroup(t testing.TB, cfg Config) {
	t.Helper()
	const id, place = "person:undone", "place"
	s := open(t, cfg)
	var runs int
	var sealed journal.Sealed
	grouped(t, s, 3, func(_ context.Context, _ func(), i int, own context.Context, tx *Tx) error {
		switch i {
		case 0:
			if runs++; runs > 1 {
				return fault.New(fault.Refused, "test.refused")
			}
			_, err := tx.Keys().Create(own, id)
			return err
		case 1:
			key, err := tx.Keys().Get(own, id)
			if err != nil { // as whoever seals the first thing of a person does
				key, err = tx.Keys().Create(own, id)
			}
			if err == nil {
				sealed, err = journal.Seal(key, id, []byte(place), []byte("words"))
			}
			return err
		default: // fails after it has written: the group has no savepoints, and runs again
			_, err := tx.exec(own, "INSERT INTO lease (name, holder, until) VALUES ('x', 'x', 1), ('x', 'x', 1)")
			return err
		}
	})
	if runs != 2 {
		t.Fatalf("the first command ran %d times: its group was not undone", runs)
	}
	must(t, s.Close())
	read(t, open(t, cfg), func(ctx context.Context, tx *Tx) error {
		if _, err := journal.OpenWith(ctx, tx.Keys(), sealed, []byte(place)); err != nil {
			t.Errorf("what was sealed nobody can open: %v", err)
		}
		return nil
	})
}

func TestAKeyThatIsUndoneSealsNothing(t *testing.T) {
	t.Parallel()
	sealedInAGroup(t, config(t))
	control.Finds(t, "nobody can open", func(t testing.TB) {
		cfg := config(t)
		cfg.eager = true
		sealedInAGroup(t, cfg)
	})
}
