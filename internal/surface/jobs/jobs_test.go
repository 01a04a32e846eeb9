package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/surface/jobs"
)

// run runs jobs in a bubble for a while of its time, and fails when a goroutine outlives the context (the bubble then
// never ends). It gives the log.
func run(t *testing.T, d time.Duration, act func(*jobs.Runner), all ...jobs.Job) string {
	t.Helper()
	var log bytes.Buffer
	r, err := jobs.New(clock.System{}, slog.New(slog.NewTextHandler(&log, nil)), all...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	if act != nil {
		act(r)
	}
	<-ended
	synctest.Wait()
	return log.String()
}

// times notes when, in whole seconds from the bubble's start, a job ran.
func times(name string, next func(time.Time) time.Duration, run func(n int) (bool, error)) (jobs.Job, *[]int) {
	start, at := time.Now(), &[]int{}
	return jobs.Job{Name: name, Next: next, Run: func(context.Context) (bool, error) {
		*at = append(*at, int(time.Since(start)/time.Second))
		return run(len(*at))
	}}, at
}

func TestAJobRunsAtItsPaceAndGoesOnWhileThereIsMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, at := times("a", jobs.Every(2*time.Second), func(n int) (bool, error) { return n == 2, nil })
		run(t, 5500*time.Millisecond, nil, j)
		if !slices.Equal(*at, []int{0, 2, 2, 4}) {
			t.Errorf("ran at %v", *at)
		}
	})
}

func TestFailuresSlowAJobDownAndSuccessMendsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, at := times("a", jobs.Every(time.Second), func(n int) (bool, error) {
			switch n {
			case 1, 2:
				return false, errors.New("no disk")
			case 3:
				panic("0012345679")
			}
			return false, nil
		})
		log := run(t, 9500*time.Millisecond, nil, j)
		if !slices.Equal(*at, []int{0, 1, 3, 7, 8, 9}) {
			t.Errorf("ran at %v", *at)
		}
		if strings.Contains(log, "0012345679") || strings.Count(log, "job failed") != 3 {
			t.Errorf("log: %s", log)
		}
	})
}

func TestTheLongestPauseAfterFailuresIsAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, at := times("a", jobs.Every(time.Second), func(int) (bool, error) { return true, errors.New("no") })
		run(t, 10*time.Minute, nil, j)
		if n := len(*at); n < 10 || (*at)[n-1]-(*at)[n-2] != 60 {
			t.Errorf("ran at %v", *at)
		}
	})
}

func TestANudgeRunsAJobNowAndNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, atA := times("a", jobs.Every(time.Hour), func(int) (bool, error) { return false, nil })
		b, atB := times("b", jobs.Every(time.Hour), func(int) (bool, error) { return false, nil })
		run(t, time.Minute, func(r *jobs.Runner) {
			time.Sleep(7 * time.Second)
			r.Nudge("a")
			r.Nudge("nobody")
		}, a, b)
		if !slices.Equal(*atA, []int{0, 7}) || !slices.Equal(*atB, []int{0}) {
			t.Errorf("ran at %v and %v", *atA, *atB)
		}
	})
}

func TestOneSlowJobHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := jobs.Forever("stuck", func(ctx context.Context) { <-ctx.Done() })
		j, at := times("a", jobs.Every(time.Second), func(int) (bool, error) { return false, nil })
		run(t, 3500*time.Millisecond, nil, stuck, j)
		if len(*at) != 4 {
			t.Errorf("ran at %v", *at)
		}
	})
}

func TestStoppingIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := jobs.Job{Name: "a", Next: jobs.Every(time.Second), Run: func(ctx context.Context) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		}}
		if log := run(t, time.Second, nil, j); log != "" {
			t.Errorf("log: %s", log)
		}
	})
}

func TestTheNightlyCheckRunsOnceANightInTehran(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the bubble starts at midnight UTC: half past three in Tehran
		var at []string
		run(t, 49*time.Hour, nil, jobs.Replay(func(context.Context) error {
			at = append(at, time.Now().In(clock.Tehran).Format("02 15:04"))
			return nil
		}))
		if !slices.Equal(at, []string{"02 02:30", "03 02:30"}) {
			t.Errorf("ran at %v", at)
		}
	})
}

type waker struct{ due []int }

func (w *waker) Wake(_ context.Context, limit int) (int, error) {
	if len(w.due) == 0 {
		return 0, nil
	}
	n := min(w.due[0], limit)
	if w.due[0] -= n; w.due[0] == 0 {
		w.due = w.due[1:]
	}
	return n, nil
}

func TestAHeapOfDueClocksIsFiredWithoutPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &waker{due: []int{1050}}
		run(t, 500*time.Millisecond, nil, jobs.Clocks(w))
		if len(w.due) != 0 {
			t.Errorf("%v clocks were left", w.due)
		}
	})
}

func TestTheLogKeepsFaultsKeysAndLosesTheirArguments(t *testing.T) {
	t.Parallel()
	f := fault.Wrap(fmt.Errorf("disk: %w", fault.New(fault.Invalid, "party.name", "name", "Zahra")), fault.Internal, "store.failed", "code", "0012345679")
	got := jobs.Plain(errors.Join(fmt.Errorf("clock c of case 7: %w", f), errors.New("other")))
	if want := "clock c of case 7: store.failed: disk: party.name\nother"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestJobsThatCannotRunAreRefused(t *testing.T) {
	t.Parallel()
	ok := jobs.Job{Name: "a", Next: jobs.Every(1), Run: func(context.Context) (bool, error) { return false, nil }}
	for name, all := range map[string][]jobs.Job{
		"no name": {{Next: ok.Next, Run: ok.Run}}, "no run": {{Name: "a", Next: ok.Next}}, "no time": {{Name: "a", Run: ok.Run}}, "twice": {ok, ok},
	} {
		if _, err := jobs.New(clock.System{}, slog.Default(), all...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
