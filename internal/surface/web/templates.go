package web

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strings"

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
	s.pages = map[locale.Lang]map[string]*template.Template{}
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		base, err := template.New("layout.html").Funcs(s.funcs(l)).Option("missingkey=error").
			ParseFS(templateFiles, "templates/layout.html", "templates/components/*.html")
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		if s.pages[l], err = parsePages(base, names); err != nil {
			return err
		}
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

func parsePages(base *template.Template, names []string) (map[string]*template.Template, error) {
	out := map[string]*template.Template{}
	for _, name := range names {
		t, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		if _, err = t.ParseFS(templateFiles, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

// Render sends a page; view embeds *Page. It is for pages of this package and of those that join it.
func (s *Server) Render(w http.ResponseWriter, r *http.Request, status int, name string, view any) error {
	return httpkit.HTML(w, r, status, func(out io.Writer) error { return s.render(out, httpkit.LangOf(r), name, view) })
}

func (s *Server) render(out io.Writer, l locale.Lang, name string, view any) error {
	t, ok := s.pages[l][name]
	if !ok {
		return fmt.Errorf("no template %q", name)
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
