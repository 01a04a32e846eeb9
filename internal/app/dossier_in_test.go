package app

import (
	"context"

	"rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/privacy"
)

// PapersOfNobody plants data that are given without what the person put.
func (a *App) PapersOfNobody() {
	a.papers(func(context.Context, string, string) ([]document.Put, error) { return nil, nil })
}

// PapersByUnit plants a selection by unit instead of person: what anybody put who speaks for a unit of theirs.
func (a *App) PapersByUnit() {
	a.papers(func(ctx context.Context, province, person string) (out []document.Put, err error) {
		claims, err := a.Registry.ClaimsBy(ctx, province, person)
		for _, c := range claims {
			all, err := a.Registry.ClaimsOn(ctx, province, c.Unit)
			if err != nil {
				return nil, err
			}
			for _, o := range all {
				put, err := a.Document.PutBy(ctx, province, o.Person)
				if err != nil {
					return nil, err
				}
				out = append(out, put...)
			}
		}
		return out, err
	})
}

func (a *App) papers(of func(context.Context, string, string) ([]document.Put, error)) {
	cfg := privacyConfig(a)
	cfg.Papers = of
	a.Privacy = privacy.New(cfg)
}
