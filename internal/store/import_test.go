package store

import (
	"context"
	"reflect"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/registry"
)

func TestARowWaitsUntilItIsDecidedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		b := registry.Batch{Province: province, ID: "b1", Kind: "units", File: "x", By: "p", At: 5, Rows: 3, Landed: 1, Review: 1, Bad: 1}
		r := registry.Reviewed{Province: province, Batch: "b1", Line: 7, Reason: "unit", Sealed: "s", Candidates: []string{"u1", "u2"}, State: registry.ReviewWaiting}
		decided := r
		decided.State, decided.Unit, decided.DecidedBy, decided.DecidedAt = registry.ReviewMerged, "u1", "p2", 9
		decided.Why, decided.Kind, decided.File = "sealed", "units", "x"
		write(t, s, func(ctx context.Context, tx *Tx) error {
			again := r
			again.Reason = "near"
			for _, err := range []error{tx.SaveBatch(ctx, b), tx.SaveBatch(ctx, b), tx.HoldReview(ctx, r), tx.HoldReview(ctx, again)} {
				if err != nil {
					return err
				}
			}
			if err := tx.DecideReview(ctx, decided); err != nil {
				return err
			}
			if err := tx.DecideReview(ctx, decided); !fault.Is(err, fault.Conflict) {
				t.Errorf("decided twice: %v", err)
			}
			return nil
		})
		read(t, s, func(ctx context.Context, tx *Tx) error {
			got, err := tx.LoadReviews(ctx, province, "units", "", "")
			if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], decided) {
				t.Errorf("%+v %v", got, err)
			}
			if other, err := tx.LoadReviews(ctx, province, "referrals", "", ""); err != nil || len(other) != 0 {
				t.Errorf("rows of another kind of sheet: %+v %v", other, err)
			}
			waits, err := tx.LoadReviews(ctx, province, "units", "b1", registry.ReviewWaiting)
			if len(waits) != 0 {
				t.Errorf("still waits: %+v", waits)
			}
			return err
		})
	})
}
