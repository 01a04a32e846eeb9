package app

import (
	"context"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/procedure"
	"rahgosha/internal/kernel/registry"
)

type sittings struct{ a *App }

// Upcoming gives what a round would list now.
func (s sittings) Upcoming(ctx context.Context, who casework.Caller, d *procedure.Definition, round string) (*casework.RoundView, error) {
	return s.a.Engine.Upcoming(ctx, who, d, round)
}

// Banks gives the bank of each branch, both by id.
func (s sittings) Banks(ctx context.Context, p access.Principal) (map[string]string, error) {
	list, err := s.a.Registry.Items(ctx, p.Province, registry.RegisterBranch)
	out := map[string]string{}
	for _, it := range list {
		out[it.ID] = text(it.Fields["bank"])
	}
	return out, err
}
