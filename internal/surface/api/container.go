package api

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// Containers gives a case as one signed file with its proofs, as its reader may see it; the journal keeps who took it.
type Containers interface {
	Container(ctx context.Context, p access.Principal, caseID string) (io.ReadCloser, error)
}

func (s *Server) container(w http.ResponseWriter, r *http.Request) error {
	file, err := s.cfg.Containers.Container(r.Context(), httpkit.PrincipalOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="case-`+url.PathEscape(r.PathValue("id"))+`.zip"`)
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, file); err != nil {
		panic(http.ErrAbortHandler) // half a container must not look whole
	}
	return nil
}
