package store

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"rahgosha/internal/kernel/casework"
)

// The books are clean after honest acts, and name on both engines what was changed beside them.
func TestTheBooksNameWhatIsNotTheSumOfTheCases(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		write(t, s, func(ctx context.Context, tx *Tx) error {
			for _, id := range []string{"c1", "c2"} {
				r := row(id, 1)
				r.Number = "R-1405-0000" + id[1:]
				r.Tallies = []casework.Tally{{TallyKey: casework.TallyKey{Procedure: "referral", What: casework.TallyStep, Key: "sent"}, N: 1, Amount: 5}}
				if err := tx.SaveCase(ctx, r, []byte(`{}`)); err != nil {
					return err
				}
			}
			_, err := tx.NextNumber(ctx, province, "R", 1405)
			return err
		})
		books := func() (loose []casework.Loose, wrong []casework.Miscount, numbers string) {
			read(t, s, func(ctx context.Context, tx *Tx) (err error) {
				if loose, err = tx.Loose(ctx, province); err != nil {
					return err
				}
				if wrong, err = tx.Miscounted(ctx, province); err != nil {
					return err
				}
				numbers = ""
				return tx.Numbers(ctx, province, func(d casework.Drawn) { numbers += fmt.Sprint(d) },
					func(letter bool, n string) { numbers += fmt.Sprint(" ", letter, " ", n) })
			})
			return loose, wrong, numbers
		}
		loose, wrong, numbers := books()
		if len(loose)+len(wrong) > 0 || numbers != "{R 1405 1} false R-1405-00001 false R-1405-00002" {
			t.Errorf("loose %v, wrong %v, numbers %s", loose, wrong, numbers)
		}
		write(t, s, func(ctx context.Context, tx *Tx) error {
			for _, q := range []string{"UPDATE tally SET amount = 11", "UPDATE case_party SET case_id = 'c3' WHERE case_id = 'c1'", "UPDATE deadline SET wake = wake + 1 WHERE case_id = 'c2'"} {
				if _, err := tx.exec(ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
		loose, wrong, _ = books()
		if want := []casework.Loose{{Table: "case_party", Case: "c3"}, {Table: "wake", Case: "c2"}}; !reflect.DeepEqual(loose, want) {
			t.Errorf("loose %v, want %v", loose, want)
		}
		key := casework.TallyKey{Procedure: "referral", What: casework.TallyStep, Key: "sent"}
		if want := []casework.Miscount{{Tally: casework.Tally{TallyKey: key, N: 2, Amount: 11}, CountedN: 2, CountedAmount: 10}}; !reflect.DeepEqual(wrong, want) {
			t.Errorf("wrong %v, want %v", wrong, want)
		}
	})
}
