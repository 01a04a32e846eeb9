package app

import (
	"context"

	"rahgosha/internal/base/fault"
)

// project brings the rows of cases to this program's version before anybody acts on them, or wants them so.
func (a *App) project(ctx context.Context) error {
	is, err := a.Engine.Projected(ctx, a.Province)
	if err != nil || is {
		return err
	}
	if a.AsIs {
		return fault.New(fault.Invalid, "app.schema_old", "dir", a.Data).At("data")
	}
	err = a.Engine.Project(ctx, a.Province, func(looked, written int) {
		a.Log.InfoContext(ctx, "rows of cases brought to this version", "looked", looked, "written", written)
	}, func(id string, err error) {
		a.Log.ErrorContext(ctx, "a case's rows stay as they are", "case", id, "err", err)
	})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "app.projection")
	}
	return nil
}
