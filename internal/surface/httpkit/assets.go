package httpkit

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
)

// Assets serves files under names that hold a hash of their content, so that a browser keeps them for ever, gzipped
// once at start. Build it once; it is read-only afterwards.
type Assets struct {
	prefix string
	urls   map[string]string // file name to address
	files  map[string]*asset // address to file
}

type asset struct {
	plain, gz []byte
	kind      string
}

func init() {
	// Not every machine's MIME table knows these.
	for ext, kind := range map[string]string{".woff2": "font/woff2", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json", ".js": "text/javascript; charset=utf-8"} {
		if err := mime.AddExtensionType(ext, kind); err != nil {
			panic(err)
		}
	}
}

// NewAssets reads every file of the file systems (a later one wins). In stylesheets, url(name) of another file is
// replaced by its address; names are looked up beside the stylesheet.
func NewAssets(prefix string, from ...fs.FS) (*Assets, error) {
	a := &Assets{prefix: prefix, urls: map[string]string{}, files: map[string]*asset{}}
	raw := map[string][]byte{}
	for _, fsys := range from {
		if err := readAll(fsys, raw); err != nil {
			return nil, err
		}
	}
	for _, name := range inOrder(raw) {
		body := raw[name]
		if path.Ext(name) == ".css" {
			body = a.rewrite(name, body)
		}
		if err := a.add(name, body); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func readAll(fsys fs.FS, into map[string][]byte) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".txt" {
			return err
		}
		into[name], err = fs.ReadFile(fsys, name)
		return err
	})
}

// inOrder puts stylesheets last, when the addresses they name are known.
func inOrder(raw map[string][]byte) []string {
	var names []string
	for n := range raw {
		names = append(names, n)
	}
	slices.SortFunc(names, func(x, y string) int {
		if cx, cy := path.Ext(x) == ".css", path.Ext(y) == ".css"; cx != cy {
			if cy {
				return -1
			}
			return 1
		}
		return strings.Compare(x, y)
	})
	return names
}

// addressed is where a stylesheet names another file.
var addressed = regexp.MustCompile(`url\((?:"[^"]*"|'[^']*'|[^"')]*)\)`)

func (a *Assets) rewrite(name string, css []byte) []byte {
	return addressed.ReplaceAllFunc(css, func(was []byte) []byte {
		file := strings.Trim(string(was[len("url("):len(was)-1]), `"'`)
		if url, ok := a.urls[path.Join(path.Dir(name), file)]; ok {
			return []byte("url(" + url + ")")
		}
		return was
	})
}

func (a *Assets) add(name string, body []byte) error {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	url := a.prefix + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:5]) + ext
	f := &asset{plain: body, kind: mime.TypeByExtension(ext)}
	if textual(f.kind) {
		gz, err := squeeze(body)
		if err != nil {
			return err
		}
		f.gz = gz
	}
	a.urls[name], a.files[url] = url, f
	return nil
}

func squeeze(b []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// URL gives the address of a file, or its plain name under the prefix (which answers 404) when there is no such file.
func (a *Assets) URL(name string) string {
	if u, ok := a.urls[name]; ok {
		return u
	}
	return a.prefix + name
}

// Has reports whether a file is there.
func (a *Assets) Has(name string) bool { _, ok := a.urls[name]; return ok }

// Weight gives the bytes a browser downloads for a file (gzipped when that is served), 0 when there is none.
func (a *Assets) Weight(name string) int {
	f := a.files[a.urls[name]]
	switch {
	case f == nil:
		return 0
	case f.gz != nil:
		return len(f.gz)
	}
	return len(f.plain)
}

// Serve answers a request for one of the addresses.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request) error {
	f, ok := a.files[r.URL.Path]
	if !ok {
		return fault.New(fault.NotFound, "httpkit.no_page")
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Del("Set-Cookie")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if f.gz != nil && AcceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gz
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	if err != nil {
		return fmt.Errorf("send asset: %w", err)
	}
	return nil
}
