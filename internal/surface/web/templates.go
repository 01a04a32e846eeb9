package web

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
)

// Templates: templates/layout.html and templates/components/*.html are shared; every other file defines "main" and is a
// page named by its path, such as "public/home".
func (s *Server) loadTemplates() error {
	names, err := pageNames()
	if err != nil {
		return err
	}
	s.pages = map[locale.Lang]map[string]page{}
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		base, err := template.New("layout.html").Funcs(s.funcs(l)).Option("missingkey=error").
			ParseFS(templateFiles, "templates/layout.html", "templates/components/*.html")
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		s.pages[l] = pagesOf(base, names)
	}
	return nil
}

func pageNames() ([]string, error) {
	var names []string
	err := fs.WalkDir(templateFiles, "templates", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(p, "templates/components/") || p == "templates/layout.html" {
			return err
		}
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(p, "templates/"), ".html"))
		return nil
	})
	return names, err
}

// page gives the template of a page. It is made when the page is first asked for: each has a copy of what is shared, and
// those of pages that nobody asks for would be most of the memory that the collector walks through.
type page func() (*template.Template, error)

func pagesOf(base *template.Template, names []string) map[string]page {
	out := map[string]page{}
	for _, name := range names {
		out[name] = sync.OnceValues(func() (*template.Template, error) {
			t, err := base.Clone()
			if err == nil {
				_, err = t.ParseFS(templateFiles, "templates/"+name+".html")
			}
			if err != nil {
				return nil, fmt.Errorf("template %s: %w", name, err)
			}
			return t, nil
		})
	}
	return out
}

// Render sends a page; view embeds *Page. It is for pages of this package and of those that join it.
func (s *Server) Render(w http.ResponseWriter, r *http.Request, status int, name string, view any) error {
	return httpkit.HTML(w, r, status, func(out io.Writer) error { return s.render(out, httpkit.LangOf(r), name, view) })
}

func (s *Server) render(out io.Writer, l locale.Lang, name string, view any) error {
	made, ok := s.pages[l][name]
	if !ok {
		return fmt.Errorf("no template %q", name)
	}
	t, err := made()
	if err != nil {
		return err
	}
	if err := t.ExecuteTemplate(out, "layout.html", view); err != nil {
		return fmt.Errorf("template %s: %w", name, err)
	}
	return nil
}

// public sends a page that may stay in the reader's own cache when nobody is signed in.
func (s *Server) public(w http.ResponseWriter, r *http.Request, p *Page, name string, view any) error {
	if p.User == nil {
		w.Header().Set("Cache-Control", "private, no-cache")
	}
	return s.Render(w, r, http.StatusOK, name, view)
}
