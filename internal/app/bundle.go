package app

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
)

// What a zip of a procedure's folder may hold. The largest procedure of the house has some forty files in 200 KB.
const (
	maxBundle   = 4 << 20 // bytes of the zip
	maxFiles    = 300
	maxFile     = 1 << 20 // bytes of one file, unpacked
	maxUnpacked = 8 << 20 // bytes of all files, unpacked
)

// bundled are the endings of the files a procedure's folder holds; others are refused, so that nothing else is stored.
var bundled = []string{".yaml", ".yml", ".csv", ".tmpl", ".txt", ".md"}

// unbundle reads a zip of a procedure's folder and gives it packed anew, with regular files only: what is stored has been
// looked at whole. A folder around all files is taken away. Sizes are measured, not believed.
func unbundle(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBundle+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.zip.read")
	}
	if len(raw) > maxBundle {
		return nil, fault.New(fault.Invalid, "app.zip.large", "limit", maxBundle>>20)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.zip.read")
	}
	files, err := unzip(z)
	if err != nil {
		return nil, err
	}
	return rezip(strip(files))
}

func unzip(z *zip.Reader) (map[string][]byte, error) {
	files, total := map[string][]byte{}, 0
	for _, f := range z.File {
		if f.Mode().IsDir() && safe(strings.TrimSuffix(f.Name, "/")) {
			continue
		}
		if err := acceptable(f, files); err != nil {
			return nil, err
		}
		content, err := contentOf(f)
		if err != nil {
			return nil, err
		}
		if total += len(content); total > maxUnpacked {
			return nil, fault.New(fault.Invalid, "app.zip.unpacked", "limit", maxUnpacked>>20)
		}
		files[f.Name] = content
	}
	return files, unnested(files)
}

// unnested wants no name to be a file and a folder: such a zip opens, and then cannot be read.
func unnested(files map[string][]byte) error {
	for name := range files {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := files[dir]; ok {
				return fault.New(fault.Invalid, "app.zip.twice", "file", dir)
			}
		}
	}
	return nil
}

// acceptable looks at a file's name and kind, before anything of it is unpacked.
func acceptable(f *zip.File, seen map[string][]byte) error {
	_, twice := seen[f.Name]
	switch {
	case !safe(f.Name):
		return fault.New(fault.Invalid, "app.zip.path", "file", f.Name)
	case !f.Mode().IsRegular():
		return fault.New(fault.Invalid, "app.zip.link", "file", f.Name)
	case twice:
		return fault.New(fault.Invalid, "app.zip.twice", "file", f.Name)
	case len(seen) == maxFiles:
		return fault.New(fault.Invalid, "app.zip.many", "limit", maxFiles)
	case !slices.Contains(bundled, path.Ext(f.Name)):
		return fault.New(fault.Invalid, "app.zip.kind", "file", f.Name, "kinds", strings.Join(bundled, " "))
	}
	return nil
}

// safe says whether a name stays within its folder on every machine.
func safe(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, "\\:\x00") && len(name) < 200
}

func contentOf(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.zip.damaged", "file", f.Name)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.zip.damaged", "file", f.Name)
	}
	if len(content) > maxFile {
		return nil, fault.New(fault.Invalid, "app.zip.file_large", "file", f.Name, "limit", maxFile>>20)
	}
	return content, nil
}

// strip takes away the one folder that most programs put around what they pack.
func strip(files map[string][]byte) map[string][]byte {
	around := ""
	for name := range files {
		first, _, below := strings.Cut(name, "/")
		if !below || around != "" && around != first {
			return files
		}
		around = first
	}
	out := map[string][]byte{}
	for name, content := range files {
		out[strings.TrimPrefix(name, around+"/")] = content
	}
	return out
}

func rezip(files map[string][]byte) ([]byte, error) {
	if files["procedure.yaml"] == nil {
		return nil, fault.New(fault.Invalid, "app.zip.no_procedure")
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "app.zip.read")
		}
	}
	if err := z.Close(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.zip.read")
	}
	return out.Bytes(), nil
}

// folderIn opens what unbundle gave.
func folderIn(bundle []byte) (fs.FS, error) {
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "app.zip.read")
	}
	return z, nil
}
