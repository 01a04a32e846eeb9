package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Placeholder is the one committed file of dist/: without it go:embed has nothing to embed on a fresh clone.
const Placeholder = "placeholder.txt"

// engines are the oldest browsers the pages promise to work in.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "111"},
	{Name: api.EngineFirefox, Version: "113"},
	{Name: api.EngineSafari, Version: "16.4"},
}

// File is one written file with its size in bytes, plain and as a browser would receive it.
type File struct {
	Path      string
	Raw, Gzip int
}

// Build writes static/dist anew: app.css, one script per static/js/*.js, the fonts the stylesheet names, and the icons.
func Build(static string) ([]File, error) {
	dist := filepath.Join(static, "dist")
	style := filepath.Join(static, "css", "rahgosha.css")
	if _, err := os.Stat(style); err != nil {
		return nil, fmt.Errorf("no stylesheet at %s: run this in the root of the repository, or give -static: %w", style, err)
	}
	out, err := bundle(style, static, dist)
	if err != nil {
		return nil, err
	}
	icons, err := Icons(static, dist)
	if err != nil {
		return nil, err
	}
	if err := clear(dist); err != nil {
		return nil, err
	}
	return write(append(out, icons...))
}

// bundle runs esbuild over the stylesheet and every script; nothing is written yet, so a broken source leaves the last
// good dist/ in place.
func bundle(style, static, dist string) ([]api.OutputFile, error) {
	scripts, err := filepath.Glob(filepath.Join(static, "js", "*.js"))
	if err != nil {
		return nil, err
	}
	slices.Sort(scripts)
	entries := []api.EntryPoint{{InputPath: style, OutputPath: "app"}}
	for _, s := range scripts {
		entries = append(entries, api.EntryPoint{InputPath: s, OutputPath: strings.TrimSuffix(filepath.Base(s), ".js")})
	}
	r := api.Build(api.BuildOptions{
		EntryPointsAdvanced: entries,
		Outdir:              dist,
		Bundle:              true,
		MinifyWhitespace:    true, MinifyIdentifiers: true, MinifySyntax: true,
		Engines:       engines,
		Format:        api.FormatIIFE,
		LegalComments: api.LegalCommentsInline,
		// Fonts keep their names, so that a template can preload them.
		AssetNames: "fonts/[name]",
		Loader:     map[string]api.Loader{".woff2": api.LoaderFile},
	})
	if len(r.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}), "\n"))
	}
	for i, f := range r.OutputFiles {
		if strings.HasSuffix(f.Path, ".css") {
			r.OutputFiles[i].Contents = []byte(LowerColours(string(f.Contents)))
		}
	}
	return r.OutputFiles, nil
}

// clear removes what an earlier run left, so that a script that was deleted is not embedded for ever.
func clear(dist string) error {
	entries, err := os.ReadDir(dist)
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(dist, 0o755)
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == Placeholder {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func write(out []api.OutputFile) ([]File, error) {
	var files []File
	for _, f := range out {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(f.Path, f.Contents, 0o644); err != nil {
			return nil, err
		}
		gz, err := gzipped(f.Contents)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: relative(f.Path), Raw: len(f.Contents), Gzip: gz})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func gzipped(b []byte) (int, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(b); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return buf.Len(), nil
}

// relative shortens a path for printing, because esbuild answers with absolute ones.
func relative(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if r, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(r, "..") {
		return r
	}
	return path
}
