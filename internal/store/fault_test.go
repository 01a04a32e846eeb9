package store

import (
	"context"
	"testing"

	"rahgosha/internal/store/failtest"
)

// Each statement of a command, those around it included, fails once: what is stored is the state before or the state
// after, never something between, and an acknowledged command is there.
func TestEachStatementOfACommandFailsOnce(t *testing.T) {
	t.Parallel()
	f := &failtest.Failing{}
	cfg := config(t)
	cfg.Wrap = f.Wrap
	s := open(t, cfg)
	f.Fail(0)
	write(t, s, func(ctx context.Context, t *Tx) error { return step(ctx, t, "c0", 1, [32]byte{}) })
	statements := f.Count()
	if statements < 12 {
		t.Fatalf("only %d statements were seen", statements)
	}
	stored, failed := int64(1), 0
	for n := int64(1); n <= statements+4; n++ {
		id := "c" + string(rune('a'+n%26)) + string(rune('a'+n/26))
		f.Fail(n)
		err := s.Write(context.Background(), func(ctx context.Context, t *Tx) error { return step(ctx, t, id, 1, [32]byte{}) })
		f.Fail(0)
		if err == nil {
			stored++
		} else {
			failed++
		}
		for _, p := range whole(t, s, stored) {
			t.Fatalf("statement %d of %d (%v): %s", n, statements, err, p)
		}
	}
	if failed < int(statements) {
		t.Errorf("%d commands failed, want at least %d", failed, statements)
	}
	verified(t, s, stored)
}
