package app

import (
	"bytes"
	"io"
	"io/fs"
	"testing"

	"rahgosha/internal/base/control"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// wholeFolder is the law of a zip from the web: it is refused with a reason in both languages, or gives a folder of
// regular files that stay within it, are of the kinds and sizes a procedure has, and give the same folder again.
func wholeFolder(t testing.TB, take func(io.Reader) ([]byte, error), raw []byte) {
	t.Helper()
	bundle, err := take(bytes.NewReader(raw))
	if err != nil {
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || !locale.Has(locale.FA, f.Key) || !locale.Has(locale.EN, f.Key) {
			t.Fatalf("refused without a reason: %v", err)
		}
		return
	}
	files := filesOf(t, bundle)
	if _, ok := files["procedure.yaml"]; !ok {
		t.Fatalf("a folder without a procedure: %d files", len(files))
	}
	again, err := take(bytes.NewReader(bundle))
	if err != nil {
		t.Fatalf("what was taken is refused: %v", err)
	}
	for name, content := range filesOf(t, again) {
		if files[name] != content || len(filesOf(t, again)) != len(files) {
			t.Fatalf("%s changes when it is taken again", name)
		}
	}
}

// filesOf reads a folder whole and wants regular files only, whose names stay in it.
func filesOf(t testing.TB, bundle []byte) map[string]string {
	t.Helper()
	folder, err := folderIn(bundle)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err = fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			t.Fatalf("%s is no regular file", name)
		}
		content, err := fs.ReadFile(folder, name)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatalf("the folder cannot be read: %v", err)
	}
	return files
}

func zipSeeds(t testing.TB) [][]byte {
	t.Helper()
	good := zipped(t, "procedure.yaml", "procedure: {}", "letters/a.tmpl", "x")
	return [][]byte{
		good, good[:len(good)-5], []byte("PK\x05\x06"), nil,
		zipped(t, "a/procedure.yaml", "procedure: {}", "a/b/procedure.yaml", "x"),
		zipped(t, "procedure.yaml", "procedure: {}", "letters/b.tmpl", "link"),
		zipped(t, "procedure.yaml", "procedure: {}", "../b.csv", "x"),
		zipped(t, "procedure.yaml", "x", "procedure.yaml/a.csv", "x"),
	}
}

func FuzzUnbundle(f *testing.F) {
	for _, raw := range zipSeeds(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { wholeFolder(t, unbundle, raw) })
}

// One that stores a zip as it came, where it opens, keeps links that lead out of the folder.
func TestFuzzUnbundleFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	control.Finds(t, "is no regular file", func(t testing.TB) {
		for _, raw := range zipSeeds(t) {
			wholeFolder(t, func(r io.Reader) ([]byte, error) {
				given, err := io.ReadAll(r)
				if err != nil {
					return nil, err
				}
				bundle, err := unbundle(bytes.NewReader(given))
				if f, ok := fault.As(err); ok && f.Key == "app.zip.link" {
					return given, nil
				}
				return bundle, err
			}, raw)
		}
	})
}
