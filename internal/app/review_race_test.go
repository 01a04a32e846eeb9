package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/store"
)

// doubtful imports a referral and rows that may be the same one, and gives the rows that wait.
func (w *world) doubtful(t testing.TB) []referral.Review {
	t.Helper()
	a := legal(1038400001)
	rows := [][]string{{"نام واحد", "شناسه ملی", "شهرستان", "شماره نامه", "مبلغ", "وضعیت"}, {"ریسندگی الوند", a, "کرج", "7", "1000000000", "معرفی شده"}}
	for i := range 4 {
		rows = append(rows, []string{"ریسندگی الوند", a, "کرج", "7", fmt.Sprint(2_000_000_000 + i), "رد شد"})
	}
	out := w.referrals(t, rows)
	list, err := w.Referral.Reviews(t.Context(), access.Principal{Person: "p-dir.head", Role: "dir.head", Province: w.Province}, out.Batch)
	must(t, err)
	if len(list) != 4 {
		t.Fatalf("%d rows wait, want 4: %+v", len(list), out.Waiting)
	}
	return list
}

// raceReferrals lets three officers decide on each row at once, each otherwise. It gives what is wrong: another number of
// winners than one, a loser who is not told so, a case that no decision opened.
func (w *world) raceReferrals(t testing.TB, s *referral.Service) (wrong []string) {
	t.Helper()
	opened := 1
	for _, r := range w.doubtful(t) {
		head := access.Principal{Person: "p-dir.head", Role: "dir.head", Province: w.Province}
		row, err := w.Referral.Review(t.Context(), head, r.Batch, r.Line)
		must(t, err)
		unit := row.Units[0].Unit
		words := []referral.Decision{{Do: referral.DecideNew, Unit: unit}, {Do: referral.DecideCase, Case: row.Units[0].Cases[0].ID}, {Do: referral.DecideReject}}
		cases, errs := make([]string, len(words)), make([]error, len(words))
		var wg sync.WaitGroup
		for i, d := range words {
			d.Batch, d.Line, d.Why = r.Batch, r.Line, "نامه دیده شد"
			by := access.Principal{Person: fmt.Sprintf("officer-%d", i), Role: "dir.head", Province: w.Province}
			wg.Go(func() { cases[i], errs[i] = s.DecideReview(context.WithoutCancel(t.Context()), by, d) })
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			f, _ := fault.As(err)
			switch {
			case err == nil:
				if won++; words[i].Do == referral.DecideNew {
					opened++
				}
			case f == nil || f.Kind != fault.Conflict || len(f.Details) != 1:
				wrong = append(wrong, fmt.Sprintf("row %d: who lost is told %v", r.Line, err))
			}
		}
		if won != 1 {
			wrong = append(wrong, fmt.Sprintf("row %d: %d decisions stand", r.Line, won))
		}
		all, err := w.Engine.CasesOf(t.Context(), w.Province, "referral", unit)
		must(t, err)
		if won == 1 && len(all) != opened {
			wrong = append(wrong, fmt.Sprintf("row %d: the unit has %d referrals, the decisions opened %d", r.Line, len(all), opened))
		}
	}
	return wrong
}

// TestOfManyWhoDecideOnOneReferralRowOneDecides: what the others wanted of the row has opened no case and claimed nothing.
func TestOfManyWhoDecideOnOneReferralRowOneDecides(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, wrong := range w.raceReferrals(t, w.Referral) {
			t.Error(wrong)
		}
		w.folds(t)
	})
}

// rash is a store that writes a decision whether or not the row still waits: the planted fault.
type rash struct{ *store.Tx }

func (x rash) LoadReview(ctx context.Context, province, kind, batch string, line int) (registry.Reviewed, error) {
	r, err := x.Tx.LoadReview(ctx, province, kind, batch, line)
	r.State = registry.ReviewWaiting
	return r, err
}

func (x rash) DecideReview(ctx context.Context, r registry.Reviewed) error {
	if err := x.Tx.DecideReview(ctx, r); !fault.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

// TestTheRaceOverReferralsFindsARashStore: without the condition of the update several decisions on one row stand.
func TestTheRaceOverReferralsFindsARashStore(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s, err := referral.New(referral.Config{Units: w.Registry, Cases: w.Engine, Root: w.Root, Clock: w.clock,
			Write: func(ctx context.Context, fn func(context.Context, referral.Tx) error) error {
				return w.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, rash{tx}) })
			},
			Read: func(ctx context.Context, fn func(context.Context, registry.Sheets) error) error {
				return w.Store.Read(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, rash{tx}) })
			}})
		must(t, err)
		if len(w.raceReferrals(t, s)) == 0 {
			t.Error("the race found nothing wrong with a store that lets everybody decide")
		}
	})
}
