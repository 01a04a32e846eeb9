//go:build race

package store

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The race detector looks at what is ours though scripts/test.sh builds SQLite's own code without it: what a command shares with
// whoever gave it is found. The fault is planted in a process of its own, since the detector fails the one it finds something in.
func TestTheDetectorFindsWhatACommandShares(t *testing.T) {
	t.Parallel()
	const planted = "RAHGOSHA_PLANT_RACE"
	if os.Getenv(planted) != "" {
		s, n, done := open(t, config(t)), 0, make(chan error)
		go func() {
			done <- s.Write(context.Background(), func(context.Context, *Tx) error { n++; return nil })
		}()
		n++
		must(t, <-done)
		return
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") // #nosec G204 -- this very test
	c.Env = append(os.Environ(), planted+"=1")
	if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "DATA RACE") {
		t.Errorf("the planted race was not found: %v\n%s", err, out)
	}
}
