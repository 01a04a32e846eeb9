package api

import (
	"context"
	"io"
	"net/http"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// Dossiers gives the signed-in person all that is held of them, as one zip; the journal keeps that they took it.
type Dossiers interface {
	Dossier(ctx context.Context, p access.Principal, l locale.Lang) (io.ReadCloser, error)
}

func (s *Server) ownData(w http.ResponseWriter, r *http.Request) error {
	file, err := s.cfg.Dossiers.Dossier(r.Context(), httpkit.PrincipalOf(r), httpkit.LangOf(r))
	if err != nil {
		return err
	}
	return sendZip(w, file, "my-data")
}

// sendZip sends a zip under a name.
func sendZip(w http.ResponseWriter, file io.ReadCloser, name string) error {
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.zip"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, file); err != nil {
		panic(http.ErrAbortHandler) // half of it must not look whole
	}
	return nil
}
