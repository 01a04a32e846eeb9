package app

import (
	"context"

	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
)

// SkipScrub plants an erasure that leaves in the files what it deleted.
func (a *App) SkipScrub() { a.scrub = func(context.Context) error { return nil } }

// Blind plants a weighing of erasures that does not see posts, that cases are open, or when they were changed.
func (a *App) Blind(posts, open, times bool) {
	cfg := privacyConfig(a)
	read := cfg.Read
	cfg.Read = func(ctx context.Context, do func(context.Context, privacy.Tx) error) error {
		return read(ctx, func(ctx context.Context, tx privacy.Tx) error { return do(ctx, blind{tx, posts, open, times}) })
	}
	a.Privacy = privacy.New(cfg)
}

type blind struct {
	privacy.Tx
	posts, open, times bool
}

func (b blind) MembershipsOf(ctx context.Context, person string) ([]party.HeldMembership, error) {
	all, err := b.Tx.MembershipsOf(ctx, person)
	for i := range all {
		if b.posts {
			all[i].Ended = 1
		}
	}
	return all, err
}

func (b blind) CasesOfPerson(ctx context.Context, province, person string) ([]privacy.Case, error) {
	all, err := b.Tx.CasesOfPerson(ctx, province, person)
	for i := range all {
		if b.open && all[i].Outcome == "" {
			all[i].Outcome = "no outcome that is declared"
		}
		if b.times {
			all[i].Changed = 0
		}
	}
	return all, err
}
