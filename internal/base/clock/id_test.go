package clock_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rahgosha/internal/base/clock"
)

// Ids come in the order of their milliseconds as bytes, and no two of one millisecond are the same.
func TestIDsComeInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1<<44).Draw(t, "first")
		b := rapid.Int64Range(a, 1<<45-1).Draw(t, "second")
		first, second := clock.ID(time.UnixMilli(a)), clock.ID(time.UnixMilli(b))
		if len(first) != 26 || first == second || a < b && first > second {
			t.Fatalf("%d: %s, %d: %s", a, first, b, second)
		}
	})
}
