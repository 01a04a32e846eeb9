package party

import (
	"context"
	"encoding/base32"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// The vectors of RFC 6238, appendix B, cut from eight digits to the last six.
func TestTimedCodesFollowTheRFC(t *testing.T) {
	t.Parallel()
	seed := []byte("12345678901234567890")
	for unix, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924",
		2000000000: "279037", 20000000000: "353130"} {
		if got := totpCode(seed, unix/totpPeriod); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
	}
}

func TestAStepServesOnceAndOnlyNearItsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "seed")
		unix := rapid.Int64Range(100, 1<<33).Draw(t, "unix")
		code := totpCode(seed, unix/totpPeriod)
		step, ok := totpStep(seed, code, unix, 0)
		if !ok {
			t.Fatal("the code of now was refused")
		}
		if again, ok := totpStep(seed, code, unix, step); ok && again <= step {
			t.Fatal("a used step was taken again")
		}
	})
	lived := func(t testing.TB, step func(unix int64) bool) {
		for unix, want := range map[int64]bool{29: false, 30: true, 59: true, 60: true, 89: true, 90: false, 209: false} { // its own half minute, and the next
			if got := step(unix); got != want {
				t.Errorf("taken at %d s: %v, want %v", unix, got, want)
			}
		}
	}
	lived(t, func(unix int64) bool {
		_, ok := totpStep([]byte("12345678901234567890"), "287082", unix, 0)
		return ok
	})
	control.Finds(t, "taken at 29 s: true", func(t testing.TB) { lived(t, func(int64) bool { return true }) })
}

func TestTheEnrolmentHoldsTheSeed(t *testing.T) {
	t.Parallel()
	e := enrolment([]byte("12345678901234567890"), "a: b")
	got, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret)
	if err != nil || string(got) != "12345678901234567890" {
		t.Errorf("secret %q: %v", e.Secret, err)
	}
}

func TestPrintedCodesAreReadAsTyped(t *testing.T) {
	t.Parallel()
	if got := typedCode(" o1Il5-abcde۹ "); got != "01115ABCDE9" {
		t.Errorf("got %q", got)
	}
	code, err := newCode()
	if err != nil || len(typedCode(code)) != codeSize {
		t.Errorf("%q: %v", code, err)
	}
}

func TestADamagedHashNeverOpens(t *testing.T) {
	t.Parallel()
	cost := Cost{Memory: 64, Time: 1, Threads: 1}
	good, err := hashPassword("correct horse battery", cost)
	if err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := verifyPassword("correct horse battery", good, cost); !ok || stale || err != nil {
		t.Fatalf("the right password: %v %v %v", ok, stale, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		bad := []byte(good)
		bad[i] ^= byte(rapid.IntRange(1, 127).Draw(t, "flip"))
		if ok, _, err := verifyPassword("wrong horse battery", string(bad), cost); ok && err == nil {
			t.Fatalf("a wrong password opened %q", bad)
		}
	})
	for _, bad := range []string{"", "$", "plain", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA"} {
		if ok, _, err := verifyPassword("x", bad, cost); ok || err == nil {
			t.Errorf("%q was taken as a hash", bad)
		}
	}
}

// An unknown login costs as much processor time as a wrong password; a clock on the wall would tell of the machine's other
// work. The test runs beside no other, and the control, which looks at nothing, shows that the measure tells the two apart.
func TestAnUnknownLoginTakesAsLong(t *testing.T) {
	h, err := newHasher(Cost{Memory: 4096, Time: 2, Threads: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := h.hash(t.Context(), askStranger, "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	least := func(f func()) time.Duration {
		best := time.Hour
		for range 9 {
			begin := processorTime(t)
			f()
			best = min(best, processorTime(t)-begin)
		}
		return best
	}
	wrong := least(func() { _, _, _ = h.verify(t.Context(), askStranger, "x", stored) })
	unknown := least(func() { _, _, _ = h.verify(t.Context(), askStranger, "x", "") })
	naive := least(func() {})
	if unknown < wrong/2 || unknown > wrong*2 {
		t.Errorf("unknown login %v, wrong password %v", unknown, wrong)
	}
	if naive >= wrong/2 {
		t.Errorf("the control was not told apart: %v, %v", naive, wrong)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What was read before a change must not be kept after it.
func TestTheCacheTakesNothingThatWasReadBeforeAChange(t *testing.T) {
	t.Parallel()
	c, now := newCache(), time.Unix(1_800_000_000, 0)
	_, generation, _ := c.get("s", now)
	c.clear()
	c.put("s", newEntry(Session{ID: "s"}, principalOf("unit.ceo"), now, stepUpLife), generation)
	if _, _, ok := c.get("s", now); ok {
		t.Error("a stale entry was kept")
	}
}

func principalOf(role string) access.Principal { return access.Principal{Person: "p", Role: role} }

// Answers come on the beat, whatever the work took. The control, which only waits for a least time, tells longer works
// apart.
func TestRegistrationAnswersOnTheBeat(t *testing.T) {
	t.Parallel()
	least := func(ctx context.Context, beat time.Duration, work func() error) error {
		floor := time.NewTimer(beat)
		defer floor.Stop()
		err := work()
		select {
		case <-floor.C:
		case <-ctx.Done():
		}
		return err
	}
	law := func(tb testing.TB, answer func(context.Context, time.Duration, func() error) error) {
		for work, want := range map[time.Duration]time.Duration{0: 400, 1: 400, 399: 400, 401: 800, 700: 800, 799: 800, 1250: 1600} {
			synctest.Test(t, func(st *testing.T) {
				begin := time.Now()
				_ = answer(st.Context(), registerTime, func() error { time.Sleep(work * time.Millisecond); return nil })
				if took := time.Since(begin); took != want*time.Millisecond {
					tb.Errorf("work of %d ms is answered after %v", work, took)
				}
			})
		}
	}
	law(t, onBeat)
	control.Finds(t, "work of 401 ms", func(tb testing.TB) { law(tb, least) })
}

// Strangers wait for a seat for two seconds and in a queue of bounded length, then are told so; whatever they take, who is
// known has a seat at once, and the program's own rosters wait on. In the control everybody is a stranger.
func TestStrangersTakeNoSeatOfWhoIsKnown(t *testing.T) {
	t.Parallel()
	law := func(tb testing.TB, as func(asker) asker) {
		synctest.Test(t, func(st *testing.T) {
			h := &hasher{seats: make(chan struct{}, 2), kept: make(chan struct{}, 1)}
			crowd, stop := context.WithCancel(st.Context())
			var all sync.WaitGroup
			var waited, turned atomic.Int64
			for range 300 {
				all.Go(func() {
					begin := time.Now()
					leave, err := h.seat(crowd, as(askStranger))
					switch {
					case err == nil:
						<-crowd.Done() // works on and on
						leave()
					case !fault.Is(err, fault.Unavailable):
						tb.Errorf("a stranger is told %v", err)
					case time.Since(begin) == 0:
						turned.Add(1)
					case time.Since(begin) == 2*time.Second:
						waited.Add(1)
					default:
						tb.Errorf("a stranger waited %v", time.Since(begin))
					}
				})
			}
			synctest.Wait()
			away := turned.Load() // of 300, 2 work and 128 wait; who is just sitting down may still be counted
			if away < 168 || away > 172 {
				tb.Errorf("%d strangers are turned away at once, want 170", away)
			}
			for range 3 { // one after the other
				begin := time.Now()
				leave, err := h.seat(st.Context(), as(askKnown))
				if err != nil || time.Since(begin) > 0 {
					tb.Errorf("who is known waits %v: %v", time.Since(begin), err)
					continue
				}
				leave()
			}
			time.Sleep(3 * time.Second)
			if got := waited.Load(); got != 298-away {
				tb.Errorf("%d strangers are told after two seconds, want %d", got, 298-away)
			}
			keep, err := h.seat(st.Context(), as(askKnown))
			if err == nil {
				var ours sync.WaitGroup
				ours.Go(func() {
					leave, err := h.seat(st.Context(), as(askOurs))
					if err != nil {
						tb.Errorf("a roster is turned away: %v", err)
						return
					}
					leave()
				})
				time.Sleep(time.Minute)
				keep()
				ours.Wait()
			}
			stop()
			all.Wait()
		})
	}
	law(t, func(who asker) asker { return who })
	control.Finds(t, "who is known waits", func(tb testing.TB) { law(tb, func(asker) asker { return askStranger }) })
}
