package app

import (
	"context"
	"net/http"

	"rahgosha/internal/surface/httpkit"
)

// operations are the routes for whoever runs the machine.
func (a *App) operations() []httpkit.Route {
	return []httpkit.Route{{Method: http.MethodGet, Pattern: "/healthz", Policy: httpkit.Public, Handler: a.health}}
}

// health answers 200 while the database answers.
func (a *App) health(w http.ResponseWriter, r *http.Request) error {
	err := a.Store.Read(r.Context(), func(ctx context.Context, tx storeTx) error {
		_, err := tx.CalendarVersion(ctx, "ir-alborz")
		return err
	})
	if err != nil {
		return httpkit.JSON(w, r, http.StatusServiceUnavailable, map[string]string{"status": "database", "version": Version})
	}
	return httpkit.JSON(w, r, http.StatusOK, map[string]string{"status": "ok", "version": Version})
}
