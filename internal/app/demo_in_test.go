package app

import (
	"testing"
	"time"

	"rahgosha/internal/app/sample"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
)

// Days are run ahead only in the very database that was filled with the sample: another one, a real province's, is refused
// even beside the sample's folder, and so is a sample that does not say what it is.
func TestOnlyTheSampleIsRunAhead(t *testing.T) {
	t.Parallel()
	filled := func() *App {
		a, err := Open(t.Context(), Config{Data: t.TempDir(), Fast: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		if err := a.PublishBuiltin(t.Context(), "facility-supervision", [2]string{"first", "second"}); err != nil {
			t.Fatal(err)
		}
		return a
	}
	a, other := filled(), filled()
	first, err := a.firstEntry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	law := func(guard func(*App, sample.Summary) error) func(t testing.TB) {
		return func(t testing.TB) {
			if err := guard(a, sample.Summary{First: first}); err != nil {
				t.Errorf("the sample itself: %v", err)
			}
			for what, err := range map[string]error{"another province": guard(other, sample.Summary{First: first}), "an unsaid sample": guard(a, sample.Summary{})} {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("%s is run ahead: %v", what, err)
				}
			}
		}
	}
	law(func(a *App, s sample.Summary) error { return a.onlySample(t.Context(), s) })(t)
	control.Finds(t, "another province is run ahead", law(func(*App, sample.Summary) error { return nil }))
}

func TestAClockAheadKeepsItsDistance(t *testing.T) {
	t.Parallel()
	at := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	ahead := clock.Ahead{Clock: at, By: 48 * time.Hour}
	at.Advance(time.Hour)
	if got := ahead.Now(); !got.Equal(at.Now().Add(48 * time.Hour)) {
		t.Errorf("%v", got)
	}
}
