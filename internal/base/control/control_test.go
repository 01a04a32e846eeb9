package control_test

import (
	"slices"
	"testing"

	"rahgosha/internal/base/control"
)

// even is a law that a broken half breaks.
func even(half func(int) int) func(testing.TB) {
	return func(t testing.TB) {
		for n := range 4 {
			if half(2*n)*2 != 2*n {
				t.Errorf("half of %d is %d", 2*n, half(2*n))
			}
		}
	}
}

func TestFindsWantsTheLawToReport(t *testing.T) {
	t.Parallel()
	broken := even(func(n int) int { return n/2 + n/6 })
	control.Finds(t, "half of 6 is 4", broken)
	for name, finds := range map[string]func(testing.TB){
		"a law that holds":               func(t testing.TB) { control.Finds(t, "half", even(func(n int) int { return n / 2 })) },
		"a law that fails for otherwise": func(t testing.TB) { control.Finds(t, "half of 2", broken) },
		"a law that is skipped":          func(t testing.TB) { control.Finds(t, "half", func(t testing.TB) { t.Skip("no tool") }) },
	} {
		if said := control.Reports(t, finds); len(said) != 1 {
			t.Errorf("%s passes for one that found the fault: %q", name, said)
		}
	}
}

func TestReportsKeepsWhatTheLawSays(t *testing.T) {
	t.Parallel()
	got := control.Reports(t, func(t testing.TB) {
		t.Error("one", 1)
		t.Log("not a report")
		if !t.Failed() {
			t.Error("a report is no failure")
		}
		t.Fatalf("two %d", 2)
		t.Error("after the end")
	})
	if want := []string{"one 1", "two 2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	control.Finds(t, "panic: index", func(testing.TB) { panic("index") })
	if t.Failed() {
		t.Error("a report reached the test")
	}
}

func TestFindsInTriesAgain(t *testing.T) {
	for met, want := range map[int]int{1: 0, 3: 0, 4: 1} {
		n := 0
		law := func(t testing.TB) {
			if n++; n == met {
				t.Error("met")
			}
		}
		if got := len(control.Reports(t, func(t testing.TB) { control.FindsIn(t, 3, "met", law) })); got != want {
			t.Errorf("met in try %d of 3: %d reports, want %d", met, got, want)
		}
	}
}
