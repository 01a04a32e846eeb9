package app

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"rahgosha/internal/base/fault"
)

// zipped packs files in order; a value "link" makes a symbolic link.
func zipped(t testing.TB, kv ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i+1 < len(kv); i += 2 {
		h := &zip.FileHeader{Name: kv[i], Method: zip.Deflate}
		if kv[i+1] == "link" {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(kv[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAZipOfAFolderIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	good := []string{"procedure.yaml", "procedure: {}", "letters/a.tmpl", "x"}
	many := append([]string{}, good...)
	for i := range maxFiles {
		many = append(many, "tables/"+strings.Repeat("a", i%50+1)+string(rune('a'+i%26))+strings.Repeat("b", i/26)+".csv", "x")
	}
	big := strings.Repeat("0", maxFile)
	for name, c := range map[string]struct {
		raw []byte
		key string
	}{
		"whole":                  {zipped(t, good...), ""},
		"a folder around it":     {zipped(t, "referral/procedure.yaml", "procedure: {}", "referral/letters/a.tmpl", "x"), ""},
		"no zip":                 {[]byte("procedure: {}"), "app.zip.read"},
		"too large":              {bytes.Repeat([]byte{1}, maxBundle+1), "app.zip.large"},
		"up and out":             {zipped(t, append([]string{"../../etc/cron.yaml", "x"}, good...)...), "app.zip.path"},
		"up inside":              {zipped(t, append([]string{"letters/../../x.yaml", "x"}, good...)...), "app.zip.path"},
		"an absolute path":       {zipped(t, append([]string{"/etc/x.yaml", "x"}, good...)...), "app.zip.path"},
		"another machine's path": {zipped(t, append([]string{`..\x.yaml`, "x"}, good...)...), "app.zip.path"},
		"a drive":                {zipped(t, append([]string{"c:x.yaml", "x"}, good...)...), "app.zip.path"},
		"a link":                 {zipped(t, append([]string{"letters/b.tmpl", "link"}, good...)...), "app.zip.link"},
		"one file twice":         {zipped(t, append(good, good...)...), "app.zip.twice"},
		"a file as a folder":     {zipped(t, append([]string{"procedure.yaml/a.csv", "x"}, good...)...), "app.zip.twice"},
		"too many files":         {zipped(t, many...), "app.zip.many"},
		"a program":              {zipped(t, append([]string{"run.sh", "x"}, good...)...), "app.zip.kind"},
		"one large file":         {zipped(t, append([]string{"tables/a.csv", big + "0"}, good...)...), "app.zip.file_large"},
		"much from little": {zipped(t, append([]string{"a.csv", big, "b.csv", big, "c.csv", big, "d.csv", big, "e.csv", big, "f.csv", big, "g.csv", big,
			"h.csv", big, "i.csv", big}, good...)...), "app.zip.unpacked"},
		"no procedure": {zipped(t, "letters/a.tmpl", "x"), "app.zip.no_procedure"},
	} {
		bundle, err := unbundle(bytes.NewReader(c.raw))
		if f, _ := fault.As(err); c.key != "" && (f == nil || f.Key != c.key || f.Kind != fault.Invalid) || c.key == "" && err != nil {
			t.Errorf("%s: %v, want %q", name, err, c.key)
			continue
		}
		if c.key != "" {
			continue
		}
		folder, err := folderIn(bundle)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(folder, "letters/a.tmpl"); err != nil || string(got) != "x" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}
