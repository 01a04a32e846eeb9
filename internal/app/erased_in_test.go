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
	blinded := func(in func(context.Context, func(context.Context, privacy.Tx) error) error) func(context.Context, func(context.Context, privacy.Tx) error) error {
		return func(ctx context.Context, do func(context.Context, privacy.Tx) error) error {
			return in(ctx, func(ctx context.Context, tx privacy.Tx) error { return do(ctx, blind{tx, posts, open, times}) })
		}
	}
	cfg.Read, cfg.Write = blinded(cfg.Read), blinded(cfg.Write)
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

// BeforeErasing has something happen between the weighing of an erasure and its transaction, once.
func (a *App) BeforeErasing(happens func()) {
	cfg := privacyConfig(a)
	write := cfg.Write
	cfg.Write = func(ctx context.Context, do func(context.Context, privacy.Tx) error) error {
		if once := happens; once != nil {
			happens = nil
			once()
		}
		return write(ctx, do)
	}
	a.Privacy = privacy.New(cfg)
}

// Hasty plants an erasure that knows of the holds of some cases, or of somebody's papers, only what there was before something happened.
func (a *App) Hasty(province string, cases []string, person string, happens func()) {
	cfg := privacyConfig(a)
	write := cfg.Write
	var was *hasty
	cfg.Write = func(ctx context.Context, do func(context.Context, privacy.Tx) error) error {
		if was == nil {
			was = &hasty{holds: map[string][]privacy.Hold{}}
			if err := cfg.Read(ctx, func(ctx context.Context, tx privacy.Tx) (err error) {
				for _, id := range cases {
					if was.holds[id], err = tx.Holds(ctx, province, id); err != nil {
						return err
					}
				}
				if person != "" {
					was.papers, err = tx.PapersOf(ctx, province, person)
				}
				return err
			}); err != nil {
				return err
			}
			happens()
		}
		return write(ctx, func(ctx context.Context, tx privacy.Tx) error {
			return do(ctx, hasty{tx, was.holds, person, was.papers})
		})
	}
	a.Privacy = privacy.New(cfg)
}

type hasty struct {
	privacy.Tx
	holds  map[string][]privacy.Hold
	person string
	papers []string
}

func (h hasty) Holds(ctx context.Context, province, id string) ([]privacy.Hold, error) {
	if was, ok := h.holds[id]; ok {
		return was, nil
	}
	return h.Tx.Holds(ctx, province, id)
}

func (h hasty) PapersOf(ctx context.Context, province, person string) ([]string, error) {
	if person == h.person {
		return h.papers, nil
	}
	return h.Tx.PapersOf(ctx, province, person)
}
