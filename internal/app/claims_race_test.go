package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/registry"
)

// Whoever withdraws a claim and is told so has withdrawn it, whatever an officer does at the same moment; and of two claims to
// lead a unit that are verified at once one stands. The store's own test of both has the control.
func TestClaimsThatAreMovedAtOnce(t *testing.T) { onBoth(t, claimsAtOnce) }

func claimsAtOnce(t testing.TB, w *world) {
	t.Helper()
	officer := w.principalOf(t, "dir.expert")
	for i := range 6 {
		c := w.claimed(t, fmt.Sprint("leaver.", i))
		their := access.Principal{Province: w.Province, Person: c.Person}
		got := atOnce(
			func(ctx context.Context) error {
				_, err := w.Registry.WithdrawClaim(ctx, their, c.ID, "mistaken")
				return err
			},
			func(ctx context.Context) error {
				_, err := w.Registry.DecideClaim(ctx, officer, registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
				return err
			})
		now, err := w.Registry.ReadClaim(t.Context(), officer, c.ID)
		must(t, err)
		if got[0] == nil && now.State != registry.ClaimEnded || got[0] != nil && !fault.Is(got[0], fault.Conflict) {
			t.Errorf("withdrawn: %v, verified: %v, and the claim is %s", got[0], got[1], now.State)
		}
	}
	for i := range 3 {
		var steps []func(context.Context) error
		for _, side := range []string{"left", "right"} {
			c := w.leads(t, fmt.Sprint(side, ".", i))
			steps = append(steps, func(ctx context.Context) error {
				_, err := w.Registry.DecideClaim(ctx, officer, registry.ClaimStep{ID: c.ID, State: registry.ClaimVerified})
				return err
			})
		}
		got := atOnce(steps...)
		all, err := w.Registry.ClaimsOn(t.Context(), w.Province, w.unit)
		must(t, err)
		leading := 0
		for _, c := range all {
			if c.Post == registry.PostCEO && c.State == registry.ClaimVerified {
				leading++
			}
		}
		if leading != 1 {
			t.Errorf("%d lead the unit after two were verified at once: %v", leading, got)
		}
	}
}

// leads is a stranger's claim to be who leads the world's unit.
func (w *world) leads(t testing.TB, login string) registry.Claim {
	t.Helper()
	rep := w.claimed(t, login)
	c, err := w.Registry.MakeClaim(t.Context(), registry.Claim{Province: w.Province, Unit: w.unit, Person: rep.Person, Post: registry.PostCEO, Evidence: rep.Evidence})
	must(t, err)
	return c
}

// atOnce begins all together and gives what each came to.
func atOnce(do ...func(context.Context) error) []error {
	out, begin := make([]error, len(do)), make(chan struct{})
	var all sync.WaitGroup
	for i := range do {
		all.Go(func() {
			<-begin
			out[i] = do[i](context.Background())
		})
	}
	close(begin)
	all.Wait()
	return out
}
