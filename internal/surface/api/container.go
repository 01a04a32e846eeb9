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
	return sendZip(w, file, "case-"+url.PathEscape(r.PathValue("id")))
}
