package registry_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
)

// racers is how many officers decide on each row at the same instant.
const racers = 8

// verdict is what one officer got.
type verdict struct {
	do, unit string
	err      error
}

// race lets officers decide on one row at once, each for another word of the form.
func race(t testing.TB, w world, r registry.Review, unit string) []verdict {
	t.Helper()
	words := []string{registry.DecideNew, registry.DecideUpdate, registry.DecideReject}
	out := make([]verdict, racers)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range racers {
		d := registry.Decision{Batch: r.Batch, Line: r.Line, Do: words[(i+r.Line)%len(words)], Unit: unit, Why: "تلفنی پرسیده شد"}
		by := access.Principal{Person: fmt.Sprintf("officer-%d", i), Role: "dir.expert", Province: province}
		wg.Go(func() {
			<-begin
			made, err := w.DecideReview(context.Background(), by, d)
			out[i] = verdict{d.Do, made, err}
		})
	}
	close(begin)
	wg.Wait()
	return out
}

// judge gives what is wrong with a race: not one winner, or a loser who is not told by a conflict what the winner made.
func judge(list []verdict) (winner verdict, wrong []string) {
	won := 0
	for _, v := range list {
		if v.err == nil {
			winner, won = v, won+1
		}
	}
	if won != 1 {
		return winner, []string{fmt.Sprintf("%d officers were told that their decision stands", won)}
	}
	states := map[string]string{registry.DecideNew: "landed", registry.DecideUpdate: "merged", registry.DecideReject: "refused"}
	for _, v := range list {
		if v.err == nil {
			continue
		}
		f, _ := fault.As(v.err)
		if f == nil || f.Kind != fault.Conflict || f.Key != "registry.review_state" || len(f.Details) != 1 ||
			f.Details[0].Key != "registry.review_was."+states[winner.do] || f.Details[0].Args["unit"] != winner.unit {
			wrong = append(wrong, fmt.Sprintf("%s lost to %s and is told %v", v.do, winner.do, v.err))
		}
	}
	return winner, wrong
}

// raceRows imports doubtful rows and lets every one be raced for; it gives what was wrong with the races, and with the
// register after them.
func raceRows(t testing.TB, w world) (wrong []string) {
	t.Helper()
	rows := []string{"نساجی سپیدتار | " + legalID(9912300001) + " | کرج"}
	for i, c := range "ثدذرزژ" {
		rows = append(rows, fmt.Sprintf("نساجی سپید%cار | %s | کرج", c, legalID(9912300100+i)))
	}
	out := w.take(t, false, grid(append([]string{"نام واحد | شناسه ملی | شهرستان"}, rows...)...))
	first := must[[]registry.Head](t)(w.Search(context.Background(), province, legalID(9912300001), 1))[0].ID
	list := must[[]registry.Review](t)(w.Reviews(context.Background(), expert, out.Batch))
	if len(list) != 6 {
		t.Fatalf("%d rows wait, want 6", len(list))
	}
	units := []string{first}
	for _, r := range list {
		winner, bad := judge(race(t, w, r, first))
		if wrong = append(wrong, bad...); winner.do == registry.DecideNew {
			units = append(units, winner.unit)
		}
	}
	have := []string{}
	for _, h := range must[[]registry.Head](t)(w.List(context.Background(), registry.Query{Province: province})) {
		have = append(have, h.ID)
	}
	slices.Sort(units)
	if !slices.Equal(units, have) {
		wrong = append(wrong, fmt.Sprintf("the register has units %v, the decisions that stand made %v", have, units))
	}
	return wrong
}

// TestOfManyWhoDecideOnOneRowOneDecides: the first decision stands alone, whatever the others wanted of the row, and each
// of them is told what it was.
func TestOfManyWhoDecideOnOneRowOneDecides(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld func(testing.TB) world) {
		t.Parallel()
		for _, wrong := range raceRows(t, newWorld(t)) {
			t.Error(wrong)
		}
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

// TestTheRaceFindsARashStore: without the condition of the update, several decisions on one row stand.
func TestTheRaceFindsARashStore(t *testing.T) {
	storetest.OnBoth(t, template, func(t *testing.T, fresh storetest.Config) {
		t.Parallel()
		cfg := fresh(t)
		w := openWorld(t, cfg)
		blind, err := registry.New(registry.Config{Root: w.root, Clock: w.clock,
			Write: func(ctx context.Context, fn func(context.Context, registry.Tx) error) error {
				return w.store.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, rash{tx}) })
			},
			Read: func(ctx context.Context, fn func(context.Context, registry.Tx) error) error {
				return w.store.Read(ctx, func(ctx context.Context, tx *store.Tx) error { return fn(ctx, tx) })
			}})
		if err != nil {
			t.Fatal(err)
		}
		w.Service = blind
		if wrong := raceRows(t, w); len(wrong) == 0 {
			t.Error("the race found nothing wrong with a store that lets everybody decide")
		}
	})
}
